//! SQLite's one writer, and how several transactions share one commit.
//!
//! A commit waits for the disk, and that is what a small transaction costs most. So writers take turns within
//! one transaction of the database: the first of a group begins it, each of the others works in a savepoint,
//! and whoever finds nobody waiting behind it commits for all. Nobody is answered before that commit. A writer
//! that fails or goes away leaves its savepoint and nothing else; a commit that fails, fails for the group.
//! Somebody who writes alone is not held up: nobody waits, so the turn ends with its own commit. Somebody who works long
//! holds up nobody who is done: they give way, and their transaction is run again by itself.
//!
//! Nothing goes to the database for its own sake: the words that begin a turn go with its first statement,
//! changes that nobody waits for ([`Change`]) with the next one, and the words that end it with the events.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::Row;
use super::deferred::{Change, Failed};
use super::engine::Wanted;
use super::hand::{Hand, Script, Told, closed};
use super::link::driver_error;
use super::pool::PATIENCE;
use crate::fault::{Error, Result};

/// How many transactions share one commit at the most, and how long the first of them is held up by others.
const GROUP: usize = 64;
const GATHERING: Duration = Duration::from_millis(5);
/// How long those who are done wait beyond that for whoever joined them: then it gives way, and is run again by itself.
const GIVING_WAY: Duration = Duration::from_millis(20);

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const OPEN: &str = "SAVEPOINT turn";
const KEEP: &str = "RELEASE turn";
const UNDO: &str = "ROLLBACK TO turn";

/// The connection that writes.
pub(super) struct Writer {
    lane: Arc<Mutex<Lane>>,
    /// How many want a turn.
    waiting: AtomicUsize,
}

/// What only the one whose turn it is may touch.
struct Lane {
    hand: Hand,
    /// Whether a transaction of the database is open.
    open: bool,
    /// Since when.
    since: Instant,
    /// What the present turn has begun, or one that went away has left behind.
    begun: Begun,
    /// Those who are done and wait for the commit.
    group: Vec<oneshot::Sender<Outcome>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Nothing,
    Transaction,
    Savepoint,
}

/// What a commit came to, for each of those who wait for it.
type Outcome = std::result::Result<(), Arc<str>>;

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl Writer {
    /// Opens the connection to a database that is there.
    pub(super) fn open(path: &Path) -> std::result::Result<Arc<Self>, DbErr> {
        let lane = Lane {
            hand: Hand::open(path)?,
            open: false,
            since: Instant::now(),
            begun: Begun::Nothing,
            group: Vec::with_capacity(GROUP),
        };
        Ok(Arc::new(Self { lane: Arc::new(Mutex::new(lane)), waiting: AtomicUsize::new(0) }))
    }

    /// Takes a turn. What somebody who went away has left is swept before. Who does not join others, or comes late,
    /// commits for them first.
    pub(super) async fn turn(self: &Arc<Self>, joins: bool) -> std::result::Result<Turn, DbErr> {
        let mut lane = if let Ok(lane) = Arc::clone(&self.lane).try_lock_owned() {
            lane
        } else {
            let _waits = Waits::new(&self.waiting);
            let lane = tokio::time::timeout(PATIENCE, Arc::clone(&self.lane).lock_owned());
            lane.await.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
        };
        lane.sweep().await;
        if lane.open && (!joins || lane.since.elapsed() >= GATHERING) {
            // Others depend on it: it is not dropped with this request.
            let committed = tokio::spawn(async move {
                lane.commit().await;
                lane
            });
            lane = committed.await.map_err(|_| closed())?;
        }
        Ok(Turn { writer: Arc::clone(self), lane: Some(lane), broken: false })
    }

    /// Waits for the commit of the group that one is part of, and commits for all if one's turn comes first:
    /// whoever was to do it has gone away.
    async fn outcome(self: &Arc<Self>, mut answer: oneshot::Receiver<Outcome>) -> Result<()> {
        let mut orphan = Orphan { writer: Some(Arc::clone(self)) };
        let outcome = tokio::select! {
            biased;
            outcome = &mut answer => outcome,
            mut lane = Arc::clone(&self.lane).lock_owned() => if let Ok(outcome) = answer.try_recv() {
                Ok(outcome)
            } else {
                lane.sweep().await;
                tokio::spawn(finish(lane));
                answer.await
            },
        };
        orphan.writer = None;
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Error::internal(format!("the commit of several transactions failed: {why}"))),
            Err(_) => Err(Error::internal("it is not known what became of a commit: the server is being shut down")),
        }
    }

    /// Closes the connection, after whoever has a turn.
    pub(super) async fn close(&self) -> std::result::Result<(), DbErr> {
        let mut lane = self.lane.lock().await;
        lane.sweep().await;
        lane.commit().await;
        lane.hand.close().await
    }
}

