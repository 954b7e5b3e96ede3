//! `GET /Users`, and pages of users for everybody who lists them.

use actix_web::{HttpRequest, HttpResponse};
use auth_core::features::directory::import::Kind;
use auth_core::features::directory::{CredentialScope, Page, Query, users};
use auth_core::ids::Id as _;
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use scim_protocol::{CompareOp, Filter, Literal, ResourceType};
use serde_json::Value;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::{self as lists, Wanted};
use crate::openapi;

/// List users
///
/// In the order of their creation, or by `sortBy`. An empty result is 200, never 404. Pages are asked for by `startIndex`, or
/// by `cursor` (RFC 9865), which neither loses nor repeats anybody while others are created and deleted.
#[utoipa::path(get, path = "/scim/v2/Users", tag = "Users", operation_id = "scimListUsers",
    params(openapi::ListParams, openapi::ProjectionParams),
    responses(
        (status = 200, description = "A page of users", body = openapi::UserList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Unavailable,
    )
)]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    answer(&caller, &lists::search(&req)?).await
}

/// The page that a search asks for.
pub async fn answer(caller: &Caller, search: &SearchRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    let wanted = Wanted::of(caller, search, &caller.kinds().user)?;
    if let (Some(recording), Some(name)) = (caller.recording(), looked_for(&wanted)) {
        recording.named(name);
    }
    let page = page(caller, &wanted.query(), &wanted.projection).await?;
    wanted.answer(caller, page)
}

/// The `userName` of the one person who is looked for, as identity providers do before they create anybody.
fn looked_for<'a>(wanted: &'a Wanted<'_>) -> Option<&'a str> {
    match wanted.query().filter? {
        Filter::Compare(path, CompareOp::Eq, Literal::String(name)) if path.attr == "userName" => Some(name),
        _ => None,
    }
}

/// A page of users as they are shown.
pub async fn page(caller: &Caller, query: &Query<'_>, projection: &Projection) -> Result<Page<Value>, ApiError> {
    let page = caller.read(async |rx| users::list(rx, &caller.actor, query).await).await?;
    if query.filter.is_some() {
        // Who lists everybody speaks of nobody.
        let ids: Vec<&str> = page.resources.iter().map(|user| user.id.as_str()).collect();
        caller.seen(Kind::User, &ids).await;
    }
    Ok(lists::shown(page, |user| wire::show(query.kind, user, &caller.base, projection)))
}

/// Some users as they are shown, in the order of their ids.
pub async fn picked(
    caller: &Caller,
    kind: &ResourceType,
    ids: &[&str],
    projection: &Projection,
) -> Result<Vec<Value>, ApiError> {
    let found = caller.core.read(&caller.ctx, async |rx| users::pick(rx, &caller.actor, ids).await).await?;
    Ok(found.into_iter().map(|user| wire::show(kind, user, &caller.base, projection)).collect())
}
