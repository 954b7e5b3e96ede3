//! `GET /Groups`.

use actix_web::{HttpRequest, HttpResponse};
use auth_core::features::directory::{CredentialScope, Query, groups};
use scim_protocol::ResourceType;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::{list as lists, openapi};

/// List groups
///
/// In the order of their creation. With `excludedAttributes=members` members are not even looked up.
#[utoipa::path(get, path = "/scim/v2/Groups", tag = "Groups", operation_id = "scimListGroups",
    params(openapi::ListParams, openapi::ProjectionParams),
    responses(
        (status = 200, description = "A page of groups", body = openapi::GroupList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Unavailable,
    )
)]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsRead)?;
    let kind = ResourceType::group();
    let search = lists::search(&req)?;
    let (projection, filter) = (search.projection(kind), search.filter(kind)?);
    let (offset, limit) = lists::window(&search);
    let query = Query { filter: filter.as_ref(), kind, offset, limit };
    let shown = wire::members_for(kind, &projection);
    let page = caller.core.read(&caller.ctx, async |rx| groups::list(rx, &caller.actor, &query, shown).await).await?;
    let shown = page.resources.into_iter().map(|group| wire::show(kind, group, &caller.base, &projection)).collect();
    Ok(lists::answer(&search, page.total, shown))
}
