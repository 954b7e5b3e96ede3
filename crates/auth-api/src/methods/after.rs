//! What follows from an answer that hands out a session, whichever endpoint it comes from: how somebody signed in last is
//! noted, the session is kept beside others, and the visitor is no more whom somebody was before they signed in.
//!
//! Here and not in the endpoints, so that a new way in has all of it. Nothing here opens a session or decides about one.

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use auth_core::features::anonymous;
use auth_core::sessions;

use super::multi_session;
use crate::BASE;
use crate::error::Result;
use crate::extract::Edge;

/// Where people sign in. A session that is handed out elsewhere is one that they had.
const SIGN_IN: [&str; 9] = [
    "/sign-in/",
    "/sign-up/",
    "/callback/",
    "/oauth2/callback/",
    "/magic-link/verify",
    "/email-otp/verify-email",
    "/verify-email",
    "/passkey/verify-authentication",
    "/two-factor/verify-",
];

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
    let provider = response.request().match_info().iter().next().map(|(_, value)| value);
    let method = method_of(path, provider).map(str::to_owned);
    if let Some(method) = method.filter(|_| methods.last_login_method) {
        edge.settings.cookies.set_last_method(response.headers_mut(), &method);
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
        "/passkey/verify-authentication" => Some("passkey"),
        _ if path.starts_with("/callback/") => provider,
        _ => None,
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
        assert_eq!(method_of("/get-session", None), None);
    }
}
