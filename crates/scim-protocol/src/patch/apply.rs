//! Applying operations to a resource: all or none, each on the result of the one before.

use serde_json::Value;

use super::list::{Change, change_list};
use super::op::{Op, Operation, PatchPath};
use super::single::{change_complex, change_simple, with_complex};
use crate::filter::resolve_element;
use crate::normalize::{check_immutable, check_required, has_content, is_nothing, password, set, unite};
use crate::schema::{Attribute, Mutability, Resolved, ResourceType, Schema, Target};
use crate::steps::tick;
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

/// What a resource is beside its attributes, which no client changes: a value without path may repeat it.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Its id.
    pub id: &'a str,
    /// When it was made and when it was last changed, in milliseconds since 1970; `None` if that is not known.
    pub times: Option<(i64, i64)>,
}

impl<'a> From<&'a str> for Own<'a> {
    fn from(id: &'a str) -> Self {
        Self { id, times: None }
    }
}

/// How many operations on attributes one request may have. Those on members are not counted here: see
/// [`super::split_members`].
pub const MAX_ATTRIBUTE_OPERATIONS: usize = 1000;

/// How many values the operations of one request may look at. Work on lists grows with the product of
/// their length and that of what was sent.
pub const MAX_STEPS: usize = 5_000_000;

/// Applies operations in order, each on the result of the one before, all or none. `own` is what may ride
/// along in a value without path.
///
/// Each operation has an effect, finds what it wants done already, or is refused. Only what no schema
/// knows is passed over in a value without path, as in a POST, as long as there is something beside it.
///
/// # Errors
/// `mutability`, `noTarget`, `invalidPath`, `invalidValue`, as RFC 7644 has them; `invalidSyntax`, if an
/// operation contradicts itself; 413, if it is too much work.
pub fn apply<'a>(
    kind: &'a ResourceType,
    resource: &Resource,
    operations: &[Operation],
    own: impl Into<Own<'a>>,
) -> Result<Applied> {
    if operations.len() > MAX_ATTRIBUTE_OPERATIONS {
        return Err(ScimError::new(
            413,
            format!("a PATCH may have {MAX_ATTRIBUTE_OPERATIONS} operations on attributes at most"),
        ));
    }
    let progress = Progress::default();
    let mut work = Work { kind, own: own.into(), resource: resource.clone(), password: None, progress };
    for operation in operations {
        match (&operation.path, &operation.value) {
            (Some(path), value) => work.at(operation.op, path, value.as_ref())?,
            (None, Some(value)) if operation.op != Op::Remove => work.merge(operation.op, value)?,
            (None, _) => return Err(ScimError::no_target("remove needs a path")),
        }
    }
    work.close()?;
    check_required(kind, &work.resource)?;
    check_immutable(kind, resource, &work.resource)?;
    let changed = work.resource != *resource;
    Ok(Applied { resource: work.resource, changed, password: work.password })
}

/// What the operations of a request have come to so far.
#[derive(Default)]
pub(super) struct Progress {
    spent: usize,
    /// The lists that were given an element which is not more than a type yet.
    unfinished: Vec<AttrPath>,
}

impl Progress {
    /// Counts values that have to be looked at.
    pub(super) fn spend(&mut self, values: usize) -> Result<()> {
        tick(values);
        self.spent = self.spent.saturating_add(values);
        if self.spent > MAX_STEPS {
            return Err(ScimError::new(413, "the operations are too much work; send fewer of them at once"));
        }
        Ok(())
    }
}

pub(super) struct Work<'a> {
    pub(super) kind: &'a ResourceType,
    pub(super) own: Own<'a>,
    pub(super) resource: Resource,
    pub(super) password: Option<String>,
    pub(super) progress: Progress,
}

impl<'a> Work<'a> {
    /// An operation with a path.
    pub(super) fn at(&mut self, op: Op, path: &PatchPath, value: Option<&Value>) -> Result<()> {
        let unknown = || ScimError::invalid_path(format!("{} has no attribute {}", self.kind.name, path.attr));
        let target = match self.kind.lookup(&path.attr).ok_or_else(unknown)? {
            Resolved::Schema(schema) if path.filter.is_none() => return self.at_schema(op, schema, value),
            Resolved::Schema(_) => return Err(ScimError::invalid_path("a schema has no elements to choose from")),
            Resolved::Attribute(target) => target,
        };
        let as_path = |error: ScimError| ScimError::invalid_path(error.detail);
        let filter = path.filter.clone().map(|f| resolve_element(target.attribute, f)).transpose().map_err(as_path)?;
        if target.attribute.mutability == Mutability::ReadOnly || target.leaf().mutability == Mutability::ReadOnly {
            return Err(read_only(&target.path().to_string()));
        }
        if is_secret(&target) {
            self.password = if op == Op::Remove { None } else { password(value.cloned().unwrap_or_default())? };
            return Ok(());
        }
        let progress = &mut self.progress;
        within(&mut self.resource, target.extension, |object| {
            change(object, &target, filter.as_ref(), op, value, progress)
        })
    }

