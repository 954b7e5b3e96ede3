//! Taking endpoints, and what is due of them.
//!
//! Whoever takes an endpoint has it for a while (a lease in its row), so that no two replicas send to it at once. If
//! they die, somebody else takes it when the lease has ended, and what was sent but not written down is sent again.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::schedule::TOLERATED;
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{DeliveryId, Id as _, OrgId, WebhookId};
use crate::outbox::{self, Published};

/// How long an endpoint is left to whoever took it, in seconds.
const LEASE: i64 = 60;
/// How many deliveries are taken of an endpoint at once.
const BATCH: i64 = 64;

/// An endpoint that was taken.
pub(super) struct Taken {
    pub id: WebhookId,
    pub organization: Option<OrgId>,
    pub url: String,
    /// Until when, which is also how the lease is known again.
    pub until: Timestamp,
    /// Whether its last attempts failed, [`TOLERATED`] and more in a row.
    pub failing: bool,
    /// The secrets by which it is signed for, sealed.
    pub sealed: Vec<String>,
}

/// A delivery that is due, in the order of its subject.
pub(super) struct Due {
    pub id: DeliveryId,
    pub before: i64,
    pub created_at: Timestamp,
    pub subject: String,
    /// `None`: it is no longer kept.
    pub event: Option<Published>,
}

/// Takes endpoints for the places that are free: so many of all, and so many of those that are failing. One that failed
/// once or twice is not: what is alive would wait for what is dead.
pub(super) async fn take_all(core: &AuthCore, places: usize, failing: usize) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    if places > 0 {
        taken = take(core, places, false).await?;
    }
    let left = places.saturating_sub(taken.len()).min(failing);
    if left > 0 {
        taken.extend(take(core, left, true).await?);
    }
    Ok(taken)
}

/// Takes endpoints with something due, those first that were served longest ago: either those that are failing or the
/// others.
async fn take(core: &AuthCore, most: usize, failing: bool) -> Result<Vec<Taken>> {
    let compare = if failing { ">=" } else { "<" };
    let sql = format!(
        "SELECT e.id FROM webhook_endpoints e
         WHERE e.enabled = TRUE AND e.leased_until <= $1 AND e.rests_until <= $1 AND e.failures {compare} {TOLERATED}
           AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.next_retry_at <= $1)
         ORDER BY e.leased_until, e.id LIMIT (0 + $2)"
    );
    let ctx = Ctx::system("webhooks");
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Who only looks does not wait for those who write.
    let rows = core.read(&ctx, async |rx| db::all(rx, sql.clone(), [rx.now().into(), most.into()]).await).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    // Records no event: that an endpoint is being served is nobody's news.
    core.write(&ctx, async |tx| lease(tx, &ids).await).await
}

/// Takes those of the endpoints that nobody else has taken meanwhile.
async fn lease(tx: &Tx, ids: &[String]) -> Result<Vec<Taken>> {
    let until = tx.now().plus_seconds(LEASE);
    // Locked in the order of their ids, as everywhere. Whoever waited for another's lock looks at the conditions again.
    let sql = format!(
        "SELECT id, organization_id, url, failures, sealed_secret, previous_sealed_secret, rotation_window_expires_at
         FROM webhook_endpoints WHERE enabled = TRUE AND leased_until <= $1 AND id {} ORDER BY id{}",
        db::among(tx.backend(), 2),
        tx.lock_for_change()
    );
    let rows = db::all(tx, sql, [tx.now().into(), Json::from(ids).to_string().into()]).await?;
    let taken: Vec<Taken> = rows
        .iter()
        .map(|row| {
            let mut sealed = vec![row.get::<String>(4)?];
            let window: Option<Timestamp> = row.get(6)?;
            sealed.extend(row.get::<Option<String>>(5)?.filter(|_| window.is_some_and(|until| until > tx.now())));
            Ok(Taken {
                id: row.get(0)?,
                organization: row.get::<Option<String>>(1)?.map(OrgId::from_text),
                url: row.get(2)?,
                until,
                failing: row.get::<i64>(3)? >= TOLERATED,
                sealed,
            })
        })
        .collect::<Result<_>>()?;
    let ids: Vec<&str> = taken.iter().map(|taken| taken.id.as_str()).collect();
    let sql = format!("UPDATE webhook_endpoints SET leased_until = $1 WHERE id {}", db::among(tx.backend(), 2));
    db::run(tx, sql, [until.into(), Json::from(ids).to_string().into()]).await?;
    Ok(taken)
}

/// What is due of an endpoint, in the order of the stream. What waits for an earlier event of its subject waits as
/// long as that does.
pub(super) async fn due(tx: &Tx, endpoint: &Taken) -> Result<Vec<Due>> {
    let earlier = "FROM webhook_deliveries b WHERE b.endpoint_id = webhook_deliveries.endpoint_id
         AND b.subject = webhook_deliveries.subject AND b.event_position < webhook_deliveries.event_position
         AND b.next_retry_at > $2";
    let sql = format!(
        "UPDATE webhook_deliveries SET next_retry_at = (SELECT MAX(b.next_retry_at) {earlier})
         WHERE endpoint_id = $1 AND next_retry_at <= $2 AND EXISTS (SELECT 1 {earlier})"
    );
    let present = || [endpoint.id.as_str().into(), tx.now().into()];
    db::run(tx, sql, present()).await?;
    let sql = "SELECT id, attempt, created_at, subject, event_id FROM webhook_deliveries
         WHERE endpoint_id = $1 AND next_retry_at <= $2 ORDER BY event_position, id LIMIT (0 + $3)";
    let rows = db::all(tx, sql, present().into_iter().chain([BATCH.into()])).await?;
    let ids: Vec<String> = rows.iter().map(|row| row.get(4)).collect::<Result<_>>()?;
    let found = outbox::find_all(tx, &ids).await?;
    let mut events: HashMap<String, Published> = found.into_iter().map(|event| (event.id.clone(), event)).collect();
    rows.iter()
        .zip(&ids)
        .map(|(row, event)| {
            Ok(Due {
                id: row.get(0)?,
                before: row.get(1)?,
                created_at: row.get(2)?,
                subject: row.get(3)?,
                event: events.remove(event),
            })
        })
        .collect()
}
