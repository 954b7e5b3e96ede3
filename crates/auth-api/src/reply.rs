//! Answers: JSON, redirects, and the session cookies that go with some of them.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Caller, Edge};

/// Done, with nothing more to say.
#[derive(Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusOut {
    /// Always true.
    status: bool,
}

/// 200 with a body.
pub fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 200 `{"status": true}`.
#[must_use]
pub fn done() -> HttpResponse {
    ok(&StatusOut { status: true })
}

/// 302 with the media type of everything here and no body. An address that no header can hold leads
/// home.
#[must_use]
pub fn redirect(to: &str) -> HttpResponse {
    let to = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    HttpResponse::Found().insert_header((LOCATION, to)).insert_header((CONTENT_TYPE, "application/json")).finish()
}

/// Gives an answer the cookies of a new session.
pub fn give_session(reply: &mut HttpResponse, edge: &Edge, token: &str, remember: bool) {
    let max_age = remember.then_some(edge.core.settings().session.expires_in);
    let cookies = &edge.settings.cookies;
    cookies.set_session(reply.headers_mut(), edge.secret(), token, max_age);
    if remember && edge.is_forgetful() {
        cookies.expire_forgetful(reply.headers_mut());
    }
}

/// Gives an answer the cookies of the caller's session once more, with a new age.
pub fn renew_session(reply: &mut HttpResponse, caller: &Caller) {
    give_session(reply, &caller.edge, &caller.token, caller.session.remember);
}

/// Takes the session's cookies back.
pub fn take_session(reply: &mut HttpResponse, edge: &Edge) {
    edge.settings.cookies.expire_session(reply.headers_mut());
}
