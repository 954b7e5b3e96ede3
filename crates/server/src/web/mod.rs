//! The pages that people see: the console, the hosted pages, and the elements for other sites.
//!
//! They are built in `web/` and are files here: this module says which path shows which file, for how long it may be
//! kept ([`answer`]), and what a browser may do with it. An application has one HTML file, which is answered on all of
//! its paths; what the path means is the application's to say, and what it asks for first the build has said for it
//! ([`hints`]). `site` is where the files come from.

mod answer;
mod hints;
mod site;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::page;
pub use site::Site;

/// The paths of the hosted pages, as patterns.
const HOSTED: &[&str] =
    &["/account", "/account/{rest:.*}", "/invitation/{rest:.*}", "/setup/{rest:.*}", "/organizations", "/device"];

/// Those on the way of a popup that another site opened to sign somebody in. It has to reach the page that opened it,
/// so these do without a browsing context group of their own.
const IN_POPUPS: &[&str] =
    &["/sign-in", "/sign-up", "/forgot-password", "/reset-password", "/verify-email", "/embed/authorize"];

/// Nothing inline but styles, which the components compute; nothing from elsewhere but images, which organizations and
/// people name; no frame around it.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: https:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// A page without any script.
const CSP_MISSING: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What the pages do not need, they may not do.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
    fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()";

/// Registers the pages, their files, and the way from `/` to the console.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(page("/", root)).service(page("/console", console)).service(page("/console/{rest:.*}", console));
    for path in HOSTED {
        cfg.service(page(path, hosted));
    }
    for path in IN_POPUPS {
        cfg.service(page(path, in_popup));
    }
    cfg.service(page("/assets/{app}/{file:.*}", asset)).service(page("/elements/{file:.*}", element));
}

/// Leads to the console.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "getRoot",
    tag = "Instance",
    summary = "Leads to the console",
    responses((status = 302, description = "To /console", headers(("Location" = String, description = "/console")))),
)]
pub(crate) async fn root() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, HeaderValue::from_static("/console"))).finish()
}

async fn console(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    entry(&request, &site, "console", Some("same-origin"))
}

async fn hosted(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    entry(&request, &site, "hosted", Some("same-origin-allow-popups"))
}

async fn in_popup(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    entry(&request, &site, "hosted", None)
}

/// The HTML of an application, or how to build it.
fn entry(request: &HttpRequest, site: &Site, app: &str, opener: Option<&'static str>) -> HttpResponse {
    let mut response = answer::file(request, site, &format!("{app}/index.html")).unwrap_or_else(missing);
    let links = hints::links(site, app, request.path(), request.query_string());
    let headers = response.headers_mut();
    guard(headers);
    if let Some(opener) = opener {
        set(headers, "cross-origin-opener-policy", opener);
    }
    if let Some(links) = links {
        headers.insert(LINK, links);
    }
    response
}

/// The pages were not built. Said to people, so without a script, and for no cache.
fn missing() -> HttpResponse {
    let mut response =
        HttpResponse::ServiceUnavailable().content_type("text/html; charset=utf-8").body(include_str!("missing.html"));
    set(response.headers_mut(), "cache-control", "no-store");
    set(response.headers_mut(), "content-security-policy", CSP_MISSING);
    response
}

async fn asset(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    let app = request.match_info().get("app").filter(|app| matches!(*app, "console" | "hosted"));
    let file = request.match_info().get("file").unwrap_or_default();
    let found = app.and_then(|app| answer::file(&request, &site, &format!("{app}/assets/{file}")));
    let Some(mut response) = found else { return not_found() };
    guard(response.headers_mut());
    response
}

/// A file for the pages of others: everybody may load it, and no credential says who does.
async fn element(request: HttpRequest, site: web::Data<Site>) -> HttpResponse {
    let file = request.match_info().get("file").unwrap_or_default();
    let Some(mut response) = answer::file(&request, &site, &format!("elements/{file}")) else { return not_found() };
    let headers = response.headers_mut();
    guard(headers);
    set(headers, "access-control-allow-origin", "*");
    set(headers, "cross-origin-resource-policy", "cross-origin");
    response
}

/// What every page and file carries, where nothing stricter is said already.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        ("content-security-policy", CSP),
        ("permissions-policy", PERMISSIONS),
        // Tokens of mailed links stand in addresses: no other site is told where somebody came from.
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        if !headers.contains_key(name) {
            set(headers, name, value);
        }
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

fn not_found() -> HttpResponse {
    HttpResponse::NotFound().json(serde_json::json!({ "code": "not_found", "message": "Not found" }))
}
