//! Signing in through other services, and the accounts that a person has there.
//!
//! Both generations of the client: `/sign-in/social`, `/callback/{provider}` and `/link-social`, and the older
//! `/sign-in/oauth2`, `/oauth2/callback/{provider}` and `/oauth2/link`. Both lead to any provider that is configured.

mod accounts;
mod callback;
mod start;
mod tokens;

use actix_web::web;
use utoipa::OpenApi as _;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(start::configure)
        .configure(callback::configure)
        .configure(accounts::configure)
        .configure(tokens::configure);
}

/// The documents of these endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = start::Docs::openapi();
    document.merge(callback::Docs::openapi());
    document.merge(accounts::Docs::openapi());
    document.merge(tokens::Docs::openapi());
    document
}
