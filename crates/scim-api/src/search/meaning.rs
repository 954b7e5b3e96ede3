//! What a filter means for one of several resource types: an attribute that the type does not have is
//! without value in all of its resources (RFC 7644 section 3.4.2.1).

use scim_protocol::schema::Resolved;
use scim_protocol::{AttrPath, CompareOp, Filter, Literal, ResourceType, ScimError};

/// What a filter comes to for a resource type.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// No resource satisfies it.
    Never,
    /// Every resource does.
    Always,
    /// Those do that satisfy this, which has canonical names.
    When(Filter),
}

/// What `filter`, as it was parsed, means for `kind`.
///
/// # Errors
/// `invalidFilter` if neither `kind` nor `other` has an attribute, and where a filter of `kind` alone would be refused.
pub fn meaning(filter: &Filter, kind: &ResourceType, other: &ResourceType) -> Result<Meaning, ScimError> {
    let part = |part: &Filter| meaning(part, kind, other);
    match filter {
        Filter::And(parts) => {
            let parts = parts.iter().map(part).collect::<Result<Vec<_>, _>>()?;
            Ok(join(parts, &Meaning::Never, Meaning::Always, Filter::And))
        }
        Filter::Or(parts) => {
            let parts = parts.iter().map(part).collect::<Result<Vec<_>, _>>()?;
            Ok(join(parts, &Meaning::Always, Meaning::Never, Filter::Or))
        }
        Filter::Not(inner) => Ok(match part(inner)? {
            Meaning::Never => Meaning::Always,
            Meaning::Always => Meaning::Never,
            Meaning::When(inner) => Meaning::When(Filter::Not(Box::new(inner))),
        }),
        Filter::Present(path) | Filter::Compare(path, ..) | Filter::ValuePath(path, _) => {
            if has(kind, path) || !has(other, path) {
                return filter.clone().resolve(kind).map(Meaning::When);
            }
            // It makes sense for the other one: there the literal is checked.
            Ok(if holds_without_value(filter) { Meaning::Always } else { Meaning::Never })
        }
    }
}

fn has(kind: &ResourceType, path: &AttrPath) -> bool {
    matches!(kind.lookup(path), Some(Resolved::Attribute(_)))
}

fn holds_without_value(term: &Filter) -> bool {
    match term {
        Filter::Compare(_, CompareOp::Eq, literal) => *literal == Literal::Null,
        Filter::Compare(_, CompareOp::Ne, literal) => *literal != Literal::Null,
        _ => false,
    }
}

/// Joins parts: `decisive` decides for all, `neutral` says nothing.
fn join(parts: Vec<Meaning>, decisive: &Meaning, neutral: Meaning, joined: fn(Vec<Filter>) -> Filter) -> Meaning {
    let mut filters = Vec::new();
    for part in parts {
        match part {
            Meaning::When(filter) => filters.push(filter),
            constant if constant == *decisive => return constant,
            _ => {}
        }
    }
    match filters.len() {
        0 => neutral,
        1 => filters.pop().map_or(neutral, Meaning::When),
        _ => Meaning::When(joined(filters)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, String) {
        let filter = Filter::parse(text).unwrap();
        let (user, group) = (ResourceType::user(), ResourceType::group());
        let shown = |meaning: Result<Meaning, ScimError>| match meaning.unwrap() {
            Meaning::Never => "never".to_owned(),
            Meaning::Always => "always".to_owned(),
            Meaning::When(filter) => filter.to_string(),
        };
        (shown(meaning(&filter, user, group)), shown(meaning(&filter, group, user)))
    }

    #[test]
    fn what_a_type_does_not_have_is_without_value() {
        for (text, users, groups) in [
            ("displayName eq \"x\"", "displayName eq \"x\"", "displayName eq \"x\""),
            ("userName eq \"x\"", "userName eq \"x\"", "never"),
            ("userName ne \"x\"", "userName ne \"x\"", "always"),
            ("members pr", "never", "members pr"),
            ("not (userName eq \"x\")", "not (userName eq \"x\")", "always"),
            (
                "userName eq \"x\" or displayName eq \"y\"",
                "userName eq \"x\" or displayName eq \"y\"",
                "displayName eq \"y\"",
            ),
            ("userName eq \"x\" and displayName eq \"y\"", "userName eq \"x\" and displayName eq \"y\"", "never"),
            ("userName eq null", "userName eq null", "always"),
            ("emails[type eq \"work\" and value pr]", "emails[type eq \"work\" and value pr]", "never"),
        ] {
            assert_eq!(of(text), (users.to_owned(), groups.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_no_type_has_is_refused() {
        for text in ["nothing eq \"x\"", "userName pr or nothing pr", "password pr", "active gt true"] {
            let filter = Filter::parse(text).unwrap();
            assert!(meaning(&filter, ResourceType::user(), ResourceType::group()).is_err(), "{text}");
        }
    }
}
