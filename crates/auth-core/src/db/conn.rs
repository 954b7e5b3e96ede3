//! The connections behind a [`Scope`](super::Scope).

use std::sync::{Arc, Mutex as Cell, PoisonError};

use sea_orm::{DbErr, Statement, Value};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::Mutex;

use super::deferred::{Change, Failed};
use super::near::Near;
use super::pool::Pool;
use super::rehearsal::{Rehearsal, Step};
use super::sqlite::{Turn, Writer};
use super::{Backend, Row, postgres};
use crate::fault::{Error, Result};

/// Where statements are asked.
pub trait Ask {
    /// All rows of a statement, or only the first.
    fn ask(&self, statement: Statement, first: bool) -> impl Future<Output = Answer<Vec<Row>>> + Send;
    /// How many rows a statement changed.
    fn run(&self, statement: Statement) -> impl Future<Output = Answer<u64>> + Send;
}

type Answer<T> = std::result::Result<T, DbErr>;

/// Reads beside a transaction: each statement sees what was committed before it.
#[derive(Clone, Debug)]
pub enum Reading {
    /// Connections that cannot write.
    #[doc(hidden)]
    Sqlite(ReadingSqlite),
    /// The connections that transactions use too.
    #[doc(hidden)]
    Postgres(ReadingPostgres),
    /// The transaction of a rehearsal, which sees what was rehearsed before.
    #[doc(hidden)]
    Rehearsed(Rehearsal),
}

/// Connections that read.
#[derive(Clone, Debug)]
pub struct ReadingSqlite {
    /// Those that the driver has threads for.
    pub(super) pool: Arc<Pool<SqliteConnection>>,
    /// Those for small reads.
    pub(super) near: Arc<Near>,
}

/// Connections that read and write.
#[derive(Clone, Debug)]
pub struct ReadingPostgres(pub(super) Arc<Pool<PgConnection>>);

impl Ask for Reading {
    async fn ask(&self, statement: Statement, first: bool) -> Answer<Vec<Row>> {
        // Who reads much, a little at a time, lets others on the thread have their turn.
        tokio::task::coop::consume_budget().await;
        match self {
            Self::Sqlite(reading) => match reading.near.ask(&statement.sql, values(&statement), first) {
                Some(rows) => Ok(rows.into_iter().map(Row::from).collect()),
                None => reading.pool.lend().await?.rows(statement, first).await,
            },
            Self::Postgres(pool) => pool.0.lend().await?.rows(statement, first).await,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().ask(statement, first).await,
        }
    }

    async fn run(&self, statement: Statement) -> Answer<u64> {
        match self {
            Self::Sqlite(reading) => reading.pool.lend().await?.run(statement).await,
            Self::Postgres(pool) => pool.0.lend().await?.run(statement).await,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().run(statement).await,
        }
    }
}

/// The parameters of a statement.
fn values(statement: &Statement) -> &[Value] {
    statement.values.as_ref().map_or(&[], |values| &values.0)
}

/// Writes beside a transaction. Nothing that anybody is told of is written so.
#[derive(Clone, Debug)]
pub struct Writing {
    pub(super) from: Source,
}

/// Where transactions come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Sqlite(Arc<Writer>),
    Postgres(Arc<Pool<PgConnection>>),
}

impl Writing {
    /// Makes changes that nobody is told of, all or none, in as few round trips as can be.
    pub(crate) async fn carry_out(&self, changes: Vec<Change>) -> Result<()> {
        self.begin(true).await?.commit(changes).await
    }

    /// Makes one change that nobody is told of. How many rows it touched.
    pub(crate) async fn run(&self, change: Change) -> Result<u64> {
        let alone = self.begin(true).await?;
        let statement = Statement::from_sql_and_values(alone.backend.dialect(), change.sql, change.values);
        let touched = alone.run(statement).await?;
        alone.commit(Vec::new()).await?;
        Ok(touched)
    }

