//! Evaluating a filter on a resource.

use std::cmp::Ordering;

use serde_json::Value;

use super::{CompareOp, Filter, Literal};
use crate::schema::{AttrType, Attribute, Resolved, ResourceType};
use crate::steps::tick;
use crate::value::{fold, parse_date_time};
use crate::{AttrPath, Resource};

impl Filter {
    /// Whether the resource satisfies the filter. Both must be canonical: the filter
    /// [resolved](Self::resolve), the resource complete with `id`, `meta` and `schemas`.
    ///
    /// A comparison with a list holds if it holds for one element. `ne` also holds where there is
    /// nothing to compare.
    pub fn matches(&self, kind: &ResourceType, resource: &Resource) -> bool {
        tick(1);
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(kind, resource)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(kind, resource)),
            Self::Not(inner) => !inner.matches(kind, resource),
            Self::Present(path) => {
                find(kind, resource, path).is_some_and(|(_, values)| values.into_iter().any(is_present))
            }
            Self::Compare(path, op, literal) => match find(kind, resource, path) {
                Some((definition, values)) => compare_any(definition, &values, *op, literal),
                None => false,
            },
            Self::ValuePath(path, inner) => match kind.resolve(path) {
                Some(Resolved::Attribute(target)) => values_of(resource, &target.path(), None)
                    .iter()
                    .any(|value| matches_element(inner, target.attribute, value)),
                _ => false,
            },
        }
    }
}

/// Whether one element of a list satisfies a filter whose names are sub-attributes, in canonical spelling.
pub fn matches_element(filter: &Filter, attribute: &Attribute, element: &Value) -> bool {
    let definition = |path: &AttrPath| attribute.sub(&path.attr).unwrap_or(attribute);
    let value = |path: &AttrPath| match element {
        Value::Object(object) => object.get(&path.attr).into_iter().collect::<Vec<_>>(),
        simple => vec![simple],
    };
    tick(1);
    match filter {
        Filter::And(parts) => parts.iter().all(|part| matches_element(part, attribute, element)),
        Filter::Or(parts) => parts.iter().any(|part| matches_element(part, attribute, element)),
        Filter::Not(inner) => !matches_element(inner, attribute, element),
        Filter::Present(path) => value(path).into_iter().any(is_present),
        Filter::Compare(path, op, literal) => compare_any(definition(path), &value(path), *op, literal),
        Filter::ValuePath(..) => false,
    }
}

/// The definition of what a path leads to, and the values there.
fn find<'a>(
    kind: &'a ResourceType,
    resource: &'a Resource,
    path: &AttrPath,
) -> Option<(&'a Attribute, Vec<&'a Value>)> {
    let Some(Resolved::Attribute(target)) = kind.resolve(path) else { return None };
    let values = values_of(resource, &target.path(), target.sub.map(|sub| &*sub.name));
    Some((target.sub.unwrap_or(target.attribute), values))
}

/// The values at a canonical path; the elements of lists one by one.
fn values_of<'a>(resource: &'a Resource, path: &AttrPath, sub: Option<&str>) -> Vec<&'a Value> {
    let container = match &path.schema {
        Some(urn) => resource.get(urn).and_then(Value::as_object),
        None => Some(resource),
    };
    let Some(value) = container.and_then(|object| object.get(&path.attr)) else { return Vec::new() };
    let elements = match value {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    match sub {
        Some(sub) => elements.iter().filter_map(|element| element.get(sub)).collect(),
        None => elements.iter().collect(),
    }
}

/// Whether a value is assigned; an object is if one of its members is.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(object) => object.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compare_any(definition: &Attribute, values: &[&Value], op: CompareOp, literal: &Literal) -> bool {
    let assigned = values.iter().any(|value| is_present(value));
    match (op, literal) {
        (CompareOp::Eq, Literal::Null) => !assigned,
        (CompareOp::Ne, Literal::Null) => assigned,
        (CompareOp::Ne, _) if !assigned => true,
        _ => values.iter().any(|value| compare(definition, value, op, literal)),
    }
}

fn compare(definition: &Attribute, value: &Value, op: CompareOp, literal: &Literal) -> bool {
    tick(1);
    match (value, literal) {
        (Value::Bool(value), Literal::Boolean(wanted)) => match op {
            CompareOp::Eq => value == wanted,
            CompareOp::Ne => value != wanted,
            _ => false,
        },
        (Value::Number(value), Literal::Number(wanted)) => match (value.as_i64(), wanted.as_i64()) {
            (Some(value), Some(wanted)) => ordered(value.cmp(&wanted), op),
            _ => value.as_f64().partial_cmp(&wanted.as_f64()).is_some_and(|order| ordered(order, op)),
        },
        (Value::String(value), Literal::String(wanted)) => compare_text(definition, value, op, wanted),
        _ => false,
    }
}

fn compare_text(definition: &Attribute, value: &str, op: CompareOp, wanted: &str) -> bool {
    if definition.kind == AttrType::DateTime
        && !op.is_textual()
        && let (Some(value), Some(wanted)) = (parse_date_time(value), parse_date_time(wanted))
    {
        return ordered(value.cmp(&wanted), op);
    }
    if definition.case_exact {
        return text(value, op, wanted);
    }
    // Folding makes a copy, which most comparisons can do without.
    match op {
        CompareOp::Eq if value.is_ascii() && wanted.is_ascii() => value.eq_ignore_ascii_case(wanted),
        CompareOp::Ne if value.is_ascii() && wanted.is_ascii() => !value.eq_ignore_ascii_case(wanted),
        _ => text(&fold(value), op, &fold(wanted)),
    }
}

fn text(value: &str, op: CompareOp, wanted: &str) -> bool {
    match op {
        CompareOp::Co => value.contains(wanted),
        CompareOp::Sw => value.starts_with(wanted),
        CompareOp::Ew => value.ends_with(wanted),
        _ => ordered(value.cmp(wanted), op),
    }
}

fn ordered(order: Ordering, op: CompareOp) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
