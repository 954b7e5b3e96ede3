//! OAuth 2.0 for directories (RFC 6749), under `/scim/oauth2`: tokens for clients, and the page on which an
//! administrator consents. The rules are the core's; here are the forms, the pages, and the addresses.
//!
//! A request's way: [`edge`] (who, from where, how often), [`form`] (parameters, each at most once), [`client`] (how
//! the client proves itself), the endpoint, [`error`] for what fails, [`page`] for what people see.

mod authorize;
mod client;
mod edge;
mod error;
mod form;
mod metadata;
mod page;
mod proof;
mod revoke;
mod sign_in;
mod token;

use actix_web::http::Method;
use actix_web::{HttpResponse, Resource, Route, web};
use utoipa::OpenApi;

use error::OAuthError;

/// Where everything but the metadata lives.
const BASE: &str = "/scim/oauth2";

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope(BASE)
            .service(methods("/token", [(Method::POST, web::to(token::token))]))
            .service(methods("/revoke", [(Method::POST, web::to(revoke::revoke))]))
            .service(methods(
                "/authorize",
                [
                    (Method::GET, web::to(authorize::ask)),
                    (Method::HEAD, web::to(authorize::ask)),
                    (Method::POST, web::to(authorize::decide)),
                ],
            ))
            .service(methods("/sign-in", [(Method::POST, web::to(sign_in::sign_in))]))
            .default_service(web::to(async || Err::<HttpResponse, _>(OAuthError::no_such_path()))),
    )
    .service(methods(
        // RFC 8414, section 3.1: the path of the issuer comes last.
        "/.well-known/oauth-authorization-server/{issuer:.*}",
        [(Method::GET, web::to(metadata::metadata)), (Method::HEAD, web::to(metadata::metadata))],
    ));
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
        async move { Err::<HttpResponse, _>(OAuthError::method_not_allowed(allow)) }
    }))
}

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(
    paths(token::token, revoke::revoke, authorize::ask, authorize::decide, sign_in::sign_in, metadata::metadata),
    components(schemas(error::ErrorOut)),
    tags((name = "OAuth", description = "Tokens for directories instead of a secret that lies elsewhere"))
)]
pub struct Docs;