    /// Begins a transaction. On SQLite it `joins` others for their commit, or is one by itself.
    pub(super) async fn begin(&self, joins: bool) -> Result<InTransaction> {
        let (backend, link) = match &self.from {
            Source::Sqlite(writer) => (Backend::Sqlite, Open::Sqlite(writer.turn(joins).await?)),
            Source::Postgres(pool) => {
                (Backend::Postgres, Open::Postgres(postgres::Transaction::new(pool.lend().await?)))
            }
        };
        Ok(InTransaction::new(backend, link))
    }
}

/// A transaction. Dropping it undoes what was done in it.
pub struct InTransaction {
    backend: Backend,
    open: Mutex<Option<Open>>,
    /// What nobody waits for.
    put_off: Cell<Vec<Change>>,
    /// Why a change that was put off came to nothing.
    refused: Cell<Option<Error>>,
}

enum Open {
    Sqlite(Turn),
    Postgres(postgres::Transaction),
    Step(Step),
}

impl InTransaction {
    fn new(backend: Backend, open: Open) -> Self {
        Self { backend, open: Mutex::new(Some(open)), put_off: Cell::new(Vec::new()), refused: Cell::new(None) }
    }

    /// A statement without parameters.
    pub(super) fn words(&self, sql: &str) -> Statement {
        Statement::from_string(self.backend.dialect(), sql)
    }

    /// A transaction within one that is rehearsed.
    pub(super) async fn within(rehearsal: &Rehearsal, backend: Backend) -> Result<Self> {
        Ok(Self::new(backend, Open::Step(rehearsal.step().await?)))
    }

    /// Writes a change with the next statement, or with the commit.
    pub(super) fn put_off(&self, change: Change) {
        self.put_off.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// Why a change that was put off came to nothing, if one did: that is why the transaction failed,
    /// whatever the statement behind it says.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn taken(&self) -> Vec<Change> {
        std::mem::take(&mut *self.put_off.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn told(&self, failed: Failed) -> DbErr {
        match failed {
            Failed::Statement(error) => error,
            Failed::Refused(error) => {
                // The first says why; what was tried after it fails for that.
                self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                DbErr::Custom("a change that had been put off was refused".to_owned())
            }
        }
    }

    /// Writes what was put off and these, and ends the transaction.
    pub(super) async fn commit(&self, more: Vec<Change>) -> Result<()> {
        let mut changes = self.taken();
        changes.extend(more);
        match self.open.lock().await.take() {
            Some(Open::Sqlite(turn)) => turn.commit(changes).await,
            Some(Open::Postgres(transaction)) => transaction.commit(changes).await,
            Some(Open::Step(step)) => step.keep(changes).await,
            None => Err(ended().into()),
        }
    }

    /// Undoes what was done, and ends the transaction.
    pub(super) async fn rollback(&self) -> Result<()> {
        match self.open.lock().await.take() {
            Some(Open::Sqlite(turn)) => turn.rollback().await,
            Some(Open::Postgres(transaction)) => transaction.rollback().await,
            Some(Open::Step(step)) => step.undo().await,
            None => Ok(()),
        }
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the transaction has ended".to_owned())
}

macro_rules! ask {
    ($self:ident, $method:ident, $statement:ident $(, $more:ident)?) => {{
        let before = $self.taken();
        let done = match &mut *$self.open.lock().await {
            Some(Open::Sqlite(turn)) => turn.$method($statement, before $(, $more)?).await,
            Some(Open::Postgres(transaction)) => transaction.$method($statement, before $(, $more)?).await,
            Some(Open::Step(step)) => step.$method($statement, before $(, $more)?).await,
            None => Err(Failed::Statement(ended())),
        };
        done.map_err(|failed| $self.told(failed))
    }};
}

impl Ask for InTransaction {
    async fn ask(&self, statement: Statement, first: bool) -> Answer<Vec<Row>> {
        ask!(self, rows, statement, first)
    }

    async fn run(&self, statement: Statement) -> Answer<u64> {
        ask!(self, run, statement)
    }
}
