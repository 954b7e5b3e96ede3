//! `PUT /Users/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::users::{self, DirectoryUser};
use auth_core::features::directory::{Attributes, CredentialScope};
use scim_protocol::normalize::{check_immutable, normalize};
use scim_protocol::{Resource, ResourceType};

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::precondition::if_match;
use crate::resource::stored;
use crate::{json, openapi};

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
    let kind = ResourceType::user();
    let projection = projection(&req, kind)?;
    let id = super::id(&id)?;
    let versions = if_match(&req);
    let incoming = normalize(kind, json::read(&req, payload).await?)?;
    let password = caller.keep(incoming.password).await?;
    let wanted = incoming.resource;
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryUser| replaced(kind, present, wanted.clone());
            users::change(tx, &caller.actor, &id, versions.as_deref(), password.as_ref(), edit).await
        })
        .await?;
    Ok(wire::answer(StatusCode::OK, changed.resource, &caller.base, &projection))
}

fn replaced(kind: &ResourceType, present: &DirectoryUser, mut wanted: Resource) -> Result<Attributes, ApiError> {
    if !wanted.contains_key("active") {
        wanted.insert("active".to_owned(), present.active.into());
    }
    check_immutable(kind, &present.attributes, &wanted)?;
    stored(kind, wanted)
}
