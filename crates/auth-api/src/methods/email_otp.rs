//! Codes that are mailed and typed in: Better Auth's plugin `email-otp`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::features::email_otp::{self, Profile};
use auth_core::sign_in::Opened;
use auth_core::verification::codes::CodePurpose;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{SuccessOut, done, where_on};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::{Input, JsonBody, additional};
use crate::reply;
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(
    send_verification_otp,
    check_verification_otp,
    sign_in_email_otp,
    verify_email_otp,
    request_password_reset_otp,
    forget_password_otp,
    reset_password_otp,
    request_email_change_otp,
    change_email_otp
))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let post = || web::post().guard(where_on(|methods| methods.email_otp.enabled));
    cfg.route("/email-otp/send-verification-otp", post().to(send_verification_otp))
        .route("/email-otp/check-verification-otp", post().to(check_verification_otp))
        .route("/sign-in/email-otp", post().to(sign_in_email_otp))
        .route("/email-otp/verify-email", post().to(verify_email_otp))
        .route("/email-otp/request-password-reset", post().to(request_password_reset_otp))
        .route("/forget-password/email-otp", post().to(forget_password_otp))
        .route("/email-otp/reset-password", post().to(reset_password_otp))
        .route("/email-otp/request-email-change", post().to(request_email_change_otp))
        .route("/email-otp/change-email", post().to(change_email_otp));
}

/// What a code is for, in the words of the wire.
#[derive(ToSchema)]
#[schema(as = EmailOtpType, rename_all = "kebab-case")]
#[expect(dead_code, reason = "documentation: the words are read by `purpose`")]
enum TypeIn {
    EmailVerification,
    SignIn,
    ForgetPassword,
    ChangeEmail,
}

fn purpose(input: &mut Input) -> CodePurpose {
    match input.optional("type").unwrap_or_default().as_str() {
        "email-verification" => CodePurpose::VerifyEmail,
        "sign-in" => CodePurpose::SignIn,
        "forget-password" => CodePurpose::ResetPassword,
        "change-email" => CodePurpose::ChangeEmail,
        _ => {
            input.issue(
                "type",
                "Invalid option: expected one of \"email-verification\"|\"sign-in\"|\"forget-password\"|\"change-email\"",
            );
            CodePurpose::SignIn
        }
    }
}

/// Who has the code of an address learned whether it has an account: upstream's status for that is 400.
fn unknown_is_bad(error: auth_core::Error) -> ApiError {
    let error = ApiError::from(error);
    if error.code() == Some("USER_NOT_FOUND") { error.with_status(StatusCode::BAD_REQUEST) } else { error }
}

/// Which code is wanted.
#[derive(ToSchema)]
#[schema(as = SendVerificationOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SendIn {
    /// The address.
    email: String,
    /// For what. A code to change the address is asked for with `/email-otp/request-email-change`.
    r#type: TypeIn,
}

/// Ask for a code
///
/// Mails a code of digits, which is good once and takes the place of the one before. The answer is the same, in the same
/// time, for addresses that nobody has. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/send-verification-otp", tag = "Sign-in", operation_id = "sendVerificationOtp",
    request_body(content = SendIn, example = json!({"email": "ann@example.com", "type": "sign-in"})),
    responses(
        (status = 200, description = "A mail is on its way, if the address can have one", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, or `Invalid OTP type`", body = ErrorOut,
            example = json!({"message": "Invalid email", "code": "INVALID_EMAIL"})),
        (status = 403, description = "`INVALID_ORIGIN`, `CROSS_SITE_NAVIGATION_LOGIN_BLOCKED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn send_verification_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let purpose = purpose(&mut input);
    input.finish()?;
    if purpose == CodePurpose::ChangeEmail {
        return Err(ApiError::without_code(StatusCode::BAD_REQUEST, "Invalid OTP type"));
    }
    email_otp::send(&edge.core, &edge.anonymous(), purpose, &email).await?;
    Ok(done())
}

/// A code to look at.
#[derive(ToSchema)]
#[schema(as = CheckVerificationOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CheckIn {
    /// The address.
    email: String,
    /// For what.
    r#type: TypeIn,
    /// The code.
    otp: String,
}

