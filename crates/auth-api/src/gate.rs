//! What every request passes before the router: CORS, rate limits, origins and callback addresses.
//!
//! All of it goes by one path, the pattern of the route that will answer, so that no spelling of a
//! path is one thing for the router and another for a check.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderMap, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use api_kit::{RequestMeta, Settings, ip, percent};
use auth_core::AuthCore;

use crate::error::{ApiError, Result};
use crate::{BASE, methods, origin, rate_limit};

/// What scripts of other origins may read besides the usual.
const EXPOSED: &str = "set-auth-token, set-auth-jwt, set-ott, x-retry-after, retry-after, x-request-id";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "content-type, authorization, x-api-key, x-captcha-response";

/// Middleware of the scope.
///
/// # Errors
/// Those of the services inside; its own refusals are answers.
pub async fn gate<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B>>, Error> {
    let trusted = trusted_origin(&req);
    let mut response = if let Some(answer) = answer_here(&req, trusted.as_ref()) {
        // Not by `into_response`, which forgets what the refusal was: it may be told in another language.
        ServiceResponse::new(req.into_parts().0, answer).map_into_right_body()
    } else {
        let mut response = next.call(req).await?;
        methods::after::note(&mut response).await;
        response.map_into_left_body()
    };
    if let Some(origin) = trusted {
        allow(response.headers_mut(), origin);
    }
    Ok(response)
}

fn settings(req: &ServiceRequest) -> Option<&web::Data<Settings>> {
    req.app_data::<web::Data<Settings>>()
}

/// The caller's origin, if there is one and it is trusted.
fn trusted_origin(req: &ServiceRequest) -> Option<HeaderValue> {
    let origin = req.headers().get(ORIGIN)?;
    let text = origin.to_str().ok()?;
    origin::is_trusted(settings(req)?, text).then(|| origin.clone())
}

/// A preflight's answer, or a refusal.
fn answer_here(req: &ServiceRequest, trusted: Option<&HeaderValue>) -> Option<HttpResponse> {
    if req.method() == Method::OPTIONS {
        let preflight = trusted.is_some() && req.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        return preflight.then(|| {
            HttpResponse::NoContent()
                .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
                .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
                .finish()
        });
    }
    check(req).err().map(HttpResponse::from_error)
}

fn check(req: &ServiceRequest) -> Result<()> {
    let Some(settings) = settings(req) else { return Ok(()) };
    let safe = matches!(*req.method(), Method::GET | Method::HEAD);
    let query = req.query_string();
    if safe && query.is_empty() && !settings.rate_limit_enabled {
        return Ok(());
    }
    // By the path that the router goes by, which is decoded: `sign%2Din` is `sign-in`.
    let pattern = req.resource_map().match_pattern(req.match_info().as_str());
    let path = pattern.as_deref().and_then(|pattern| pattern.strip_prefix(BASE));
    count(req, settings, path.unwrap_or("unknown"))?;
    let Some(path) = path else { return Err(ApiError::nothing_here()) };
    if !safe {
        origin::check_caller(settings, req.headers(), path)?;
    }
    if query.contains("URL") || query.contains("redirectTo") || query.contains('%') {
        // A query that cannot be read is told as such by the endpoint that needs it.
        let pairs = percent::pairs(query).unwrap_or_default();
        for (name, value) in &pairs {
            origin::check_urls(settings, |field| (field == name).then_some(value.as_str()))?;
        }
    }
    Ok(())
}

fn count(req: &ServiceRequest, settings: &Settings, path: &str) -> Result<()> {
    if !settings.rate_limit_enabled {
        return Ok(());
    }
    let Some(core) = req.app_data::<web::Data<AuthCore>>() else { return Ok(()) };
    let caller = ip::limiter_key(RequestMeta::of(req.request()).ip());
    settings
        .windows
        .count(caller, path, rate_limit::rule_of(settings, path), core.clock().now())
        .map_err(ApiError::too_many_requests)
}

/// Lets scripts of that origin read the answer.
fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    headers.append(VARY, HeaderValue::from_static("origin"));
}
