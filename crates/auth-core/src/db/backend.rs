//! The only file of the core that tells SQLite from PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Db;
use crate::fault::{Error, Result};
use crate::outbox::Recorded;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL 15 or newer.
    Postgres,
}

/// How many connections may wait on disk or network at once.
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long to wait for a connection or a lock before the request is refused.
const PATIENCE: Duration = Duration::from_secs(5);
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 512;

/// Connects to `sqlite://path?mode=rwc` or `postgres://…`.
///
/// # Errors
/// If the URL is neither, or the database cannot be reached.
pub async fn connect(url: &str) -> Result<Db> {
    if url.starts_with("sqlite:") {
        sqlite(url).await
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        postgres(url).await
    } else {
        Err(Error::internal("the database URL must begin with sqlite:// or postgres://"))
    }
}

async fn sqlite(url: &str) -> Result<Db> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(Error::internal)?
        .journal_mode(SqliteJournalMode::Wal)
        // What was answered survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "memory");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await
        .map_err(Error::internal)?;
    let reader = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options.pragma("query_only", "1"))
        .await
        .map_err(Error::internal)?;
    Ok(Db {
        backend: Backend::Sqlite,
        writer: DatabaseConnection::from(writer),
        reader: DatabaseConnection::from(reader),
    })
}

async fn postgres(url: &str) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)
        .map_err(Error::internal)?
        .application_name("portico")
        .statement_cache_capacity(STATEMENTS);
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(Error::internal)?;
    let connection = DatabaseConnection::from(pool);
    Ok(Db { backend: Backend::Postgres, writer: connection.clone(), reader: connection })
}

impl Db {
    /// Begins a transaction that will write. SQLite takes the write lock at once, so that a
    /// transaction that has read never finds the database changed beneath it.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}

/// What locks the rows that a `SELECT` finds until the transaction ends. SQLite's single writer holds
/// everything already.
pub(crate) const fn lock_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE",
    }
}

/// Whether the same transaction may succeed if it is tried again: deadlock (40P01), serialization
/// failure (40001), busy (5) or busy snapshot (517).
pub(crate) fn is_transient(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    matches!(&**error, sqlx::Error::Database(e)
        if e.code().is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "517" | "261")))
}

/// Inserts the events of a transaction. On SQLite the sequence is the order in which they are read.
/// On PostgreSQL a row remembers its transaction, and gets its position from [`publish_events`] once
/// no open transaction can still come before it.
pub(crate) async fn insert_events(conn: &DatabaseTransaction, backend: Backend, events: &[Recorded]) -> Result<()> {
    const COLUMNS: usize = 8;
    let transaction = match backend {
        Backend::Sqlite => "0",
        Backend::Postgres => "pg_current_xact_id()::text::bigint",
    };
    for chunk in events.chunks(500) {
        let mut sql = String::from(
            "INSERT INTO events (id, kind, organization_id, subject, payload, actor, request_id, created_at, transaction_id) VALUES ",
        );
        let mut values = Vec::with_capacity(chunk.len() * COLUMNS);
        for (row, event) in chunk.iter().enumerate() {
            use std::fmt::Write as _;
            let n = row * COLUMNS;
            let comma = if row == 0 { "" } else { ", " };
            let _ = write!(
                sql,
                "{comma}(${}, ${}, ${}, ${}, ${}, ${}, ${}, ${}, {transaction})",
                n + 1,
                n + 2,
                n + 3,
                n + 4,
                n + 5,
                n + 6,
                n + 7,
                n + 8
            );
            values.extend::<[Value; COLUMNS]>([
                event.id.clone().into(),
                event.kind.into(),
                event.organization_id.clone().into(),
                event.subject.clone().into(),
                event.payload.clone().into(),
                event.actor.clone().into(),
                event.request_id.clone().into(),
                event.created_at.into(),
            ]);
        }
        conn.execute_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

/// The column by which published events are ordered and cursors count.
pub(crate) const fn event_order(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "sequence",
        Backend::Postgres => "position",
    }
}

/// Gives positions to the events that no open transaction can still precede. One publisher at a
/// time; the others find nothing to do. A subject's events keep their order: the later of two
/// transactions on it drew its sequence after the earlier had ended.
pub(crate) async fn publish_events(conn: &DatabaseTransaction, backend: Backend) -> Result<()> {
    if backend == Backend::Sqlite {
        return Ok(());
    }
    // Any number will do that nothing else here locks.
    conn.execute_unprepared("SELECT pg_advisory_xact_lock(7226004001)").await?;
    conn.execute_unprepared(
        "WITH ready AS (
             SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM events
             WHERE position IS NULL AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
         ), base AS (SELECT COALESCE(MAX(position), 0) AS top FROM events)
         UPDATE events SET position = base.top + ready.place FROM ready, base WHERE events.sequence = ready.sequence",
    )
    .await?;
    Ok(())
}
