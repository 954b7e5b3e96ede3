//! `/v1/api-keys`: keys by which programs of people and of organizations show themselves to the application; its back end
//! makes them with what only a server may say, and asks whether one is good. For the platform only.

mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::api_keys::{self, ApiKeysFault, Outcome, Wanted};
use auth_core::ids::{OrgId, UserId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Call, json, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams, Search};
use crate::params::{ApiKeyPath, Idempotent};
use crate::resource;

use wire::{ApiKeyOut, CreateApiKey, UpdateApiKey, VerificationOut, VerifyApiKey};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/api-keys", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource("/api-keys/verify", [(Method::POST, web::to(verify))]))
        .service(resource("/api-keys/delete-expired", [(Method::POST, web::to(delete_expired))]))
        .service(resource("/api-keys/{api_key_id}", [(Method::GET, web::to(get)), (Method::PATCH, web::to(update))]))
        .service(resource("/api-keys/{api_key_id}/revoke", [(Method::POST, web::to(revoke))]));
}

/// Refuses as if there were nothing where there are no such keys.
fn there(call: &Call) -> Result<(), ApiError> {
    if call.core.settings().methods.api_key.enabled { Ok(()) } else { Err(ApiError::not_found()) }
}

/// Whose.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Whose {
    /// Those of this person.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: Option<String>,
    /// Those of this organization.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// `created_at`, `updated_at`, `name`, `expires_at` or `last_used_at`, with `-` in front for descending. `-created_at` if
    /// it is left out.
    #[param(pattern = "^[-+]?(created_at|updated_at|name|expires_at|last_used_at)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List API keys
///
/// Without what opens anything, newest first. Platform only. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    get, path = "/v1/api-keys", tag = "API keys", operation_id = "listApiKeysOfInstance",
    params(Whose, Search, PagingParams),
    responses(
        (status = 200, description = "A page of keys", body = Page<ApiKeyOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let mut query = call.query()?;
    let part = query.part(&api_keys::LISTED);
    let user_id: Option<UserId> = query.id("user_id");
    let organization_id: Option<OrgId> = query.id("organization_id");
    query.finish()?;
    let wanted = Wanted { user_id, organization_id, part };
    let page = call
        .read(&Gate::Platform, async |rx| {
            let (found, total_count) = api_keys::list(rx, &wanted).await?;
            Ok(Page { data: found.into_iter().map(ApiKeyOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make an API key
///
/// For a person or for an organization; one of the two must be named. It is shown in this answer and never again. A person's
/// ends with their access; an organization's that is made here ends with the organization. Platform only. Not found unless
/// `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/v1/api-keys", tag = "API keys", operation_id = "createApiKeyOfInstance", params(Idempotent),
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "The key, in plain", body = ApiKeyOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateApiKey::read(&mut fields, call.core.clock().now());
    fields.finish()?;
    call.once(&Gate::Platform, &bytes, StatusCode::CREATED, async |tx| {
        let unclear = || ApiError::field("user_id", "required", "Name a person or an organization, and not both");
        Ok(ApiKeyOut::from(api_keys::issue(tx, new.clone().ok_or_else(unclear)?).await?))
    })
    .await
}

/// Read an API key
///
/// Without what opens anything. Platform only. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    get, path = "/v1/api-keys/{api_key_id}", tag = "API keys", operation_id = "getApiKeyOfInstance", params(ApiKeyPath),
    responses((status = 200, description = "The key", body = ApiKeyOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let key = call
        .read(&Gate::Platform, async |rx| Ok(ApiKeyOut::from(api_keys::get(rx, &call.id("api_key_id")?).await?)))
        .await?;
    Ok(ok(&key))
}

/// Change an API key
///
/// What is left out stays as it is, null takes it away. Nothing brings back a key that was revoked, or whose owner's access
/// has ended. Platform only. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    patch, path = "/v1/api-keys/{api_key_id}", tag = "API keys", operation_id = "updateApiKeyOfInstance", params(ApiKeyPath),
    request_body = UpdateApiKey,
    responses(
        (status = 200, description = "The key", body = ApiKeyOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let change = UpdateApiKey::read(&mut fields, call.core.clock().now());
    fields.finish()?;
    call.change(&Gate::Platform, async |tx| {
        Ok(ApiKeyOut::from(api_keys::change(tx, &call.id("api_key_id")?, change.clone()).await?))
    })
    .await
}

/// Revoke an API key
///
/// The next use of it is refused. Revoking again changes nothing. Platform only. Not found unless `methods.api_key` is
/// switched on.
#[utoipa::path(
    post, path = "/v1/api-keys/{api_key_id}/revoke", tag = "API keys", operation_id = "revokeApiKey",
    params(ApiKeyPath, Idempotent),
    responses(
        (status = 200, description = "The key", body = ApiKeyOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let bytes = call.bytes().await?;
    call.once(&Gate::Platform, &bytes, StatusCode::OK, async |tx| {
        Ok(ApiKeyOut::from(api_keys::revoke(tx, &call.id("api_key_id")?).await?))
    })
    .await
}

/// Check an API key
///
/// Whether a key that a program presented is good, and for all of `permissions` if some are named. Being good is a use of it:
/// it counts against its rate limit and what remains. A key that is no good is not used, and the answer is 200 all the same,
/// with `error`. Platform only. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/v1/api-keys/verify", tag = "API keys", operation_id = "verifyApiKey", request_body = VerifyApiKey,
    responses(
        (status = 200, description = "Whether it is good", body = VerificationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn verify(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let asked = VerifyApiKey::read(&mut fields);
    fields.finish()?;
    let known = call.read(&Gate::Platform, async |rx| Ok(api_keys::is_known(rx, &asked.key).await?)).await?;
    if !known {
        let nothing = Outcome::Refused { why: ApiKeysFault::Refused, try_again_in: None };
        return Ok(ok(&VerificationOut::from(nothing)));
    }
    call.change(&Gate::Platform, async |tx| {
        Ok(VerificationOut::from(api_keys::verify(tx, &asked.key, &asked.permissions).await?))
    })
    .await
}

/// How many were removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeysDeleted, example = json!({"object": "api_keys_deleted", "deleted": 12}))]
pub struct DeletedOut {
    /// Always `api_keys_deleted`.
    object: &'static str,
    /// How many; 500 at most, so that asking again goes on.
    #[schema(minimum = 0)]
    deleted: u64,
}

/// Remove expired API keys
///
/// For good, 500 at once. They are refused since they expired: this only tidies. Platform only. Not found unless
/// `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/v1/api-keys/delete-expired", tag = "API keys", operation_id = "deleteExpiredApiKeys",
    responses(
        (status = 200, description = "How many were removed", body = DeletedOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge
    )
)]
pub async fn delete_expired(call: Call) -> Result<HttpResponse, ApiError> {
    there(&call)?;
    call.bytes().await?;
    let deleted = call
        .core
        .write(&call.ctx, async |tx| {
            Gate::Platform.check(tx).await?;
            Ok::<_, ApiError>(api_keys::delete_expired(tx).await?)
        })
        .await?;
    Ok(json(StatusCode::OK, &DeletedOut { object: "api_keys_deleted", deleted }))
}
