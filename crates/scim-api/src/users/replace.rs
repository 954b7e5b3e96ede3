//! `PUT /Users/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;

use super::ops;
use crate::change::Incoming;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;

/// Replace a user
///
/// What is not sent is cleared, but for `active` (an attribute template without it must not disable
/// anybody) and the password.
#[utoipa::path(put, path = "/scim/v2/Users/{id}", tag = "Users", operation_id = "scimReplaceUser",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::User, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The user as it is now", body = openapi::User, content_type = "application/scim+json",
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
    caller.needs(CredentialScope::UsersWrite)?;
    let Incoming { body, versions, projection } = Incoming::read(&req, payload, &caller.kinds().user).await?;
    Ok(ops::replace(&caller, &id, body, versions, &projection).await?.answer())
}
