//! How requests get into the log.
//!
//! They are gathered for a moment and written beside the requests, many in one transaction: an answer does not wait for its
//! place in the log, so that a change costs one wait for the disk and not two. Who reads the log lets it
//! [catch up](RequestLog::catch_up) before, and misses nothing that this process has answered. A process that is killed loses
//! the requests of that moment from the log; what they did, and its events, receipts and audit are theirs, in the transactions
//! that did it. Many of one directory that are written together share [a row](super::segments). Nothing of this ever fails a
//! request: where the database is slow, changes wait a while for room, and reads are dropped and counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::Value;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::entry::Ready;
use super::{Entry, Replayer, people, segments};
use crate::AuthCore;
use crate::db::Change;
use crate::fault::{Kind, Result};
use crate::ids::{Id as _, RequestLogId, UserId};

/// How many requests may wait to be written, and with about how many bytes. A change that finds more waits until they are
/// written.
const ROOM: usize = 8192;
const BYTES: usize = 24 * 1024 * 1024;
/// How long they are gathered.
const GATHERING: Duration = Duration::from_millis(100);
/// How many are written in one transaction, for which others who write wait, and with how many bytes. So many are not gathered
/// any longer.
const AT_ONCE: usize = 2048;
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;
/// How long anybody waits for the log.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after each time that the database had no time; when there is none left, requests are dropped.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(4)];

/// The log of an instance's SCIM requests: where they are recorded, and from where they are replayed.
pub struct RequestLog {
    pub(super) core: AuthCore,
    pub(super) replayer: Arc<dyn Replayer>,
    waiting: Mutex<Waiting>,
    /// Told when there is no reason to gather any longer.
    enough: Notify,
    /// Told when some were written.
    progress: Notify,
    dropped: AtomicU64,
    /// Where they are written. Workers of HTTP end before the process does.
    runtime: Handle,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// How many were ever added, and how many of those wait no longer.
    added: u64,
    done: u64,
    /// Whether somebody writes them.
    writing: bool,
}

impl Waiting {
    fn add(&mut self, entry: Entry) {
        self.bytes += weight(&entry);
        self.added += 1;
        self.entries.push_back(entry);
    }

    fn is_crowded(&self) -> bool {
        self.entries.len() >= ROOM || self.bytes >= BYTES
    }

    fn is_enough(&self) -> bool {
        self.entries.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE
    }

    fn some(&mut self) -> Vec<Entry> {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += weight(entry);
            bytes <= BYTES_AT_ONCE
        };
        let most = self.entries.len().min(AT_ONCE);
        let count = self.entries.iter().take(most).take_while(fits).count().max(usize::from(most > 0));
        let some: Vec<_> = self.entries.drain(..count).collect();
        self.bytes -= some.iter().map(weight).sum::<usize>();
        some
    }
}

/// About how many bytes a request takes in memory.
fn weight(entry: &Entry) -> usize {
    1024 + entry.size() + entry.notes.len() * 256 + entry.people.len() * 64
}

impl std::fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLog").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}

impl RequestLog {
    /// The log of an instance, which is written by the runtime that this is called in. `replayer` is the dialect that its
    /// requests were made in.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn new(core: AuthCore, replayer: Arc<dyn Replayer>) -> Self {
        Self {
            core,
            replayer,
            waiting: Mutex::default(),
            enough: Notify::new(),
            progress: Notify::new(),
            dropped: AtomicU64::new(0),
            runtime: Handle::current(),
        }
    }

    /// The core whose requests these are.
    #[must_use]
    pub fn core(&self) -> &AuthCore {
        &self.core
    }

    /// How many requests were not recorded: there was no room for them, or the database refused them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Records a request that changed something, or was to, some time soon. Where so many wait that there is no room, this
    /// waits for it, but not for long: the request goes on in any case.
    pub async fn record(self: &Arc<Self>, entry: Entry) {
        if self.waiting().is_crowded() {
            self.catch_up().await;
        }
        self.gather(entry);
    }

    /// Records a request some time soon, if there is room.
    pub fn gather(self: &Arc<Self>, entry: Entry) {
        let mut waiting = self.waiting();
        if waiting.is_crowded() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.add(entry);
        if waiting.is_enough() {
            self.enough.notify_one();
        }
        if !std::mem::replace(&mut waiting.writing, true) {
            self.runtime.spawn(Scribe { log: Arc::clone(self), has: 0, ended: false }.write());
        }
    }

    /// Records a request and waits until it is in the log, or until that takes too long.
    pub async fn write(self: &Arc<Self>, entry: Entry) {
        self.record(entry).await;
        self.catch_up().await;
    }

    /// Waits until all that was recorded so far is in the log, unless that takes too long: before somebody reads it.
    pub async fn catch_up(&self) {
        if tokio::time::timeout(PATIENCE, self.flush()).await.is_err() {
            tracing::warn!("SCIM requests are not in the log yet, which is slow");
        }
    }

    /// Waits until all that was recorded so far is in the log, or could not be written: before the process ends.
    pub async fn flush(&self) {
        let all = self.waiting().added;
        loop {
            let progress = self.progress.notified();
            let mut progress = std::pin::pin!(progress);
            // From here on nothing is missed.
            progress.as_mut().enable();
            if self.waiting().done >= all {
                return;
            }
            self.enough.notify_one();
            progress.await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes some of them. What cannot be written is told to the operator and forgotten.
    async fn insert(&self, entries: Vec<Entry>) {
        let count = entries.len();
        let ready: Vec<_> = entries.into_iter().map(|entry| Ready::new(entry, &*self.core.shared().chance)).collect();
        let db = self.core.db();
        // One transaction. It records no event: what a request changed has recorded its own.
        let write = || {
            let mut changes = people::insertions(&ready);
            changes.append(&mut packs(&ready));
            db.writer.carry_out(changes)
        };
        if let Err(error) = patiently(&PAUSES, count, write).await {
            self.dropped.fetch_add(count as u64, Ordering::Relaxed);
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, requests = count, "SCIM requests could not be recorded");
        }
    }
}

