//! Setting a second factor up, and doing without one again.
//!
//! Whoever does either proves that it is them: by their password, or by a fresh session if they have none. Both raise the
//! person's epoch, so that no sign-in that is under way passes by, and no device stays trusted; the session that asks is
//! replaced, the others go on, having shown nothing.

use serde_json::json;

use super::{ENROLLMENT, TwoFactorFault, hash_backup_code, store, totp};
use crate::AuthCore;
use crate::credentials::{self, CredentialsFault};
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, SessionId, UserId};
use crate::mail::{self, Letter, LetterKind};
use crate::outbox::{Event, EventKind};
use crate::secret::{self, Secret};
use crate::sessions::{self, Session};
use crate::settings::Settings;
use crate::sign_in::{self, Opened, Opening, SignInFault, impersonation};
use crate::users::{self, User};
use crate::{api_keys, passkeys};

/// How many characters of `[0-9A-Za-z]` a secret has, which are also the bytes of its key: 190 random bits.
const SECRET: usize = 32;
/// How many backup codes there are.
const BACKUP_CODES: usize = 10;

/// A second factor that was set up, or begun.
#[derive(Debug)]
pub enum Enabled {
    /// An app reads the secret; nothing is asked for until a code of it is shown.
    Totp {
        /// The address that the app reads.
        uri: Secret,
        /// The backup codes, shown this once.
        backup_codes: Vec<String>,
    },
    /// Codes are mailed from now on. The session that asked is replaced, unless nothing changed.
    Otp(Option<Box<Opened>>),
}

/// Makes sure that whoever asks in this session is the person. Returns the epoch under which that was so.
async fn confirm(core: &AuthCore, ctx: &Ctx, session: &Session, password: Option<&str>) -> Result<i64> {
    impersonation::refuse(&ctx.actor)?;
    let user_id = &session.user_id;
    let (epoch, known) = core
        .read(ctx, async |rx| {
            let user = users::get(rx, user_id).await?;
            Ok::<_, crate::Error>((user.access_epoch, credentials::find_password(rx, user_id).await?))
        })
        .await?;
    let Some((_, hash)) = known else {
        let fresh = session.is_fresh(&core.settings().session, core.clock().now());
        return if fresh { Ok(epoch) } else { Err(TwoFactorFault::NotFresh.into()) };
    };
    let good = match password {
        Some(password) => credentials::guess_password(core, ctx, user_id, Some(&hash), password).await?.ok,
        None => false,
    };
    if good { Ok(epoch) } else { Err(CredentialsFault::InvalidPassword.into()) }
}

/// The person, locked, if nothing has changed since they were confirmed. Who has a second factor has shown it in this very
/// session: a password, or a session from before, is not enough to replace it.
async fn still(tx: &Tx, session: &Session, epoch: i64) -> Result<User> {
    let user = users::lock(tx, &session.user_id).await?;
    if user.access_epoch != epoch {
        return Err(CredentialsFault::InvalidPassword.into());
    }
    demand_shown(tx, &user, &session.id).await?;
    Ok(user)
}

/// Refuses what ends or replaces an account's protection to who has a second factor and has not shown it in this session.
///
/// # Errors
/// [`TwoFactorFault::NotShownHere`]; [`SignInFault::AccessEnded`] if the session has ended meanwhile.
pub(crate) async fn demand_shown(tx: &Tx, user: &User, session: &SessionId) -> Result<()> {
    if user.two_factor_enabled {
        let session = sessions::find(tx, &user.id, session).await?.ok_or(SignInFault::AccessEnded)?;
        session.second_factor.ok_or(TwoFactorFault::NotShownHere)?;
    }
    Ok(())
}

/// Begins to set up an app: a new secret, and backup codes. Refused while an app is set up, so that nobody replaces it
/// silently.
///
/// # Errors
/// [`TwoFactorFault`], [`CredentialsFault::InvalidPassword`].
pub async fn enable_totp(
    core: &AuthCore,
    ctx: &Ctx,
    session: &Session,
    password: Option<&str>,
    issuer: Option<&str>,
) -> Result<Enabled> {
    refuse_off(core.settings())?;
    let epoch = confirm(core, ctx, session, password).await?;
    core.write(ctx, async |tx| {
        let user = still(tx, session, epoch).await?;
        refuse_visitor(&user)?;
        if store::find(tx, &user.id).await?.is_some_and(|standing| standing.verified) {
            return Err(TwoFactorFault::TotpAlreadyEnabled.into());
        }
        let key = secret::random_text(tx.chance(), SECRET);
        store::set_secret(tx, &user.id, tx.settings().secret.seal(&super::seal(&user.id), key.as_bytes())?).await?;
        let backup_codes = new_backup_codes(tx, &user.id).await?;
        let issuer = issuer.filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| issuer_of(tx));
        let uri = Secret::new(totp::uri(key.as_bytes(), issuer, &user.email));
        Ok(Enabled::Totp { uri, backup_codes })
    })
    .await
}

