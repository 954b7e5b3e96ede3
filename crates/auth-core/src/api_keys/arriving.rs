//! Keys that come from another system, as the SHA-256 that is kept of them there too.

use serde_json::{Map, Value as Json};

use super::making::{allowance, check_metadata, filled, limited, permitted};
use super::store::{self, Issued};
use super::{ApiKey, Held, Owner, Permissions, RateLimit, Refill};
use crate::arrivals::{self, BAD_ID, Came, Words};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{ApiKeyId, Id as _, OrgId};
use crate::users;

const KIND: &str = "api_key";
/// Longest name, prefix and beginning that are kept.
const LONGEST: usize = 64;

/// A key as it is there.
#[derive(Clone, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// SHA-256 of what is presented.
    pub digest: [u8; 32],
    /// Whose it is: a person's id or an organization's.
    pub owner: String,
    /// What its maker calls it.
    pub name: Option<String>,
    /// Its first characters, to tell it by.
    pub start: Option<String>,
    /// What stands before the random letters.
    pub prefix: Option<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// How often it may still be used.
    pub remaining: Option<i64>,
    /// To how many uses it is filled up, and how often in milliseconds.
    pub refill: (Option<i64>, Option<i64>),
    /// When it was filled up last.
    pub last_refill_at: Option<Timestamp>,
    /// How often it may be used within a time.
    pub rate_limit: Option<RateLimit>,
    /// What it is for.
    pub permissions: Option<Permissions>,
    /// What its maker notes about it.
    pub metadata: Option<Map<String, Json>>,
    /// Until when it is good.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Takes a key over. What limits it is kept or it is not taken: a key never becomes good for more.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = ApiKeyId::parse(&there.id) else { return Ok(BAD_ID) };
    if let Some(here) = store::find(tx, &id).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok(Came::Present((here.enabled != there.enabled).then_some("enabled").into_iter().collect()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let Some((owner, user_epoch)) = owner(tx, &there.owner).await? else {
        return Ok(Came::refused("its owner is not here"));
    };
    if there.expires_at.is_some_and(|end| end <= tx.now()) {
        return Ok(Came::refused("it has expired"));
    }
    let hash = hex::encode(there.digest);
    let known = "SELECT 1 FROM api_keys WHERE key_hash = $1";
    if db::one(tx, known, [hash.as_str().into()]).await?.is_some() {
        return Ok(Came::refused("another key here is the same"));
    }
    let Ok(limits) = limits(&there) else {
        return Ok(Came::refused("its allowance, limits or permissions are none that can be kept"));
    };
    let mut without: Vec<Words> = Vec::new();
    let fits = check_metadata(there.metadata.as_ref()).is_ok();
    if !fits {
        without.push("metadata of more than 16 KiB".into());
    }
    let text = |text: Option<String>| text.filter(|t| t.chars().count() <= LONGEST && !t.chars().any(char::is_control));
    let created_at = there.created_at.unwrap_or(tx.now());
    let key = ApiKey {
        id,
        owner,
        name: text(there.name),
        start: text(there.start).unwrap_or_default(),
        prefix: text(there.prefix),
        created_by: None,
        enabled: there.enabled,
        live: true,
        remaining: limits.remaining,
        refill: limits.refill,
        last_refill_at: there.last_refill_at,
        rate_limit: limits.rate_limit,
        request_count: 0,
        last_request_at: None,
        permissions: limits.permissions,
        metadata: there.metadata.filter(|_| fits),
        expires_at: there.expires_at,
        revoked_at: None,
        created_at,
        updated_at: created_at,
        held: Held::default(),
        member_id: None,
        window_started_at: None,
    };
    store::insert(tx, &key, &hash, &Issued { user_epoch, member_epoch: 0 })?;
    arrivals::note(tx, KIND, key.id.as_str());
    Ok(Came::New(without))
}

async fn owner(tx: &Tx, id: &str) -> Result<Option<(Owner, i64)>> {
    if let Ok(user) = users::arrived(tx, id).await? {
        return Ok(Some((Owner::User(user.id), user.access_epoch)));
    }
    let Some(organization) = OrgId::parse(id) else { return Ok(None) };
    let here = arrivals::has_row(tx, "organizations", organization.as_str()).await?;
    Ok(here.then_some((Owner::Organization(organization), 0)))
}

struct Limits {
    remaining: Option<i64>,
    refill: Option<Refill>,
    rate_limit: RateLimit,
    permissions: Option<Permissions>,
}

fn limits(there: &Arriving) -> Result<Limits> {
    let off = RateLimit { enabled: false, window: super::DAY * super::MILLIS, max: 1 };
    let rate_limit = match there.rate_limit {
        Some(limit) if limit.enabled => limited(limit)?,
        Some(limit) => limited(limit).unwrap_or(off),
        None => off,
    };
    let (amount, interval) = there.refill;
    Ok(Limits {
        remaining: allowance(there.remaining)?,
        refill: filled(amount.filter(|n| *n > 0), interval.filter(|n| *n > 0))?,
        rate_limit,
        permissions: permitted(there.permissions.clone())?,
    })
}
