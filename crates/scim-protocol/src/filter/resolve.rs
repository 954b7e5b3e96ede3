//! Checking a filter against a resource type: names become canonical, literals get the type of what
//! they are compared with, and what makes no sense is refused.

use super::{CompareOp, Filter, Literal};
use crate::schema::{AttrType, Attribute, Resolved, ResourceType, Returned, Target};
use crate::value::{parse_date_time, word_as_bool};
use crate::{AttrPath, Result, ScimError};

impl Filter {
    /// The same filter with canonical names and typed literals; a complex attribute that is compared
    /// as a whole becomes its `value`, and a name without URN that only an extension has is found there
    /// ([`ResourceType::lookup`]). An unknown attribute is an error, the same every time, and so
    /// is one that is never returned (a filter must not be an oracle for passwords).
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn resolve(self, kind: &ResourceType) -> Result<Self> {
        Ok(match self {
            Self::And(parts) => Self::And(each(parts, |part| part.resolve(kind))?),
            Self::Or(parts) => Self::Or(each(parts, |part| part.resolve(kind))?),
            Self::Not(inner) => Self::Not(Box::new(inner.resolve(kind)?)),
            Self::Present(path) => Self::Present(target(kind, &path)?.path()),
            Self::Compare(path, op, literal) => {
                let mut target = target(kind, &path)?;
                if target.leaf().is_complex() && target.sub.is_none() {
                    target.sub = target.attribute.default_sub();
                }
                let literal = comparable(target.leaf(), op, literal)?;
                Self::Compare(target.path(), op, literal)
            }
            Self::ValuePath(path, inner) => {
                let target = target(kind, &path)?;
                if target.sub.is_some() {
                    return Err(ScimError::invalid_filter(format!("{path} cannot have a filter in brackets")));
                }
                flatten(target.path(), target.attribute, resolve_element(target.attribute, *inner)?)
            }
        })
    }
}

/// A single comparison needs no brackets: `members[value eq "x"]` is `members.value eq "x"`. Not so `ne`
/// and `null`, which also hold where there is no element.
fn flatten(path: AttrPath, attribute: &Attribute, inner: Filter) -> Filter {
    match inner {
        Filter::Compare(sub, op, literal) if op != CompareOp::Ne && literal != Literal::Null => {
            let path = if attribute.is_complex() { path.with_sub(sub.attr) } else { path };
            Filter::Compare(path, op, literal)
        }
        inner => Filter::ValuePath(path, Box::new(inner)),
    }
}

/// Checks a filter in brackets, whose names are sub-attributes: the same filter for [`matches_element`](super::matches_element).
///
/// # Errors
/// `invalidFilter`.
pub fn resolve_element(attribute: &Attribute, filter: Filter) -> Result<Filter> {
    let inside = |part| resolve_element(attribute, part);
    let sub = |path: &AttrPath| match (&path.schema, &path.sub) {
        (None, None) => sub_attribute(attribute, &path.attr)
            .filter(|sub| sub.returned != Returned::Never)
            .ok_or_else(|| ScimError::invalid_filter(format!("{} has no sub-attribute {path}", attribute.name))),
        _ => Err(ScimError::invalid_filter(format!("{path} is no sub-attribute"))),
    };
    Ok(match filter {
        Filter::And(parts) => Filter::And(each(parts, inside)?),
        Filter::Or(parts) => Filter::Or(each(parts, inside)?),
        Filter::Not(inner) => Filter::Not(Box::new(inside(*inner)?)),
        Filter::Present(path) => Filter::Present(AttrPath::new(canonical(attribute, sub(&path)?))),
        Filter::Compare(path, op, literal) => {
            let definition = sub(&path)?;
            Filter::Compare(AttrPath::new(canonical(attribute, definition)), op, comparable(definition, op, literal)?)
        }
        Filter::ValuePath(path, _) => {
            return Err(ScimError::invalid_filter(format!("{path} cannot have a filter in brackets there")));
        }
    })
}

/// The definition that a name in brackets means. The elements of a list of simple values are called
/// `value` (RFC 7643 section 2.4).
fn sub_attribute<'a>(attribute: &'a Attribute, name: &str) -> Option<&'a Attribute> {
    if attribute.is_complex() {
        attribute.sub(name)
    } else {
        (attribute.multi_valued && name.eq_ignore_ascii_case("value")).then_some(attribute)
    }
}

fn canonical(attribute: &Attribute, definition: &Attribute) -> String {
    if attribute.is_complex() { definition.name.to_string() } else { "value".to_owned() }
}

fn each(parts: Vec<Filter>, f: impl Fn(Filter) -> Result<Filter>) -> Result<Vec<Filter>> {
    parts.into_iter().map(f).collect()
}

fn target<'a>(kind: &'a ResourceType, path: &AttrPath) -> Result<Target<'a>> {
    let Some(Resolved::Attribute(target)) = kind.lookup(path) else {
        return Err(ScimError::invalid_filter(format!("{} has no attribute {path}", kind.name)));
    };
    if target.attribute.returned == Returned::Never || target.leaf().returned == Returned::Never {
        return Err(ScimError::invalid_filter(format!("{path} cannot be filtered on")));
    }
    Ok(target)
}

/// The literal in the type of the attribute, if the two can be compared at all.
fn comparable(attribute: &Attribute, op: CompareOp, literal: Literal) -> Result<Literal> {
    let name = &attribute.name;
    if literal == Literal::Null {
        return if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            Ok(literal)
        } else {
            Err(ScimError::invalid_filter(format!("null cannot be compared by {}", op.as_str())))
        };
    }
    let refused = || ScimError::invalid_filter(format!("{name} cannot be compared with {literal} by {}", op.as_str()));
    match (attribute.kind, &literal) {
        (AttrType::Boolean, _) if op.is_ordering() || op.is_textual() => Err(refused()),
        // Entra ID writes roles[primary eq "True"].
        (AttrType::Boolean, Literal::String(word)) => word_as_bool(word).map(Literal::Boolean).ok_or_else(refused),
        (AttrType::Binary, Literal::String(_)) if !op.is_ordering() => Ok(literal),
        (AttrType::DateTime, Literal::String(text)) => {
            if op.is_textual() || parse_date_time(text).is_some() {
                Ok(literal)
            } else {
                Err(refused())
            }
        }
        (AttrType::Integer | AttrType::Decimal, Literal::Number(_)) if !op.is_textual() => Ok(literal),
        (AttrType::Boolean, Literal::Boolean(_)) | (AttrType::String | AttrType::Reference, Literal::String(_)) => {
            Ok(literal)
        }
        _ => Err(refused()),
    }
}
