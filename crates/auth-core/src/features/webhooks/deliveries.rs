//! Deliveries as they are read, and sent once more.

use sea_orm::Value;
use serde_json::json;

use super::endpoints::authorize;
use super::fan_out::{self, Reader, Seen};
use super::{Delivery, Endpoint, State, WebhookFault, owner_key, store};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DeliveryId, Id, OrgId, WebhookId};
use crate::outbox::{self, Event, EventKind};

const COLUMNS: &str = "id, endpoint_id, event_id, event_type, event_position, subject, state, attempt, next_retry_at,
    response_status, response_body, error, duration, attempted_at, created_at";

fn read(row: &Row) -> Result<Delivery> {
    let (kind, state): (String, String) = (row.get(3)?, row.get(6)?);
    Ok(Delivery {
        id: row.get(0)?,
        endpoint_id: row.get(1)?,
        event_id: row.get(2)?,
        event_kind: EventKind::from_stored(&kind),
        event_sequence: row.get(4)?,
        subject: row.get(5)?,
        state: State::from_stored(&state),
        attempt: row.get(7)?,
        next_retry_at: row.get(8)?,
        response_status: row.get(9)?,
        response_body: row.get(10)?,
        error: row.get(11)?,
        duration: row.get(12)?,
        attempted_at: row.get(13)?,
        created_at: row.get(14)?,
    })
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those of this organization's endpoints; `None`, for the platform: of all.
    pub organization_id: Option<OrgId>,
    /// Those to this endpoint.
    pub endpoint_id: Option<WebhookId>,
    /// Those of this event.
    pub event_id: Option<String>,
    /// Those of events of this kind.
    pub event_kind: Option<EventKind>,
    /// Those that stand so, by the stored name.
    pub state: Option<&'static str>,
    /// Those that were taken, or those that were not (yet).
    pub succeeded: Option<bool>,
    /// Which part.
    pub part: db::Part,
}

/// What deliveries can be ordered and searched by.
pub const LISTED_DELIVERIES: db::Columns = db::Columns {
    orders: &[("created_at", "w.created_at")],
    unless_said: ("created_at", false),
    searched: &["w.event_id", "w.subject", "w.error", "w.id"],
    id: "w.id",
};

/// A page of deliveries, and how many there are in all.
///
/// # Errors
/// Those of the authorization.
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<db::Listed<Delivery>> {
    authorize(db, wanted.organization_id.as_ref()).await?;
    let mut list = db::List::new("webhook_deliveries w", "TRUE", []);
    list.and_if("w.owner_key = {}", wanted.organization_id.as_ref().map(|id| owner_key(Some(id))));
    list.and_if("w.endpoint_id = {}", wanted.endpoint_id.as_ref().map(Id::as_str));
    list.and_if("w.event_id = {}", wanted.event_id.as_deref());
    list.and_if("w.event_type = {}", wanted.event_kind.map(EventKind::as_str));
    list.and_if("w.state = {}", wanted.state);
    if let Some(succeeded) = wanted.succeeded {
        list.and(if succeeded { "w.state = {}" } else { "w.state <> {}" }, State::Succeeded.as_str());
    }
    list.part(db, COLUMNS, &LISTED_DELIVERIES, &wanted.part, read).await
}

/// Whose a delivery is; the instance's owner is `None`. Says nothing about who may see it.
///
/// # Errors
/// [`WebhookFault::DeliveryNotFound`].
pub async fn owner_of_delivery(db: &impl Scope, id: &DeliveryId) -> Result<Option<OrgId>> {
    let sql = "SELECT e.organization_id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.id = $1";
    let row = db::one(db, sql, [id.as_str().into()]).await?.ok_or(WebhookFault::DeliveryNotFound)?;
    Ok(row.get::<Option<String>>(0)?.map(OrgId::from_text))
}

/// One delivery.
///
/// # Errors
/// [`WebhookFault::DeliveryNotFound`], and those of the authorization.
pub async fn delivery(db: &impl Scope, owner: Option<&OrgId>, id: &DeliveryId) -> Result<Delivery> {
    authorize(db, owner).await?;
    let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE owner_key = $1 AND id = $2");
    let row = db::one(db, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    read(&row.ok_or(WebhookFault::DeliveryNotFound)?)
}

/// Sends the event of a delivery once more, as a new delivery with a schedule of its own.
///
/// # Errors
/// [`WebhookFault::DeliveryNotFound`], [`WebhookFault::Open`], [`WebhookFault::EventGone`], and those of the authorization.
pub async fn replay(tx: &mut Tx, owner: Option<&OrgId>, id: &DeliveryId) -> Result<Delivery> {
    let old = delivery(tx, owner, id).await?;
    // Whoever replays the same one at the same time waits, and finds the other's.
    store::lock(tx, owner, &old.endpoint_id).await?.ok_or(WebhookFault::NotFound)?;
    let sql = "SELECT COUNT(*) FROM webhook_deliveries WHERE endpoint_id = $1 AND event_id = $2 AND next_retry_at IS NOT NULL";
    let row = db::one(tx, sql, [old.endpoint_id.as_str().into(), old.event_id.as_str().into()]).await?;
    if row.map_or(Ok(0_i64), |row| row.get(0))? > 0 {
        return Err(WebhookFault::Open.into());
    }
    if outbox::find_all(tx, std::slice::from_ref(&old.event_id)).await?.is_empty() {
        return Err(WebhookFault::EventGone.into());
    }
    let new: DeliveryId = tx.new_id();
    let sql = "INSERT INTO webhook_deliveries (id, endpoint_id, owner_key, event_id, event_position, event_type, subject, state,
            next_retry_at, created_at)
         SELECT $1, endpoint_id, owner_key, event_id, event_position, event_type, subject, 'pending', $2, $2
         FROM webhook_deliveries WHERE owner_key = $3 AND id = $4";
    db::run(tx, sql, [new.as_str().into(), tx.now().into(), owner_key(owner).into(), id.as_str().into()]).await?;
    let payload = json!({
        "v": 1, "webhook_endpoint_id": old.endpoint_id.as_str(), "event_id": old.event_id, "delivery_id": new.as_str(),
    });
    tx.record(Event::new(EventKind::WebhookEndpointReplayed, &old.endpoint_id, payload).within(owner));
    delivery(tx, owner, &new).await
}

