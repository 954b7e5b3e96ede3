//! The queries of secret keys.

use super::SecretKey;
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id, SecretKeyId, UserId};

const COLUMNS: &str =
    "id, name, prefix, created_by, last_used_at, revoked_at, created_at, last_used_ip, last_used_user_agent";

fn read(row: &Row) -> Result<SecretKey> {
    Ok(SecretKey {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        created_by: row.get::<Option<String>>(3)?.map(UserId::from_text),
        last_used_at: row.get(4)?,
        revoked_at: row.get(5)?,
        created_at: row.get(6)?,
        last_used_ip: row.get(7)?,
        last_used_user_agent: row.get(8)?,
    })
}

pub(super) async fn insert(tx: &Tx, key: &SecretKey, hash: &str) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO secret_keys (id, name, prefix, secret_hash, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        [
            key.id.as_str().into(),
            key.name.as_str().into(),
            key.prefix.as_str().into(),
            hash.into(),
            key.created_by.as_ref().map(|id| id.as_str().to_owned()).into(),
            key.created_at.into(),
        ],
    )
    .await?;
    Ok(())
}

/// What makes a key `k` good: nobody has revoked it, and whoever made it, if that was a person, still administers the
/// instance and may come in. `$2` is the present instant.
const LIVE: &str =
    "k.revoked_at IS NULL AND (k.created_by IS NULL OR EXISTS (SELECT 1 FROM users u WHERE u.id = k.created_by
    AND u.role = 'admin' AND u.locked_at IS NULL AND (u.banned = FALSE OR u.ban_expires_at <= $2)))";

/// The key of a hash, if it is good, and when it was used last.
pub(super) async fn find_live(db: &impl Scope, hash: &str) -> Result<Option<(SecretKeyId, Option<Timestamp>)>> {
    let sql = format!("SELECT k.id, k.last_used_at FROM secret_keys k WHERE k.secret_hash = $1 AND {LIVE}");
    match db::one(db, sql, [hash.into(), db.now().into()]).await? {
        Some(row) => Ok(Some((row.get(0)?, row.get(1)?))),
        None => Ok(None),
    }
}

pub(super) async fn is_live(db: &impl Scope, id: &SecretKeyId) -> Result<bool> {
    let sql = format!("SELECT 1 FROM secret_keys k WHERE k.id = $1 AND {LIVE}");
    Ok(db::one(db, sql, [id.as_str().into(), db.now().into()]).await?.is_some())
}

/// Writes that a key was used now, unless another request did since `seen`.
pub(super) async fn note_use(tx: &Tx, id: &SecretKeyId, seen: Timestamp) -> Result<()> {
    db::run(
        tx,
        "UPDATE secret_keys SET last_used_at = $1, last_used_ip = $4, last_used_user_agent = $5
         WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $3)",
        [
            tx.now().into(),
            id.as_str().into(),
            seen.into(),
            tx.ctx().ip.clone().into(),
            tx.ctx().user_agent.clone().into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn revoke(tx: &Tx, id: &SecretKeyId) -> Result<()> {
    db::run(tx, "UPDATE secret_keys SET revoked_at = $1 WHERE id = $2", [tx.now().into(), id.as_str().into()]).await?;
    Ok(())
}

pub(super) async fn revoke_of(tx: &Tx, user: &UserId) -> Result<Vec<SecretKey>> {
    let sql = format!(
        "UPDATE secret_keys SET revoked_at = $1 WHERE created_by = $2 AND revoked_at IS NULL RETURNING {COLUMNS}"
    );
    db::all(tx, sql, [tx.now().into(), user.as_str().into()]).await?.iter().map(read).collect()
}

pub(super) async fn find(db: &impl Scope, id: &SecretKeyId) -> Result<Option<SecretKey>> {
    let sql = format!("SELECT {COLUMNS} FROM secret_keys WHERE id = $1");
    db::one(db, sql, [id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn lock(tx: &Tx, id: &SecretKeyId) -> Result<Option<SecretKey>> {
    let sql = format!("SELECT {COLUMNS} FROM secret_keys WHERE id = $1{}", tx.lock());
    db::one(tx, sql, [id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn list(db: &impl Scope, ascending: bool, limit: u64, offset: u64) -> Result<Vec<SecretKey>> {
    let way = if ascending { "ASC" } else { "DESC" };
    let sql =
        format!("SELECT {COLUMNS} FROM secret_keys ORDER BY created_at {way}, id {way} LIMIT (0 + $1) OFFSET (0 + $2)");
    let most = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    db::all(db, sql, [most(limit).into(), most(offset).into()]).await?.iter().map(read).collect()
}

pub(super) async fn count(db: &impl Scope) -> Result<i64> {
    db::one(db, "SELECT COUNT(*) FROM secret_keys", []).await?.map_or(Ok(0), |row| row.get(0))
}
