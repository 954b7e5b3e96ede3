//! Keys of programs: Better Auth's plugin `api-key`.
//!
//! What only a server may say (`permissions`, `remaining`, ...) is refused here and taken by the administration API, which
//! also answers whether a key is good: `/v1/api-keys`.

use actix_web::{HttpRequest, HttpResponse, web};
use auth_core::api_keys::{self, ApiKey, ApiKeysFault, OwnChange, OwnNew, Permissions};
use auth_core::db::Part;
use auth_core::ids::{ApiKeyId, Id as _, OrgId};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use super::{done, where_on};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::{Caller, KeyMaker};
use crate::input::{Input, JsonBody, Query, expected};
use crate::reply;
use crate::wire::Iso;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(create_api_key, get_api_key, update_api_key, delete_api_key, list_api_keys))]
pub struct Docs;

/// The one configuration of keys.
const CONFIG: &str = "default";
/// How many keys a list has if nobody says, and at most.
const PAGE: u64 = 100;
const MOST: u64 = 500;
/// What only a server may say.
const SERVER_ONLY: [&str; 7] = [
    "permissions",
    "remaining",
    "refillAmount",
    "refillInterval",
    "rateLimitEnabled",
    "rateLimitTimeWindow",
    "rateLimitMax",
];

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    let on = || where_on(|methods| methods.api_key.enabled);
    cfg.route("/api-key/create", web::post().guard(on()).to(create_api_key))
        .route("/api-key/get", web::get().guard(on()).to(get_api_key))
        .route("/api-key/update", web::post().guard(on()).to(update_api_key))
        .route("/api-key/delete", web::post().guard(on()).to(delete_api_key))
        .route("/api-key/list", web::get().guard(on()).to(list_api_keys));
}

/// A key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
struct ApiKeyOut<'a> {
    /// Always `default`: there is one configuration of keys.
    config_id: &'static str,
    /// What it is called.
    name: Option<&'a str>,
    /// Its first six characters.
    start: &'a str,
    /// Whose it is: the id of a person or of an organization.
    reference_id: &'a str,
    /// What stands before the random letters.
    prefix: Option<&'a str>,
    /// The key, only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<&'a str>,
    /// How often it is filled up, in milliseconds.
    refill_interval: Option<i64>,
    /// To how many uses.
    refill_amount: Option<i64>,
    /// When that was done last.
    last_refill_at: Option<Iso>,
    /// Whether it can be used: it is switched on, and its owner's access has not ended since.
    enabled: bool,
    /// Whether uses are limited.
    rate_limit_enabled: bool,
    /// Within how many milliseconds.
    rate_limit_time_window: i64,
    /// To how many.
    rate_limit_max: i64,
    /// How many there were in the present window.
    request_count: i64,
    /// How often it may still be used; null: as often as one likes.
    remaining: Option<i64>,
    /// When it was used last.
    last_request: Option<Iso>,
    /// Until when it is good; null: for ever.
    expires_at: Option<Iso>,
    /// When it was made.
    created_at: Iso,
    /// When it was changed last.
    updated_at: Iso,
    /// What it is for: actions by resource.
    #[schema(value_type = Option<Object>)]
    permissions: Option<&'a Permissions>,
    /// What is noted about it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<&'a Map<String, Value>>,
    /// The id.
    id: &'a str,
}

impl<'a> From<&'a ApiKey> for ApiKeyOut<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            config_id: CONFIG,
            name: key.name.as_deref(),
            start: &key.start,
            reference_id: key.owner.id(),
            prefix: key.prefix.as_deref(),
            key: None,
            refill_interval: key.refill.map(|refill| refill.interval),
            refill_amount: key.refill.map(|refill| refill.amount),
            last_refill_at: key.last_refill_at.map(Iso),
            enabled: key.enabled && key.live,
            rate_limit_enabled: key.rate_limit.enabled,
            rate_limit_time_window: key.rate_limit.window,
            rate_limit_max: key.rate_limit.max,
            request_count: key.request_count,
            remaining: key.remaining,
            last_request: key.last_request_at.map(Iso),
            expires_at: key.expires_at.map(Iso),
            created_at: Iso(key.created_at),
            updated_at: Iso(key.updated_at),
            permissions: key.permissions.as_ref(),
            metadata: key.metadata.as_ref(),
            id: key.id.as_str(),
        }
    }
}

/// A key to be made.
#[derive(ToSchema)]
#[schema(as = CreateApiKey, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CreateIn {
    /// What it is called: 1 to 32 characters.
    name: Option<String>,
    /// For how many seconds it is good; null: for ever. At least a day and at most a year unless configured otherwise.
    #[schema(minimum = 1)]
    expires_in: Option<i64>,
    /// What stands before the random letters: 1 to 32 letters, digits, hyphens and underscores.
    prefix: Option<String>,
    /// What is noted about it, where that is switched on.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// The organization whose it is to be: it takes the permission `apiKey:create` there. Otherwise it is the caller's.
    organization_id: Option<String>,
    /// Always `default`.
    config_id: Option<String>,
}

