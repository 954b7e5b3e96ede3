//! How requests get into the log.
//!
//! They are gathered for a moment and written beside the requests, many in one transaction: an answer does not wait for its
//! place in the log, so that a change costs one wait for the disk and not two. Who reads the log lets it
//! [catch up](RequestLog::catch_up) before, and misses nothing that this process has answered. A process that is killed loses
//! the requests of that moment from the log; what they did, and its events, receipts and audit are theirs, in the transactions
//! that did it. Many of one directory that are written together share [a row](super::segments). Nothing of this ever fails a
//! request: where the database is slow, changes wait a while for the log, and reads are dropped and counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::Value;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::entry::Ready;
use super::waiting::Waiting;
use super::{Entry, Replayer, people, segments};
use crate::AuthCore;
use crate::db::Change;
use crate::fault::{Error, Kind, Result};
use crate::ids::{Id as _, RANDOM, RequestLogId, UserId};

/// How long they are gathered.
const GATHERING: Duration = Duration::from_millis(100);
/// How many are tried together after the database has refused more.
const FEW: usize = 64;
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

    /// Records a request that changed something, or was to, some time soon. Where very many wait already this waits until they
    /// are fewer, but not for long: the request goes on in any case.
    pub async fn record(self: &Arc<Self>, entry: impl Into<Box<Entry>>) {
        let (full, begins) = {
            let mut waiting = self.waiting();
            if waiting.is_full(2) {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            } else {
                waiting.add(entry.into());
            }
            (waiting.is_full(1), self.begins(&mut waiting))
        };
        self.go_on(begins);
        if full {
            self.patiently_until(|waiting| !waiting.is_full(1)).await;
        }
    }

    /// Records a request that only looked, some time soon, if there is room.
    pub fn gather(self: &Arc<Self>, entry: impl Into<Box<Entry>>) {
        let begins = {
            let mut waiting = self.waiting();
            if waiting.is_full(1) {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.add(entry.into());
            self.begins(&mut waiting)
        };
        self.go_on(begins);
    }

    /// Whether somebody is to begin to write what waits. Who writes already is told if that is enough.
    fn begins(&self, waiting: &mut Waiting) -> bool {
        if waiting.is_enough() {
            self.enough.notify_one();
        }
        !waiting.entries.is_empty() && !std::mem::replace(&mut waiting.writing, true)
    }

    /// Sees to it that somebody writes what waits, if nobody does. Not within the lock: a runtime that has ended drops who was
    /// to do it at once.
    fn go_on(self: &Arc<Self>, begins: bool) {
        if begins {
            self.runtime.spawn(Scribe { log: Arc::clone(self), has: 0, ended: false }.write());
        }
    }

    /// Waits until all that was recorded so far is in the log, unless that takes too long: before somebody reads it.
    pub async fn catch_up(&self) {
        let all = self.waiting().added;
        self.patiently_until(|waiting| waiting.done >= all).await;
    }

    /// Waits until all that was recorded so far is in the log, or could not be written.
    pub async fn flush(&self) {
        let all = self.waiting().added;
        self.until(|waiting| waiting.done >= all).await;
    }

    async fn patiently_until(&self, reached: impl Fn(&Waiting) -> bool) {
        if tokio::time::timeout(PATIENCE, self.until(reached)).await.is_err() {
            tracing::warn!("SCIM requests are not in the log yet, which is slow");
        }
    }

    /// Waits until that is so, and lets nothing be gathered meanwhile.
    async fn until(&self, reached: impl Fn(&Waiting) -> bool) {
        loop {
            let mut progress = std::pin::pin!(self.progress.notified());
            // From here on nothing is missed.
            progress.as_mut().enable();
            if reached(&self.waiting()) {
                return;
            }
            self.enough.notify_one();
            progress.await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes some of them. Where the database refuses what is not its state of the moment they are tried a few at a time, so that
    /// one of them takes few along. What cannot be written is told to the operator and forgotten.
    async fn insert(&self, entries: VecDeque<Box<Entry>>) {
        // All at once: to be asked costs chance more than to answer.
        let mut random = vec![0; entries.len() * RANDOM];
        self.core.shared().chance.fill(&mut random);
        let (random, _) = random.as_chunks::<RANDOM>();
        let ready: Vec<_> = entries.into_iter().zip(random).map(|(entry, random)| Ready::new(entry, *random)).collect();
        let Err(mut error) = patiently(&PAUSES, ready.len(), || self.put(&ready)).await else { return };
        let mut lost = ready.len();
        if lost > FEW && !is_of_the_moment(&error) {
            lost = 0;
            for few in ready.chunks(FEW) {
                if let Err(refused) = self.put(few).await {
                    (error, lost) = (refused, lost + few.len());
                }
            }
        }
        if lost > 0 {
            self.dropped.fetch_add(lost as u64, Ordering::Relaxed);
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, cause, requests = lost, "SCIM requests could not be recorded");
        }
    }

    /// One transaction. It records no event: what a request changed has recorded its own.
    async fn put(&self, ready: &[Ready]) -> Result<()> {
        let mut changes = people::insertions(ready);
        changes.append(&mut packs(ready));
        self.core.db().writer.carry_out(changes).await
    }
}

fn is_of_the_moment(error: &Error) -> bool {
    error.is_transient() || error.kind() == Kind::Unavailable
}

/// Writes, and once more after each of these pauses as long as the database is only busy.
async fn patiently<F>(pauses: &[Duration], requests: usize, write: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    for (before, pause) in pauses.iter().enumerate() {
        match write().await {
            Err(error) if is_of_the_moment(&error) => {
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
        (*entry.method).into(),
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

/// Should it be dropped half way, nobody waits for what it had; nor for the rest, if that is because its runtime ends. If
/// it failed in itself, another goes on.
impl Drop for Scribe {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut lost = self.has;
        {
            let mut waiting = self.log.waiting();
            waiting.writing = false;
            if !std::thread::panicking() {
                lost += std::mem::take(&mut waiting.entries).len() as u64;
                (waiting.bytes, waiting.done) = (0, waiting.added - self.has);
            }
        }
        self.log.dropped.fetch_add(lost, Ordering::Relaxed);
        self.wrote();
        let begins = self.log.begins(&mut self.log.waiting());
        self.log.go_on(begins);
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
