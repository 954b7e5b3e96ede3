//! How keys come to be. People make them for themselves and for organizations by a road of their own ([`issue_own`]), whose
//! input cannot name an owner, an allowance or permissions: only back ends and administrators say these ([`issue`]).

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::store::{self, Issued as Remembered};
use super::{ApiKey, ApiKeysFault, DAY, Held, MILLIS, Owner, RateLimit, Refill, member_may, record, require_platform};
use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{MemberId, OrgId, UserId};
use crate::orgs;
use crate::outbox::EventKind;
use crate::roles::RolesFault;
use crate::secret::{self, Secret};
use crate::sign_in::{self, impersonation};
use crate::users::{self, User};
use crate::{sessions, settings::ApiKeySettings};

/// How many random letters a key has: 364 bits.
const LETTERS: usize = 64;
/// How many characters of a key may be shown.
const START: usize = 6;
/// Most characters of a prefix, and of a name.
const PREFIX: usize = 32;
const NAME: usize = 32;
/// Most bytes of metadata, and of permissions.
const OBJECT: usize = 16 * 1024;
/// Most uses.
const MANY: i64 = 1_000_000_000;
/// Longest interval, in milliseconds.
const LONGEST: i64 = 366 * DAY * MILLIS;

/// What a key is for: actions by resource.
pub type Permissions = BTreeMap<String, Vec<String>>;

/// A new key with the one copy of what opens anything.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The key.
    pub key: ApiKey,
    /// The text that is presented. It is not stored and cannot be shown again.
    pub secret: Secret,
}

/// What somebody may say of a key that they make.
#[derive(Clone, Debug, Default)]
pub struct OwnNew {
    /// The organization whose it is to be; otherwise their own.
    pub organization_id: Option<OrgId>,
    /// What they call it.
    pub name: Option<String>,
    /// What stands before the random letters.
    pub prefix: Option<String>,
    /// How many seconds it is good for. `None`: as configured; `Some(None)`: for ever.
    pub expires_in: Option<Option<i64>>,
    /// What they note about it.
    pub metadata: Option<Map<String, Json>>,
}

/// A key as a back end makes one.
#[derive(Clone, Debug)]
pub struct New {
    /// Whose it is to be.
    pub owner: Owner,
    /// What it is called.
    pub name: Option<String>,
    /// What stands before the random letters.
    pub prefix: Option<String>,
    /// Until when it is good; `None`: as configured, `Some(None)`: for ever.
    pub expires_at: Option<Option<Timestamp>>,
    /// What is noted about it.
    pub metadata: Option<Map<String, Json>>,
    /// How often it may be used.
    pub remaining: Option<i64>,
    /// To how many uses it is filled up, and how often.
    pub refill: (Option<i64>, Option<i64>),
    /// How often it may be used within a time; as configured if nothing is said.
    pub rate_limit: Option<RateLimit>,
    /// What it is for.
    pub permissions: Option<Permissions>,
}

/// Makes a key for whoever asks, or for an organization in which they hold `apiKey:create`.
///
/// # Errors
/// [`ApiKeysFault`]; those of [`impersonation::refuse`]; [`RolesFault::Unauthenticated`] without a session of their own.
pub async fn issue_own(tx: &mut Tx, new: OwnNew) -> Result<Issued> {
    let maker = maker(tx, new.organization_id.as_ref()).await?;
    let (owner, member) = match &new.organization_id {
        None => (Owner::User(maker.id.clone()), None),
        Some(organization) => {
            let member = member_may(tx, &maker.id, organization, "apiKey:create").await?;
            (Owner::Organization(organization.clone()), Some(member))
        }
    };
    let settings = tx.settings().methods.api_key.clone();
    let expires_at = until(&settings, tx.now(), new.expires_in)?;
    let draft = Draft {
        owner,
        name: new.name,
        prefix: new.prefix,
        expires_at,
        metadata: new.metadata,
        remaining: None,
        refill: None,
        rate_limit: usual_limit(&settings),
        permissions: None,
        created_by: Some(maker.id),
        held: Held::default(),
        member_id: member.as_ref().map(|member| member.id.clone()),
    };
    if draft.metadata.is_some() && !settings.metadata {
        return Err(ApiKeysFault::MetadataDisabled.into());
    }
    make(
        tx,
        draft,
        Remembered { user_epoch: maker.access_epoch, member_epoch: member.map_or(0, |member| member.access_epoch) },
    )
}

