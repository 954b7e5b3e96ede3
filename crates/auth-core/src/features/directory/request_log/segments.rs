//! Segments: many requests in one row of the database. Requests of one directory lie in them where there are enough of them at
//! once; the others have rows of their own, and whoever reads the log reads both.

use std::borrow::Borrow;
use std::collections::VecDeque;

use sea_orm::Value;
use serde_json::Value as Json;

use super::entry::{Logged, Ready};
use super::filter::Filter;
use super::packing::{self, Head, Packer, Unpacker, unpacked};
use super::reading::first_at;
use super::summary::Summary;
use crate::clock::Timestamp;
use crate::db::{self, Change, Row, Scope};
use crate::fault::Result;
use crate::features::directory::connections::owner_key;
use crate::ids::{DirectoryId, Id as _, OrgId};

/// How many requests a segment has at the most, and how many bytes of their bodies and answers.
const LARGEST: usize = 256;
const TEXTS: usize = 256 * 1024;
/// From how many requests of a directory at once on they are a segment. Fewer have rows, which are found by indexes: were
/// every request of a directory that asks for little a segment, one would be looked for in as many segments.
pub(super) const SMALLEST: usize = 8;
/// How many summaries are read at once, and how many segments are opened at once.
const SUMMARIES: usize = 256;
const OPENED: usize = 8;
/// Of how many segments a walk has the entries in hand.
const AT_ONCE: usize = 16;

/// The change that writes some requests of one directory, in the order of their ids, as segments.
pub(super) fn insertions<R: Borrow<Ready>>(requests: &[R]) -> Vec<Change> {
    let mut changes = Vec::with_capacity(requests.len().div_ceil(LARGEST));
    let mut rest = requests;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |ready: &&R| {
            bytes += (*ready).borrow().entry.size();
            bytes <= TEXTS
        };
        let count = rest.iter().take(LARGEST).take_while(fits).count().max(1);
        let (some, others) = rest.split_at(count);
        changes.extend(insertion(some));
        rest = others;
    }
    changes
}

fn insertion<R: Borrow<Ready>>(requests: &[R]) -> Option<Change> {
    let (first, last) = (requests.first()?.borrow(), requests.last()?.borrow());
    let mut packer = Packer::new(requests.iter().map(|ready| ready.borrow().entry.size()).sum());
    for ready in requests {
        packer.add(ready.borrow());
    }
    let (heads, texts) = packer.packed();
    Some(segment(
        (&first.entry.directory_id, &first.entry.owner_key),
        (first.id.as_str(), last.id.as_str()),
        requests.len(),
        [Summary::of(requests).packed(), heads, texts],
    ))
}

/// The change that writes one segment: of which directory, from which id to which, of how many requests, and its
/// summary, heads and texts.
fn segment(
    (directory, owner): (&DirectoryId, &str),
    (first, last): (&str, &str),
    requests: usize,
    blobs: [Vec<u8>; 3],
) -> Change {
    let count = i64::try_from(requests).unwrap_or(i64::MAX);
    let keys: [Value; 5] = [directory.as_str().into(), last.into(), first.into(), owner.into(), count.into()];
    Change::new(
        "INSERT INTO directory_request_segments (directory_id, last_id, first_id, owner_key, requests, summary, heads, texts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        keys.into_iter().chain(blobs.map(Value::from)),
    )
}

/// Which part of a directory's log is read.
#[derive(Clone, Debug)]
pub(in crate::features::directory) struct Within<'a> {
    directory: &'a DirectoryId,
    owner: Option<&'a OrgId>,
    /// The ids from this one on.
    pub(super) low: String,
    /// The ids before this one.
    high: String,
}

/// What comes after every id, and what before.
const LAST: &str = "~";
const FIRST: &str = "";

impl<'a> Within<'a> {
    /// All of it, or from and until an instant.
    pub(in crate::features::directory) fn new(
        directory: &'a DirectoryId,
        owner: Option<&'a OrgId>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Self {
        let low = since.map_or_else(|| FIRST.to_owned(), first_at);
        let high = until.map_or_else(|| LAST.to_owned(), first_at);
        Self { directory, owner, low, high }
    }

    /// What is beyond an id, in the order that ascends or not.
    pub(super) fn beyond(mut self, id: &str, ascending: bool) -> Self {
        if ascending {
            // Between this id and the next one that there can be.
            self.low = self.low.max(format!("{id}!"));
        } else {
            self.high = self.high.min(id.to_owned());
        }
        self
    }

