//! The four endpoints by which portals manage directory connections: `scimClient` of Better Auth 1.6.
//!
//! Errors are told by their message alone, as there. Stricter than there: a token belongs to an
//! organization, or, by a platform admin only, to the instance; a provider id is unique within its
//! organization and no further; strangers see nothing. Which connection is meant is in [`lookup`].

mod connections;
mod generate;
mod lookup;

use actix_web::http::StatusCode;
use actix_web::web;
use auth_core::Error;
use auth_core::orgs::{OrgsFault, requirements};
use auth_core::roles::RolesFault;
use utoipa::OpenApi as _;

use crate::error::ApiError;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    generate::configure(cfg);
    connections::configure(cfg);
}

/// Describes the endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = generate::Docs::openapi();
    document.merge(connections::Docs::openapi());
    document
}

/// 403: the caller's role is not enough.
fn insufficient() -> ApiError {
    ApiError::without_code(StatusCode::FORBIDDEN, "Insufficient role for this operation")
}

/// 403: the caller is a stranger, or there is no such organization.
fn stranger() -> ApiError {
    ApiError::without_code(StatusCode::FORBIDDEN, "You are not a member of the organization")
}

/// A failure of the core as it is told here: without a code.
fn told(error: Error) -> ApiError {
    if error.is(&OrgsFault::NotFound) {
        return stranger();
    }
    if error.is(&RolesFault::Forbidden) {
        return insufficient();
    }
    if error.is_ours() || requirements::is_demand(&error) {
        return error.into();
    }
    let message = error.public_message().to_owned();
    ApiError::without_code(ApiError::from(error).status(), message)
}
