//! The changes of groups, as a single request and as an item of a bulk request make them: from what was
//! sent to a command of the core, and from what it answers to what is shown.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use auth_core::features::directory::groups::{self, DirectoryGroup, Edit, MemberOp, Members, NewDirectoryGroup};
use auth_core::features::directory::import::Kind;
use auth_core::features::directory::{CredentialScope, DirectoryFault};
use auth_core::ids::Id as _;
use scim_protocol::ResourceType;
use scim_protocol::normalize::{check_immutable, keep_immutable, normalize};
use scim_protocol::patch::{Own, apply, parse, split_members};
use scim_protocol::project::Projection;
use serde_json::Value;

use super::{text, wire};
use crate::change::{self, Outcome};
use crate::error::ApiError;
use crate::extract::Caller;
use crate::resource::stored;

/// A PATCH is answered with the group while it has no more members than this, so that adding one costs
/// the same whatever the size of the group. Beyond, the answer is 204, unless members were asked for by name.
const ANSWERED: u64 = 100;

/// `POST`.
pub async fn create(caller: &Caller, body: Value, projection: &Projection) -> Result<Outcome, ApiError> {
    Ok(made(caller, body, projection).await?.outcome())
}

/// `PUT`.
pub async fn replace(
    caller: &Caller,
    id: &str,
    body: Value,
    versions: Option<Vec<String>>,
    projection: &Projection,
) -> Result<Outcome, ApiError> {
    Ok(replaced(caller, id, body, versions, projection).await?.outcome())
}

/// `PATCH`.
pub async fn patch(
    caller: &Caller,
    id: &str,
    body: Value,
    versions: Option<Vec<String>>,
    projection: &Projection,
) -> Result<Outcome, ApiError> {
    Ok(patched(caller, id, body, versions, projection).await?.outcome())
}

/// `DELETE`.
pub async fn delete(caller: &Caller, id: &str, versions: Option<Vec<String>>) -> Result<Outcome, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let id = super::id(id)?;
    caller
        .core
        .write(&caller.ctx, async |tx| groups::delete(tx, &caller.actor, &id, versions.as_deref()).await)
        .await?;
    caller.changed(Kind::Group, id.as_str()).await;
    Ok(Outcome { status: StatusCode::NO_CONTENT, location: wire::location(&caller.base, &id), tag: None, body: None })
}

/// The resource as it is shown, if there is one: before it is changed again. Of a large group without its members.
pub async fn look(caller: &Caller, id: &str) -> Result<Option<Value>, auth_core::Error> {
    let Ok(id) = super::id(id) else { return Ok(None) };
    let members = Members::AtMost(ANSWERED);
    let found = caller.core.read(&caller.ctx, async |rx| groups::get(rx, &caller.actor, &id, members).await).await;
    match found {
        Ok(group) => Ok(Some(wire::show(&caller.kinds().group, group, &caller.base, &Projection::default()))),
        Err(error) if error.is(&DirectoryFault::ResourceNotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A group after a change. It may be large: the answer to a single request is written without the detour
/// through a tree.
pub struct Changed<'a> {
    status: StatusCode,
    group: DirectoryGroup,
    kind: &'a ResourceType,
    base: &'a str,
    projection: &'a Projection,
}

impl Changed<'_> {
    fn outcome(self) -> Outcome {
        let (location, tag) = (wire::location(self.base, &self.group.id), Some(self.group.tag()));
        let body = (self.status != StatusCode::NO_CONTENT)
            .then(|| wire::show(self.kind, self.group, self.base, self.projection));
        Outcome { status: self.status, location, tag, body }
    }

    /// The answer to a single request.
    pub fn answer(self) -> HttpResponse {
        let (location, tag) = (wire::location(self.base, &self.group.id), self.group.tag());
        let body = (self.status != StatusCode::NO_CONTENT)
            .then(|| text::whole(self.kind, self.group, self.base, self.projection));
        change::answer(self.status, &location, Some(&tag), body)
    }
}

/// `POST`, before it is shown.
pub async fn made<'a>(
    caller: &'a Caller,
    mut body: Value,
    projection: &'a Projection,
) -> Result<Changed<'a>, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let kind = &*caller.kinds().group;
    let members = wire::take_members(kind, &mut body)?.unwrap_or_default();
    let attributes = stored(kind, normalize(kind, body)?.resource)?;
    let new = NewDirectoryGroup { attributes, members };
    let shown = wire::members_for(kind, projection);
    let made = caller.core.write(&caller.ctx, async |tx| groups::create(tx, &caller.actor, &new, shown).await).await?;
    if let Some(recording) = caller.recording() {
        recording.of(made.resource.id.to_string());
    }
    caller.changed(Kind::Group, made.resource.id.as_str()).await;
    Ok(Changed { status: StatusCode::CREATED, group: wire::settled(made), kind, base: &caller.base, projection })
}

/// `PUT`, before it is shown.
pub async fn replaced<'a>(
    caller: &'a Caller,
    id: &str,
    mut body: Value,
    versions: Option<Vec<String>>,
    projection: &'a Projection,
) -> Result<Changed<'a>, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let kind = &*caller.kinds().group;
    let id = super::id(id)?;
    // A body that does not name them leaves them.
    let members: Vec<MemberOp> = wire::take_members(kind, &mut body)?.map(MemberOp::Replace).into_iter().collect();
    let wanted = normalize(kind, body)?.resource;
    let shown = wire::members_for(kind, projection);
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryGroup| {
                let mut wanted = wanted.clone();
                keep_immutable(kind, &present.attributes, &mut wanted);
                check_immutable(kind, &present.attributes, &wanted)?;
                Ok::<_, ApiError>(Edit { attributes: Some(stored(kind, wanted)?), members: members.clone() })
            };
            groups::change(tx, &caller.actor, &id, versions.as_deref(), shown, edit).await
        })
        .await?;
    caller.changed(Kind::Group, id.as_str()).await;
    Ok(Changed { status: StatusCode::OK, group: wire::settled(changed), kind, base: &caller.base, projection })
}

/// `PATCH`, before it is shown.
pub async fn patched<'a>(
    caller: &'a Caller,
    id: &str,
    body: Value,
    versions: Option<Vec<String>>,
    projection: &'a Projection,
) -> Result<Changed<'a>, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let kind = &*caller.kinds().group;
    let id = super::id(id)?;
    let (operations, members) = split_members(kind, parse(body)?)?;
    let members = wire::member_ops(kind, &caller.base, members)?;
    let shown = match wire::members_for(kind, projection) {
        Members::Omit => Members::Omit,
        _ if !projection.names_attributes() => Members::AtMost(ANSWERED),
        named => named,
    };
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryGroup| {
                let attributes = if operations.is_empty() {
                    None
                } else {
                    let times = Some((present.created_at.millis(), present.updated_at.millis()));
                    let own = Own { id: present.id.as_str(), times };
                    let applied = apply(kind, &present.attributes, &operations, own)?;
                    Some(stored(kind, applied.resource)?)
                };
                Ok::<_, ApiError>(Edit { attributes, members: members.clone() })
            };
            groups::change(tx, &caller.actor, &id, versions.as_deref(), shown, edit).await
        })
        .await?;
    caller.changed(Kind::Group, id.as_str()).await;
    let group = wire::settled(changed);
    let too_large = matches!(shown, Members::AtMost(_)) && group.members.is_none();
    let status = if too_large { StatusCode::NO_CONTENT } else { StatusCode::OK };
    Ok(Changed { status, group, kind, base: &caller.base, projection })
}
