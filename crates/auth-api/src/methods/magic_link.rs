//! Signing in by a link that is mailed: Better Auth's plugin `magic-link`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::features::magic_link;
use auth_core::mail::links::Destinations;
use auth_core::sign_in::Opened;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Edge;
use crate::input::{JsonBody, Query};
use crate::origin::with_query;
use crate::reply::{self, StatusOut};
use crate::wire::{SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_in_magic_link, magic_link_verify))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route(
        "/sign-in/magic-link",
        web::post().guard(where_on(|methods| methods.magic_link.enabled)).to(sign_in_magic_link),
    )
    .route(
        "/magic-link/verify",
        web::get().guard(where_on(|methods| methods.magic_link.enabled)).to(magic_link_verify),
    );
}

/// Who wants a link.
#[derive(ToSchema)]
#[schema(as = SignInMagicLink, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignInMagicLinkIn {
    /// The address.
    email: String,
    /// The name that is shown, if the link makes an account.
    name: Option<String>,
    /// Where the link leads in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
    /// Where it leads if it made an account.
    #[schema(rename = "newUserCallbackURL")]
    new_user_callback_url: Option<String>,
    /// Where it leads if it is not good.
    #[schema(rename = "errorCallbackURL")]
    error_callback_url: Option<String>,
    /// Accepted and without effect.
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
}

/// Somebody signed in by a link.
#[derive(Serialize, ToSchema)]
#[schema(as = MagicLinkSession)]
struct VerifiedOut<'a> {
    /// The session's token.
    token: &'a str,
    /// Who.
    user: UserOut<'a>,
    /// The session.
    session: SessionOut<'a>,
}

/// Ask for a link to sign in by
///
/// Mails a link, which is good once. The answer is the same, in the same time, for addresses that nobody has. Not found
/// unless `methods.magic_link` is switched on.
#[utoipa::path(
    post, path = "/api/auth/sign-in/magic-link", tag = "Sign-in", operation_id = "signInMagicLink",
    request_body(content = SignInMagicLinkIn, example = json!({"email": "ann@example.com", "callbackURL": "/welcome"})),
    responses(
        (status = 200, description = "A mail is on its way, if the address can be signed in with", body = StatusOut,
            example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_NAME`", body = ErrorOut,
            example = json!({"message": "[body.email] Invalid email address", "code": "VALIDATION_ERROR"})),
        (status = 403, description = "`INVALID_ORIGIN`, `INVALID_CALLBACK_URL`, `INVALID_NEW_USER_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`, `CROSS_SITE_NAVIGATION_LOGIN_BLOCKED`",
            body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn sign_in_magic_link(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.email("email");
    let name = input.optional("name");
    let mut place = |key: &str| input.optional(key).filter(|url| !url.is_empty());
    let (callback, new_user, error) = (place("callbackURL"), place("newUserCallbackURL"), place("errorCallbackURL"));
    let _ = input.object("metadata");
    input.finish()?;
    let to = Destinations { callback: callback.as_deref(), new_user: new_user.as_deref(), error: error.as_deref() };
    magic_link::send(&edge.core, &edge.anonymous(), &email, name.as_deref(), to).await?;
    Ok(reply::done())
}

/// Follow a link to sign in by
///
/// Uses the link up, proves the mailbox and opens a session; makes the account if nobody has the address and strangers may
/// sign up. What fails is told in `?error=` of the address to which it leads. Not found unless `methods.magic_link` is switched on.
#[utoipa::path(
    get, path = "/api/auth/magic-link/verify", tag = "Sign-in", operation_id = "magicLinkVerify",
    params(
        ("token" = String, Query, description = "The link's token"),
        ("callbackURL" = Option<String>, Query, description = "Where to go then: a path of ours or an address at a trusted origin. Without it the answer is JSON"),
        ("newUserCallbackURL" = Option<String>, Query, description = "Where to go if the account was made"),
        ("errorCallbackURL" = Option<String>, Query, description = "Where to go if it fails"),
    ),
    responses(
        (status = 200, description = "Signed in, or `twoFactorRedirect` where a second factor is wanted; there was no `callbackURL`", body = VerifiedOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 302, description = "Signed in, and to the `callbackURL`, with `?twoFactorRedirect=true&twoFactorMethods=` where a second factor is wanted; or `?error=`: `INVALID_TOKEN`, `new_user_signup_disabled`, `BANNED_USER`, `USER_LOCKED`, `too_many_requests` and whatever else refuses a session",
            headers(("set-cookie" = String, description = "The session"))),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 403, description = "`INVALID_CALLBACK_URL`, `INVALID_NEW_USER_CALLBACK_URL`, `INVALID_ERROR_CALLBACK_URL`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn magic_link_verify(edge: Edge, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let token = input.string("token");
    let mut place = |key: &str| input.optional(key).filter(|url| !url.is_empty());
    let (callback, new_user, error) = (place("callbackURL"), place("newUserCallbackURL"), place("errorCallbackURL"));
    input.finish()?;
    // A browser that comes from a mail is at no page of ours: paths are resolved here.
    let home = callback.clone().unwrap_or_else(|| "/".to_owned());
    let absolute = |url: &str| {
        if url.starts_with('/') { format!("{}{url}", edge.settings.origin()) } else { url.to_owned() }
    };
    let entered = match magic_link::follow(&edge.core, &edge.anonymous(), &token).await.map_err(ApiError::from) {
        Ok(entered) => entered,
        Err(failure) if failure.status().is_server_error() => return Err(failure),
        Err(failure) => {
            let code = match failure.code() {
                // Better Auth writes this one in small letters.
                Some("NEW_USER_SIGNUP_DISABLED") => "new_user_signup_disabled",
                Some(code) => code,
                None if failure.status() == StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
                None => return Err(failure),
            };
            return Ok(reply::redirect(&with_query(&absolute(error.as_ref().unwrap_or(&home)), "error", code)));
        }
    };
    if callback.is_some() {
        let to = new_user.as_ref().filter(|_| entered.is_new).unwrap_or(&home);
        return Ok(reply::entered_redirect(&edge, &entered.entry, &absolute(to)).await);
    }
    let answer = |opened: &Opened| {
        reply::ok(&VerifiedOut {
            token: opened.token.expose(),
            user: UserOut::of(&opened.user, edge.settings()),
            session: SessionOut::own(&opened.session, opened.token.expose(), edge.settings()),
        })
    };
    Ok(reply::entered(&edge, &entered.entry, answer).await)
}
