//! Resetting, changing and confirming a password.

use serde_json::json;

use super::{CredentialsFault, check_new, demand_resets, find_password, guess_password, hash_password, set_password};
use crate::AuthCore;
use crate::api_keys;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind, links};
use crate::outbox::{Event, EventKind};
use crate::sessions::{self, Session};
use crate::sign_in::{self, Opened, Opening, impersonation};
use crate::throttles::{self, Act};
use crate::two_factor;
use crate::users::{self, User, email};
use crate::verification::{self, NewToken, Purpose, VerificationFault};

/// Mails a link by which a new password is set. Whether the address is known is neither told nor
/// seen by the time that passes.
pub async fn request_reset(core: &AuthCore, ctx: &Ctx, address: &str, redirect_to: Option<&str>) -> Result<()> {
    demand_resets(core.settings())?;
    let begun = tokio::time::Instant::now();
    let issue = async |tx: &mut Tx| {
        let user = users::keep_by_email(tx, address).await?;
        let to = email::key(address);
        let token = verification::issue(
            tx,
            NewToken {
                purpose: Purpose::ResetPassword,
                user_id: user.as_ref().map(|user| &user.id),
                value: json!({ "email": to }),
                expires_in: tx.settings().password.reset_expires_in,
            },
        )
        .await?;
        let url = links::reset_password(tx.settings(), &token, redirect_to);
        let letter = Letter { to, kind: LetterKind::ResetPassword { url } };
        if user.is_some() {
            mail::queue(tx, &letter).await?;
        } else {
            mail::pretend(tx, &letter).await?;
        }
        throttles::count(tx, Act::Message, Some(&letter.to)).await
    };
    let done = core.write(ctx, issue).await;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    done
}

/// Whether a reset link can still be used. Does not use it.
pub async fn is_reset_good(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<bool> {
    if !core.settings().password.enabled {
        return Ok(false);
    }
    core.read(ctx, async |rx| {
        Ok(verification::peek(rx, Purpose::ResetPassword, token).await?.is_some_and(|t| t.user_id.is_some()))
    })
    .await
}

/// Spends a reset link: sets the password, whether there was one or not, ends all sessions and voids
/// all other links. The link was mailed, so it proves the mailbox.
pub async fn reset(core: &AuthCore, ctx: &Ctx, token: &str, new_password: &str) -> Result<User> {
    check_new(core.settings(), new_password, &[])?;
    // Hashing is dear; a link that is not good is refused before.
    let owner = core
        .read(ctx, async |rx| {
            match verification::peek(rx, Purpose::ResetPassword, token).await?.and_then(|t| t.user_id) {
                Some(id) => users::find(rx, &id).await,
                None => Ok(None),
            }
        })
        .await?
        .ok_or(VerificationFault::InvalidToken)?;
    check_new(core.settings(), new_password, &[&owner.email, &owner.name])?;
    let hash = hash_password(core, new_password).await?;
    core.write(ctx, async |tx| {
        let found = verification::peek(tx, Purpose::ResetPassword, token).await?;
        let Some(user_id) = found.and_then(|token| token.user_id) else {
            return Err(VerificationFault::InvalidToken.into());
        };
        // The row of the person is always locked before those that belong to it.
        let user = users::lock(tx, &user_id).await?;
        let Some(spent) = verification::consume(tx, Purpose::ResetPassword, token).await? else {
            return Err(VerificationFault::InvalidToken.into());
        };
        if spent.value.get("email").and_then(serde_json::Value::as_str) != Some(user.email.as_str()) {
            return Err(VerificationFault::InvalidToken.into());
        }
        set_proven(tx, &user_id, &hash).await?;
        users::get(tx, &user_id).await
    })
    .await
}

/// Sets the password of who has just shown that they read the mailbox, whether there was one or not, ends all sessions
/// and voids all links and codes.
pub(crate) async fn set_proven(tx: &mut Tx, user_id: &UserId, hash: &str) -> Result<()> {
    users::prove_mailbox(tx, user_id).await?;
    set_password(tx, user_id, hash).await?;
    two_factor::mailbox_was_used(tx, user_id).await?;
    users::end_access(tx, user_id).await?;
    record_change(tx, user_id);
    Ok(())
}

/// Sets the password of somebody for whom an administrator does, whether there was one or not, ends all sessions and voids
/// all links and codes. It proves nothing about the mailbox.
pub(crate) async fn give(tx: &mut Tx, user_id: &UserId, hash: &str) -> Result<()> {
    set_password(tx, user_id, hash).await?;
    users::end_access(tx, user_id).await?;
    record_change(tx, user_id);
    Ok(())
}

/// Somebody who changes their own password.
#[derive(Clone, Copy, Debug)]
pub struct ChangePassword<'a> {
    /// The session that asks, which says who.
    pub session: &'a Session,
    /// The present password.
    pub current: &'a str,
    /// The new one.
    pub new: &'a str,
    /// Whether all sessions end, and a new one takes the place of the one that asks.
    pub revoke_other_sessions: bool,
}

