//! Showing a second factor: at a sign-in, by a challenge; or in a session, which sets one up or shows it late.

use serde_json::json;

use super::codes::{self, Tried};
use super::{TwoFactorFault, challenges, devices, enrollment, hash_backup_code, store, totp};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::ids::Id as _;
use crate::mail::{self, Letter, LetterKind};
use crate::outbox::{Event, EventKind};
use crate::sessions::Session;
use crate::sign_in::{self, Opened, Opening, impersonation};
use crate::throttles::{self, Act};
use crate::users::{self, User};

/// By what somebody is known who shows a second factor.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// The token of a challenge: the first proof of a sign-in.
    Challenge(&'a str),
    /// A session of theirs.
    Session(&'a Session),
}

/// What they show.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// A code of an app.
    Totp(&'a str),
    /// A code that was mailed.
    Otp(&'a str),
    /// A backup code.
    Backup(&'a str),
}

impl Proof<'_> {
    /// The name by which a session remembers it.
    const fn name(self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::Otp(_) => "otp",
            Self::Backup(_) => "backup-code",
        }
    }
}

/// What is wished besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Whether this device is not asked again for 30 days.
    pub trust_device: bool,
    /// Whether no session is opened.
    pub without_session: bool,
}

/// A second factor was shown.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A session was opened: the sign-in's, or the one that takes the place of the caller's.
    Opened(Box<Opened>),
    /// The caller's session goes on, or none was wished.
    Noted(Box<User>),
}

/// Shows a second factor. Each try counts, and the count is kept whether it fails or not.
///
/// # Errors
/// [`TwoFactorFault`]; those of opening a session; nobody shows it for somebody else
/// ([`impersonation::ImpersonationFault::NotYours`]).
pub async fn show(core: &AuthCore, ctx: &Ctx, by: By<'_>, proof: Proof<'_>, wishes: Wishes) -> Result<Shown> {
    impersonation::refuse(&ctx.actor)?;
    let shown = core
        .write(ctx, async |tx| match by {
            By::Challenge(token) => at_sign_in(tx, token, proof, wishes).await,
            By::Session(session) => in_session(tx, session, proof).await,
        })
        .await?;
    // Where nothing was shown, the transaction has concluded with the reason.
    shown.ok_or_else(|| TwoFactorFault::InvalidCode.into())
}

/// Mails a code.
///
/// # Errors
/// [`TwoFactorFault`].
pub async fn send_code(core: &AuthCore, ctx: &Ctx, by: By<'_>) -> Result<()> {
    impersonation::refuse(&ctx.actor)?;
    core.write(ctx, async |tx| match by {
        By::Challenge(token) => {
            let (challenge, user) = challenges::find_locked(tx, token).await?;
            let standing = store::find(tx, &user.id).await?;
            refuse_mail(standing.as_ref(), &challenge.method)?;
            refuse_locked(tx, standing.as_ref())?;
            codes::send(tx, &challenge.holder, &user).await
        }
        By::Session(session) => {
            let user = users::lock(tx, &session.user_id).await?;
            let standing = store::find(tx, &user.id).await?;
            if !user.two_factor_enabled {
                enrollment::refuse_off(tx.settings())?;
                enrollment::refuse_visitor(&user)?;
            }
            refuse_mail(standing.as_ref(), &session.method)?;
            refuse_locked(tx, standing.as_ref())?;
            codes::send(tx, session.id.as_str(), &user).await
        }
    })
    .await
}

/// Refuses codes by mail to who came by this method, where the mailbox would be both factors.
fn refuse_mail(standing: Option<&store::Standing>, came_by: &str) -> Result<()> {
    let allowed = challenges::methods(standing, came_by).contains(&challenges::Method::Otp);
    if allowed { Ok(()) } else { Err(TwoFactorFault::OtpNotEnabled.into()) }
}

fn refuse_locked(tx: &Tx, standing: Option<&store::Standing>) -> Result<()> {
    match standing.and_then(|standing| standing.locked_until).map(|until| until.millis() - tx.now().millis()) {
        Some(left) if left > 0 => Err(Error::from(TwoFactorFault::Locked).retry_in((left + 999) / 1000)),
        _ => Ok(()),
    }
}

async fn at_sign_in(tx: &mut Tx, token: &str, proof: Proof<'_>, wishes: Wishes) -> Result<Option<Shown>> {
    let (challenge, user) = challenges::find_locked(tx, token).await?;
    throttles::count(tx, Act::SecondFactor, None).await?;
    let Some(standing) = store::find(tx, &user.id).await? else { return Err(not_enabled(proof).into()) };
    refuse_locked(tx, Some(&standing))?;
    if let Proof::Otp(_) = proof {
        // The tries of a code that was mailed are counted with the code.
        refuse_mail(Some(&standing), &challenge.method)?;
    } else if !challenges::count(tx, &challenge).await? {
        challenges::consume(tx, &challenge).await?;
        tx.conclude_with(TwoFactorFault::TooManyAttempts);
        return Ok(None);
    }
    if matches!(proof, Proof::Totp(_)) && !standing.verified {
        return Err(TwoFactorFault::TotpNotEnabled.into());
    }
    if let Some(failure) = check(tx, &user, &standing, &challenge.holder, proof).await? {
        failed(tx, &user, failure).await?;
        return Ok(None);
    }
    shown(tx, &user, proof).await?;
    throttles::take_back(tx, Act::SecondFactor, None)?;
    if wishes.without_session {
        return Ok(Some(Shown::Noted(Box::new(user))));
    }
    if !challenges::consume(tx, &challenge).await? {
        return Err(TwoFactorFault::InvalidCookie.into());
    }
    let opening = Opening::now(&user.id, challenge.user_epoch, &challenge.method, challenge.remember);
    let opened = sign_in::open_proven(tx, opening, proof.name()).await?;
    let trusted_device = if wishes.trust_device { Some(devices::trust(tx, &user).await?) } else { None };
    Ok(Some(Shown::Opened(Box::new(Opened { trusted_device, ..opened }))))
}

