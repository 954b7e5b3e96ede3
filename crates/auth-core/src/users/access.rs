//! What decides whether a person may come in: the epoch, the ban, the address and its proof.

use sea_orm::ActiveValue;
use serde_json::json;

use super::changing::{save, unchanged};
use super::{User, UsersFault, email, lock, phone, store, texts};
use crate::clock::Timestamp;
use crate::credentials;
use crate::db::{Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind};
use crate::outbox::{Event, EventKind};
use crate::{api_keys, passkeys, secret_keys, sessions, two_factor, verification};

/// Raises the person's epoch, so that no sign-in that is under way can end in a session. Returns the
/// new one. The sessions that are to go on are carried over with
/// [`sessions::carry_over`](crate::sessions::carry_over) in the same transaction.
pub async fn raise_epoch(tx: &Tx, id: &UserId) -> Result<i64> {
    lock(tx, id).await?;
    store::raise_epoch(tx, id).await
}

/// Ends everything by which the person is in or could come in without a new proof: sessions,
/// sign-ins under way, links that were mailed. Returns how many sessions ended.
///
/// The API keys that are refused from then on are revoked, so that it is told of each.
pub async fn end_access(tx: &mut Tx, id: &UserId) -> Result<u64> {
    api_keys::end_with_epoch(tx, id).await?;
    end_access_but_keys(tx, id).await
}

/// The same for who sees to the keys.
pub(crate) async fn end_access_but_keys(tx: &mut Tx, id: &UserId) -> Result<u64> {
    store::raise_epoch_later(tx, id);
    verification::void(tx, id);
    sessions::revoke_all(tx, id, None).await
}

/// The same for somebody who is not to come back by themselves: their API keys and the secret keys that they made are
/// revoked too, with those that they made for others. Their row is locked.
pub(super) async fn shut_out(tx: &mut Tx, id: &UserId) -> Result<()> {
    end_access_but_keys(tx, id).await?;
    secret_keys::end_of(tx, id).await?;
    api_keys::end_of(tx, id).await?;
    Ok(())
}

/// Refuses to lose the last administrator of the instance who can come in. Whoever is about to shut this person out, to
/// erase them or to take the role from them asks here; two who do it to each other wait for each other.
///
/// # Errors
/// [`UsersFault::LastAdministrator`].
pub(super) async fn keep_an_administrator(tx: &Tx, person: &User) -> Result<()> {
    let now = tx.now();
    if !person.is_platform_admin() || person.is_banned(now) || person.is_locked() {
        return Ok(());
    }
    let others = store::lock_administrators(tx).await?;
    let other = |user: &User| user.id != person.id && !user.is_banned(now) && !user.is_locked();
    if others.iter().any(other) { Ok(()) } else { Err(UsersFault::LastAdministrator.into()) }
}

/// Shuts a person out, for ever or until an instant.
///
/// # Errors
/// [`UsersFault`]: the last administrator of the instance is not shut out.
pub async fn ban(tx: &mut Tx, id: &UserId, reason: Option<String>, expires_at: Option<Timestamp>) -> Result<User> {
    texts::check_reason(reason.as_deref())?;
    let before = lock(tx, id).await?;
    keep_an_administrator(tx, &before).await?;
    shut_out(tx, id).await?;
    let mut row = unchanged(id);
    row.banned = ActiveValue::Set(true);
    row.ban_reason = ActiveValue::Set(reason);
    row.ban_expires_at = ActiveValue::Set(expires_at);
    save(tx, &before, row).await
}

/// Lets a person in again. What the ban ended stays ended.
pub async fn unban(tx: &mut Tx, id: &UserId) -> Result<User> {
    let before = lock(tx, id).await?;
    let mut row = unchanged(id);
    row.banned = ActiveValue::Set(false);
    row.ban_reason = ActiveValue::Set(None);
    row.ban_expires_at = ActiveValue::Set(None);
    save(tx, &before, row).await
}

/// Locks an account, until an admin unlocks it: ends all access, and refuses sign-in. Locking again changes nothing.
pub async fn lock_out(tx: &mut Tx, id: &UserId) -> Result<User> {
    let before = lock(tx, id).await?;
    if before.is_locked() {
        return Ok(before);
    }
    keep_an_administrator(tx, &before).await?;
    shut_out(tx, id).await?;
    let mut row = unchanged(id);
    row.locked_at = ActiveValue::Set(Some(tx.now()));
    save(tx, &before, row).await
}

