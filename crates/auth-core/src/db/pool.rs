//! Connections that are lent for a statement or a transaction. The last one used is the next one lent, for
//! what it holds in its caches; a connection that comes back costs nothing (the pool of the driver asks each
//! one whether it still lives, which is a round trip).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Row;
use super::link::{Link, conn_error, is_lost};

/// How long to wait for a connection or a lock before the request is refused.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Whoever has rested for so long is asked first whether it still lives.
const RESTED: Duration = Duration::from_secs(5);
/// Connections are opened anew after a while, so that they spread when servers come and go.
const LIFETIME: Duration = Duration::from_mins(30);

/// Some connections, opened as they are needed.
pub(super) struct Pool<L: Link> {
    options: L::Options,
    /// Whether a connection may be lost behind our back: over a network it may.
    may_be_lost: bool,
    turns: Arc<Semaphore>,
    free: Mutex<Vec<Free<L>>>,
}

struct Free<L> {
    link: L,
    opened: Instant,
    since: Instant,
}

impl<L: Link> fmt::Debug for Pool<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("free", &self.turns.available_permits()).finish_non_exhaustive()
    }
}

impl<L: Link> Pool<L> {
    pub(super) fn new(options: L::Options, most: usize, may_be_lost: bool) -> Arc<Self> {
        let (turns, free) = (Arc::new(Semaphore::new(most)), Mutex::new(Vec::with_capacity(most)));
        Arc::new(Self { options, may_be_lost, turns, free })
    }

    fn pop(&self) -> Option<Free<L>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// A connection, for as long as one holds it.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent<L>, DbErr> {
        let turn = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(tokio::sync::TryAcquireError::Closed) => return Err(closed()),
            Err(tokio::sync::TryAcquireError::NoPermits) => {
                let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned());
                turn.await.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?.map_err(|_| closed())?
            }
        };
        while let Some(Free { mut link, opened, since }) = self.pop() {
            if self.may_be_lost && (opened.elapsed() > LIFETIME || !answers(&mut link, since).await) {
                continue;
            }
            return Ok(self.lent(link, opened, turn));
        }
        let link = tokio::time::timeout(PATIENCE, L::open(&self.options));
        let link = link.await.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?.map_err(conn_error)?;
        Ok(self.lent(link, Instant::now(), turn))
    }

    fn lent(self: &Arc<Self>, link: L, opened: Instant, turn: OwnedSemaphorePermit) -> Lent<L> {
        let pool = Arc::clone(self);
        Lent { link: Some(link), opened, pool, turn: Some(turn), state: State::Rests, in_transaction: false }
    }

    /// Closes the connections that are free, and refuses to lend more.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.turns.close();
        while let Some(free) = self.pop() {
            free.link.close().await.map_err(conn_error)?;
        }
        Ok(())
    }
}

fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}

async fn answers<L: Link>(link: &mut L, since: Instant) -> bool {
    since.elapsed() <= RESTED || matches!(tokio::time::timeout(PATIENCE, link.ping()).await, Ok(Ok(())))
}

/// What is known of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has answered whatever was asked.
    Rests,
    /// Something is under way: who lets go of it now leaves it to be swept.
    Works,
    /// It has failed.
    Lost,
}

/// A connection that was lent. It goes back when this is dropped.
pub(super) struct Lent<L: Link> {
    link: Option<L>,
    opened: Instant,
    pool: Arc<Pool<L>>,
    turn: Option<OwnedSemaphorePermit>,
    state: State,
    /// Whether a transaction is open on it, which is left when this is dropped.
    pub(super) in_transaction: bool,
}

impl<L: Link> Lent<L> {
    fn noted<T>(&mut self, answer: Result<T, DbErr>) -> Result<T, DbErr> {
        self.state = match &answer {
            Err(error) if is_lost(error) => State::Lost,
            _ => State::Rests,
        };
        answer
    }

    /// The rows of a statement, or the first of them.
    pub(super) async fn rows(&mut self, statement: Statement, first: bool) -> Result<Vec<Row>, DbErr> {
        self.state = State::Works;
        let answer = self.rows_of(statement, first).await;
        self.noted(answer)
    }

    async fn rows_of(&mut self, statement: Statement, first: bool) -> Result<Vec<Row>, DbErr> {
        let link = self.link()?;
        let rows = if first { link.one(statement).await?.into_iter().collect() } else { link.all(statement).await? };
        Ok(rows.into_iter().map(Row::from).collect())
    }

    /// How many rows a statement changed.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64, DbErr> {
        self.state = State::Works;
        let answer = self.run_of(statement).await;
        self.noted(answer)
    }

    async fn run_of(&mut self, statement: Statement) -> Result<u64, DbErr> {
        self.link()?.run(statement).await
    }

    fn link(&mut self) -> Result<&mut L, DbErr> {
        // It is taken when this is dropped, and not before.
        self.link.as_mut().ok_or_else(closed)
    }
}

impl<L: Link> Drop for Lent<L> {
    fn drop(&mut self) {
        let (Some(link), Some(turn)) = (self.link.take(), self.turn.take()) else { return };
        let free = Free { link, opened: self.opened, since: Instant::now() };
        match self.state {
            State::Rests if !self.in_transaction => put_back(&self.pool, free),
            State::Lost => {}
            State::Rests | State::Works => {
                // What is under way ends first. Without a runtime (it is being shut down) the connection is closed.
                let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
                let (pool, mut free) = (Arc::clone(&self.pool), free);
                runtime.spawn(async move {
                    // Whoever does not answer keeps its place from others no longer than a lock would.
                    if matches!(tokio::time::timeout(PATIENCE, free.link.leave()).await, Ok(Ok(()))) {
                        put_back(&pool, free);
                    }
                    drop(turn);
                });
            }
        }
    }
}

fn put_back<L: Link>(pool: &Pool<L>, free: Free<L>) {
    if !pool.turns.is_closed() {
        pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(free);
    }
}