    /// The URN of a schema as the path: its attributes as a whole.
    fn at_schema(&mut self, op: Op, schema: &'a Schema, value: Option<&Value>) -> Result<()> {
        let core = schema.id == self.kind.schema.id;
        let value = value.map(|value| if is_nothing(value) { &Value::Null } else { value });
        match (op, value) {
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) if core => {
                Err(ScimError::mutability("the core schema cannot be removed"))
            }
            (Op::Remove, _) | (Op::Replace, Some(Value::Null)) => {
                self.resource.shift_remove(&*schema.id);
                Ok(())
            }
            (_, Some(Value::Object(object))) => self.merge_schema(op, schema, object),
            (_, Some(Value::Null) | None) => Ok(()),
            (_, Some(_)) => Err(ScimError::invalid_value(format!("{} must be an object", schema.id))),
        }
    }

    /// Takes away the elements of lists that say nothing, or what another one says.
    fn close(&mut self) -> Result<()> {
        let core = self.kind.schema.attributes.iter().map(|attribute| (None, attribute));
        let extended = self.kind.extensions.iter().flat_map(|extension| {
            extension.schema.attributes.iter().map(move |attribute| (Some(&*extension.schema), attribute))
        });
        for (extension, attribute) in core.chain(extended) {
            if attribute.multi_valued {
                let unfinished = &self.progress.unfinished;
                within(&mut self.resource, extension, |object| {
                    tidy(object, &Target { extension, attribute, sub: None }, unfinished)
                })?;
            }
        }
        Ok(())
    }
}

fn tidy(object: &mut Resource, target: &Target<'_>, unfinished: &[AttrPath]) -> Result<()> {
    let Some(Value::Array(elements)) = object.get_mut(&*target.attribute.name) else { return Ok(()) };
    let before = elements.len();
    elements.retain(|element| has_content(target.attribute, element));
    let (after, path) = (elements.len(), target.path());
    unite(target.attribute, elements);
    if after < before && unfinished.contains(&path) {
        return Err(ScimError::no_target(format!("{path} has no such element, and no value was given for a new one")));
    }
    if after == 0 {
        object.shift_remove(&*target.attribute.name);
    }
    Ok(())
}

/// Works on the object that holds a schema's attributes. That of an extension is there only while it
/// holds something.
pub(super) fn within(
    resource: &mut Resource,
    extension: Option<&Schema>,
    f: impl FnOnce(&mut Resource) -> Result<()>,
) -> Result<()> {
    let Some(schema) = extension else { return f(resource) };
    let mut part = match resource.shift_remove(&*schema.id) {
        Some(Value::Object(part)) => part,
        _ => Resource::new(),
    };
    f(&mut part)?;
    if !part.is_empty() {
        resource.insert(schema.id.to_string(), Value::Object(part));
    }
    Ok(())
}

/// Changes an attribute inside the object that holds it.
fn change(
    object: &mut Resource,
    target: &Target<'_>,
    filter: Option<&Filter>,
    op: Op,
    value: Option<&Value>,
    progress: &mut Progress,
) -> Result<()> {
    let attribute = target.attribute;
    if attribute.multi_valued {
        return change_elements(object, target, progress, |elements, progress| {
            change_list(elements, &Change { attribute, sub: target.sub, filter, op, value }, progress)
        })
        .and_then(|()| {
            if attribute.required && op == Op::Remove && !object.contains_key(&*attribute.name) {
                return Err(ScimError::mutability(format!("{} is required and cannot be removed", attribute.name)));
            }
            Ok(())
        });
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

/// Works on the elements of a list. `f` says whether one of them is not finished.
pub(super) fn change_elements(
    object: &mut Resource,
    target: &Target<'_>,
    progress: &mut Progress,
    f: impl FnOnce(&mut Vec<Value>, &mut Progress) -> Result<bool>,
) -> Result<()> {
    let attribute: &Attribute = target.attribute;
    let mut elements = match object.shift_remove(&*attribute.name) {
        Some(Value::Array(elements)) => elements,
        _ => Vec::new(),
    };
    if f(&mut elements, progress)? {
        progress.unfinished.push(Target { sub: None, ..*target }.path());
    }
    set(object, attribute, (!elements.is_empty()).then_some(Value::Array(elements)));
    Ok(())
}

/// Whether it is the password, which is not kept with the resource.
pub(super) fn is_secret(target: &Target<'_>) -> bool {
    target.extension.is_none() && target.attribute.mutability == Mutability::WriteOnly
}

pub(super) fn read_only(name: &str) -> ScimError {
    ScimError::mutability(format!("{name} is read-only"))
}
