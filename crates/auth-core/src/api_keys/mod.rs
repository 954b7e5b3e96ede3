//! API keys: what programs of people and of organizations present to the application, which has them checked here.
//!
//! A key is a text of 64 random letters behind a prefix, shown once and stored as its SHA-256. It opens nothing of its own
//! accord: the application asks whether it is good ([`verify`]), and each time counts: against the key's rate limit, and
//! against what remains of it. Both are one conditional statement, so that they hold across replicas.
//!
//! **A key is honored only while its owner may come in.** That of a person remembers the person's access epoch, so that
//! whatever ends all of their access (a ban, a lock, a directory, a password that was reset) ends it with the same commit;
//! a change of the password that keeps the sessions keeps the keys. A key that a member makes for an organization remembers
//! the membership's epoch likewise: it is as good as their place there, so that who is deprovisioned keeps no door that they
//! know; and it is good for no more than they may do there at present: not at all while they may make no keys, and for nothing
//! of what roles permit here that theirs do not. One that a back end makes by the administration API is nobody's but the
//! organization's, and ends with that; one that an administrator of the instance makes for others is good while they are one.
//! Nothing brings an ended key back. Each use asks; nothing is cached.
//!
//! What a back end or an administrator limits, the owner of the key limits further at most.
//!
//! Who acts as somebody else makes, changes and removes no keys, and neither does a key.

mod arriving;
mod changing;
mod making;
mod store;
mod using;

use serde_json::{Map, Value as Json, json};

use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{ApiKeyId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::{members, requirements};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, RolesFault};

pub use arriving::{Arriving, take_over};
pub use changing::{Change, OwnChange, change, change_own, delete_expired, delete_own, revoke};
pub use making::{Issued, New, OwnNew, Permissions, issue, issue_own, read_permissions};
pub use store::LISTED;
pub use using::{Entered, Outcome, is_known, open, verify};

/// How a session is said to have been obtained that is nothing but a key.
pub const METHOD: &str = "api-key";

/// Milliseconds of a second, and of a day in seconds.
const MILLIS: i64 = 1000;
const DAY: i64 = 86_400;

faults! {
    /// What can go wrong with API keys.
    pub enum ApiKeysFault {
        /// No such key, or none that the caller may know of.
        NotFound => NotFound, "key_not_found", "API Key not found";
        /// Nothing that was ever a key here.
        Refused => Unauthenticated, "invalid_api_key", "Invalid API key.";
        /// It was switched off or revoked, or its owner's access has ended.
        Disabled => Unauthenticated, "key_disabled", "API Key is disabled";
        /// Its time is over.
        Expired => Unauthenticated, "key_expired", "API Key has expired";
        /// Nothing remains of it.
        UsageExceeded => RateLimited, "usage_exceeded", "API Key has reached its usage limit";
        /// Used too often of late.
        RateLimited => RateLimited, "rate_limit_exceeded", "Rate limit exceeded.";
        /// It is good, but not for this.
        NotPermitted => Forbidden, "api_key_lacks_permission", "The API key does not have this permission";
        /// It is no person's, so that it opens no session.
        NotAPersons => Unauthenticated, "invalid_reference_id_from_api_key", "The reference id from the API key is invalid.";
        /// Less than the least time.
        ExpiresTooSoon => Invalid, "expires_in_is_too_small", "The expiresIn is smaller than the predefined minimum value.", field "expires_in";
        /// More than the longest time.
        ExpiresTooLate => Invalid, "expires_in_is_too_large", "The expiresIn is larger than the predefined maximum value.", field "expires_in";
        /// Out of bounds.
        InvalidRemaining => Invalid, "invalid_remaining", "The remaining count is either too large or too small.", field "remaining";
        /// An interval without an amount.
        RefillAmountRequired => Invalid, "refill_amount_and_interval_required", "refillAmount is required when refillInterval is provided", field "refill_amount";
        /// An amount without an interval.
        RefillIntervalRequired => Invalid, "refill_interval_and_amount_required", "refillInterval is required when refillAmount is provided", field "refill_interval";
        /// Out of bounds.
        InvalidRateLimit => Invalid, "invalid_api_key_rate_limit", "A rate limit is at least one request within at least a second and at most 366 days", field "rate_limit";
        /// Too long, empty, or of other characters.
        InvalidPrefix => Invalid, "invalid_prefix_length", "The prefix length is either too large or too small.", field "prefix";
        /// Too long or empty.
        InvalidName => Invalid, "invalid_name_length", "The name length is either too large or too small.", field "name";
        /// Keys have names here.
        NameRequired => Invalid, "name_required", "API Key name is required.", field "name";
        /// Keys have no metadata here.
        MetadataDisabled => Invalid, "metadata_disabled", "Metadata is disabled.", field "metadata";
        /// Too much.
        MetadataTooLarge => Invalid, "api_key_metadata_too_large", "The metadata of an API key is at most 16 KiB of JSON", field "metadata";
        /// Not `{"resource": ["action"]}`, or too much of it.
        InvalidPermissions => Invalid, "invalid_api_key_permissions", "Permissions are lists of actions by resource, at most 16 KiB of JSON", field "permissions";
        /// Nothing to change.
        NoValues => Invalid, "no_values_to_update", "No values to update.";
        /// The caller does not belong to the organization.
        NotAMember => Forbidden, "user_not_member_of_organization", "You are not a member of the organization that owns this API key.";
        /// A member without the permission `apiKey`.
        NotAllowed => Forbidden, "insufficient_api_key_permissions", "You do not have permission to perform this action on organization API keys.";
        /// The owner would lift a limit that is not theirs.
        Held => Forbidden, "api_key_limit_not_yours", "The application has limited this key: only the application lifts that";
        /// Only back ends and administrators of the instance.
        PlatformOnly => Forbidden, "forbidden", "Only a platform administrator may do this";
    }
}

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person's.
    User(UserId),
    /// An organization's.
    Organization(OrgId),
}