/// Changes a person's password. Reset links that were mailed are void. Sign-ins that are under way
/// with the old password come to nothing; sessions go on, unless they are to end.
pub async fn change(core: &AuthCore, ctx: &Ctx, change: ChangePassword<'_>) -> Result<(User, Option<Opened>)> {
    let user_id = &change.session.user_id;
    impersonation::refuse(&ctx.actor)?;
    check_new(core.settings(), change.new, &[])?;
    let known = core
        .read(ctx, async |rx| {
            let user = users::get(rx, user_id).await?;
            Ok::<_, crate::Error>((find_password(rx, user_id).await?, user))
        })
        .await?;
    let (Some((_, old)), user) = known else { return Err(CredentialsFault::NotFound.into()) };
    let epoch = user.access_epoch;
    if !guess_password(core, ctx, user_id, Some(&old), change.current).await?.ok {
        return Err(CredentialsFault::InvalidPassword.into());
    }
    check_new(core.settings(), change.new, &[&user.email, &user.name])?;
    let hash = hash_password(core, change.new).await?;
    core.write(ctx, async |tx| {
        let user = users::lock(tx, user_id).await?;
        // The password that was confirmed may have been changed, or access ended, in the meantime.
        if user.access_epoch != epoch {
            return Err(CredentialsFault::InvalidPassword.into());
        }
        two_factor::demand_shown(tx, &user, &change.session.id).await?;
        set_password(tx, user_id, &hash).await?;
        verification::void_purpose(tx, user_id, Purpose::ResetPassword).await?;
        let raised = users::raise_epoch(tx, user_id).await?;
        record_change(tx, user_id);
        let opened = if change.revoke_other_sessions {
            let source = sessions::source(tx, user_id, &change.session.id).await?;
            sessions::revoke_all(tx, user_id, None).await?;
            api_keys::end_with_epoch(tx, user_id).await?;
            let remember = change.session.remember;
            let provider = source.as_ref().and_then(|source| source.provider.as_deref());
            let opening = Opening { provider, ..Opening::now(user_id, raised, sign_in::PASSWORD, remember) };
            let shown = change.session.second_factor.as_deref();
            Some(sign_in::replace_session(tx, opening, shown).await?)
        } else {
            sessions::carry_over(tx, user_id, epoch, raised).await?;
            api_keys::carry_over(tx, user_id, epoch, raised).await?;
            None
        };
        Ok((users::get(tx, user_id).await?, opened))
    })
    .await
}

fn record_change(tx: &mut Tx, user_id: &UserId) {
    tx.record(Event::new(EventKind::UserUpdated, user_id, json!({ "v": 1, "changed": ["password"] })));
}

/// Whether this is the person's password. Somebody without one is answered alike; who acts as the person learns nothing.
pub async fn confirm(core: &AuthCore, ctx: &Ctx, user_id: &UserId, password: &str) -> Result<()> {
    impersonation::refuse(&ctx.actor)?;
    let known = core.read(ctx, async |rx| find_password(rx, user_id).await).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.as_str());
    let verdict = guess_password(core, ctx, user_id, hash, password).await?;
    if verdict.ok { Ok(()) } else { Err(CredentialsFault::InvalidPassword.into()) }
}
