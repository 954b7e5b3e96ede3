//! Several changes tried out one after another: one transaction that is never committed, each change a savepoint in it.
//!
//! A dry run of one change is undone at its end. Of several that build on one another, each must see what those before
//! it did; so all of them go into one transaction, with whatever is read meanwhile, and that is undone in the end.
//!
//! There is one at a time, and the next one queues behind whoever wants to write by then: asking for many holds up nobody
//! longer than asking for one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::deferred::{Change, Failed};
use super::pool::PATIENCE;
use super::{Ask as _, InTransaction, Row, Writing};
use crate::fault::Result;

/// How long a rehearsal may hold up others: on SQLite nobody writes meanwhile. Well below the time for which they wait.
pub(crate) const LONGEST: Duration = Duration::from_secs(2);

const OPEN: &str = "SAVEPOINT step";
const KEEP: &str = "RELEASE SAVEPOINT step";
const BACK: &str = "ROLLBACK TO SAVEPOINT step";

crate::faults! {
    /// Why a rehearsal does not go on.
    pub enum RehearsalFault {
        /// It has held up others for long enough.
        TooLong => TooLarge, "rehearsal_too_long", "Trying out all of it at once holds up others for too long; try out fewer operations";
    }
}

/// A transaction in which changes are rehearsed. When the last handle is dropped, all is undone.
#[derive(Clone)]
pub struct Rehearsal {
    transaction: Arc<InTransaction>,
    until: Instant,
    _turn: Arc<OwnedSemaphorePermit>,
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal").finish_non_exhaustive()
    }
}

impl Rehearsal {
    /// Begins one when its turn has come.
    pub(super) async fn begin(writer: &Writing, turns: &Arc<Semaphore>) -> Result<Self> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout).into()) };
        let transaction = Arc::new(writer.begin(false).await?);
        Ok(Self { transaction, until: Instant::now() + LONGEST, _turn: Arc::new(turn) })
    }

    pub(super) fn transaction(&self) -> &InTransaction {
        &self.transaction
    }

    /// One more change.
    pub(super) async fn step(&self) -> Result<Step> {
        if Instant::now() >= self.until {
            return Err(RehearsalFault::TooLong.into());
        }
        say(&self.transaction, OPEN).await?;
        Ok(Step { within: Arc::clone(&self.transaction), until: self.until })
    }

    /// Undoes all of it.
    pub(crate) async fn end(self) -> Result<()> {
        self.transaction.rollback().await
    }
}

async fn say(within: &InTransaction, words: &str) -> std::result::Result<(), DbErr> {
    within.run(within.words(words)).await.map(drop)
}

/// A change within a rehearsal. One that is dropped in mid-flight is undone with the rehearsal.
pub(super) struct Step {
    within: Arc<InTransaction>,
    until: Instant,
}

type Done<T> = std::result::Result<T, Failed>;

impl Step {
    /// The rows of a statement, or the first of them.
    pub(super) fn rows(&self, statement: Statement, before: Vec<Change>, first: bool) -> BoxFuture<'_, Done<Vec<Row>>> {
        // A transaction within a transaction: the compiler wants to know where that ends.
        Box::pin(self.in_time(self.behind(before).ask(statement, first)))
    }

    /// How many rows a statement changed.
    pub(super) fn run(&self, statement: Statement, before: Vec<Change>) -> BoxFuture<'_, Done<u64>> {
        Box::pin(self.in_time(self.behind(before).run(statement)))
    }

    /// Keeps it for the changes that are rehearsed after it.
    pub(super) async fn keep(self, changes: Vec<Change>) -> Result<()> {
        self.told(say(self.behind(changes), KEEP).await)?;
        Ok(())
    }

    /// Undoes it.
    pub(super) async fn undo(self) -> Result<()> {
        self.told(say(&self.within, BACK).await)?;
        self.told(say(&self.within, KEEP).await)?;
        Ok(())
    }

    fn behind(&self, changes: Vec<Change>) -> &InTransaction {
        for change in changes {
            self.within.put_off(change);
        }
        &self.within
    }

    async fn in_time<T>(&self, asked: impl Future<Output = std::result::Result<T, DbErr>> + Send) -> Done<T> {
        // However much one of the changes has to do.
        match tokio::time::timeout_at(self.until.into(), asked).await {
            Ok(answer) => self.told(answer),
            Err(_) => Err(Failed::Refused(RehearsalFault::TooLong.into())),
        }
    }

    fn told<T>(&self, answer: std::result::Result<T, DbErr>) -> Done<T> {
        answer.map_err(|error| self.within.refusal().map_or_else(|| Failed::Statement(error), Failed::Refused))
    }
}
