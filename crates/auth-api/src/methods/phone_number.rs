//! Telephone numbers to sign in with: Better Auth's plugin `phone-number`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::features::phone_number::{self, PhoneNumberFault, Profile};
use auth_core::sign_in::{self, Opened};
use auth_core::users::User;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Edge;
use crate::input::{Input, JsonBody, additional};
use crate::reply::{self, StatusOut};
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(
    sign_in_phone_number,
    send_phone_number_otp,
    verify_phone_number,
    request_password_reset,
    reset_password
))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let post = || web::post().guard(where_on(|methods| methods.phone_number.enabled));
    cfg.route("/sign-in/phone-number", post().to(sign_in_phone_number))
        .route("/phone-number/send-otp", post().to(send_phone_number_otp))
        .route("/phone-number/verify", post().to(verify_phone_number))
        .route("/phone-number/request-password-reset", post().to(request_password_reset))
        .route("/phone-number/reset-password", post().to(reset_password));
}

/// Whether somebody who changes their profile does without a number from now on. Another one takes a code.
pub(crate) fn is_dropped(edge: &Edge, input: &mut Input) -> Result<bool> {
    if !edge.methods().phone_number.enabled {
        return Ok(false);
    }
    match input.take("phoneNumber") {
        None => Ok(false),
        Some(value) if value.is_null() => Ok(true),
        Some(_) => Err(auth_core::Error::from(PhoneNumberFault::NotUpdated).into()),
    }
}

/// Refuses a number of somebody who signs up: nobody has shown that it is theirs.
pub(crate) fn refuse_unproven(edge: &Edge, input: &Input) -> Result<()> {
    let given = input.rest().get("phoneNumber").is_some_and(|value| !value.is_null() && value != "");
    if given && edge.methods().phone_number.enabled {
        return Err(auth_core::Error::from(PhoneNumberFault::NotSet).into());
    }
    Ok(())
}

/// Who signs in.
#[derive(ToSchema)]
#[schema(as = SignInPhoneNumber, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SignInIn {
    /// The number, as E.164 writes it.
    phone_number: String,
    /// The password.
    password: String,
    /// Whether the session outlives the browser; true unless said otherwise.
    remember_me: Option<bool>,
}

/// Somebody signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedInByPhoneNumber)]
struct SignedInOut<'a> {
    /// The session's token.
    token: &'a str,
    /// Who.
    user: UserOut<'a>,
}

