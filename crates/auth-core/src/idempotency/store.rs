//! The queries of repeated requests.

use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};

/// A request that was answered.
pub(super) struct Stored {
    pub request_hash: String,
    pub status: i64,
    pub sealed_answer: String,
}

/// Inserts the key, or takes it over from a request that has expired. The row stays locked until the
/// transaction ends, so on PostgreSQL a second request waits here; on SQLite it waited for the writer.
pub(super) async fn take(tx: &Tx, key_hash: &str, request_hash: &str, expired: Timestamp) -> Result<bool> {
    let touched = db::run(
        tx,
        "INSERT INTO idempotency_keys (key_hash, request_hash, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (key_hash) DO UPDATE
         SET request_hash = excluded.request_hash, created_at = excluded.created_at, status = NULL, sealed_answer = NULL
         WHERE idempotency_keys.created_at <= $4",
        [key_hash.into(), request_hash.into(), tx.now().into(), expired.into()],
    )
    .await?;
    Ok(touched == 1)
}

pub(super) async fn find(tx: &Tx, key_hash: &str) -> Result<Stored> {
    let sql =
        "SELECT request_hash, status, sealed_answer FROM idempotency_keys WHERE key_hash = $1 AND status IS NOT NULL";
    let row = db::one(tx, sql, [key_hash.into()]).await?;
    // Invariant: a key is committed with its answer.
    let row = row.ok_or_else(|| Error::internal("an idempotency key without an answer"))?;
    Ok(Stored { request_hash: row.get(0)?, status: row.get(1)?, sealed_answer: row.get(2)? })
}

pub(super) async fn answer(tx: &Tx, key_hash: &str, status: i64, sealed: &str) -> Result<()> {
    db::run(
        tx,
        "UPDATE idempotency_keys SET status = $1, sealed_answer = $2 WHERE key_hash = $3",
        [status.into(), sealed.into(), key_hash.into()],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, expired: Timestamp) -> Result<u64> {
    db::run(tx, "DELETE FROM idempotency_keys WHERE created_at <= $1", [expired.into()]).await
}
