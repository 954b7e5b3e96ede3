//! Applying operations to a resource: finding the place, single values, objects without path.

use serde_json::Value;

use super::list::{Change, change_list};
use super::op::{Op, Operation, PatchPath};
use crate::filter::resolve_element;
use crate::normalize::{attribute_value, check_immutable, check_required, password, set};
use crate::path::is_name;
use crate::schema::{Attribute, Mutability, Resolved, ResourceType, Schema, Target};
use crate::{AttrPath, Filter, Resource, Result, ScimError};

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The resource afterwards.
    pub resource: Resource,
    /// Whether it differs from before. A change of password alone does not.
    pub changed: bool,
    /// The password, if one was set.
    pub password: Option<String>,
}

/// How many operations on attributes one request may have. Those on members are not counted here: see
/// [`super::split_members`].
pub const MAX_ATTRIBUTE_OPERATIONS: usize = 1000;

/// Applies operations in order, each on the result of the one before, all or none. `id` is the
/// resource's own, which may ride along in a value without path.
///
/// # Errors
/// `mutability`, `noTarget`, `invalidPath`, `invalidValue`, as RFC 7644 has them.
pub fn apply(kind: &ResourceType, resource: &Resource, operations: &[Operation], id: &str) -> Result<Applied> {
    if operations.len() > MAX_ATTRIBUTE_OPERATIONS {
        return Err(ScimError::new(
            413,
            format!("a PATCH may have {MAX_ATTRIBUTE_OPERATIONS} operations on attributes at most"),
        ));
    }
    let mut work = Work { kind, id, resource: resource.clone(), password: None };
    for operation in operations {
        match (&operation.path, &operation.value) {
            (Some(path), value) => work.at(operation.op, path, value.as_ref())?,
            (None, Some(value)) if operation.op != Op::Remove => work.merge(operation.op, value)?,
            (None, _) => return Err(ScimError::no_target("remove needs a path")),
        }
    }
    check_required(kind, &work.resource)?;
    check_immutable(kind, resource, &work.resource)?;
    let changed = work.resource != *resource;
    Ok(Applied { resource: work.resource, changed, password: work.password })
}

struct Work<'a> {
    kind: &'a ResourceType,
    id: &'a str,
    resource: Resource,
    password: Option<String>,
}

impl<'a> Work<'a> {
    /// An operation without path: each member of the value is a target of its own. Names may be plain,
    /// dotted (`name.givenName`), qualified by a URN, a URN alone, or even have a filter in brackets.
    fn merge(&mut self, op: Op, value: &Value) -> Result<()> {
        let Value::Object(object) = value else {
            return Err(ScimError::invalid_value("without a path, the value must be an object"));
        };
        for (key, value) in object {
            let path = if is_name(key) {
                PatchPath { attr: AttrPath::new(key.as_str()), filter: None }
            } else {
                match PatchPath::parse(key) {
                    Ok(path) => path,
                    Err(_) => continue,
                }
            };
            // What no schema knows is ignored, as in a POST.
            match self.kind.resolve(&path.attr) {
                None => {}
                Some(Resolved::Attribute(target)) if self.rides_along(&target, value)? => {}
                Some(_) => self.at(op, &path, Some(value))?,
            }
        }
        Ok(())
    }

    /// Read-only members of a value without path: those that say nothing new are harmless (Okta and
    /// authentik send the `id` along, some send the whole resource back).
    fn rides_along(&self, target: &Target<'_>, value: &Value) -> Result<bool> {
        if target.attribute.mutability != Mutability::ReadOnly {
            return Ok(false);
        }
        let harmless = match &*target.attribute.name {
            "schemas" | "meta" => true,
            "id" => value.is_null() || value.as_str() == Some(self.id),
            _ => is_unassigned(value),
        };
        if harmless { Ok(true) } else { Err(read_only(&target.attribute.name)) }
    }

    /// An operation with a path.
    fn at(&mut self, op: Op, path: &PatchPath, value: Option<&Value>) -> Result<()> {
        let unknown = || ScimError::invalid_path(format!("{} has no attribute {}", self.kind.name, path.attr));
        let (target, filter) = match self.kind.resolve(&path.attr).ok_or_else(unknown)? {
            Resolved::Schema(schema) if path.filter.is_none() => return self.at_schema(op, schema, value),
            Resolved::Schema(_) => return Err(ScimError::invalid_path("a schema has no elements to choose from")),
            Resolved::Attribute(target) => {
                let as_path = |error: ScimError| ScimError::invalid_path(error.detail);
                let filter =
                    path.filter.clone().map(|f| resolve_element(target.attribute, f)).transpose().map_err(as_path)?;
                (target, filter)
            }
        };
        if target.attribute.mutability == Mutability::ReadOnly || target.leaf().mutability == Mutability::ReadOnly {
            return Err(read_only(&target.path().to_string()));
        }
        if target.attribute.mutability == Mutability::WriteOnly {
            self.password = if op == Op::Remove { None } else { password(value.cloned().unwrap_or_default())? };
            return Ok(());
        }
        match target.extension {
            None => change(&mut self.resource, &target, filter.as_ref(), op, value),
            Some(schema) => self.within(schema, |part| change(part, &target, filter.as_ref(), op, value)),
        }
    }