async fn in_session(tx: &mut Tx, session: &Session, proof: Proof<'_>) -> Result<Option<Shown>> {
    let user = users::lock(tx, &session.user_id).await?;
    throttles::count(tx, Act::SecondFactor, None).await?;
    if matches!(proof, Proof::Otp(_)) {
        store::ensure(tx, &user.id).await?;
    }
    let Some(standing) = store::find(tx, &user.id).await? else { return Err(not_enabled(proof).into()) };
    let enabled = user.two_factor_enabled;
    if matches!(proof, Proof::Otp(_)) {
        refuse_mail(Some(&standing), &session.method)?;
    }
    if enabled {
        refuse_locked(tx, Some(&standing))?;
    } else if matches!(proof, Proof::Backup(_)) {
        return Err(TwoFactorFault::BackupCodesNotEnabled.into());
    }
    if !store::count_try(tx, &user.id, session.id.as_str()).await? {
        return Err(TwoFactorFault::TooManyAttempts.into());
    }
    if let Some(failure) = check(tx, &user, &standing, session.id.as_str(), proof).await? {
        // Counted against the session, not the person: a session that was stolen does not lock its owner out.
        tx.conclude_with(failure);
        return Ok(None);
    }
    shown(tx, &user, proof).await?;
    throttles::take_back(tx, Act::SecondFactor, None)?;
    // An app that is added to codes by mail is set up as one that is the first.
    let adds = matches!(proof, Proof::Totp(_)) && !standing.verified;
    if enabled && !adds {
        store::note_shown(tx, session.id.as_str(), &user.id, proof.name()).await?;
        return Ok(Some(Shown::Noted(Box::new(user))));
    }
    let opened = enrollment::begin(tx, &user, session, proof.name(), proof.name()).await?;
    Ok(Some(Shown::Opened(Box::new(opened))))
}

/// Notes that something good was shown.
async fn shown(tx: &Tx, user: &User, proof: Proof<'_>) -> Result<()> {
    if !matches!(proof, Proof::Otp(_)) {
        store::set_app_only(tx, &user.id, false).await?;
    }
    store::forget_failures(tx, &user.id).await
}

/// Looks at what is shown and spends it. `None` if it is good.
async fn check(
    tx: &Tx,
    user: &User,
    standing: &store::Standing,
    holder: &str,
    proof: Proof<'_>,
) -> Result<Option<TwoFactorFault>> {
    Ok(match proof {
        Proof::Totp(given) => {
            let sealed = standing.secret.as_deref().ok_or(TwoFactorFault::TotpNotEnabled)?;
            let key = tx.settings().secret.open(&super::seal(&user.id), sealed)?;
            let good = match totp::step_of(&key, given, tx.now().millis()) {
                Some(step) => store::take_step(tx, &user.id, step).await?,
                None => false,
            };
            (!good).then_some(TwoFactorFault::InvalidCode)
        }
        Proof::Otp(given) => match codes::try_one(tx, holder, user, given).await? {
            Tried::Good => None,
            Tried::Wrong => Some(TwoFactorFault::InvalidCode),
            Tried::Expired => return Err(TwoFactorFault::OtpHasExpired.into()),
            Tried::TooOften => Some(TwoFactorFault::TooManyAttempts),
        },
        Proof::Backup(given) => {
            let hash = hash_backup_code(tx.settings(), &user.id, given)?;
            let good = store::take_backup_code(tx, &user.id, &hash).await?;
            (!good).then_some(TwoFactorFault::InvalidBackupCode)
        }
    })
}

/// Counts a failure, and lets the transaction conclude with it.
async fn failed(tx: &mut Tx, user: &User, failure: TwoFactorFault) -> Result<()> {
    if let Some(until) = store::count_failure(tx, &user.id).await? {
        let minutes = (until.millis() - tx.now().millis()) / 60_000;
        let kind = LetterKind::SecondFactorLocked { minutes };
        mail::queue(tx, &Letter { to: user.email.clone(), kind }).await?;
        let payload = json!({ "v": 1, "user_id": user.id.as_str() });
        tx.record(Event::new(EventKind::UserTwoFactorLocked, &user.id, payload));
    }
    tx.conclude_with(failure);
    Ok(())
}

const fn not_enabled(proof: Proof<'_>) -> TwoFactorFault {
    match proof {
        Proof::Totp(_) => TwoFactorFault::TotpNotEnabled,
        Proof::Otp(_) => TwoFactorFault::NotEnabled,
        Proof::Backup(_) => TwoFactorFault::BackupCodesNotEnabled,
    }
}
