//! `PATCH /Users/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::users::{self, DirectoryUser};
use auth_core::features::directory::{Attributes, CredentialScope};
use scim_protocol::ResourceType;
use scim_protocol::patch::{Operation, apply, parse, password_of};

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::precondition::if_match;
use crate::resource::stored;
use crate::{json, openapi};

/// Change a user
///
/// Operations are done in order, all or none. What changes nothing leaves the version as it is.
#[utoipa::path(patch, path = "/scim/v2/Users/{id}", tag = "Users", operation_id = "scimPatchUser",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::PatchOp, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The user as it is now", body = openapi::User, content_type = "application/scim+json",
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
    caller.needs(CredentialScope::UsersWrite)?;
    let kind = ResourceType::user();
    let projection = projection(&req, kind)?;
    let id = super::id(&id)?;
    let versions = if_match(&req);
    let operations = parse(json::read(&req, payload).await?)?;
    let password = caller.keep(password_of(kind, &operations)?).await?;
    let changed = caller
        .core
        .write(&caller.ctx, async |tx| {
            let edit = |present: &DirectoryUser| patched(kind, present, &operations);
            users::change(tx, &caller.actor, &id, versions.as_deref(), password.as_ref(), edit).await
        })
        .await?;
    Ok(wire::answer(StatusCode::OK, changed.resource, &caller.base, &projection))
}

fn patched(kind: &ResourceType, present: &DirectoryUser, operations: &[Operation]) -> Result<Attributes, ApiError> {
    let applied = apply(kind, &present.attributes, operations, &present.id.to_string())?;
    stored(kind, applied.resource)
}
