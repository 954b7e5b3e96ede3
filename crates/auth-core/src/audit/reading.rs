//! The entries, with filters, a page at a time; and a chain from one end to the other, for an export.

use sea_orm::Value;
use serde_json::Value as Json;

use super::digest::parts;
use super::sealer::columns;
use super::{Record, chain_of};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId};
use crate::outbox::EventKind;

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id of the event.
    pub id: String,
    /// Its place in the stream.
    pub sequence: i64,
    /// The stored name of its kind.
    pub kind: String,
    /// In which organization.
    pub organization_id: Option<OrgId>,
    /// The id of what it is about.
    pub target: String,
    /// What it was like before, or null: in the words in which it was recorded.
    pub before: Json,
    /// What it became, or null.
    pub after: Json,
    /// Whatever else the event says.
    pub details: Json,
    /// Who did it, as [`Actor::label`](crate::Actor::label) says it.
    pub actor: String,
    /// By which request.
    pub request_id: String,
    /// When.
    pub timestamp: Timestamp,
    /// From which address, if it came by a request.
    pub ip: Option<String>,
    /// By which program, if it said so.
    pub user_agent: Option<String>,
    /// Its seal, which it gets shortly after.
    pub seal: Option<Seal>,
}

impl Entry {
    /// The entry as it is hashed.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record {
            id: &self.id,
            kind: &self.kind,
            organization_id: self.organization_id.as_ref().map(OrgId::as_str),
            target: &self.target,
            actor: &self.actor,
            request_id: &self.request_id,
            timestamp: self.timestamp,
            before: &self.before,
            after: &self.after,
            details: &self.details,
            ip: self.ip.as_deref(),
            user_agent: self.user_agent.as_deref(),
        }
    }

    /// The digest that its seal should have.
    #[must_use]
    pub fn digest(&self) -> String {
        self.record().digest()
    }
}

/// The place of an entry in its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Counted from 1.
    pub position: i64,
    /// The digest of the entry.
    pub digest: String,
    /// The hash over it and everything before.
    pub hash: String,
    /// The instant of the entry, which the hash covers; `None` for seals of the first version, whose hash does not.
    pub occurred_at: Option<Timestamp>,
}

/// The end of a chain.
#[derive(Clone, Debug)]
pub struct Head {
    /// Whose chain: an organization's, or that of entries in none.
    pub organization_id: Option<OrgId>,
    /// The position of its last entry.
    pub position: i64,
    /// The hash over all of it.
    pub hash: String,
    /// A JWS that says so.
    pub signature: String,
}

/// Which entries to read. Whatever is `None` is no condition.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those in this organization.
    pub organization_id: Option<OrgId>,
    /// Those by this actor: a label, or the id in it.
    pub actor: Option<String>,
    /// Those of this kind.
    pub kind: Option<EventKind>,
    /// Those about this.
    pub target: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Oldest first.
    pub ascending: bool,
    /// Those beyond this place of the stream, in that order.
    pub cursor: Option<i64>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

impl Wanted {
    /// Its conditions on the events `e`, and their parameters.
    fn conditions(&self) -> (String, Vec<Value>) {
        let (mut sql, mut values) = (String::from("e.audited = TRUE"), Vec::<Value>::new());
        let mut also = |condition: &str, value: Value| {
            values.push(value);
            sql += " AND ";
            sql += &condition.replace('$', &format!("${}", values.len()));
        };
        if let Some(id) = &self.organization_id {
            also("e.organization_id = $", id.as_str().into());
        }
        if let Some(actor) = &self.actor {
            also(
                "(e.actor = $ OR e.actor IN ('user:' || $, 'key:' || $, 'directory:' || $, 'setup:' || $))",
                actor.as_str().into(),
            );
        }
        if let Some(kind) = self.kind {
            also("e.kind = $", kind.as_str().into());
        }
        if let Some(target) = &self.target {
            also("e.subject = $", target.as_str().into());
        }
        if let Some(since) = self.since {
            also("e.created_at >= $", since.into());
        }
        if let Some(until) = self.until {
            also("e.created_at < $", until.into());
        }
        (sql, values)
    }

    /// Whether an entry is among those that are wanted, wherever it stands.
    fn admits(&self, entry: &Entry) -> bool {
        let by =
            |actor: &String| entry.actor == *actor || entry.actor.split_once(':').is_some_and(|(_, id)| id == actor);
        self.actor.as_ref().is_none_or(by)
            && self.kind.is_none_or(|kind| entry.kind == kind.as_str())
            && self.target.as_ref().is_none_or(|target| entry.target == *target)
            && self.since.is_none_or(|since| entry.timestamp >= since)
            && self.until.is_none_or(|until| entry.timestamp < until)
    }
}

const SEAL: &str = "s.position, s.digest, s.hash, CASE WHEN s.version >= 2 THEN s.occurred_at END";

fn read(row: &Row) -> Result<Entry> {
    let seal = match row.get::<Option<i64>>(12)? {
        Some(position) => {
            let occurred_at = row.get::<Option<i64>>(15)?.map(Timestamp);
            Some(Seal { position, digest: row.get(13)?, hash: row.get(14)?, occurred_at })
        }
        None => None,
    };
    Ok(Entry { seal, ..unsealed(row)? })
}

