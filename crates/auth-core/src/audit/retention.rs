//! Forgetting entries, if the operator wants that. Their seals stay.

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _};
use crate::fault::Result;
use crate::settings::Settings;

/// How many days events are kept at least, whatever the settings say: readers of the stream may count on it.
const LEAST_DAYS: i64 = 90;
/// How much longer entries are kept that some reader of the stream has not come to, in seconds.
const GRACE: i64 = 3 * 86_400;
/// How many entries one transaction forgets, and how many transactions there are in a round.
const BATCH: i64 = 500;
const ROUNDS: usize = 20;

/// For how many days an entry is kept; `None`: for ever. An entry is an event too, and is kept as long as those are.
pub(super) fn days(settings: &Settings) -> Option<i64> {
    let own = settings.audit.retention_days;
    (own > 0).then(|| own.max(settings.events.retention_days).max(LEAST_DAYS))
}

/// Forgets entries that are older than `[audit] retention_days` and sealed; none if that is 0. Entries beyond the place
/// `read`, up to which all who are told of events have been told, are kept three days longer. Events that are no
/// entries have a retention of their own. How many were forgotten.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore, read: i64) -> Result<u64> {
    let Some(days) = days(core.settings()) else { return Ok(0) };
    let (ctx, mut gone) = (Ctx::system("sweep"), 0);
    for _ in 0..ROUNDS {
        // Records no event: what is forgotten is not told of.
        let some = core
            .write(&ctx, async |tx| {
                let order = db::event_order(tx.backend());
                let before = tx.now().plus_seconds(-86_400 * days);
                let sql = format!(
                    "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events
                         WHERE audited = TRUE AND created_at < $1 AND ({order} <= $3 OR created_at < $4)
                           AND {order} <= (SELECT through FROM audit_sealer WHERE id = 1)
                           AND {order} < (SELECT MAX({order}) FROM events)
                         ORDER BY created_at LIMIT (0 + $2))"
                );
                let values = [before.into(), BATCH.into(), read.into(), before.plus_seconds(-GRACE).into()];
                db::run(tx, sql, values).await
            })
            .await?;
        gone += some;
        if some < u64::try_from(BATCH).unwrap_or_default() {
            break;
        }
    }
    Ok(gone)
}