/// Has codes mailed at each sign-in from now on.
///
/// # Errors
/// As [`enable_totp`].
pub async fn enable_otp(core: &AuthCore, ctx: &Ctx, session: &Session, password: Option<&str>) -> Result<Enabled> {
    refuse_off(core.settings())?;
    let epoch = confirm(core, ctx, session, password).await?;
    core.write(ctx, async |tx| {
        let user = still(tx, session, epoch).await?;
        if user.two_factor_enabled {
            return Ok(Enabled::Otp(None));
        }
        let opened = begin(tx, &user, session, "otp", ENROLLMENT).await?;
        Ok(Enabled::Otp(Some(Box::new(opened))))
    })
    .await
}

pub(super) fn refuse_off(settings: &Settings) -> Result<()> {
    if settings.two_factor.enabled { Ok(()) } else { Err(TwoFactorFault::Off.into()) }
}

/// A visitor's account goes when they sign in for real, and nobody signs in to it: there is nothing to protect by asking.
pub(super) fn refuse_visitor(user: &User) -> Result<()> {
    if user.is_anonymous { Err(TwoFactorFault::Visitor.into()) } else { Ok(()) }
}

fn issuer_of(tx: &Tx) -> &str {
    let settings = tx.settings();
    if settings.two_factor.issuer.is_empty() { &settings.application_name } else { &settings.two_factor.issuer }
}

/// The address that an app reads, once more.
///
/// # Errors
/// [`TwoFactorFault::TotpNotEnabled`]; as [`enable_totp`].
pub async fn totp_uri(core: &AuthCore, ctx: &Ctx, session: &Session, password: Option<&str>) -> Result<Secret> {
    let epoch = confirm(core, ctx, session, password).await?;
    core.write(ctx, async |tx| {
        let user = still(tx, session, epoch).await?;
        let sealed = store::find(tx, &user.id).await?.and_then(|standing| standing.secret);
        let key = tx.settings().secret.open(&super::seal(&user.id), &sealed.ok_or(TwoFactorFault::TotpNotEnabled)?)?;
        Ok(Secret::new(totp::uri(&key, issuer_of(tx), &user.email)))
    })
    .await
}

/// Makes new backup codes; those before are void.
///
/// # Errors
/// [`TwoFactorFault::NotEnabled`]; as [`enable_totp`].
pub async fn renew_backup_codes(
    core: &AuthCore,
    ctx: &Ctx,
    session: &Session,
    password: Option<&str>,
) -> Result<Vec<String>> {
    let epoch = confirm(core, ctx, session, password).await?;
    core.write(ctx, async |tx| {
        let user = still(tx, session, epoch).await?;
        if !user.two_factor_enabled {
            return Err(TwoFactorFault::NotEnabled.into());
        }
        let payload = json!({ "v": 1, "changed": ["backup_codes"] });
        tx.record(Event::new(EventKind::UserUpdated, &user.id, payload));
        new_backup_codes(tx, &user.id).await
    })
    .await
}

async fn new_backup_codes(tx: &Tx, user: &UserId) -> Result<Vec<String>> {
    let mut codes = Vec::with_capacity(BACKUP_CODES);
    let mut hashes = Vec::with_capacity(BACKUP_CODES);
    for _ in 0..BACKUP_CODES {
        let text = secret::random_text(tx.chance(), 10);
        let code = format!("{}-{}", &text[..5], &text[5..]);
        hashes.push(hash_backup_code(tx.settings(), user, &code)?);
        codes.push(code);
    }
    store::set_backup_codes(tx, user, &hashes).await?;
    Ok(codes)
}

