//! The end of a whole directory: its people are suspended one by one, each in a transaction of their
//! own. The rows say how far that has come, so it can stop and go on at any time, on any replica. An admin may
//! pause it, and the directory's circuit breaker counts it.

use super::connections::{self, COLUMNS};
use super::users;
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db;
use crate::fault::Result;
use crate::ids::{DirectoryUserId, Id as _};

/// Suspends the next person of a directory that was disconnected. Returns whether there was one: a
/// worker calls it until there is none, and again from time to time, for a request that was under way
/// when the directory was disconnected may have made somebody after it.
///
/// # Errors
/// Those of the database.
pub async fn disconnect_step(core: &AuthCore) -> Result<bool> {
    core.write(&Ctx::system("disconnect-directory"), async |tx| {
        let sql = format!(
            "SELECT u.id, {COLUMNS} FROM directories d JOIN directory_users u ON u.directory_id = d.id AND u.id > d.swept_through
             WHERE d.deleted_at IS NOT NULL AND d.state = 'active' ORDER BY d.deleted_at, d.id, u.id LIMIT 1"
        );
        let Some(row) = db::one(tx, sql, []).await? else { return Ok(false) };
        let id: DirectoryUserId = row.get(0)?;
        let directory = connections::read(&row, 1)?;
        if !users::disconnect(tx, &directory, &id).await? {
            // Its breaker has tripped. It is passed over until an admin has decided; others go on.
            return Ok(true);
        }
        db::run(
            tx,
            "UPDATE directories SET swept_through = $1 WHERE id = $2 AND swept_through < $1",
            [id.as_str().into(), directory.id.as_str().into()],
        )
        .await?;
        Ok(true)
    })
    .await
}

/// Suspends all people of the directories that were disconnected.
///
/// # Errors
/// Those of the database.
pub async fn finish_disconnections(core: &AuthCore) -> Result<()> {
    while disconnect_step(core).await? {}
    Ok(())
}
