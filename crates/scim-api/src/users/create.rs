//! `POST /Users`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;

use super::ops;
use crate::change::Incoming;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;

/// Create a user
///
/// Names match whatever their letter case; what no schema knows is ignored, and so is what is read-only.
/// A password is accepted, and dropped unless the directory is allowed to set it.
#[utoipa::path(post, path = "/scim/v2/Users", tag = "Users", operation_id = "scimCreateUser",
    params(openapi::ProjectionParams),
    request_body(content = openapi::User, content_type = "application/scim+json"),
    responses(
        (status = 201, description = "The new user", body = openapi::User, content_type = "application/scim+json",
            headers(("Location" = String, description = "The address of the resource"), ("ETag" = String, description = "Its version"))),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Conflict, openapi::TooLarge,
        openapi::UnsupportedMedia, openapi::Unavailable,
    )
)]
pub async fn create(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersWrite)?;
    let incoming = Incoming::read(&req, payload, &caller.kinds().user).await?;
    Ok(ops::create(&caller, incoming.body, &incoming.projection).await?.answer())
}
