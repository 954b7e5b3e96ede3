//! Cursors: a place in a list as text that a client hands back (RFC 9865). Sealed with the instance's
//! secret, so that nobody reads or makes one, and good only for the list that it was made for.

use aws_lc_rs::digest;
use serde_json::{Value as Json, json};

use super::{Page, Position};
use crate::AuthCore;
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::{Filter, ResourceType, Sort};

/// For what the key that seals is derived.
const PURPOSE: &str = "scim-cursor";
/// How cursors are written; raised when that changes.
const VERSION: u8 = 1;
/// How long a cursor is good, in seconds. Announced.
pub const CURSOR_LIFETIME: i64 = 3600;
/// How much of the hash of a list is kept: nobody makes another list of the same hash under our seal.
const HASH: usize = 16;
/// The bytes before the position: version, expiry, count, hash.
const HEAD: usize = 1 + 8 + 8 + HASH;

/// The list that a cursor belongs to.
#[derive(Clone, Copy, Debug)]
pub struct CursorFacts<'a> {
    /// The directory.
    pub directory: &'a DirectoryId,
    /// The resource type that is listed.
    pub kind: &'a ResourceType,
    /// What must hold.
    pub filter: Option<&'a Filter>,
    /// The order.
    pub sort: Option<&'a Sort>,
    /// How many resources a page has, as it was asked for; `None` if it was not.
    pub count: Option<u64>,
}

impl CursorFacts<'_> {
    fn hash(&self) -> [u8; HASH] {
        let list = json!([
            self.directory.as_str(),
            self.kind.name,
            self.filter.map(ToString::to_string),
            self.sort.map(|sort| (sort.path.to_string(), sort.descending)),
        ]);
        let whole = digest::digest(&digest::SHA256, list.to_string().as_bytes());
        let mut hash = [0; HASH];
        hash.copy_from_slice(&whole.as_ref()[..HASH]);
        hash
    }
}

/// The cursor of the page that follows; `None` after the last one.
///
/// # Errors
/// Internal only.
pub fn next_cursor<T>(core: &AuthCore, facts: &CursorFacts<'_>, page: &Page<T>) -> Result<Option<String>> {
    page.next.as_ref().map(|position| seal_cursor(core, facts, position)).transpose()
}

/// Writes a place in a list as a cursor.
///
/// # Errors
/// Internal only.
pub fn seal_cursor(core: &AuthCore, facts: &CursorFacts<'_>, position: &Position) -> Result<String> {
    let expires = core.clock().now().plus_seconds(CURSOR_LIFETIME).millis();
    let mut plain = vec![VERSION];
    plain.extend(expires.to_be_bytes());
    plain.extend(facts.count.unwrap_or(u64::MAX).to_be_bytes());
    plain.extend(facts.hash());
    plain.extend(serde_json::to_vec(&json!([position.id, position.key]))?);
    core.settings().secret.seal(PURPOSE, &plain)
}

/// Reads a cursor. The empty one is the beginning.
///
/// # Errors
/// [`DirectoryFault::InvalidCursor`] if it is not ours, or of another list; [`DirectoryFault::ExpiredCursor`];
/// [`DirectoryFault::InvalidCount`] if the pages were of another size so far.
pub fn open_cursor(core: &AuthCore, text: &str, facts: &CursorFacts<'_>) -> Result<Option<Position>> {
    if text.is_empty() {
        return Ok(None);
    }
    let plain = core.settings().secret.open(PURPOSE, text).map_err(|_| DirectoryFault::InvalidCursor)?;
    let (head, position) = plain.split_at_checked(HEAD).ok_or(DirectoryFault::InvalidCursor)?;
    if head[0] != VERSION || head[17..] != facts.hash() {
        return Err(DirectoryFault::InvalidCursor.into());
    }
    let number = |at: usize| head[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    if number(1).cast_signed() < core.clock().now().millis() {
        return Err(DirectoryFault::ExpiredCursor.into());
    }
    // Who does not say how many wants them as before, or does not mind.
    if facts.count.is_some_and(|count| count != number(9)) {
        return Err(DirectoryFault::InvalidCount.into());
    }
    let (id, key): (String, Json) = serde_json::from_slice(position).map_err(|_| DirectoryFault::InvalidCursor)?;
    Ok(Some(Position { id, key }))
}
