//! The queries on second factors. Whoever writes has locked the person's row.

use super::{FAILURES, LOCKED_FOR};
use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, UserId};

/// What is stored of a person.
pub(super) struct Standing {
    /// The sealed secret of an app, whether or not a code of it was ever shown.
    pub secret: Option<String>,
    /// Whether one was.
    pub verified: bool,
    /// Whether codes by mail are no second factor at present: see [`super::mailbox_was_used`].
    pub app_only: bool,
    /// Until when no code is tried.
    pub locked_until: Option<Timestamp>,
}

pub(super) async fn find(db: &impl Scope, user: &UserId) -> Result<Option<Standing>> {
    let sql = "SELECT totp_secret, totp_verified, app_only, locked_until FROM two_factors WHERE user_id = $1";
    let row = db::one(db, sql, [user.as_str().into()]).await?;
    row.map(|row| {
        Ok(Standing { secret: row.get(0)?, verified: row.get(1)?, app_only: row.get(2)?, locked_until: row.get(3)? })
    })
    .transpose()
}

/// Makes sure that there is a row.
pub(super) async fn ensure(tx: &Tx, user: &UserId) -> Result<()> {
    let sql = "INSERT INTO two_factors (user_id, created_at, updated_at) VALUES ($1, $2, $2)
         ON CONFLICT (user_id) DO NOTHING";
    db::run(tx, sql, [user.as_str().into(), tx.now().into()]).await?;
    Ok(())
}

/// Keeps a new secret, of which no code was shown yet.
pub(super) async fn set_secret(tx: &Tx, user: &UserId, sealed: String) -> Result<()> {
    ensure(tx, user).await?;
    let sql = "UPDATE two_factors SET totp_secret = $2, totp_verified = FALSE, last_step = 0, updated_at = $3
         WHERE user_id = $1";
    db::run(tx, sql, [user.as_str().into(), sealed.into(), tx.now().into()]).await?;
    Ok(())
}

/// Keeps the secret of an app that comes from elsewhere, where codes of it may have been shown.
pub(super) async fn arrive(
    tx: &Tx,
    user: &UserId,
    sealed: String,
    verified: bool,
    locked_until: Option<Timestamp>,
) -> Result<()> {
    set_secret(tx, user, sealed).await?;
    let locked = locked_until.filter(|end| *end > tx.now()).map(Timestamp::millis);
    let sql = "UPDATE two_factors SET totp_verified = $2, locked_until = $3 WHERE user_id = $1";
    db::run(tx, sql, [user.as_str().into(), verified.into(), locked.into()]).await?;
    Ok(())
}

/// Takes the code of a time step, if none of it or of a later one was taken before.
pub(super) async fn take_step(tx: &Tx, user: &UserId, step: i64) -> Result<bool> {
    let sql = "UPDATE two_factors SET last_step = $2, totp_verified = TRUE, updated_at = $3
         WHERE user_id = $1 AND last_step < $2";
    Ok(db::run(tx, sql, [user.as_str().into(), step.into(), tx.now().into()]).await? > 0)
}

/// Counts a failure. If it was one too many, until when nothing is tried: each lock in a row takes twice as long as the one
/// before. What was counted before a lock that has ended is forgotten, but for the lock itself.
pub(super) async fn count_failure(tx: &Tx, user: &UserId) -> Result<Option<Timestamp>> {
    let sql = format!(
        "UPDATE two_factors SET
             failures = CASE WHEN locked_until IS NOT NULL THEN 1 ELSE failures + 1 END,
             locks = CASE WHEN locked_until IS NULL AND failures + 1 >= $2 THEN locks + 1 ELSE locks END,
             locked_until = CASE WHEN locked_until IS NULL AND failures + 1 >= $2
                 THEN $3 + $4 * (CAST(1 AS BIGINT) << CAST(CASE WHEN locks > {DOUBLED} THEN {DOUBLED} ELSE locks END AS INTEGER))
                 ELSE NULL END
         WHERE user_id = $1 RETURNING locked_until"
    );
    let values = [user.as_str().into(), FAILURES.into(), tx.now().into(), (LOCKED_FOR * 1000).into()];
    let row = db::one(tx, sql, values).await?;
    Ok(row.map(|row| row.get::<Option<Timestamp>>(0)).transpose()?.flatten())
}

/// How often a lock doubles: the longest is sixteen hours.
const DOUBLED: i64 = 6;

/// How many codes may be tried in a session within the time of a lock.
const TRIES: i64 = 10;

/// Counts a try in a session. `false` if there were enough of them lately.
pub(super) async fn count_try(tx: &Tx, user: &UserId, session: &str) -> Result<bool> {
    let sql = "INSERT INTO two_factor_tries (session_id, user_id, tries, expires_at) VALUES ($1, $2, 1, $4)
         ON CONFLICT (session_id) DO UPDATE SET
             tries = CASE WHEN two_factor_tries.expires_at <= $3 THEN 1 ELSE two_factor_tries.tries + 1 END,
             expires_at = CASE WHEN two_factor_tries.expires_at <= $3 THEN $4 ELSE two_factor_tries.expires_at END
         WHERE two_factor_tries.tries < $5 OR two_factor_tries.expires_at <= $3";
    let until = tx.now().plus_seconds(LOCKED_FOR);
    let values = [session.into(), user.as_str().into(), tx.now().into(), until.into(), TRIES.into()];
    Ok(db::run(tx, sql, values).await? > 0)
}

