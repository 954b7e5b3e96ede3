//! What a deleted resource leaves: the memory of a link that had been accepted.

use super::Directory;
use crate::db::{self, Change, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, TombstoneId};
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
pub(super) fn forget(tx: &Tx, directory: &Directory, user: &User) {
    let forgotten = Change::new(
        "DELETE FROM directory_tombstones WHERE directory_id = $1
         AND (user_id = $2 OR (user_id IS NULL AND email_key = $3))",
        [directory.id.as_str().into(), user.id.as_str().into(), email::key(&user.email).into()],
    );
    db::later(tx, forgotten);
}
