//! The queries of device authorization.

use super::{Found, Status};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, SessionId, UserId, VerificationId};

/// A request to be kept.
pub(super) struct New<'a> {
    pub device_code_hash: String,
    pub user_code_hash: String,
    pub client_id: &'a str,
    pub scope: Option<&'a str>,
    pub interval: i64,
    pub expires_at: Timestamp,
}

/// A request that is kept.
pub(super) struct Stored {
    pub status: Status,
    pub user_id: Option<UserId>,
    pub client_id: String,
    pub scope: Option<String>,
    pub expires_at: Timestamp,
}

const COLUMNS: &str = "status, user_id, client_id, scope, expires_at";

fn read(row: &Row) -> Result<Stored> {
    Ok(Stored {
        status: Status::from_stored(&row.get::<String>(0)?),
        user_id: row.get(1)?,
        client_id: row.get(2)?,
        scope: row.get(3)?,
        expires_at: row.get(4)?,
    })
}

pub(super) async fn insert(tx: &Tx, new: &New<'_>) -> Result<()> {
    let id: VerificationId = tx.new_id();
    let sql = "INSERT INTO device_codes (id, device_code_hash, user_code_hash, client_id, scope, status, poll_interval,
             expires_at, created_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8)";
    let values = [
        id.as_str().into(),
        new.device_code_hash.as_str().into(),
        new.user_code_hash.as_str().into(),
        new.client_id.into(),
        new.scope.map(str::to_owned).into(),
        new.interval.into(),
        new.expires_at.into(),
        tx.now().into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn by_user_code(tx: &Tx, hash: &str) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM device_codes WHERE user_code_hash = $1");
    db::one(tx, sql, [hash.into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn by_device_code(tx: &Tx, hash: &str, client_id: &str) -> Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM device_codes WHERE device_code_hash = $1 AND client_id = $2");
    db::one(tx, sql, [hash.into(), client_id.into()]).await?.as_ref().map(read).transpose()
}

/// Makes a request somebody's, unless it is somebody's.
pub(super) async fn claim(tx: &Tx, hash: &str, user_id: &UserId) -> Result<()> {
    let sql = "UPDATE device_codes SET user_id = $2
         WHERE user_code_hash = $1 AND status = 'pending' AND user_id IS NULL AND expires_at > $3";
    db::run(tx, sql, [hash.into(), user_id.as_str().into(), tx.now().into()]).await?;
    Ok(())
}

/// What somebody decides, and with what.
pub(super) struct Decision<'a> {
    pub user_id: &'a UserId,
    /// In which session.
    pub session_id: Option<&'a SessionId>,
    pub status: Status,
    pub epoch: i64,
    pub proven_at: Timestamp,
    /// What second factor was shown in that session.
    pub second_factor: Option<&'a str>,
}

/// Writes a decision, if the request is theirs and nobody has decided. Returns whether it was written.
pub(super) async fn decide(tx: &Tx, hash: &str, decision: &Decision<'_>) -> Result<bool> {
    let sql =
        "UPDATE device_codes SET status = $3, user_epoch = $4, proven_at = $5, second_factor = $6, session_id = $8
         WHERE user_code_hash = $1 AND user_id = $2 AND status = 'pending' AND expires_at > $7";
    let values = [
        hash.into(),
        decision.user_id.as_str().into(),
        decision.status.as_str().into(),
        decision.epoch.into(),
        decision.proven_at.into(),
        decision.second_factor.into(),
        tx.now().into(),
        decision.session_id.map(|id| id.as_str().to_owned()).into(),
    ];
    Ok(db::run(tx, sql, values).await? == 1)
}

/// Notes a poll, unless it is too early. `None` if it is.
pub(super) async fn poll(tx: &Tx, hash: &str, client_id: &str) -> Result<Option<Stored>> {
    let sql = format!(
        "UPDATE device_codes SET last_polled_at = $3 WHERE device_code_hash = $1 AND client_id = $2
           AND (last_polled_at IS NULL OR last_polled_at + poll_interval * 1000 <= $3) RETURNING {COLUMNS}"
    );
    db::one(tx, sql, [hash.into(), client_id.into(), tx.now().into()]).await?.as_ref().map(read).transpose()
}

/// Makes an impatient device wait for longer, from now on.
pub(super) async fn slow_down(tx: &Tx, hash: &str, client_id: &str, seconds: i64) -> Result<()> {
    let sql =
        "UPDATE device_codes SET poll_interval = poll_interval + $3 WHERE device_code_hash = $1 AND client_id = $2";
    db::run(tx, sql, [hash.into(), client_id.into(), seconds.into()]).await?;
    Ok(())
}

/// Spends an approval. `None` if there is none, or no longer.
pub(super) async fn spend(tx: &Tx, hash: &str, client_id: &str) -> Result<Option<Found>> {
    let sql = "DELETE FROM device_codes WHERE device_code_hash = $1 AND client_id = $2 AND status = 'approved'
           AND expires_at > $3 RETURNING user_id, user_epoch, proven_at, second_factor, scope, session_id";
    let row = db::one(tx, sql, [hash.into(), client_id.into(), tx.now().into()]).await?;
    let read = |row: Row| {
        let (user_id, epoch, proven_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let session_id = row.get::<Option<String>>(5)?.map(SessionId::from_text);
        Ok(Found { user_id, session_id, epoch, proven_at, second_factor: row.get(3)?, scope: row.get(4)? })
    };
    row.map(read).transpose()
}

pub(super) async fn forget(tx: &Tx, hash: &str, client_id: &str) -> Result<()> {
    let sql = "DELETE FROM device_codes WHERE device_code_hash = $1 AND client_id = $2";
    db::run(tx, sql, [hash.into(), client_id.into()]).await?;
    Ok(())
}
