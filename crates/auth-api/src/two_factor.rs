//! Second factors: setting one up, showing it, doing without.

use actix_web::{HttpResponse, ResponseError as _, web};
use auth_core::two_factor::{self, By, Enabled, Proof, Shown, TwoFactorFault, Wishes};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::JsonBody;
use crate::reply::{self, StatusOut};
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(
    paths(enable, disable, get_totp_uri, verify_totp, send_otp, verify_otp, verify_backup_code, generate_backup_codes),
    components(schemas(reply::TwoFactorRedirectOut))
)]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/two-factor/enable", web::post().to(enable))
        .route("/two-factor/disable", web::post().to(disable))
        .route("/two-factor/get-totp-uri", web::post().to(get_totp_uri))
        .route("/two-factor/verify-totp", web::post().to(verify_totp))
        .route("/two-factor/send-otp", web::post().to(send_otp))
        .route("/two-factor/verify-otp", web::post().to(verify_otp))
        .route("/two-factor/verify-backup-code", web::post().to(verify_backup_code))
        .route("/two-factor/generate-backup-codes", web::post().to(generate_backup_codes));
}

/// What is set up.
#[derive(ToSchema)]
#[schema(as = EnableTwoFactor)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct EnableIn {
    /// The caller's password. Who has none needs a fresh session instead.
    password: Option<String>,
    /// `totp` (an app; unless said otherwise) or `otp` (codes by mail).
    method: Option<String>,
    /// What the app calls this instance.
    issuer: Option<String>,
}

/// A second factor was set up, or begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TwoFactorEnabled)]
struct EnabledOut<'a> {
    /// `totp`: nothing is asked for until `/two-factor/verify-totp` was called once. `otp`: asked for from now on.
    method: &'static str,
    /// The address that an app reads, as a rule from a QR code.
    #[serde(rename = "totpURI", skip_serializing_if = "Option::is_none")]
    totp_uri: Option<&'a str>,
    /// Codes that are good once each, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_codes: Option<&'a [String]>,
}

