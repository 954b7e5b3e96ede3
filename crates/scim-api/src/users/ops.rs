//! The changes of users, as a single request and as an item of a bulk request make them: from what was
//! sent to a command of the core, and from what it answers to what is shown.

use actix_web::http::StatusCode;
use auth_core::features::directory::import::Kind;
use auth_core::features::directory::users::{self, DirectoryUser, NewDirectoryUser};
use auth_core::features::directory::{Attributes, CredentialScope, DirectoryFault};
use auth_core::ids::{DirectoryUserId, Id as _};
use scim_protocol::normalize::{check_immutable, keep_immutable, normalize};
use scim_protocol::patch::{Operation, Own, apply, parse, password_of};
use scim_protocol::project::Projection;
use scim_protocol::{Resource, ResourceType};
use serde_json::Value;

use super::wire;
use crate::change::Outcome;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::resource::stored;

/// `POST`.
pub async fn create(caller: &Caller, body: Value, projection: &Projection) -> Result<Outcome, ApiError> {
    caller.needs(CredentialScope::UsersWrite)?;
    let kind = &*caller.kinds().user;
    if let (Some(recording), Some(name)) = (caller.recording(), body.get("userName").and_then(Value::as_str)) {
        recording.named(name);
    }
    let mut incoming = normalize(kind, body)?;
    incoming.resource.entry("active").or_insert(true.into());
    let new = NewDirectoryUser {
        attributes: with_groups(stored(kind, incoming.resource)?, incoming.groups),
        password: caller.keep(incoming.password).await?,
    };
    let user = caller.core.write(&caller.ctx, async |tx| users::create(tx, &caller.actor, &new).await).await?;
    concerns(caller, &user.id);
    about(caller, &user);
    caller.changed(Kind::User, user.id.as_str()).await;
    Ok(wire::outcome(StatusCode::CREATED, kind, user, &caller.base, projection))
}

/// The resource as it is shown, if there is one: before it is changed again.
pub async fn look(caller: &Caller, id: &str) -> Result<Option<Value>, auth_core::Error> {
    let Ok(id) = super::id(id) else { return Ok(None) };
    let found = caller.core.read(&caller.ctx, async |rx| users::get(rx, &caller.actor, &id).await).await;
    match found {
        Ok(user) => Ok(Some(wire::show(&caller.kinds().user, user, &caller.base, &Projection::default()))),
        Err(error) if error.is(&DirectoryFault::ResourceNotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Notes in the log which person a request is about.
pub fn about(caller: &Caller, user: &DirectoryUser) {
    if let Some(recording) = caller.recording() {
        recording.about(user);
    }
}

/// Notes that something happened to a person, be the request about them or one of many changes.
fn concerns(caller: &Caller, id: &DirectoryUserId) {
    if let Some(notes) = &caller.ctx.notes {
        notes.concern([id.to_string()]);
    }
}

/// `PUT`.
pub async fn replace(
    caller: &Caller,
    id: &str,
    body: Value,
    versions: Option<Vec<String>>,
    projection: &Projection,
) -> Result<Outcome, ApiError> {
    caller.needs(CredentialScope::UsersWrite)?;
    let kind = &*caller.kinds().user;
    let id = super::id(id)?;
    let incoming = normalize(kind, body)?;
    let password = caller.keep(incoming.password).await?;
    let (wanted, groups) = (incoming.resource, incoming.groups);
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryUser| {
                Ok::<_, ApiError>(with_groups(replaced(kind, present, wanted.clone())?, groups.clone()))
            };
            users::change(tx, &caller.actor, &id, versions.as_deref(), password.as_ref(), edit).await
        })
        .await?;
    if changed.changed {
        concerns(caller, &changed.resource.id);
    }
    about(caller, &changed.resource);
    caller.changed(Kind::User, changed.resource.id.as_str()).await;
    Ok(wire::outcome(StatusCode::OK, kind, changed.resource, &caller.base, projection))
}

/// The attributes with the groups that were sent along: read-only in the resource, but the directory's mapping sees them.
fn with_groups(mut attributes: Attributes, groups: Option<Vec<Value>>) -> Attributes {
    if let Some(groups) = groups {
        attributes.insert("groups".to_owned(), groups.into());
    }
    attributes
}

fn replaced(kind: &ResourceType, present: &DirectoryUser, mut wanted: Resource) -> Result<Attributes, ApiError> {
    if !wanted.contains_key("active") {
        wanted.insert("active".to_owned(), present.active.into());
    }
    keep_immutable(kind, &present.attributes, &mut wanted);
    check_immutable(kind, &present.attributes, &wanted)?;
    stored(kind, wanted)
}

/// `PATCH`.
pub async fn patch(
    caller: &Caller,
    id: &str,
    body: Value,
    versions: Option<Vec<String>>,
    projection: &Projection,
) -> Result<Outcome, ApiError> {
    caller.needs(CredentialScope::UsersWrite)?;
    let kind = &*caller.kinds().user;
    let id = super::id(id)?;
    let operations = parse(body)?;
    let password = caller.keep(password_of(kind, &operations)?).await?;
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryUser| patched(kind, present, &operations);
            users::change(tx, &caller.actor, &id, versions.as_deref(), password.as_ref(), edit).await
        })
        .await?;
    if changed.changed {
        concerns(caller, &changed.resource.id);
    }
    about(caller, &changed.resource);
    caller.changed(Kind::User, changed.resource.id.as_str()).await;
    Ok(wire::outcome(StatusCode::OK, kind, changed.resource, &caller.base, projection))
}

fn patched(kind: &ResourceType, present: &DirectoryUser, operations: &[Operation]) -> Result<Attributes, ApiError> {
    let times = Some((present.created_at.millis(), present.updated_at.millis()));
    let applied = apply(kind, &present.attributes, operations, Own { id: present.id.as_str(), times })?;
    stored(kind, applied.resource)
}

/// `DELETE`.
pub async fn delete(caller: &Caller, id: &str, versions: Option<Vec<String>>) -> Result<Outcome, ApiError> {
    caller.needs(CredentialScope::UsersWrite)?;
    let id = super::id(id)?;
    caller.core.write(&caller.ctx, async |tx| users::delete(tx, &caller.actor, &id, versions.as_deref()).await).await?;
    concerns(caller, &id);
    caller.changed(Kind::User, id.as_str()).await;
    Ok(Outcome { status: StatusCode::NO_CONTENT, location: wire::location(&caller.base, &id), tag: None, body: None })
}
