//! `/.well-known/jwks.json`: the keys with which this instance signs what others check, receipts among them.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use api_kit::RequestMeta;
use auth_core::{Actor, AuthCore, jwt};

use crate::app::page;

/// Registers it.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(page("/.well-known/jwks.json", jwks));
}

/// Answers the public keys, those that were retired included. The first key is made here if nothing was signed yet.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "getJwks",
    tag = "Instance",
    summary = "The public keys of this instance (RFC 7517)",
    responses(
        (status = 200, description = "A JWK set", body = serde_json::Value, example = json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "sig_01h455vb4pex5vsknk084sn02q",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] })),
        (status = 503, description = "The database does not answer"),
    ),
)]
pub(crate) async fn jwks(core: web::Data<AuthCore>, meta: RequestMeta) -> HttpResponse {
    let ctx = meta.ctx(Actor::Anonymous);
    let keys = async {
        let keys = core.read(&ctx, async |rx| jwt::public_jwks(rx).await).await?;
        if keys["keys"].as_array().is_some_and(|keys| !keys.is_empty()) {
            return Ok(keys);
        }
        core.write(&ctx, async |tx| jwt::ensure_key(tx).await).await?;
        core.read(&ctx, async |rx| jwt::public_jwks(rx).await).await
    };
    match keys.await {
        Ok(keys) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")))
            .json(keys),
        Err(error) => {
            let error: auth_core::Error = error;
            tracing::error!(request_id = %meta.id(), ?error, "the public keys cannot be read");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}
