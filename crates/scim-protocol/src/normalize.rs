//! From the JSON that a client sent to a resource with canonical names and checked values.
//!
//! Lenient where RFC 7643 is, and where identity providers are known to be careless: letter case of
//! names, `null` and empty values, unknown attributes, booleans as text, a reference as bare text, a
//! single value where a list belongs and the other way round, an app role as JSON inside of text.
//! Everything else is `invalidValue`.
//!
//! An attribute may be named twice (in another letter case, or with its URN in front) as long as both
//! say the same or one says nothing: no provider contradicts itself, and nobody could tell which of two
//! values was meant. So that is `invalidSyntax`.

mod checks;
mod values;

use serde_json::{Map, Value};

pub(crate) use self::checks::check_schemas;
pub use self::checks::{check_immutable, check_required, keep_immutable};
pub use self::values::MAX_VALUES;
pub(crate) use self::values::{
    attribute_value, check_length, element_value, has_content, is_nothing, is_primary, password, set, unfold_role,
    unite,
};
use self::values::{object_of, wrong};
use crate::path::shorten;
use crate::schema::{Attribute, Mutability, Resolved, ResourceType, Schema, Target};
use crate::{AttrPath, Resource, Result, ScimError};

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
    check_schemas(body.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas")).map(|(_, value)| value))?;
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
        if !key.contains(':') {
            return match kind.attribute(key) {
                Some(attribute) => self.take_core(attribute, value),
                None => Ok(()),
            };
        }
        match AttrPath::split(key).and_then(|path| kind.lookup(&path)) {
            Some(Resolved::Schema(schema)) => self.take_schema(kind, schema, value),
            Some(Resolved::Attribute(Target { extension, attribute, sub })) => {
                let value = match sub {
                    None => value,
                    Some(sub) => Value::Object(Map::from_iter([(sub.name.to_string(), value)])),
                };
                match extension {
                    None => self.take_core(attribute, value),
                    Some(schema) => {
                        let part = Map::from_iter([(attribute.name.to_string(), value)]);
                        self.take_schema(kind, schema, Value::Object(part))
                    }
                }
            }
            None => Ok(()),
        }
    }

    /// Takes an attribute of the core schema, or one that all resources have.
    fn take_core(&mut self, attribute: &Attribute, value: Value) -> Result<()> {
        match attribute.mutability {
            Mutability::ReadOnly => {
                if let ("groups", Value::Array(groups)) = (&*attribute.name, value) {
                    self.groups = Some(groups);
                }
                Ok(())
            }
            Mutability::WriteOnly => match (password(value)?, &self.password) {
                (Some(new), Some(old)) if new != *old => Err(twice(&attribute.name)),
                (new, _) => {
                    self.password = new.or_else(|| self.password.take());
                    Ok(())
                }
            },
            Mutability::ReadWrite | Mutability::Immutable => {
                put(&mut self.resource, attribute, attribute_value(attribute, value)?)
            }
        }
    }

    /// Takes an object that stands under a schema's URN.
    fn take_schema(&mut self, kind: &ResourceType, schema: &Schema, value: Value) -> Result<()> {
        let object = match value {
            value if is_nothing(&value) => return Ok(()),
            Value::Object(object) => object,
            _ => return Err(wrong(&schema.id, "an object")),
        };
        if schema.id == kind.schema.id {
            return object
                .into_iter()
                .try_for_each(|(key, value)| if key.contains(':') { Ok(()) } else { self.take(kind, &key, value) });
        }
        let part = Value::Object(object_of(&schema.attributes, object)?);
        match self.resource.get_mut(&*schema.id) {
            Some(present) => join(&schema.id, present, part),
            None if part == Value::Object(Map::new()) => Ok(()),
            None => {
                self.resource.insert(schema.id.to_string(), part);
                Ok(())
            }
        }
    }
}

/// Takes a value that a body gives into an object. The attribute may be there already: see the top.
fn put(object: &mut Resource, attribute: &Attribute, value: Option<Value>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    if let Some(present) = object.get_mut(&*attribute.name) {
        return join(&attribute.name, present, value);
    }
    object.insert(attribute.name.to_string(), value);
    Ok(())
}

/// Puts two values of one thing together that may not contradict each other.
fn join(name: &str, present: &mut Value, given: Value) -> Result<()> {
    match (present, given) {
        (Value::Object(present), Value::Object(given)) => {
            for (key, value) in given {
                match present.get_mut(&key) {
                    Some(present) => join(&key, present, value)?,
                    None => {
                        present.insert(key, value);
                    }
                }
            }
            Ok(())
        }
        (present, given) if *present == given => Ok(()),
        _ => Err(twice(name)),
    }
}

/// An attribute has two values.
pub(crate) fn twice(name: &str) -> ScimError {
    ScimError::invalid_syntax(format!("{} is given twice, with different values", shorten(name)))
}

#[cfg(test)]
mod tests;
