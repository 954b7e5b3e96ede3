//! From the JSON that a client sent to a resource with canonical names and checked values.
//!
//! Lenient where RFC 7643 is, and where identity providers are known to be careless: letter case of
//! names, `null` and empty values, unknown attributes, booleans as text, a reference as bare text, a
//! single value where a list belongs and the other way round. Everything else is `invalidValue`.

use serde_json::{Map, Value};

use crate::path::shorten;
use crate::schema::{AttrType, Attribute, Extension, Mutability, Resolved, ResourceType, Schema, Target, find};
use crate::value::{parse_date_time, word_as_bool};
use crate::{AttrPath, Resource, Result, ScimError};

/// How many values a list may have. The members of a group have a way of their own
/// ([`crate::patch::member_refs`]) and never come here.
pub const MAX_VALUES: usize = 1000;

/// What a client sent for a new resource, or to replace one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incoming {
    /// The changeable attributes; never `id`, `meta`, `schemas`, `groups` or `password`.
    pub resource: Resource,
    /// The password, for those who may keep it. Never stored with the resource.
    pub password: Option<String>,
    /// `groups` of a user as sent: read-only in SCIM, but attribute mappings may look at it.
    pub groups: Option<Vec<Value>>,
}

/// Reads the resource of a POST or PUT.
///
/// # Errors
/// `invalidSyntax` if it is no object, `invalidValue` if a value is of the wrong type, a required
/// attribute is missing, or a list has two primary elements.
pub fn normalize(kind: &ResourceType, body: Value) -> Result<Incoming> {
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax("the body must be a JSON object"));
    };
    if let Some((_, schemas)) = body.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas"))
        && !(schemas.is_null() || schemas.as_array().is_some_and(|urns| urns.iter().all(Value::is_string)))
    {
        return Err(ScimError::invalid_syntax("schemas must be a list of URNs"));
    }
    let mut incoming = Incoming::default();
    for (key, value) in body {
        incoming.take(kind, &key, value)?;
    }
    check_required(kind, &incoming.resource)?;
    Ok(incoming)
}

impl Incoming {
    /// Takes one member of the body. What is unknown or read-only is dropped.
    fn take(&mut self, kind: &ResourceType, key: &str, value: Value) -> Result<()> {
        let attribute = if key.contains(':') {
            match AttrPath::split(key).and_then(|path| kind.resolve(&path)) {
                Some(Resolved::Schema(schema)) => return self.take_schema(kind, schema, value),
                Some(Resolved::Attribute(Target { extension, attribute, sub: None })) => {
                    if let Some(schema) = extension {
                        let part = Map::from_iter([(attribute.name.to_string(), value)]);
                        return self.take_schema(kind, schema, Value::Object(part));
                    }
                    attribute
                }
                _ => return Ok(()),
            }
        } else {
            match kind.attribute(key) {
                Some(attribute) => attribute,
                None => return Ok(()),
            }
        };
        match attribute.mutability {
            Mutability::ReadOnly => {
                if let ("groups", Value::Array(groups)) = (&*attribute.name, value) {
                    self.groups = Some(groups);
                }
            }
            Mutability::WriteOnly => self.password = password(value)?,
            Mutability::ReadWrite | Mutability::Immutable => {
                set(&mut self.resource, attribute, attribute_value(attribute, value)?);
            }
        }
        Ok(())
    }

    /// Takes an object that stands under a schema's URN.
    fn take_schema(&mut self, kind: &ResourceType, schema: &Schema, value: Value) -> Result<()> {
        let object = match value {
            Value::Null => return Ok(()),
            Value::Object(object) => object,
            _ => return Err(wrong(&schema.id, "an object")),
        };
        if schema.id == kind.schema.id {
            return object
                .into_iter()
                .try_for_each(|(key, value)| if key.contains(':') { Ok(()) } else { self.take(kind, &key, value) });
        }
        let part = object_of(&schema.attributes, object)?;
        merge_extension(&mut self.resource, schema, part);
        Ok(())
    }
}

/// Adds to an extension of the resource.
pub(crate) fn merge_extension(resource: &mut Resource, schema: &Schema, part: Resource) {
    if part.is_empty() {
        return;
    }
    match resource.get_mut(&*schema.id) {
        Some(Value::Object(present)) => present.extend(part),
        _ => {
            resource.insert(schema.id.to_string(), Value::Object(part));
        }
    }
}

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
    check_primary(attribute, &kept)?;
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