/// Unlocks an account. What the lock ended stays ended.
pub async fn let_in(tx: &mut Tx, id: &UserId) -> Result<User> {
    let before = lock(tx, id).await?;
    if !before.is_locked() {
        return Ok(before);
    }
    let mut row = unchanged(id);
    row.locked_at = ActiveValue::Set(None);
    save(tx, &before, row).await
}

/// Gives the person another address. Ends their sessions, voids every link that was mailed, and
/// writes to both addresses. `verified` says whether the new mailbox is proven.
///
/// The same address again only changes whether it is proven.
pub async fn set_email(tx: &mut Tx, id: &UserId, new_email: &str, verified: bool) -> Result<User> {
    texts::check_email(new_email)?;
    let before = lock(tx, id).await?;
    let new_email = email::key(new_email);
    let mut row = unchanged(id);
    row.email_verified = ActiveValue::Set(verified);
    if new_email == before.email {
        return if verified == before.email_verified { Ok(before) } else { save(tx, &before, row).await };
    }
    row.email = ActiveValue::Set(new_email.clone());
    row.email_key = ActiveValue::Set(new_email.clone());
    // A visitor who gives an address is none any more.
    row.is_anonymous = ActiveValue::Set(false);
    let after = save(tx, &before, row).await.or_conflict(UsersFault::AlreadyExists)?;
    end_access(tx, id).await?;
    two_factor::mailbox_was_used(tx, id).await?;
    for to in [&before.email, &new_email] {
        let kind = LetterKind::EmailChanged { old: before.email.clone(), new: new_email.clone() };
        mail::queue(tx, &Letter { to: to.clone(), kind }).await?;
    }
    super::get(tx, &after.id).await
}

/// Notes that somebody has shown to read the person's mailbox. The first proof of an address that
/// nobody had proven wipes whatever was set on the account before: it may have been set by a
/// stranger who only knew the address.
pub async fn prove_mailbox(tx: &mut Tx, id: &UserId) -> Result<User> {
    let before = lock(tx, id).await?;
    if before.email_verified {
        return Ok(before);
    }
    wipe_unproven(tx, id).await?;
    confirm_mailbox(tx, id).await
}

/// Notes the proof alone, without the wipe: for the link that asks the mailbox's owner to confirm
/// the very account with what was set on it, and names that. Second factors, passkeys, numbers and keys go, unless it is the person
/// who confirms in a session of theirs: they would shut the owner out, or outlive the password that the letter speaks of.
pub async fn confirm_mailbox(tx: &mut Tx, id: &UserId) -> Result<User> {
    let before = lock(tx, id).await?;
    if before.email_verified {
        return Ok(before);
    }
    if tx.ctx().actor.user_id() != Some(id) {
        two_factor::wipe(tx, id).await?;
        passkeys::remove_all(tx, id).await?;
        api_keys::end_of(tx, id).await?;
        Box::pin(phone::wipe(tx, id)).await?;
    }
    let before = lock(tx, id).await?;
    let mut row = unchanged(id);
    row.email_verified = ActiveValue::Set(true);
    save(tx, &before, row).await
}

/// Removes all ways in, sessions and links of an account whose address nobody has proven. An account
/// whose address is proven is left alone.
pub async fn wipe_unproven(tx: &mut Tx, id: &UserId) -> Result<()> {
    let user = lock(tx, id).await?;
    if user.email_verified {
        return Ok(());
    }
    let accounts = credentials::remove_all(tx, id).await?;
    two_factor::wipe(tx, id).await?;
    let passkeys = passkeys::remove_all(tx, id).await?;
    Box::pin(phone::wipe(tx, id)).await?;
    let sessions = end_access(tx, id).await?;
    if accounts > 0 || passkeys > 0 || sessions > 0 {
        let wiped = json!({ "accounts": accounts, "passkeys": passkeys, "sessions": sessions });
        let payload = json!({ "v": 1, "wiped": wiped });
        tx.record(Event::new(EventKind::UserUpdated, id, payload));
    }
    Ok(())
}
