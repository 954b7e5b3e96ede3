//! How long requests are kept: as long as their directory's settings say, or the default for one that is gone.

use super::forgetting::is_of_it;
use super::reading::first_at;
use super::{people, segments};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::Settings;
use crate::ids::{DirectoryId, Id as _};
use crate::{AuthCore, Ctx};

/// How many are deleted in one transaction.
const AT_ONCE: i64 = 500;
/// How many such transactions a directory gets in one sweep.
const ROUNDS: usize = 20;
/// How many segments are among them at the most.
const SEGMENTS: u32 = 20;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// Deletes what is older than its directory keeps it, a bounded number of rows at a time; how many they were. What an
/// organization leaves behind that was deleted goes at once.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let ctx = Ctx::system("sweep-requests");
    let (mut swept, mut after) = (0, String::new());
    loop {
        // Another directory with each step, along the primary key.
        let next = core
            .read(&ctx, async |rx| {
                let sql = "SELECT MIN(t.id) FROM (
                    SELECT MIN(directory_id) AS id FROM directory_requests WHERE directory_id > $1
                    UNION ALL SELECT MIN(directory_id) FROM directory_request_segments WHERE directory_id > $1
                    UNION ALL SELECT MIN(directory_id) FROM directory_request_people WHERE directory_id > $1) t";
                let row = db::one(rx, sql, [after.as_str().into()]).await?;
                row.map_or(Ok(None), |row| row.get::<Option<String>>(0))
            })
            .await?;
        let Some(next) = next else { return Ok(swept) };
        let directory = DirectoryId::from_text(next.clone());
        for _ in 0..ROUNDS {
            let (gone, more) = match core.write(&ctx, async |tx| some_of(tx, &directory).await).await {
                // What is kept of one directory cannot be read: the others are swept all the same.
                Err(error) if is_of_it(&error) => {
                    tracing::error!(directory = directory.as_str(), "a request log could not be swept");
                    break;
                }
                done => done?,
            };
            swept += gone;
            if !more {
                break;
            }
        }
        after = next;
    }
}

/// How many went, and whether there may be more. No event: nobody is told that the log forgets.
async fn some_of(tx: &mut Tx, directory: &DirectoryId) -> Result<(u64, bool)> {
    let sql = "SELECT settings FROM directories WHERE id = $1";
    let row = db::one(tx, sql, [directory.as_str().into()]).await?;
    let days = match row {
        Some(row) => Settings::from_stored(&row.get::<String>(0)?)?.request_log_retention_days,
        None => 0,
    };
    let end = first_at(tx.now().plus_seconds(-days.max(0).saturating_mul(SECONDS_OF_A_DAY)));
    if people::forget_before(tx, directory, &end).await? {
        return Ok((0, true));
    }
    let rows = db::run(
        tx,
        "DELETE FROM directory_requests WHERE directory_id = $1 AND id IN (
            SELECT id FROM directory_requests WHERE directory_id = $1 AND id < $2 ORDER BY id LIMIT (0 + $3))",
        [directory.as_str().into(), end.as_str().into(), AT_ONCE.into()],
    )
    .await?;
    let (packed, more) = segments::forget(tx, directory, &end, SEGMENTS).await?;
    Ok((rows + packed, more || rows >= AT_ONCE.unsigned_abs()))
}
