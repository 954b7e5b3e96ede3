//! Second factors: what a person shows besides the first proof of a sign-in.
//!
//! A person has codes of an app (TOTP, RFC 6238) or codes by mail, and backup codes beside the first. Who has one is asked
//! at the one function that opens sessions ([`sign_in::open_session`](crate::sign_in::open_session)), whatever the way
//! in, except on a device that the person has chosen to trust. What is asked is a *challenge*: a token for the browser
//! that stands for the first proof, for ten minutes and once.
//!
//! A code is tried in a transaction that has locked the person's row and counts the try, whether it fails or not: five
//! tries for a challenge, ten failures in a row for a person, on all replicas together.

mod arriving;
mod challenges;
mod codes;
mod devices;
mod enrollment;
mod store;
mod totp;
mod verifying;

use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, UserId};
use crate::roles::RolesFault;
use crate::settings::Settings;
use crate::sign_in::impersonation;
use crate::{AuthCore, secret, users};

pub use arriving::{Arriving, take_over};
pub(crate) use challenges::challenge;
pub use challenges::{Challenge, LIFETIME as CHALLENGE_LIFETIME, Method};
pub use devices::LIFETIME as DEVICE_LIFETIME;
pub use devices::forget as forget_devices;
pub(crate) use devices::recognize as recognize_device;
pub use enrollment::{Enabled, disable, enable_otp, enable_totp, renew_backup_codes, reset, totp_uri};
pub(crate) use enrollment::{demand_shown, wipe};
pub use verifying::{By, Proof, Shown, Wishes, send_code, show};

/// How a session is said to have got its second factor on a device that is trusted.
pub const TRUSTED_DEVICE: &str = "trusted-device";
/// How a session is said to have got it in which mailed codes were set up: by the password, or being fresh.
const ENROLLMENT: &str = "enrollment";
/// How many failures in a row lock a person's second factor.
const FAILURES: i64 = 10;
/// For how many seconds the first time; twice as long each time that follows without a good code in between.
pub const LOCKED_FOR: i64 = 900;

crate::faults! {
    /// What can go wrong with second factors.
    pub enum TwoFactorFault {
        /// The sign-in that waits for a second factor is not known, has ended, or was completed.
        InvalidCookie => Unauthenticated, "invalid_two_factor_cookie", "Invalid two factor cookie";
        /// Another code, or one that was used.
        InvalidCode => Unauthenticated, "invalid_code", "Invalid code", field "code";
        /// No backup code of the person, or one that was used.
        InvalidBackupCode => Unauthenticated, "invalid_backup_code", "Invalid backup code", field "code";
        /// Five codes were tried, or five were asked for.
        TooManyAttempts => Invalid, "too_many_attempts_request_new_code", "Too many attempts. Please request a new code.";
        /// Ten failures in a row: for fifteen minutes, or longer if it was not the first time, nothing is tried.
        Locked => RateLimited, "account_temporarily_locked", "Too many failed verification attempts. Your account is temporarily locked. Please try again later.";
        /// No code was mailed, or it is older than three minutes.
        OtpHasExpired => Invalid, "otp_has_expired", "OTP has expired";
        /// Codes are not mailed for this sign-in.
        OtpNotEnabled => Invalid, "otp_not_enabled", "OTP not enabled";
        /// No app is set up.
        TotpNotEnabled => Invalid, "totp_not_enabled", "TOTP not enabled";
        /// An app is set up already.
        TotpAlreadyEnabled => Invalid, "totp_already_enabled", "TOTP is already enabled";
        /// There is no second factor.
        NotEnabled => Invalid, "two_factor_not_enabled", "Two factor isn't enabled";
        /// There are no backup codes.
        BackupCodesNotEnabled => Invalid, "backup_codes_not_enabled", "Backup codes aren't enabled";
        /// Somebody without a password asks in a session that is too old.
        NotFresh => Forbidden, "session_not_fresh", "Session is not fresh";
        /// An organization requires a second factor, and the member has none.
        Required => Forbidden, "two_factor_required", "This organization requires a second factor: set one up first";
        /// An organization requires a second factor, and none was shown in this session.
        NotShown => Forbidden, "second_factor_not_shown", "This needs your second factor: sign in again and show it";
        /// The session has not shown the person's own.
        NotShownHere => Forbidden, "second_factor_not_shown", "This needs your second factor: sign in again and show it";
        /// Who has not said who they are has no first factor either.
        Visitor => Forbidden, "anonymous_users_have_no_second_factor", "Sign in with an account of your own first";
        /// Nobody sets one up here.
        Off => NotFound, "two_factor_disabled", "Not found";
    }
}

/// For what the secret of a person's app is sealed: nobody puts it in somebody else's row.
fn seal(user: &UserId) -> String {
    format!("two-factor:{}", user.as_str())
}

/// Notes that whoever reads the person's mailbox has changed their password or their address by it. Until the app is shown
/// again no code is mailed to who has one: the mailbox would be both factors.
pub(crate) async fn mailbox_was_used(tx: &Tx, user: &UserId) -> Result<()> {
    store::set_app_only(tx, user, true).await?;
    // Whoever reads the mailbox is not kept out for as long as somebody else's guesses have grown the lock.
    store::shorten_lock(tx, user).await
}

/// What is stored of a backup code. It has fewer random bits than other secrets, so the hash has a key.
fn hash_backup_code(settings: &Settings, user: &UserId, code: &str) -> Result<String> {
    settings.secret.mac("two-factor-backup-code", &format!("{}:{code}", user.as_str()))
}

/// Ends a sign-in that waits for a second factor, by the token that its browser has: whoever signs out there leaves none
/// behind. Records no event: nobody was in by it.
///
/// # Errors
/// Those of the database.
pub async fn abandon(tx: &Tx, token: &str) -> Result<()> {
    store::abandon(tx, &secret::hash(token)).await
}

/// How somebody is protected, without anything that protects them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether a second factor is asked for.
    pub enabled: bool,
    /// Whether codes of an app are one.
    pub app: bool,
    /// Whether codes by mail are.
    pub codes_by_mail: bool,
    /// How many backup codes are left.
    pub backup_codes: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// On how many devices nothing is asked for.
    pub trusted_devices: i64,
    /// Until when no code is tried.
    pub locked_until: Option<Timestamp>,
}

/// How a person is protected: for themselves, and for who stands above all organizations.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`users::UsersFault::NotFound`]; those of [`impersonation::refuse`].
pub async fn overview(db: &impl Scope, user: &UserId) -> Result<Overview> {
    let actor = &db.ctx().actor;
    let own = actor.user_id() == Some(user);
    if own {
        impersonation::refuse(actor)?;
    } else if !actor.is_platform() {
        return Err(RolesFault::Forbidden.into());
    }
    store::overview(db, user).await?.ok_or_else(|| users::UsersFault::NotFound.into())
}

/// Removes what has ended. Records no event: it ended before.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    Ok(core.forget_expired("two_factor_challenges", "token_hash", "expires_at", 0).await?
        + core.forget_expired("two_factor_codes", "holder", "expires_at", CHALLENGE_LIFETIME).await?
        + core.forget_expired("two_factor_tries", "session_id", "expires_at", 0).await?
        + core.forget_expired("trusted_devices", "id", "expires_at", 0).await?)
}
