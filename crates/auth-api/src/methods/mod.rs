//! Ways in beside the password. Each is there if the configuration switched it on: to who asks for another, its paths are
//! unknown ones.

pub mod magic_link;

use actix_web::guard::{Guard, fn_guard};
use actix_web::web;
use auth_core::AuthCore;
use auth_core::settings::MethodsSettings;
use utoipa::OpenApi as _;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(magic_link::configure);
}

/// The documents of these endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    magic_link::Docs::openapi()
}

/// Lets a route be found only where its method is switched on.
fn where_on(is_on: fn(&MethodsSettings) -> bool) -> impl Guard {
    fn_guard(move |ctx| {
        ctx.app_data::<web::Data<AuthCore>>().is_some_and(|core| is_on(&core.settings().methods))
    })
}
