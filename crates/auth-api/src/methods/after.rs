//! What follows from an answer that hands out a session, whichever endpoint it comes from: how somebody signed in last is
//! noted, the session is kept beside others, and the visitor is no more whom somebody was before they signed in.
//!
//! Here and not in the endpoints, so that a new way in has all of it. Nothing here opens a session or decides about one.
//! Where a second factor is wanted, no session is handed out: all of it follows once the factor was shown. How the sign-in
//! began, the session says by then.

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use auth_core::features::anonymous;
use auth_core::{sessions, sign_in};

use super::multi_session;
use crate::BASE;
use crate::error::Result;
use crate::extract::Edge;

/// Where people sign in. A session that is handed out elsewhere is one that they had.
const SIGN_IN: [&str; 10] = [
    "/sign-in/",
    "/sign-up/",
    "/callback/",
    "/oauth2/callback/",
    "/magic-link/verify",
    "/email-otp/verify-email",
    "/phone-number/verify",
    "/verify-email",
    "/passkey/verify-authentication",
    SECOND_FACTOR,
];

/// Where a second factor is shown.
const SECOND_FACTOR: &str = "/two-factor/verify-";

/// Notes what follows from an answer. What fails is logged: the answer stands.
pub async fn note<B>(response: &mut ServiceResponse<B>) {
    // Hardly any answer hands out a session: the rest costs no more than this.
    if !response.headers().contains_key("set-auth-token") {
        return;
    }
    let Ok(edge) = Edge::of(response.request()) else { return };
    let methods = edge.methods();
    if !methods.last_login_method && !methods.multi_session.enabled && !methods.anonymous.enabled {
        return;
    }
    let Some(token) = edge.settings.cookies.handed_out(response.headers(), edge.secret()) else { return };
    let pattern = response.request().match_pattern().unwrap_or_default();
    let path = pattern.strip_prefix(BASE).unwrap_or_default();
    if methods.last_login_method {
        let provider = response.request().match_info().iter().next().map(|(_, value)| value);
        let method = match method_of(path, provider) {
            None if path.starts_with(SECOND_FACTOR) => began_with(&edge, &token).await,
            method => Ok(method.map(str::to_owned)),
        };
        match method {
            Ok(Some(method)) => edge.settings.cookies.set_last_method(response.headers_mut(), &method),
            Ok(None) => {}
            Err(error) => tell(Err(error)),
        }
    }
    let signs_in = SIGN_IN.iter().any(|prefix| path.starts_with(prefix));
    // A link that is merely followed may be one that a stranger has sent: it makes nobody's account theirs.
    let of_this_browser = response.request().method() == Method::POST || path.contains("callback/");
    if methods.anonymous.enabled && signs_in && of_this_browser {
        tell(visitor_is_gone(&edge, &token).await);
    }
    // Who acts as somebody else keeps their own session in another way.
    if methods.multi_session.enabled && !path.starts_with("/admin/") {
        tell(keep(&edge, &token, response).await);
    }
}

fn tell(done: Result<()>) {
    if let Err(error) = done {
        tracing::warn!(?error, "what follows from a sign-in was not done");
    }
}

/// The word for a way in, as Better Auth has it. `provider` is the one of a callback.
fn method_of<'a>(path: &str, provider: Option<&'a str>) -> Option<&'a str> {
    match path {
        "/sign-in/email" | "/sign-up/email" => Some("email"),
        "/magic-link/verify" => Some("magic-link"),
        "/sign-in/email-otp" => Some("email-otp"),
        "/sign-in/phone-number" | "/phone-number/verify" => Some("phone-number"),
        "/passkey/verify-authentication" => Some("passkey"),
        _ if path.starts_with("/callback/") || path.starts_with("/oauth2/callback/") => provider,
        _ => None,
    }
}

/// The word for the way in by which a session was opened in the end.
async fn began_with(edge: &Edge, token: &str) -> Result<Option<String>> {
    let found = edge.core.read(&edge.anonymous(), async |rx| sessions::resolve(rx, token).await).await?;
    Ok(found.and_then(|found| word_for(&found.session.method).map(str::to_owned)))
}

/// The word for what a session remembers. A password is noted alike whether it came with an address or with a user name.
fn word_for(method: &str) -> Option<&str> {
    match method {
        sign_in::PASSWORD => Some("email"),
        "magic-link" | "email-otp" | "passkey" | "phone-number" => Some(method),
        _ => method.strip_prefix("social:"),
    }
}

/// Ends the visitor as whom the request came, if somebody else has signed in.
async fn visitor_is_gone(edge: &Edge, token: &str) -> Result<()> {
    let Some(before) = edge.presented().filter(|before| before != token) else { return Ok(()) };
    let ctx = edge.anonymous();
    let Some(before) = edge.core.read(&ctx, async |rx| sessions::resolve(rx, &before).await).await? else {
        return Ok(());
    };
    // Whoever acts as a visitor was never them.
    if !before.user.is_anonymous || before.session.impersonated_by.is_some() {
        return Ok(());
    }
    let Some(now) = edge.core.read(&ctx, async |rx| sessions::resolve(rx, token).await).await? else { return Ok(()) };
    anonymous::succeed(&edge.core, &edge.meta.ctx(now.actor()), &before.user.id, &now.user.id).await?;
    Ok(())
}

/// Lets the browser keep the session beside others, in the place of an older one of the same person.
async fn keep<B>(edge: &Edge, token: &str, response: &mut ServiceResponse<B>) -> Result<()> {
    let cookies = &edge.settings.cookies;
    let before = multi_session::kept(edge).await?;
    if before.iter().any(|one| one.token == token) {
        return Ok(());
    }
    let found = edge.core.read(&edge.anonymous(), async |rx| sessions::resolve(rx, token).await).await?;
    let Some(found) = found else { return Ok(()) };
    // Those that have ended make room.
    for ended in cookies.kept(edge.request().headers(), edge.secret()) {
        if before.iter().all(|one| one.token != ended) {
            cookies.forget(response.headers_mut(), &ended);
        }
    }
    let mut others = 0;
    for one in &before {
        if one.found.user.id == found.user.id {
            multi_session::end(edge, &one.found).await?;
            cookies.forget(response.headers_mut(), &one.token);
        } else {
            others += 1;
        }
    }
    if others < edge.methods().multi_session.maximum {
        cookies.keep(response.headers_mut(), edge.secret(), token, edge.core.settings().session.expires_in);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_in_are_called_as_better_auth_calls_them() {
        assert_eq!(method_of("/callback/{id}", Some("github")), Some("github"));
        assert_eq!(method_of("/sign-up/email", None), Some("email"));
        assert_eq!(method_of("/oauth2/callback/{id}", Some("acme")), Some("acme"));
        assert_eq!(method_of("/get-session", None), None);
        assert_eq!((word_for("password"), word_for("social:acme")), (Some("email"), Some("acme")));
        assert_eq!((word_for("magic-link"), word_for("one-time-token")), (Some("magic-link"), None));
    }
}
