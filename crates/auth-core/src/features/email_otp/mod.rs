//! Codes that are mailed and typed in: to sign in, to prove a mailbox, to set a new password, to change the address.
//!
//! Whether an address is known is neither told nor seen by the time that passes: for an unknown one a code is issued
//! too, which is mailed to nobody. A code to sign in or to set a password proves the mailbox, so that the first one
//! wipes what was set on the account without proof. A code to prove the mailbox confirms the account as it is, as the
//! link of the same purpose does, and its letter says so.

use crate::AuthCore;
use crate::credentials::{self, password};
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::fields::Given;
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind};
use crate::sessions::{self, Session};
use crate::settings::EmailOtpSettings;
use crate::sign_in::by_mailbox::{self, Reader};
use crate::sign_in::{self, Entry, Opened, Opening, SignInFault, impersonation};
use crate::throttles::{self, Act};
use crate::users::{self, User, UsersFault, email};
use crate::verification::codes::{self, Attempt, CodePurpose, NewCode};

/// How a session is said to have been obtained.
pub const METHOD: &str = "email-otp";

faults! {
    /// What can go wrong with changing the address by a code.
    pub enum EmailOtpFault {
        /// It is switched off.
        ChangeDisabled => Invalid, "change_email_with_otp_disabled", "Change email with OTP is disabled";
        /// The owner of the present mailbox is asked first.
        PresentCodeRequired => Invalid, "present_email_code_required", "OTP is required to verify current email", field "otp";
    }
}

/// A new account's texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile<'a> {
    /// The name that is shown.
    pub name: Option<&'a str>,
    /// The image.
    pub image: Option<&'a str>,
    /// Fields that the operator added.
    pub additional_fields: Option<&'a Given>,
}

fn settings(tx: &Tx) -> &EmailOtpSettings {
    &tx.settings().methods.email_otp
}

fn key_of(address: &str) -> Result<String> {
    if email::is_valid(address) { Ok(email::key(address)) } else { Err(UsersFault::InvalidEmail.into()) }
}

fn attempt<'a>(
    tx: &Tx,
    purpose: CodePurpose,
    subject: &'a str,
    user_id: Option<&'a UserId>,
    code: &'a str,
) -> Attempt<'a> {
    Attempt { purpose, subject, user_id, code, most: settings(tx).attempts }
}

/// Who has an address, as codes remember it.
fn id_of(user: Option<&User>) -> Option<&UserId> {
    user.map(|user| &user.id)
}

/// Mails a code for an address, if somebody has it or may sign up with it.
///
/// # Errors
/// [`UsersFault::InvalidEmail`]; [`credentials::CredentialsFault::ResetDisabled`].
pub async fn send(core: &AuthCore, ctx: &Ctx, purpose: CodePurpose, address: &str) -> Result<()> {
    let key = key_of(address)?;
    if purpose == CodePurpose::ResetPassword {
        credentials::demand_resets(core.settings())?;
    }
    let begun = tokio::time::Instant::now();
    core.write(ctx, async |tx| {
        let user = users::keep_by_email(tx, &key).await?;
        let welcome = purpose == CodePurpose::SignIn && by_mailbox::makes_accounts(tx, settings(tx).sign_up);
        let user_id = user.as_ref().map(|user| &user.id);
        issue(tx, purpose, &key, user_id, &key, user_id.is_some() || welcome).await
    })
    .await?;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    Ok(())
}

/// Issues a code and mails it; or does the same work for nobody.
async fn issue(
    tx: &mut Tx,
    purpose: CodePurpose,
    subject: &str,
    user_id: Option<&UserId>,
    to: &str,
    mailed: bool,
) -> Result<()> {
    let (length, expires_in) = (settings(tx).length, settings(tx).expires_in);
    let code = codes::issue(tx, NewCode { purpose, subject, user_id, asked_by: None, length, expires_in }).await?;
    let kind = LetterKind::Code {
        code: code.expose().to_owned(),
        purpose: purpose.as_str().to_owned(),
        minutes: (expires_in + 59) / 60,
    };
    let letter = Letter { to: to.to_owned(), kind };
    if mailed {
        mail::queue(tx, &letter).await?;
    } else {
        mail::pretend(tx, &letter).await?;
    }
    throttles::count(tx, Act::Message, Some(to)).await
}

