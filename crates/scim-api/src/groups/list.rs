//! `GET /Groups`, and pages of groups for everybody who lists them.

use actix_web::{HttpRequest, HttpResponse};
use auth_core::features::directory::groups;
use auth_core::features::directory::import::Kind;
use auth_core::features::directory::{CredentialScope, Page, Query};
use auth_core::ids::Id as _;
use scim_protocol::ResourceType;
use scim_protocol::message::search::SearchRequest;
use scim_protocol::project::Projection;
use serde_json::Value;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::list::{self as lists, Wanted};
use crate::openapi;

/// List groups
///
/// In the order of their creation, or by `sortBy`, in pages by `startIndex` or by `cursor` (RFC 9865). With
/// `excludedAttributes=members` members are not even looked up. No list shows a part of a group's members: a page whose groups
/// have more than 10,000 of them together shows none, and is refused (`tooMany`) if `attributes` asks for them by name. A group
/// that is alone on its page is shown whole.
#[utoipa::path(get, path = "/scim/v2/Groups", tag = "Groups", operation_id = "scimListGroups",
    params(openapi::ListParams, openapi::ProjectionParams),
    responses(
        (status = 200, description = "A page of groups", body = openapi::GroupList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Unavailable,
    )
)]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsRead)?;
    answer(&caller, &lists::search(&req)?).await
}

/// The page that a search asks for.
pub async fn answer(caller: &Caller, search: &SearchRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsRead)?;
    let kind = &caller.kinds().group;
    let wanted = Wanted::of(caller, search, kind)?;
    let page = page(caller, &wanted.query(), &wanted.projection).await?;
    wanted.answer(caller, page)
}

/// A page of groups as they are shown.
pub async fn page(caller: &Caller, query: &Query<'_>, projection: &Projection) -> Result<Page<Value>, ApiError> {
    let members = wire::members_for(query.kind, projection);
    let beyond = wire::beyond(projection);
    let read = async |rx: &auth_core::Rx| groups::list(rx, &caller.actor, query, members, beyond).await;
    let page = caller.read(read).await?;
    if query.filter.is_some() {
        // Who lists all of them speaks of none.
        let ids: Vec<&str> = page.resources.iter().map(|group| group.id.as_str()).collect();
        caller.seen(Kind::Group, &ids).await;
    }
    Ok(lists::shown(page, |group| wire::show(query.kind, group, &caller.base, projection)))
}

/// Some groups as they are shown, in the order of their ids.
pub async fn picked(
    caller: &Caller,
    kind: &ResourceType,
    ids: &[&str],
    projection: &Projection,
) -> Result<Vec<Value>, ApiError> {
    let (members, beyond) = (wire::members_for(kind, projection), wire::beyond(projection));
    let read = async |rx: &auth_core::Rx| groups::pick(rx, &caller.actor, ids, members, beyond).await;
    let found = caller.core.read(&caller.ctx, read).await?;
    Ok(found.into_iter().map(|group| wire::show(kind, group, &caller.base, projection)).collect())
}
