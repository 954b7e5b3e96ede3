//! Codes that are sent to telephones: signing in, signing up, having a number, a new password.
//!
//! Whoever reads what is sent to a number that an account has, owns the account as far as its number goes: so a number is given to
//! an account in a fresh session alone, which has shown the second factor if there is one; and it goes with all else when
//! the owner of the account's mailbox is somebody else after all. A number that was not proven here (one that came with
//! imported people) opens nothing until it is. Messages cost money, and are sent to nobody who could do nothing with them; whose number
//! it is, is neither told nor seen by the time that passes.

use crate::AuthCore;
use crate::credentials::{self, password};
use crate::ctx::Ctx;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::faults;
use crate::fields::Given;
use crate::ids::UserId;
use crate::mail::{self, Letter, LetterKind, NOWHERE};
use crate::secret;
use crate::sessions::{self, Session};
use crate::settings::PhoneNumberSettings;
use crate::sign_in::{self, Entry, Opening, SignInFault, impersonation};
use crate::throttles::{self, Act};
use crate::two_factor::{self, TwoFactorFault};
use crate::users::{self, NewUser, User, UsersFault, phone};
use crate::verification::codes::{self, Attempt, CodePurpose, CodesFault, NewCode};

/// How a session is said to have been obtained.
pub const METHOD: &str = "phone-number";

faults! {
    /// What can go wrong with telephone numbers.
    pub enum PhoneNumberFault {
        /// An account has it that has never proven it.
        Pending => Forbidden, "phone_number_pending_verification", "Phone number requires account ownership proof";
        /// It is set by a code alone.
        NotUpdated => Invalid, "phone_number_cannot_be_updated", "Phone number cannot be updated", field "phoneNumber";
        /// Likewise, at a sign-up.
        NotSet => Invalid, "phone_number_cannot_be_set", "Phone number can only be set by verifying it", field "phoneNumber";
    }
}

/// A new account's texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile<'a> {
    /// The name that is shown; the number if there is none.
    pub name: Option<&'a str>,
    /// The image.
    pub image: Option<&'a str>,
    /// Fields that the operator added.
    pub additional_fields: Option<&'a Given>,
}

/// A number was proven.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Whose it is.
    pub user: User,
    /// What signing in comes to, if it was wished.
    pub entry: Option<Entry>,
}

fn settings(tx: &Tx) -> &PhoneNumberSettings {
    &tx.settings().methods.phone_number
}

/// Whether this is a number to which messages are sent.
fn check(core: &AuthCore, number: &str) -> Result<()> {
    let prefixes = &core.settings().methods.phone_number.prefixes;
    let served = prefixes.is_empty() || prefixes.iter().any(|prefix| number.starts_with(prefix.as_str()));
    if phone::is_valid(number) && served { Ok(()) } else { Err(UsersFault::InvalidPhoneNumber.into()) }
}

/// Whether a code makes an account for a number that nobody has. None is made where a mailbox must be proven: there is none.
fn makes_accounts(tx: &Tx) -> bool {
    let sign_up = &tx.settings().sign_up;
    settings(tx).sign_up && sign_up.enabled && !sign_up.require_email_verification
}

fn id_of(user: Option<&User>) -> Option<&UserId> {
    user.map(|user| &user.id)
}

fn attempt<'a>(
    tx: &Tx,
    purpose: CodePurpose,
    number: &'a str,
    user_id: Option<&'a UserId>,
    code: &'a str,
) -> Attempt<'a> {
    Attempt { purpose, subject: number, user_id, code, most: settings(tx).attempts }
}

/// Counts a guess, and says whether it is right. Where it is not, the transaction concludes with that.
async fn is_right(tx: &mut Tx, attempt: Attempt<'_>) -> Result<bool> {
    throttles::count(tx, Act::Code, Some(attempt.subject)).await?;
    codes::is_right(tx, attempt).await
}

async fn spend(tx: &Tx, attempt: Attempt<'_>) -> Result<()> {
    codes::spend(tx, attempt).await?;
    throttles::succeeded(tx, Act::Code, attempt.subject)
}