/// Makes a key for anybody, for the platform.
///
/// # Errors
/// [`ApiKeysFault`]; [`users::UsersFault::NotFound`], [`orgs::OrgsFault::NotFound`].
pub async fn issue(tx: &mut Tx, new: New) -> Result<Issued> {
    impersonation::refuse_making(tx, new.owner.organization(), "api_key")?;
    require_platform(tx)?;
    let created_by = tx.ctx().actor.user_id().cloned();
    if let Some(id) = &created_by {
        // As good as their own right, as a secret key is.
        let own = users::find_locked(tx, id).await?;
        if !own.is_some_and(|own| own.is_platform_admin() && !own.is_banned(tx.now()) && !own.is_locked()) {
            return Err(ApiKeysFault::PlatformOnly.into());
        }
    }
    let user_epoch = match &new.owner {
        Owner::User(id) => {
            let user = users::lock(tx, id).await?;
            sign_in::admit(tx, &user, false).await?;
            user.access_epoch
        }
        Owner::Organization(id) => {
            orgs::get(tx, id).await?;
            0
        }
    };
    let settings = tx.settings().methods.api_key.clone();
    let expires_at = match new.expires_at {
        None => until(&settings, tx.now(), None)?,
        Some(at) => at,
    };
    let draft = Draft {
        owner: new.owner,
        name: new.name,
        prefix: new.prefix,
        expires_at,
        metadata: new.metadata,
        remaining: allowance(new.remaining)?,
        refill: filled(new.refill.0, new.refill.1)?,
        rate_limit: limited(new.rate_limit.unwrap_or_else(|| usual_limit(&settings)))?,
        permissions: permitted(new.permissions)?,
        created_by,
        held: Held { disabled: false, expiry: matches!(new.expires_at, Some(Some(_))) },
        member_id: None,
    };
    make(tx, draft, Remembered { user_epoch, member_epoch: 0 })
}

/// Who makes, changes or removes a key: a person in a session of their own, that has not ended. Their row is locked, so
/// that whatever ends their access at the same time is waited for. A key is no session, and makes no keys.
pub(super) async fn maker(tx: &mut Tx, organization: Option<&OrgId>) -> Result<User> {
    impersonation::refuse_making(tx, organization, "api_key")?;
    let Actor::User { user_id, session_id, .. } = tx.ctx().actor.clone() else {
        return Err(RolesFault::Unauthenticated.into());
    };
    let user: User = locked(tx, &user_id).await?;
    let session = sessions::source(tx, &user_id, &session_id).await?;
    if session.is_none_or(|session| session.user_epoch != user.access_epoch) {
        return Err(RolesFault::Unauthenticated.into());
    }
    sign_in::admit(tx, &user, false).await?;
    Ok(user)
}

async fn locked(tx: &Tx, id: &UserId) -> Result<User> {
    Ok(users::find_locked(tx, id).await?.ok_or(RolesFault::Unauthenticated)?)
}

/// A key whose limits were looked at.
struct Draft {
    owner: Owner,
    name: Option<String>,
    prefix: Option<String>,
    expires_at: Option<Timestamp>,
    metadata: Option<Map<String, Json>>,
    remaining: Option<i64>,
    refill: Option<Refill>,
    rate_limit: RateLimit,
    permissions: Option<Permissions>,
    created_by: Option<UserId>,
    held: Held,
    member_id: Option<MemberId>,
}

fn make(tx: &mut Tx, draft: Draft, remembered: Remembered) -> Result<Issued> {
    let name = named(&tx.settings().methods.api_key, draft.name)?;
    let prefix = draft.prefix;
    if let Some(prefix) = &prefix {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=PREFIX).contains(&prefix.len()) || !prefix.bytes().all(plain) {
            return Err(ApiKeysFault::InvalidPrefix.into());
        }
    }
    check_metadata(draft.metadata.as_ref())?;
    let letters = secret::random_letters(tx.chance(), LETTERS);
    let text = format!("{}{letters}", prefix.as_deref().unwrap_or_default());
    let now = tx.now();
    let key = ApiKey {
        id: tx.new_id(),
        owner: draft.owner,
        name,
        start: text[..START].to_owned(),
        prefix,
        created_by: draft.created_by,
        enabled: true,
        live: true,
        remaining: draft.remaining,
        refill: draft.refill,
        last_refill_at: None,
        rate_limit: draft.rate_limit,
        request_count: 0,
        last_request_at: None,
        permissions: draft.permissions,
        metadata: draft.metadata,
        expires_at: draft.expires_at,
        revoked_at: None,
        created_at: now,
        updated_at: now,
        held: draft.held,
        member_id: draft.member_id,
        window_started_at: None,
    };
    store::insert(tx, &key, &secret::hash(&text), &remembered)?;
    record(tx, EventKind::ApiKeyIssued, &key);
    Ok(Issued { key, secret: Secret::new(text) })
}

