//! `DELETE /Users/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};

use super::ops;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;
use crate::precondition::if_match;

/// Delete a user
///
/// The resource is gone at once, and whatever access it gave has ended before the answer is sent.
#[utoipa::path(delete, path = "/scim/v2/Users/{id}", tag = "Users", operation_id = "scimDeleteUser",
    params(openapi::IdParam, openapi::IfMatchParam),
    responses(
        (status = 204, description = "It is gone"),
        openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Stale, openapi::Unavailable,
    )
)]
pub async fn delete(caller: Caller, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    Ok(ops::delete(&caller, &id, if_match(&req)).await?.answer())
}