/// Somebody who waits for a turn, also when they stop waiting.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sees to it that a group is committed although the one who was to do it has gone away.
struct Orphan {
    writer: Option<Arc<Writer>>,
}

impl Drop for Orphan {
    fn drop(&mut self) {
        if let (Some(writer), Ok(runtime)) = (self.writer.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let mut lane = Arc::clone(&writer.lane).lock_owned().await;
                lane.sweep().await;
                if !lane.group.is_empty() {
                    finish(lane).await;
                }
            });
        }
    }
}

/// Commits for the group, and lets the next one take its turn.
async fn finish(mut lane: OwnedMutexGuard<Lane>) {
    lane.commit().await;
}

impl Lane {
    async fn say(&mut self, words: &[&'static str]) -> std::result::Result<(), DbErr> {
        let mut script = Script::default();
        for word in words {
            script.push(*word, Vec::new());
        }
        self.hand.tell(script).await.error.map_or(Ok(()), Err)
    }

    /// The words that begin a turn, if its first statement is still to come.
    fn beginning(&mut self) -> Option<&'static str> {
        if self.begun != Begun::Nothing {
            return None;
        }
        if self.open {
            self.begun = Begun::Savepoint;
            return Some(OPEN);
        }
        (self.open, self.begun, self.since) = (true, Begun::Transaction, Instant::now());
        Some(BEGIN)
    }

    /// Undoes what the present turn did, or one that went away; the others of the group keep theirs.
    async fn sweep(&mut self) {
        // If this is dropped half way, whoever comes next does it again and may find nothing to undo.
        match self.begun {
            Begun::Nothing => return,
            Begun::Transaction => {
                // It may not have come so far as to begin.
                let _ = self.say(&[ROLLBACK]).await;
                self.open = false;
            }
            // The database has undone the whole by itself (a full disk), or does not answer.
            Begun::Savepoint if !self.hand.in_transaction().await => self.fail(&undone()).await,
            Begun::Savepoint => match self.say(&[UNDO, KEEP]).await {
                Ok(()) => {}
                // It was not made yet, or was kept.
                Err(error) if is_no_savepoint(&error) => {}
                Err(error) => self.fail(&error).await,
            },
        }
        self.begun = Begun::Nothing;
    }

    /// Commits for all who wait for it, and tells them.
    async fn commit(&mut self) {
        if !self.open {
            return;
        }
        match self.say(&[COMMIT]).await {
            Ok(()) => self.committed(),
            Err(error) => self.fail(&error).await,
        }
    }

    fn committed(&mut self) {
        (self.open, self.begun) = (false, Begun::Nothing);
        for member in self.group.drain(..) {
            // Who does not listen any more has gone away.
            let _ = member.send(Ok(()));
        }
    }

    async fn fail(&mut self, why: &DbErr) {
        tracing::error!(%why, transactions = self.group.len(), "a commit failed");
        let _ = self.say(&[ROLLBACK]).await;
        (self.open, self.begun) = (false, Begun::Nothing);
        let why: Arc<str> = why.to_string().into();
        for member in self.group.drain(..) {
            let _ = member.send(Err(Arc::clone(&why)));
        }
    }
}

/// Somebody's turn to write. Whoever lets go of it in mid-flight has changed nothing.
pub(super) struct Turn {
    writer: Arc<Writer>,
    lane: Option<OwnedMutexGuard<Lane>>,
    /// Whether something failed after which nothing more may be done in this turn.
    broken: bool,
}

type Done<T> = std::result::Result<T, Failed>;

impl Turn {
    /// The rows of a statement, or the first of them.
    pub(super) async fn rows(&mut self, statement: Statement, before: Vec<Change>, first: bool) -> Done<Vec<Row>> {
        let wanted = if first { Wanted::First } else { Wanted::Rows };
        Ok(self.ask(statement, before, wanted).await?.rows.into_iter().map(Row::from).collect())
    }

    /// How many rows a statement changed.
    pub(super) async fn run(&mut self, statement: Statement, before: Vec<Change>) -> Done<u64> {
        Ok(self.ask(statement, before, Wanted::Count).await?.changed)
    }

