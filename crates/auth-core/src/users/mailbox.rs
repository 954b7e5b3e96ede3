//! Proving a mailbox, and changing to another one.
//!
//! A link proves the mailbox it was mailed to and nothing else. An address is changed only by a click
//! in the new mailbox; where the present mailbox is proven, its owner is asked first.

use serde_json::{Value as Json, json};

use super::{User, UsersFault, access, email, find, find_by_email, find_locked, keep_by_email, keep_caller};
use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind, links};
use crate::sessions;
use crate::sign_in::{self, Entry, Opening, impersonation};
use crate::throttles::{self, Act};
use crate::verification::{self, NewToken, Purpose, Standing, VerificationFault};

/// What a clicked link did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mailbox is proven, now or by an earlier click on the same link.
    Proven,
    /// The owner of the present mailbox agreed; the new mailbox was written to.
    ChangeConfirmed,
    /// The address was changed.
    Changed,
}

/// A link that was clicked.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What it did.
    pub outcome: Outcome,
    /// Whose link it was, as they are now.
    pub user: User,
    /// What signing in comes to, if the link signs in.
    pub entry: Option<Entry>,
}

const VERIFY: &str = "verify";
const CONFIRM_CHANGE: &str = "confirm-change";
const CHANGE: &str = "change";

/// Mails a link that proves the person's own mailbox.
pub(crate) async fn send_link(tx: &mut Tx, user: &User, callback_url: Option<&str>) -> Result<()> {
    let value = json!({ "kind": VERIFY, "email": user.email });
    let url = new_link(tx, Some(&user.id), value, callback_url).await?;
    mail::queue(tx, &Letter { to: user.email.clone(), kind: LetterKind::VerifyEmail { url } }).await
}

async fn new_link(tx: &Tx, user_id: Option<&UserId>, value: Json, callback_url: Option<&str>) -> Result<String> {
    let expires_in = tx.settings().sign_up.verification_expires_in;
    let token = verification::issue(tx, NewToken { purpose: Purpose::VerifyEmail, user_id, value, expires_in }).await?;
    Ok(links::verify_email(tx.settings(), &token, callback_url))
}

/// Mails a link that proves the mailbox of an address.
///
/// A signed-in person asks for their own address and is told what stands against it. To everybody
/// else the answer is the same, in the same time, whether the address is known or not.
pub async fn send_verification(core: &AuthCore, ctx: &Ctx, address: &str, callback_url: Option<&str>) -> Result<()> {
    let begun = tokio::time::Instant::now();
    let Actor::User { user_id, .. } = &ctx.actor else {
        let done = core
            .write(ctx, async |tx| {
                match keep_by_email(tx, address).await? {
                    Some(user) if !user.email_verified => send_link(tx, &user, callback_url).await?,
                    _ => send_nothing(tx, address).await?,
                }
                throttles::count(tx, Act::Message, Some(&email::key(address))).await
            })
            .await;
        tokio::time::sleep_until(begun + mail::FLOOR).await;
        return done;
    };
    core.write(ctx, async |tx| {
        let user = keep_caller(tx, user_id).await?;
        if user.email != email::key(address) {
            return Err(UsersFault::EmailMismatch.into());
        }
        if user.email_verified {
            return Err(UsersFault::EmailAlreadyVerified.into());
        }
        send_link(tx, &user, callback_url).await?;
        throttles::count(tx, Act::Message, Some(&email::key(&user.email))).await
    })
    .await
}

/// Does the work of sending a link, for an address that gets none.
async fn send_nothing(tx: &Tx, address: &str) -> Result<()> {
    let url = new_link(tx, None, json!({ "kind": VERIFY, "email": email::key(address) }), None).await?;
    mail::pretend(tx, &Letter { to: email::key(address), kind: LetterKind::VerifyEmail { url } }).await
}

/// Begins to change a person's address. Whether the new address has an owner already is not told.
pub async fn change_email(
    core: &AuthCore,
    ctx: &Ctx,
    user_id: &UserId,
    new_address: &str,
    callback_url: Option<&str>,
) -> Result<()> {
    impersonation::refuse(&ctx.actor)?;
    if !core.settings().change_email {
        return Err(UsersFault::ChangeEmailDisabled.into());
    }
    if !email::is_valid(new_address) {
        return Err(UsersFault::InvalidEmail.into());
    }
    let new = email::key(new_address);
    core.write(ctx, async |tx| {
        let user = keep_caller(tx, user_id).await?;
        if user.email == new {
            return Err(UsersFault::EmailIsTheSame.into());
        }
        if !user.email_verified {
            offer_change(tx, &user, &new, callback_url).await?;
            return throttles::count(tx, Act::Message, Some(&new)).await;
        }
        // Whatever comes of it, the owner's own mailbox gets this letter: a missing one would tell
        // that the new address has an owner.
        let value =
            json!({ "kind": CONFIRM_CHANGE, "email": user.email, "new_email": new, "callback_url": callback_url });
        let url = new_link(tx, Some(&user.id), value, callback_url).await?;
        let kind = LetterKind::ConfirmEmailChange { url, new: new.clone() };
        mail::queue(tx, &Letter { to: user.email.clone(), kind }).await?;
        throttles::count(tx, Act::Message, Some(&email::key(&user.email))).await
    })
    .await
}

