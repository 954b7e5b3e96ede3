//! What both kinds of resources have in common when they are stored.

use auth_core::features::directory::Attributes;
use scim_protocol::schema::{Attribute, ENTERPRISE_USER, Returned};
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use crate::error::ApiError;

/// How much text a stored resource may hold, in bytes: pages of a thousand must fit into memory.
const MAX_WEIGHT: usize = 128 * 1024;

/// The attributes as they are stored: with the list of their schemas, without members, which are rows of
/// their own.
pub fn stored(kind: &ResourceType, mut attributes: Resource) -> Result<Attributes, ApiError> {
    attributes.shift_remove("members");
    drop_derivable(&mut attributes);
    let schemas = json!(kind.schemas_of(&attributes));
    attributes.insert("schemas".to_owned(), schemas);
    if weight_of(&attributes) > MAX_WEIGHT { Err(ApiError::resource_too_large()) } else { Ok(attributes) }
}

/// Takes the address of a manager away where it says no more than the id: it is made anew where it is shown, and who sends
/// back what they read has changed nothing.
fn drop_derivable(attributes: &mut Resource) {
    let manager = attributes.get_mut(ENTERPRISE_USER).and_then(|part| part.get_mut("manager"));
    let Some(manager) = manager.and_then(Value::as_object_mut) else { return };
    let text = |name: &str| manager.get(name).and_then(Value::as_str);
    if let (Some(id), Some(address)) = (text("value"), text("$ref"))
        && address.strip_suffix(id).is_some_and(|rest| rest.ends_with("/Users/"))
    {
        manager.shift_remove("$ref");
    }
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