/// Counts a guess, and says whether it is right: see [`codes::is_right`]. A code dies of a few guesses; but another one
/// may be asked for.
async fn is_right(tx: &mut Tx, attempt: Attempt<'_>) -> Result<bool> {
    throttles::count(tx, Act::Code, Some(attempt.subject)).await?;
    codes::is_right(tx, attempt).await
}

/// Spends a code that was right.
async fn spend(tx: &Tx, attempt: Attempt<'_>) -> Result<()> {
    codes::spend(tx, attempt).await?;
    throttles::succeeded(tx, Act::Code, attempt.subject)
}

/// Whether a code is right, without spending it. A wrong one is counted.
///
/// # Errors
/// [`codes::CodesFault`]; [`UsersFault::NotFound`] for who has the code of an address without an account.
pub async fn check(core: &AuthCore, ctx: &Ctx, purpose: CodePurpose, address: &str, otp: &str) -> Result<()> {
    let key = key_of(address)?;
    core.write(ctx, async |tx| {
        let user = users::find_by_email(tx, &key).await?;
        let attempt = attempt(tx, purpose, &key, id_of(user.as_ref()), otp);
        if !is_right(tx, attempt).await? {
            return Ok(());
        }
        codes::give_back(tx, attempt).await?;
        throttles::take_back(tx, Act::Code, Some(&key))?;
        if user.is_none() {
            tx.conclude_with(UsersFault::NotFound);
        }
        Ok(())
    })
    .await
}

/// Spends a code and signs in; makes the account if nobody has the address and strangers may sign up.
///
/// # Errors
/// [`codes::CodesFault`], and those of opening a session; then the code is not spent.
pub async fn sign_in(core: &AuthCore, ctx: &Ctx, address: &str, otp: &str, new: Profile<'_>) -> Result<Entry> {
    // No code was ever sent to what is no address.
    let Ok(key) = key_of(address) else { return Err(codes::CodesFault::Invalid.into()) };
    let entry = core
        .write(ctx, async |tx| {
            let user = by_mailbox::find_reader(tx, &key).await?;
            let attempt = attempt(tx, CodePurpose::SignIn, &key, id_of(user.as_ref()), otp);
            if !is_right(tx, attempt).await? {
                return Ok(None);
            }
            spend(tx, attempt).await?;
            let sign_up = settings(tx).sign_up;
            let reader = Reader {
                email: &key,
                name: new.name,
                image: new.image,
                additional_fields: new.additional_fields,
                method: METHOD,
                sign_up,
            };
            Ok::<_, crate::Error>(Some(by_mailbox::enter(tx, user, reader).await?.entry))
        })
        .await?;
    entry.ok_or_else(|| codes::CodesFault::Invalid.into())
}

/// Spends a code that proves the mailbox. Signs in where a verification link would.
///
/// # Errors
/// [`codes::CodesFault`]; [`UsersFault::NotFound`].
pub async fn verify_email(core: &AuthCore, ctx: &Ctx, address: &str, otp: &str) -> Result<(User, Option<Entry>)> {
    let key = key_of(address)?;
    let proven = core
        .write(ctx, async |tx| {
            let user = by_mailbox::find_reader(tx, &key).await?;
            let attempt = attempt(tx, CodePurpose::VerifyEmail, &key, id_of(user.as_ref()), otp);
            if !is_right(tx, attempt).await? {
                return Ok(None);
            }
            spend(tx, attempt).await?;
            let Some(user) = user else { return Err(UsersFault::NotFound.into()) };
            let user = users::confirm_mailbox(tx, &user.id).await?;
            let opens = tx.settings().sign_up.auto_sign_in_after_verification;
            if !opens || tx.ctx().actor.user_id() == Some(&user.id) {
                return Ok(Some((user, None)));
            }
            let entry = sign_in::open_session(tx, Opening::of(&user, METHOD)).await?;
            let user = if let Entry::Opened(opened) = &entry { opened.user.clone() } else { user };
            Ok::<_, crate::Error>(Some((user, Some(entry))))
        })
        .await?;
    proven.ok_or_else(|| codes::CodesFault::Invalid.into())
}

