//! How busy a directory was, hour by hour or day by day.
//!
//! Counted when somebody looks, over the primary key of the log and the summaries of its segments, from the newest request
//! back. However busy a directory is, no more than [`MOST`] requests of either are looked at; the answer then says from when
//! on it is whole.

use super::filter::Filter;
use super::reading::sight;
use super::segments::{self, Seen, Within};
use super::{WRITES, is_write};
use crate::clock::Timestamp;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::connections::owner_key;
use crate::ids::{DirectoryId, Id as _, OrgId};

/// How many requests are counted at the most.
const MOST: i64 = 100_000;

/// How long a row of the activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// From one full hour to the next.
    Hour,
    /// From one midnight of UTC to the next.
    Day,
}

impl Span {
    const fn millis(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }
}

/// What came in within one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Its beginning.
    pub at: Timestamp,
    /// How many requests there were.
    pub requests: i64,
    /// How many of them were refused or failed.
    pub failures: i64,
    /// How many of them changed something, or were to, and were not refused.
    pub changes: i64,
}

/// The activity of a directory.
#[derive(Clone, Debug)]
pub struct Activity {
    /// One for each span, oldest first, those without any request included. The last is the present one.
    pub spans: Vec<Busy>,
    /// From when on everything was counted, if there were too many requests to count them all.
    pub counted_since: Option<Timestamp>,
}

/// What a directory asked for within the last so many spans, the present one included.
///
/// # Errors
/// Those of [`sight`].
pub async fn activity<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    span: Span,
    count: i64,
) -> Result<Activity> {
    let owner = owner.into();
    sight(db, owner, directory).await?;
    let width = span.millis();
    let last = db.now().millis().div_euclid(width);
    let first = last - count.max(1) + 1;
    let writes: Vec<String> = WRITES.iter().map(|name| format!("'{name}'")).collect();
    let sql = format!(
        "SELECT s.created_at / {width}, COUNT(*), MIN(s.created_at),
             CAST(SUM(CASE WHEN s.status >= 400 THEN 1 ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN s.status < 400 AND s.operation IN ({}) THEN 1 ELSE 0 END) AS BIGINT)
         FROM directory_requests s WHERE s.directory_id = $1 AND s.owner_key = $2 AND s.id >= $3
         GROUP BY s.created_at / {width}",
        writes.join(", ")
    );
    let mut within = Within::new(directory, owner, Some(Timestamp(first * width)), None);
    let cut = segments::newest(db, &within, MOST).await?;
    if let Some(cut) = &cut {
        within.low.clone_from(cut);
    }
    let quiet = |place: i64| Busy { at: Timestamp(place * width), requests: 0, failures: 0, changes: 0 };
    let mut spans: Vec<Busy> = (first..=last).map(quiet).collect();
    let mut earliest = i64::MAX;
    let mut add = |place: i64, requests: i64, failures: i64, changes: i64| {
        let busy = usize::try_from(place - first).ok().and_then(|at| spans.get_mut(at));
        if let Some(busy) = busy {
            busy.requests += requests;
            busy.failures += failures;
            busy.changes += changes;
        }
    };
    let values = [directory.as_str().into(), owner_key(owner).into(), within.low.as_str().into()];
    for row in db::all(db, sql, values).await? {
        earliest = earliest.min(row.get(2)?);
        add(row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?);
    }
    segments::visit(db, &within, &Filter::default(), |seen| {
        match seen {
            // Nearly every one lies in one span.
            Seen::Whole(segment) => {
                let (begun, ended) = (segment.summary.first_at.millis(), segment.summary.last_at.millis());
                if begun.div_euclid(width) != ended.div_euclid(width) {
                    return false;
                }
                earliest = earliest.min(begun);
                for group in &segment.summary.groups {
                    let (requests, status) = (group.requests, group.status);
                    let changes = if is_change(status, &group.operation) { requests } else { 0 };
                    add(begun.div_euclid(width), requests, if status >= 400 { requests } else { 0 }, changes);
                }
            }
            Seen::One(head) => {
                let at = head.at().millis();
                earliest = earliest.min(at);
                let change = is_change(head.status, head.operation());
                add(at.div_euclid(width), 1, i64::from(head.status >= 400), i64::from(change));
            }
        }
        true
    })
    .await?;
    Ok(Activity { spans, counted_since: cut.map(|_| Timestamp(earliest)) })
}

fn is_change(status: u16, operation: &str) -> bool {
    status < 400 && is_write(operation)
}
