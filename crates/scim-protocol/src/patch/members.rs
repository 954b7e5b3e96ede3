//! Taking the member operations of a group out of a PATCH, so that a group of any size is changed
//! without being loaded.

use serde_json::{Map, Value};

use super::merge::{is_known, path_of};
use super::op::{Op, Operation, PatchPath};
use crate::filter::resolve_element;
use crate::normalize::twice;
use crate::schema::{Resolved, ResourceType, Target};
use crate::{CompareOp, Filter, Result, ScimError};

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
            if let Some(op) = found {
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
    path.filter.is_none()
        && matches!(kind.lookup(&path.attr), Some(Resolved::Schema(schema)) if schema.id == kind.schema.id)
}

/// The target of a path, if it is `members`.
fn target<'a>(kind: &'a ResourceType, path: &PatchPath) -> Option<Target<'a>> {
    match kind.lookup(&path.attr)? {
        Resolved::Attribute(target) if target.extension.is_none() && target.attribute.name == "members" => Some(target),
        _ => None,
    }
}

/// An operation without path: `members` in its object is taken out, the rest stays.
fn split_object(kind: &ResourceType, operation: Operation) -> Result<(Option<Operation>, Option<MemberOp>)> {
    let Some(Value::Object(object)) = operation.value else { return Ok((Some(operation), None)) };
    let whole = object.is_empty();
    let (mut rest, mut found) = (Map::new(), None);
    take_apart(kind, operation.op, object, &mut rest, &mut found)?;
    if found.is_some() {
        // Beside members, what no schema knows is nothing to complain of, and neither is its name among the schemas.
        let unknown: Vec<String> = rest.keys().filter(|key| !is_known(kind, key)).cloned().collect();
        rest.retain(|key, _| !unknown.contains(key));
        let schemas = rest.iter_mut().filter(|(key, _)| key.eq_ignore_ascii_case("schemas"));
        for urns in schemas.filter_map(|(_, urns)| urns.as_array_mut()) {
            urns.retain(|urn| urn.as_str().is_none_or(|urn| !unknown.iter().any(|key| key.eq_ignore_ascii_case(urn))));
        }
    }
    let rest = (whole || !rest.is_empty()).then(|| Operation { value: Some(Value::Object(rest)), ..operation });
    Ok((rest, found))
}

/// Parts the members of an object; what stands under the URN of the core schema counts as its own.
fn take_apart(
    kind: &ResourceType,
    op: Op,
    object: Map<String, Value>,
    rest: &mut Map<String, Value>,
    found: &mut Option<MemberOp>,
) -> Result<()> {
    for (key, value) in object {
        let path = path_of(None, &key)?;
        let target = path.as_ref().and_then(|path| target(kind, path));
        match (path, target, value) {
            (Some(path), _, Value::Object(nested)) if is_core(kind, &path) => {
                take_apart(kind, op, nested, rest, found)?;
            }
            (Some(path), Some(target), value) => {
                let op = member_op(&target, op, &path, Some(&value))?;
                if found.replace(op).is_some_and(|other| found.as_ref() != Some(&other)) {
                    return Err(twice("members"));
                }
            }
            (_, _, value) => {
                if rest.get(&key).is_some_and(|other| *other != value) {
                    return Err(twice(&key));
                }
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

/// Takes `members` out of the body of a POST or PUT, wherever they stand in it. `None` if it does not name
/// them.
///
/// # Errors
/// `invalidValue`, if a member has no `value`; `invalidSyntax`, if the body names different members twice.
pub fn take_members(kind: &ResourceType, body: &mut Value) -> Result<Option<Vec<MemberRef>>> {
    let Value::Object(object) = body else { return Ok(None) };
    let mut found: Option<Vec<MemberRef>> = None;
    let keys: Vec<String> = object.keys().filter(|key| names_members(kind, key)).cloned().collect();
    for key in keys {
        let Ok(Some(path)) = path_of(None, &key) else { continue };
        let given = if is_core(kind, &path) {
            match object.get_mut(&key).map(|nested| take_members(kind, nested)).transpose()?.flatten() {
                Some(given) => given,
                None => continue,
            }
        } else {
            member_refs(&object.shift_remove(&key).unwrap_or_default())?
        };
        if found.as_ref().is_some_and(|other| *other != given) {
            return Err(twice("members"));
        }
        found = Some(given);
    }
    Ok(found)
}

/// Whether a key of a body is `members`, or the URN of the schema that has it.
fn names_members(kind: &ResourceType, key: &str) -> bool {
    let Ok(Some(path)) = path_of(None, key) else { return false };
    is_core(kind, &path) || (path.filter.is_none() && target(kind, &path).is_some_and(|target| target.sub.is_none()))
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
    let find = |name: &str| {
        let mut named = object.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let first = named.next();
        if named.any(|other| Some(other) != first) { Err(twice(&format!("members.{name}"))) } else { Ok(first) }
    };
    let kind = match find("type")? {
        None | Some(Value::Null) => None,
        Some(Value::String(kind)) => (!kind.is_empty()).then(|| kind.clone()),
        Some(_) => return Err(ScimError::invalid_value("the type of a member must be text")),
    };
    Ok(MemberRef { value: text(find("value")?.ok_or_else(missing)?)?, kind })
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