/// Spends a code that sets a new password: as a reset link does.
///
/// # Errors
/// [`codes::CodesFault`]; [`UsersFault::NotFound`]; those of [`credentials::check_new`].
pub async fn reset_password(core: &AuthCore, ctx: &Ctx, address: &str, otp: &str, new: &str) -> Result<()> {
    let key = key_of(address)?;
    credentials::check_new(core.settings(), new, &[address])?;
    // Hashing is dear; a code that is not good is refused before.
    check(core, ctx, CodePurpose::ResetPassword, address, otp).await?;
    let hash = credentials::hash_password(core, new).await?;
    core.write(ctx, async |tx| {
        let user = by_mailbox::find_reader(tx, &key).await?;
        let attempt = attempt(tx, CodePurpose::ResetPassword, &key, id_of(user.as_ref()), otp);
        if !is_right(tx, attempt).await? {
            return Ok(());
        }
        spend(tx, attempt).await?;
        let Some(user) = user else { return Err(UsersFault::NotFound.into()) };
        password::set_proven(tx, &user.id, &hash).await
    })
    .await
}

/// What a code on a person's new address is bound to: the person, so that nobody else brings it.
fn change_of(user_id: &UserId, new: &str) -> String {
    format!("{user_id}:{new}")
}

/// Locks the person of a session, which must still be there: it may have been revoked since the request came. Both as they
/// are by now.
async fn lock_caller(tx: &Tx, session: &Session) -> Result<(User, Session)> {
    let user = users::find_locked(tx, &session.user_id).await?.ok_or(SignInFault::AccessEnded)?;
    let session = sessions::find(tx, &user.id, &session.id).await?.ok_or(SignInFault::AccessEnded)?;
    Ok((user, session))
}

fn check_change(core: &AuthCore, ctx: &Ctx, new_address: &str) -> Result<String> {
    impersonation::refuse(&ctx.actor)?;
    if !core.settings().change_email {
        return Err(EmailOtpFault::ChangeDisabled.into());
    }
    key_of(new_address)
}

/// Begins to change a person's address: mails a code to the new mailbox; to nobody if it has an owner, which is not
/// told. Where the present mailbox is proven, a code that proves it once more comes first, unless that is switched off.
///
/// # Errors
/// [`EmailOtpFault`], [`codes::CodesFault`], [`UsersFault::EmailIsTheSame`], [`UsersFault::InvalidEmail`].
pub async fn request_change(
    core: &AuthCore,
    ctx: &Ctx,
    session: &Session,
    new_address: &str,
    present_code: Option<&str>,
) -> Result<()> {
    let user_id = &session.user_id;
    let new = check_change(core, ctx, new_address)?;
    let begun = tokio::time::Instant::now();
    core.write(ctx, async |tx| {
        let (user, _) = lock_caller(tx, session).await?;
        if user.email == new {
            return Err(UsersFault::EmailIsTheSame.into());
        }
        if user.email_verified && settings(tx).verify_current_email {
            let otp = present_code.filter(|otp| !otp.is_empty()).ok_or(EmailOtpFault::PresentCodeRequired)?;
            let attempt = attempt(tx, CodePurpose::VerifyEmail, &user.email, Some(user_id), otp);
            if !is_right(tx, attempt).await? {
                return Ok(());
            }
            spend(tx, attempt).await?;
        }
        let free = users::find_by_email(tx, &new).await?.is_none();
        issue(tx, CodePurpose::ChangeEmail, &change_of(user_id, &new), Some(user_id), &new, free).await
    })
    .await?;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    Ok(())
}

/// Spends the code that was mailed to the new mailbox and changes the address. All sessions end; whoever brings the
/// code goes on with a new one, which has shown what the one before had.
///
/// # Errors
/// [`EmailOtpFault::ChangeDisabled`], [`codes::CodesFault`], those of [`users::set_email`].
pub async fn change(core: &AuthCore, ctx: &Ctx, session: &Session, new_address: &str, otp: &str) -> Result<Opened> {
    let new = check_change(core, ctx, new_address)?;
    let user_id = &session.user_id;
    let subject = change_of(user_id, &new);
    let opened = core
        .write(ctx, async |tx| {
            let (user, session) = lock_caller(tx, session).await?;
            if user.email == new {
                return Err(UsersFault::EmailIsTheSame.into());
            }
            let attempt = attempt(tx, CodePurpose::ChangeEmail, &subject, Some(user_id), otp);
            if !is_right(tx, attempt).await? {
                return Ok(None);
            }
            spend(tx, attempt).await?;
            let changed = users::set_email(tx, user_id, &new, true).await?;
            let remember = session.remember;
            let opening = Opening::now(user_id, changed.access_epoch, "email-change", remember);
            let shown = session.second_factor.as_deref();
            Ok::<_, crate::Error>(Some(sign_in::replace_session(tx, opening, shown).await?))
        })
        .await?;
    opened.ok_or_else(|| codes::CodesFault::Invalid.into())
}
