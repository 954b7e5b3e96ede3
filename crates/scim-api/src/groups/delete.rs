//! `DELETE /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::ops;
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
    Ok(ops::delete(&caller, &id, if_match(&req)).await?.answer())
}
