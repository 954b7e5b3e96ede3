//! `/Me` (RFC 7644 section 3.11): the caller's own resource, which a directory does not have.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};

use crate::error::ApiError;
use crate::extract::Caller;
use crate::methods;

pub fn routes(cfg: &mut web::ServiceConfig) {
    let all = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    cfg.service(methods("/Me", all.map(|method| (method, web::to(me)))));
}

/// The caller's own resource
///
/// A directory's credential is no person, so there is nothing that it could be: 501 for every method.
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