impl Owner {
    /// Their id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Organization(id) => id.as_str(),
        }
    }

    /// The organization, if it is one.
    #[must_use]
    pub fn organization(&self) -> Option<&OrgId> {
        match self {
            Self::User(_) => None,
            Self::Organization(id) => Some(id),
        }
    }
}

/// A key, without what opens anything.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiKey {
    /// Names the key.
    pub id: ApiKeyId,
    /// Whose it is.
    pub owner: Owner,
    /// What its maker calls it.
    pub name: Option<String>,
    /// Its first six characters, to tell it by.
    pub start: String,
    /// What stands before the random letters.
    pub prefix: Option<String>,
    /// Who made it, if it was a person.
    pub created_by: Option<UserId>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it was neither revoked nor has its owner's access ended.
    pub live: bool,
    /// How often it may still be used; `None`: as often as one likes.
    pub remaining: Option<i64>,
    /// What [`remaining`](Self::remaining) becomes from time to time.
    pub refill: Option<Refill>,
    /// When it was filled up last.
    pub last_refill_at: Option<Timestamp>,
    /// How often it may be used within a time.
    pub rate_limit: RateLimit,
    /// How often it was used within the present window.
    pub request_count: i64,
    /// When it was used last.
    pub last_request_at: Option<Timestamp>,
    /// What it is for, in the application's own words.
    pub permissions: Option<Permissions>,
    /// What its maker notes about it.
    pub metadata: Option<Map<String, Json>>,
    /// Until when it is good.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused for good.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last, other than by being used.
    pub updated_at: Timestamp,
    /// What its owner does not lift.
    pub held: Held,
    /// The membership by which a member made it for their organization.
    member_id: Option<MemberId>,
    /// When the present window of the rate limit began.
    window_started_at: Option<Timestamp>,
}

/// Which limits of a key a back end set, or an administrator of the instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// That it is switched off.
    pub disabled: bool,
    /// Until when it is good.
    pub expiry: bool,
}

/// How a key is filled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refill {
    /// To how many uses.
    pub amount: i64,
    /// How often, in milliseconds.
    pub interval: i64,
}

/// How often a key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Whether that is counted at all.
    pub enabled: bool,
    /// Within how many milliseconds.
    pub window: i64,
    /// How often.
    pub max: i64,
}

/// Which keys to list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of this person.
    pub user_id: Option<UserId>,
    /// Those of this organization.
    pub organization_id: Option<OrgId>,
    /// Which part.
    pub part: db::Part,
}

/// One of the caller's keys, or of an organization's that they may see.
///
/// # Errors
/// [`ApiKeysFault::NotFound`] for those of others, [`ApiKeysFault::NotAllowed`] for members without the permission.
pub async fn get_own(db: &impl Scope, id: &ApiKeyId) -> Result<ApiKey> {
    own(db, id, "apiKey:read").await
}

/// The caller's keys, or those of an organization that they may see; and how many there are.
///
/// # Errors
/// [`ApiKeysFault::NotAMember`] for strangers, [`ApiKeysFault::NotAllowed`] for members without the permission.
pub async fn list_own(db: &impl Scope, organization: Option<&OrgId>, part: &db::Part) -> Result<(Vec<ApiKey>, i64)> {
    let Actor::User { user_id, .. } = &db.ctx().actor else { return Err(RolesFault::Unauthenticated.into()) };
    let wanted = match organization {
        None => Wanted { user_id: Some(user_id.clone()), organization_id: None, part: part.clone() },
        Some(organization) => {
            member_may(db, user_id, organization, "apiKey:read").await?;
            Wanted { user_id: None, organization_id: Some(organization.clone()), part: part.clone() }
        }
    };
    store::list(db, &wanted).await
}

