//! Signing in with email and password.

use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, web};
use auth_core::sign_in;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Edge;
use crate::input::JsonOrForm;
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_in_email))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/sign-in/email", web::post().to(sign_in_email));
}

/// Who signs in.
#[derive(ToSchema)]
#[schema(as = SignInEmail, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignInEmailIn {
    /// The address, in any case.
    email: String,
    /// The password.
    password: String,
    /// Whether the session outlives the browser; true unless said otherwise.
    remember_me: Option<bool>,
    /// Where the client should go: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

/// Somebody signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
struct SignedInOut<'a> {
    /// Whether the client should go to `url`.
    redirect: bool,
    /// The session's token.
    token: &'a str,
    /// The `callbackURL` that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// Who.
    user: UserOut<'a>,
}

/// Sign in with email and password
///
/// Opens a session. Unknown addresses, people without a password and wrong passwords get the same
/// answer in the same time.
#[utoipa::path(
    post, path = "/api/auth/sign-in/email", tag = "Sign-in", operation_id = "signInEmail",
    request_body(
        content((SignInEmailIn = "application/json",
            example = json!({"email": "ann@example.com", "password": "correct horse battery"})),
            (SignInEmailIn = "application/x-www-form-urlencoded"))
    ),
    responses(
        (status = 200, description = "Signed in; or `twoFactorRedirect`, where a second factor is wanted", body = SignedInOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut,
            example = json!({"message": "Invalid email", "code": "INVALID_EMAIL"})),
        (status = 401, description = "`INVALID_EMAIL_OR_PASSWORD`", body = ErrorOut,
            example = json!({"message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD"})),
        (status = 403, description = "`EMAIL_NOT_VERIFIED`, `BANNED_USER`, `USER_LOCKED`, `INVALID_ORIGIN`, `INVALID_CALLBACK_URL`, `CROSS_SITE_NAVIGATION_LOGIN_BLOCKED`",
            body = ErrorOut, example = json!({"message": "Email not verified", "code": "EMAIL_NOT_VERIFIED"})),
        (status = 503, description = "`BUSY`: too many passwords are being checked at once", body = ErrorOut),
    ),
    security(())
)]
async fn sign_in_email(edge: Edge, body: JsonOrForm) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let address = input.string("email");
    let password = input.string("password");
    let callback = input.optional("callbackURL");
    let remember = input.boolean("rememberMe").unwrap_or(true);
    input.finish()?;
    let entry = sign_in::by_password(&edge.core, &edge.anonymous(), &address, &password, remember).await?;
    Ok(reply::entered(&edge, &entry, |opened| {
        let mut reply = reply::ok(&SignedInOut {
            redirect: callback.is_some(),
            token: opened.token.expose(),
            url: callback.as_deref(),
            user: UserOut::of(&opened.user, edge.settings()),
        });
        if let Some(to) = callback.as_deref().and_then(|url| HeaderValue::from_str(url).ok()) {
            reply.headers_mut().insert(LOCATION, to);
        }
        reply
    })
    .await)
}