/// Asks the person, whose row is locked, for a second factor from now on. Replaces the session.
pub(super) async fn begin(tx: &mut Tx, user: &User, session: &Session, by: &str, shown: &str) -> Result<Opened> {
    refuse_off(tx.settings())?;
    refuse_visitor(user)?;
    store::ensure(tx, &user.id).await?;
    store::set_enabled(tx, &user.id, true).await?;
    let payload = json!({ "v": 1, "user_id": user.id.as_str(), "method": by });
    tx.record(Event::new(EventKind::UserTwoFactorEnabled, &user.id, payload));
    tell(tx, user, "set_up").await?;
    rotate(tx, user, session, Some(shown)).await
}

/// Does without a second factor from now on. Replaces the session; says nothing if there was none.
///
/// # Errors
/// As [`enable_totp`].
pub async fn disable(core: &AuthCore, ctx: &Ctx, session: &Session, password: Option<&str>) -> Result<Opened> {
    let epoch = confirm(core, ctx, session, password).await?;
    core.write(ctx, async |tx| {
        let user = still(tx, session, epoch).await?;
        store::remove(tx, &user.id).await?;
        if user.two_factor_enabled {
            let payload = json!({ "v": 1, "user_id": user.id.as_str() });
            tx.record(Event::new(EventKind::UserTwoFactorDisabled, &user.id, payload));
            tell(tx, &user, "removed").await?;
        }
        rotate(tx, &user, session, None).await
    })
    .await
}

/// Puts a new session in the place of one, under a new epoch into which the others are taken over.
async fn rotate(tx: &mut Tx, user: &User, session: &Session, shown: Option<&str>) -> Result<Opened> {
    // As it is by now: who asked may have left an organization meanwhile.
    let session = sessions::find(tx, &user.id, &session.id).await?.ok_or(sessions::SessionsFault::NotFound)?;
    let raised = users::raise_epoch(tx, &user.id).await?;
    sessions::carry_over(tx, &user.id, user.access_epoch, raised).await?;
    api_keys::carry_over(tx, &user.id, user.access_epoch, raised).await?;
    let source = sessions::source(tx, &user.id, &session.id).await?;
    sessions::revoke(tx, &user.id, &session.id).await?;
    // No fresher than before: a second factor alone proves nobody anew.
    let proven_at = Some(session.created_at);
    let before = Opening::now(&user.id, raised, &session.method, session.remember);
    let provider = source.as_ref().and_then(|source| source.provider.as_deref());
    let opening = Opening { provider, proven_at, ..before };
    let mut opened = sign_in::replace_session(tx, opening, shown).await?;
    if let Some(organization) = &session.active_organization_id {
        sessions::set_active_organization(tx, &user.id, &opened.session.id, Some(organization)).await?;
        opened.session.active_organization_id = Some(organization.clone());
    }
    Ok(opened)
}

/// Takes a person's second factors away, passkeys too, because an administrator says so. All access ends: they sign in anew.
///
/// # Errors
/// [`users::UsersFault::NotFound`].
pub async fn reset(tx: &mut Tx, id: &UserId) -> Result<()> {
    let user = users::lock(tx, id).await?;
    let has_one = user.two_factor_enabled || store::find(tx, id).await?.is_some();
    if !has_one && !passkeys::has_any(tx, id).await? {
        return Ok(());
    }
    store::remove(tx, id).await?;
    passkeys::remove_all(tx, id).await?;
    users::end_access(tx, id).await?;
    let payload = json!({ "v": 1, "user_id": id.as_str() });
    tx.record(Event::new(EventKind::UserTwoFactorReset, id, payload));
    tell(tx, &user, "reset").await
}

/// Writes to the person that their second factor is another than before: it may have been somebody else.
async fn tell(tx: &mut Tx, user: &User, what: &str) -> Result<()> {
    let kind = LetterKind::SecondFactorChanged { what: what.to_owned() };
    mail::queue(tx, &Letter { to: user.email.clone(), kind }).await
}

/// Removes what was set up on an account whose mailbox nobody had proven.
pub(crate) async fn wipe(tx: &mut Tx, id: &UserId) -> Result<()> {
    let user = users::lock(tx, id).await?;
    if store::find(tx, id).await?.is_some() {
        store::remove(tx, id).await?;
    }
    if user.two_factor_enabled {
        let payload = json!({ "v": 1, "user_id": id.as_str(), "reason": "mailbox_proven" });
        tx.record(Event::new(EventKind::UserTwoFactorDisabled, id, payload));
    }
    Ok(())
}
