//! Chaining what was recorded, shortly after it was committed.
//!
//! A cursor says up to which place of the stream everything is sealed. Places are given so that none is filled in
//! later, so nothing is passed over. One transaction takes the cursor's row, chains a batch and moves the cursor on: of
//! several replicas one works and the others find it done, and a process that dies leaves all of a batch or nothing.

use std::collections::BTreeMap;

use serde_json::json;

use super::digest::link;
use super::{HEAD, chain_of, reading};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::jwt;

/// How many events one transaction looks at: few enough that nobody on SQLite notices it.
const BATCH: i64 = 200;
/// How many seals one statement inserts.
const ROWS: usize = 40;

/// What became of a look at the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries were sealed.
    pub entries: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Seals a batch of what was published and is not sealed yet.
///
/// # Errors
/// Those of the database.
pub async fn seal(core: &AuthCore) -> Result<Sealed> {
    let ctx = Ctx::system("audit-sealer");
    core.publish_events().await?;
    if core.read(&ctx, async |rx| is_done(rx).await).await? {
        return Ok(Sealed::default());
    }
    // Records no event: a seal is about events.
    core.write(&ctx, async |tx| batch(tx).await).await
}

async fn is_done(db: &impl Scope) -> Result<bool> {
    let order = db::event_order(db.backend());
    let sql = format!("SELECT 1 FROM events WHERE {order} > (SELECT through FROM audit_sealer WHERE id = 1) LIMIT 1");
    Ok(db::one(db, sql, []).await?.is_none())
}

async fn batch(tx: &mut Tx) -> Result<Sealed> {
    let sql = format!("SELECT through FROM audit_sealer WHERE id = 1{}", tx.lock());
    let Some(row) = db::one(tx, sql, []).await? else { return Err(Error::internal("the sealer has no cursor")) };
    let through: i64 = row.get(0)?;
    let order = db::event_order(tx.backend());
    let sql = format!("SELECT {} FROM events e WHERE e.{order} > $1 ORDER BY e.{order} LIMIT (0 + $2)", columns(order));
    let rows = db::all(tx, sql, [through.into(), BATCH.into()]).await?;
    let Some(last) = rows.last() else { return Ok(Sealed::default()) };
    let last: i64 = last.get(0)?;
    let mut chains: BTreeMap<String, Vec<Pending>> = BTreeMap::new();
    let mut entries = 0;
    for row in &rows {
        if row.get::<bool>(11)? {
            let (chain, pending) = pending(row)?;
            chains.entry(chain).or_default().push(pending);
            entries += 1;
        }
    }
    for (chain, pending) in chains {
        extend(tx, &chain, pending).await?;
    }
    let sql = "UPDATE audit_sealer SET through = $2 WHERE id = 1 AND through = $1";
    if db::run(tx, sql, [through.into(), last.into()]).await? == 0 {
        return Err(Error::internal("another sealer was faster").lost_race());
    }
    Ok(Sealed { entries, more: i64::try_from(rows.len()).unwrap_or(BATCH) >= BATCH })
}

/// The columns of an event `e` that an entry is made of, beginning with its place in the stream.
pub(super) fn columns(order: &str) -> String {
    format!(
        "e.{order}, e.id, e.kind, e.organization_id, e.subject, e.payload, e.actor, e.request_id, e.created_at, e.ip,
         e.user_agent, e.audited"
    )
}

/// An entry that waits for its place in a chain.
struct Pending {
    sequence: i64,
    id: String,
    occurred_at: Timestamp,
    digest: String,
}

fn pending(row: &Row) -> Result<(String, Pending)> {
    let entry = reading::unsealed(row)?;
    let chain = chain_of(entry.organization_id.as_ref()).to_owned();
    let digest = entry.digest();
    Ok((chain, Pending { sequence: entry.sequence, id: entry.id, occurred_at: entry.timestamp, digest }))
}

/// Appends entries to a chain and signs its new head.
async fn extend(tx: &Tx, chain: &str, pending: Vec<Pending>) -> Result<()> {
    let sql = "SELECT position, hash FROM audit_chains WHERE owner_key = $1";
    let (begun, mut hash): (i64, String) = match db::one(tx, sql, [chain.into()]).await? {
        Some(row) => (row.get(0)?, row.get(1)?),
        None => (0, String::new()),
    };
    let mut position = begun;
    for rows in pending.chunks(ROWS) {
        let (mut sql, mut values) = (String::from(INSERT), Vec::with_capacity(rows.len() * COLUMNS));
        for (number, entry) in rows.iter().enumerate() {
            position += 1;
            hash = link(chain, position, &hash, &entry.digest, Some(entry.occurred_at));
            let first = number * COLUMNS;
            let places: Vec<String> = (first + 1..=first + COLUMNS).map(|place| format!("${place}")).collect();
            sql += if number == 0 { "(" } else { ", (" };
            sql += &places.join(", ");
            sql.push(')');
            values.extend::<[sea_orm::Value; COLUMNS]>([
                entry.sequence.into(),
                chain.into(),
                position.into(),
                entry.id.as_str().into(),
                entry.occurred_at.into(),
                entry.digest.as_str().into(),
                hash.as_str().into(),
                tx.now().into(),
                VERSION.into(),
            ]);
        }
        db::run(tx, sql, values).await?;
    }
    let claims = json!({
        "v": 1,
        "purpose": HEAD,
        "iss": tx.settings().public_url,
        "iat": tx.now().millis() / 1000,
        "organization_id": (!chain.is_empty()).then_some(chain),
        "position": position,
        "hash": hash,
    });
    let signature = jwt::sign(tx, &claims).await?;
    let sql = "INSERT INTO audit_chains (owner_key, position, hash, signature, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner_key) DO UPDATE SET position = excluded.position, hash = excluded.hash,
             signature = excluded.signature, updated_at = excluded.updated_at
         WHERE audit_chains.position = $6";
    let values = [chain.into(), position.into(), hash.into(), signature.into(), tx.now().into(), begun.into()];
    if db::run(tx, sql, values).await? == 0 {
        return Err(Error::internal("the chain has another head than a moment ago").lost_race());
    }
    Ok(())
}

const COLUMNS: usize = 9;
/// Which hash the seals have that are made now: see [`link`].
const VERSION: i64 = 2;
const INSERT: &str =
    "INSERT INTO audit_seals (sequence, owner_key, position, event_id, occurred_at, digest, hash, sealed_at,
         version) VALUES ";
