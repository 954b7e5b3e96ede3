//! What is left of a segment that cannot be read. Whoever is to be forgotten may be in the rest of it, so that it does not stay;
//! requests that can be read do.

use super::Logged;
use super::entry::Ready;
use super::packing::{Unpacker, unpacked};
use super::segments;
use crate::db;
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _};

/// What was set aside of a torn segment.
#[derive(Debug)]
pub(super) struct Torn {
    /// The ids of its first and its last request.
    pub(super) ids: (String, String),
    /// How many requests it had, and how many of them stay.
    pub(super) requests: (u64, u64),
}

/// Takes the segments with that last id out of the log and writes anew what can be read of them, after a change: up to where the
/// heads are torn, and of requests whose texts are, all but these.
///
/// # Errors
/// Those of the database.
pub(super) async fn set_aside(
    tx: &db::Tx,
    directory: &DirectoryId,
    last: &str,
    change: impl Fn(&mut Logged),
) -> Result<Vec<Torn>> {
    let sql = "DELETE FROM directory_request_segments WHERE directory_id = $1 AND last_id = $2
         RETURNING owner_key, heads, texts, first_id, requests";
    let mut aside = Vec::new();
    for row in db::all(tx, sql, [directory.as_str().into(), last.into()]).await? {
        let (heads, texts, first): (Vec<u8>, Vec<u8>, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let mut kept = Vec::new();
        for mut logged in readable(directory, (&first, last), &heads, texts) {
            change(&mut logged);
            kept.push(Ready::again(logged, row.get(0)?));
        }
        let requests = row.get::<i64>(4)?.unsigned_abs();
        aside.push(Torn { ids: (first, last.to_owned()), requests: (requests, kept.len() as u64) });
        for change in segments::insertions(&kept) {
            db::carry_out(tx, change).await?;
        }
    }
    Ok(aside)
}

/// The requests that can be read. What is behind a tear may look like a request and be none: its id tells.
fn readable(directory: &DirectoryId, (first, last): (&str, &str), heads: &[u8], texts: Vec<u8>) -> Vec<Logged> {
    let texts = unpacked(heads, texts).unwrap_or_default();
    let (Ok(mut heads), mut found) = (Unpacker::new(heads), Vec::<Logged>::new()) else { return Vec::new() };
    while let Ok(Some(head)) = heads.next() {
        let Ok(logged) = head.logged(directory, Some(&texts)).or_else(|_| {
            let mut bare = head.logged(directory, None)?;
            (bare.body.whole, bare.answer.whole) = (false, false);
            Ok::<_, crate::fault::Error>(bare)
        }) else {
            break;
        };
        let id = logged.id.as_str();
        if id < first || id > last || found.last().is_some_and(|before| id <= before.id.as_str()) {
            break;
        }
        found.push(logged);
    }
    found
}