/// Issues a code and sends it; or does the same work for nobody.
async fn issue(tx: &mut Tx, purpose: CodePurpose, number: &str, whose: Option<&UserId>, sent: bool) -> Result<()> {
    let (length, expires_in) = (settings(tx).length, settings(tx).expires_in);
    let asks = tx.ctx().actor.user_id().cloned();
    if let Some(id) = &asks {
        users::keep_caller(tx, id).await?;
    }
    let new = NewCode { purpose, subject: number, user_id: whose, asked_by: asks.as_ref(), length, expires_in };
    let code = codes::issue(tx, new).await?;
    let kind = LetterKind::PhoneCode { code: code.expose().to_owned(), expires_in };
    let letter = Letter { to: number.to_owned(), kind };
    if sent {
        mail::queue(tx, &letter).await?;
    } else {
        mail::pretend(tx, &letter).await?;
    }
    throttles::count(tx, Act::Message, Some(number)).await
}

/// Sends a code that proves a number: to who has it, to who may sign up with it, and to anybody at the wish of somebody who is
/// signed in.
///
/// # Errors
/// [`UsersFault::InvalidPhoneNumber`].
pub async fn send(core: &AuthCore, ctx: &Ctx, number: &str) -> Result<()> {
    check(core, number)?;
    let begun = tokio::time::Instant::now();
    core.write(ctx, async |tx| {
        let user = phone::keep(tx, number).await?;
        let sent = user.is_some() || tx.ctx().actor.user_id().is_some() || makes_accounts(tx);
        issue(tx, CodePurpose::PhoneNumber, number, id_of(user.as_ref()), sent).await
    })
    .await?;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    Ok(())
}

/// Spends a code that proves a number. Signs in, unless that is not wished; makes the account if nobody has the number and strangers
/// may sign up by it.
///
/// # Errors
/// [`CodesFault`], [`PhoneNumberFault::Pending`], [`SignInFault`]; those of opening a session; then the code is not spent.
pub async fn verify(
    core: &AuthCore,
    ctx: &Ctx,
    number: &str,
    otp: &str,
    new: Profile<'_>,
    opens: bool,
) -> Result<Verified> {
    check(core, number)?;
    let verified = core
        .write(ctx, async |tx| {
            let user = phone::find_locked(tx, number).await?;
            let attempt = attempt(tx, CodePurpose::PhoneNumber, number, id_of(user.as_ref()), otp);
            if !is_right(tx, attempt).await? {
                return Ok(None);
            }
            spend(tx, attempt).await?;
            let user = match user {
                Some(user) if !user.phone_number_verified => return Err(PhoneNumberFault::Pending.into()),
                Some(user) => user,
                None if makes_accounts(tx) => sign_up(tx, number, new).await?,
                None => return Err(SignInFault::NewUserSignUpDisabled.into()),
            };
            // Who has a second factor is told nothing of the account before it is shown.
            if !opens && !user.two_factor_enabled {
                sign_in::admit(tx, &user, false).await?;
                return Ok(Some(Verified { user, entry: None }));
            }
            let entry = sign_in::open_session(tx, Opening::of(&user, METHOD)).await?;
            let user = if let Entry::Opened(opened) = &entry { opened.user.clone() } else { user };
            Ok::<_, crate::Error>(Some(Verified { user, entry: Some(entry) }))
        })
        .await?;
    verified.ok_or_else(|| CodesFault::Invalid.into())
}

/// An account with a number and an address that cannot exist.
async fn sign_up(tx: &mut Tx, number: &str, new: Profile<'_>) -> Result<User> {
    let local = secret::random_text(tx.chance(), 32).to_ascii_lowercase();
    let name = new.name.filter(|name| !name.is_empty()).unwrap_or(number);
    let person = NewUser {
        name: name.to_owned(),
        email: format!("{local}@phone{NOWHERE}"),
        image: new.image.map(str::to_owned),
        additional_fields: new.additional_fields.cloned().unwrap_or_default(),
        ..NewUser::default()
    };
    let user = users::create(tx, person).await?;
    throttles::count(tx, Act::SignUp, None).await?;
    phone::set(tx, &user.id, Some(number)).await
}

