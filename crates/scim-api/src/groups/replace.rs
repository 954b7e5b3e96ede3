//! `PUT /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;

use super::ops;
use crate::change::Incoming;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;

/// Replace a group
///
/// The members are exactly those that are sent. A body that does not name `members` leaves them: no
/// template may empty a group by leaving them out.
#[utoipa::path(put, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimReplaceGroup",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::Group, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The group as it is now", body = openapi::Group, content_type = "application/scim+json",
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
    caller.needs(CredentialScope::GroupsWrite)?;
    let Incoming { body, versions, projection } = Incoming::read(&req, payload, &caller.kinds().group).await?;
    Ok(ops::replaced(&caller, &id, body, versions, &projection).await?.answer())
}