/// One element of a list, or a single value.
pub(crate) fn element_value(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (AttrType::Complex, Value::Object(object)) => {
            let object = object_of(&attribute.sub_attributes, object)?;
            Ok((!object.is_empty()).then_some(Value::Object(object)))
        }
        // `"manager": "id"` and `"roles": ["admin"]`.
        (AttrType::Complex, scalar @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            let Some(sub) = attribute.default_sub() else { return Err(wrong(&attribute.name, "an object")) };
            let value = simple_value(sub, scalar)?;
            Ok(value.map(|value| Value::Object(Map::from_iter([(sub.name.to_string(), value)]))))
        }
        (AttrType::Complex, Value::Array(_)) => Err(wrong(&attribute.name, "an object")),
        (_, value) => simple_value(attribute, value),
    }
}

fn object_of(definitions: &[Attribute], object: Map<String, Value>) -> Result<Resource> {
    let mut canonical = Resource::new();
    for (key, value) in object {
        let Some(definition) = find(definitions, &key) else { continue };
        if definition.mutability != Mutability::ReadOnly {
            set(&mut canonical, definition, attribute_value(definition, value)?);
        }
    }
    Ok(canonical)
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
        (AttrType::String | AttrType::Reference | AttrType::Binary, Value::String(text)) => Value::String(text),
        (AttrType::DateTime, Value::String(text)) if parse_date_time(&text).is_some() => Value::String(text),
        (AttrType::DateTime, _) => return Err(wrong(name, "an xsd:dateTime")),
        (AttrType::Integer, Value::Number(number)) if number.is_i64() => Value::Number(number),
        (AttrType::Integer, _) => return Err(wrong(name, "a whole number")),
        (AttrType::Decimal, Value::Number(number)) => Value::Number(number),
        (AttrType::Decimal, _) => return Err(wrong(name, "a number")),
        _ => return Err(wrong(name, "text")),
    };
    Ok(Some(value))
}

/// Whether an element says more than what kind of value it would be, if it had one.
pub(crate) fn has_content(attribute: &Attribute, element: &Value) -> bool {
    match element {
        Value::Object(object) if attribute.is_complex() => object.keys().any(|key| key != "type" && key != "primary"),
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

pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary").and_then(Value::as_bool) == Some(true)
}

/// Whether every required attribute, and every required extension, is there.
///
/// # Errors
/// `invalidValue`, naming the first that is missing.
pub fn check_required(kind: &ResourceType, resource: &Resource) -> Result<()> {
    let missing = |name: &str| Err(ScimError::invalid_value(format!("{name} is required")));
    for attribute in kind.schema.attributes.iter().filter(|attribute| attribute.required) {
        if !resource.contains_key(&*attribute.name) {
            return missing(&attribute.name);
        }
    }
    for Extension { schema, required } in &kind.extensions {
        match resource.get(&*schema.id).and_then(Value::as_object) {
            None if *required => return missing(&schema.id),
            None => {}
            Some(part) => {
                for attribute in schema.attributes.iter().filter(|attribute| attribute.required) {
                    if !part.contains_key(&*attribute.name) {
                        return missing(&format!("{}:{}", schema.id, attribute.name));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether what must never change once it is there has stayed as it was.
///
/// # Errors
/// `mutability`, naming the attribute.
pub fn check_immutable(kind: &ResourceType, before: &Resource, after: &Resource) -> Result<()> {
    let part = |resource: &Resource, schema: &Schema| match resource.get(&*schema.id) {
        Some(Value::Object(object)) => object.clone(),
        _ => Resource::new(),
    };
    check_kept(&kind.schema.attributes, before, after)?;
    kind.extensions.iter().try_for_each(|Extension { schema, .. }| {
        check_kept(&schema.attributes, &part(before, schema), &part(after, schema))
    })
}

fn check_kept(definitions: &[Attribute], before: &Resource, after: &Resource) -> Result<()> {
    for definition in definitions {
        let (old, new) = (before.get(&*definition.name), after.get(&*definition.name));
        if definition.mutability == Mutability::Immutable && old.is_some() && old != new {
            return Err(ScimError::mutability(format!("{} cannot be changed", definition.name)));
        }
        if let (false, Some(Value::Object(old)), Some(Value::Object(new))) = (definition.multi_valued, old, new) {
            check_kept(&definition.sub_attributes, old, new)?;
        }
    }
    Ok(())
}

fn wrong(name: &str, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("{} must be {wanted}", shorten(name)))
}

#[cfg(test)]
mod tests;
