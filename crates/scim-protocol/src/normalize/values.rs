//! Values in canonical form.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

use super::put;
use crate::path::shorten;
use crate::schema::{AttrType, Attribute, Mutability, find};
use crate::value::{fold, parse_date_time, word_as_bool};
use crate::{Resource, Result, ScimError};

/// How many values a list may have. The members of a group have a way of their own
/// ([`crate::patch::member_refs`]) and never come here.
pub const MAX_VALUES: usize = 1000;

/// Puts a value in its place, or takes it away if it is unassigned.
pub(crate) fn set(object: &mut Resource, attribute: &Attribute, value: Option<Value>) {
    match value {
        Some(value) => {
            object.insert(attribute.name.to_string(), value);
        }
        None => {
            object.shift_remove(&*attribute.name);
        }
    }
}

/// The password in a body. `null` and empty text are none.
pub(crate) fn password(value: Value) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.contains('\0') => Err(wrong("password", "text without NUL")),
        Value::String(text) => Ok((!text.is_empty()).then_some(text)),
        _ => Err(wrong("password", "text")),
    }
}

/// The value of an attribute in canonical form; `None` if it is unassigned.
///
/// # Errors
/// `invalidValue`.
pub(crate) fn attribute_value(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    if !attribute.multi_valued {
        // A list of one is what some send for a single value (Entra ID for `manager`).
        let value = match value {
            Value::Array(mut elements) if attribute.is_complex() && elements.len() <= 1 => {
                elements.pop().unwrap_or(Value::Null)
            }
            other => other,
        };
        return element_value(attribute, value);
    }
    let elements = match value {
        Value::Null => return Ok(None),
        Value::Array(elements) => elements,
        one => vec![one],
    };
    check_length(attribute, elements.len())?;
    let mut kept = Vec::with_capacity(elements.len());
    for element in elements {
        if let Some(element) = element_value(attribute, element)?
            && has_content(attribute, &element)
        {
            kept.push(element);
        }
    }
    unite(attribute, &mut kept);
    check_primary(attribute, &kept)?;
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

/// Makes one of elements that are the same: the same value and the same type (RFC 7643 section 2.4), or, where there is no
/// `value`, the same altogether. What they say otherwise is put together, the last word counts; who is the primary stays it.
pub(crate) fn unite(attribute: &Attribute, elements: &mut Vec<Value>) {
    if elements.len() < 2 {
        return;
    }
    let mut places: HashMap<String, usize> = HashMap::with_capacity(elements.len());
    let mut united: Vec<Value> = Vec::with_capacity(elements.len());
    for element in elements.drain(..) {
        match places.entry(identity(attribute, &element)) {
            Entry::Vacant(place) => {
                place.insert(united.len());
                united.push(element);
            }
            Entry::Occupied(place) => {
                if let (Value::Object(first), Value::Object(other)) = (&mut united[*place.get()], element) {
                    let primary = first.get("primary") == Some(&Value::Bool(true));
                    first.extend(other);
                    if primary {
                        first.insert("primary".to_owned(), Value::Bool(true));
                    }
                }
            }
        }
    }
    *elements = united;
}

/// A text that elements have in common if and only if they are the same.
fn identity(attribute: &Attribute, element: &Value) -> String {
    let folded = |definition: Option<&Attribute>, value: &Value| match value {
        Value::String(text) if definition.is_none_or(|definition| !definition.case_exact) => fold(text),
        other => other.to_string(),
    };
    match element {
        Value::Object(object) if object.contains_key("value") => {
            let part = |name: &str| object.get(name).map(|value| folded(attribute.sub(name), value));
            format!("{:?}", (part("value"), part("type")))
        }
        Value::Object(object) => {
            let mut parts: Vec<(&String, String)> = object.iter().map(|(key, part)| (key, part.to_string())).collect();
            parts.sort_unstable();
            format!("{parts:?}")
        }
        one => folded(Some(attribute), one),
    }
}

/// One element of a list, or a single value.
pub(crate) fn element_value(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (AttrType::Complex, Value::Object(object)) => {
            let mut object = object_of(&attribute.sub_attributes, object)?;
            unfold_role(attribute, &mut object)?;
            Ok((!object.is_empty()).then_some(Value::Object(object)))
        }
        // Templates of identity providers leave empty text where they have nothing to say.
        (AttrType::Complex, Value::String(text)) if text.is_empty() => Ok(None),
        // `"manager": "id"` and `"roles": ["admin"]`.
        (AttrType::Complex, scalar @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            let Some(sub) = attribute.default_sub() else { return Err(wrong(&attribute.name, "an object")) };
            let Some(value) = simple_value(sub, scalar)? else { return Ok(None) };
            let mut object = Map::from_iter([(sub.name.to_string(), value)]);
            unfold_role(attribute, &mut object)?;
            Ok(Some(Value::Object(object)))
        }
        (AttrType::Complex, Value::Array(_)) => Err(wrong(&attribute.name, "an object")),
        (_, value) => simple_value(attribute, value),
    }
}

pub(super) fn object_of(definitions: &[Attribute], object: Map<String, Value>) -> Result<Resource> {
    let mut canonical = Resource::new();
    for (key, value) in object {
        let Some(definition) = find(definitions, &key) else { continue };
        if definition.mutability != Mutability::ReadOnly {
            put(&mut canonical, definition, attribute_value(definition, value)?)?;
        }
    }
    Ok(canonical)
}

