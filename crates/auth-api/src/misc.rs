//! What is about nobody: whether the dialect answers, the page for errors, the documents.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, web};
use api_kit::percent;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::Result;
use crate::extract::Edge;
use crate::origin::with_query;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(ok, error_page, generate_schema, reference))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/ok", web::get().to(ok))
        .route("/error", web::get().to(error_page))
        .route("/open-api/generate-schema", web::get().to(generate_schema))
        .route("/reference", web::get().to(reference));
}

#[derive(Serialize, ToSchema)]
#[schema(as = Ok)]
struct OkOut {
    /// Always true.
    ok: bool,
}

/// Whether the API answers
#[utoipa::path(
    get, path = "/api/auth/ok", tag = "Service", operation_id = "ok",
    responses((status = 200, description = "It does", body = OkOut, example = json!({"ok": true}))),
    security(())
)]
async fn ok() -> HttpResponse {
    reply::ok(&OkOut { ok: true })
}

/// Show an error to a person
///
/// A page to which flows in a browser lead when they fail. Where the instance names a page of its own, a
/// redirect to it.
#[utoipa::path(
    get, path = "/api/auth/error", tag = "Service", operation_id = "error",
    params(
        ("error" = Option<String>, Query, description = "A code; anything but letters, digits, `_`, `-` and `'` becomes `UNKNOWN`"),
        ("error_description" = Option<String>, Query, description = "A sentence"),
    ),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 302, description = "To the instance's own page, `?error=` appended"),
    ),
    security(())
)]
async fn error_page(edge: Edge, req: HttpRequest) -> HttpResponse {
    let pairs = percent::pairs(req.query_string()).unwrap_or_default();
    let given = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let harmless = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-'".contains(&b))
    };
    let code = given("error").filter(harmless).unwrap_or("UNKNOWN");
    if let Some(page) = &edge.settings.error_url {
        return reply::redirect(&with_query(page, "error", code));
    }
    let description: String = given("error_description").unwrap_or_default().chars().take(512).collect();
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .body(page(&edge.core.settings().application_name, code, &description))
}

fn page(application: &str, code: &str, description: &str) -> String {
    let (application, code) = (escaped(application), escaped(code));
    let description = if description.is_empty() { String::new() } else { format!("<p>{}</p>", escaped(description)) };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Error · {application}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}\
         code{{background:#8882;padding:.1em .3em;border-radius:.2em}}</style></head><body><h1>Something went wrong</h1>{description}\
         <p>Code: <code>{code}</code></p><p><a href=\"/\">{application}</a></p></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Describe this API
///
/// The OpenAPI document of everything under `/api/auth`.
#[utoipa::path(
    get, path = "/api/auth/open-api/generate-schema", tag = "Service", operation_id = "generateOpenAPISchema",
    responses((status = 200, description = "The document", body = serde_json::Value)),
    security(())
)]
async fn generate_schema() -> Result<HttpResponse> {
    Ok(reply::ok(&crate::openapi()))
}

/// Read the documents in a browser
#[utoipa::path(
    get, path = "/api/auth/reference", tag = "Service", operation_id = "reference",
    responses((status = 302, description = "To the instance's own pages")),
    security(())
)]
async fn reference() -> HttpResponse {
    reply::redirect("/docs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_text_as_text() {
        let page = page("Portico", "X", "<script>alert('1')</script>");
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;") && !page.contains("<script>"));
    }
}
