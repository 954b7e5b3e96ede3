//! What must hold for a message or a resource as a whole.

use serde_json::Value;

use crate::schema::{Attribute, Extension, Mutability, ResourceType, Schema};
use crate::{Resource, Result, ScimError};

/// Whether the `schemas` of a message are a list of URNs, if they are there. Which ones does not matter:
/// providers send old and foreign ones.
pub(crate) fn check_schemas(schemas: Option<&Value>) -> Result<()> {
    match schemas {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(urns)) if urns.iter().all(Value::is_string) => Ok(()),
        Some(_) => Err(ScimError::invalid_syntax("schemas must be a list of URNs")),
    }
}

/// Whether every required attribute, and every required extension, is there.
///
/// # Errors
/// `invalidValue`, naming the first that is missing.
pub fn check_required(kind: &ResourceType, resource: &Resource) -> Result<()> {
    let missing = |name: &str| Err(ScimError::invalid_value(format!("{name} is required")));
    if let Some(name) = missing_of(&kind.schema.attributes, resource) {
        return missing(&name);
    }
    for Extension { schema, required } in &kind.extensions {
        match resource.get(&*schema.id).and_then(Value::as_object) {
            None if *required => return missing(&schema.id),
            None => {}
            Some(part) => {
                if let Some(name) = missing_of(&schema.attributes, part) {
                    return missing(&format!("{}:{name}", schema.id));
                }
            }
        }
    }
    Ok(())
}

/// The first required attribute that an object lacks, or the first required sub-attribute that one of its
/// complex values lacks.
fn missing_of(definitions: &[Attribute], object: &Resource) -> Option<String> {
    definitions.iter().find_map(|definition| match object.get(&*definition.name) {
        None => definition.required.then(|| definition.name.to_string()),
        Some(value) => {
            let elements = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let missing = elements
                .iter()
                .filter_map(Value::as_object)
                .find_map(|element| missing_of(&definition.sub_attributes, element));
            missing.map(|sub| format!("{}.{sub}", definition.name))
        }
    })
}

/// Keeps what must never change and is not mentioned by a resource that replaces another (RFC 7644, 3.5.1: only a value
/// that is given must match).
pub fn keep_immutable(kind: &ResourceType, before: &Resource, after: &mut Resource) {
    keep(&kind.schema.attributes, before, after);
    for Extension { schema, .. } in &kind.extensions {
        let Some(old) = before.get(&*schema.id).and_then(Value::as_object) else { continue };
        let mut part = match after.get_mut(&*schema.id) {
            Some(Value::Object(part)) => std::mem::take(part),
            _ => Resource::new(),
        };
        keep(&schema.attributes, old, &mut part);
        if !part.is_empty() {
            after.insert(schema.id.to_string(), Value::Object(part));
        }
    }
}

fn keep(definitions: &[Attribute], before: &Resource, after: &mut Resource) {
    for definition in definitions {
        let name = &*definition.name;
        match (before.get(name), after.get_mut(name)) {
            (Some(old), None) if definition.mutability == Mutability::Immutable => {
                after.insert(name.to_owned(), old.clone());
            }
            (Some(Value::Object(old)), Some(Value::Object(new))) if !definition.multi_valued => {
                keep(&definition.sub_attributes, old, new);
            }
            _ => {}
        }
    }
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
