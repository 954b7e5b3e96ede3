//! Chaining what was recorded, shortly after it was committed.
//!
//! A cursor says up to which place of the stream everything is sealed. Places are given so that none is filled in
//! later, so nothing is passed over. One transaction moves the cursor on from where it was and chains a batch: a process that
//! dies leaves all of a batch or nothing. To read and to digest a batch takes longest. On PostgreSQL the cursor's row is locked
//! meanwhile, so that of several replicas one works and the others find it done; on SQLite it is done before the transaction, in
//! which all who write would wait for it.

use std::collections::BTreeMap;

use serde_json::json;

use super::digest::link;
use super::{HEAD, chain_of, reading};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::jwt;

/// How many events a batch has: few enough that nobody on SQLite notices their transaction.
const BATCH: i64 = 200;

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
    // What is written records no event: a seal is about events.
    if core.db().backend().writes_by_turns() {
        let Some(batch) = core.read(&ctx, async |rx| batch(rx).await).await? else { return Ok(Sealed::default()) };
        return core.write(&ctx, async |tx| batch.seal(tx).await).await;
    }
    if core.read(&ctx, async |rx| is_done(rx).await).await? {
        return Ok(Sealed::default());
    }
    core.write(&ctx, async |tx| {
        db::one(tx, format!("SELECT through FROM audit_sealer WHERE id = 1{}", tx.lock()), []).await?;
        match batch(tx).await? {
            Some(batch) => batch.seal(tx).await,
            None => Ok(Sealed::default()),
        }
    })
    .await
}

/// The cursor.
const CURSOR: &str = "(SELECT through FROM audit_sealer WHERE id = 1)";

async fn is_done(db: &impl Scope) -> Result<bool> {
    let sql = format!("SELECT 1 FROM events WHERE {} > {CURSOR} LIMIT 1", db::event_order(db.backend()));
    Ok(db::one(db, sql, []).await?.is_none())
}

/// What comes next in the stream.
struct Batch {
    /// Up to where all is sealed, as it was read, and up to where it will be.
    from: i64,
    through: i64,
    /// How many events there are.
    events: usize,
    /// What is sealed of them, by chains.
    chains: BTreeMap<String, Vec<Pending>>,
}

async fn batch(db: &impl Scope) -> Result<Option<Batch>> {
    let order = db::event_order(db.backend());
    let columns = columns(order);
    let sql = format!(
        "SELECT {columns}, {CURSOR} FROM events e WHERE e.{order} > {CURSOR} ORDER BY e.{order} LIMIT (0 + $1)"
    );
    let rows = db::all(db, &sql, [BATCH.into()]).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let mut batch = Batch { from: last.get(12)?, through: last.get(0)?, events: rows.len(), chains: BTreeMap::new() };
    for row in &rows {
        if row.get::<bool>(11)? {
            let (chain, pending) = pending(row)?;
            batch.chains.entry(chain).or_default().push(pending);
        }
    }
    Ok(Some(batch))
}

impl Batch {
    async fn seal(&self, tx: &Tx) -> Result<Sealed> {
        // Another one may have been faster, and what is in hand is sealed: what comes then is read anew.
        let sql = "UPDATE audit_sealer SET through = $2 WHERE id = 1 AND through = $1";
        if db::run(tx, sql, [self.from.into(), self.through.into()]).await? == 0 {
            return Ok(Sealed { entries: 0, more: true });
        }
        for (chain, pending) in &self.chains {
            extend(tx, chain, pending).await?;
        }
        let entries = self.chains.values().map(Vec::len).sum::<usize>() as u64;
        Ok(Sealed { entries, more: i64::try_from(self.events).unwrap_or(BATCH) >= BATCH })
    }
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
async fn extend(tx: &Tx, chain: &str, pending: &[Pending]) -> Result<()> {
    let sql = "SELECT position, hash FROM audit_chains WHERE owner_key = $1";
    let (begun, mut hash): (i64, String) = match db::one(tx, sql, [chain.into()]).await? {
        Some(row) => (row.get(0)?, row.get(1)?),
        None => (0, String::new()),
    };
    let mut position = begun;
    let mut rows = Vec::with_capacity(pending.len());
    for entry in pending {
        position += 1;
        hash = link(chain, position, &hash, &entry.digest, Some(entry.occurred_at));
        rows.push([
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
    for change in Change::insertions(SEALS, rows) {
        db::later(tx, change);
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

/// Which hash the seals have that are made now: see [`link`].
const VERSION: i64 = 2;
const SEALS: &str =
    "audit_seals (sequence, owner_key, position, event_id, occurred_at, digest, hash, sealed_at, version)";
