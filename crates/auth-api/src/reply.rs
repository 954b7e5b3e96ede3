//! Answers: JSON, redirects, and the session cookies that go with some of them.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use auth_core::sign_in::{Entry, Opened};
use auth_core::two_factor::{self, Challenge};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Caller, Edge};
use crate::origin::with_query;

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

/// The answer, which no cache keeps: a secret is in it.
#[must_use]
pub fn unkept(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
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

/// A second factor is wanted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TwoFactorRedirect, example = json!({"twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"]}))]
pub struct TwoFactorRedirectOut {
    /// Always true: there is no session yet.
    two_factor_redirect: bool,
    /// How to go on: `totp` (`/two-factor/verify-totp`, or a backup code), `otp` (`/two-factor/send-otp` and `verify-otp`).
    two_factor_methods: Vec<&'static str>,
}

/// What a sign-in is answered: what the endpoint says to a session, with its cookies; or that a second factor is wanted.
pub async fn entered(edge: &Edge, entry: &Entry, answer: impl FnOnce(&Opened) -> HttpResponse) -> HttpResponse {
    match entry {
        Entry::Opened(opened) => {
            let mut reply = answer(opened);
            give_opened(&mut reply, edge, opened);
            reply
        }
        Entry::SecondFactor(challenge) => {
            let two_factor_methods = challenge.methods.iter().map(|method| method.as_str()).collect();
            let mut reply = ok(&TwoFactorRedirectOut { two_factor_redirect: true, two_factor_methods });
            ask_second_factor(&mut reply, edge, challenge).await;
            reply
        }
    }
}

/// The same where a browser is led on: with `twoFactorRedirect=true` and the methods in the address if a second factor is
/// wanted, for the page that asks for it.
pub async fn entered_redirect(edge: &Edge, entry: &Entry, to: &str) -> HttpResponse {
    match entry {
        Entry::Opened(opened) => {
            let mut reply = redirect(to);
            give_opened(&mut reply, edge, opened);
            reply
        }
        Entry::SecondFactor(challenge) => {
            let methods: Vec<_> = challenge.methods.iter().map(|method| method.as_str()).collect();
            let to = with_query(to, "twoFactorRedirect", "true");
            let mut reply = redirect(&with_query(&to, "twoFactorMethods", &methods.join(",")));
            ask_second_factor(&mut reply, edge, challenge).await;
            reply
        }
    }
}

/// Gives an answer the cookies of a session that was opened, and of the device if it is trusted.
pub fn give_opened(reply: &mut HttpResponse, edge: &Edge, opened: &Opened) {
    give_session(reply, edge, opened.token.expose(), opened.session.remember);
    if let Some(device) = &opened.trusted_device {
        let cookies = &edge.settings.cookies;
        cookies.set_trust_device(reply.headers_mut(), edge.secret(), device.expose(), two_factor::DEVICE_LIFETIME);
    }
}

/// Gives an answer what stands for the first proof, in place of a session. A device that was not recognized is not trusted.
///
/// A visitor stays one until the second factor is shown: by their session it is seen then that they are no more.
async fn ask_second_factor(reply: &mut HttpResponse, edge: &Edge, challenge: &Challenge) {
    let is_visitor = edge.methods().anonymous.enabled
        && Box::pin(edge.clone().caller())
            .await
            .is_ok_and(|caller| caller.is_some_and(|caller| caller.user.is_anonymous));
    let (cookies, headers) = (&edge.settings.cookies, reply.headers_mut());
    if !is_visitor {
        cookies.suspend_session(headers);
    }
    cookies.set_two_factor(headers, edge.secret(), challenge.token.expose(), two_factor::CHALLENGE_LIFETIME);
    if cookies.trust_device(edge.request().headers(), edge.secret()).is_some() {
        cookies.expire_trust_device(headers);
    }
}

/// Gives an answer the cookies of the caller's session once more, with a new age.
pub fn renew_session(reply: &mut HttpResponse, caller: &Caller) {
    // A key is no session, and has no place in a cookie.
    if caller.session.is_key() {
        return;
    }
    give_session(reply, &caller.edge, &caller.token, caller.session.remember);
}

/// Takes the session's cookies back.
pub fn take_session(reply: &mut HttpResponse, edge: &Edge) {
    edge.settings.cookies.expire_session(reply.headers_mut());
}
