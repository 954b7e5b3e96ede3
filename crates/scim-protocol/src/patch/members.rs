//! Taking the member operations of a group out of a PATCH, so that a group of any size is changed
//! without being loaded.

use serde_json::{Map, Value};

use super::op::{Op, Operation, PatchPath};
use crate::filter::resolve_element;
use crate::path::is_name;
use crate::schema::{Resolved, ResourceType, Target};
use crate::{AttrPath, CompareOp, Filter, Result, ScimError};

/// A member as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRef {
    /// The id of the member's resource.
    pub value: String,
    /// `User` or `Group`, if it was said.
    pub kind: Option<String>,
}

/// A change of a group's members. They are done in order.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberOp {
    /// These too. Those that are members already stay it.
    Add(Vec<MemberRef>),
    /// These not any more, if they were.
    Remove(Vec<String>),
    /// Those that satisfy the filter not any more; its names are sub-attributes of `members`.
    RemoveWhere(Filter),
    /// Nobody any more.
    RemoveAll,
    /// Exactly these.
    Replace(Vec<MemberRef>),
}

/// Parts operations into those on attributes and those on members. Neighbors of the same kind are put
/// together, so that ten thousand single additions are one.
///
/// # Errors
/// `invalidValue` for malformed members, `mutability` for changes inside a member.
pub fn split_members(kind: &ResourceType, operations: Vec<Operation>) -> Result<(Vec<Operation>, Vec<MemberOp>)> {
    let mut attributes = Vec::new();
    let mut members = Vec::new();
    for mut operation in operations {
        if operation.path.as_ref().is_some_and(|path| is_core(kind, path))
            && matches!(operation.value, Some(Value::Object(_)))
        {
            operation.path = None;
        }
        let Some(path) = &operation.path else {
            let (rest, found) = split_object(kind, operation)?;
            attributes.extend(rest);
            for op in found {
                push(&mut members, op);
            }
            continue;
        };
        match target(kind, path) {
            Some(target) => push(&mut members, member_op(&target, operation.op, path, operation.value.as_ref())?),
            None => attributes.push(operation),
        }
    }
    Ok((attributes, members))
}

/// Whether a path is the URN of the core schema, which is the resource itself.
fn is_core(kind: &ResourceType, path: &PatchPath) -> bool {
    matches!(kind.resolve(&path.attr), Some(Resolved::Schema(schema)) if schema.id == kind.schema.id)
}

/// The target of a path, if it is `members`.
fn target<'a>(kind: &'a ResourceType, path: &PatchPath) -> Option<Target<'a>> {
    match kind.resolve(&path.attr)? {
        Resolved::Attribute(target) if target.extension.is_none() && target.attribute.name == "members" => Some(target),
        _ => None,
    }
}

/// An operation without path: `members` in its object is taken out, the rest stays.
fn split_object(kind: &ResourceType, operation: Operation) -> Result<(Option<Operation>, Vec<MemberOp>)> {
    let Some(Value::Object(object)) = operation.value else { return Ok((Some(operation), Vec::new())) };
    let whole = object.is_empty();
    let (mut rest, mut found) = (Map::new(), Vec::new());
    take_apart(kind, operation.op, object, &mut rest, &mut found)?;
    let rest = (whole || !rest.is_empty()).then(|| Operation { value: Some(Value::Object(rest)), ..operation });
    Ok((rest, found))
}

/// Parts the members of an object; what stands under the URN of the core schema counts as its own.
fn take_apart(
    kind: &ResourceType,
    op: Op,
    object: Map<String, Value>,
    rest: &mut Map<String, Value>,
    found: &mut Vec<MemberOp>,
) -> Result<()> {
    for (key, value) in object {
        let path = if is_name(&key) {
            Some(PatchPath { attr: AttrPath::new(key.as_str()), filter: None })
        } else {
            PatchPath::parse(&key).ok()
        };
        match (path, value) {
            (Some(path), Value::Object(nested)) if is_core(kind, &path) => take_apart(kind, op, nested, rest, found)?,
            (Some(path), value) => match target(kind, &path) {
                Some(target) => found.push(member_op(&target, op, &path, Some(&value))?),
                None => {
                    rest.insert(key, value);
                }
            },
            (None, value) => {
                rest.insert(key, value);
            }
        }
    }
    Ok(())
}

