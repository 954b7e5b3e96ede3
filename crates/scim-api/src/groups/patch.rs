//! `PATCH /Groups/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::groups::{self, DirectoryGroup, Edit};
use scim_protocol::ResourceType;
use scim_protocol::patch::{apply, parse, split_members};

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::precondition::if_match;
use crate::resource::stored;
use crate::{json, openapi};

/// Change a group
///
/// Operations are done in order, all or none. Changing members costs what the change costs, whatever the
/// size of the group; `excludedAttributes=members` keeps them out of the answer too.
#[utoipa::path(patch, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimPatchGroup",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::PatchOp, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The group as it is now", body = openapi::Group, content_type = "application/scim+json",
            headers(("ETag" = String, description = "The version"))),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Conflict, openapi::Stale,
        openapi::TooLarge, openapi::UnsupportedMedia, openapi::Unavailable,
    )
)]
pub async fn patch(
    caller: Caller,
    req: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let kind = ResourceType::group();
    let projection = projection(&req, kind)?;
    let id = super::id(&id)?;
    let versions = if_match(&req);
    let (operations, members) = split_members(kind, parse(json::read(&req, payload).await?)?)?;
    let members = wire::member_ops(kind, members)?;
    let shown = wire::members_for(kind, &projection);
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryGroup| {
                let attributes = if operations.is_empty() {
                    None
                } else {
                    let applied = apply(kind, &present.attributes, &operations, &present.id.to_string())?;
                    Some(stored(kind, applied.resource)?)
                };
                Ok::<_, ApiError>(Edit { attributes, members: members.clone() })
            };
            groups::change(tx, &caller.actor, &id, versions.as_deref(), shown, edit).await
        })
        .await?;
    Ok(wire::answer(StatusCode::OK, wire::settled(changed), &caller.base, &projection))
}
