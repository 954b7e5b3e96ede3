//! Ways in: the accounts of a person, and the password among them.
//!
//! Owns the table `accounts` and the hashing of passwords. Passwords are hashed here, outside of
//! transactions, on a bounded pool; the flows around them are in [`password`]. Sessions are opened by
//! `sign_in`.

mod arriving;
mod entity;
mod hashing;
pub mod password;
mod pool;
mod store;

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{AccountId, Id as _, UserId};
use crate::settings::{PasswordSettings, Settings};
use crate::throttles::{self, Act};

pub use arriving::{WayIn, take_over};
pub(crate) use pool::HashingPool;
pub(crate) use store::{
    Claimed, add_account, find_account, find_holder, foreign_in_use, remove_account, replace_hash, touch_account,
};

/// The provider of the account that holds a password.
pub const CREDENTIAL: &str = "credential";

/// One way in of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The row.
    pub id: AccountId,
    /// `credential`, or who vouches for the person.
    pub provider_id: String,
    /// What that provider calls the person; for `credential` the user's own id.
    pub account_id: String,
    /// Whose.
    pub user_id: UserId,
    /// What the provider lets us do, separated by commas.
    pub scope: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What comparing a password with a hash says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is the password.
    pub ok: bool,
    /// Whether the hash should be replaced by one of today's kind and cost.
    pub upgrade: bool,
}

faults! {
    /// What can go wrong with ways in.
    pub enum CredentialsFault {
        /// Fewer characters than are asked for.
        PasswordTooShort => Invalid, "password_too_short", "Password too short", field "password";
        /// More characters than are hashed.
        PasswordTooLong => Invalid, "password_too_long", "Password too long", field "password";
        /// It would be guessed too soon.
        PasswordTooWeak => Invalid, "password_compromised", "This password is too easy to guess. Please choose a different one.", field "password";
        /// Not the password.
        InvalidPassword => Invalid, "invalid_password", "Invalid password", field "password";
        /// The person has no password.
        NotFound => Invalid, "credential_account_not_found", "Credential account not found";
        /// Nobody has a password here, or what they have opens nothing.
        Disabled => Invalid, "email_password_disabled", "Email and password is not enabled";
        /// So none is set by mail or by a message either.
        ResetDisabled => Invalid, "reset_password_disabled", "Reset password isn't enabled";
        /// More are waiting to have a password hashed than can be served.
        Busy => Unavailable, "busy", "Too many sign-ins at once. Please try again in a moment.";
    }
}

/// Refuses what is done with a password, where there are none.
///
/// # Errors
/// [`CredentialsFault::Disabled`].
pub(crate) fn demand_enabled(settings: &Settings) -> Result<()> {
    if settings.password.enabled { Ok(()) } else { Err(CredentialsFault::Disabled.into()) }
}

/// Refuses to send what sets a new password, where there are none.
///
/// # Errors
/// [`CredentialsFault::ResetDisabled`].
pub(crate) fn demand_resets(settings: &Settings) -> Result<()> {
    if settings.password.enabled { Ok(()) } else { Err(CredentialsFault::ResetDisabled.into()) }
}

/// Whether a new password is one that may be set: where there are passwords, of a length that is allowed, and as hard to guess as is asked for.
/// `about` is what is known of the person; with the names of this instance it is what is guessed first.
pub fn check_new(settings: &Settings, password: &str, about: &[&str]) -> Result<()> {
    demand_enabled(settings)?;
    check_length(&settings.password, password)?;
    let wanted = settings.password.min_strength;
    if wanted == 0 {
        return Ok(());
    }
    let host = settings.public_url.split_once("://").map_or("", |(_, rest)| rest);
    let here = [settings.application_name.as_str(), host];
    let own = about.iter().chain(&here).copied().flat_map(|text| std::iter::once(text).chain(words(text)));
    let easy: Vec<&str> = own.chain(settings.password.easy_words.iter().map(String::as_str)).collect();
    if u8::from(zxcvbn::zxcvbn(password, &easy).score()) < wanted {
        return Err(CredentialsFault::PasswordTooWeak.into());
    }
    Ok(())
}

/// The parts of a name or an address that somebody would try.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2)
}

/// Whether a new password has a length that is allowed, in UTF-16 code units as JavaScript counts.
pub fn check_length(settings: &PasswordSettings, password: &str) -> Result<()> {
    let length = password.encode_utf16().count();
    if length < settings.min_length {
        return Err(CredentialsFault::PasswordTooShort.into());
    }
    check_not_too_long(settings, password)
}

/// Whether a password is short enough to be hashed at all.
pub fn check_not_too_long(settings: &PasswordSettings, password: &str) -> Result<()> {
    if password.encode_utf16().count() > settings.max_length {
        return Err(CredentialsFault::PasswordTooLong.into());
    }
    Ok(())
}

/// Hashes a password with argon2id. Never inside a transaction.
pub async fn hash_password(core: &AuthCore, password: &str) -> Result<String> {
    let mut salt = [0; 16];
    core.shared().chance.fill(&mut salt);
    let argon2 = hashing::argon2id(&core.settings().password)?;
    let password = hashing::normalize(password);
    core.shared().hashing.run(move || hashing::hash(&argon2, &password, &salt)).await?
}

