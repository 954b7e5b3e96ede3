//! What a deleted resource leaves: the memory of a link that had been accepted. Of somebody who was erased it is a mark, by
//! which an address is known that is brought, and from which none is read.

use super::Directory;
use crate::db::{self, Change, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _, TombstoneId};
use crate::users::{User, email};

/// Leaves a tombstone: what a deleted resource was linked to.
pub(super) async fn bury(tx: &Tx, directory: &Directory, columns: (&Option<String>, &str), user: &User) -> Result<()> {
    let id: TombstoneId = tx.new_id();
    let (external_id, user_name_key) = columns;
    db::run(
        tx,
        "INSERT INTO directory_tombstones (id, directory_id, external_id, user_name_key, email_key, user_id, link, deleted_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'linked', $7)",
        [
            id.as_str().into(),
            directory.id.as_str().into(),
            external_id.clone().into(),
            user_name_key.into(),
            email::key(&user.email).into(),
            user.id.as_str().into(),
            tx.now().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Forgets what was left of a person who is linked again, also of an account of theirs that was erased.
pub(super) fn forget(tx: &Tx, directory: &Directory, user: &User) -> Result<()> {
    let forgotten = Change::new(
        "DELETE FROM directory_tombstones WHERE directory_id = $1
         AND (user_id = $2 OR (user_id IS NULL AND email_key IN ($3, $4)))",
        [
            directory.id.as_str().into(),
            user.id.as_str().into(),
            email::key(&user.email).into(),
            mark_of(tx, &user.email)?.into(),
        ],
    );
    db::later(tx, forgotten);
    Ok(())
}

/// What stands for the address of somebody who was erased: a keyed hash, which no address looks like.
pub(super) fn mark_of(db: &impl Scope, address: &str) -> Result<String> {
    Ok(format!("erased:{}", db.settings().secret.mac("erased-address", &email::key(address))?))
}

/// Leaves the mark of an address of somebody who is erased with their resource.
pub(super) async fn mark(tx: &Tx, directory: &DirectoryId, address: &str) -> Result<()> {
    let id: TombstoneId = tx.new_id();
    let sql = "INSERT INTO directory_tombstones (id, directory_id, external_id, user_name_key, email_key, user_id, link, deleted_at)
         SELECT $1, $2, NULL, '', $3, NULL, 'linked', $4 WHERE NOT EXISTS
             (SELECT 1 FROM directory_tombstones WHERE directory_id = $2 AND user_id IS NULL AND email_key = $3)";
    let mark = mark_of(tx, address)?;
    db::run(tx, sql, [id.as_str().into(), directory.as_str().into(), mark.into(), tx.now().into()]).await.map(drop)
}

/// What a tombstone said of somebody who is erased.
pub(super) struct Buried {
    pub(super) directory_id: String,
    /// What only they were called.
    pub(super) words: Vec<String>,
}

/// Leaves nothing but marks of the tombstones of somebody who is erased.
pub(super) async fn erase(tx: &Tx, user: &User) -> Result<Vec<Buried>> {
    let sql =
        "SELECT id, directory_id, external_id, user_name_key, email_key FROM directory_tombstones WHERE user_id = $1";
    let mut all = Vec::new();
    for row in db::all(tx, sql, [user.id.as_str().into()]).await? {
        let (external_id, user_name, address): (Option<String>, String, String) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        let sql =
            "UPDATE directory_tombstones SET external_id = NULL, user_name_key = '', email_key = $2 WHERE id = $1";
        db::run(tx, sql, [row.get::<String>(0)?.into(), mark_of(tx, &address)?.into()]).await?;
        let words = external_id.into_iter().chain([user_name, address]).collect();
        all.push(Buried { directory_id: row.get(1)?, words });
    }
    Ok(all)
}
