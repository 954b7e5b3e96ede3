//! What is announced as not supported. It answers so, to authenticated callers, in SCIM's own words.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};

use crate::error::ApiError;
use crate::extract::Caller;
use crate::methods;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(methods("/Bulk", [(Method::POST, web::to(bulk))]));
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        cfg.service(methods(path, [(Method::POST, web::to(search))]));
    }
    let all = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    cfg.service(methods("/Me", all.map(|method| (method, web::to(me)))));
}

/// Bulk operations
///
/// Not supported, as the service provider configuration says.
#[utoipa::path(
    post,
    path = "/scim/v2/Bulk",
    tag = "Messages",
    operation_id = "scimBulk",
    responses(crate::openapi::NotImplemented, crate::openapi::Unauthenticated)
)]
async fn bulk(_: Caller) -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_implemented("Bulk operations are not supported"))
}

/// Search by POST
///
/// Not supported: use the query of a GET.
#[utoipa::path(
    post,
    path = "/scim/v2/.search",
    tag = "Messages",
    operation_id = "scimSearch",
    responses(crate::openapi::NotImplemented, crate::openapi::Unauthenticated)
)]
async fn search(_: Caller) -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_implemented("Searching by POST is not supported; use GET with a query"))
}

/// The caller's own resource
///
/// A directory's credential is no person, so there is nothing that it could be.
#[utoipa::path(
    get,
    path = "/scim/v2/Me",
    tag = "Messages",
    operation_id = "scimMe",
    responses(crate::openapi::NotImplemented, crate::openapi::Unauthenticated)
)]
async fn me(_: Caller) -> Result<HttpResponse, ApiError> {
    Err(ApiError::not_implemented("The credential of a directory has no resource of its own"))
}
