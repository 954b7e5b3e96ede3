//! The password in a PATCH, known before the operations are applied: hashing it must not happen in the
//! midst of a change.

use serde_json::Value;

use super::apply::is_secret;
use super::merge::path_of;
use super::op::{Op, Operation, PatchPath};
use crate::Result;
use crate::normalize::password;
use crate::schema::{Resolved, ResourceType};

/// The password that the operations set in the end, if they set one.
///
/// # Errors
/// `invalidValue`, if it is not text.
pub fn password_of(kind: &ResourceType, operations: &[Operation]) -> Result<Option<String>> {
    let mut last = None;
    for operation in operations {
        match (&operation.path, &operation.value) {
            (Some(path), value) => find(kind, operation.op, path, value.as_ref(), &mut last)?,
            (None, Some(value)) => find_in(kind, operation.op, value, &mut last)?,
            (None, None) => {}
        }
    }
    Ok(last)
}

/// What stands at a path. The URN of the core schema is the resource itself.
fn find(kind: &ResourceType, op: Op, path: &PatchPath, value: Option<&Value>, last: &mut Option<String>) -> Result<()> {
    match (kind.lookup(&path.attr), value) {
        (Some(Resolved::Attribute(target)), _) if is_secret(&target) => {
            *last = if op == Op::Remove { None } else { password(value.cloned().unwrap_or_default())? };
            Ok(())
        }
        (Some(Resolved::Schema(schema)), Some(value)) if schema.id == kind.schema.id => find_in(kind, op, value, last),
        _ => Ok(()),
    }
}

fn find_in(kind: &ResourceType, op: Op, value: &Value, last: &mut Option<String>) -> Result<()> {
    for (key, value) in value.as_object().into_iter().flatten() {
        if let Ok(Some(path)) = path_of(None, key) {
            find(kind, op, &path, Some(value), last)?;
        }
    }
    Ok(())
}