/// Sign in with a telephone number and password
///
/// Unknown numbers, people without a password and wrong passwords get the same answer in the same time. Not found unless
/// `methods.phone_number` is switched on.
#[utoipa::path(
    post, path = "/api/auth/sign-in/phone-number", tag = "Sign-in", operation_id = "signInPhoneNumber",
    request_body(content = SignInIn, example = json!({"phoneNumber": "+4915112345678", "password": "correct horse battery"})),
    responses(
        (status = 200, description = "Signed in; or `twoFactorRedirect`, where a second factor is wanted", body = SignedInOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PHONE_NUMBER`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 401, description = "`INVALID_PHONE_NUMBER_OR_PASSWORD`", body = ErrorOut,
            example = json!({"message": "Invalid phone number or password", "code": "INVALID_PHONE_NUMBER_OR_PASSWORD"})),
        (status = 403, description = "`EMAIL_NOT_VERIFIED`, `BANNED_USER`, `USER_LOCKED`, `INVALID_ORIGIN`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 503, description = "`BUSY`: too many passwords are being checked at once", body = ErrorOut),
    ),
    security(())
)]
async fn sign_in_phone_number(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let number = input.string("phoneNumber");
    let password = input.string("password");
    let remember = input.boolean("rememberMe").unwrap_or(true);
    input.finish()?;
    let entry = sign_in::by_phone_number(&edge.core, &edge.anonymous(), &number, &password, remember).await?;
    let answer = |opened: &Opened| {
        reply::ok(&SignedInOut { token: opened.token.expose(), user: UserOut::of(&opened.user, edge.settings()) })
    };
    Ok(reply::entered(&edge, &entry, answer).await)
}

/// A number.
#[derive(ToSchema)]
#[schema(as = PhoneNumber, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct NumberIn {
    /// The number, as E.164 writes it.
    phone_number: String,
}

/// A message is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneCodeSent)]
struct SentOut {
    /// Always `code sent`.
    message: &'static str,
}

/// Ask for a code on a telephone
///
/// Sends a code of digits, which is good once and takes the place of the one before: to who has the number, to who may sign up
/// with it, and to any number for who is signed in. The answer is the same, in the same time, for all. Not found unless
/// `methods.phone_number` is switched on.
#[utoipa::path(
    post, path = "/api/auth/phone-number/send-otp", tag = "Sign-in", operation_id = "sendPhoneNumberOtp",
    request_body(content = NumberIn, example = json!({"phoneNumber": "+4915112345678"})),
    responses(
        (status = 200, description = "A message is on its way, if the number can have one", body = SentOut, example = json!({"message": "code sent"})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PHONE_NUMBER`", body = ErrorOut,
            example = json!({"message": "Invalid phone number", "code": "INVALID_PHONE_NUMBER"})),
        (status = 403, description = "`INVALID_ORIGIN`, `CROSS_SITE_NAVIGATION_LOGIN_BLOCKED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn send_phone_number_otp(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let number = input.string("phoneNumber");
    input.finish()?;
    let ctx = edge.clone().caller().await?.map_or_else(|| edge.anonymous(), |caller| caller.ctx());
    phone_number::send(&edge.core, &ctx, &number).await?;
    Ok(reply::ok(&SentOut { message: "code sent" }))
}

/// A number and its code.
#[derive(ToSchema)]
#[schema(as = VerifyPhoneNumber, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyIn {
    /// The number.
    phone_number: String,
    /// The code that was sent to it.
    code: String,
    /// Whether no session is opened.
    disable_session: Option<bool>,
    /// Whether the caller has this number from now on. It takes a fresh session, which goes on.
    update_phone_number: Option<bool>,
    /// The name of an account that is made.
    name: Option<String>,
    /// The image of an account that is made.
    image: Option<String>,
}

/// A number was proven.
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneNumberVerified)]
struct VerifiedOut<'a> {
    /// Always true.
    status: bool,
    /// The session's token; null where none was opened.
    token: Option<&'a str>,
    /// Whose number it is.
    user: UserOut<'a>,
}

impl<'a> VerifiedOut<'a> {
    fn new(edge: &'a Edge, token: Option<&'a str>, user: &'a User) -> Self {
        Self { status: true, token, user: UserOut::of(user, edge.settings()) }
    }
}

