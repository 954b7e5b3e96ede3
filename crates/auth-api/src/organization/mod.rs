//! The organization endpoints of Better Auth's plugin.
//!
//! Which organization is meant, and what strangers are told, is in [`access`]; shapes are in [`wire`];
//! each group of endpoints has a file with its documents.
//!
//! Stricter than the model, where a compatible client does not notice: an organization that does not
//! exist and one that is not the caller's get the same answer, and so do invitations; whether
//! somebody is the last owner is told to those who may know.

mod access;
mod active;
mod change;
mod create;
mod invitations;
mod members;
mod permission;
mod roles;
mod teams;
mod view;
pub mod wire;

use actix_web::web;
use utoipa::OpenApi as _;

pub(crate) use permission::PermittedOut;
pub(crate) use view::{MOST, USUAL};

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    create::configure(cfg);
    change::configure(cfg);
    view::configure(cfg);
    active::configure(cfg);
    permission::configure(cfg);
    members::configure(cfg);
    invitations::configure(cfg);
    teams::configure(cfg);
    roles::configure(cfg);
}

/// Describes the endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = create::Docs::openapi();
    for part in [
        change::Docs::openapi(),
        view::Docs::openapi(),
        active::Docs::openapi(),
        permission::Docs::openapi(),
        members::openapi(),
        invitations::openapi(),
        teams::openapi(),
        roles::Docs::openapi(),
    ] {
        document.merge(part);
    }
    document
}
