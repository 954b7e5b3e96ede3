//! `POST /scim/oauth2/token` (RFC 6749, 3.2).

use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::{HttpResponse, web};
use auth_core::features::directory::oauth;
use serde_json::json;
use utoipa::ToSchema;

use super::client::Client;
use super::edge::Edge;
use super::error::{ErrorOut, OAuthError};
use super::form;

/// What a client asks for.
#[derive(ToSchema)]
#[schema(as = OAuthTokenRequest, example = json!({"grant_type": "client_credentials", "scope": "users:read"}))]
#[expect(dead_code, reason = "documentation: parameters are read by name")]
struct TokenIn {
    /// `client_credentials`, `authorization_code` or `refresh_token`.
    grant_type: String,
    /// Fewer scopes than the client, or the grant, has; separated by spaces.
    scope: Option<String>,
    /// The code (`authorization_code`).
    code: Option<String>,
    /// The address of the request that got the code (`authorization_code`).
    redirect_uri: Option<String>,
    /// What answers the challenge of that request (RFC 7636).
    code_verifier: Option<String>,
    /// The refresh token (`refresh_token`). It is good once; the answer has the next one.
    refresh_token: Option<String>,
    /// The client, unless HTTP Basic or an assertion says so.
    client_id: Option<String>,
    /// Its secret, unless HTTP Basic has it.
    client_secret: Option<String>,
    /// A signed assertion of a client with registered keys (RFC 7523): RS256, ES256 or `EdDSA`; `iss` and `sub` are the
    /// client, `aud` is the token endpoint or the issuer, `exp` is five minutes ahead at most, `jti` is used once.
    client_assertion: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
}

/// Tokens (RFC 6749, 5.1).
#[derive(ToSchema)]
#[schema(as = OAuthTokens, example = json!({"access_token": "scimat_…", "token_type": "Bearer", "expires_in": 3600,
    "scope": "users:read users:write groups:read groups:write"}))]
#[expect(dead_code, reason = "documentation: the answer is written by hand")]
struct TokenOut {
    /// What opens the directory, as a bearer token.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds.
    expires_in: i64,
    /// What gets the next tokens, where an administrator has consented.
    refresh_token: Option<String>,
    /// What the access token may be used for.
    scope: String,
}

/// Fetch tokens
///
/// The client proves itself by HTTP Basic, by `client_id` and `client_secret` in the form, or by a signed assertion. The
/// access token opens `/scim/v2` as a bearer token.
#[utoipa::path(
    post, path = "/scim/oauth2/token", tag = "OAuth", operation_id = "oauthToken",
    request_body(content = TokenIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Tokens", body = TokenOut, content_type = "application/json"),
        (status = 400, description = "`invalid_request`, `invalid_grant`, `unauthorized_client`, `unsupported_grant_type` or `invalid_scope`",
            body = ErrorOut, content_type = "application/json"),
        (status = 401, description = "`invalid_client`: who it is was not proven", body = ErrorOut, content_type = "application/json",
            headers(("WWW-Authenticate" = String, description = "`Basic`"))),
        (status = 413, description = "The body is larger than 64 kB", body = ErrorOut, content_type = "application/json"),
        (status = 429, description = "Too many requests from this address", body = ErrorOut, content_type = "application/json",
            headers(("Retry-After" = String, description = "Whole seconds"))),
        (status = 503, description = "`temporarily_unavailable`: the directory is paused, or the service is busy", body = ErrorOut,
            content_type = "application/json", headers(("Retry-After" = String, description = "Whole seconds"))),
    ),
    security(())
)]
pub async fn token(edge: Edge, payload: web::Payload) -> Result<HttpResponse, OAuthError> {
    edge.count("/scim/oauth2/token", None).map_err(OAuthError::too_many)?;
    let params = form::read(&edge.req, payload).await?;
    let client = Client::of(edge.req.headers(), &params)?;
    let (ctx, audience) = (edge.anonymous(), edge.audience());
    let (core, proof, scope) = (&edge.core, client.proof(&audience), params.get("scope"));
    let tokens = match params.required("grant_type")? {
        "client_credentials" => oauth::client_credentials(core, &ctx, proof, scope).await?,
        "authorization_code" => {
            let (given, redirect_uri) = (params.required("code")?, params.required("redirect_uri")?);
            oauth::exchange_code(core, &ctx, proof, given, redirect_uri, params.get("code_verifier")).await?
        }
        "refresh_token" => oauth::refresh(core, &ctx, proof, params.required("refresh_token")?, scope).await?,
        _ => return Err(OAuthError::unsupported_grant_type()),
    };
    let mut body = json!({
        "access_token": tokens.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": tokens.scope(),
    });
    if let Some(refresh) = &tokens.refresh_token {
        body["refresh_token"] = refresh.expose().into();
    }
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((PRAGMA, "no-cache")).json(body))
}
