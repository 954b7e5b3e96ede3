//! The password in a PATCH, known before the operations are applied: hashing it must not happen in the
//! midst of a change.

use serde_json::Value;

use super::op::{Op, Operation};
use crate::normalize::password;
use crate::schema::{Mutability, Resolved, ResourceType};
use crate::{AttrPath, Result};

/// The password that the operations set in the end, if they set one.
///
/// # Errors
/// `invalidValue`, if it is not text.
pub fn password_of(kind: &ResourceType, operations: &[Operation]) -> Result<Option<String>> {
    let is_secret = |path: &AttrPath| matches!(kind.resolve(path), Some(Resolved::Attribute(t)) if t.attribute.mutability == Mutability::WriteOnly);
    let mut last = None;
    for operation in operations {
        match (&operation.path, &operation.value) {
            (Some(path), _) if operation.op == Op::Remove && is_secret(&path.attr) => last = None,
            (Some(path), Some(value)) if is_secret(&path.attr) => last = password(value.clone())?,
            (None, Some(Value::Object(object))) => {
                for (key, value) in object {
                    if AttrPath::split(key).is_some_and(|path| is_secret(&path)) {
                        last = password(value.clone())?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(last)
}