/// The entry of a row that begins with the [`columns`] of its event.
pub(super) fn unsealed(row: &Row) -> Result<Entry> {
    let (before, after, details) = parts(serde_json::from_str(&row.get::<String>(5)?)?);
    Ok(Entry {
        sequence: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        organization_id: row.get::<Option<String>>(3)?.map(OrgId::from_text),
        target: row.get(4)?,
        before,
        after,
        details,
        actor: row.get(6)?,
        request_id: row.get(7)?,
        timestamp: row.get(8)?,
        ip: row.get(9)?,
        user_agent: row.get(10)?,
        seal: None,
    })
}

/// A page of entries, newest first unless they are wanted otherwise.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<Vec<Entry>> {
    let order = db::event_order(db.backend());
    let (conditions, mut values) = wanted.conditions();
    let (way, beyond) = if wanted.ascending { ("ASC", ">") } else { ("DESC", "<") };
    let start = if wanted.ascending { 0 } else { i64::MAX };
    values.push(wanted.cursor.unwrap_or(start).into());
    let sql = format!(
        "SELECT {}, {SEAL} FROM events e LEFT JOIN audit_seals s ON s.sequence = e.{order} AND s.event_id = e.id
         WHERE {conditions} AND e.{order} {beyond} ${}
         ORDER BY e.{order} {way} LIMIT (0 + ${}) OFFSET (0 + ${})",
        columns(order),
        values.len(),
        values.len() + 1,
        values.len() + 2,
    );
    values.push(i64::try_from(wanted.limit).unwrap_or(i64::MAX).into());
    values.push(i64::try_from(wanted.offset).unwrap_or(i64::MAX).into());
    db::all(db, sql, values).await?.iter().map(read).collect()
}

/// How many entries match, whatever the limit, offset and cursor.
///
/// # Errors
/// Those of the database.
pub async fn count(db: &impl Scope, wanted: &Wanted) -> Result<i64> {
    let order = db::event_order(db.backend());
    let (conditions, values) = wanted.conditions();
    let sql = format!("SELECT COUNT(*) FROM events e WHERE e.{order} IS NOT NULL AND {conditions}");
    db::one(db, sql, values).await?.map_or(Ok(0), |row| row.get(0))
}

/// The heads of the chains: of one organization, or of all, by name after a name.
///
/// # Errors
/// Those of the database.
pub async fn heads(
    db: &impl Scope,
    organization: Option<&OrgId>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Head>> {
    let sql = "SELECT owner_key, position, hash, signature FROM audit_chains
         WHERE ($1 = '' OR owner_key = $1) AND ($2 = FALSE OR owner_key > $3) ORDER BY owner_key LIMIT (0 + $4)";
    let values =
        [chain_of(organization).into(), after.is_some().into(), after.unwrap_or_default().into(), limit.into()];
    let rows = db::all(db, sql, values).await?;
    rows.iter()
        .map(|row| {
            let chain: String = row.get(0)?;
            Ok(Head {
                organization_id: (!chain.is_empty()).then(|| OrgId::from_text(chain)),
                position: row.get(1)?,
                hash: row.get(2)?,
                signature: row.get(3)?,
            })
        })
        .collect()
}

/// A place of a chain as it is exported.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The seal.
    pub seal: Seal,
    /// The id of the event that it is over.
    pub event_id: String,
    /// The place of that event in the stream.
    pub sequence: i64,
    /// When that event happened.
    pub occurred_at: Timestamp,
    /// The entry; `None` if it is not wanted, or not kept any more.
    pub entry: Option<Entry>,
}

/// The places of a chain after a position and up to its head, and the entries that are wanted among them: at most so
/// many, ascending.
///
/// # Errors
/// Those of the database.
pub async fn export(db: &impl Scope, head: &Head, after: i64, wanted: &Wanted, limit: i64) -> Result<Vec<Exported>> {
    let order = db::event_order(db.backend());
    let sql = format!(
        "SELECT {}, {SEAL}, s.event_id, s.sequence, s.occurred_at FROM audit_seals s LEFT JOIN events e ON e.id = s.event_id
         WHERE s.owner_key = $1 AND s.position > $2 AND s.position <= $3 ORDER BY s.position LIMIT (0 + $4)",
        columns(order)
    );
    let chain = chain_of(head.organization_id.as_ref());
    let rows = db::all(db, sql, [chain.into(), after.into(), head.position.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            let covered = row.get::<Option<i64>>(15)?.map(Timestamp);
            let seal = Seal { position: row.get(12)?, digest: row.get(13)?, hash: row.get(14)?, occurred_at: covered };
            let kept = row.get::<Option<String>>(1)?.is_some();
            let entry = if kept { Some(read(row)?) } else { None };
            Ok(Exported {
                seal,
                event_id: row.get(16)?,
                sequence: row.get(17)?,
                occurred_at: row.get(18)?,
                entry: entry.filter(|entry| wanted.admits(entry)),
            })
        })
        .collect()
}
