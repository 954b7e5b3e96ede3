//! `GET /Users/{id}`.

use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::import::Kind;
use auth_core::features::directory::{CredentialScope, users};
use auth_core::ids::Id as _;

use super::{ops, wire};
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::projection;
use crate::{json, openapi, precondition};

/// Read a user
///
/// Inactive users are readable like others.
#[utoipa::path(get, path = "/scim/v2/Users/{id}", tag = "Users", operation_id = "scimGetUser",
    params(openapi::IdParam, openapi::ProjectionParams,
        ("If-None-Match" = Option<String>, Header, description = "Versions that the client has already", example = "W/\"3\"")),
    responses(
        (status = 200, description = "The user", body = openapi::User, content_type = "application/scim+json",
            headers(("ETag" = String, description = "The version"))),
        (status = 304, description = "The client has this version already"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::NotFound, openapi::Unavailable,
    )
)]
pub async fn get(caller: Caller, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    let projection = projection(&req, &caller.kinds().user)?;
    let id = super::id(&id)?;
    let user = caller.core.read(&caller.ctx, async |rx| users::get(rx, &caller.actor, &id).await).await?;
    ops::about(&caller, &user);
    caller.seen(Kind::User, &[user.id.as_str()]).await;
    let tag = user.tag();
    if precondition::is_known(&req, &tag) {
        return Ok(json::answer(StatusCode::NOT_MODIFIED).insert_header((ETAG, precondition::etag(&tag))).finish());
    }
    Ok(wire::outcome(StatusCode::OK, &caller.kinds().user, user, &caller.base, &projection).answer())
}
