//! Tokens by which a session goes on elsewhere: Better Auth's plugin `one-time-token`.

use actix_web::{HttpResponse, web};
use auth_core::features::one_time_token;
use auth_core::sign_in::Opened;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::input::JsonBody;
use crate::reply;
use crate::session::SessionAndUserOut;
use crate::wire::{SessionOut, UserOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(generate_one_time_token, verify_one_time_token))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route(
        "/one-time-token/generate",
        web::get().guard(where_on(|methods| methods.one_time_token.enabled)).to(generate_one_time_token),
    )
    .route(
        "/one-time-token/verify",
        web::post().guard(where_on(|methods| methods.one_time_token.enabled)).to(verify_one_time_token),
    );
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = OneTimeToken)]
struct TokenOut<'a> {
    /// The token, good once.
    token: &'a str,
}

/// Make a token for elsewhere
///
/// Whoever brings it gets a session of the caller's. Not found unless `methods.one_time_token` is switched on.
#[utoipa::path(
    get, path = "/api/auth/one-time-token/generate", tag = "Sessions", operation_id = "generateOneTimeToken",
    responses(
        (status = 200, description = "A token", body = TokenOut, example = json!({"token": "y6Jm1XcNkq0TzB3vRw8sLdAe"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn generate_one_time_token(caller: Caller) -> Result<HttpResponse> {
    let token = caller.core().write(&caller.ctx(), async |tx| one_time_token::generate(tx).await).await?;
    Ok(reply::unkept(reply::ok(&TokenOut { token: token.expose() })))
}

/// A token.
#[derive(ToSchema)]
#[schema(as = VerifyOneTimeToken)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct VerifyIn {
    /// The token.
    token: String,
}

/// Go on with a token
///
/// Uses the token up and opens a session of its own, unless the one from which it comes has ended. Not found unless
/// `methods.one_time_token` is switched on.
#[utoipa::path(
    post, path = "/api/auth/one-time-token/verify", tag = "Sessions", operation_id = "verifyOneTimeToken",
    request_body(content = VerifyIn, example = json!({"token": "y6Jm1XcNkq0TzB3vRw8sLdAe"})),
    responses(
        (status = 200, description = "A session; or `twoFactorRedirect`, where a second factor is wanted that was not shown before", body = SessionAndUserOut,
            headers(("set-cookie" = String, description = "The session"), ("set-auth-token" = String, description = "The signed token"))),
        (status = 400, description = "`VALIDATION_ERROR`, an invalid token, or its session has ended", body = ErrorOut,
            example = json!({"message": "Invalid token"})),
        (status = 401, description = "`ACCESS_ENDED`: access was ended meanwhile", body = ErrorOut),
        (status = 403, description = "`BANNED_USER`, `USER_LOCKED`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn verify_one_time_token(edge: Edge, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let token = input.string("token");
    input.finish()?;
    let entry = one_time_token::verify(&edge.core, &edge.anonymous(), &token).await?;
    let answer = |opened: &Opened| {
        reply::ok(&SessionAndUserOut {
            session: SessionOut::own(&opened.session, opened.token.expose(), edge.settings()),
            user: UserOut::of(&opened.user, edge.settings()),
        })
    };
    Ok(reply::entered(&edge, &entry, answer).await)
}
