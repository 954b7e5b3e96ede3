//! `GET /Groups/{id}`.

use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::groups::{self, Members};
use auth_core::features::directory::import::Kind;
use auth_core::ids::Id as _;

use super::{text, wire};
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::{change, json, openapi, precondition};

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
    let kind = caller.kinds().group.clone();
    let projection = projection(&req, &kind)?;
    let id = super::id(&id)?;
    let shown = wire::members_for(&kind, &projection);
    let read = async |rx: &auth_core::Rx| {
        let group = groups::get(rx, &caller.actor, &id, Members::Omit).await?;
        let first = if shown == Members::Omit || precondition::is_known(&req, &group.tag()) {
            None
        } else {
            Some(groups::members(rx, &caller.actor, &id, None, text::PAGE, shown == Members::Include).await?)
        };
        Ok::<_, auth_core::Error>((group, first))
    };
    let (mut group, first) = caller.core.read(&caller.ctx, read).await?;
    caller.seen(Kind::Group, &[id.as_str()]).await;
    let tag = group.tag();
    if precondition::is_known(&req, &tag) {
        return Ok(json::answer(StatusCode::NOT_MODIFIED).insert_header((ETAG, precondition::etag(&tag))).finish());
    }
    if let Some(first) = first.as_deref().filter(|first| first.len() as u64 == text::PAGE) {
        return Ok(text::streamed(caller, group, first, &projection));
    }
    group.members = first;
    let location = wire::location(&caller.base, &id);
    let body = text::whole(&kind, group, &caller.base, &projection);
    Ok(change::answer(StatusCode::OK, &location, Some(&tag), Some(body)))
}
