//! The queries of passkeys. Whose they are is in every one but the look-up by the authenticator's own id.

use super::Passkey;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id, PasskeyId, UserId};

const COLUMNS: &str = "id, user_id, name, credential_id, public_key, aaguid, transports, sign_count, backup_eligible,
    backed_up, created_at, last_used_at";

fn read(row: &Row) -> Result<Passkey> {
    Ok(Passkey {
        id: row.get(0)?,
        user_id: row.get(1)?,
        name: row.get(2)?,
        credential_id: row.get(3)?,
        public_key: row.get(4)?,
        aaguid: row.get(5)?,
        transports: row.get(6)?,
        sign_count: row.get(7)?,
        backup_eligible: row.get(8)?,
        backed_up: row.get(9)?,
        created_at: row.get(10)?,
        last_used_at: row.get(11)?,
    })
}

/// What is stored beside what its owner sees.
pub(super) struct Stored {
    pub passkey: Passkey,
    /// What its authenticator calls the person; empty where that is not known.
    pub user_handle: String,
    /// What verifies it.
    pub credential: String,
}

/// Keeps a passkey, unless somebody has it. Returns whether it was kept.
pub(super) async fn insert(tx: &Tx, new: &Stored) -> Result<bool> {
    let passkey = &new.passkey;
    let sql = format!(
        "INSERT INTO passkeys ({COLUMNS}, user_handle, credential)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (credential_id) DO NOTHING"
    );
    let values = [
        passkey.id.as_str().into(),
        passkey.user_id.as_str().into(),
        passkey.name.clone().into(),
        passkey.credential_id.as_str().into(),
        passkey.public_key.as_str().into(),
        passkey.aaguid.as_str().into(),
        passkey.transports.clone().into(),
        passkey.sign_count.into(),
        passkey.backup_eligible.into(),
        passkey.backed_up.into(),
        passkey.created_at.into(),
        passkey.last_used_at.into(),
        new.user_handle.as_str().into(),
        new.credential.as_str().into(),
    ];
    Ok(db::run(tx, sql, values).await? == 1)
}

pub(super) async fn list(db: &impl Scope, user_id: &UserId) -> Result<Vec<Passkey>> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE user_id = $1 ORDER BY created_at, id");
    db::all(db, sql, [user_id.as_str().into()]).await?.iter().map(read).collect()
}

/// What the person's authenticators call them, if they have any.
pub(super) async fn handle(db: &impl Scope, user_id: &UserId) -> Result<Option<String>> {
    let sql =
        "SELECT user_handle FROM passkeys WHERE user_id = $1 AND user_handle <> '' ORDER BY created_at, id LIMIT 1";
    db::one(db, sql, [user_id.as_str().into()]).await?.map(|row| row.get(0)).transpose()
}

/// Whose passkey it is, by the authenticator's id.
pub(super) async fn owner(db: &impl Scope, credential_id: &str) -> Result<Option<UserId>> {
    let sql = "SELECT user_id FROM passkeys WHERE credential_id = $1";
    db::one(db, sql, [credential_id.into()]).await?.map(|row| row.get(0)).transpose()
}

/// A passkey of a person, with what verifies it. The person is locked, and so nothing of it changes meanwhile.
pub(super) async fn find(tx: &Tx, user_id: &UserId, credential_id: &str) -> Result<Option<Stored>> {
    let sql =
        format!("SELECT {COLUMNS}, user_handle, credential FROM passkeys WHERE user_id = $1 AND credential_id = $2");
    let row = db::one(tx, sql, [user_id.as_str().into(), credential_id.into()]).await?;
    row.map(|row| Ok(Stored { passkey: read(&row)?, user_handle: row.get(12)?, credential: row.get(13)? })).transpose()
}

/// Notes that a passkey was shown, unless it counts backwards (W3C Web Authentication, 7.2, step 22). Returns whether it
/// was noted. One that does not count stays at zero.
pub(super) async fn note_use(tx: &Tx, passkey: &Passkey, credential: &str) -> Result<bool> {
    let sql = "UPDATE passkeys SET sign_count = $3, backed_up = $4, backup_eligible = $5, credential = $6,
             last_used_at = $7
         WHERE id = $1 AND user_id = $2 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))";
    let values = [
        passkey.id.as_str().into(),
        passkey.user_id.as_str().into(),
        passkey.sign_count.into(),
        passkey.backed_up.into(),
        passkey.backup_eligible.into(),
        credential.into(),
        tx.now().into(),
    ];
    Ok(db::run(tx, sql, values).await? == 1)
}

pub(super) async fn rename(tx: &Tx, user_id: &UserId, id: &PasskeyId, name: &str) -> Result<Option<Passkey>> {
    let sql = format!("UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2 RETURNING {COLUMNS}");
    let row = db::one(tx, sql, [id.as_str().into(), user_id.as_str().into(), name.into()]).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn delete(tx: &Tx, user_id: &UserId, id: &PasskeyId) -> Result<Option<Passkey>> {
    let sql = format!("DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING {COLUMNS}");
    db::one(tx, sql, [id.as_str().into(), user_id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn delete_all(tx: &Tx, user_id: &UserId) -> Result<Vec<Passkey>> {
    let sql = format!("DELETE FROM passkeys WHERE user_id = $1 RETURNING {COLUMNS}");
    db::all(tx, sql, [user_id.as_str().into()]).await?.iter().map(read).collect()
}
