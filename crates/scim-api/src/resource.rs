//! What both kinds of resources have in common when they are stored.

use auth_core::features::directory::Attributes;
use scim_protocol::schema::{Attribute, Returned};
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use crate::error::ApiError;

/// How much text a stored resource may hold, in bytes: pages of a thousand must fit into memory.
const MAX_WEIGHT: usize = 128 * 1024;

/// The attributes as they are stored: with the list of their schemas, without members, which are rows of
/// their own.
pub fn stored(kind: &ResourceType, mut attributes: Resource) -> Result<Attributes, ApiError> {
    attributes.shift_remove("members");
    let schemas = json!(kind.schemas_of(&attributes));
    attributes.insert("schemas".to_owned(), schemas);
    if weight_of(&attributes) > MAX_WEIGHT { Err(ApiError::resource_too_large()) } else { Ok(attributes) }
}

/// Whether an extension has attributes that are not shown unless they are asked for, or never. Those of the core
/// schemas are not stored, or seen to where they are read.
pub fn hides(kind: &ResourceType) -> bool {
    let hidden = |attribute: &Attribute| matches!(attribute.returned, Returned::Never | Returned::Request);
    kind.extensions
        .iter()
        .flat_map(|extension| &extension.schema.attributes)
        .any(|attribute| hidden(attribute) || attribute.sub_attributes.iter().any(hidden))
}

fn weight_of(object: &Resource) -> usize {
    object.iter().map(|(key, value)| key.len() + weight(value)).sum()
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(elements) => elements.iter().map(weight).sum(),
        Value::Object(object) => weight_of(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}
