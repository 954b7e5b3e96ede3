//! Passkeys: keys that never leave people's devices (W3C Web Authentication).
//!
//! A passkey proves possession of a device and, because user verification is asked for, whoever unlocked it: it opens a
//! session by itself. Challenges are kept here and never by the caller, who holds a reference in a signed cookie; a
//! challenge is spent by one conditional statement before anything is verified, and stays spent whatever comes of it. The
//! relying party and its origins are configured; nothing of a request decides about them.
//!
//! Part of the kernel, because the first proof of a mailbox takes away the passkeys that were set before it
//! ([`users::wipe_unproven`]).

mod arriving;
mod ceremony;
mod parts;
mod relying_party;
mod store;

use serde_json::json;

use crate::clock::Timestamp;
use crate::ctx::Actor;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, PasskeyId, SessionId, UserId};
use crate::outbox::{Event, EventKind};
use crate::roles::RolesFault;
use crate::sign_in::impersonation;
use crate::{api_keys, sessions, two_factor, users};

pub use arriving::{Arriving, take_over};
pub use ceremony::{Begun, Registration, begin_assertion, begin_registration, register, sign_in};
pub use relying_party::{check_settings, origins};

/// How a session is said to have been obtained.
pub const METHOD: &str = "passkey";
/// How long a challenge is good, in seconds.
pub const CHALLENGE: i64 = 300;
/// How many passkeys a person has at most: a list of them is a page.
const MOST: usize = 100;
/// Longest name, in UTF-16 code units.
const NAME: usize = 256;

faults! {
    /// What can go wrong with passkeys.
    pub enum PasskeyFault {
        /// The challenge was used, has expired, or was never given to this browser.
        ChallengeNotFound => Invalid, "challenge_not_found", "Challenge not found";
        /// The challenge was somebody else's.
        NotYours => Unauthenticated, "you_are_not_allowed_to_register_this_passkey", "You are not allowed to register this passkey";
        /// What the authenticator said does not hold.
        RegistrationFailed => Invalid, "failed_to_verify_registration", "Failed to verify registration", field "response";
        /// Somebody has this passkey already.
        PreviouslyRegistered => Invalid, "previously_registered", "Previously registered", field "response";
        /// There are enough.
        TooMany => Invalid, "too_many_passkeys", "There are too many passkeys: delete one first";
        /// Too long, or with control characters.
        InvalidName => Invalid, "invalid_passkey_name", "The name of a passkey has 1 to 256 characters and no control characters", field "name";
        /// The caller has none such.
        NotFound => NotFound, "passkey_not_found", "Passkey not found", field "id";
        /// Nobody has it who could sign in with it.
        Unknown => Unauthenticated, "passkey_not_found", "Passkey not found", field "response";
        /// What the authenticator said does not hold, or the key counts backwards.
        AuthenticationFailed => Unauthenticated, "authentication_failed", "Authentication failed", field "response";
        /// It is neither platform nor cross-platform.
        InvalidAttachment => Invalid, "invalid_authenticator_attachment", "The attachment is platform or cross-platform", field "authenticatorAttachment";
    }
}

/// A passkey, as its owner sees it.
#[derive(Clone, Debug)]
pub struct Passkey {
    /// The row.
    pub id: PasskeyId,
    /// Whose.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: Option<String>,
    /// The authenticator's id of it, in base64url without padding.
    pub credential_id: String,
    /// The public key (COSE, RFC 9052), in base64.
    pub public_key: String,
    /// The kind of authenticator, as a UUID; zeros if it does not say.
    pub aaguid: String,
    /// How the authenticator is reached, separated by commas.
    pub transports: Option<String>,
    /// How often it has signed, if it counts.
    pub sign_count: i64,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was shown last.
    pub last_used_at: Option<Timestamp>,
}

/// The person who asks, for what is theirs alone: an admin who acts as somebody else gets nothing of it.
fn caller(actor: &Actor) -> Result<(&UserId, &SessionId)> {
    impersonation::refuse(actor)?;
    match actor {
        Actor::User { user_id, session_id, .. } => Ok((user_id, session_id)),
        _ => Err(RolesFault::Unauthenticated.into()),
    }
}