/// Entra ID writes an app role as JSON inside of the text of a `value` (its `AppRoleAssignmentsComplex`):
/// `{"id": …, "value": …, "displayName": …}`. What the role is called in there becomes the `value`.
pub(crate) fn unfold_role(attribute: &Attribute, element: &mut Resource) -> Result<()> {
    let (Some(value), "roles" | "entitlements") = (attribute.sub("value"), &*attribute.name) else { return Ok(()) };
    let Some(text) = element.get("value").and_then(Value::as_str).filter(|text| text.starts_with('{')) else {
        return Ok(());
    };
    let Ok(role) = serde_json::from_str::<Resource>(text) else { return Ok(()) };
    let says = |name: &str| role.get(name).filter(|value| value.as_str().is_some_and(|text| !text.is_empty()));
    let (Some(id), shown) = (says("id"), says("displayName").or_else(|| says("display"))) else { return Ok(()) };
    // A role of an app may have no value, only a name.
    let name = says("value").or(shown).unwrap_or(id).clone();
    let shown = shown.cloned();
    set(element, value, simple_value(value, name)?);
    if let (Some(display), Some(shown), false) = (attribute.sub("display"), shown, element.contains_key("display")) {
        set(element, display, simple_value(display, shown)?);
    }
    // What came out may be such text again; each time it is shorter.
    unfold_role(attribute, element)
}

fn simple_value(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    let name = &attribute.name;
    let value = match (attribute.kind, value) {
        (_, Value::Null) => return Ok(None),
        (_, Value::String(text)) if text.is_empty() => return Ok(None),
        (_, Value::String(text)) if text.contains('\0') => {
            return Err(ScimError::invalid_value(format!("{name} holds a NUL character")));
        }
        (AttrType::Boolean, Value::String(word)) => {
            Value::Bool(word_as_bool(&word).ok_or_else(|| wrong(name, "true or false"))?)
        }
        (AttrType::Boolean, Value::Bool(flag)) => Value::Bool(flag),
        (AttrType::Boolean, _) => return Err(wrong(name, "true or false")),
        (AttrType::Binary, Value::String(text)) if is_base64(&text) => Value::String(text),
        (AttrType::Binary, _) => return Err(wrong(name, "base64")),
        (AttrType::String | AttrType::Reference, Value::String(text)) => Value::String(text),
        (AttrType::DateTime, Value::String(text)) if is_date_time(&text) => Value::String(text),
        (AttrType::DateTime, _) => return Err(wrong(name, "an xsd:dateTime")),
        (AttrType::Integer, Value::Number(number)) if number.is_i64() => Value::Number(number),
        (AttrType::Integer, _) => return Err(wrong(name, "a whole number")),
        (AttrType::Decimal, Value::Number(number)) => Value::Number(number),
        (AttrType::Decimal, _) => return Err(wrong(name, "a number")),
        _ => return Err(wrong(name, "text")),
    };
    check_canonical(attribute, &value)?;
    Ok(Some(value))
}

/// Whether a value is one of the canonical ones, where nothing else is accepted. For a single value, or
/// one element of a list.
///
/// # Errors
/// `invalidValue`, naming the attribute.
pub(crate) fn check_canonical(attribute: &Attribute, value: &Value) -> Result<()> {
    let Value::String(text) = value else { return Ok(()) };
    if attribute.accepts(text) {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!("{} must be one of its canonical values", attribute.name)))
}

/// Whether an element says more than what kind of value it would be, if it had one.
pub(crate) fn has_content(attribute: &Attribute, element: &Value) -> bool {
    match element {
        Value::Object(object) if attribute.is_complex() => {
            // Where there is no value that could be missing, `type` says as much as anything.
            let qualifies = attribute.default_sub().is_some() || attribute.sub("formatted").is_some();
            object.keys().any(|key| !qualifies || (key != "type" && key != "primary"))
        }
        _ => true,
    }
}

/// Whether a list is not too long: work on lists grows with the square of their length.
pub(crate) fn check_length(attribute: &Attribute, length: usize) -> Result<()> {
    if length > MAX_VALUES {
        return Err(ScimError::invalid_value(format!("{} has more than {MAX_VALUES} values", attribute.name)));
    }
    Ok(())
}

/// At most one element of a list is the primary one (RFC 7643 section 2.4).
pub(crate) fn check_primary(attribute: &Attribute, elements: &[Value]) -> Result<()> {
    if elements.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(ScimError::invalid_value(format!("{} has more than one primary value", attribute.name)));
    }
    Ok(())
}

/// Whether a text is base64 (RFC 4648), of either alphabet; certificates come with line breaks and without padding too.
fn is_base64(text: &str) -> bool {
    let mut digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let rest = digits.by_ref().find(|byte| !(byte.is_ascii_alphanumeric() || b"+/-_".contains(byte)));
    rest.is_none_or(|first| first == b'=') && digits.count() <= 1
}

/// Whether a text is an `xsd:dateTime` as it is kept and given back. Filters are read with more patience.
fn is_date_time(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_lowercase() || byte == b' ') && parse_date_time(text).is_some()
}

/// Whether a value says that there is none: null, empty text, an empty list.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary").and_then(Value::as_bool) == Some(true)
}

pub(super) fn wrong(name: &str, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("{} must be {wanted}", shorten(name)))
}
