//! SCIM 2.0 (RFC 7644) under `/scim/v2`, and the same under `/api/auth/scim/v2`.
//!
//! It turns requests into values of [`scim_protocol`] and commands of the core's directories, and back.
//! It contains no rules: whose account it is and what a directory may change is decided there. Every
//! answer below the two paths is SCIM's, errors and unknown paths too.

mod bulk;
mod change;
mod discovery;
mod error;
mod extract;
mod json;
mod list;
mod log;
mod me;
mod oauth;
mod openapi;
mod precondition;
mod rate;
mod replay;
mod resource;
mod search;
mod success;

mod groups;
mod users;
mod vendor;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Resource, Route, web};

use crate::error::ApiError;
use crate::extract::Prefix;
pub use oauth::configure as configure_oauth;
pub use openapi::openapi;
pub use replay::Replays;

/// Registers both paths with all that is below them. Comes before whatever else is below `/api/auth`.
pub fn configure(cfg: &mut web::ServiceConfig) {
    for prefix in ["/scim/v2", "/api/auth/scim/v2"] {
        cfg.service(
            web::scope(prefix)
                .app_data(Prefix(prefix))
                .wrap(from_fn(vendor::slashes::fold))
                .wrap(from_fn(error::render))
                .wrap(from_fn(rate::tell))
                .wrap(from_fn(log::record))
                .wrap(from_fn(success::note))
                // They are tried one after the other: what is asked for most comes first.
                .configure(search::routes)
                .configure(users::routes)
                .configure(groups::routes)
                .configure(bulk::routes)
                .configure(me::routes)
                .configure(discovery::routes)
                .default_service(web::to(async || Err::<HttpResponse, _>(ApiError::no_such_path()))),
        );
    }
}

/// A path and its methods. What it does not have is 405, with what it has in `Allow`.
fn methods(path: &str, routes: impl IntoIterator<Item = (Method, Route)>) -> Resource {
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

/// The methods of what can be read.
fn reads(route: impl Fn() -> Route) -> [(Method, Route); 2] {
    [(Method::GET, route()), (Method::HEAD, route())]
}
