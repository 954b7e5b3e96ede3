//! `POST /Users`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::users::{self, NewDirectoryUser};
use scim_protocol::ResourceType;
use scim_protocol::normalize::normalize;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::resource::stored;
use crate::{json, openapi};

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
    let kind = ResourceType::user();
    let projection = projection(&req, kind)?;
    let mut incoming = normalize(kind, json::read(&req, payload).await?)?;
    incoming.resource.entry("active").or_insert(true.into());
    let new = NewDirectoryUser {
        attributes: stored(kind, incoming.resource)?,
        password: caller.keep(incoming.password).await?,
    };
    let user = caller.core.write(&caller.ctx, async |tx| users::create(tx, &caller.actor, &new).await).await?;
    Ok(wire::answer(StatusCode::CREATED, user, &caller.base, &projection))
}
