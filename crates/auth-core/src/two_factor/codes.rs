//! Codes that are mailed: six digits, for three minutes, for the sign-in or the session for which they were asked.

use sea_orm::Value;

use super::TwoFactorFault;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::Id as _;
use crate::mail::{self, Letter, LetterKind};
use crate::secret;
use crate::throttles::{self, Act};
use crate::users::User;

/// How many digits a code has.
const DIGITS: usize = 6;
/// How many seconds a code lives.
const LIFETIME: i64 = 180;
/// How often a code may be tried.
const TRIES: i64 = 5;
/// How many codes may be asked for, one after the other, for one sign-in or session; and by one person for all of theirs.
const SENT: i64 = 5;
const SENT_IN_ALL: i64 = 10;

/// What came of a try.
pub(super) enum Tried {
    /// It is the code, which is spent.
    Good,
    /// It is another one.
    Wrong,
    /// There is none, or no longer.
    Expired,
    /// It was tried too often.
    TooOften,
}

fn hash(tx: &Tx, holder: &str, code: &str) -> Result<String> {
    tx.settings().secret.mac("two-factor-code", &format!("{holder}:{code}"))
}

/// Mails a code, in place of the one before. The person's row is locked.
///
/// # Errors
/// [`TwoFactorFault::TooManyAttempts`] if too many were asked for.
pub(super) async fn send(tx: &mut Tx, holder: &str, user: &User) -> Result<()> {
    let code = secret::random_digits(tx.chance(), DIGITS);
    let since: Value = tx.now().plus_seconds(-super::CHALLENGE_LIFETIME).into();
    let sql = "SELECT CAST(COALESCE(SUM(sent), 0) AS BIGINT) FROM two_factor_codes
         WHERE user_id = $1 AND created_at > $2";
    let row = db::one(tx, sql, [user.id.as_str().into(), since.clone()]).await?;
    if row.map_or(Ok(0), |row| row.get::<i64>(0))? >= SENT_IN_ALL {
        return Err(TwoFactorFault::TooManyAttempts.into());
    }
    let sql =
        "INSERT INTO two_factor_codes (holder, user_id, code_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (holder) DO UPDATE SET code_hash = $3, attempts = 0, created_at = $4, expires_at = $5,
             sent = CASE WHEN two_factor_codes.created_at <= $6 THEN 1 ELSE two_factor_codes.sent + 1 END
         WHERE two_factor_codes.sent < $7 OR two_factor_codes.created_at <= $6";
    let values = [
        holder.into(),
        user.id.as_str().into(),
        hash(tx, holder, &code)?.into(),
        tx.now().into(),
        tx.now().plus_seconds(LIFETIME).into(),
        since,
        SENT.into(),
    ];
    if db::run(tx, sql, values).await? == 0 {
        return Err(TwoFactorFault::TooManyAttempts.into());
    }
    mail::queue(tx, &Letter { to: user.email.clone(), kind: LetterKind::SecondFactorCode { code } }).await?;
    // Only who has shown the first factor asks for these: what strangers have mailed does not count against them.
    throttles::count(tx, Act::Message, Some(&format!("second factor of {}", user.id.as_str()))).await
}

/// Tries a code. The try counts, whatever comes of it.
pub(super) async fn try_one(tx: &Tx, holder: &str, user: &User, given: &str) -> Result<Tried> {
    let sql = "UPDATE two_factor_codes SET attempts = attempts + 1
         WHERE holder = $1 AND user_id = $2 AND expires_at > $3 RETURNING code_hash, attempts";
    let values = [holder.into(), user.id.as_str().into(), tx.now().into()];
    let Some(row) = db::one(tx, sql, values).await? else { return Ok(Tried::Expired) };
    let (kept, attempts): (String, i64) = (row.get(0)?, row.get(1)?);
    if attempts > TRIES {
        return Ok(Tried::TooOften);
    }
    if !secret::same(&kept, &hash(tx, holder, given)?) {
        return Ok(Tried::Wrong);
    }
    let sql = "DELETE FROM two_factor_codes WHERE holder = $1 AND user_id = $2 AND code_hash = $3";
    let spent = db::run(tx, sql, [holder.into(), user.id.as_str().into(), kept.into()]).await? > 0;
    Ok(if spent { Tried::Good } else { Tried::Expired })
}
