//! The one middleware around everything: the request's id, its span, one line of log, and the
//! headers that every answer has. It never looks at a query string, a body or a credential.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tracing::Instrument as _;

use crate::request::{RequestMeta, X_REQUEST_ID};
use crate::settings::Settings;

/// Middleware, for `actix_web::middleware::from_fn`.
///
/// # Errors
/// Those of the services inside.
pub async fn trace(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let meta = RequestMeta::of(req.request());
    let https = req.app_data::<web::Data<Settings>>().is_some_and(|settings| settings.https);
    let span = tracing::info_span!("request", id = meta.id());
    let answered = next.call(req).instrument(span.clone()).await;
    let _inside = span.enter();
    match answered {
        Ok(mut response) => {
            finish(response.headers_mut(), &meta, https);
            log(&response, started);
            Ok(response)
        }
        Err(error) => {
            let status = error.as_response_error().status_code();
            tracing::info!(target: "http", status = status.as_u16(), took_us = micros(started), "refused");
            Err(error)
        }
    }
}

fn log<B>(response: &ServiceResponse<B>, started: Instant) {
    if !tracing::enabled!(target: "http", tracing::Level::INFO) {
        return;
    }
    let request = response.request();
    let status: StatusCode = response.status();
    // The pattern, never the path: tokens travel in paths.
    let route = request.resource_map().match_pattern(request.match_info().as_str());
    let route = route.as_deref().unwrap_or("-");
    tracing::info!(
        target: "http",
        method = request.method().as_str(),
        route,
        status = status.as_u16(),
        took_us = micros(started),
        "answered"
    );
}

fn micros(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn finish(headers: &mut HeaderMap, meta: &RequestMeta, https: bool) {
    if let Ok(id) = HeaderValue::from_str(meta.id()) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if !headers.contains_key(REFERRER_POLICY) {
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'"));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
}
