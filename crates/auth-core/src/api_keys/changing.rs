//! Changing and ending keys.

use serde_json::{Map, Value as Json};

use super::making::{self, Permissions};
use super::{ApiKey, ApiKeysFault, Held, Owner, RateLimit, own, record, require_platform, store};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::ApiKeyId;
use crate::outbox::EventKind;
use crate::sign_in::impersonation;

/// How many keys are removed at once.
const BATCH: i64 = 500;

/// What somebody may change of a key of theirs. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct OwnChange {
    /// What it is called.
    pub name: Option<String>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// How many seconds from now it is good for; `Some(None)`: for ever.
    pub expires_in: Option<Option<i64>>,
    /// What is noted about it; `Some(None)`: nothing.
    pub metadata: Option<Option<Map<String, Json>>>,
}

/// What a back end may change. What is `None` stays as it is; `Some(None)` takes it away.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it is called.
    pub name: Option<Option<String>>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// Until when it is good.
    pub expires_at: Option<Option<Timestamp>>,
    /// What is noted about it.
    pub metadata: Option<Option<Map<String, Json>>>,
    /// How often it may still be used.
    pub remaining: Option<Option<i64>>,
    /// To how many uses it is filled up.
    pub refill_amount: Option<Option<i64>>,
    /// How often, in milliseconds.
    pub refill_interval: Option<Option<i64>>,
    /// How often it may be used within a time. What was counted is forgotten.
    pub rate_limit: Option<RateLimit>,
    /// What it is for.
    pub permissions: Option<Option<Permissions>>,
}

/// Changes a key of the caller's, or of an organization in which they hold `apiKey:update`.
///
/// # Errors
/// [`ApiKeysFault`]; those of [`impersonation::refuse`].
pub async fn change_own(tx: &mut Tx, id: &ApiKeyId, wanted: OwnChange) -> Result<ApiKey> {
    let seen = reached(tx, id, "apiKey:update").await?;
    let settings = tx.settings().methods.api_key.clone();
    if wanted.metadata.as_ref().is_some_and(Option::is_some) && !settings.metadata {
        return Err(ApiKeysFault::MetadataDisabled.into());
    }
    let nothing =
        wanted.name.is_none() && wanted.enabled.is_none() && wanted.expires_in.is_none() && wanted.metadata.is_none();
    if nothing {
        return Err(ApiKeysFault::NoValues.into());
    }
    let expires_at = match wanted.expires_in {
        None => None,
        expires_in => Some(making::until(&settings, tx.now(), expires_in)?),
    };
    let key = store::lock(tx, id, &seen.owner).await?.ok_or(ApiKeysFault::NotFound)?;
    let outlasts = |at: Option<Timestamp>| key.expires_at.is_some_and(|end| at.is_none_or(|at| at > end));
    if key.held.disabled && wanted.enabled == Some(true) || key.held.expiry && expires_at.is_some_and(outlasts) {
        return Err(ApiKeysFault::Held.into());
    }
    let change = Change {
        name: wanted.name.map(Some),
        enabled: wanted.enabled,
        expires_at,
        metadata: wanted.metadata,
        ..Change::default()
    };
    apply(tx, id, &seen.owner, change, false).await
}

/// Changes any key, for the platform.
///
/// # Errors
/// [`ApiKeysFault`].
pub async fn change(tx: &mut Tx, id: &ApiKeyId, wanted: Change) -> Result<ApiKey> {
    require_platform(tx)?;
    let seen = store::find(tx, id).await?.ok_or(ApiKeysFault::NotFound)?;
    impersonation::refuse_making(tx, seen.owner.organization(), "api_key")?;
    apply(tx, id, &seen.owner, wanted, true).await
}

