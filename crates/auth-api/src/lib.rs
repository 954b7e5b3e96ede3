//! Better Auth's wire format under `/api/auth`, for its official client of both generations.
//!
//! Routes, shapes, errors, cookies and the checks that every request passes. What is allowed and what
//! follows from it is decided in `auth-core`.
//!
//! A request's way: [`gate`] (CORS, rate limits, origins), the router, an extractor ([`extract`] for
//! who asks, [`input`] for what they send), the endpoint, [`wire`] and [`reply`] for the answer,
//! [`error`] for everything that is none, and [`i18n`] for what that says in other languages.

pub mod error;
pub mod extract;
pub mod gate;
pub mod i18n;
pub mod input;
pub mod openapi;
pub mod origin;
pub mod reply;
pub mod wire;

pub mod methods;
pub mod organization;
pub mod scim;
pub mod social;

mod account;
mod admin;
mod email;
mod handover;
mod misc;
mod password;
mod rate_limit;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod two_factor;
mod user;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

pub use error::{ApiError, Result};
pub use openapi::openapi;

/// Where everything of this dialect lives.
pub const BASE: &str = "/api/auth";

/// Registers the dialect. An unknown path, a wrong method, a doubled or a final slash: all are 404
/// with nothing in it.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope(BASE)
            .wrap(from_fn(gate::gate))
            .wrap(from_fn(i18n::translate))
            .configure(session::configure)
            .configure(sign_in::configure)
            .configure(sign_up::configure)
            .configure(sign_out::configure)
            .configure(user::configure)
            .configure(password::configure)
            .configure(email::configure)
            .configure(account::configure)
            .configure(handover::configure)
            .configure(admin::configure)
            .configure(misc::configure)
            .configure(organization::configure)
            .configure(scim::configure)
            .configure(methods::configure)
            .configure(social::configure)
            .configure(two_factor::configure)
            .default_service(web::to(nothing)),
    );
}

async fn nothing() -> HttpResponse {
    HttpResponse::NotFound().finish()
}
