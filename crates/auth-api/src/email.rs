//! Proving a mailbox.

use actix_web::{HttpResponse, web};
use auth_core::users::mailbox::{self, Outcome};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Edge;
use crate::input::{JsonBody, Query};
use crate::origin::with_query;
use crate::reply::{self, StatusOut};
use crate::wire::UserOut;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(send_verification_email, verify_email))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/send-verification-email", web::post().to(send_verification_email))
        .route("/verify-email", web::get().to(verify_email));
}

/// Which mailbox.
#[derive(ToSchema)]
#[schema(as = SendVerificationEmail)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SendVerificationEmailIn {
    /// The address.
    email: String,
    /// Where the link leads in the end: a path of ours or an address at a trusted origin.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

/// Ask for a verification link
///
/// Mails a link. Without a session the answer is the same, in the same time, for addresses that nobody has
/// or that are proven already.
#[utoipa::path(
    post, path = "/api/auth/send-verification-email", tag = "Email", operation_id = "sendVerificationEmail",
    request_body(content = SendVerificationEmailIn, example = json!({"email": "ann@example.com", "callbackURL": "/welcome"})),
    responses(
        (status = 200, description = "A mail is on its way, if there is something to prove", body = StatusOut, example = json!({"status": true})),
        (status = 400, description = "`VALIDATION_ERROR`; with a session `EMAIL_MISMATCH`, `EMAIL_ALREADY_VERIFIED`", body = ErrorOut,
            example = json!({"message": "Email is already verified", "code": "EMAIL_ALREADY_VERIFIED"})),
        (status = 403, description = "`INVALID_ORIGIN`, `INVALID_CALLBACK_URL`", body = ErrorOut),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn send_verification_email(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let address = input.email("email");
    let callback = input.optional("callbackURL").filter(|url| !url.is_empty());
    input.finish()?;
    let ctx = edge.clone().caller().await?.map_or_else(|| edge.anonymous(), |caller| caller.ctx());
    mailbox::send_verification(&edge.core, &ctx, &address, callback.as_deref()).await?;
    Ok(reply::done())
}

/// What the link did.
#[derive(Serialize, ToSchema)]
#[schema(as = EmailVerified)]
struct EmailVerifiedOut<'a> {
    /// Always true.
    status: bool,
    /// The person with the changed address, if the link changed it; else null.
    user: Option<UserOut<'a>>,
}

/// Follow a verification link
///
/// Proves the mailbox, agrees to a change of address, or makes the change: what the link was mailed for.
#[utoipa::path(
    get, path = "/api/auth/verify-email", tag = "Email", operation_id = "verifyEmail",
    params(
        ("token" = String, Query, description = "The link's token"),
        ("callbackURL" = Option<String>, Query, description = "Where to go then: a path of ours or an address at a trusted origin"),
    ),
    responses(
        (status = 200, description = "Done", body = EmailVerifiedOut, example = json!({"status": true, "user": null})),
        (status = 302, description = "To the `callbackURL`, with `?error=` if it failed"),
        (status = 401, description = "`INVALID_TOKEN`, `TOKEN_EXPIRED`", body = ErrorOut,
            example = json!({"message": "Invalid token", "code": "INVALID_TOKEN"})),
        (status = 403, description = "`INVALID_CALLBACK_URL`", body = ErrorOut),
        (status = 422, description = "`USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`: somebody took the new address meanwhile", body = ErrorOut),
    ),
    security((), ("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn verify_email(edge: Edge, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let token = input.string("token");
    let callback = input.optional("callbackURL").filter(|url| !url.is_empty());
    input.finish()?;
    let ctx = edge.clone().caller().await?.map_or_else(|| edge.anonymous(), |caller| caller.ctx());
    let verified = match mailbox::verify_email(&edge.core, &ctx, &token).await.map_err(ApiError::from) {
        Ok(verified) => verified,
        Err(error) => {
            return match (callback, error.code()) {
                (Some(url), Some(code)) if error.status().is_client_error() => {
                    Ok(reply::redirect(&with_query(&url, "error", code)))
                }
                _ => Err(error),
            };
        }
    };
    let user = (verified.outcome == Outcome::Changed).then(|| UserOut::of(&verified.user, edge.settings()));
    let done = EmailVerifiedOut { status: true, user };
    Ok(match (&verified.entry, callback) {
        (Some(entry), Some(url)) => reply::entered_redirect(&edge, entry, &url).await,
        (Some(entry), None) => reply::entered(&edge, entry, |_| reply::ok(&done)).await,
        (None, Some(url)) => reply::redirect(&url),
        (None, None) => reply::ok(&done),
    })
}