/// Until when a key of a person's making is good. Null is as if nothing was said: it is no way around what the operator
/// wants of keys.
#[expect(clippy::option_option, reason = "absent, null, a value: the wire tells them apart")]
pub(super) fn until(
    settings: &ApiKeySettings,
    now: Timestamp,
    expires_in: Option<Option<i64>>,
) -> Result<Option<Timestamp>> {
    let seconds = match expires_in {
        None | Some(None) => (settings.default_expires_in_days > 0).then_some(settings.default_expires_in_days * DAY),
        Some(Some(seconds)) if seconds < settings.min_expires_in_days * DAY => {
            return Err(ApiKeysFault::ExpiresTooSoon.into());
        }
        Some(Some(seconds)) if seconds > settings.max_expires_in_days * DAY => {
            return Err(ApiKeysFault::ExpiresTooLate.into());
        }
        Some(seconds) => seconds,
    };
    Ok(seconds.map(|seconds| now.plus_seconds(seconds)))
}

fn usual_limit(settings: &ApiKeySettings) -> RateLimit {
    RateLimit {
        enabled: settings.rate_limit_enabled,
        window: settings.rate_limit_window * MILLIS,
        max: settings.rate_limit_max,
    }
}

/// A name as it is kept.
pub(super) fn named(settings: &ApiKeySettings, name: Option<String>) -> Result<Option<String>> {
    match name {
        None if settings.require_name => Err(ApiKeysFault::NameRequired.into()),
        Some(name) if !(1..=NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) => {
            Err(ApiKeysFault::InvalidName.into())
        }
        name => Ok(name),
    }
}

pub(super) fn check_metadata(metadata: Option<&Map<String, Json>>) -> Result<()> {
    match metadata {
        Some(object) if serde_json::to_string(object)?.len() > OBJECT => Err(ApiKeysFault::MetadataTooLarge.into()),
        _ => Ok(()),
    }
}

pub(super) fn allowance(remaining: Option<i64>) -> Result<Option<i64>> {
    match remaining {
        Some(count) if !(0..=MANY).contains(&count) => Err(ApiKeysFault::InvalidRemaining.into()),
        remaining => Ok(remaining),
    }
}

/// To how many uses a key is filled up, and how often.
pub(super) fn filled(amount: Option<i64>, interval: Option<i64>) -> Result<Option<Refill>> {
    match (amount, interval) {
        (None, None) => Ok(None),
        (Some(amount), Some(interval)) if (1..=MANY).contains(&amount) && (1..=LONGEST).contains(&interval) => {
            Ok(Some(Refill { amount, interval }))
        }
        (Some(_), Some(_)) => Err(ApiKeysFault::InvalidRemaining.into()),
        (None, Some(_)) => Err(ApiKeysFault::RefillAmountRequired.into()),
        (Some(_), None) => Err(ApiKeysFault::RefillIntervalRequired.into()),
    }
}

pub(super) fn limited(limit: RateLimit) -> Result<RateLimit> {
    if (1..=MANY).contains(&limit.max) && (MILLIS..=LONGEST).contains(&limit.window) {
        Ok(limit)
    } else {
        Err(ApiKeysFault::InvalidRateLimit.into())
    }
}

pub(super) fn permitted(permissions: Option<Permissions>) -> Result<Option<Permissions>> {
    match permissions {
        Some(all) if serde_json::to_string(&all)?.len() > OBJECT => Err(ApiKeysFault::InvalidPermissions.into()),
        permissions => Ok(permissions),
    }
}

/// Permissions as somebody wrote them: `{"resource": ["action"]}`.
///
/// # Errors
/// [`ApiKeysFault::InvalidPermissions`].
pub fn read_permissions(value: Json) -> Result<Permissions> {
    serde_json::from_value(value).map_err(|_| ApiKeysFault::InvalidPermissions.into())
}
