//! The endpoints of invitations: sending, looking, answering.

mod answer;
mod invite;
mod view;

use actix_web::web;
use utoipa::OpenApi as _;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    invite::configure(cfg);
    view::configure(cfg);
    answer::configure(cfg);
}

/// Describes the endpoints.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = invite::Docs::openapi();
    for part in [view::Docs::openapi(), answer::Docs::openapi()] {
        document.merge(part);
    }
    document
}
