//! `DELETE /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::{CredentialScope, groups};

use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;
use crate::precondition::if_match;

/// Delete a group
///
/// Its members stay what they are otherwise.
#[utoipa::path(delete, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimDeleteGroup",
    params(openapi::IdParam, openapi::IfMatchParam),
    responses(
        (status = 204, description = "It is gone"),
        openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Stale, openapi::Unavailable,
    )
)]
pub async fn delete(caller: Caller, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsWrite)?;
    let id = super::id(&id)?;
    let versions = if_match(&req);
    caller
        .core
        .write(&caller.ctx, async |tx| groups::delete(tx, &caller.actor, &id, versions.as_deref()).await)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
