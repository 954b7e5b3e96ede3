//! `POST /Groups`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::groups::{self, NewDirectoryGroup};
use scim_protocol::ResourceType;
use scim_protocol::normalize::normalize;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::resource::stored;
use crate::{json, openapi};

/// Create a group
///
/// Members that the directory does not know are passed over: one of them must not fail a whole push.
#[utoipa::path(post, path = "/scim/v2/Groups", tag = "Groups", operation_id = "scimCreateGroup",
    params(openapi::ProjectionParams),
    request_body(content = openapi::Group, content_type = "application/scim+json"),
    responses(
        (status = 201, description = "The new group", body = openapi::Group, content_type = "application/scim+json",
            headers(("Location" = String, description = "The address of the resource"), ("ETag" = String, description = "Its version"))),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Conflict, openapi::TooLarge,
        openapi::UnsupportedMedia, openapi::Unavailable,
    )
)]
pub async fn create(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let kind = ResourceType::group();
    let projection = projection(&req, kind)?;
    let mut body = json::read(&req, payload).await?;
    let members = wire::take_members(kind, &mut body)?.unwrap_or_default();
    let attributes = stored(kind, normalize(kind, body)?.resource)?;
    let new = NewDirectoryGroup { attributes, members };
    let shown = wire::members_for(kind, &projection);
    let made = caller.core.write(&caller.ctx, async |tx| groups::create(tx, &caller.actor, &new, shown).await).await?;
    Ok(wire::answer(StatusCode::CREATED, wire::settled(made), &caller.base, &projection))
}
