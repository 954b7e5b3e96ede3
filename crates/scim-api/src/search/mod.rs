//! Searching by POST (RFC 7644 section 3.4.3): of users, of groups, and of both together.

mod both;
mod meaning;
mod sorted;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use scim_protocol::message::search::SearchRequest;

use crate::error::ApiError;
use crate::extract::Caller;
use crate::{groups, json, methods, openapi, users};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(methods("/.search", [(Method::POST, web::to(search_all))]))
        .service(methods("/Users/.search", [(Method::POST, web::to(search_users))]))
        .service(methods("/Groups/.search", [(Method::POST, web::to(search_groups))]));
}

async fn read(req: &HttpRequest, payload: web::Payload) -> Result<SearchRequest, ApiError> {
    Ok(SearchRequest::from_json(json::read(req, payload).await?)?)
}

/// Search users
///
/// The same as listing them, with the query in the body. Nothing is created, so the answer is 200.
#[utoipa::path(post, path = "/scim/v2/Users/.search", tag = "Users", operation_id = "scimSearchUsers",
    request_body(content = openapi::SearchRequest, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "A page of users", body = openapi::UserList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::TooLarge, openapi::UnsupportedMedia,
        openapi::Unavailable,
    )
)]
async fn search_users(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    users::list::answer(&caller, &read(&req, payload).await?).await
}

/// Search groups
///
/// The same as listing them, with the query in the body. Nothing is created, so the answer is 200.
#[utoipa::path(post, path = "/scim/v2/Groups/.search", tag = "Groups", operation_id = "scimSearchGroups",
    request_body(content = openapi::SearchRequest, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "A page of groups", body = openapi::GroupList, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::TooLarge, openapi::UnsupportedMedia,
        openapi::Unavailable,
    )
)]
async fn search_groups(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::GroupsRead)?;
    groups::list::answer(&caller, &read(&req, payload).await?).await
}

/// Search users and groups
///
/// Users come first, then groups, unless `sortBy` orders them together. An attribute that only one of them has is without
/// value in the other. Needs the scopes to read both.
#[utoipa::path(post, path = "/scim/v2/.search", tag = "Messages", operation_id = "scimSearch",
    request_body(content = openapi::SearchRequest, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "A page of users and groups", body = openapi::List, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::Forbidden, openapi::TooLarge, openapi::UnsupportedMedia,
        openapi::Unavailable,
    )
)]
async fn search_all(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    caller.needs(CredentialScope::UsersRead)?;
    caller.needs(CredentialScope::GroupsRead)?;
    both::answer(&caller, &read(&req, payload).await?).await
}
