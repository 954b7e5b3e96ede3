//! How requests get into the log.
//!
//! A change is in the log before it is answered: whoever finds nobody writing writes for all who wait by then, in one
//! transaction. Reads are gathered for a moment and written beside the requests: a process that dies loses some, and more than
//! there is room for are dropped and counted. Many of one directory that are written together share
//! [a row](super::segments). Nothing of this ever fails a request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::Value;
use tokio::sync::{Notify, oneshot};

use super::entry::Ready;
use super::{Entry, Replayer, people, segments};
use crate::AuthCore;
use crate::db::Change;
use crate::fault::{Kind, Result};
use crate::ids::{Id as _, RequestLogId, UserId};

/// How many reads may wait to be written, and how many changes.
const ROOM: usize = 4096;
/// How long reads are gathered.
const GATHERING: Duration = Duration::from_millis(250);
/// How many changes are written in one transaction, whose answers wait for it, and how many reads, for which others who write
/// wait. So many reads are not gathered any longer.
const AT_ONCE: usize = 64;
const READS_AT_ONCE: usize = 512;
/// How long an answer waits for its place in the log.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after each time that the database had no time; when there is none left, requests are dropped.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(4)];

/// The log of an instance's SCIM requests: where they are recorded, and from where they are replayed.
pub struct RequestLog {
    pub(super) core: AuthCore,
    pub(super) replayer: Arc<dyn Replayer>,
    waiting: Mutex<Waiting>,
    /// Told when enough reads have been gathered.
    enough: Notify,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    changes: Vec<(Entry, oneshot::Sender<()>)>,
    /// Whether somebody writes them.
    writing: bool,
    reads: Vec<Entry>,
    /// Whether somebody will write those.
    gathering: bool,
}

impl Waiting {
    fn some_reads(&mut self) -> Vec<Entry> {
        let count = self.reads.len().min(READS_AT_ONCE);
        self.reads.drain(..count).collect()
    }
}

impl std::fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLog").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}

impl RequestLog {
    /// The log of an instance. `replayer` is the dialect that its requests were made in.
    #[must_use]
    pub fn new(core: AuthCore, replayer: Arc<dyn Replayer>) -> Self {
        Self { core, replayer, waiting: Mutex::default(), enough: Notify::new(), dropped: AtomicU64::new(0) }
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

    /// Records a request that changed something, or was to. Returns when it is in the log, or when that has failed or
    /// takes too long: the request goes on in any case.
    pub async fn write(self: &Arc<Self>, entry: Entry) {
        let (told, written) = oneshot::channel();
        let leads = {
            let mut waiting = self.waiting();
            if waiting.changes.len() >= ROOM {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.changes.push((entry, told));
            !std::mem::replace(&mut waiting.writing, true)
        };
        if leads {
            // Others depend on it: it does not end with this request.
            tokio::spawn(Leader { log: Arc::clone(self), ended: false }.write());
        }
        if tokio::time::timeout(PATIENCE, written).await.is_err() {
            tracing::warn!("a SCIM request is answered before it is in the log, which is slow");
        }
    }

    /// Records a request that only looked, some time soon.
    pub fn gather(self: &Arc<Self>, entry: Entry) {
        let mut waiting = self.waiting();
        if waiting.reads.len() >= ROOM {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.reads.push(entry);
        if waiting.reads.len() == READS_AT_ONCE {
            self.enough.notify_one();
        }
        if !std::mem::replace(&mut waiting.gathering, true) {
            tokio::spawn(Gatherer { log: Arc::clone(self), ended: false }.write());
        }
    }

    /// Writes what was gathered, now: before the process ends.
    pub async fn flush(&self) {
        loop {
            let reads = self.waiting().some_reads();
            if reads.is_empty() {
                return;
            }
            self.insert(reads).await;
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

/// Who writes the changes that wait.
struct Leader {
    log: Arc<RequestLog>,
    /// Whether it has come to its end, and somebody else may lead.
    ended: bool,
}

impl Leader {
    async fn write(mut self) {
        loop {
            let some: Vec<_> = {
                let mut waiting = self.log.waiting();
                if waiting.changes.is_empty() {
                    (waiting.writing, self.ended) = (false, true);
                    return;
                }
                let count = waiting.changes.len().min(AT_ONCE);
                waiting.changes.drain(..count).collect()
            };
            let (entries, told): (Vec<Entry>, Vec<_>) = some.into_iter().unzip();
            self.log.insert(entries).await;
            // Who waits for one that is gone waits no longer.
            drop(told);
        }
    }
}

/// Should it be dropped half way, because its thread ends, nobody waits for it.
impl Drop for Leader {
    fn drop(&mut self) {
        if !self.ended {
            let mut waiting = self.log.waiting();
            waiting.changes.clear();
            waiting.writing = false;
        }
    }
}

/// Who writes the reads that were gathered.
struct Gatherer {
    log: Arc<RequestLog>,
    ended: bool,
}

impl Gatherer {
    async fn write(mut self) {
        loop {
            // Each time: what came while others were written is as little as what comes in a moment.
            if self.log.waiting().reads.len() < READS_AT_ONCE {
                let _ = tokio::time::timeout(GATHERING, self.log.enough.notified()).await;
            }
            let reads = {
                let mut waiting = self.log.waiting();
                if waiting.reads.is_empty() {
                    (waiting.gathering, self.ended) = (false, true);
                    return;
                }
                waiting.some_reads()
            };
            self.log.insert(reads).await;
        }
    }
}

impl Drop for Gatherer {
    fn drop(&mut self) {
        if !self.ended {
            self.log.waiting().gathering = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::credentials::CredentialsFault;
    use crate::fault::Error;

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