/// Check a code
///
/// Says whether a code is right, without using it up. A wrong one is counted: after a few there is no code any more. Not
/// found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/check-verification-otp", tag = "Sign-in", operation_id = "checkVerificationOtp",
    request_body(content = CheckIn, example = json!({"email": "ann@example.com", "type": "sign-in", "otp": "123456"})),
    responses(
        (status = 200, description = "It is right", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `INVALID_OTP`, `OTP_EXPIRED`, `USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`", body = ErrorOut,
            example = json!({"message": "Too many attempts", "code": "TOO_MANY_ATTEMPTS"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn check_verification_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let purpose = purpose(&mut input);
    let code = input.string("otp");
    input.finish()?;
    email_otp::check(&edge.core, &edge.anonymous(), purpose, &email, &code).await.map_err(unknown_is_bad)?;
    Ok(done())
}

/// Who signs in by a code.
#[derive(ToSchema)]
#[schema(as = SignInEmailOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignInIn {
    /// The address.
    email: String,
    /// The code.
    otp: String,
    /// The name that is shown, if an account is made.
    name: Option<String>,
    /// An http(s) address or a data image, if an account is made.
    image: Option<String>,
}

/// Somebody signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedInByCode)]
struct SignedInOut<'a> {
    /// The session's token.
    token: &'a str,
    /// Who.
    user: UserOut<'a>,
}

/// Sign in by a code
///
/// Uses the code up, proves the mailbox and opens a session; makes the account if nobody has the address and strangers may
/// sign up. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/sign-in/email-otp", tag = "Sign-in", operation_id = "signInEmailOtp",
    request_body(content = SignInIn, example = json!({"email": "ann@example.com", "otp": "123456"})),
    responses(
        (status = 200, description = "Signed in; or `twoFactorRedirect`, where a second factor is wanted", body = SignedInOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_OTP`, `OTP_EXPIRED`, `INVALID_NAME`, `INVALID_IMAGE`, `FIELD_NOT_ALLOWED`, `MISSING_FIELD`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`, `BANNED_USER`, `USER_LOCKED`, `INVALID_ORIGIN`", body = ErrorOut,
            example = json!({"message": "Too many attempts", "code": "TOO_MANY_ATTEMPTS"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn sign_in_email_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let code = input.string("otp");
    let name = input.optional("name");
    let image = input.optional("image");
    let fields = additional::of_person(&edge.settings().fields.user, &mut input, true)?;
    input.finish()?;
    let new = Profile { name: name.as_deref(), image: image.as_deref(), additional_fields: Some(&fields) };
    let entry = email_otp::sign_in(&edge.core, &edge.anonymous(), &email, &code, new).await?;
    let answer = |opened: &Opened| {
        reply::ok(&SignedInOut { token: opened.token.expose(), user: UserOut::of(&opened.user, edge.settings()) })
    };
    Ok(reply::entered(&edge, &entry, answer).await)
}

/// An address and its code.
#[derive(ToSchema)]
#[schema(as = VerifyEmailOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyIn {
    /// The address.
    email: String,
    /// The code.
    otp: String,
}

/// The mailbox is proven.
#[derive(Serialize, ToSchema)]
#[schema(as = EmailVerifiedByCode)]
struct VerifiedOut<'a> {
    /// Always true.
    status: bool,
    /// The token of a session, where proving a mailbox signs in; else null.
    token: Option<&'a str>,
    /// Whose mailbox it is.
    user: UserOut<'a>,
}

/// Prove a mailbox by a code
///
/// Confirms the account as it is, as a verification link does. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/verify-email", tag = "Email", operation_id = "verifyEmailOtp",
    request_body(content = VerifyIn, example = json!({"email": "ann@example.com", "otp": "123456"})),
    responses(
        (status = 200, description = "Proven; or `twoFactorRedirect`, where that signs in and a second factor is wanted", body = VerifiedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `INVALID_OTP`, `OTP_EXPIRED`, `USER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`, `BANNED_USER`, `USER_LOCKED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_email_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let code = input.string("otp");
    input.finish()?;
    let ctx = edge.clone().caller().await?.map_or_else(|| edge.anonymous(), |caller| caller.ctx());
    let (user, entry) = email_otp::verify_email(&edge.core, &ctx, &email, &code).await.map_err(unknown_is_bad)?;
    let answer = |token: Option<&str>| {
        reply::ok(&VerifiedOut { status: true, token, user: UserOut::of(&user, edge.settings()) })
    };
    Ok(match &entry {
        Some(entry) => reply::entered(&edge, entry, |opened| answer(Some(opened.token.expose()))).await,
        None => answer(None),
    })
}

/// Whose password.
#[derive(ToSchema)]
#[schema(as = RequestPasswordResetOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RequestResetIn {
    /// The address.
    email: String,
}

/// Ask for a code that sets a new password
///
/// The answer is the same, in the same time, for addresses that nobody has. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/request-password-reset", tag = "Passwords", operation_id = "requestPasswordResetOtp",
    request_body(content = RequestResetIn, example = json!({"email": "ann@example.com"})),
    responses(
        (status = 200, description = "A mail is on its way, if somebody has that address", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `RESET_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn request_password_reset_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    input.finish()?;
    email_otp::send(&edge.core, &edge.anonymous(), CodePurpose::ResetPassword, &email).await?;
    Ok(done())
}

/// Ask for a code that sets a new password, as older clients do
///
/// The same as `/email-otp/request-password-reset`. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/forget-password/email-otp", tag = "Passwords", operation_id = "forgetPasswordOtp",
    request_body(content = RequestResetIn, example = json!({"email": "ann@example.com"})),
    responses(
        (status = 200, description = "A mail is on its way, if somebody has that address", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `RESET_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn forget_password_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    request_password_reset_otp(edge, body).await
}

/// The new password.
#[derive(ToSchema)]
#[schema(as = ResetPasswordOtp)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ResetIn {
    /// The address.
    email: String,
    /// The code.
    otp: String,
    /// The new password.
    password: String,
}

/// Set a new password by a code
///
/// Uses the code up, ends all sessions and voids all links and codes. The code was mailed, so that it also proves the
/// mailbox. Not found unless `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/reset-password", tag = "Passwords", operation_id = "resetPasswordOtp",
    request_body(content = ResetIn, example = json!({"email": "ann@example.com", "otp": "123456", "password": "a better staple 42"})),
    responses(
        (status = 200, description = "Set", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `INVALID_OTP`, `OTP_EXPIRED`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(())
)]
async fn reset_password_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let code = input.string("otp");
    let password = input.string("password");
    input.finish()?;
    let ctx = edge.anonymous();
    email_otp::reset_password(&edge.core, &ctx, &email, &code, &password).await.map_err(unknown_is_bad)?;
    Ok(done())
}

/// The new address.
#[derive(ToSchema)]
#[schema(as = RequestEmailChangeOtp, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RequestChangeIn {
    /// The new address.
    new_email: String,
    /// A code of the type `email-verification` that was mailed to the present address. Needed where that is proven, unless
    /// `methods.email_otp.verify_current_email` is switched off.
    otp: Option<String>,
}

/// Ask for a code that changes my address
///
/// Mails a code to the new mailbox. The answer does not tell whether the new address has an owner. Not found unless
/// `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/request-email-change", tag = "Email", operation_id = "requestEmailChangeOtp",
    request_body(content = RequestChangeIn, example = json!({"newEmail": "ann.example@example.com", "otp": "123456"})),
    responses(
        (status = 200, description = "A mail is on its way", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `INVALID_OTP`, `OTP_EXPIRED`; switched off, the email is the same, or a code is required to verify the current one",
            body = ErrorOut, example = json!({"message": "OTP is required to verify current email"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn request_email_change_otp(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let new = input.string("newEmail");
    let code = input.optional("otp");
    input.finish()?;
    email_otp::request_change(caller.core(), &caller.ctx(), &caller.session, &new, code.as_deref()).await?;
    Ok(done())
}

/// The new address and its code.
#[derive(ToSchema)]
#[schema(as = ChangeEmailOtp, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ChangeIn {
    /// The new address.
    new_email: String,
    /// The code that was mailed to it.
    otp: String,
}

/// Change my address by a code
///
/// All sessions end; the caller goes on with a new one, whose cookie comes with the answer. Not found unless
/// `methods.email_otp` is switched on.
#[utoipa::path(
    post, path = "/api/auth/email-otp/change-email", tag = "Email", operation_id = "changeEmailOtp",
    request_body(content = ChangeIn, example = json!({"newEmail": "ann.example@example.com", "otp": "123456"})),
    responses(
        (status = 200, description = "Changed", body = SuccessOut,
            headers(("set-cookie" = String, description = "The new session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_EMAIL`, `INVALID_OTP`, `OTP_EXPIRED`; switched off, or the email is the same", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 422, description = "`USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`: somebody took the new address meanwhile", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn change_email_otp(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let new = input.string("newEmail");
    let code = input.string("otp");
    input.finish()?;
    let opened = email_otp::change(caller.core(), &caller.ctx(), &caller.session, &new, &code).await?;
    let mut reply = done();
    reply::give_session(&mut reply, &caller.edge, opened.token.expose(), opened.session.remember);
    Ok(reply)
}
