//! Session tokens: Better Auth's plugin `jwt`.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use auth_core::jwt::sessions::{self, Shown};
use auth_core::sessions::Resolved;
use auth_core::sign_in::impersonation;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use super::where_on;
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, Edge};
use crate::reply;
use crate::wire::{SessionOut, UserOut};

/// The header by which whoever looks at their session gets a token.
const HEADER: &str = "set-auth-jwt";

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(get_token, get_jwks))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/token", web::get().guard(where_on(|methods| methods.jwt.enabled)).to(get_token))
        .route("/jwks", web::get().guard(where_on(|methods| methods.jwt.enabled)).to(get_jwks));
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionToken)]
struct TokenOut {
    /// A JWT (RFC 7519), good for a quarter of an hour unless configured otherwise.
    token: String,
}

/// Get a session token
///
/// A JWT that says who the caller is, for services that check it by `/api/auth/jwks` without asking. It cannot be taken back
/// before it expires, so that nobody gets one who acts as somebody else, or comes by an API key. Not found unless
/// `methods.jwt` is switched on.
#[utoipa::path(
    get, path = "/api/auth/token", tag = "Sessions", operation_id = "getSessionToken",
    responses(
        (status = 200, description = "A token", body = TokenOut, example = json!({"token": "eyJhbGciOiJFZERTQSIsImtpZCI6InNpZ18…"})),
        (status = 401, description = "`UNAUTHORIZED`, also for who comes by a key", body = ErrorOut),
        (status = 403, description = "`NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_token(caller: Caller) -> Result<HttpResponse> {
    impersonation::refuse(&caller.ctx().actor)?;
    let Caller { session, user, edge, .. } = caller;
    let token = token_of(&edge, &Resolved { session, user }).await?.ok_or_else(ApiError::unauthorized)?;
    Ok(reply::unkept(reply::ok(&TokenOut { token })))
}

/// Read the keys of session tokens
///
/// The public keys that session tokens are signed with (RFC 7517), those before for a month after they were replaced. What
/// the instance signs besides, receipts among it, is checked by `/.well-known/jwks.json` and by no key of these. Not found
/// unless `methods.jwt` is switched on.
#[utoipa::path(
    get, path = "/api/auth/jwks", tag = "Sessions", operation_id = "getSessionTokenKeys",
    responses(
        (status = 200, description = "A JWK set", body = serde_json::Value, example = json!({ "keys": [{
            "alg": "EdDSA", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kty": "OKP",
            "kid": "sig_01h455vb4pex5vsknk084sn02q" }] })),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(())
)]
async fn get_jwks(edge: Edge) -> Result<HttpResponse> {
    Ok(reply::ok(&sessions::published(&edge.core, &edge.anonymous()).await?))
}

/// Gives whoever looks at their session a token in a header, where that is switched on. Nobody is refused their session
/// because there is none.
pub(crate) async fn give(reply: &mut HttpResponse, edge: &Edge, found: &Resolved) {
    let settings = &edge.methods().jwt;
    if !settings.enabled || !settings.set_header {
        return;
    }
    match token_of(edge, found).await {
        Ok(Some(token)) => {
            if let Ok(value) = HeaderValue::from_str(&token) {
                reply.headers_mut().insert(HeaderName::from_static(HEADER), value);
            }
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(?error, "a session token could not be made"),
    }
}

async fn token_of(edge: &Edge, found: &Resolved) -> Result<Option<String>> {
    let user = fields(&UserOut::of(&found.user, edge.settings()))?;
    let mut session = fields(&SessionOut::other(&found.session, edge.settings()))?;
    session.shift_remove("token");
    let shown = Shown { user: &user, session: &session };
    Ok(sessions::token(&edge.core, &edge.anonymous(), found, shown).await?)
}

fn fields(shown: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(shown).map_err(auth_core::Error::from)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(auth_core::Error::internal("what is shown is no object").into()),
    }
}
