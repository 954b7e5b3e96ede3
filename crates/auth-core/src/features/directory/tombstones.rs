//! What a deleted resource leaves: the memory of a link that had been accepted.

use super::Directory;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, TombstoneId, UserId};

/// Leaves a tombstone: what a deleted resource was linked to.
pub(super) async fn bury(
    tx: &Tx,
    directory: &Directory,
    columns: (&Option<String>, &str),
    user: &UserId,
) -> Result<()> {
    let id: TombstoneId = tx.new_id();
    let (external_id, user_name_key) = columns;
    db::run(
        tx,
        "INSERT INTO directory_tombstones (id, directory_id, external_id, user_name_key, user_id, link, deleted_at)
         VALUES ($1, $2, $3, $4, $5, 'linked', $6)",
        [
            id.as_str().into(),
            directory.id.as_str().into(),
            external_id.clone().into(),
            user_name_key.into(),
            user.as_str().into(),
            tx.now().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Forgets what was left of a person who is linked again.
pub(super) async fn forget(tx: &Tx, directory: &Directory, user: &UserId) -> Result<()> {
    db::run(
        tx,
        "DELETE FROM directory_tombstones WHERE directory_id = $1 AND user_id = $2",
        [directory.id.as_str().into(), user.as_str().into()],
    )
    .await?;
    Ok(())
}
