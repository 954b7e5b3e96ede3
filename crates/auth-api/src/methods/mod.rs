//! Ways in beside the password. Each is there if the configuration switched it on: to who asks for another, its paths are
//! unknown ones.

pub mod after;
pub mod anonymous;
pub mod api_key;
pub mod device;
pub mod email_otp;
pub mod jwt;
pub mod magic_link;
pub mod multi_session;
pub mod one_time_token;
pub mod passkey;
pub mod phone_number;
pub mod username;

use actix_web::guard::{Guard, fn_guard};
use actix_web::{HttpResponse, web};
use auth_core::AuthCore;
use auth_core::settings::MethodsSettings;
use serde::Serialize;
use utoipa::{OpenApi as _, ToSchema};

use crate::reply;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.configure(magic_link::configure)
        .configure(email_otp::configure)
        .configure(username::configure)
        .configure(phone_number::configure)
        .configure(anonymous::configure)
        .configure(one_time_token::configure)
        .configure(passkey::configure)
        .configure(device::configure)
        .configure(multi_session::configure)
        .configure(api_key::configure)
        .configure(jwt::configure);
}

/// The documents of these endpoints.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = magic_link::Docs::openapi();
    for part in [
        email_otp::Docs::openapi(),
        username::Docs::openapi(),
        phone_number::Docs::openapi(),
        anonymous::Docs::openapi(),
        one_time_token::Docs::openapi(),
        passkey::Docs::openapi(),
        device::Docs::openapi(),
        multi_session::Docs::openapi(),
        api_key::Docs::openapi(),
        jwt::Docs::openapi(),
    ] {
        document.merge(part);
    }
    document
}

/// Done, as these endpoints say it.
#[derive(Serialize, ToSchema)]
#[schema(as = MethodSuccess)]
struct SuccessOut {
    /// Always true.
    success: bool,
}

/// 200 `{"success": true}`.
fn done() -> HttpResponse {
    reply::ok(&SuccessOut { success: true })
}

/// Lets a route be found only where its method is switched on.
fn where_on(is_on: fn(&MethodsSettings) -> bool) -> impl Guard {
    fn_guard(move |ctx| ctx.app_data::<web::Data<AuthCore>>().is_some_and(|core| is_on(&core.settings().methods)))
}