fn member_op(target: &Target<'_>, op: Op, path: &PatchPath, value: Option<&Value>) -> Result<MemberOp> {
    let inside = || ScimError::mutability("what a member is cannot be changed: remove it and add another");
    let names_value = target.sub.is_none_or(|sub| sub.name == "value");
    let Some(filter) = &path.filter else {
        if !names_value {
            return Err(inside());
        }
        return Ok(match (op, value) {
            (Op::Add, value) => MemberOp::Add(member_refs(value.unwrap_or(&Value::Null))?),
            (Op::Replace, value) => MemberOp::Replace(member_refs(value.unwrap_or(&Value::Null))?),
            (Op::Remove, None | Some(Value::Null)) => MemberOp::RemoveAll,
            (Op::Remove, Some(value)) => MemberOp::Remove(member_refs(value)?.into_iter().map(|m| m.value).collect()),
        });
    };
    let filter = resolve_element(target.attribute, filter.clone()).map_err(|e| ScimError::invalid_path(e.detail))?;
    match (op, values_of(&filter)) {
        (Op::Remove, _) if target.sub.is_some() => Err(inside()),
        (Op::Remove, Some(values)) => Ok(MemberOp::Remove(values)),
        (Op::Remove, None) => Ok(MemberOp::RemoveWhere(filter)),
        _ => Err(inside()),
    }
}

/// The ids that a filter names, if that is all it does: `value eq "a" or value eq "b"`.
fn values_of(filter: &Filter) -> Option<Vec<String>> {
    let parts = match filter {
        Filter::Or(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    parts
        .iter()
        .map(|part| match part {
            Filter::Compare(path, CompareOp::Eq, literal) if path.attr == "value" => {
                literal.as_str().map(str::to_owned)
            }
            _ => None,
        })
        .collect()
}

/// Reads `members`: a list of objects or of ids, or a single one. The same member twice is one.
///
/// # Errors
/// `invalidValue`, if a member has no `value`.
pub fn member_refs(value: &Value) -> Result<Vec<MemberRef>> {
    let elements = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut seen = std::collections::HashSet::with_capacity(elements.len());
    let mut refs = Vec::with_capacity(elements.len());
    for element in elements.iter().filter(|element| !element.is_null()) {
        let member = member_ref(element)?;
        if seen.insert(member.value.clone()) {
            refs.push(member);
        }
    }
    Ok(refs)
}

fn member_ref(element: &Value) -> Result<MemberRef> {
    let missing = || ScimError::invalid_value("each member needs the id of a resource as its value");
    let text = |value: &Value| match value {
        Value::String(text) if text.contains('\0') => Err(ScimError::invalid_value("members holds a NUL character")),
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(missing()),
    };
    let Value::Object(object) = element else { return Ok(MemberRef { value: text(element)?, kind: None }) };
    let find = |name: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let kind = match find("type") {
        None | Some(Value::Null) => None,
        Some(Value::String(kind)) => (!kind.is_empty()).then(|| kind.clone()),
        Some(_) => return Err(ScimError::invalid_value("the type of a member must be text")),
    };
    Ok(MemberRef { value: text(find("value").ok_or_else(missing)?)?, kind })
}

/// Puts neighbors together.
fn push(ops: &mut Vec<MemberOp>, op: MemberOp) {
    match (ops.last_mut(), op) {
        (Some(MemberOp::Add(present)), MemberOp::Add(more)) => present.extend(more),
        (Some(MemberOp::Remove(present)), MemberOp::Remove(more)) => present.extend(more),
        // What was done before does not matter to these.
        (_, op @ (MemberOp::Replace(_) | MemberOp::RemoveAll)) => {
            ops.clear();
            ops.push(op);
        }
        (_, op) => ops.push(op),
    }
}
