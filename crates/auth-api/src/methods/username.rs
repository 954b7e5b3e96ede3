//! Names to sign in with: Better Auth's plugin `username`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpResponse, web};
use auth_core::sign_in::{self, Opened};
use auth_core::users::username::{self, Naming};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Edge;
use crate::input::{Input, JsonBody};
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(sign_in_username, is_username_available))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let post = || web::post().guard(where_on(|methods| methods.username.enabled));
    cfg.route("/sign-in/username", post().to(sign_in_username))
        .route("/is-username-available", post().to(is_username_available));
}

/// The names that somebody chose who signs up. One alone stands for both, as far as it can.
pub(crate) fn chosen(edge: &Edge, input: &mut Input) -> Naming {
    let mut naming = changed(edge, input);
    match (naming.username.clone().flatten(), naming.display_username.clone().flatten()) {
        (Some(username), None) => naming.display_username = Some(Some(username)),
        (None, Some(shown)) if username::check(&edge.methods().username, &shown).is_ok() => {
            naming.username = Some(Some(shown));
        }
        _ => {}
    }
    naming
}

/// The names that somebody changes. Where there are none, the fields are unknown ones.
pub(crate) fn changed(edge: &Edge, input: &mut Input) -> Naming {
    if !edge.methods().username.enabled {
        return Naming::default();
    }
    Naming { username: input.nullable("username"), display_username: input.nullable("displayUsername") }
}

/// What is wrong with a name, with the status that these endpoints have for it.
fn unprocessable(error: auth_core::Error) -> ApiError {
    let error = ApiError::from(error);
    match error.code() {
        Some("USERNAME_TOO_SHORT" | "USERNAME_TOO_LONG" | "INVALID_USERNAME") => {
            error.with_status(StatusCode::UNPROCESSABLE_ENTITY)
        }
        _ => error,
    }
}

/// Who signs in.
#[derive(ToSchema)]
#[schema(as = SignInUsername, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignInIn {
    /// The name, in any case.
    username: String,
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
#[schema(as = SignedInByUsername)]
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

/// Sign in with a user name and password
///
/// Unknown names, people without a password and wrong passwords get the same answer in the same time. Not found unless
/// `methods.username` is switched on.
#[utoipa::path(
    post, path = "/api/auth/sign-in/username", tag = "Sign-in", operation_id = "signInUsername",
    request_body(content = SignInIn, example = json!({"username": "ann_example", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Signed in; or `twoFactorRedirect`, where a second factor is wanted", body = SignedInOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 401, description = "`INVALID_USERNAME_OR_PASSWORD`", body = ErrorOut,
            example = json!({"message": "Invalid username or password", "code": "INVALID_USERNAME_OR_PASSWORD"})),
        (status = 403, description = "`EMAIL_NOT_VERIFIED`, `BANNED_USER`, `USER_LOCKED`, `INVALID_ORIGIN`, `INVALID_CALLBACK_URL`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 422, description = "`USERNAME_TOO_SHORT`, `USERNAME_TOO_LONG`, `INVALID_USERNAME`", body = ErrorOut,
            example = json!({"message": "Username is too short", "code": "USERNAME_TOO_SHORT"})),
        (status = 503, description = "`BUSY`: too many passwords are being checked at once", body = ErrorOut),
    ),
    security(())
)]
async fn sign_in_username(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let name = input.string("username");
    let password = input.string("password");
    let callback = input.optional("callbackURL").filter(|url| !url.is_empty());
    let remember = input.boolean("rememberMe").unwrap_or(true);
    input.finish()?;
    if name.is_empty() || password.is_empty() {
        return Err(auth_core::Error::from(sign_in::SignInFault::InvalidUsernameOrPassword).into());
    }
    let ctx = edge.anonymous();
    let entry = sign_in::by_username(&edge.core, &ctx, &name, &password, remember).await.map_err(unprocessable)?;
    let answer = |opened: &Opened| {
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
    };
    Ok(reply::entered(&edge, &entry, answer).await)
}

/// A name.
#[derive(ToSchema)]
#[schema(as = IsUsernameAvailable)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct AvailableIn {
    /// The name, in any case.
    username: String,
}

/// Whether nobody has it.
#[derive(Serialize, ToSchema)]
#[schema(as = UsernameAvailable)]
struct AvailableOut {
    /// Whether it can be chosen.
    available: bool,
}

/// Ask whether a user name is free
///
/// User names are public. Not found unless `methods.username` is switched on.
#[utoipa::path(
    post, path = "/api/auth/is-username-available", tag = "Sign-in", operation_id = "isUsernameAvailable",
    request_body(content = AvailableIn, example = json!({"username": "ann_example"})),
    responses(
        (status = 200, description = "Whether it is", body = AvailableOut, example = json!({"available": true})),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 422, description = "`USERNAME_TOO_SHORT`, `USERNAME_TOO_LONG`, `INVALID_USERNAME`", body = ErrorOut,
            example = json!({"message": "Username is invalid", "code": "INVALID_USERNAME"})),
    ),
    security(())
)]
async fn is_username_available(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let name = input.string("username");
    input.finish()?;
    if name.is_empty() {
        return Err(unprocessable(auth_core::users::UsersFault::InvalidUsername.into()));
    }
    username::check(&edge.methods().username, &name).map_err(unprocessable)?;
    let free = edge.core.read(&edge.anonymous(), async |rx| username::is_free(rx, &name, None).await).await?;
    Ok(reply::ok(&AvailableOut { available: free }))
}
