//! The administration REST API under `/v1`: people, organizations, directories, events, keys.
//!
//! It speaks snake case, Unix milliseconds and `application/problem+json`. It contains no rules:
//! those are the core's. A resource's folder has `mod.rs` (routes and documentation) and `wire.rs`
//! (JSON types); a small resource is one file.

#![expect(unused_qualifications, reason = "utoipa's macros write whole paths")]

mod api_keys;
mod audit;
mod body;
mod cors;
mod directories;
mod domains;
mod error;
mod events;
mod extract;
mod gate;
mod instance;
mod invitations;
mod me;
mod memberships;
mod once;
mod openapi;
mod organization_roles;
mod organizations;
mod page;
mod params;
mod passkeys;
mod receipts;
mod role;
mod roles;
mod scim;
mod secret_keys;
mod sessions;
mod setup;
mod users;
mod webhooks;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Resource, Route, web};

use crate::error::ApiError;
pub use events::webhook_body;
pub use openapi::openapi;

/// What `/v1` calls an event of a stored kind, for what was exported from here.
#[must_use]
pub fn event_type(kind: &str) -> Option<&'static str> {
    auth_core::outbox::EventKind::from_stored(kind).map(events::names::name)
}

/// Registers everything below `/v1`, unknown paths too.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope("/v1")
            .wrap(from_fn(error::render))
            .wrap(from_fn(cors::cors))
            .configure(users::routes)
            .configure(sessions::routes)
            .configure(memberships::routes)
            .configure(invitations::routes)
            .configure(scim::routes)
            .configure(setup::routes)
            .configure(directories::routes)
            .configure(domains::routes)
            .configure(roles::routes)
            .configure(organizations::routes)
            .configure(receipts::routes)
            .configure(events::routes)
            .configure(audit::routes)
            .configure(webhooks::routes)
            .configure(secret_keys::routes)
            .configure(api_keys::routes)
            .configure(organization_roles::routes)
            .configure(passkeys::routes)
            .configure(me::routes)
            .configure(instance::routes)
            .default_service(web::to(async || Err::<HttpResponse, _>(ApiError::not_found()))),
    );
}

/// A path and its methods. What it does not have is 405, with what it has in `Allow`.
fn resource(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
    let (mut resource, mut allow) = (web::resource(path), Vec::new());
    for (method, route) in routes {
        allow.push(method.to_string());
        resource = resource.route(route.method(method));
    }
    let allow = allow.join(", ");
    resource.default_service(web::to(move || {
        let allow = allow.clone();
        async move { Err::<HttpResponse, _>(ApiError::method_not_allowed(allow)) }
    }))
}
