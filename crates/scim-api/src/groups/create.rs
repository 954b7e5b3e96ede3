//! `POST /Groups`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;

use super::ops;
use crate::change::Incoming;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;

/// Create a group
///
/// Members are users or groups of the directory. Those that it does not know are passed over: one of them must
/// not fail a whole push.
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
    let incoming = Incoming::read(&req, payload, &caller.kinds().group).await?;
    Ok(ops::made(&caller, incoming.body, &incoming.projection).await?.answer())
}