    /// Ends the turn and keeps what was done in it. Returns when it is on the disk.
    pub(super) async fn commit(mut self, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() && self.lane().is_ok_and(|lane| lane.begun == Begun::Nothing) {
            // Nothing was asked of the database.
            self.lane = None;
            return Ok(());
        }
        let alone = self.writer.waiting.load(Ordering::SeqCst) == 0;
        let lane = self.lane()?;
        let full = lane.group.len() + 1 >= GROUP || (lane.open && lane.since.elapsed() >= GATHERING);
        if lane.group.is_empty() && (alone || full) {
            self.flush(changes, Ending::Commit).await?;
            self.ended();
            return Ok(());
        }
        self.flush(changes, Ending::Keep).await?;
        let (told, answer) = oneshot::channel();
        let writer = Arc::clone(&self.writer);
        if let Some(mut lane) = self.lane.take() {
            lane.begun = Begun::Nothing;
            lane.group.push(told);
            if alone || full {
                // Others depend on it: it is not dropped with this request.
                tokio::spawn(finish(lane));
            }
        }
        writer.outcome(answer).await
    }

    /// Ends the turn and undoes what was done in it. What is said then may rest on what the others of the group did, so it
    /// is on the disk before; an error says that it never will be.
    pub(super) async fn rollback(mut self) -> Result<()> {
        let Some(mut lane) = self.lane.take() else { return Ok(()) };
        lane.sweep().await;
        if lane.group.is_empty() {
            return Ok(());
        }
        let (told, answer) = oneshot::channel();
        lane.group.push(told);
        drop(lane);
        self.writer.outcome(answer).await.map_err(Error::lost_race)
    }

    fn ended(&mut self) {
        if let Some(mut lane) = self.lane.take() {
            lane.committed();
        }
    }

    fn lane(&mut self) -> std::result::Result<&mut Lane, DbErr> {
        self.lane.as_deref_mut().ok_or_else(closed)
    }

    /// Runs a statement behind the changes that were put off.
    async fn ask(&mut self, statement: Statement, before: Vec<Change>, wanted: Wanted) -> Done<Told> {
        self.send(before, Some(statement), Ending::None, wanted).await
    }

    async fn flush(&mut self, changes: Vec<Change>, ending: Ending) -> Done<()> {
        self.send(changes, None, ending, Wanted::Count).await.map(drop)
    }

    /// Runs all of it: the words that begin the turn if it has not begun, changes, a statement, and the words that end the
    /// turn.
    async fn send(
        &mut self,
        mut changes: Vec<Change>,
        statement: Option<Statement>,
        ending: Ending,
        wanted: Wanted,
    ) -> Done<Told> {
        if self.broken {
            return Err(Failed::Refused(Error::internal("the transaction has failed before")));
        }
        let lane = self.lane()?;
        if ending == Ending::None
            && lane.open
            && lane.begun != Begun::Transaction
            && lane.since.elapsed() >= GATHERING + GIVING_WAY
        {
            self.broken = true;
            let why = Error::internal("it gives way to those who wait for the commit");
            return Err(Failed::Refused(why.lost_race()));
        }
        let mut script = Script::new(wanted);
        if !changes.is_empty() || statement.is_some() {
            script.extend(lane.beginning());
        }
        let ahead = script.len();
        for change in &mut changes {
            script.push(std::mem::take(&mut change.sql), std::mem::take(&mut change.values));
        }
        if let Some(statement) = statement {
            script.push(statement.sql, statement.values.map(|values| values.0).unwrap_or_default());
        }
        script.extend(match (ending, lane.begun) {
            (Ending::Commit, _) => Some(COMMIT),
            (Ending::Keep, Begun::Savepoint) => Some(KEEP),
            _ => None,
        });
        if script.len() == 0 {
            return Ok(Told::default());
        }
        // Whoever stops waiting for the answer does not go on.
        self.broken = true;
        let mut told = self.lane()?.hand.tell(script).await;
        let Some(error) = told.error.take() else {
            self.broken = false;
            return Ok(told);
        };
        let done = told.done;
        self.broken = done < ahead || !is_of_the_statement(&error);
        match done.checked_sub(ahead) {
            Some(at) if at < changes.len() => Err(changes.swap_remove(at).meaning(error)),
            _ => Err(error.into()),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        if lane.begun != Begun::Nothing
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let mut lane = lane;
            runtime.spawn(async move { lane.sweep().await });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The turn goes on.
    None,
    /// What was done is kept for the commit of the group.
    Keep,
    /// The turn ends with a commit of its own.
    Commit,
}

/// Whether only the statement failed (an error in it, a constraint, a wrong type), and the transaction stands.
fn is_of_the_statement(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(error)) = driver_error(error) else { return false };
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    matches!(code & 0xff, 1 | 19 | 20)
}

fn undone() -> DbErr {
    DbErr::Custom("the database has undone the transaction by itself".to_owned())
}

fn is_no_savepoint(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(error)) = driver_error(error) else { return false };
    error.message().starts_with("no such savepoint")
}
