//! What is no longer kept: events that are old enough, and deliveries that are over.

use serde_json::Value as Json;

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::outbox;
use crate::users::erasure::Erasing;
use crate::users::{Eraser, User};

/// How much longer events are kept that an endpoint has not read, in seconds.
const GRACE: i64 = 3 * 86_400;
/// How many rows one transaction removes, and how many transactions there are in a round.
const BATCH: i64 = 1_000;
const ROUNDS: usize = 20;

/// Removes deliveries that are over, and events beyond their retention. An event that an enabled endpoint has not read
/// yet stays for three days more. How many rows that were.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let ctx = Ctx::system("sweep");
    let mut removed = 0;
    for _ in 0..ROUNDS {
        let batch = core
            .write(&ctx, async |tx| {
                // Records no event: what is forgotten is not told of.
                let sql = "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries
                     WHERE created_at < $1 AND next_retry_at IS NULL ORDER BY created_at, id LIMIT (0 + $2))";
                let over = tx.now().plus_seconds(-86_400 * tx.settings().events.deliveries_retention_days);
                let deliveries = db::run(tx, sql, [over.into(), BATCH.into()]).await?;
                let before = tx.now().plus_seconds(-86_400 * tx.settings().events.retention_days);
                let events =
                    outbox::forget(tx, before, read_by_all(tx).await?, before.plus_seconds(-GRACE), BATCH).await?;
                Ok::<_, crate::Error>(deliveries + events)
            })
            .await?;
        removed += batch;
        if batch < u64::try_from(BATCH).unwrap_or_default() {
            break;
        }
    }
    Ok(removed)
}

/// Forgets what receivers answered to events about somebody who was erased: they may have sent the event back.
#[derive(Debug, Default)]
pub struct WebhookEraser;

impl Eraser for WebhookEraser {
    fn erase<'a>(&'a self, _: &'a mut Tx, _: &'a User) -> Erasing<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn forget<'a>(&'a self, tx: &'a Tx, events: &'a [String]) -> Erasing<'a> {
        Box::pin(async move {
            let among = db::among(tx.backend(), 1);
            let sql =
                format!("UPDATE webhook_deliveries SET response_body = NULL, error = NULL WHERE event_id {among}");
            db::run(tx, sql, [Json::from(events).to_string().into()]).await.map(drop)
        })
    }
}

/// Up to which place of the stream all enabled endpoints have read: what is beyond it is not forgotten yet.
///
/// # Errors
/// Those of the database.
pub async fn read_by_all(db: &impl Scope) -> Result<i64> {
    let row = db::one(db, "SELECT MIN(last_position) FROM webhook_endpoints WHERE enabled = TRUE", []).await?;
    let least: Option<i64> = row.map_or(Ok(None), |row| row.get(0))?;
    Ok(least.unwrap_or(i64::MAX))
}
