//! Short codes that were mailed, to be typed in.
//!
//! A code belongs to one purpose and one subject; a new one takes the place of the one before. Six digits can be
//! guessed, so that attempts are counted, by one conditional `UPDATE` before anything is compared: of guesses that come
//! at the same time each is counted. What is stored is a keyed hash, because a plain one of six digits is no secret.

use crate::AuthCore;
use crate::clock::Timestamp;
use crate::db::{self, Change, Scope, Tx};
use crate::fault::Result;
use crate::faults;
use crate::ids::{Id as _, UserId};
use crate::secret::{self, Secret};

/// What a code is for. A code of one purpose is nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    /// Signing in.
    SignIn,
    /// Proving a mailbox.
    VerifyEmail,
    /// Setting a new password.
    ResetPassword,
    /// Proving the mailbox to which a person changes.
    ChangeEmail,
    /// Proving a telephone number: to sign in, or to have it from now on.
    PhoneNumber,
    /// Setting a new password by a telephone number.
    PhonePassword,
}

impl CodePurpose {
    /// The word for it, in the table and in letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
            Self::PhoneNumber => "phone-number",
            Self::PhonePassword => "phone-password",
        }
    }
}

/// A code to be issued.
#[derive(Clone, Copy, Debug)]
pub struct NewCode<'a> {
    /// For what.
    pub purpose: CodePurpose,
    /// On what: an address, in the form in which addresses are compared, or more than that.
    pub subject: &'a str,
    /// Whose. What ends their access voids the code.
    pub user_id: Option<&'a UserId>,
    /// Who has asked for it, be it theirs or not yet. It goes with them if they are erased, because the subject tells of
    /// them.
    pub asked_by: Option<&'a UserId>,
    /// How many digits.
    pub length: usize,
    /// For how many seconds it is good.
    pub expires_in: i64,
}

/// A code that somebody brings.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// For what.
    pub purpose: CodePurpose,
    /// On what.
    pub subject: &'a str,
    /// Who is meant by it now. A code that was issued for nobody, or for somebody else, is none of theirs.
    pub user_id: Option<&'a UserId>,
    /// The code.
    pub code: &'a str,
    /// How often one may err.
    pub most: i64,
}

faults! {
    /// What can go wrong with a code that somebody brings.
    pub enum CodesFault {
        /// Not the code, or there is none.
        Invalid => Invalid, "invalid_otp", "Invalid OTP", field "otp";
        /// It was good once.
        Expired => Invalid, "otp_expired", "OTP expired", field "otp";
        /// Others were tried before, too often.
        TooManyAttempts => Forbidden, "too_many_attempts", "Too many attempts", field "otp";
    }
}

/// Issues a code, in the place of the one before.
pub async fn issue(tx: &Tx, new: NewCode<'_>) -> Result<Secret> {
    let code = secret::random_digits(tx.chance(), new.length);
    let sql = "INSERT INTO verification_codes
             (purpose, subject, code_hash, user_id, asked_by, attempts, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $7, 0, $5, $6)
         ON CONFLICT (purpose, subject)
         DO UPDATE SET code_hash = $3, user_id = $4, asked_by = $7, attempts = 0, expires_at = $5, created_at = $6";
    let values = [
        new.purpose.as_str().into(),
        new.subject.into(),
        hash(tx, new.purpose, new.subject, &code).into(),
        new.user_id.map(|id| id.as_str().to_owned()).into(),
        tx.now().plus_seconds(new.expires_in).into(),
        tx.now().into(),
        new.asked_by.map(|id| id.as_str().to_owned()).into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(Secret::new(code))
}

fn hash(db: &impl Scope, purpose: CodePurpose, subject: &str, code: &str) -> String {
    // Neither a purpose nor a code holds a line break, so that no two of these texts are alike by accident.
    hex::encode(db.settings().secret.sign(&format!("code\n{}\n{subject}\n{code}", purpose.as_str())))
}

/// Counts an attempt and says whether the code is right; the row is locked then. If it is not, the transaction
/// concludes with the failure and keeps the count: whoever calls it returns at once.
pub(crate) async fn is_right(tx: &mut Tx, attempt: Attempt<'_>) -> Result<bool> {
    let Attempt { purpose, subject, user_id, code, most } = attempt;
    let sql = "UPDATE verification_codes SET attempts = attempts + 1
         WHERE purpose = $1 AND subject = $2 AND expires_at > $3 AND attempts < $4
           AND COALESCE(user_id, '') = $5 RETURNING code_hash";
    let whose = user_id.map_or("", |id| id.as_str());
    let values = [purpose.as_str().into(), subject.into(), tx.now().into(), most.into(), whose.into()];
    let failure = match db::one(tx, sql, values).await? {
        Some(row) if secret::same(&row.get::<String>(0)?, &hash(tx, purpose, subject, code)) => return Ok(true),
        Some(_) => CodesFault::Invalid,
        None => {
            // Told once; then there is no code any more.
            let sql = "DELETE FROM verification_codes WHERE purpose = $1 AND subject = $2
                 AND (expires_at <= $3 OR attempts >= $4) RETURNING expires_at";
            let values = [purpose.as_str().into(), subject.into(), tx.now().into(), most.into()];
            match db::one(tx, sql, values).await?.map(|row| row.get::<Timestamp>(0)).transpose()? {
                Some(end) if end <= tx.now() => CodesFault::Expired,
                Some(_) => CodesFault::TooManyAttempts,
                None => CodesFault::Invalid,
            }
        }
    };
    tx.conclude_with(failure);
    Ok(false)
}

/// Spends a code that was right. `false` if somebody else did, which the lock on its row forbids.
pub(crate) async fn spend(tx: &Tx, attempt: Attempt<'_>) -> Result<bool> {
    let Attempt { purpose, subject, code, .. } = attempt;
    let sql = "DELETE FROM verification_codes WHERE purpose = $1 AND subject = $2 AND code_hash = $3";
    let values = [purpose.as_str().into(), subject.into(), hash(tx, purpose, subject, code).into()];
    Ok(db::run(tx, sql, values).await? > 0)
}

/// Takes back the count of an attempt that was right, for who asks only whether it is.
pub(crate) async fn give_back(tx: &Tx, attempt: Attempt<'_>) -> Result<()> {
    let sql = "UPDATE verification_codes SET attempts = attempts - 1 WHERE purpose = $1 AND subject = $2";
    db::run(tx, sql, [attempt.purpose.as_str().into(), attempt.subject.into()]).await?;
    Ok(())
}

/// Voids all codes of a person, with the next statement.
pub(super) fn void(tx: &Tx, user_id: &UserId) {
    let sql = "DELETE FROM verification_codes WHERE user_id = $1";
    db::later(tx, Change::new(sql, [user_id.as_str().into()]));
}

/// How long an expired code is kept, so that it can be told from one that never was: a day.
const REMEMBERED: i64 = 86_400;

/// Removes codes that expired a day ago and more. Records no event: they were good for nothing.
pub(super) async fn sweep(core: &AuthCore) -> Result<u64> {
    core.forget_expired("verification_codes", "purpose, subject", "expires_at", REMEMBERED).await
}
