//! Secret keys of the administration API: issued, recognized, revoked.
//!
//! A secret key stands for the whole instance, so only the platform makes and sees them. Which
//! header carries one is the business of the dialect.
//!
//! A key that a person made is as good as that person's own right: it is revoked for good when they are banned, locked or
//! erased, or a directory ends their access, and it is refused while they do not administer the instance. Each request
//! asks; nothing is cached. A key that a key made, or a command, is nobody's and stands by itself.

mod store;

use serde_json::json;

use crate::clock::Timestamp;
use crate::ctx::{Actor, Ctx};
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id, SecretKeyId, UserId};
use crate::outbox::{Event, EventKind};
use crate::secret::{self, Secret};
use crate::sign_in::impersonation;
use crate::{AuthCore, faults, users};

/// What stands before the underscore of a secret key.
pub const KIND: &str = "sk";
/// How often the last use is written at most, in seconds.
const USE_RESOLUTION: i64 = 60;

faults! {
    /// What can go wrong with secret keys.
    pub enum SecretKeyFault {
        /// No such key.
        NotFound => NotFound, "secret_key_not_found", "Secret key not found";
        /// Not a key, or one that was revoked.
        Refused => Unauthenticated, "unauthenticated", "The secret key is not valid";
        /// The actor does not stand above all organizations.
        PlatformOnly => Forbidden, "forbidden", "Only a platform administrator may do this";
    }
}

/// A secret key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// Names the key without opening anything.
    pub id: SecretKeyId,
    /// What its maker calls it.
    pub name: String,
    /// The part that may be shown.
    pub prefix: String,
    /// The person who made it, if it was one.
    pub created_by: Option<UserId>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From which address.
    pub last_used_ip: Option<String>,
    /// By which program.
    pub last_used_user_agent: Option<String>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new key with the one copy of its secret.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The key.
    pub key: SecretKey,
    /// What opens the instance. It is not stored and cannot be shown again.
    pub secret: Secret,
}

/// Makes a key.
///
/// The row of who makes it is locked, as it is for a session: who bans or locks them at the same time is waited for, and
/// then no key is made.
pub async fn issue(tx: &mut Tx, name: &str) -> Result<Issued> {
    impersonation::refuse_making(tx, None, "secret_key")?;
    require_platform(tx)?;
    if let Some(maker) = tx.ctx().actor.user_id().cloned() {
        let maker = users::find_locked(tx, &maker).await?;
        if !maker.is_some_and(|maker| maker.is_platform_admin() && !maker.is_banned(tx.now()) && !maker.is_locked()) {
            return Err(SecretKeyFault::PlatformOnly.into());
        }
    }
    let (secret, prefix) = secret::credential(tx.chance(), KIND);
    let key = SecretKey {
        id: tx.new_id(),
        name: name.to_owned(),
        prefix,
        created_by: tx.ctx().actor.user_id().cloned(),
        last_used_at: None,
        last_used_ip: None,
        last_used_user_agent: None,
        revoked_at: None,
        created_at: tx.now(),
    };
    store::insert(tx, &key, &secret::hash(secret.expose())).await?;
    tx.record(Event::new(
        EventKind::SecretKeyIssued,
        &key.id,
        json!({"v": 1, "secret_key": {"id": key.id.as_str(), "name": key.name, "prefix": key.prefix}}),
    ));
    Ok(Issued { key, secret })
}

/// Whose request it is, by a secret key. A text that cannot be one costs no query, and one that can
/// costs one.
pub async fn authenticate(core: &AuthCore, ctx: &Ctx, text: &str) -> Result<Actor> {
    if !secret::looks_like_credential(KIND, text) {
        return Err(SecretKeyFault::Refused.into());
    }
    let hash = secret::hash(text);
    let (found, now) =
        core.read(ctx, async |rx| Ok::<_, crate::Error>((store::find_live(rx, &hash).await?, rx.now()))).await?;
    let Some((key_id, last_used_at)) = found else { return Err(SecretKeyFault::Refused.into()) };
    let actor = Actor::SecretKey { key_id: key_id.clone() };
    let seen = now.plus_seconds(-USE_RESOLUTION);
    if last_used_at.is_none_or(|last| last < seen) {
        let ctx = ctx.with_actor(actor.clone());
        let noted = core.write(&ctx, async |tx| store::note_use(tx, &key_id, seen).await).await;
        // When it was used last is worth knowing, but not worth refusing the request for.
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a secret key could not be noted");
        }
    }
    Ok(actor)
}

/// Whether a key is good: neither revoked nor made by somebody who may not any more.
pub(crate) async fn is_live(db: &impl Scope, id: &SecretKeyId) -> Result<bool> {
    store::is_live(db, id).await
}

/// Ends a key. Doing so again changes nothing.
pub async fn revoke(tx: &mut Tx, id: &SecretKeyId) -> Result<SecretKey> {
    require_platform(tx)?;
    let mut key = store::lock(tx, id).await?.ok_or(SecretKeyFault::NotFound)?;
    if key.revoked_at.is_none() {
        key.revoked_at = Some(tx.now());
        store::revoke(tx, id).await?;
        tx.record(Event::new(
            EventKind::SecretKeyRevoked,
            id,
            json!({"v": 1, "secret_key": {"id": id.as_str(), "name": key.name, "prefix": key.prefix}}),
        ));
    }
    Ok(key)
}

/// Ends the keys that a person made whose access ends altogether: they may know them. Keys that were made by another key
/// or by a command are nobody's. Returns how many ended.
pub(crate) async fn end_of(tx: &mut Tx, user: &UserId) -> Result<u64> {
    let keys = store::revoke_of(tx, user).await?;
    let ended = u64::try_from(keys.len()).unwrap_or_default();
    for key in keys {
        let payload = json!({"v": 1, "secret_key": {"id": key.id.as_str(), "name": key.name, "prefix": key.prefix}});
        tx.record(Event::new(EventKind::SecretKeyRevoked, &key.id, payload));
    }
    Ok(ended)
}

/// One key.
pub async fn get(db: &impl Scope, id: &SecretKeyId) -> Result<SecretKey> {
    require_platform(db)?;
    Ok(store::find(db, id).await?.ok_or(SecretKeyFault::NotFound)?)
}

/// Keys, newest first unless `ascending`, and how many there are.
pub async fn list(db: &impl Scope, ascending: bool, limit: u64, offset: u64) -> Result<(Vec<SecretKey>, i64)> {
    require_platform(db)?;
    Ok((store::list(db, ascending, limit, offset).await?, store::count(db).await?))
}

fn require_platform(db: &impl Scope) -> Result<()> {
    if db.ctx().actor.is_platform() { Ok(()) } else { Err(SecretKeyFault::PlatformOnly.into()) }
}