/// Set up a second factor
///
/// For an app: gives the secret and ten backup codes, and asks for nothing until a code of the app was shown to
/// `/two-factor/verify-totp`. By mail: a code is mailed at each sign-in from now on, and the session is replaced.
#[utoipa::path(
    post, path = "/api/auth/two-factor/enable", tag = "Two-factor", operation_id = "enableTwoFactor",
    request_body(content = EnableIn, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "Set up, or begun", body = EnabledOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `TOTP_ALREADY_ENABLED`", body = ErrorOut,
            example = json!({"message": "Invalid password", "code": "INVALID_PASSWORD"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`: without a password; `SECOND_FACTOR_NOT_SHOWN`: in this session; `NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`", body = ErrorOut),
        (status = 404, description = "Second factors are switched off"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn enable(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let password = input.optional("password");
    let method = input.optional("method");
    let issuer = input.optional("issuer");
    if method.as_deref().is_some_and(|method| !matches!(method, "totp" | "otp")) {
        input.issue("method", "Invalid option: expected one of \"otp\"|\"totp\"");
    }
    if issuer.as_deref().is_some_and(|issuer| issuer.len() > 100) {
        input.issue("issuer", "Too big: expected string to have <=100 characters");
    }
    input.finish()?;
    let (core, ctx, session) = (caller.core(), caller.ctx(), &caller.session);
    let enabled = if method.as_deref() == Some("otp") {
        two_factor::enable_otp(core, &ctx, session, password.as_deref()).await?
    } else {
        Box::pin(two_factor::enable_totp(core, &ctx, session, password.as_deref(), issuer.as_deref())).await?
    };
    Ok(match &enabled {
        Enabled::Totp { uri, backup_codes } => {
            let out = EnabledOut { method: "totp", totp_uri: Some(uri.expose()), backup_codes: Some(backup_codes) };
            reply::unkept(reply::ok(&out))
        }
        Enabled::Otp(opened) => {
            let mut reply = reply::ok(&EnabledOut { method: "otp", totp_uri: None, backup_codes: None });
            if let Some(opened) = opened {
                reply::give_opened(&mut reply, &caller.edge, opened);
            }
            reply
        }
    })
}

/// That it is the caller.
#[derive(ToSchema)]
#[schema(as = ConfirmPassword)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ConfirmIn {
    /// The caller's password. Who has none needs a fresh session instead.
    password: Option<String>,
}

fn confirmation(body: JsonBody) -> Result<Option<String>> {
    let mut input = body.object_if_any()?;
    let password = input.optional("password");
    input.finish()?;
    Ok(password)
}

/// Do without a second factor
///
/// Removes the secret, the backup codes and all trusted devices, and replaces the session.
#[utoipa::path(
    post, path = "/api/auth/two-factor/disable", tag = "Two-factor", operation_id = "disableTwoFactor",
    request_body(content = ConfirmIn, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "Removed", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`: without a password; `SECOND_FACTOR_NOT_SHOWN`: in this session; `NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn disable(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let password = confirmation(body)?;
    let opened = two_factor::disable(caller.core(), &caller.ctx(), &caller.session, password.as_deref()).await?;
    let mut reply = reply::done();
    reply::give_opened(&mut reply, &caller.edge, &opened);
    caller.edge.settings.cookies.expire_trust_device(reply.headers_mut());
    Ok(reply)
}

/// The address that an app reads.
#[derive(Serialize, ToSchema)]
#[schema(as = TotpUri)]
struct TotpUriOut<'a> {
    /// `otpauth://totp/…`
    #[serde(rename = "totpURI")]
    totp_uri: &'a str,
}

/// Show the app's secret once more
#[utoipa::path(
    post, path = "/api/auth/two-factor/get-totp-uri", tag = "Two-factor", operation_id = "getTotpUri",
    request_body(content = ConfirmIn, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "The address", body = TotpUriOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `TOTP_NOT_ENABLED`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`: without a password; `SECOND_FACTOR_NOT_SHOWN`: in this session; `NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_totp_uri(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let password = confirmation(body)?;
    let uri = two_factor::totp_uri(caller.core(), &caller.ctx(), &caller.session, password.as_deref()).await?;
    Ok(reply::unkept(reply::ok(&TotpUriOut { totp_uri: uri.expose() })))
}

/// Backup codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BackupCodes)]
struct BackupCodesOut {
    /// Always true.
    status: bool,
    /// Codes that are good once each, shown this once.
    backup_codes: Vec<String>,
}

/// Make new backup codes
///
/// Those before are void.
#[utoipa::path(
    post, path = "/api/auth/two-factor/generate-backup-codes", tag = "Two-factor", operation_id = "generateBackupCodes",
    request_body(content = ConfirmIn, example = json!({"password": "correct horse battery"})),
    responses(
        (status = 200, description = "The codes", body = BackupCodesOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PASSWORD`, `TWO_FACTOR_NOT_ENABLED`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`SESSION_NOT_FRESH`: without a password; `SECOND_FACTOR_NOT_SHOWN`: in this session; `NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn generate_backup_codes(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let password = confirmation(body)?;
    let (core, ctx) = (caller.core(), caller.ctx());
    let codes = two_factor::renew_backup_codes(core, &ctx, &caller.session, password.as_deref()).await?;
    Ok(reply::unkept(reply::ok(&BackupCodesOut { status: true, backup_codes: codes })))
}

/// A code.
#[derive(ToSchema)]
#[schema(as = VerifyTwoFactor, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyIn {
    /// The code.
    code: String,
    /// Whether this device is not asked again for 30 days of use.
    trust_device: Option<bool>,
}

/// A second factor was shown.
#[derive(Serialize, ToSchema)]
#[schema(as = TwoFactorVerified)]
struct VerifiedOut<'a> {
    /// The session's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// Who.
    user: UserOut<'a>,
}

/// Which kind of code.
type Kind = fn(&str) -> Proof<'_>;

async fn verify(edge: Edge, body: JsonBody, kind: Kind) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let code = input.string("code");
    let trust_device = input.boolean("trustDevice").unwrap_or(false);
    let disable_session = input.boolean("disableSession").unwrap_or(false);
    input.finish()?;
    let code = if code.len() > 64 { "" } else { code.trim() };
    let proof = kind(code);
    let wishes = Wishes { trust_device, without_session: disable_session && matches!(proof, Proof::Backup(_)) };
    let asker = Asker::of(edge).await?;
    let cookies = &asker.edge.settings.cookies;
    let shown = match Box::pin(two_factor::show(&asker.edge.core, &asker.ctx(), asker.by(), proof, wishes)).await {
        Ok(shown) => shown,
        Err(error) => {
            let ended = asker.caller.is_none() && !matches!(proof, Proof::Otp(_));
            let ended = ended && error.is(&TwoFactorFault::TooManyAttempts);
            let mut reply = ApiError::from(error).error_response();
            if ended {
                cookies.expire_two_factor(reply.headers_mut());
            }
            return Ok(reply);
        }
    };
    Ok(match &shown {
        Shown::Opened(opened) => {
            let out = VerifiedOut {
                token: Some(opened.token.expose()),
                user: UserOut::of(&opened.user, asker.edge.settings()),
            };
            let mut reply = reply::ok(&out);
            reply::give_opened(&mut reply, &asker.edge, opened);
            if asker.caller.is_none() {
                cookies.expire_two_factor(reply.headers_mut());
            }
            reply
        }
        Shown::Noted(user) => {
            let token = asker.caller.as_ref().map(|caller| caller.token.as_str());
            reply::ok(&VerifiedOut { token, user: UserOut::of(user, asker.edge.settings()) })
        }
    })
}

/// Who shows a second factor: the caller of a session, or whoever has the cookie of a sign-in that waits.
struct Asker {
    edge: Edge,
    caller: Option<Caller>,
    token: String,
}

impl Asker {
    async fn of(edge: Edge) -> Result<Self> {
        let caller = edge.clone().caller().await?;
        let token = edge.settings.cookies.two_factor(edge.request().headers(), edge.secret()).unwrap_or_default();
        // A visitor has no second factor: they sign in as somebody who has.
        let caller = caller.filter(|caller| token.is_empty() || !caller.user.is_anonymous);
        if caller.is_none() && token.is_empty() {
            return Err(auth_core::Error::from(TwoFactorFault::InvalidCookie).into());
        }
        Ok(Self { edge, caller, token })
    }

    fn by(&self) -> By<'_> {
        self.caller.as_ref().map_or(By::Challenge(&self.token), |caller| By::Session(&caller.session))
    }

    fn ctx(&self) -> auth_core::Ctx {
        self.caller.as_ref().map_or_else(|| self.edge.anonymous(), Caller::ctx)
    }
}

/// Show a code of an app
///
/// Completes a sign-in that was answered `twoFactorRedirect`; in a session, completes setting the app up, or shows the
/// second factor late. A code is accepted once.
#[utoipa::path(
    post, path = "/api/auth/two-factor/verify-totp", tag = "Two-factor", operation_id = "verifyTotp",
    request_body(content = VerifyIn, example = json!({"code": "012345"})),
    responses(
        (status = 200, description = "Shown", body = VerifiedOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `TOTP_NOT_ENABLED`, `TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE`", body = ErrorOut),
        (status = 401, description = "`INVALID_CODE`, `INVALID_TWO_FACTOR_COOKIE`", body = ErrorOut,
            example = json!({"message": "Invalid code", "code": "INVALID_CODE"})),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`; what refuses a sign-in", body = ErrorOut),
        (status = 429, description = "`ACCOUNT_TEMPORARILY_LOCKED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_totp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    verify(edge, body, |code| Proof::Totp(code)).await
}

/// Ask for a code by mail
///
/// For a sign-in that was answered `twoFactorRedirect` with the method `otp`, or in a session.
#[utoipa::path(
    post, path = "/api/auth/two-factor/send-otp", tag = "Two-factor", operation_id = "sendTwoFactorOtp",
    request_body(content = Option<serde_json::Value>, example = json!({})),
    responses(
        (status = 200, description = "A mail is on its way", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`OTP_NOT_ENABLED`, `TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE`: too many codes were asked for", body = ErrorOut),
        (status = 401, description = "`INVALID_TWO_FACTOR_COOKIE`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`", body = ErrorOut),
        (status = 429, description = "`ACCOUNT_TEMPORARILY_LOCKED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn send_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    body.object_if_any()?.finish()?;
    let asker = Asker::of(edge).await?;
    two_factor::send_code(&asker.edge.core, &asker.ctx(), asker.by()).await?;
    Ok(reply::done())
}

/// Show a code that was mailed
///
/// As `/two-factor/verify-totp`. In a session of somebody without a second factor it sets one up by mail.
#[utoipa::path(
    post, path = "/api/auth/two-factor/verify-otp", tag = "Two-factor", operation_id = "verifyTwoFactorOtp",
    request_body(content = VerifyIn, example = json!({"code": "012345"})),
    responses(
        (status = 200, description = "Shown", body = VerifiedOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `OTP_HAS_EXPIRED`, `OTP_NOT_ENABLED`, `TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE`", body = ErrorOut),
        (status = 401, description = "`INVALID_CODE`, `INVALID_TWO_FACTOR_COOKIE`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`; what refuses a sign-in", body = ErrorOut),
        (status = 429, description = "`ACCOUNT_TEMPORARILY_LOCKED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    verify(edge, body, |code| Proof::Otp(code)).await
}

/// A backup code.
#[derive(ToSchema)]
#[schema(as = VerifyBackupCode, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyBackupCodeIn {
    /// The code.
    code: String,
    /// Whether no session is opened. The code is used up all the same.
    disable_session: Option<bool>,
    /// Whether this device is not asked again for 30 days of use.
    trust_device: Option<bool>,
}

/// Show a backup code
///
/// As `/two-factor/verify-totp`. A code is accepted once.
#[utoipa::path(
    post, path = "/api/auth/two-factor/verify-backup-code", tag = "Two-factor", operation_id = "verifyBackupCode",
    request_body(content = VerifyBackupCodeIn, example = json!({"code": "aB3dE-6gH1j"})),
    responses(
        (status = 200, description = "Shown", body = VerifiedOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `BACKUP_CODES_NOT_ENABLED`, `TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE`", body = ErrorOut),
        (status = 401, description = "`INVALID_BACKUP_CODE`, `INVALID_TWO_FACTOR_COOKIE`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`, `INVALID_ORIGIN`; what refuses a sign-in", body = ErrorOut),
        (status = 429, description = "`ACCOUNT_TEMPORARILY_LOCKED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_backup_code(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    verify(edge, body, |code| Proof::Backup(code)).await
}
