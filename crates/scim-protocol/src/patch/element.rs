//! Elements of a list: when two are the same, and how one is made from a filter.

use serde_json::Value;

use super::single::check_given;
use crate::filter::matches_element;
use crate::normalize::{element_value, unfold_role};
use crate::schema::{Attribute, Mutability};
use crate::value::fold;
use crate::{Filter, Literal, Resource, Result, ScimError};

/// Appends an element, or merges it into the one that has the same value and type. Where it is then is
/// the answer.
pub(super) fn add_element(attribute: &Attribute, elements: &mut Vec<Value>, element: Value) -> usize {
    if let Some(at) = elements.iter().position(|present| is_same(attribute, present, &element)) {
        merge_into(&mut elements[at], &element);
        return at;
    }
    elements.push(element);
    elements.len() - 1
}

/// Sets the members of one object in another.
pub(super) fn merge_into(present: &mut Value, given: &Value) {
    match (present, given) {
        (Value::Object(present), Value::Object(given)) => {
            present.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (present, given) => *present = given.clone(),
    }
}

/// Sets a sub-attribute of an element.
pub(super) fn set_sub(attribute: &Attribute, element: &mut Resource, sub: &Attribute, value: Value) -> Result<()> {
    if sub.mutability == Mutability::Immutable && element.get(&*sub.name).is_some_and(|old| *old != value) {
        return Err(ScimError::mutability(format!("{}.{} cannot be changed", attribute.name, sub.name)));
    }
    element.insert(sub.name.to_string(), value);
    unfold_role(attribute, element)
}

/// Whether a value that was sent as an element says anything that could be done. What is `whole` is an
/// element of its own, which is nothing if it has only a type.
pub(super) fn check_element(attribute: &Attribute, value: &Value, whole: bool) -> Result<()> {
    let Value::Object(given) = value else { return Ok(()) };
    if !attribute.is_complex() {
        return Ok(());
    }
    check_given(attribute, given)?;
    let mut names = given.keys().filter_map(|key| attribute.sub(key)).map(|sub| &*sub.name).peekable();
    if whole && names.peek().is_some() && names.all(|name| name == "type" || name == "primary") {
        return Err(ScimError::invalid_value(format!("an element of {} needs more than a type", attribute.name)));
    }
    Ok(())
}

/// Whether an element is what was given: the same `value`, and the same type if one was given. Without
/// a `value`, everything must be equal.
fn is_same(attribute: &Attribute, present: &Value, given: &Value) -> bool {
    match (present.get("value"), given.get("value")) {
        (Some(old), Some(new)) => {
            let value = attribute.default_sub().unwrap_or(attribute);
            is_equal(value, old, new)
                && given.get("type").is_none_or(|kind| {
                    present
                        .get("type")
                        .is_some_and(|old| attribute.sub("type").is_none_or(|sub| is_equal(sub, old, kind)))
                })
        }
        _ if attribute.is_complex() => present == given,
        _ => is_equal(attribute, present, given),
    }
}

/// Whether an element is meant by a value to be removed: the same `value`, or, where none was given, all
/// members that were given.
pub(super) fn same_or_part(attribute: &Attribute, present: &Value, given: &Value) -> bool {
    match given {
        Value::Object(object) if !object.contains_key("value") => object.iter().all(|(key, wanted)| {
            let definition = attribute.sub(key).unwrap_or(attribute);
            present.get(key).is_some_and(|value| is_equal(definition, value, wanted))
        }),
        _ => is_same(attribute, present, given),
    }
}

fn is_equal(definition: &Attribute, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) if !definition.case_exact => {
            if one.is_ascii() && other.is_ascii() {
                one.eq_ignore_ascii_case(other)
            } else {
                fold(one) == fold(other)
            }
        }
        _ => one == other,
    }
}

/// The element that a filter describes, for paths that name one which is not there:
/// `emails[type eq "work"].value` makes a work address. Only equality describes an element, and a
/// `value` is never invented from a filter.
pub(super) fn create_from(attribute: &Attribute, filter: &Filter, sub: Option<&Attribute>) -> Result<Resource> {
    let nothing = || ScimError::no_target(format!("no element of {} matches the filter", attribute.name));
    let mut element = Resource::new();
    for (path, literal) in filter.equalities().ok_or_else(nothing)? {
        let invents = path.attr == "value" || *literal == Literal::Null || sub.is_some_and(|sub| sub.name == path.attr);
        if invents || !attribute.is_complex() {
            return Err(nothing());
        }
        element.insert(path.attr.clone(), literal.to_json());
    }
    // What may not be in an element, or contradicts itself, describes none.
    let element = element_value(attribute, Value::Object(element))?.unwrap_or_default();
    match element {
        Value::Object(object) if matches_element(filter, attribute, &Value::Object(object.clone())) => Ok(object),
        _ => Err(nothing()),
    }
}
