//! `PATCH /Groups/{id}`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;

use super::ops;
use crate::change::Incoming;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::openapi;

/// Change a group
///
/// Operations are done in order, all or none. Changing members costs what the change costs, whatever the
/// size of the group: so a group of more than 100 members is answered with 204, unless `attributes` asks for
/// particular ones or `excludedAttributes=members` keeps members out of the answer.
#[utoipa::path(patch, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimPatchGroup",
    params(openapi::IdParam, openapi::ProjectionParams, openapi::IfMatchParam),
    request_body(content = openapi::PatchOp, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "The group as it is now", body = openapi::Group, content_type = "application/scim+json",
            headers(("ETag" = String, description = "The version"))),
        (status = 204, description = "Done; the group has more than 100 members",
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
    caller.needs(CredentialScope::GroupsWrite)?;
    let Incoming { body, versions, projection } = Incoming::read(&req, payload, &caller.kinds().group).await?;
    Ok(ops::patched(&caller, &id, body, versions, &projection).await?.answer())
}