/// Make an API key
///
/// It is shown in this answer and never again. The key of an organization takes the permission `apiKey:create` there, and is
/// good for as long as whoever made it belongs to the organization. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/api/auth/api-key/create", tag = "API keys", operation_id = "createApiKey",
    request_body(content = CreateIn, example = json!({"name": "CI", "expiresIn": 2_592_000})),
    responses(
        (status = 200, description = "The key, in plain", body = ApiKeyOut),
        (status = 400, description = "`VALIDATION_ERROR`, `SERVER_ONLY_PROPERTY`, `METADATA_DISABLED`, `INVALID_METADATA_TYPE`, \
            `EXPIRES_IN_IS_TOO_SMALL`, `EXPIRES_IN_IS_TOO_LARGE`, `INVALID_NAME_LENGTH`, `NAME_REQUIRED`, \
            `INVALID_PREFIX_LENGTH`, `NO_DEFAULT_API_KEY_CONFIGURATION_FOUND`", body = ErrorOut,
            example = json!({"message": "Metadata is disabled.", "code": "METADATA_DISABLED"})),
        (status = 401, description = "`UNAUTHORIZED_SESSION`; `UNAUTHORIZED` for who comes by a key", body = ErrorOut),
        (status = 403, description = "`USER_NOT_MEMBER_OF_ORGANIZATION`, `INSUFFICIENT_API_KEY_PERMISSIONS`, \
            `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn create_api_key(maker: KeyMaker, body: JsonBody) -> Result<HttpResponse> {
    let KeyMaker(caller) = maker;
    let mut input = body.object()?;
    refuse_server_only(&caller, &input)?;
    let name = input.optional("name");
    let prefix = input.optional("prefix");
    if prefix
        .as_deref()
        .is_some_and(|prefix| !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
    {
        input.issue("prefix", "Invalid prefix format, must be alphanumeric and contain only underscores and hyphens.");
    }
    let expires_in = seconds(&mut input);
    let metadata = input.take("metadata");
    let organization = input.optional("organizationId").filter(|id| !id.is_empty());
    let config = input.optional("configId");
    input.finish()?;
    if !is_known(config.as_deref()) {
        return Err(ApiError::bad_request(
            "NO_DEFAULT_API_KEY_CONFIGURATION_FOUND",
            "No default api-key configuration found.",
        ));
    }
    let new = OwnNew {
        organization_id: organization.as_deref().map(organization_of).transpose()?,
        name,
        prefix,
        expires_in,
        metadata: noted(&caller, metadata)?.flatten(),
    };
    let ctx = caller.ctx();
    let issued = caller.core().write(&ctx, async |tx| api_keys::issue_own(tx, new.clone()).await).await?;
    let issued = ApiKeyOut { key: Some(issued.secret.expose()), ..ApiKeyOut::from(&issued.key) };
    Ok(reply::unkept(reply::ok(&issued)))
}

/// Read an API key
///
/// One of the caller's, or of an organization in which they have the permission `apiKey:read`; never the key itself. Not
/// found unless `methods.api_key` is switched on.
#[utoipa::path(
    get, path = "/api/auth/api-key/get", tag = "API keys", operation_id = "getApiKey",
    params(
        ("id" = String, Query, description = "The id of the key", example = "apikey_01h455vb4pex5vsknk084sn02q"),
        ("configId" = Option<String>, Query, description = "Always `default`"),
    ),
    responses(
        (status = 200, description = "The key, without what opens anything", body = ApiKeyOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`INSUFFICIENT_API_KEY_PERMISSIONS`", body = ErrorOut),
        (status = 404, description = "`KEY_NOT_FOUND`; without a body: switched off", body = ErrorOut,
            example = json!({"message": "API Key not found", "code": "KEY_NOT_FOUND"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_api_key(caller: Caller, req: HttpRequest) -> Result<HttpResponse> {
    let mut query = Query::of(&req)?.input();
    let id = query.string("id");
    let config = query.optional("configId");
    query.finish()?;
    let id = key_of(&id, config.as_deref())?;
    let key = caller.core().read(&caller.ctx(), async |rx| api_keys::get_own(rx, &id).await).await?;
    Ok(reply::ok(&ApiKeyOut::from(&key)))
}

/// What to change.
#[derive(ToSchema)]
#[schema(as = UpdateApiKey, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateIn {
    /// The id of the key.
    key_id: String,
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Whether it is switched on.
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// For how many seconds from now it is good; null: for ever.
    #[schema(minimum = 1)]
    expires_in: Option<i64>,
    /// What is noted about it, where that is switched on.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    /// Always `default`.
    config_id: Option<String>,
}

/// Change an API key
///
/// One of the caller's, or of an organization in which they have the permission `apiKey:update`. Nothing brings back a key
/// whose owner's access has ended. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/api/auth/api-key/update", tag = "API keys", operation_id = "updateApiKey",
    request_body(content = UpdateIn, example = json!({"keyId": "apikey_01h455vb4pex5vsknk084sn02q", "enabled": false})),
    responses(
        (status = 200, description = "The key, without what opens anything", body = ApiKeyOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_VALUES_TO_UPDATE`, `SERVER_ONLY_PROPERTY`, `METADATA_DISABLED`, \
            `INVALID_METADATA_TYPE`, `EXPIRES_IN_IS_TOO_SMALL`, `EXPIRES_IN_IS_TOO_LARGE`, `INVALID_NAME_LENGTH`", body = ErrorOut,
            example = json!({"message": "No values to update.", "code": "NO_VALUES_TO_UPDATE"})),
        (status = 401, description = "`UNAUTHORIZED_SESSION`; `UNAUTHORIZED` for who comes by a key", body = ErrorOut),
        (status = 403, description = "`INSUFFICIENT_API_KEY_PERMISSIONS`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "`KEY_NOT_FOUND`; without a body: switched off", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_api_key(maker: KeyMaker, body: JsonBody) -> Result<HttpResponse> {
    let KeyMaker(caller) = maker;
    let mut input = body.object()?;
    refuse_server_only(&caller, &input)?;
    let id = input.string("keyId");
    let config = input.optional("configId");
    let (name, enabled) = (input.optional("name"), input.boolean("enabled"));
    let expires_in = seconds(&mut input);
    let metadata = input.take("metadata");
    input.finish()?;
    let id = key_of(&id, config.as_deref())?;
    let change = OwnChange { name, enabled, expires_in, metadata: noted(&caller, metadata)? };
    let ctx = caller.ctx();
    let key = caller.core().write(&ctx, async |tx| api_keys::change_own(tx, &id, change.clone()).await).await?;
    Ok(reply::ok(&ApiKeyOut::from(&key)))
}

/// Which key.
#[derive(ToSchema)]
#[schema(as = DeleteApiKey, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteIn {
    /// The id of the key.
    key_id: String,
    /// Always `default`.
    config_id: Option<String>,
}

/// Delete an API key
///
/// One of the caller's, or of an organization in which they have the permission `apiKey:delete`. The next use of it is
/// refused. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    post, path = "/api/auth/api-key/delete", tag = "API keys", operation_id = "deleteApiKey",
    request_body(content = DeleteIn, example = json!({"keyId": "apikey_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "It is gone", body = super::SuccessOut),
        (status = 400, description = "`VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`, also for who comes by a key", body = ErrorOut),
        (status = 403, description = "`INSUFFICIENT_API_KEY_PERMISSIONS`, `NOT_WHILE_IMPERSONATING`", body = ErrorOut),
        (status = 404, description = "`KEY_NOT_FOUND`; without a body: switched off", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_api_key(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("keyId");
    let config = input.optional("configId");
    input.finish()?;
    let id = key_of(&id, config.as_deref())?;
    caller.core().write(&caller.ctx(), async |tx| api_keys::delete_own(tx, &id).await).await?;
    Ok(done())
}

/// Keys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeys)]
struct ListOut<'a> {
    /// The keys.
    api_keys: Vec<ApiKeyOut<'a>>,
    /// How many there are in all.
    #[schema(minimum = 0)]
    total: i64,
    /// As it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u64>,
    /// As it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    offset: Option<u64>,
}

/// List API keys
///
/// The caller's, or those of an organization in which they have the permission `apiKey:read`; never the keys themselves.
/// Oldest first unless `sortBy` says otherwise. Not found unless `methods.api_key` is switched on.
#[utoipa::path(
    get, path = "/api/auth/api-key/list", tag = "API keys", operation_id = "listApiKeys",
    params(
        ("configId" = Option<String>, Query, description = "Always `default`"),
        ("organizationId" = Option<String>, Query, description = "The keys of this organization instead of the caller's"),
        ("limit" = Option<u64>, Query, description = "At most so many: 100 if it is left out, 500 at most", example = 10),
        ("offset" = Option<u64>, Query, description = "Passing over so many first", example = 0),
        ("sortBy" = Option<String>, Query, description = "`createdAt`, `updatedAt`, `name`, `expiresAt` or `lastRequest`", example = "createdAt"),
        ("sortDirection" = Option<String>, Query, description = "`asc` or `desc`", example = "desc"),
    ),
    responses(
        (status = 200, description = "A page of keys", body = ListOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_NOT_MEMBER_OF_ORGANIZATION`, `INSUFFICIENT_API_KEY_PERMISSIONS`", body = ErrorOut),
        (status = 404, description = "Switched off (no body)"),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_api_keys(caller: Caller, req: HttpRequest) -> Result<HttpResponse> {
    let mut query = Query::of(&req)?.input();
    let config = query.optional("configId");
    let organization = query.optional("organizationId").filter(|id| !id.is_empty());
    let (limit, offset) = (query.count("limit"), query.count("offset"));
    let order = match query.optional("sortBy").as_deref() {
        Some("updatedAt") => "updated_at",
        Some("name") => "name",
        Some("expiresAt") => "expires_at",
        Some("lastRequest") => "last_used_at",
        _ => "created_at",
    };
    let direction = query.optional("sortDirection");
    if direction.as_deref().is_some_and(|way| way != "asc" && way != "desc") {
        query.issue("sortDirection", "Invalid option: expected one of \"asc\"|\"desc\"");
    }
    query.finish()?;
    let organization = organization.as_deref().map(organization_of).transpose()?;
    let part = Part {
        order,
        ascending: direction.as_deref() != Some("desc"),
        limit: limit.unwrap_or(PAGE).min(MOST),
        offset: offset.unwrap_or(0),
        ..Part::default()
    };
    let (mut keys, mut total) = caller
        .core()
        .read(&caller.ctx(), async |rx| api_keys::list_own(rx, organization.as_ref(), &part).await)
        .await?;
    keys.truncate(usize::try_from(part.limit).unwrap_or(usize::MAX));
    if !is_known(config.as_deref()) {
        (keys, total) = (Vec::new(), 0);
    }
    Ok(reply::ok(&ListOut { api_keys: keys.iter().map(ApiKeyOut::from).collect(), total, limit, offset }))
}

fn refuse_server_only(caller: &Caller, input: &Input) -> Result<()> {
    if input.rest().get("userId").is_some_and(|id| id.as_str() != Some(caller.user_id().as_str())) {
        return Err(KeyMaker::refusal());
    }
    if SERVER_ONLY.iter().any(|name| input.has(name)) {
        return Err(ApiError::bad_request(
            "SERVER_ONLY_PROPERTY",
            "The property you're trying to set can only be set from the server auth instance only.",
        ));
    }
    Ok(())
}

/// For how many seconds a key is to be good. Nothing and null are two things.
#[expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]
fn seconds(input: &mut Input) -> Option<Option<i64>> {
    match input.take("expiresIn")? {
        Value::Null => Some(None),
        Value::Number(number) if number.as_i64().is_some_and(|seconds| seconds >= 1) => Some(number.as_i64()),
        Value::Number(_) => {
            input.issue("expiresIn", "Too small: expected number to be >=1");
            None
        }
        other => {
            input.issue("expiresIn", &expected("number", Some(&other)));
            None
        }
    }
}

/// What is to be noted about a key. Nothing and null are two things.
#[expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]
fn noted(caller: &Caller, given: Option<Value>) -> Result<Option<Option<Map<String, Value>>>> {
    match given {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(_) if !caller.edge.methods().api_key.metadata => {
            Err(auth_core::Error::from(ApiKeysFault::MetadataDisabled).into())
        }
        Some(Value::Object(object)) => Ok(Some(Some(object))),
        Some(_) => Err(ApiError::bad_request("INVALID_METADATA_TYPE", "metadata must be an object or undefined")),
    }
}

fn is_known(config: Option<&str>) -> bool {
    config.is_none_or(|config| config == CONFIG)
}

/// Which key is meant. What cannot be the id of one is the id of none.
fn key_of(id: &str, config: Option<&str>) -> Result<ApiKeyId> {
    let id = ApiKeyId::parse(id).filter(|_| is_known(config));
    id.ok_or_else(|| auth_core::Error::from(ApiKeysFault::NotFound).into())
}

/// Which organization is meant. What cannot be the id of one is one that the caller does not belong to.
fn organization_of(id: &str) -> Result<OrgId> {
    OrgId::parse(id).ok_or_else(|| auth_core::Error::from(ApiKeysFault::NotAMember).into())
}

/// The error of a key that was presented in the place of a session and is no good.
pub(crate) fn refused(why: ApiKeysFault, try_again_in: Option<i64>) -> ApiError {
    let error = ApiError::from(auth_core::Error::from(why));
    match try_again_in {
        Some(millis) => {
            let details = serde_json::json!({ "tryAgainIn": millis });
            error.with_retry_after((millis + 999) / 1000).with_extra("details", details)
        }
        None => error,
    }
}

/// 403: what was presented cannot be a key.
pub(crate) fn malformed() -> ApiError {
    ApiError::forbidden("INVALID_API_KEY", "Invalid API key.")
}