/// The passkeys of the person who asks, oldest first: at most a hundred.
///
/// # Errors
/// [`RolesFault::Unauthenticated`]; those of [`impersonation::refuse`].
pub async fn list(db: &impl Scope) -> Result<Vec<Passkey>> {
    let (user_id, _) = caller(&db.ctx().actor)?;
    store::list(db, user_id).await
}

/// The passkeys of a person, oldest first: at most a hundred. Who may know of them, the caller decides.
///
/// # Errors
/// Those of the database.
pub async fn of_user(db: &impl Scope, user_id: &UserId) -> Result<Vec<Passkey>> {
    store::list(db, user_id).await
}

/// Takes one of a person's passkeys away, because an administrator says so. Whoever may have it is out: all sessions, sign-ins
/// under way and keys of the person end.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`users::UsersFault::NotFound`], [`PasskeyFault::NotFound`].
pub async fn take_away(tx: &mut Tx, user_id: &UserId, id: &PasskeyId) -> Result<()> {
    if !tx.ctx().actor.is_platform() {
        return Err(RolesFault::Forbidden.into());
    }
    users::lock(tx, user_id).await?;
    let passkey = store::delete(tx, user_id, id).await?.ok_or(PasskeyFault::NotFound)?;
    users::end_access(tx, user_id).await?;
    tx.record(Event::new(EventKind::PasskeyDeleted, user_id, facts(&passkey)));
    Ok(())
}

/// Whether somebody has a passkey.
pub async fn has_any(db: &impl Scope, user_id: &UserId) -> Result<bool> {
    Ok(!store::list(db, user_id).await?.is_empty())
}

/// Gives one of the caller's passkeys another name.
///
/// # Errors
/// [`PasskeyFault::NotFound`] for those of others too; [`PasskeyFault::InvalidName`].
pub async fn rename(tx: &mut Tx, id: &PasskeyId, name: &str) -> Result<Passkey> {
    let actor = tx.ctx().actor.clone();
    let (user_id, _) = caller(&actor)?;
    check_name(name)?;
    users::lock(tx, user_id).await?;
    let passkey = store::rename(tx, user_id, id, name).await?.ok_or(PasskeyFault::NotFound)?;
    tx.record(Event::new(EventKind::PasskeyUpdated, user_id, facts(&passkey)));
    Ok(passkey)
}

/// Takes one of the caller's passkeys away. Sign-ins that are under way come to nothing; sessions go on.
///
/// # Errors
/// [`PasskeyFault::NotFound`], for those of others too; those of [`two_factor::demand_shown`].
pub async fn delete(tx: &mut Tx, id: &PasskeyId) -> Result<()> {
    let actor = tx.ctx().actor.clone();
    let (user_id, session_id) = caller(&actor)?;
    let user = users::lock(tx, user_id).await?;
    two_factor::demand_shown(tx, &user, session_id).await?;
    let passkey = store::delete(tx, user_id, id).await?.ok_or(PasskeyFault::NotFound)?;
    let raised = users::raise_epoch(tx, user_id).await?;
    sessions::carry_over(tx, user_id, user.access_epoch, raised).await?;
    api_keys::carry_over(tx, user_id, user.access_epoch, raised).await?;
    tx.record(Event::new(EventKind::PasskeyDeleted, user_id, facts(&passkey)));
    Ok(())
}

/// Takes all passkeys of a person away. Returns how many there were.
pub(crate) async fn remove_all(tx: &mut Tx, user_id: &UserId) -> Result<u64> {
    let gone = store::delete_all(tx, user_id).await?;
    let count = u64::try_from(gone.len()).unwrap_or_default();
    for passkey in gone {
        tx.record(Event::new(EventKind::PasskeyDeleted, user_id, facts(&passkey)));
    }
    Ok(count)
}

/// What events tell of a passkey.
fn facts(passkey: &Passkey) -> serde_json::Value {
    json!({
        "v": 1, "passkey_id": passkey.id.as_str(), "user_id": passkey.user_id.as_str(), "name": passkey.name,
        "aaguid": passkey.aaguid, "backed_up": passkey.backed_up,
    })
}

fn check_name(name: &str) -> Result<()> {
    let ok = !name.trim().is_empty() && name.encode_utf16().count() <= NAME && !name.chars().any(char::is_control);
    if ok { Ok(()) } else { Err(PasskeyFault::InvalidName.into()) }
}
