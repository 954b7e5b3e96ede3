//! The documents over HTTP, and a page that shows them: Swagger UI from inside the binary, from no other host.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderValue, LOCATION};
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::{Config, Url};

use crate::app::page;
use crate::openapi;

/// Nothing from elsewhere, nothing inline but style attributes, which Swagger UI sets; no frame around it.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Registers the documents and the page.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let ui = Config::new([
        Url::with_primary("Portico", "/openapi.json", true),
        Url::new("Sign-in (/api/auth)", "/openapi/auth.json"),
        Url::new("Provisioning (/scim/v2)", "/openapi/scim.json"),
        Url::new("Administration (/v1)", "/openapi/admin.json"),
    ])
    .validator_url("none")
    .deep_linking(true)
    .filter(true)
    .doc_expansion("none")
    .default_models_expand_depth(-1)
    .display_request_duration(true);
    cfg.app_data(web::Data::from(Arc::new(Arc::new(ui))))
        .service(page("/openapi.json", joined))
        .service(page("/openapi/{name}.json", dialect))
        .service(page("/docs", index))
        .service(page("/docs/{file:.*}", asset));
}

fn document(name: &str) -> HttpResponse {
    match openapi::served(name) {
        Some(text) => HttpResponse::Ok()
            .content_type(ContentType::json())
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")))
            .body(text),
        None => HttpResponse::NotFound().json(serde_json::json!({ "code": "not_found", "message": "Not found" })),
    }
}

/// The document of everything.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = "Instance",
    summary = "The OpenAPI document of everything",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)),
)]
pub(crate) async fn joined() -> HttpResponse {
    document("")
}

/// The document of one dialect.
#[utoipa::path(
    get,
    path = "/openapi/{name}.json",
    operation_id = "getOpenApiOfDialect",
    tag = "Instance",
    summary = "The OpenAPI document of one dialect",
    params(("name" = String, Path, description = "`auth`, `scim` or `admin`", example = "scim")),
    responses(
        (status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object),
        (status = 404, description = "No such dialect"),
    ),
)]
pub(crate) async fn dialect(name: web::Path<String>) -> HttpResponse {
    // The joined document has no name, and an empty one does not match the route.
    document(&name)
}

/// The page, whose files are below it.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getDocs",
    tag = "Instance",
    summary = "The documents, for people",
    responses((status = 302, description = "To /docs/", headers(("Location" = String, description = "/docs/")))),
)]
pub(crate) async fn index() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, HeaderValue::from_static("/docs/"))).finish()
}

/// A file of the page.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "getDocsFile",
    tag = "Instance",
    summary = "A file of the page that shows the documents",
    params(("file" = String, Path, description = "Its name", example = "index.html")),
    responses((status = 200, description = "The file", content_type = "text/html", body = String), (status = 404, description = "No such file")),
)]
pub(crate) async fn asset(file: web::Path<String>, ui: web::Data<Arc<Config<'static>>>) -> HttpResponse {
    let name = if file.is_empty() { "index.html" } else { &**file };
    match utoipa_swagger_ui::serve(name, Arc::clone(&ui)) {
        Ok(Some(found)) => HttpResponse::Ok()
            .content_type(found.content_type)
            .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)))
            .body(found.bytes.into_owned()),
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => {
            tracing::error!(%error, name, "a file of the documents could not be made");
            HttpResponse::InternalServerError().finish()
        }
    }
}
