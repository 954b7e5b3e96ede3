//! To whom something happened by a request that is about something else: who came to a group or left it by a push of the
//! group, whom a bulk request changed. A row of ids for each of them, written with the request, so that a person's timeline
//! finds it by an index. There are no more of a request than [`Notes`](crate::notes::Notes) keeps.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Logged;
use super::entry::Ready;
use super::packing::Unpacker;
use crate::db::{self, Change, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::connections::owner_key;
use crate::ids::{DirectoryId, Id, OrgId, RequestLogId};

/// How many rows are deleted in one transaction.
const AT_ONCE: i64 = 5000;
/// How many segments may end between a request's beginning and the end of its own.
const NEXT: i64 = 1000;

/// The changes that write the rows of some requests.
pub(super) fn insertions(ready: &[Ready]) -> Vec<Change> {
    let mut rows = Vec::new();
    for Ready { id, entry, .. } in ready {
        // Whom it is about is known by that.
        let others = entry.people.iter().map(String::as_str).filter(|one| entry.target.as_deref() != Some(one));
        let people: BTreeSet<&str> = others.collect();
        rows.extend(people.into_iter().map(|person| {
            [
                entry.directory_id.as_str().into(),
                person.into(),
                id.as_str().into(),
                entry.owner_key.as_str().into(),
                entry.at.into(),
            ]
        }));
    }
    Change::insertions(
        "directory_request_people (directory_id, directory_user_id, request_id, owner_key, created_at)",
        rows,
    )
}

/// Some requests that are in segments, in no order and without the texts of their bodies and answers; others are left out.
/// Nothing is hidden in them.
///
/// # Errors
/// Those of the database.
pub(in crate::features::directory) async fn packed(
    db: &impl Scope,
    directory: &DirectoryId,
    owner: Option<&OrgId>,
    ids: &[RequestLogId],
) -> Result<Vec<Logged>> {
    let mut wanted: BTreeSet<&str> = ids.iter().map(Id::as_str).collect();
    let mut found = Vec::new();
    while let Some(id) = wanted.first().copied() {
        // A segment ends soon after each of its requests began: that of the request is among the next ones that end.
        let sql = "SELECT heads FROM directory_request_segments
             WHERE directory_id = $1 AND owner_key = $2 AND first_id <= $3 AND last_id IN (
                 SELECT last_id FROM directory_request_segments WHERE directory_id = $1 AND last_id >= $3
                 ORDER BY last_id LIMIT (0 + $4))";
        let values = [directory.as_str().into(), owner_key(owner).into(), id.into(), NEXT.into()];
        for row in db::all(db, sql, values).await? {
            let heads: Vec<u8> = row.get(0)?;
            let mut heads = Unpacker::new(&heads)?;
            // Its neighbors lie beside it more often than not.
            while let Some(head) = heads.next()? {
                if wanted.remove(head.id()) {
                    found.push(head.logged(directory, None)?);
                }
            }
        }
        wanted.remove(id);
    }
    Ok(found)
}

/// Deletes rows of requests before an id, some at a time; whether there may be more. They go before the requests.
///
/// # Errors
/// Those of the database.
pub(super) async fn forget_before(tx: &Tx, directory: &DirectoryId, end: &str) -> Result<bool> {
    let sql = "DELETE FROM directory_request_people WHERE directory_id = $1 AND (directory_user_id, request_id) IN (
            SELECT directory_user_id, request_id FROM directory_request_people
            WHERE directory_id = $1 AND request_id < $2 ORDER BY request_id LIMIT (0 + $3))";
    let gone = db::run(tx, sql, [directory.as_str().into(), end.into(), AT_ONCE.into()]).await?;
    Ok(gone >= AT_ONCE.unsigned_abs())
}

/// Deletes the rows of these resources: whose they were was erased.
///
/// # Errors
/// Those of the database.
pub(super) async fn forget(tx: &Tx, directory: &DirectoryId, resources: &BTreeSet<String>) -> Result<()> {
    let sql = format!(
        "DELETE FROM directory_request_people WHERE directory_id = $1 AND directory_user_id {}",
        db::among(tx.backend(), 2)
    );
    let resources: Json = resources.iter().map(String::as_str).collect();
    db::run(tx, sql, [directory.as_str().into(), resources.to_string().into()]).await.map(drop)
}
