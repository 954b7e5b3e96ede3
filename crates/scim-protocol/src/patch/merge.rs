//! Operations whose value is an object of attributes: those without path, and those with the URN of a
//! schema as their path.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::apply::{Work, change_elements, read_only, within};
use super::list::change_main;
use super::meta;
use super::op::{Op, PatchPath};
use crate::normalize::twice;
use crate::path::is_name;
use crate::schema::{Attribute, Mutability, Resolved, ResourceType, Schema, Target};
use crate::{AttrPath, Result, ScimError};

/// What an operation has said, by canonical path, and whether any of it was known.
#[derive(Default)]
struct Said<'v> {
    values: HashMap<String, &'v Value>,
    known: bool,
}

/// Sub-attributes of one list, named without saying of which element.
type Parts<'k, 'v> = Vec<(Target<'k>, Vec<(&'k Attribute, &'v Value)>)>;

impl<'a> Work<'a> {
    /// An operation without path: each member of the value is a target of its own. Names may be plain,
    /// dotted (`name.givenName`), qualified by a URN, a URN alone, or even have a filter in brackets.
    pub(super) fn merge(&mut self, op: Op, value: &Value) -> Result<()> {
        let Value::Object(object) = value else {
            return Err(ScimError::invalid_value("without a path, the value must be an object"));
        };
        self.whole(op, None, object)
    }

    /// The same with the URN of a schema as the path.
    pub(super) fn merge_schema(&mut self, op: Op, schema: &'a Schema, object: &Map<String, Value>) -> Result<()> {
        self.whole(op, self.extension(schema), object)
    }

    fn whole(&mut self, op: Op, schema: Option<&'a Schema>, object: &Map<String, Value>) -> Result<()> {
        let mut said = Said::default();
        self.members(op, schema, object, &mut said)?;
        // What no schema knows is ignored beside something else, as in a POST. Alone, it is a mistake.
        if said.known {
            return Ok(());
        }
        Err(ScimError::invalid_path(format!("the value names no attribute of {}", self.kind.name)))
    }

    fn extension(&self, schema: &'a Schema) -> Option<&'a Schema> {
        (schema.id != self.kind.schema.id).then_some(schema)
    }

    fn members<'v>(
        &mut self,
        op: Op,
        schema: Option<&'a Schema>,
        object: &'v Map<String, Value>,
        said: &mut Said<'v>,
    ) -> Result<()> {
        said.known |= object.is_empty();
        let mut parts: Parts<'a, 'v> = Vec::new();
        for (key, value) in object {
            self.progress.spend(1)?;
            let Some(path) = path_of(schema, key)? else { continue };
            let target = match self.kind.lookup(&path.attr) {
                None => continue,
                Some(Resolved::Schema(schema)) if path.filter.is_none() && value.is_object() => {
                    let nested = value.as_object().unwrap_or(object);
                    self.members(op, self.extension(schema), nested, said)?;
                    continue;
                }
                Some(Resolved::Schema(_)) => {
                    said.known = true;
                    self.at(op, &path, Some(value))?;
                    continue;
                }
                Some(Resolved::Attribute(target)) => target,
            };
            said.known = true;
            let canonical = PatchPath { attr: target.path(), filter: path.filter.clone() }.to_string();
            if said.values.insert(canonical, value).is_some_and(|other| other != value) {
                return Err(twice(key));
            }
            match target.sub {
                _ if self.rides_along(&target, value, object)? => {}
                Some(sub) if target.attribute.multi_valued && path.filter.is_none() => {
                    if sub.mutability == Mutability::ReadOnly {
                        return Err(read_only(&target.path().to_string()));
                    }
                    collect(&mut parts, target, (sub, value));
                }
                _ => self.at(op, &path, Some(value))?,
            }
        }
        for (target, given) in parts {
            let progress = &mut self.progress;
            within(&mut self.resource, target.extension, |object| {
                change_elements(object, &target, progress, |elements, progress| {
                    progress.spend(elements.len() + given.len())?;
                    change_main(elements, target.attribute, op, &given)
                })
            })?;
        }
        Ok(())
    }

    /// Read-only members of a value without path: those that say nothing new are harmless (Okta and
    /// authentik send the `id` along, some send the whole resource back).
    fn rides_along(&self, target: &Target<'_>, value: &Value, whole: &Map<String, Value>) -> Result<bool> {
        if target.attribute.mutability != Mutability::ReadOnly {
            return Ok(false);
        }
        let harmless = is_unassigned(value)
            || target.extension.is_none()
                && match &*target.attribute.name {
                    "id" => value.as_str() == Some(self.own.id),
                    "meta" => meta::is_own(self.kind, &self.own, target, value),
                    "schemas" => meta::are_schemas(self.kind, value, whole),
                    _ => false,
                };
        if harmless { Ok(true) } else { Err(read_only(&target.attribute.name)) }
    }
}

/// The path that a key is; `None` if it can be none.
pub(super) fn path_of(schema: Option<&Schema>, key: &str) -> Result<Option<PatchPath>> {
    let mut path = if is_name(key) {
        PatchPath { attr: AttrPath::new(key), filter: None }
    } else {
        match PatchPath::parse(key) {
            Ok(path) => path,
            // This was meant to be one.
            Err(error) if key.contains('[') => return Err(error),
            Err(_) => return Ok(None),
        }
    };
    if let Some(schema) = schema {
        if path.attr.schema.is_some() {
            return Ok(None);
        }
        path.attr.schema = Some(schema.id.to_string());
    }
    Ok(Some(path))
}

/// Whether a key means something here.
pub(super) fn is_known(kind: &ResourceType, key: &str) -> bool {
    path_of(None, key).map_or(true, |path| path.is_some_and(|path| kind.lookup(&path.attr).is_some()))
}

fn collect<'k, 'v>(parts: &mut Parts<'k, 'v>, target: Target<'k>, part: (&'k Attribute, &'v Value)) {
    let target = Target { sub: None, ..target };
    match parts.iter_mut().find(|(other, _)| other.path() == target.path()) {
        Some((_, given)) => given.push(part),
        None => parts.push((target, vec![part])),
    }
}

fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    }
}