/// Writes, and once more after each of these pauses as long as the database is only busy.
async fn patiently<F>(pauses: &[Duration], requests: usize, write: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    for (before, pause) in pauses.iter().enumerate() {
        match write().await {
            Err(error) if error.is_transient() || error.kind() == Kind::Unavailable => {
                tracing::warn!(%error, requests, attempt = before + 1, "SCIM requests are not recorded yet, and are tried again");
                tokio::time::sleep(*pause).await;
            }
            done => return done,
        }
    }
    write().await
}

/// The requests of each directory in as few rows as can be.
fn packs(ready: &[Ready]) -> Vec<Change> {
    let mut directories: BTreeMap<(&str, &str), Vec<&Ready>> = BTreeMap::new();
    for ready in ready {
        let entry = &ready.entry;
        directories.entry((entry.directory_id.as_str(), &entry.owner_key)).or_default().push(ready);
    }
    let (mut few, mut changes) = (Vec::new(), Vec::new());
    for mut theirs in directories.into_values() {
        if theirs.len() < segments::SMALLEST {
            few.append(&mut theirs);
        } else {
            theirs.sort_by(|one, other| one.id.cmp(&other.id));
            changes.append(&mut segments::insertions(&theirs));
        }
    }
    changes.append(&mut Change::insertions(ROWS, few.into_iter().map(values).collect()));
    changes
}

fn values(Ready { id, user_name, notes, entry }: &Ready) -> [Value; COLUMNS] {
    let number = |length: u64| i64::try_from(length).unwrap_or(i64::MAX);
    [
        entry.directory_id.as_str().into(),
        id.as_str().into(),
        entry.owner_key.as_str().into(),
        entry.credential_id.as_str().into(),
        entry.request_id.as_str().into(),
        entry.at.into(),
        i64::from(entry.status).into(),
        number(entry.duration).into(),
        entry.method.as_str().into(),
        (*entry.operation).into(),
        entry.path.as_str().into(),
        entry.target.clone().into(),
        entry.user_id.as_ref().map(UserId::as_str).into(),
        user_name.clone().into(),
        entry.ip.clone().into(),
        entry.user_agent.clone().into(),
        entry.replay_of.as_ref().map(RequestLogId::as_str).into(),
        entry.actor.clone().into(),
        number(entry.body.length.unwrap_or_default()).into(),
        entry.body.whole.into(),
        entry.answer.length.map(number).into(),
        entry.answer.whole.into(),
        notes.clone().into(),
        entry.body.text.clone().into(),
        entry.answer.text.clone().into(),
    ]
}

/// How many columns a row has.
const COLUMNS: usize = 25;

/// Where the requests are that have rows of their own.
const ROWS: &str = "directory_requests (directory_id, id, owner_key, credential_id, request_id, created_at, status,
    duration_us, method, operation, path, target_id, user_id, user_name_key, ip, user_agent, replay_of, actor,
    body_bytes, body_whole, answer_bytes, answer_whole, notes, body, answer)";

/// Who writes what was gathered, until nothing is left.
struct Scribe {
    log: Arc<RequestLog>,
    /// How many it is about to write.
    has: u64,
    /// Whether it has come to its end, and another is needed for more.
    ended: bool,
}

