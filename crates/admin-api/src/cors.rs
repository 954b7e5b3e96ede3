//! Calls from pages of other origins: of those that the operator trusts, and of those for which a setup session was made.
//!
//! They come with a bearer token. No answer allows credentials of the browser's own, so that no cookie ever opens
//! anything for a page of another origin here.

use actix_web::HttpMessage as _;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use api_kit::origins::is_trusted;
use api_kit::{RequestMeta, Settings};
use auth_core::features::directory::setup;
use auth_core::ids::{DirectoryId, Id as _};
use auth_core::{Actor, AuthCore};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "authorization, content-type, idempotency-key, last-event-id";
/// What scripts may read besides the usual.
const EXPOSED: &str = "x-request-id, retry-after, idempotency-replayed";

/// Put into a request whose token is bound to origins, once its own is known to be one of them.
pub struct Allowed;

/// Middleware of the scope, around everything else.
pub async fn cors(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(origin) = req.headers().get(ORIGIN).cloned() else {
        return Ok(next.call(req).await?.map_into_boxed_body());
    };
    let trusted = is_trusted_here(&req, &origin);
    let preflight = req.method() == Method::OPTIONS && req.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if preflight && (trusted || is_embedded(&req, &origin).await) {
        let answer = HttpResponse::NoContent()
            .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin))
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
            .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
            .insert_header((VARY, "origin"))
            .finish();
        return Ok(req.into_response(answer));
    }
    // Invariant: nothing here holds the request while it is routed, which needs it for itself.
    let mut response = next.call(req).await?.map_into_boxed_body();
    let allowed = trusted || response.request().extensions().get::<Allowed>().is_some();
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    if allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    Ok(response)
}

fn is_trusted_here(req: &ServiceRequest, origin: &HeaderValue) -> bool {
    let settings = req.app_data::<web::Data<Settings>>();
    settings.zip(origin.to_str().ok()).is_some_and(|(settings, origin)| is_trusted(settings, origin))
}

/// Whether some setup session may be used from there. The browser asks without the token, but for the path.
async fn is_embedded(req: &ServiceRequest, origin: &HeaderValue) -> bool {
    let (Some(core), Ok(origin)) = (req.app_data::<web::Data<AuthCore>>(), origin.to_str()) else { return false };
    let core = core.get_ref().clone();
    let directory = directory_in(req.path());
    let ctx = RequestMeta::of(req.request()).ctx(Actor::Anonymous);
    let allowed = core.read(&ctx, async |rx| setup::allows(rx, origin, directory.as_ref()).await).await;
    allowed.unwrap_or_else(|error| {
        tracing::error!(%error, "whether a page of another origin may call could not be looked up");
        false
    })
}

/// The directory that a path names.
fn directory_in(path: &str) -> Option<DirectoryId> {
    let mut parts = path.split('/').skip_while(|part| *part != "directories");
    parts.nth(1).and_then(DirectoryId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_directory() {
        let named = |path| directory_in(path).map(String::from);
        assert_eq!(named("/v1/directories/dir_1/health").as_deref(), Some("dir_1"));
        assert_eq!(named("/v1/organizations/org_1/directories/dir_2").as_deref(), Some("dir_2"));
        assert_eq!(named("/v1/me"), None);
        assert_eq!(named("/v1/directories"), None);
    }
}
