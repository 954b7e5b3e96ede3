//! `/v1/secret-keys`: the keys of this API. For the platform only.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::secret_keys::{self, Issued, SecretKey};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::{Fields, NAME};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{CreatedOrder, Page, PagingParams};
use crate::params::{Idempotent, SecretKeyPath};
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/secret-keys", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource("/secret-keys/{secret_key_id}", [(Method::GET, web::to(get))]))
        .service(resource("/secret-keys/{secret_key_id}/revoke", [(Method::POST, web::to(revoke))]));
}

/// A secret key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretKey, example = json!({
    "id": "key_01h455vb4pex5vsknk084sn02q", "object": "secret_key", "name": "Backend", "prefix": "sk_7hGq2LpX",
    "created_by": "user_01h455vb4pex5vsknk084sn02q", "created_at": 1_714_723_000_000_i64, "last_used_at": null,
    "last_used_ip": null, "last_used_user_agent": null, "revoked_at": null
}))]
pub struct SecretKeyOut {
    id: String,
    /// Always `secret_key`.
    object: &'static str,
    name: String,
    /// The part of the key that may be shown.
    prefix: String,
    /// The key in plain, only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// The person who made it, if it was one.
    created_by: Option<String>,
    created_at: i64,
    /// To the minute.
    last_used_at: Option<i64>,
    /// From which address that was.
    last_used_ip: Option<String>,
    /// By which program, if it said so.
    last_used_user_agent: Option<String>,
    revoked_at: Option<i64>,
}

impl From<SecretKey> for SecretKeyOut {
    fn from(key: SecretKey) -> Self {
        Self {
            id: key.id.into(),
            object: "secret_key",
            name: key.name,
            prefix: key.prefix,
            key: None,
            created_by: key.created_by.map(String::from),
            created_at: key.created_at.millis(),
            last_used_at: key.last_used_at.map(Timestamp::millis),
            last_used_ip: key.last_used_ip,
            last_used_user_agent: key.last_used_user_agent,
            revoked_at: key.revoked_at.map(Timestamp::millis),
        }
    }
}

impl From<Issued> for SecretKeyOut {
    fn from(issued: Issued) -> Self {
        let key = Some(issued.secret.expose().to_owned());
        Self { key, ..issued.key.into() }
    }
}

/// A key to be made.
#[derive(Debug, ToSchema)]
#[schema(as = SecretKeyCreate, example = json!({"name": "Backend"}))]
pub struct CreateSecretKey {
    /// What people call it.
    #[schema(max_length = 255, pattern = r"\S")]
    name: String,
}

impl CreateSecretKey {
    fn read(fields: &mut Fields) -> Self {
        Self { name: fields.text("name", NAME) }
    }
}

/// List secret keys
///
/// Without their secrets, newest first unless `order_by` says otherwise. Platform only.
#[utoipa::path(
    get, path = "/v1/secret-keys", tag = "Secret keys", operation_id = "listSecretKeys", params(CreatedOrder, PagingParams),
    responses((status = 200, description = "A page of keys", body = Page<SecretKeyOut>), BadRequest, Unauthenticated, Forbidden)
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let paging = query.paging();
    let (_, ascending) = query.order(&["created_at"]);
    query.finish()?;
    let page = call
        .read(&Gate::Platform, async |rx| {
            let (keys, total_count) = secret_keys::list(rx, ascending, paging.limit, paging.offset).await?;
            Ok(Page { data: keys.into_iter().map(SecretKeyOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a secret key
///
/// The key stands for the whole instance. It is shown in this answer and never again. Platform only.
#[utoipa::path(
    post, path = "/v1/secret-keys", tag = "Secret keys", operation_id = "createSecretKey", params(Idempotent),
    request_body = CreateSecretKey,
    responses(
        (status = 201, description = "The key, in plain", body = SecretKeyOut),
        BadRequest, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateSecretKey::read(&mut fields);
    fields.finish()?;
    call.once(&Gate::Platform, &bytes, StatusCode::CREATED, async |tx| {
        Ok(SecretKeyOut::from(secret_keys::issue(tx, &new.name).await?))
    })
    .await
}

/// Read a secret key
///
/// Without its secret. Platform only.
#[utoipa::path(
    get, path = "/v1/secret-keys/{secret_key_id}", tag = "Secret keys", operation_id = "getSecretKey", params(SecretKeyPath),
    responses((status = 200, description = "The key", body = SecretKeyOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let key = call
        .read(&Gate::Platform, async |rx| {
            Ok(SecretKeyOut::from(secret_keys::get(rx, &call.id("secret_key_id")?).await?))
        })
        .await?;
    Ok(ok(&key))
}

/// Revoke a secret key
///
/// The next request with it is refused. Revoking again changes nothing. Platform only.
#[utoipa::path(
    post, path = "/v1/secret-keys/{secret_key_id}/revoke", tag = "Secret keys", operation_id = "revokeSecretKey",
    params(SecretKeyPath, Idempotent),
    responses(
        (status = 200, description = "The key", body = SecretKeyOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        Ok(SecretKeyOut::from(secret_keys::revoke(tx, &call.id("secret_key_id")?).await?))
    })
    .await
}
