//! From the event stream to deliveries: each endpoint reads on from its place and gets a delivery for what it wants.
//!
//! An endpoint's place and its deliveries change in one transaction, under a lock of its row. So each event is looked
//! at once for each endpoint, whichever replica does it and wherever one dies.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Kinds, owner_key};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DeliveryId, Id as _, OrgId, WebhookId};
use crate::outbox::EventKind;

/// How many events are looked at in one transaction at most, and how many deliveries it may make about.
const WINDOW: i64 = 1_000;
const DELIVERIES: i64 = 4_000;
/// How many rows one statement inserts.
const ROWS: usize = 90;

/// What an endpoint wants.
pub(super) struct Reader {
    pub id: WebhookId,
    pub organization: Option<OrgId>,
    pub kinds: Kinds,
}

/// What decides whether an event is wanted.
pub(super) struct Seen {
    pub position: i64,
    id: String,
    kind: String,
    organization: Option<String>,
    subject: String,
}

impl Reader {
    fn wants(&self, event: &Seen) -> bool {
        if event.kind == EventKind::WebhookTest.as_str() {
            return event.subject == self.id.as_str();
        }
        let ours = self.organization.as_ref().is_none_or(|own| event.organization.as_deref() == Some(own.as_str()));
        ours && self.kinds.want(&event.kind)
    }
}

/// Makes the deliveries of published events. How many were made; 0 if every endpoint has read everything.
///
/// Those in front and those furthest behind go on in turn: an endpoint that reads the past anew delays nobody, and
/// nobody delays it.
///
/// # Errors
/// Those of the database.
pub async fn fan_out(core: &AuthCore) -> Result<u64> {
    let ctx = Ctx::system("webhooks");
    let mut made = 0;
    loop {
        let places = core.read(&ctx, async |rx| behind(rx).await).await?;
        if places.is_empty() {
            return Ok(made);
        }
        for place in places {
            // Records no event: a delivery is a view on events.
            made += core.write(&ctx, async |tx| read_on(tx, place).await).await?;
        }
    }
}

/// The foremost and the last place at which enabled endpoints stand that have not read everything.
async fn behind(db: &impl Scope) -> Result<BTreeSet<i64>> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT MAX(last_position), MIN(last_position) FROM webhook_endpoints
         WHERE enabled = TRUE AND last_position < (SELECT COALESCE(MAX({order}), 0) FROM events)"
    );
    let Some(row) = db::one(db, sql, []).await? else { return Ok(BTreeSet::new()) };
    let (first, last): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
    Ok(first.into_iter().chain(last).collect())
}

/// Lets the endpoints at a place read on. How many deliveries that made.
async fn read_on(tx: &Tx, place: i64) -> Result<u64> {
    let readers = readers(tx, place).await?;
    let many = i64::try_from(readers.len()).unwrap_or(i64::MAX).max(1);
    let seen = look(tx, place, (DELIVERIES / many).clamp(10, WINDOW)).await?;
    let (Some(last), false) = (seen.last(), readers.is_empty()) else { return Ok(0) };
    let mut wanted: Vec<(&Reader, &Seen)> = Vec::new();
    for event in &seen {
        wanted.extend(readers.iter().filter(|reader| reader.wants(event)).map(|reader| (reader, event)));
    }
    insert_all(tx, &wanted).await?;
    let ids: serde_json::Value = readers.iter().map(|reader| reader.id.as_str()).collect::<Vec<_>>().into();
    // Those that were locked: another may have come to the same place since.
    let sql = format!("UPDATE webhook_endpoints SET last_position = $1 WHERE id {}", db::among(tx.backend(), 2));
    db::run(tx, sql, [last.position.into(), ids.to_string().into()]).await?;
    Ok(u64::try_from(wanted.len()).unwrap_or_default())
}

/// Locks the enabled endpoints at a place. Whoever waits for another's lock finds them further on afterwards.
async fn readers(tx: &Tx, place: i64) -> Result<Vec<Reader>> {
    let sql = format!(
        "SELECT id, organization_id, enabled_event_types FROM webhook_endpoints
         WHERE enabled = TRUE AND last_position = $1 ORDER BY id{}",
        tx.lock_for_change()
    );
    let rows = db::all(tx, sql, [place.into()]).await?;
    rows.iter()
        .map(|row| {
            let kinds: String = row.get(2)?;
            Ok(Reader {
                id: row.get(0)?,
                organization: row.get::<Option<String>>(1)?.map(OrgId::from_text),
                kinds: Kinds::from_stored(&serde_json::from_str(&kinds)?),
            })
        })
        .collect()
}

async fn look(tx: &Tx, place: i64, most: i64) -> Result<Vec<Seen>> {
    let order = db::event_order(tx.backend());
    let sql = format!(
        "SELECT {order}, id, kind, organization_id, subject FROM events
         WHERE {order} > $1 ORDER BY {order} LIMIT (0 + $2)"
    );
    let rows = db::all(tx, sql, [place.into(), most.into()]).await?;
    rows.iter().map(seen).collect()
}

/// Reads position, id, kind, organization and subject.
pub(super) fn seen(row: &Row) -> Result<Seen> {
    Ok(Seen {
        position: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        organization: row.get(3)?,
        subject: row.get(4)?,
    })
}

/// Makes deliveries.
pub(super) async fn insert_all(tx: &Tx, wanted: &[(&Reader, &Seen)]) -> Result<()> {
    for some in wanted.chunks(ROWS) {
        insert(tx, some).await?;
    }
    Ok(())
}

async fn insert(tx: &Tx, wanted: &[(&Reader, &Seen)]) -> Result<()> {
    const COLUMNS: usize = 8;
    let mut sql = String::from(
        "INSERT INTO webhook_deliveries (id, endpoint_id, owner_key, event_id, event_position, event_type, subject,
            next_retry_at, created_at, state) VALUES ",
    );
    let mut values: Vec<sea_orm::Value> = Vec::with_capacity(wanted.len() * COLUMNS);
    for (row, (reader, event)) in wanted.iter().enumerate() {
        let places: Vec<String> = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
        let comma = if row == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}({}, ${}, 'pending')", places.join(", "), (row + 1) * COLUMNS);
        let id: DeliveryId = tx.new_id();
        values.extend::<[sea_orm::Value; COLUMNS]>([
            id.as_str().into(),
            reader.id.as_str().into(),
            owner_key(reader.organization.as_ref()).into(),
            event.id.as_str().into(),
            event.position.into(),
            event.kind.as_str().into(),
            event.subject.as_str().into(),
            tx.now().into(),
        ]);
    }
    db::run(tx, sql, values).await?;
    Ok(())
}