pub(super) async fn forget_failures(tx: &Tx, user: &UserId) -> Result<()> {
    let sql = "UPDATE two_factors SET failures = 0, locks = 0, locked_until = NULL WHERE user_id = $1";
    db::run(tx, sql, [user.as_str().into()]).await?;
    Ok(())
}

/// A lock is the shortest again from now on; what comes after it grows as before.
pub(super) async fn shorten_lock(tx: &Tx, user: &UserId) -> Result<()> {
    let sql = "UPDATE two_factors SET locked_until = $2 WHERE user_id = $1 AND locked_until > $2";
    db::run(tx, sql, [user.as_str().into(), tx.now().plus_seconds(LOCKED_FOR).into()]).await?;
    Ok(())
}

pub(super) async fn set_app_only(tx: &Tx, user: &UserId, app_only: bool) -> Result<()> {
    let sql = "UPDATE two_factors SET app_only = $2 WHERE user_id = $1";
    db::run(tx, sql, [user.as_str().into(), app_only.into()]).await?;
    Ok(())
}

pub(super) async fn set_enabled(tx: &Tx, user: &UserId, enabled: bool) -> Result<()> {
    let sql = "UPDATE users SET two_factor_enabled = $2, updated_at = $3 WHERE id = $1";
    db::run(tx, sql, [user.as_str().into(), enabled.into(), tx.now().into()]).await?;
    Ok(())
}

/// Replaces the backup codes.
pub(super) async fn set_backup_codes(tx: &Tx, user: &UserId, hashes: &[String]) -> Result<()> {
    db::run(tx, "DELETE FROM two_factor_backup_codes WHERE user_id = $1", [user.as_str().into()]).await?;
    for hash in hashes {
        let sql = "INSERT INTO two_factor_backup_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)";
        db::run(tx, sql, [user.as_str().into(), hash.as_str().into(), tx.now().into()]).await?;
    }
    Ok(())
}

/// Takes a backup code. `false` if there is none, or no longer.
pub(super) async fn take_backup_code(tx: &Tx, user: &UserId, hash: &str) -> Result<bool> {
    let sql = "DELETE FROM two_factor_backup_codes WHERE user_id = $1 AND code_hash = $2";
    Ok(db::run(tx, sql, [user.as_str().into(), hash.into()]).await? > 0)
}

/// Notes that a session has shown a second factor.
pub(super) async fn note_shown(tx: &Tx, session: &str, user: &UserId, by: &str) -> Result<()> {
    let sql = "UPDATE sessions SET second_factor = $3 WHERE id = $1 AND user_id = $2 AND second_factor IS NULL";
    db::run(tx, sql, [session.into(), user.as_str().into(), by.into()]).await?;
    Ok(())
}

/// Removes all of a person's second factors, what was asked and what is trusted. Sessions have shown nothing, and work no
/// longer in organizations that require it.
pub(super) async fn remove(tx: &Tx, user: &UserId) -> Result<()> {
    for sql in [
        "DELETE FROM two_factors WHERE user_id = $1",
        "DELETE FROM two_factor_backup_codes WHERE user_id = $1",
        "DELETE FROM two_factor_challenges WHERE user_id = $1",
        "DELETE FROM two_factor_codes WHERE user_id = $1",
        "DELETE FROM trusted_devices WHERE user_id = $1",
        "UPDATE sessions SET second_factor = NULL WHERE user_id = $1",
        "UPDATE sessions SET active_organization_id = NULL WHERE user_id = $1
         AND active_organization_id IN (SELECT id FROM organizations WHERE require_two_factor = TRUE)",
    ] {
        db::run(tx, sql, [user.as_str().into()]).await?;
    }
    set_enabled(tx, user, false).await
}

/// What somebody may know of a person's second factors; see [`super::Overview`].
pub(super) async fn overview(db: &impl Scope, user: &UserId) -> Result<Option<super::Overview>> {
    let sql = "SELECT u.two_factor_enabled, t.totp_verified, t.app_only, t.locked_until,
             (SELECT COUNT(*) FROM two_factor_backup_codes b WHERE b.user_id = u.id),
             (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = u.id),
             (SELECT COUNT(*) FROM trusted_devices d WHERE d.user_id = u.id AND d.user_epoch = u.access_epoch AND d.expires_at > $2)
         FROM users u LEFT JOIN two_factors t ON t.user_id = u.id WHERE u.id = $1";
    let row = db::one(db, sql, [user.as_str().into(), db.now().into()]).await?;
    let read = |row: db::Row| {
        let enabled: bool = row.get(0)?;
        let app = enabled && row.get::<Option<bool>>(1)?.unwrap_or_default();
        let app_only = row.get::<Option<bool>>(2)?.unwrap_or_default();
        let now = db.now();
        Ok(super::Overview {
            enabled,
            app,
            codes_by_mail: enabled && !(app && app_only),
            backup_codes: if enabled { row.get(4)? } else { 0 },
            passkeys: row.get(5)?,
            trusted_devices: if enabled { row.get(6)? } else { 0 },
            locked_until: row.get::<Option<Timestamp>>(3)?.filter(|until| *until > now),
        })
    };
    row.map(read).transpose()
}

/// Ends a sign-in that waits, whoever's it is. Nothing happens if there is none.
pub(super) async fn abandon(tx: &Tx, token_hash: &str) -> Result<()> {
    db::run(tx, "DELETE FROM two_factor_challenges WHERE token_hash = $1", [token_hash.into()]).await?;
    Ok(())
}
