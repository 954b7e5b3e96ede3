//! Forgetting entries, if the operator wants that. Their seals stay.

use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _};
use crate::fault::Result;

/// How many entries one transaction forgets, and how many transactions there are in a round.
const BATCH: i64 = 500;
const ROUNDS: usize = 20;

/// Forgets entries that are older than `[audit] retention_days` and sealed; none if that is 0. Events that are no
/// entries have a retention of their own. How many were forgotten.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let days = core.settings().audit.retention_days;
    if days == 0 {
        return Ok(0);
    }
    let (ctx, mut gone) = (Ctx::system("sweep"), 0);
    for _ in 0..ROUNDS {
        // Records no event: what is forgotten is not told of.
        let some = core
            .write(&ctx, async |tx| {
                let order = db::event_order(tx.backend());
                let sql = format!(
                    "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events
                         WHERE audited = TRUE AND created_at < $1 AND {order} <= (SELECT through FROM audit_sealer WHERE id = 1)
                           AND {order} < (SELECT MAX({order}) FROM events)
                         ORDER BY created_at LIMIT (0 + $2))"
                );
                db::run(tx, sql, [tx.now().plus_seconds(-86_400 * days).into(), BATCH.into()]).await
            })
            .await?;
        gone += some;
        if some < u64::try_from(BATCH).unwrap_or_default() {
            break;
        }
    }
    Ok(gone)
}