    fn holds(&self, id: &str) -> bool {
        self.low.as_str() <= id && id < self.high.as_str()
    }

    fn values(&self) -> [Value; 4] {
        [
            self.directory.as_str().into(),
            owner_key(self.owner).into(),
            self.low.as_str().into(),
            self.high.as_str().into(),
        ]
    }
}

/// A segment that has not been opened.
pub(super) struct Segment {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) summary: Summary,
}

impl Segment {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self { first: row.get(0)?, last: row.get(1)?, summary: Summary::read(&row.get::<Vec<u8>>(2)?)? })
    }
}

/// Some segments that reach into that part, in the order of their last ids descending, or of their first ones ascending;
/// those beyond `after`.
async fn some(
    db: &impl Scope,
    within: &Within<'_>,
    after: &str,
    ascending: bool,
    limit: usize,
) -> Result<Vec<Segment>> {
    let order = if ascending {
        "first_id > $5 ORDER BY first_id, last_id"
    } else {
        "last_id < $5 ORDER BY last_id DESC, first_id DESC"
    };
    let sql = format!(
        "SELECT first_id, last_id, summary FROM directory_request_segments
         WHERE directory_id = $1 AND owner_key = $2 AND last_id >= $3 AND first_id < $4 AND {order} LIMIT (0 + $6)"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = within.values().into_iter().chain([after.into(), limit.into()]);
    db::all(db, sql, values).await?.iter().map(Segment::read).collect()
}

/// What is inside of some segments, by their last ids.
async fn open(db: &impl Scope, within: &Within<'_>, segments: &[&Segment]) -> Result<Vec<Vec<u8>>> {
    let sql = format!(
        "SELECT heads FROM directory_request_segments WHERE directory_id = $1 AND owner_key = $2 AND last_id {}",
        db::among(db.backend(), 3)
    );
    let last: Json = segments.iter().map(|segment| segment.last.as_str()).collect();
    let values = [within.directory.as_str().into(), owner_key(within.owner).into(), last.to_string().into()];
    db::all(db, sql, values).await?.iter().map(|row| row.get(0)).collect()
}

/// What is seen on a walk through the segments.
pub(super) enum Seen<'s> {
    /// A segment that lies as a whole in the part that is looked at. Who has seen enough of it says `true`.
    Whole(&'s Segment),
    /// A request that is wanted.
    One(&'s Head),
}

/// Sees all segments of a part, in no order.
///
/// # Errors
/// Those of the database.
pub(super) async fn visit(
    db: &impl Scope,
    within: &Within<'_>,
    filter: &Filter,
    mut see: impl FnMut(Seen<'_>) -> bool,
) -> Result<()> {
    let mut after = LAST.to_owned();
    loop {
        let segments = some(db, within, &after, false, SUMMARIES).await?;
        let Some(last) = segments.last() else { return Ok(()) };
        after.clone_from(&last.last);
        let mut wanted = Vec::new();
        for segment in segments.iter().filter(|segment| filter.may_match(&segment.summary)) {
            let whole = within.holds(&segment.first) && within.holds(&segment.last);
            if !(whole && see(Seen::Whole(segment))) {
                wanted.push(segment);
            }
        }
        for wanted in wanted.chunks(OPENED) {
            for heads in open(db, within, wanted).await? {
                let mut heads = Unpacker::new(&heads)?;
                while let Some(head) = heads.next()? {
                    if within.holds(head.id()) && filter.matches(head) {
                        see(Seen::One(head));
                    }
                }
            }
        }
        if segments.len() < SUMMARIES {
            return Ok(());
        }
    }
}

/// How many requests of a part are in segments.
///
/// # Errors
/// Those of the database.
pub(in crate::features::directory) async fn total(
    db: &impl Scope,
    within: &Within<'_>,
    filter: &Filter,
) -> Result<i64> {
    let mut total = 0;
    visit(db, within, filter, |seen| match seen {
        Seen::Whole(segment) => filter.count(&segment.summary).is_some_and(|count| {
            total += count;
            true
        }),
        Seen::One(_) => {
            total += 1;
            true
        }
    })
    .await?;
    Ok(total)
}

/// The requests of a part one by one, in the order of their ids.
pub(in crate::features::directory) struct Walk<'a, S> {
    db: &'a S,
    within: Within<'a>,
    filter: &'a Filter,
    ascending: bool,
    /// Up to where segments were read; nothing that is beyond has been seen.
    reached: String,
    ended: bool,
    /// How many segments are read next: few to begin with, because nobody may ask for more.
    next: usize,
    ready: VecDeque<Logged>,
}

impl<'a, S: Scope> Walk<'a, S> {
    pub(in crate::features::directory) fn new(
        db: &'a S,
        within: Within<'a>,
        filter: &'a Filter,
        ascending: bool,
    ) -> Self {
        let reached = if ascending { FIRST } else { LAST }.to_owned();
        Self { db, within, filter, ascending, reached, ended: false, next: 2, ready: VecDeque::new() }
    }

    /// The next one, without the texts of its body and answer; nothing is hidden in it.
    ///
    /// # Errors
    /// Those of the database.
    pub(in crate::features::directory) async fn next(&mut self) -> Result<Option<Logged>> {
        loop {
            // Segments that were not read yet begin, or end, beyond the last one that was.
            let comes_first = |logged: &Logged| {
                let (id, reached) = (logged.id.as_str(), self.reached.as_str());
                if self.ascending { id <= reached } else { id >= reached }
            };
            if self.ended || self.ready.front().is_some_and(comes_first) {
                return Ok(self.ready.pop_front());
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<()> {
        let segments = some(self.db, &self.within, &self.reached, self.ascending, self.next).await?;
        self.ended = segments.len() < self.next;
        self.next = (self.next * 2).min(AT_ONCE);
        if let Some(last) = segments.last() {
            self.reached.clone_from(if self.ascending { &last.first } else { &last.last });
        }
        let wanted: Vec<&Segment> = segments.iter().filter(|segment| self.filter.may_match(&segment.summary)).collect();
        for wanted in wanted.chunks(OPENED) {
            for heads in open(self.db, &self.within, wanted).await? {
                let mut heads = Unpacker::new(&heads)?;
                while let Some(head) = heads.next()? {
                    if self.within.holds(head.id()) && self.filter.matches(head) {
                        self.ready.push_back(head.logged(self.within.directory, None)?);
                    }
                }
            }
        }
        let ready = self.ready.make_contiguous();
        ready.sort_by(|one, other| if self.ascending { one.id.cmp(&other.id) } else { other.id.cmp(&one.id) });
        Ok(())
    }
}

/// The request with that id, if it is in a segment, with the texts of its body and answer.
///
/// # Errors
/// Those of the database.
pub(super) async fn find(
    db: &impl Scope,
    directory: &DirectoryId,
    owner: Option<&OrgId>,
    id: &str,
) -> Result<Option<Logged>> {
    let rows = db::all(
        db,
        "SELECT heads, texts FROM directory_request_segments
         WHERE directory_id = $1 AND owner_key = $2 AND last_id >= $3 AND first_id <= $3",
        [directory.as_str().into(), owner_key(owner).into(), id.into()],
    )
    .await?;
    for row in rows {
        let heads: Vec<u8> = row.get(0)?;
        let mut unpacker = Unpacker::new(&heads)?;
        while let Some(head) = unpacker.next()? {
            if head.id() == id {
                let texts = unpacked(&heads, row.get(1)?)?;
                return head.logged(directory, Some(&texts)).map(Some);
            }
        }
    }
    Ok(None)
}

/// A body that was sent: the id of its request, when that came, what it does, and the text.
pub(super) type Body = (String, Timestamp, String, String);

/// The newest whole bodies of requests that do one of these, so many at the most, from the segments that have the newest
/// `looked_at` requests.
///
/// # Errors
/// Those of the database.
pub(super) async fn bodies(
    db: &impl Scope,
    within: &Within<'_>,
    operations: &[&str],
    most: usize,
    looked_at: i64,
) -> Result<Vec<Body>> {
    let (mut bodies, mut looked, mut after) = (Vec::new(), 0, LAST.to_owned());
    while bodies.len() < most && looked < looked_at {
        let segments = some(db, within, &after, false, OPENED).await?;
        let Some(last) = segments.last() else { break };
        after.clone_from(&last.last);
        for segment in &segments {
            let groups = &segment.summary.groups;
            looked += groups.iter().map(|group| group.requests).sum::<i64>();
            if groups.iter().any(|group| operations.contains(&&*group.operation)) {
                bodies.extend(bodies_of(db, within, segment, operations).await?);
            }
        }
    }
    bodies.sort_by(|one, other| other.0.cmp(&one.0));
    bodies.truncate(most);
    Ok(bodies)
}

async fn bodies_of(db: &impl Scope, within: &Within<'_>, segment: &Segment, operations: &[&str]) -> Result<Vec<Body>> {
    let sql = "SELECT heads, texts FROM directory_request_segments
         WHERE directory_id = $1 AND owner_key = $2 AND last_id = $3";
    let values = [within.directory.as_str().into(), owner_key(within.owner).into(), segment.last.as_str().into()];
    let Some(row) = db::one(db, sql, values).await? else { return Ok(Vec::new()) };
    let heads: Vec<u8> = row.get(0)?;
    let texts = unpacked(&heads, row.get(1)?)?;
    let (mut heads, mut bodies) = (Unpacker::new(&heads)?, Vec::new());
    while let Some(head) = heads.next()? {
        if operations.contains(&head.operation())
            && let Some(body) = head.whole_body(&texts)?
        {
            bodies.push((head.id().to_owned(), head.at(), head.operation().to_owned(), body.to_owned()));
        }
    }
    Ok(bodies)
}

/// The id from which on there are at least so many requests in a part that has more: rows and segments each are counted from
/// the newest back. `None` if there are not that many.
///
/// # Errors
/// Those of the database.
pub(super) async fn newest(db: &impl Scope, within: &Within<'_>, most: i64) -> Result<Option<String>> {
    let sql = "SELECT id FROM directory_requests WHERE directory_id = $1 AND owner_key = $2 AND id >= $3 AND id < $4
         ORDER BY id DESC LIMIT 1 OFFSET (0 + $5)";
    let row = db::one(db, sql, within.values().into_iter().chain([(most - 1).into()])).await?;
    let of_rows: Option<String> = row.map(|row| row.get(0)).transpose()?;
    let sql = "SELECT first_id, requests FROM directory_request_segments
         WHERE directory_id = $1 AND owner_key = $2 AND last_id >= $3 AND first_id < $4 ORDER BY last_id DESC LIMIT (0 + $5)";
    let mut count = 0;
    for row in db::all(db, sql, within.values().into_iter().chain([most.into()])).await? {
        count += row.get::<i64>(1)?;
        if count >= most {
            return Ok(of_rows.max(Some(row.get(0)?)));
        }
    }
    Ok(of_rows)
}

/// Writes the segments with that last id anew, after a change of their requests.
///
/// # Errors
/// Those of the database.
pub(super) async fn rewrite(
    tx: &db::Tx,
    directory: &DirectoryId,
    last: &str,
    change: impl Fn(&mut Logged),
) -> Result<()> {
    let sql = "DELETE FROM directory_request_segments WHERE directory_id = $1 AND last_id = $2
         RETURNING owner_key, heads, texts";
    for row in db::all(tx, sql, [directory.as_str().into(), last.into()]).await? {
        let mut all = Vec::new();
        for mut logged in packing::all(directory, &row.get::<Vec<u8>>(1)?, row.get(2)?)? {
            change(&mut logged);
            all.push(Ready::again(logged, row.get(0)?));
        }
        for change in insertions(&all) {
            db::carry_out(tx, change).await?;
        }
    }
    Ok(())
}

/// Deletes segments of a directory whose requests are all before an id, and takes those requests out of others that
/// reach beyond it, some at a time; how many requests they were, and whether there may be more.
///
/// # Errors
/// Those of the database.
pub(super) async fn forget(tx: &mut db::Tx, directory: &DirectoryId, before: &str, limit: u32) -> Result<(u64, bool)> {
    let rows = db::all(
        tx,
        "DELETE FROM directory_request_segments WHERE directory_id = $1 AND last_id IN (
            SELECT last_id FROM directory_request_segments WHERE directory_id = $1 AND first_id < $2
            ORDER BY first_id LIMIT (0 + $3))
         RETURNING owner_key, last_id, requests, CASE WHEN last_id < $2 THEN NULL ELSE heads END,
            CASE WHEN last_id < $2 THEN NULL ELSE texts END",
        [directory.as_str().into(), before.into(), i64::from(limit).into()],
    )
    .await?;
    let (mut gone, more) = (0, rows.len() as u64 >= u64::from(limit));
    for row in rows {
        let requests: i64 = row.get(2)?;
        let mut left = Vec::new();
        if let (Some(heads), Some(texts)) = (row.get::<Option<Vec<u8>>>(3)?, row.get::<Option<Vec<u8>>>(4)?) {
            for logged in packing::all(directory, &heads, texts)? {
                if logged.id.as_str() >= before {
                    left.push(Ready::again(logged, row.get(0)?));
                }
            }
        }
        gone += requests.unsigned_abs().saturating_sub(left.len() as u64);
        for change in insertions(&left) {
            db::carry_out(tx, change).await?;
        }
    }
    Ok((gone, more))
}
