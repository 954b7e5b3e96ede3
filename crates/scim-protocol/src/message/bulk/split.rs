//! A resource in two parts, for circles of references: what can be created now, and what is added later.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::references::refers;
use crate::message::PATCH_OP;
use crate::schema::{Mutability, Resolved, ResourceType};
use crate::{AttrPath, Resource};

/// The two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The resource to create.
    pub data: Value,
    /// The PATCH that adds the rest, if there is any. Its references are to be
    /// [resolved](super::resolve) before.
    pub patch: Option<Value>,
}

/// Takes out of the body of a POST what refers to the given bulkIds: elements of lists, and other
/// attributes as a whole. What a POST ignores, because it is unknown or read-only, is left out of the
/// PATCH, which would not ignore it.
pub fn split(kind: &ResourceType, data: Value, without: &[String]) -> Split {
    let without: HashSet<&str> = without.iter().map(String::as_str).collect();
    let is_one = |bulk_id: &str| without.contains(bulk_id);
    let mut cut = Cut { kind, is_one: &is_one, operations: Vec::new() };
    let data = match data {
        Value::Object(body) => Value::Object(cut.object("", body)),
        other => other,
    };
    let operations = cut.operations;
    let patch = (!operations.is_empty()).then(|| json!({ "schemas": [PATCH_OP], "Operations": operations }));
    Split { data, patch }
}

struct Cut<'a> {
    kind: &'a ResourceType,
    is_one: &'a dyn Fn(&str) -> bool,
    operations: Vec<Value>,
}

impl Cut<'_> {
    /// What stays of an object; `prefix` is the URN under which it stands, with a colon.
    fn object(&mut self, prefix: &str, object: Resource) -> Resource {
        let mut kept = Resource::new();
        for (key, value) in object {
            if !refers(&key, &value, self.is_one) {
                kept.insert(key, value);
                continue;
            }
            let path = format!("{prefix}{key}");
            let found = AttrPath::split(&path).and_then(|path| self.kind.resolve(&path));
            match (found, value) {
                (Some(Resolved::Schema(_)), Value::Object(part)) if prefix.is_empty() => {
                    let part = self.object(&format!("{path}:"), part);
                    kept.insert(key, Value::Object(part));
                }
                (Some(Resolved::Attribute(target)), value) if target.attribute.mutability != Mutability::ReadOnly => {
                    let (stays, goes) = self.parts(&key, value);
                    if let Some(stays) = stays {
                        kept.insert(key, stays);
                    }
                    self.operations.push(json!({ "op": "add", "path": path, "value": goes }));
                }
                _ => {}
            }
        }
        kept
    }

    /// A list is parted, everything else goes as a whole.
    fn parts(&self, key: &str, value: Value) -> (Option<Value>, Value) {
        match value {
            Value::Array(elements) => {
                let (goes, stays): (Vec<_>, Vec<_>) =
                    elements.into_iter().partition(|element| refers(key, element, self.is_one));
                (Some(Value::Array(stays)), Value::Array(goes))
            }
            other => (None, other),
        }
    }
}

#[cfg(test)]
mod tests;