/// `holds`: whether what is set here is nothing that its owner lifts.
async fn apply(tx: &mut Tx, id: &ApiKeyId, owner: &Owner, wanted: Change, holds: bool) -> Result<ApiKey> {
    let mut key = store::lock(tx, id, owner).await?.ok_or(ApiKeysFault::NotFound)?;
    if holds {
        key.held = Held {
            disabled: wanted.enabled.map_or(key.held.disabled, |enabled| !enabled),
            expiry: wanted.expires_at.map_or(key.held.expiry, |at| at.is_some()),
        };
    }
    if let Some(name) = wanted.name {
        key.name = making::named(&tx.settings().methods.api_key, name)?;
    }
    if let Some(enabled) = wanted.enabled {
        key.enabled = enabled;
    }
    if let Some(expires_at) = wanted.expires_at {
        key.expires_at = expires_at;
    }
    if let Some(metadata) = wanted.metadata {
        making::check_metadata(metadata.as_ref())?;
        key.metadata = metadata;
    }
    let counted = wanted.remaining.is_some();
    if let Some(remaining) = wanted.remaining {
        key.remaining = making::allowance(remaining)?;
    }
    if wanted.refill_amount.is_some() || wanted.refill_interval.is_some() {
        let amount = wanted.refill_amount.unwrap_or_else(|| key.refill.map(|refill| refill.amount));
        let interval = wanted.refill_interval.unwrap_or_else(|| key.refill.map(|refill| refill.interval));
        key.refill = making::filled(amount, interval)?;
    }
    let starts_anew = wanted.rate_limit.is_some();
    if let Some(limit) = wanted.rate_limit {
        key.rate_limit = making::limited(limit)?;
    }
    if let Some(permissions) = wanted.permissions {
        key.permissions = making::permitted(permissions)?;
    }
    store::update(tx, &key, counted, starts_anew).await?;
    let key = store::find(tx, id).await?.ok_or(ApiKeysFault::NotFound)?;
    record(tx, EventKind::ApiKeyUpdated, &key);
    Ok(key)
}

/// Removes a key of the caller's, or of an organization in which they hold `apiKey:delete`.
///
/// # Errors
/// [`ApiKeysFault`]; those of [`impersonation::refuse`].
pub async fn delete_own(tx: &mut Tx, id: &ApiKeyId) -> Result<()> {
    let key = reached(tx, id, "apiKey:delete").await?;
    if !store::delete(tx, id, &key.owner).await? {
        return Err(ApiKeysFault::NotFound.into());
    }
    if key.revoked_at.is_none() {
        record(tx, EventKind::ApiKeyRevoked, &key);
    }
    Ok(())
}

/// A key that the caller may do that with, in a session of their own.
async fn reached(tx: &mut Tx, id: &ApiKeyId, permission: &str) -> Result<ApiKey> {
    impersonation::refuse_making(tx, None, "api_key")?;
    making::maker(tx, None).await?;
    own(tx, id, permission).await
}

/// Ends any key, for the platform. Doing so again changes nothing.
///
/// # Errors
/// [`ApiKeysFault::PlatformOnly`], [`ApiKeysFault::NotFound`].
pub async fn revoke(tx: &mut Tx, id: &ApiKeyId) -> Result<ApiKey> {
    require_platform(tx)?;
    let seen = store::find(tx, id).await?.ok_or(ApiKeysFault::NotFound)?;
    impersonation::refuse_making(tx, seen.owner.organization(), "api_key")?;
    let key = store::lock(tx, id, &seen.owner).await?.ok_or(ApiKeysFault::NotFound)?;
    if key.revoked_at.is_none() {
        store::revoke(tx, id).await?;
        record(tx, EventKind::ApiKeyRevoked, &key);
    }
    Ok(store::find(tx, id).await?.ok_or(ApiKeysFault::NotFound)?)
}

/// Removes keys whose time is over, for the platform; how many, 500 at most.
///
/// # Errors
/// [`ApiKeysFault::PlatformOnly`].
pub async fn delete_expired(tx: &mut Tx) -> Result<u64> {
    require_platform(tx)?;
    let keys = store::delete_expired(tx, BATCH).await?;
    let count = u64::try_from(keys.len()).unwrap_or_default();
    for key in keys.iter().filter(|key| key.revoked_at.is_none()) {
        record(tx, EventKind::ApiKeyRevoked, key);
    }
    Ok(count)
}