/// From where an endpoint is to read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// From the event of this sequence on.
    Sequence(i64),
    /// From the first event at or after this instant on.
    Time(Timestamp),
}

/// How many events one call sends once more at the most.
const REPLAYED: i64 = 1_000;

/// What a replay came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many events are sent once more.
    pub events: i64,
    /// From which sequence on there are more, if there are; to be asked for by another call.
    pub next: Option<i64>,
}

/// Sends what the endpoint wants since then once more: at most [`REPLAYED`] events, the oldest first. Deliveries of those
/// that are still to be tried are replaced by the new ones. What the endpoint has not looked at yet comes by itself.
///
/// # Errors
/// [`WebhookFault::NotFound`], and those of the authorization.
pub async fn replay_since(tx: &mut Tx, owner: Option<&OrgId>, id: &WebhookId, since: Since) -> Result<Replayed> {
    authorize(tx, owner).await?;
    let endpoint = store::lock(tx, owner, id).await?.ok_or(WebhookFault::NotFound)?;
    let place = before(tx, since).await?;
    let mut events = wanted_after(tx, &endpoint, place).await?;
    let most = usize::try_from(REPLAYED).unwrap_or(usize::MAX);
    let next = events.get(most).map(|event| event.position);
    events.truncate(most);
    if let Some(last) = events.last() {
        let values = || [owner_key(owner).into(), id.as_str().into(), place.into(), last.position.into()];
        let sql = "DELETE FROM webhook_deliveries WHERE owner_key = $1 AND endpoint_id = $2 AND event_position > $3
             AND event_position <= $4 AND next_retry_at IS NOT NULL AND attempt = 0";
        db::run(tx, sql, values()).await?;
        let sql = "UPDATE webhook_deliveries SET state = 'dead', next_retry_at = NULL, error = 'replaced by a replay'
             WHERE owner_key = $1 AND endpoint_id = $2 AND event_position > $3 AND event_position <= $4
               AND next_retry_at IS NOT NULL";
        db::run(tx, sql, values()).await?;
        let reader = Reader { id: id.clone(), organization: owner.cloned(), kinds: endpoint.kinds.clone() };
        let wanted: Vec<(&Reader, &Seen)> = events.iter().map(|event| (&reader, event)).collect();
        fan_out::insert_all(tx, &wanted).await?;
    }
    let events = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let payload = json!({"v": 1, "webhook_endpoint_id": id.as_str(), "after": place, "events": events});
    tx.record(Event::new(EventKind::WebhookEndpointReplayed, id, payload).within(owner));
    Ok(Replayed { events, next })
}

/// The place before the first event of the replay: the last one if there is none.
async fn before(tx: &Tx, since: Since) -> Result<i64> {
    let order = db::event_order(tx.backend());
    let (condition, value): (_, Value) = match since {
        Since::Sequence(sequence) => (format!("{order} >= $1"), sequence.into()),
        Since::Time(instant) => ("created_at >= $1".to_owned(), instant.into()),
    };
    let sql = format!(
        "SELECT COALESCE((SELECT MIN({order}) FROM events WHERE {condition}) - 1, (SELECT MAX({order}) FROM events), 0)"
    );
    db::one(tx, sql, [value]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Events behind a place that the endpoint wants and has looked at before, one more than are sent at once.
async fn wanted_after(tx: &Tx, endpoint: &Endpoint, place: i64) -> Result<Vec<Seen>> {
    let order = db::event_order(tx.backend());
    let kinds = endpoint.kinds.list();
    let chosen = if kinds.is_empty() { "$3 = '[]'".to_owned() } else { format!("kind {}", db::among(tx.backend(), 3)) };
    let sql = format!(
        "SELECT {order}, id, kind, organization_id, subject FROM events
         WHERE {order} > $1 AND {order} <= (SELECT last_position FROM webhook_endpoints WHERE id = $5)
           AND ($2 = '' OR organization_id = $2) AND {chosen} AND kind <> $4 ORDER BY {order} LIMIT (0 + $6)"
    );
    let values = [
        place.into(),
        endpoint.organization_id.as_ref().map_or("", |id| id.as_str()).into(),
        endpoint.kinds.stored().to_string().into(),
        EventKind::WebhookTest.as_str().into(),
        endpoint.id.as_str().into(),
        (REPLAYED + 1).into(),
    ];
    db::all(tx, sql, values).await?.iter().map(fan_out::seen).collect()
}