impl Scribe {
    async fn write(mut self) {
        loop {
            // Each time: what came while others were written is as little as what comes in a moment.
            if !self.log.waiting().is_enough() {
                let _ = tokio::time::timeout(GATHERING, self.log.enough.notified()).await;
            }
            let some = {
                let mut waiting = self.log.waiting();
                if waiting.entries.is_empty() {
                    (waiting.writing, self.ended) = (false, true);
                    return;
                }
                waiting.some()
            };
            self.has = some.len() as u64;
            self.log.insert(some).await;
            self.wrote();
        }
    }

    /// Whoever waits for what it had waits no longer.
    fn wrote(&mut self) {
        self.log.waiting().done += std::mem::take(&mut self.has);
        self.log.progress.notify_waiters();
    }
}

/// Should it be dropped half way, because its runtime ends, nobody waits for it.
impl Drop for Scribe {
    fn drop(&mut self) {
        if !self.ended {
            let mut waiting = self.log.waiting();
            let lost = std::mem::take(&mut waiting.entries).len() as u64 + self.has;
            (waiting.bytes, waiting.done, waiting.writing) = (0, waiting.added, false);
            drop(waiting);
            self.log.dropped.fetch_add(lost, Ordering::Relaxed);
            self.log.progress.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::Kept;
    use super::*;
    use crate::clock::Timestamp;
    use crate::credentials::CredentialsFault;
    use crate::fault::Error;
    use crate::ids::{CredentialId, DirectoryId};

    /// A request of which so many bytes are kept.
    fn entry(size: usize) -> Entry {
        Entry {
            directory_id: DirectoryId::from_text("dir_one".to_owned()),
            owner_key: String::new(),
            credential_id: CredentialId::from_text("scimt_one".to_owned()),
            request_id: String::new(),
            at: Timestamp(0),
            status: 200,
            duration: 0,
            method: "GET".to_owned(),
            operation: "user.get".into(),
            path: String::new(),
            target: None,
            user_id: None,
            user_name: None,
            ip: None,
            user_agent: None,
            replay_of: None,
            actor: None,
            body: Kept::nothing(),
            answer: Kept { text: Some("x".repeat(size)), length: Some(size as u64), whole: true },
            notes: Vec::new(),
            people: Vec::new(),
        }
    }

    /// How many are taken at a time when so many of that size wait, in order.
    fn taken(count: usize, size: usize) -> Vec<usize> {
        let mut waiting = Waiting::default();
        (0..count).for_each(|_| waiting.add(entry(size)));
        let taken = std::iter::from_fn(|| Some(waiting.some().len()).filter(|count| *count > 0)).collect();
        assert_eq!((waiting.entries.len(), waiting.bytes), (0, 0));
        taken
    }

    #[test]
    fn what_is_written_at_once_is_bounded() {
        assert_eq!(taken(0, 10), [0; 0]);
        assert_eq!(taken(AT_ONCE + 1, 0), [AT_ONCE, 1]);
        assert_eq!(taken(5, BYTES_AT_ONCE / 2 - 1024), [2, 2, 1]);
        assert_eq!(taken(2, BYTES_AT_ONCE + 1), [1, 1], "one that is too large goes alone");
    }

    #[test]
    fn what_waits_is_bounded() {
        let crowded = |count: usize, size: usize| {
            let mut waiting = Waiting::default();
            (0..count).for_each(|_| waiting.add(entry(size)));
            (waiting.is_enough(), waiting.is_crowded())
        };
        assert_eq!(crowded(AT_ONCE - 1, 0), (false, false));
        assert_eq!(crowded(AT_ONCE, 0), (true, false));
        assert_eq!(crowded(ROOM, 0), (true, true));
        assert_eq!(crowded(4, BYTES / 4), (true, true));
    }

    const NONE: [Duration; PAUSES.len()] = [Duration::ZERO; PAUSES.len()];

    /// How often it is tried to write, if it fails so often, and what comes of it.
    async fn tried(failures: usize, failure: fn() -> Error) -> (usize, bool) {
        let tries = Cell::new(0);
        let done = patiently(&NONE, 1, || {
            tries.set(tries.get() + 1);
            std::future::ready(if tries.get() > failures { Ok(()) } else { Err(failure()) })
        });
        let done = done.await.is_ok();
        (tries.get(), done)
    }

    #[tokio::test]
    async fn a_busy_database_is_waited_for_but_not_for_ever() {
        for busy in [|| CredentialsFault::Busy.into(), || Error::internal("a race").lost_race()] {
            assert_eq!(tried(0, busy).await, (1, true));
            assert_eq!(tried(2, busy).await, (3, true));
            assert_eq!(tried(PAUSES.len(), busy).await, (PAUSES.len() + 1, true));
            assert_eq!(tried(usize::MAX, busy).await, (PAUSES.len() + 1, false));
        }
        // What fails otherwise fails again.
        assert_eq!(tried(1, || Error::internal("a broken disk")).await, (1, false));
    }
}