/// Compares a password with a hash. Without a hash the same time passes, and the answer is no. Never
/// inside a transaction.
pub async fn verify_password(core: &AuthCore, hash: Option<&str>, password: &str) -> Result<Verdict> {
    // Longer ones were never set, and hashing them would be a way to keep us busy.
    check_not_too_long(&core.settings().password, password)?;
    let argon2 = hashing::argon2id(&core.settings().password)?;
    let password = hashing::normalize(password);
    let stored = hash.map(str::to_owned);
    core.shared()
        .hashing
        .run(move || match stored {
            Some(stored) => Ok(hashing::verify(&argon2, &stored, &password)),
            None => hashing::hash(&argon2, &password, &[0; 16]).map(|_| Verdict { ok: false, upgrade: false }),
        })
        .await?
}

/// Compares what somebody gives at a sign-in with the hash that was found for what they call themselves, if there is one.
/// A refusal takes the same time whether there is one and wherever it was made: `foreign_in_use` is what was read with it.
/// Never inside a transaction.
pub(crate) async fn try_sign_in(
    core: &AuthCore,
    hash: Option<&str>,
    foreign_in_use: bool,
    password: &str,
) -> Result<Verdict> {
    check_not_too_long(&core.settings().password, password)?;
    let argon2 = hashing::argon2id(&core.settings().password)?;
    let password = hashing::normalize(password);
    let stored = hash.map(str::to_owned);
    let work = move || hashing::try_sign_in(&argon2, stored.as_deref(), foreign_in_use, &password);
    core.shared().hashing.run(work).await
}

/// The same as [`verify_password`] for what somebody gives in a session of theirs, to show that it is them, or gave to a back
/// end. Wrong ones are counted, apart from those of sign-ins: whoever got hold of a session does not keep its owner from opening
/// another.
///
/// # Errors
/// Those of [`verify_password`]; [`ThrottlesFault::TooMany`](throttles::ThrottlesFault::TooMany).
pub async fn guess_password(
    core: &AuthCore,
    ctx: &Ctx,
    user_id: &UserId,
    hash: Option<&str>,
    password: &str,
) -> Result<Verdict> {
    let subject = Some(user_id.as_str());
    check_not_too_long(&core.settings().password, password)?;
    throttles::count_first(core, ctx, Act::Password, subject).await?;
    let verdict = verify_password(core, hash, password).await;
    if verdict.as_ref().is_ok_and(|verdict| !verdict.ok) {
        return verdict;
    }
    match &verdict {
        // Nothing was compared; or it is not their network, but that of a back end, through which others guess as well.
        verdict if verdict.is_err() || ctx.actor.user_id() != Some(user_id) => {
            throttles::take_back_now(core, ctx, Act::Password, subject).await?;
        }
        _ => core.write(ctx, async |tx| throttles::succeeded(tx, Act::Password, user_id.as_str())).await?,
    }
    verdict
}

/// Sets the person's password to one that was hashed, whether they had one or not. Records nothing:
/// the flow that sets it knows what it means.
pub async fn set_password(tx: &Tx, user_id: &UserId, hash: &str) -> Result<()> {
    store::put_password(tx, user_id, hash).await
}

/// The account and the hash of the person's password, if they have one. Where passwords are switched off nobody has.
pub async fn find_password(db: &impl Scope, user_id: &UserId) -> Result<Option<(AccountId, String)>> {
    if !db.settings().password.enabled {
        return Ok(None);
    }
    store::find_password(db, user_id).await
}

/// The person's ways in, oldest first.
pub async fn list_accounts(db: &impl Scope, user_id: &UserId) -> Result<Vec<Account>> {
    store::list(db, user_id).await
}

/// Removes all ways in of a person. Returns how many there were.
pub(crate) async fn remove_all(tx: &Tx, user_id: &UserId) -> Result<u64> {
    store::delete_all(tx, user_id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;
    use crate::settings::Settings;

    #[test]
    fn what_is_guessed_first_is_refused_where_strength_is_asked_for() {
        let mut settings = Settings::new("https://login.acme.example", InstanceSecret::new("s"));
        assert!(check_new(&settings, "password1", &[]).is_ok());
        settings.password.min_strength = 3;
        settings.password.easy_words = vec!["Roadrunner".into()];
        let weak = |password| {
            let checked = check_new(&settings, password, &["ann.sample@example.com", "Ann Sample"]);
            checked.is_err_and(|error| error.is(&CredentialsFault::PasswordTooWeak))
        };
        for guessed in
            ["password1", "12345678", "qwertyuiop", "annsample", "acme.example", "roadrunner1", "Portico2026"]
        {
            assert!(weak(guessed), "{guessed} was taken");
        }
        for chosen in ["correct horse battery staple", "tiQ9!vexo-mandrill", "пароль-из-многих-слов"]
        {
            assert!(!weak(chosen), "{chosen} was refused");
        }
    }

    #[test]
    fn lengths_are_counted_as_javascript_counts() {
        let settings = Settings::new("http://localhost", InstanceSecret::new("s")).password;
        assert!(check_length(&settings, "1234567").unwrap_err().is(&CredentialsFault::PasswordTooShort));
        assert!(check_length(&settings, "😀😀😀😀").is_ok());
        assert!(check_length(&settings, &"x".repeat(128)).is_ok());
        assert!(check_length(&settings, &"😀".repeat(65)).unwrap_err().is(&CredentialsFault::PasswordTooLong));
    }
}
