//! The connections behind a [`Scope`](super::Scope): what sea-orm and our own statements speak to.

use std::sync::{Arc, Mutex as Cell, PoisonError};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::Mutex;

use super::Near;
use super::deferred::{Change, Failed};
use super::pool::Pool;
use super::rehearsal::{Rehearsal, Step};
use super::sqlite::{Turn, Writer};
use super::{Backend, postgres};
use crate::fault::{Error, Result};

fn dialect(backend: Backend) -> DbBackend {
    match backend {
        Backend::Sqlite => DbBackend::Sqlite,
        Backend::Postgres => DbBackend::Postgres,
    }
}

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

#[async_trait::async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(reading) => reading.pool.lend().await?.run(statement).await,
            Self::Postgres(pool) => pool.0.lend().await?.run(statement).await,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(reading) => reading.pool.lend().await?.one(statement).await,
            Self::Postgres(pool) => pool.0.lend().await?.one(statement).await,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(reading) => reading.pool.lend().await?.all(statement).await,
            Self::Postgres(pool) => pool.0.lend().await?.all(statement).await,
            Self::Rehearsed(rehearsal) => rehearsal.transaction().query_all_raw(statement).await,
        }
    }
}

/// Writes beside a transaction: each statement is one of its own. Nothing that anybody is told of is
/// written so.
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

#[async_trait::async_trait]
impl ConnectionTrait for Writing {
    fn get_database_backend(&self) -> DbBackend {
        match &self.from {
            Source::Sqlite(_) => DbBackend::Sqlite,
            Source::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        let alone = self.begin(true).await.map_err(custom)?;
        let done = alone.execute_raw(statement).await?;
        alone.commit(Vec::new()).await.map_err(custom)?;
        Ok(done)
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        let alone = self.begin(true).await.map_err(custom)?;
        let row = alone.query_one_raw(statement).await?;
        alone.commit(Vec::new()).await.map_err(custom)?;
        Ok(row)
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        let alone = self.begin(true).await.map_err(custom)?;
        let rows = alone.query_all_raw(statement).await?;
        alone.commit(Vec::new()).await.map_err(custom)?;
        Ok(rows)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn custom(error: Error) -> DbErr {
    DbErr::Custom(error.to_string())
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
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
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
    ($self:ident, $method:ident, $statement:ident) => {{
        let before = $self.taken();
        let done = match &mut *$self.open.lock().await {
            Some(Open::Sqlite(turn)) => turn.$method($statement, before).await,
            Some(Open::Postgres(transaction)) => transaction.$method($statement, before).await,
            Some(Open::Step(step)) => step.$method($statement, before).await,
            None => Err(Failed::Statement(ended())),
        };
        done.map_err(|failed| $self.told(failed))
    }};
}

#[async_trait::async_trait]
impl ConnectionTrait for InTransaction {
    fn get_database_backend(&self) -> DbBackend {
        dialect(self.backend)
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        ask!(self, run, statement)
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        ask!(self, one, statement)
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        ask!(self, all, statement)
    }
}