    /// The URN of a schema as the path: its attributes as a whole.
    fn at_schema(&mut self, op: Op, schema: &'a Schema, value: Option<&Value>) -> Result<()> {
        let core = schema.id == self.kind.schema.id;
        match (op, value) {
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) if core => {
                Err(ScimError::mutability("the core schema cannot be removed"))
            }
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) => {
                self.resource.shift_remove(&*schema.id);
                Ok(())
            }
            (_, Some(Value::Object(_))) if core => self.merge(op, value.unwrap_or(&Value::Null)),
            (_, Some(Value::Object(object))) => self.within(schema, |part| {
                for (key, value) in object {
                    let Some((attr, sub)) = split_name(schema, key) else { continue };
                    let target = Target { extension: Some(schema), attribute: attr, sub };
                    if target.leaf().mutability == Mutability::ReadOnly {
                        return Err(read_only(&target.path().to_string()));
                    }
                    change(part, &target, None, op, Some(value))?;
                }
                Ok(())
            }),
            (_, Some(Value::Null) | None) => Ok(()),
            (_, Some(_)) => Err(ScimError::invalid_value(format!("{} must be an object", schema.id))),
        }
    }

    /// Works on an extension's object, which is there only while it holds something.
    fn within(&mut self, schema: &Schema, f: impl FnOnce(&mut Resource) -> Result<()>) -> Result<()> {
        let mut part = match self.resource.shift_remove(&*schema.id) {
            Some(Value::Object(part)) => part,
            _ => Resource::new(),
        };
        f(&mut part)?;
        if !part.is_empty() {
            self.resource.insert(schema.id.to_string(), Value::Object(part));
        }
        Ok(())
    }
}

/// `manager` or `manager.value` inside an extension's object.
fn split_name<'s>(schema: &'s Schema, key: &str) -> Option<(&'s Attribute, Option<&'s Attribute>)> {
    match key.split_once('.') {
        None => Some((schema.attribute(key)?, None)),
        Some((attr, sub)) => {
            let attribute = schema.attribute(attr)?;
            Some((attribute, Some(attribute.sub(sub)?)))
        }
    }
}

/// Changes an attribute inside the object that holds it.
fn change(
    object: &mut Resource,
    target: &Target<'_>,
    filter: Option<&Filter>,
    op: Op,
    value: Option<&Value>,
) -> Result<()> {
    let attribute = target.attribute;
    if attribute.multi_valued {
        let elements = match object.shift_remove(&*attribute.name) {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let elements = change_list(elements, &Change { attribute, sub: target.sub, filter, op, value })?;
        if elements.is_empty() && attribute.required && op == Op::Remove {
            return Err(ScimError::mutability(format!("{} is required and cannot be removed", attribute.name)));
        }
        set(object, attribute, (!elements.is_empty()).then_some(Value::Array(elements)));
        return Ok(());
    }
    if filter.is_some() {
        return Err(ScimError::invalid_path(format!("{} is no list to choose from", attribute.name)));
    }
    if op == Op::Remove && target.leaf().required {
        return Err(ScimError::mutability(format!("{} is required and cannot be removed", target.path())));
    }
    match target.sub {
        None if attribute.is_complex() => change_complex(object, attribute, op, value),
        None => change_simple(object, attribute, op, value),
        Some(sub) => with_complex(object, attribute, |part| change_simple(part, sub, op, value)),
    }
}

fn change_simple(object: &mut Resource, attribute: &Attribute, op: Op, value: Option<&Value>) -> Result<()> {
    let new = match (op, value) {
        (Op::Remove, _) | (_, None) => None,
        (_, Some(value)) => attribute_value(attribute, value.clone())?,
    };
    // Adding nothing leaves what is there.
    if op == Op::Add && new.is_none() {
        return Ok(());
    }
    set(object, attribute, new);
    Ok(())
}

/// A complex single value as a whole: the given sub-attributes are set, the others stay.
fn change_complex(object: &mut Resource, attribute: &Attribute, op: Op, value: Option<&Value>) -> Result<()> {
    let value = match value {
        Some(Value::Array(elements)) if elements.len() <= 1 => elements.first(),
        other => other,
    };
    match value {
        _ if op == Op::Remove => set(object, attribute, None),
        Some(Value::Object(given)) => {
            return with_complex(object, attribute, |part| {
                for (key, value) in given {
                    let Some(sub) = attribute.sub(key) else { continue };
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
            _ => set(object, attribute, None),
        },
    }
    Ok(())
}

/// Works on the object of a complex single value, which is there only while it holds something. A
/// `$ref` that belonged to another `value` goes with it.
fn with_complex(
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

fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

fn read_only(name: &str) -> ScimError {
    ScimError::mutability(format!("{name} is read-only"))
}
