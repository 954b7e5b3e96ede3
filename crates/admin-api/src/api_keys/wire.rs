//! API keys in JSON.

use auth_core::api_keys::{ApiKey, Change, Issued, New, Outcome, Owner, Permissions, RateLimit, read_permissions};
use auth_core::clock::Timestamp;
use auth_core::fault::Fault as _;
use auth_core::ids::{OrgId, UserId};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::{Fields, NAME};

/// Most uses, and the longest interval in milliseconds: 366 days.
const MANY: i64 = 1_000_000_000;
const LONGEST: i64 = 31_622_400_000;
/// Longest text that is looked at as a key.
const KEY: usize = 256;

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey, example = json!({
    "id": "apikey_01h455vb4pex5vsknk084sn02q", "object": "api_key", "name": "CI", "start": "ci_QCA", "prefix": "ci_",
    "user_id": "user_01h455vb4pex5vsknk084sn02q", "organization_id": null, "created_by": null, "enabled": true,
    "access_ended": false, "remaining": 100, "refill_amount": 100, "refill_interval_ms": 86_400_000, "last_refill_at": null,
    "rate_limit": {"enabled": true, "max": 60, "window_ms": 60_000}, "request_count": 0, "last_used_at": null,
    "permissions": {"files": ["read"]}, "metadata": null, "expires_at": null, "revoked_at": null,
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct ApiKeyOut {
    id: String,
    /// Always `api_key`.
    object: &'static str,
    name: Option<String>,
    /// Its first six characters.
    start: String,
    /// What stands before the random letters.
    prefix: Option<String>,
    /// The key in plain, only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    /// The person whose it is, if it is a person's.
    user_id: Option<String>,
    /// The organization whose it is, if it is an organization's.
    organization_id: Option<String>,
    /// Who made it, if it was a person.
    created_by: Option<String>,
    /// Whether it is switched on.
    enabled: bool,
    /// Whether it is refused for good: it was revoked, or the access of its owner, or of the member who made it, has ended.
    access_ended: bool,
    /// How often it may still be used; null: as often as one likes.
    remaining: Option<i64>,
    /// To how many uses it is filled up.
    refill_amount: Option<i64>,
    /// How often.
    refill_interval_ms: Option<i64>,
    last_refill_at: Option<i64>,
    rate_limit: RateLimitOut,
    /// How often it was used within the present window.
    request_count: i64,
    last_used_at: Option<i64>,
    /// What it is for: actions by resource.
    #[schema(value_type = Option<Object>)]
    permissions: Option<Permissions>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Until when it is good; null: for ever.
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

/// How often a key may be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyRateLimit)]
pub struct RateLimitOut {
    /// Whether that is counted.
    enabled: bool,
    /// How often.
    #[schema(minimum = 1, maximum = 1_000_000_000_i64)]
    max: i64,
    /// Within how many milliseconds: a second to 366 days.
    #[schema(minimum = 1000, maximum = 31_622_400_000_i64)]
    window_ms: i64,
}

impl From<ApiKey> for ApiKeyOut {
    fn from(key: ApiKey) -> Self {
        let (user_id, organization_id) = match key.owner {
            Owner::User(id) => (Some(id.into()), None),
            Owner::Organization(id) => (None, Some(id.into())),
        };
        Self {
            id: key.id.into(),
            object: "api_key",
            name: key.name,
            start: key.start,
            prefix: key.prefix,
            key: None,
            user_id,
            organization_id,
            created_by: key.created_by.map(String::from),
            enabled: key.enabled,
            access_ended: !key.live,
            remaining: key.remaining,
            refill_amount: key.refill.map(|refill| refill.amount),
            refill_interval_ms: key.refill.map(|refill| refill.interval),
            last_refill_at: key.last_refill_at.map(Timestamp::millis),
            rate_limit: RateLimitOut {
                enabled: key.rate_limit.enabled,
                max: key.rate_limit.max,
                window_ms: key.rate_limit.window,
            },
            request_count: key.request_count,
            last_used_at: key.last_request_at.map(Timestamp::millis),
            permissions: key.permissions,
            metadata: key.metadata,
            expires_at: key.expires_at.map(Timestamp::millis),
            revoked_at: key.revoked_at.map(Timestamp::millis),
            created_at: key.created_at.millis(),
            updated_at: key.updated_at.millis(),
        }
    }
}

impl From<Issued> for ApiKeyOut {
    fn from(issued: Issued) -> Self {
        let key = Some(issued.secret.expose().to_owned());
        Self { key, ..issued.key.into() }
    }
}

/// A key to be made: either `user_id` or `organization_id`.
#[derive(Debug, ToSchema)]
#[schema(as = ApiKeyCreate, example = json!({
    "user_id": "user_01h455vb4pex5vsknk084sn02q", "name": "CI", "prefix": "ci_", "remaining": 100,
    "permissions": {"files": ["read"]}
}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct CreateApiKey {
    /// Whose it is to be, if a person's.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    user_id: Option<String>,
    /// Whose it is to be, if an organization's.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    organization_id: Option<String>,
    /// 1 to 32 characters.
    #[schema(min_length = 1, max_length = 32)]
    name: Option<String>,
    /// What stands before the random letters.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,32}$")]
    prefix: Option<String>,
    /// In the future; null: for ever. As configured if it is left out.
    expires_at: Option<i64>,
    /// How often it may be used; null: as often as one likes.
    #[schema(minimum = 0, maximum = 1_000_000_000_i64)]
    remaining: Option<i64>,
    /// To how many uses it is filled up. It takes `refill_interval_ms` too.
    #[schema(minimum = 1, maximum = 1_000_000_000_i64)]
    refill_amount: Option<i64>,
    /// How often: a millisecond to 366 days.
    #[schema(minimum = 1, maximum = 31_622_400_000_i64)]
    refill_interval_ms: Option<i64>,
    /// As configured if it is left out.
    #[schema(nullable = false, value_type = Option<RateLimitOut>)]
    rate_limit: Option<RateLimitOut>,
    /// What it is for: actions by resource.
    #[schema(value_type = Option<Object>)]
    permissions: Option<Permissions>,
    /// What is noted about it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

impl CreateApiKey {
    /// `None` if not exactly one owner is named.
    pub fn read(fields: &mut Fields, now: Timestamp) -> Option<New> {
        let user: Option<UserId> = fields.optional_id("user_id");
        let organization: Option<OrgId> = fields.optional_id("organization_id");
        let rest = UpdateApiKey::read(fields, now);
        let prefix = fields.present_text("prefix", NAME);
        let owner = match (user, organization) {
            (Some(user), None) => Owner::User(user),
            (None, Some(organization)) => Owner::Organization(organization),
            _ => return None,
        };
        Some(New {
            owner,
            name: rest.name.flatten(),
            prefix,
            expires_at: rest.expires_at,
            metadata: rest.metadata.flatten(),
            remaining: rest.remaining.flatten(),
            refill: (rest.refill_amount.flatten(), rest.refill_interval.flatten()),
            rate_limit: rest.rate_limit,
            permissions: rest.permissions.flatten(),
        })
    }
}

/// What to change of a key.
#[derive(Debug, ToSchema)]
#[schema(as = ApiKeyUpdate, example = json!({"enabled": false, "remaining": 1000}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct UpdateApiKey {
    /// 1 to 32 characters.
    #[schema(min_length = 1, max_length = 32)]
    name: Option<String>,
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// In the future; null: for ever.
    expires_at: Option<i64>,
    /// How often it may still be used; null: as often as one likes.
    #[schema(minimum = 0, maximum = 1_000_000_000_i64)]
    remaining: Option<i64>,
    /// To how many uses it is filled up.
    #[schema(minimum = 1, maximum = 1_000_000_000_i64)]
    refill_amount: Option<i64>,
    /// How often: a millisecond to 366 days.
    #[schema(minimum = 1, maximum = 31_622_400_000_i64)]
    refill_interval_ms: Option<i64>,
    /// All of it. The present window ends.
    #[schema(nullable = false, value_type = Option<RateLimitOut>)]
    rate_limit: Option<RateLimitOut>,
    /// What it is for: actions by resource.
    #[schema(value_type = Option<Object>)]
    permissions: Option<Permissions>,
    /// What is noted about it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

impl UpdateApiKey {
    pub fn read(fields: &mut Fields, now: Timestamp) -> Change {
        let expires_at = fields.patch_number("expires_at", 0, 253_402_300_799_999).map(|at| at.map(Timestamp));
        if expires_at.flatten().is_some_and(|at| at <= now) {
            fields.fault("expires_at", "out_of_range", "Must be in the future, in Unix milliseconds");
        }
        let limit = fields.nested("rate_limit", |inner| {
            let enabled = inner.optional_bool("enabled");
            (
                enabled,
                inner.patch_number("max", 1, MANY).flatten(),
                inner.patch_number("window_ms", 1000, LONGEST).flatten(),
            )
        });
        let rate_limit = limit.and_then(|limit| {
            let (Some(enabled), Some(max), Some(window)) = limit else {
                fields.fault("rate_limit", "required", "Takes enabled, max and window_ms");
                return None;
            };
            Some(RateLimit { enabled, window, max })
        });
        Change {
            name: fields.patch_text("name", NAME),
            enabled: fields.optional_bool("enabled"),
            expires_at,
            metadata: nullable(fields, "metadata"),
            remaining: fields.patch_number("remaining", 0, MANY),
            refill_amount: fields.patch_number("refill_amount", 1, MANY),
            refill_interval: fields.patch_number("refill_interval_ms", 1, LONGEST),
            rate_limit,
            permissions: permissions(fields),
        }
    }
}

/// An object that may be absent (`None`) or null (`Some(None)`).
#[expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]
fn nullable(fields: &mut Fields, name: &str) -> Option<Option<Map<String, Value>>> {
    if fields.is_null(name) {
        fields.optional_value(name);
        return Some(None);
    }
    fields.patch_object(name).map(Some)
}

#[expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]
fn permissions(fields: &mut Fields) -> Option<Option<Permissions>> {
    let Some(object) = nullable(fields, "permissions")? else { return Some(None) };
    let Ok(permissions) = read_permissions(Value::Object(object)) else {
        fields.fault("permissions", "wrong_type", "Must be lists of actions by resource");
        return None;
    };
    Some(Some(permissions))
}

/// A key that somebody presented.
#[derive(ToSchema)]
#[schema(as = ApiKeyVerify, example = json!({"key": "ci_QCAIwRzAwOvfTJuEnuARibzgkrQPsvSgXskJpWAvXPrJAtAmpHJKSELZndMYPHlG",
    "permissions": {"files": ["read"]}}))]
