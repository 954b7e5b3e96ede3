//! `GET /Users`.

use actix_web::{HttpRequest, HttpResponse};
use auth_core::features::directory::{CredentialScope, Query, users};
use scim_protocol::ResourceType;

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::{list as lists, openapi};

/// List users
///
/// In the order of their creation. An empty result is 200, never 404.
#[utoipa::path(get, path = "/scim/v2/Users", tag = "Users", operation_id = "scimListUsers",
    params(openapi::ListParams, openapi::ProjectionParams),
    responses(
        (status = 200, description = "A page of users", body = openapi::UserList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::Unavailable,
    )
)]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    let kind = ResourceType::user();
    let search = lists::search(&req)?;
    let (projection, filter) = (search.projection(kind), search.filter(kind)?);
    let (offset, limit) = lists::window(&search);
    let query = Query { filter: filter.as_ref(), kind, offset, limit };
    let page = caller.core.read(&caller.ctx, async |rx| users::list(rx, &caller.actor, &query).await).await?;
    let shown = page.resources.into_iter().map(|user| wire::show(kind, user, &caller.base, &projection)).collect();
    Ok(lists::answer(&search, page.total, shown))
}