/// Gives the person of a session the number to which the code was sent. It is a way in, so the session is fresh, and has shown the
/// second factor if there is one.
///
/// # Errors
/// [`CodesFault`], [`UsersFault::PhoneNumberTaken`], [`TwoFactorFault::NotFresh`], [`TwoFactorFault::NotShownHere`]; nobody does so for
/// somebody else.
pub async fn set(core: &AuthCore, ctx: &Ctx, session: &Session, number: &str, otp: &str) -> Result<User> {
    impersonation::refuse(&ctx.actor)?;
    check(core, number)?;
    let set = core
        .write(ctx, async |tx| {
            let user = users::find_locked(tx, &session.user_id).await?.ok_or(SignInFault::AccessEnded)?;
            let session = sessions::find(tx, &user.id, &session.id).await?.ok_or(SignInFault::AccessEnded)?;
            if !session.is_fresh(&tx.settings().session, tx.now()) {
                return Err(TwoFactorFault::NotFresh.into());
            }
            two_factor::demand_shown(tx, &user, &session.id).await?;
            let owner = phone::find(tx, number).await?;
            let attempt = attempt(tx, CodePurpose::PhoneNumber, number, id_of(owner.as_ref()), otp);
            if !is_right(tx, attempt).await? {
                return Ok(None);
            }
            spend(tx, attempt).await?;
            // A number of their own that was not proven is now.
            if owner.is_some_and(|owner| owner.id != user.id || owner.phone_number_verified) {
                tx.conclude_with(UsersFault::PhoneNumberTaken);
                return Ok(None);
            }
            phone::set(tx, &user.id, Some(number)).await.map(Some)
        })
        .await?;
    set.ok_or_else(|| CodesFault::Invalid.into())
}

/// Sends a code that sets a new password, if somebody has proven the number.
///
/// # Errors
/// [`UsersFault::InvalidPhoneNumber`]; [`credentials::CredentialsFault::ResetDisabled`].
pub async fn request_reset(core: &AuthCore, ctx: &Ctx, number: &str) -> Result<()> {
    check(core, number)?;
    credentials::demand_resets(core.settings())?;
    let begun = tokio::time::Instant::now();
    core.write(ctx, async |tx| {
        let user = phone::keep(tx, number).await?.filter(|user| user.phone_number_verified);
        issue(tx, CodePurpose::PhonePassword, number, id_of(user.as_ref()), user.is_some()).await
    })
    .await?;
    tokio::time::sleep_until(begun + mail::FLOOR).await;
    Ok(())
}

/// Spends a code that sets a new password: ends all sessions and voids all links and codes. It proves nothing about the mailbox.
///
/// # Errors
/// [`CodesFault`], [`UsersFault::InvalidPhoneNumber`]; those of [`credentials::check_new`].
pub async fn reset_password(core: &AuthCore, ctx: &Ctx, number: &str, otp: &str, new: &str) -> Result<()> {
    check(core, number)?;
    credentials::check_new(core.settings(), new, &[])?;
    // Hashing is dear; a code that is not good is refused before.
    core.write(ctx, async |tx| {
        let Some(user) = owner(tx, number, otp).await? else { return Ok(()) };
        codes::give_back(tx, attempt(tx, CodePurpose::PhonePassword, number, Some(&user.id), otp)).await?;
        throttles::take_back(tx, Act::Code, Some(number))
    })
    .await?;
    let hash = credentials::hash_password(core, new).await?;
    core.write(ctx, async |tx| {
        let Some(user) = owner(tx, number, otp).await? else { return Ok(()) };
        spend(tx, attempt(tx, CodePurpose::PhonePassword, number, Some(&user.id), otp)).await?;
        password::give(tx, &user.id, &hash).await
    })
    .await
}

/// Whose password a code sets, locked. If it is not right the transaction concludes with that.
async fn owner(tx: &mut Tx, number: &str, otp: &str) -> Result<Option<User>> {
    let user = phone::find_locked(tx, number).await?.filter(|user| user.phone_number_verified);
    let attempt = attempt(tx, CodePurpose::PhonePassword, number, id_of(user.as_ref()), otp);
    if !is_right(tx, attempt).await? {
        return Ok(None);
    }
    if user.is_none() {
        // Such a code was sent to nobody.
        tx.conclude_with(CodesFault::Invalid);
    }
    Ok(user)
}