/// Mails the link that changes the address, to the new mailbox; to nobody if it has an owner.
async fn offer_change(tx: &mut Tx, user: &User, new: &str, callback_url: Option<&str>) -> Result<()> {
    if find_by_email(tx, new).await?.is_some() {
        return send_nothing(tx, new).await;
    }
    let value = json!({ "kind": CHANGE, "email": user.email, "new_email": new });
    let url = new_link(tx, Some(&user.id), value, callback_url).await?;
    mail::queue(tx, &Letter { to: new.to_owned(), kind: LetterKind::ChangeEmail { url } }).await
}

/// Spends a link and does what it is for. A second click on a link that proved a mailbox changes
/// nothing and is told so kindly: mail programs like to look at links before people do.
pub async fn verify_email(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<Verified> {
    core.write(ctx, async |tx| {
        let Some(found) = verification::peek(tx, Purpose::VerifyEmail, token).await? else {
            return not_good(tx, token).await;
        };
        let Some(user_id) = found.user_id else { return Err(VerificationFault::InvalidLink.into()) };
        // The row of the person is always locked before those that belong to it.
        let Some(user) = find_locked(tx, &user_id).await? else { return Err(VerificationFault::InvalidLink.into()) };
        let Some(spent) = verification::consume(tx, Purpose::VerifyEmail, token).await? else {
            return Err(VerificationFault::InvalidLink.into());
        };
        let text = |key: &str| spent.value.get(key).and_then(Json::as_str);
        // A link speaks of the address that the person had when it was mailed.
        if text("email") != Some(user.email.as_str()) {
            return Err(VerificationFault::InvalidLink.into());
        }
        match (text("kind"), text("new_email")) {
            (Some(VERIFY), _) => prove(tx, &user, token).await,
            (Some(CONFIRM_CHANGE), Some(new)) => {
                offer_change(tx, &user, new, text("callback_url")).await?;
                Ok(Verified { outcome: Outcome::ChangeConfirmed, user, entry: None })
            }
            (Some(CHANGE), Some(new)) => change(tx, &user, new).await,
            _ => Err(VerificationFault::InvalidLink.into()),
        }
    })
    .await
}

/// What a link that cannot be spent is answered.
async fn not_good(tx: &Tx, token: &str) -> Result<Verified> {
    if let Some(kept) = verification::peek(tx, Purpose::VerifiedEmail, token).await?
        && let Some(user_id) = &kept.user_id
        && let Some(user) = find(tx, user_id).await?
    {
        return Ok(Verified { outcome: Outcome::Proven, user, entry: None });
    }
    match verification::standing(tx, Purpose::VerifyEmail, token).await? {
        Standing::Expired => Err(VerificationFault::ExpiredLink.into()),
        _ => Err(VerificationFault::InvalidLink.into()),
    }
}

async fn prove(tx: &mut Tx, user: &User, token: &str) -> Result<Verified> {
    // The letter names the account and says that clicking confirms it, password and all; so nothing
    // is wiped here. A proof that asked for something else does wipe: see `prove_mailbox`.
    let proven = access::confirm_mailbox(tx, &user.id).await?;
    let kept = NewToken {
        purpose: Purpose::VerifiedEmail,
        user_id: Some(&user.id),
        value: json!({}),
        expires_in: tx.settings().sign_up.verification_expires_in,
    };
    verification::keep_as(tx, &kept, token).await?;
    let entry = if tx.settings().sign_up.auto_sign_in_after_verification && tx.ctx().actor.user_id() != Some(&user.id) {
        let opening = Opening::of(&proven, "email-verification");
        Some(sign_in::open_session(tx, opening).await?)
    } else {
        None
    };
    Ok(Verified { outcome: Outcome::Proven, user: proven, entry })
}

async fn change(tx: &mut Tx, user: &User, new: &str) -> Result<Verified> {
    let session = match tx.ctx().actor.clone() {
        Actor::User { user_id, session_id, .. } if user_id == user.id => {
            sessions::find(tx, &user_id, &session_id).await?
        }
        _ => None,
    };
    let changed = access::set_email(tx, &user.id, new, true).await?;
    // Changing the address ends all sessions. Whoever clicks with a session of the same person goes
    // on with a new one; nobody else gets one.
    let entry = match session {
        Some(session) => {
            let opening = Opening::now(&changed.id, changed.access_epoch, "email-change", session.remember);
            let opened = sign_in::replace_session(tx, opening, session.second_factor.as_deref()).await?;
            Some(Entry::Opened(Box::new(opened)))
        }
        None => None,
    };
    Ok(Verified { outcome: Outcome::Changed, user: changed, entry })
}