/// Any key, for the platform.
///
/// # Errors
/// [`ApiKeysFault::PlatformOnly`], [`ApiKeysFault::NotFound`].
pub async fn get(db: &impl Scope, id: &ApiKeyId) -> Result<ApiKey> {
    require_platform(db)?;
    Ok(store::find(db, id).await?.ok_or(ApiKeysFault::NotFound)?)
}

/// Keys, whosever they are, for the platform; and how many there are.
///
/// # Errors
/// [`ApiKeysFault::PlatformOnly`].
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<(Vec<ApiKey>, i64)> {
    require_platform(db)?;
    store::list(db, wanted).await
}

/// Ends the keys of a person whose access ends altogether, and those that they made for others: they may know them.
/// Returns how many ended.
pub(crate) async fn end_of(tx: &mut Tx, user: &UserId) -> Result<u64> {
    end(tx, user, true).await
}

/// Ends those that are refused from now on because the person's epoch was raised, and into no new one are they taken.
/// Returns how many ended.
pub(crate) async fn end_with_epoch(tx: &mut Tx, user: &UserId) -> Result<u64> {
    end(tx, user, false).await
}

async fn end(tx: &mut Tx, user: &UserId, of_others: bool) -> Result<u64> {
    let keys = store::revoke_of(tx, user, of_others).await?;
    let ended = u64::try_from(keys.len()).unwrap_or_default();
    for key in &keys {
        record(tx, EventKind::ApiKeyRevoked, key);
    }
    Ok(ended)
}

/// The same for those that they made for one organization, to which their access ends.
pub(crate) async fn end_within(tx: &mut Tx, user: &UserId, organization: &OrgId) -> Result<u64> {
    let keys = store::revoke_within(tx, user, organization).await?;
    let ended = u64::try_from(keys.len()).unwrap_or_default();
    for key in &keys {
        record(tx, EventKind::ApiKeyRevoked, key);
    }
    Ok(ended)
}

/// Takes the person's keys over into a new epoch, with the sessions that are kept; their row is locked.
pub(crate) async fn carry_over(tx: &Tx, user: &UserId, from_epoch: i64, to_epoch: i64) -> Result<()> {
    store::carry_over(tx, user, from_epoch, to_epoch).await
}

/// A key of the caller's own or of an organization in which they hold the permission.
async fn own(db: &impl Scope, id: &ApiKeyId, permission: &str) -> Result<ApiKey> {
    let Actor::User { user_id, .. } = &db.ctx().actor else { return Err(RolesFault::Unauthenticated.into()) };
    let key = store::find_reachable(db, id, user_id).await?.ok_or(ApiKeysFault::NotFound)?;
    if let Owner::Organization(organization) = &key.owner {
        member_may(db, user_id, organization, permission).await?;
    }
    Ok(key)
}

/// The membership of somebody who may do that with the organization's keys. Administrators of the instance who are no
/// members have the administration API.
async fn member_may(db: &impl Scope, user: &UserId, organization: &OrgId, permission: &str) -> Result<members::Member> {
    let member = members::active(db, organization, user).await?.ok_or(ApiKeysFault::NotAMember)?;
    requirements::demand(db, organization).await?;
    let authority = roles::of_member(db, member.clone()).await?;
    if authority.holds(permission) { Ok(member) } else { Err(ApiKeysFault::NotAllowed.into()) }
}

fn require_platform(db: &impl Scope) -> Result<()> {
    if db.ctx().actor.is_platform() { Ok(()) } else { Err(ApiKeysFault::PlatformOnly.into()) }
}

fn record(tx: &mut Tx, kind: EventKind, key: &ApiKey) {
    let (user, organization) = match &key.owner {
        Owner::User(id) => (Some(id.as_str()), None),
        Owner::Organization(id) => (None, Some(id.as_str())),
    };
    let payload = json!({
        "v": 1,
        "api_key": {
            "id": key.id.as_str(), "name": key.name, "start": key.start, "user_id": user, "organization_id": organization,
            "enabled": key.enabled, "permissions": key.permissions,
            "expires_at": key.expires_at.map(Timestamp::millis),
        },
    });
    tx.record(Event::new(kind, &key.id, payload).within(key.owner.organization()));
}
