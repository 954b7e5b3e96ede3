//! Passwords: changing, checking, resetting.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::credentials::password::{self, ChangePassword};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::BASE;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::{JsonBody, Query};
use crate::origin::with_query;
use crate::reply::{self, StatusOut};
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(change_password, verify_password, request_password_reset, reset_password_callback, reset_password))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/change-password", web::post().to(change_password))
        .route("/verify-password", web::post().to(verify_password))
        .route("/request-password-reset", web::post().to(request_password_reset))
        .route("/reset-password/{token}", web::get().to(reset_password_callback))
        .route("/reset-password", web::post().to(reset_password));
}

/// The present and the new password.
#[derive(ToSchema)]
#[schema(as = ChangePassword, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ChangePasswordIn {
    /// The new password.
    new_password: String,
    /// The present password.
    current_password: String,
    /// Whether all other sessions end; then the caller goes on with a new one.
    revoke_other_sessions: Option<bool>,
}

/// The caller, and their new session if there is one.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordChanged)]
struct PasswordChangedOut<'a> {
    /// The token of the new session; null if the session goes on.
    token: Option<&'a str>,
    /// Who.
    user: UserOut<'a>,
}

/// Change my password
#[utoipa::path(
    post, path = "/api/auth/change-password", tag = "Passwords", operation_id = "changePassword",
    request_body(content = ChangePasswordIn, example = json!({"currentPassword": "correct horse battery",
        "newPassword": "a better staple 42", "revokeOtherSessions": true})),
    responses(
        (status = 200, description = "Changed", body = PasswordChangedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `CREDENTIAL_ACCOUNT_NOT_FOUND`, `EMAIL_PASSWORD_DISABLED`",
            body = ErrorOut, example = json!({"message": "Invalid password", "code": "INVALID_PASSWORD"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 503, description = "`BUSY`: too many passwords are being checked at once", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn change_password(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let new = input.string("newPassword");
    let current = input.string("currentPassword");
    let revoke_other_sessions = input.boolean("revokeOtherSessions").unwrap_or(false);
    input.finish()?;
    let change = ChangePassword { session: &caller.session, current: &current, new: &new, revoke_other_sessions };
    let (user, opened) = password::change(caller.core(), &caller.ctx(), change).await?;
    let token = opened.as_ref().map(|opened| opened.token.expose());
    let mut reply = reply::ok(&PasswordChangedOut { token, user: UserOut::of(&user, caller.edge.settings()) });
    if let Some(opened) = &opened {
        reply::give_session(&mut reply, &caller.edge, opened.token.expose(), opened.session.remember);
    }
    Ok(reply)
}

/// A password.
#[derive(ToSchema)]
#[schema(as = VerifyPassword)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyPasswordIn {
    /// The password.
    password: String,
}

/// Check my password
#[utoipa::path(
    post, path = "/api/auth/verify-password", tag = "Passwords", operation_id = "verifyPassword",
    request_body(content = VerifyPasswordIn, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "It is the caller's", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `PASSWORD_TOO_LONG`", body = ErrorOut,
            example = json!({"message": "Invalid password", "code": "INVALID_PASSWORD"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 503, description = "`BUSY`: too many passwords are being checked at once", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_password(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let given = input.string("password");
    input.finish()?;
    password::confirm(caller.core(), &caller.ctx(), caller.user_id(), &given).await?;
    Ok(reply::done())
}

/// Whose password.
#[derive(ToSchema)]
#[schema(as = RequestPasswordReset, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RequestPasswordResetIn {
    /// The address.
    email: String,
    /// The page that asks for the new password: a path of ours or an address at a trusted origin.
    redirect_to: Option<String>,
}

/// What everybody is told.
#[derive(Serialize, ToSchema)]
#[schema(as = ResetRequested)]
struct ResetRequestedOut {
    /// Always true.
    status: bool,
    /// For people.
    message: &'static str,
}

/// Ask for a reset link
///
/// Mails a link. The answer is the same, in the same time, for addresses that nobody has.
#[utoipa::path(
    post, path = "/api/auth/request-password-reset", tag = "Passwords", operation_id = "requestPasswordReset",
    request_body(content = RequestPasswordResetIn, example = json!({"email": "ann@example.com", "redirectTo": "/reset"})),
    responses(
        (status = 200, description = "A mail is on its way, if somebody has that address", body = ResetRequestedOut,
            example = json!({"status": true, "message": "If this email exists in our system, check your email for the reset link"})),
        (status = 400, description = "`VALIDATION_ERROR`, `RESET_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 403, description = "`INVALID_ORIGIN`, `INVALID_REDIRECT_URL`", body = ErrorOut),
    ),
    security(())
)]
async fn request_password_reset(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let address = input.email("email");
    let redirect_to = input.optional("redirectTo").filter(|url| !url.is_empty());
    input.finish()?;
    password::request_reset(&edge.core, &edge.anonymous(), &address, redirect_to.as_deref()).await?;
    Ok(reply::ok(&ResetRequestedOut {
        status: true,
        message: "If this email exists in our system, check your email for the reset link",
    }))
}

/// Follow a reset link
///
/// Leads to the page that asks for the new password, with `?token=`, or with `?error=INVALID_TOKEN`. The token
/// is not used up.
#[utoipa::path(
    get, path = "/api/auth/reset-password/{token}", tag = "Passwords", operation_id = "resetPasswordCallback",
    params(
        ("token" = String, Path, description = "The link's token"),
        ("callbackURL" = Option<String>, Query, description = "The page: a path of ours or an address at a trusted origin"),
    ),
    responses(
        (status = 302, description = "To the page"),
        (status = 403, description = "`INVALID_CALLBACK_URL`", body = ErrorOut),
    ),
    security(())
)]
async fn reset_password_callback(edge: Edge, req: HttpRequest, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let callback = input.optional("callbackURL").filter(|url| !url.is_empty());
    input.finish()?;
    let token = req.match_info().get("token").unwrap_or_default();
    let origin = edge.settings.origin();
    let Some(callback) = callback else {
        return Ok(reply::redirect(&with_query(&format!("{origin}{BASE}/error"), "error", "INVALID_TOKEN")));
    };
    let page = if callback.starts_with('/') { format!("{origin}{callback}") } else { callback };
    let good = !token.contains('\0') && password::is_reset_good(&edge.core, &edge.anonymous(), token).await?;
    let (name, value) = if good { ("token", token) } else { ("error", "INVALID_TOKEN") };
    Ok(reply::redirect(&with_query(&page, name, value)))
}

/// The new password.
#[derive(ToSchema)]
#[schema(as = ResetPassword, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ResetPasswordIn {
    /// The new password.
    new_password: String,
    /// The link's token, unless it is in the query.
    token: Option<String>,
}

/// Set a new password by a link
///
/// Uses the link up, ends all sessions and voids all other links. The link was mailed, so that it also
/// proves the mailbox.
#[utoipa::path(
    post, path = "/api/auth/reset-password", tag = "Passwords", operation_id = "resetPassword",
    params(("token" = Option<String>, Query, description = "The link's token, unless it is in the body")),
    request_body(content = ResetPasswordIn, example = json!({"newPassword": "a better staple 42", "token": "y6Jm1XcNkq0TzB3vRw8sLdAe"})),
    responses(
        (status = 200, description = "Set", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_TOKEN`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut,
            example = json!({"message": "Invalid token", "code": "INVALID_TOKEN"})),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(())
)]
async fn reset_password(edge: Edge, query: Query, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let new = input.string("newPassword");
    let token = input.optional("token");
    input.finish()?;
    let mut query = query.input();
    let in_query = query.optional("token");
    query.finish()?;
    let Some(token) = token.or(in_query).filter(|token| !token.is_empty()) else {
        return Err(ApiError::bad_request("INVALID_TOKEN", "Invalid token"));
    };
    password::reset(&edge.core, &edge.anonymous(), &token, &new).await?;
    Ok(reply::done())
}
