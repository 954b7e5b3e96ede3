//! `POST /scim/oauth2/revoke` (RFC 7009).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::oauth;
use utoipa::ToSchema;

use super::client::Client;
use super::edge::Edge;
use super::error::{ErrorOut, OAuthError};
use super::form;

/// What is to be revoked.
#[derive(ToSchema)]
#[schema(as = OAuthRevocation, example = json!({"token": "scimrt_…"}))]
#[expect(dead_code, reason = "documentation: parameters are read by name")]
struct RevokeIn {
    /// An access token, which ends alone, or a refresh token, which ends with all that came of it.
    token: String,
    /// Understood and not needed.
    token_type_hint: Option<String>,
    /// The client, unless HTTP Basic or an assertion says so.
    client_id: Option<String>,
    /// Its secret, unless HTTP Basic has it.
    client_secret: Option<String>,
}

/// Revoke a token
///
/// The answer is the same whether there was such a token of this client or not.
#[utoipa::path(
    post, path = "/scim/oauth2/revoke", tag = "OAuth", operation_id = "oauthRevoke",
    request_body(content = RevokeIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It opens nothing any more"),
        (status = 400, description = "`invalid_request`", body = ErrorOut, content_type = "application/json"),
        (status = 401, description = "`invalid_client`: who it is was not proven", body = ErrorOut, content_type = "application/json"),
        (status = 413, description = "The body is larger than 64 kB", body = ErrorOut, content_type = "application/json"),
        (status = 429, description = "Too many requests from this address", body = ErrorOut, content_type = "application/json"),
        (status = 503, description = "`temporarily_unavailable`", body = ErrorOut, content_type = "application/json"),
    ),
    security(())
)]
pub async fn revoke(edge: Edge, payload: web::Payload) -> Result<HttpResponse, OAuthError> {
    edge.count("/scim/oauth2/revoke", None).map_err(OAuthError::too_many)?;
    let params = form::read(&edge.req, payload).await?;
    let client = Client::of(edge.req.headers(), &params)?;
    let audience = edge.audience();
    let token = params.required("token")?;
    oauth::revoke_token(&edge.core, &edge.anonymous(), client.proof(&audience), token).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}
