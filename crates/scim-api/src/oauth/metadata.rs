//! `GET /.well-known/oauth-authorization-server/scim/oauth2` (RFC 8414): what clients can find out by themselves.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::CredentialScope;
use serde_json::json;

use super::edge::Edge;
use super::error::{ErrorOut, OAuthError};

const PROOFS: [&str; 3] = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// Read the metadata of the authorization server
///
/// Its issuer is the public address and `/scim/oauth2`; the path of the issuer stands at the end (RFC 8414, 3.1).
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server/scim/oauth2", tag = "OAuth", operation_id = "oauthMetadata",
    responses(
        (status = 200, description = "The metadata", body = Object, content_type = "application/json"),
        (status = 404, description = "There is no such issuer", body = ErrorOut, content_type = "application/json"),
    ),
    security(())
)]
pub async fn metadata(edge: Edge, issuer: web::Path<String>) -> Result<HttpResponse, OAuthError> {
    let own = edge.issuer();
    if own.strip_prefix(edge.settings.origin()).map(|path| path.trim_start_matches('/')) != Some(issuer.as_str()) {
        return Err(OAuthError::no_such_path());
    }
    let body = json!({
        "issuer": own,
        "authorization_endpoint": edge.address("/authorize"),
        "token_endpoint": edge.address("/token"),
        "revocation_endpoint": edge.address("/revoke"),
        "scopes_supported": CredentialScope::ALL.map(CredentialScope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": PROOFS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": PROOFS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "authorization_response_iss_parameter_supported": true,
    });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(body))
}