/// Prove a number by its code
///
/// Signs in whoever has the number, or gives it to the caller (`updatePhoneNumber`). Makes an account for a number that nobody
/// has, if `methods.phone_number.sign_up` says so. Who has a second factor is asked for it whether or not a session is
/// wished. Not found unless `methods.phone_number` is switched on.
#[utoipa::path(
    post, path = "/api/auth/phone-number/verify", tag = "Sign-in", operation_id = "verifyPhoneNumber",
    request_body(content = VerifyIn, example = json!({"phoneNumber": "+4915112345678", "code": "123456"})),
    responses(
        (status = 200, description = "Proven; or `twoFactorRedirect`, where a second factor is wanted", body = VerifiedOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PHONE_NUMBER`, `INVALID_OTP`, `OTP_EXPIRED`, `PHONE_NUMBER_EXIST`, `NEW_USER_SIGNUP_DISABLED`, `INVALID_NAME`, `INVALID_IMAGE`, `FIELD_NOT_ALLOWED`, `MISSING_FIELD`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 401, description = "`USER_NOT_FOUND`: `updatePhoneNumber` without a session", body = ErrorOut),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`, `PHONE_NUMBER_PENDING_VERIFICATION`, `EMAIL_NOT_VERIFIED`, `BANNED_USER`, `USER_LOCKED`, `SESSION_NOT_FRESH`, `SECOND_FACTOR_NOT_SHOWN`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut,
            example = json!({"message": "Too many attempts", "code": "TOO_MANY_ATTEMPTS"})),
        (status = 404, description = "Switched off (no body)"),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_phone_number(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let number = input.string("phoneNumber");
    let code = input.string("code");
    let opens = !input.boolean("disableSession").unwrap_or(false);
    let updates = input.boolean("updatePhoneNumber").unwrap_or(false);
    let name = input.optional("name");
    let image = input.optional("image");
    let fields = additional::of_person(&edge.settings().fields.user, &mut input, true)?;
    input.finish()?;
    if updates {
        let caller = edge.clone().caller().await?;
        let caller =
            caller.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "USER_NOT_FOUND", "User not found"))?;
        let user = phone_number::set(caller.core(), &caller.ctx(), &caller.session, &number, &code).await?;
        return Ok(reply::ok(&VerifiedOut::new(&edge, Some(&caller.token), &user)));
    }
    let new = Profile { name: name.as_deref(), image: image.as_deref(), additional_fields: Some(&fields) };
    let verified = phone_number::verify(&edge.core, &edge.anonymous(), &number, &code, new, opens).await?;
    let Some(entry) = &verified.entry else {
        return Ok(reply::ok(&VerifiedOut::new(&edge, None, &verified.user)));
    };
    let answer = |opened: &Opened| reply::ok(&VerifiedOut::new(&edge, Some(opened.token.expose()), &opened.user));
    Ok(reply::entered(&edge, entry, answer).await)
}

/// Ask for a code on a telephone that sets a new password
///
/// The answer is the same, in the same time, for numbers that nobody has. Not found unless `methods.phone_number` is switched
/// on.
#[utoipa::path(
    post, path = "/api/auth/phone-number/request-password-reset", tag = "Passwords", operation_id = "requestPasswordResetPhoneNumber",
    request_body(content = NumberIn, example = json!({"phoneNumber": "+4915112345678"})),
    responses(
        (status = 200, description = "A message is on its way, if somebody has that number", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PHONE_NUMBER`, `RESET_PASSWORD_DISABLED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn request_password_reset(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let number = input.string("phoneNumber");
    input.finish()?;
    phone_number::request_reset(&edge.core, &edge.anonymous(), &number).await?;
    Ok(reply::done())
}

/// The new password.
#[derive(ToSchema)]
#[schema(as = ResetPasswordPhoneNumber, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct ResetIn {
    /// The number.
    phone_number: String,
    /// The code that was sent to it.
    otp: String,
    /// The new password.
    new_password: String,
}

/// Set a new password by a code on a telephone
///
/// Uses the code up, ends all sessions and voids all links and codes. Not found unless `methods.phone_number` is switched on.
#[utoipa::path(
    post, path = "/api/auth/phone-number/reset-password", tag = "Passwords", operation_id = "resetPasswordPhoneNumber",
    request_body(content = ResetIn, example = json!({"phoneNumber": "+4915112345678", "otp": "123456", "newPassword": "a better staple 42"})),
    responses(
        (status = 200, description = "Set", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `INVALID_PHONE_NUMBER`, `INVALID_OTP`, `OTP_EXPIRED`, `PASSWORD_TOO_SHORT`, `PASSWORD_TOO_LONG`, `EMAIL_PASSWORD_DISABLED`", body = ErrorOut,
            example = json!({"message": "Invalid OTP", "code": "INVALID_OTP"})),
        (status = 403, description = "`TOO_MANY_ATTEMPTS`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
        (status = 503, description = "`BUSY`: too many passwords are being hashed at once", body = ErrorOut),
    ),
    security(())
)]
async fn reset_password(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let code = input.string("otp");
    let number = input.string("phoneNumber");
    let new = input.string("newPassword");
    input.finish()?;
    phone_number::reset_password(&edge.core, &edge.anonymous(), &number, &code, &new).await?;
    Ok(reply::done())
}
