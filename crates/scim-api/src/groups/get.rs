//! `GET /Groups/{id}`.

use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::{CredentialScope, groups};
use scim_protocol::ResourceType;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::{json, openapi, precondition};

/// Read a group
///
/// With `excludedAttributes=members` its members are not even looked up.
#[utoipa::path(get, path = "/scim/v2/Groups/{id}", tag = "Groups", operation_id = "scimGetGroup",
    params(openapi::IdParam, openapi::ProjectionParams,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has already", example = "W/\"3\"")),
    responses(
        (status = 200, description = "The group", body = openapi::Group, content_type = "application/scim+json",
            headers(("ETag" = String, description = "The version"))),
        (status = 304, description = "The client has this version already"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Unavailable,
    )
)]
pub async fn get(caller: Caller, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsRead)?;
    let kind = ResourceType::group();
    let projection = projection(&req, kind)?;
    let id = super::id(&id)?;
    let shown = wire::members_for(kind, &projection);
    let group = caller.core.read(&caller.ctx, async |rx| groups::get(rx, &caller.actor, &id, shown).await).await?;
    if precondition::is_known(&req, group.version) {
        return Ok(json::answer(StatusCode::NOT_MODIFIED)
            .insert_header((ETAG, precondition::etag(group.version)))
            .finish());
    }
    Ok(wire::answer(StatusCode::OK, group, &caller.base, &projection))
}
