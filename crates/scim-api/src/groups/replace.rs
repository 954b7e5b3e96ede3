//! `PUT /Groups/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::groups::{self, DirectoryGroup, Edit, MemberOp};
use scim_protocol::ResourceType;
use scim_protocol::normalize::{check_immutable, normalize};

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::precondition::if_match;
use crate::resource::stored;
use crate::{json, openapi};

/// Replace a group
///
/// The members are exactly those that are sent. A body that does not name `members` leaves them: no
/// template may empty a group by leaving them out.
#[utoipa::path(put, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimReplaceGroup",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::Group, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The group as it is now", body = openapi::Group, content_type = "application/scim+json",
            headers(("ETag" = String, description = "The version"))),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Conflict, openapi::Stale,
        openapi::TooLarge, openapi::UnsupportedMedia, openapi::Unavailable,
    )
)]
pub async fn replace(
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
    let mut body = json::read(&req, payload).await?;
    let members = wire::take_members(kind, &mut body)?;
    let wanted = normalize(kind, body)?.resource;
    let shown = wire::members_for(kind, &projection);
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryGroup| {
                check_immutable(kind, &present.attributes, &wanted)?;
                Ok::<_, ApiError>(Edit {
                    attributes: Some(stored(kind, wanted.clone())?),
                    members: members.clone().map(MemberOp::Replace).into_iter().collect(),
                })
            };
            groups::change(tx, &caller.actor, &id, versions.as_deref(), shown, edit).await
        })
        .await?;
    Ok(wire::answer(StatusCode::OK, wire::settled(changed), &caller.base, &projection))
}