pub struct VerifyApiKey {
    /// The key.
    #[schema(max_length = 256)]
    pub key: String,
    /// What it must be for: actions by resource.
    #[schema(value_type = Option<Object>)]
    pub permissions: Permissions,
}

impl VerifyApiKey {
    pub fn read(fields: &mut Fields) -> Self {
        Self { key: fields.text("key", KEY), permissions: permissions(fields).flatten().unwrap_or_default() }
    }
}

/// Whether a key is good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyVerification)]
pub struct VerificationOut {
    /// Always `api_key_verification`.
    object: &'static str,
    /// Whether it is. It was used once if it is.
    valid: bool,
    /// Why not.
    error: Option<RefusalOut>,
    /// The key, if it is good.
    api_key: Option<ApiKeyOut>,
}

/// Why a key is no good.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyRefusal, example = json!({"code": "rate_limit_exceeded", "message": "Rate limit exceeded.", "try_again_in_ms": 1500}))]
pub struct RefusalOut {
    /// `invalid_api_key`, `key_disabled`, `key_expired`, `usage_exceeded`, `rate_limit_exceeded` or `api_key_lacks_permission`.
    code: &'static str,
    /// The same for people.
    message: String,
    /// In how many milliseconds it may be good again, where time is what it lacks.
    try_again_in_ms: Option<i64>,
}

impl From<Outcome> for VerificationOut {
    fn from(outcome: Outcome) -> Self {
        let (error, api_key) = match outcome {
            Outcome::Good(key, _) => (None, Some(ApiKeyOut::from(*key))),
            Outcome::Refused { why, try_again_in } => {
                let message = why.public_message().into_owned();
                (Some(RefusalOut { code: why.code(), message, try_again_in_ms: try_again_in }), None)
            }
        };
        Self { object: "api_key_verification", valid: api_key.is_some(), error, api_key }
    }
}
