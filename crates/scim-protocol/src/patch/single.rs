//! Changing attributes that have one value.

use serde_json::Value;

use super::apply::read_only;
use super::op::Op;
use crate::normalize::{attribute_value, set, twice};
use crate::schema::{Attribute, Mutability};
use crate::{Resource, Result, ScimError};

pub(super) fn change_simple(object: &mut Resource, attribute: &Attribute, op: Op, value: Option<&Value>) -> Result<()> {
    let new = match (op, value) {
        (Op::Remove, _) | (_, None) => None,
        (_, Some(value)) => attribute_value(attribute, unwrapped(attribute, value).clone())?,
    };
    // Adding nothing leaves what is there.
    if op == Op::Add && new.is_none() {
        return Ok(());
    }
    set(object, attribute, new);
    Ok(())
}

/// Old jobs of Entra ID wrap any value: `[{"$ref": null, "value": "x"}]`.
fn unwrapped<'v>(attribute: &Attribute, value: &'v Value) -> &'v Value {
    match value {
        Value::Array(elements)
            if !attribute.multi_valued && elements.len() == 1 && elements[0].get("$ref").is_some() =>
        {
            elements[0].get("value").unwrap_or(value)
        }
        other => other,
    }
}

/// A complex single value as a whole: the given sub-attributes are set, the others stay.
pub(super) fn change_complex(
    object: &mut Resource,
    attribute: &Attribute,
    op: Op,
    value: Option<&Value>,
) -> Result<()> {
    let value = match value {
        Some(Value::Array(elements)) if elements.len() <= 1 => elements.first(),
        other => other,
    };
    match value {
        _ if op == Op::Remove => set(object, attribute, None),
        Some(Value::Object(given)) => {
            check_given(attribute, given)?;
            return with_complex(object, attribute, |part| {
                let mut said: Vec<(&str, &Value)> = Vec::new();
                for (key, value) in given {
                    let Some(sub) = attribute.sub(key) else { continue };
                    if said.iter().any(|(name, other)| *name == sub.name && *other != value) {
                        return Err(twice(&format!("{}.{}", attribute.name, sub.name)));
                    }
                    said.push((&sub.name, value));
                    if sub.mutability != Mutability::ReadOnly {
                        change_simple(part, sub, op, Some(value))?;
                    }
                }
                Ok(())
            });
        }
        None | Some(Value::Null) if op == Op::Add => {}
        None => set(object, attribute, None),
        // Bare text: `manager` by its id.
        Some(other) => match attribute_value(attribute, other.clone())? {
            Some(Value::Object(given)) => return change_complex(object, attribute, op, Some(&Value::Object(given))),
            _ if op == Op::Add => {}
            _ => set(object, attribute, None),
        },
    }
    Ok(())
}

/// Whether an object says anything that could be done. What is read-only may ride along, what no schema
/// knows is ignored; neither is an operation of its own.
pub(super) fn check_given(attribute: &Attribute, given: &Resource) -> Result<()> {
    let mut known = given.keys().filter_map(|key| attribute.sub(key)).peekable();
    match known.peek().copied() {
        None if given.is_empty() => Ok(()),
        None => Err(ScimError::invalid_value(format!("the value names no sub-attribute of {}", attribute.name))),
        Some(first) if known.all(|sub| sub.mutability == Mutability::ReadOnly) => {
            Err(read_only(&format!("{}.{}", attribute.name, first.name)))
        }
        Some(_) => Ok(()),
    }
}

/// Works on the object of a complex single value, which is there only while it holds something. A
/// `$ref` that belonged to another `value` goes with it.
pub(super) fn with_complex(
    object: &mut Resource,
    attribute: &Attribute,
    f: impl FnOnce(&mut Resource) -> Result<()>,
) -> Result<()> {
    let mut part = match object.shift_remove(&*attribute.name) {
        Some(Value::Object(part)) => part,
        _ => Resource::new(),
    };
    let before = (part.get("value").cloned(), part.get("$ref").cloned());
    f(&mut part)?;
    if before.1.is_some() && part.get("value") != before.0.as_ref() && part.get("$ref") == before.1.as_ref() {
        part.shift_remove("$ref");
    }
    set(object, attribute, (!part.is_empty()).then_some(Value::Object(part)));
    Ok(())
}
