//! The only file of the core that tells SQLite from PostgreSQL.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, Statement, Value};
use serde_json::{Value as Json, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Semaphore;

use super::conn::{ReadingPostgres, ReadingSqlite, Source};
use super::engine::CACHE;
use super::link::{Link as _, conn_error, driver_error, is_lost};
use super::near::Near;
use super::pool::{PATIENCE, Pool};
use super::sqlite::Writer;
use super::{Ask as _, Change, Db, InTransaction, Reading, Turns, Tx, Writing};
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

impl Backend {
    /// The same in the words of sea-orm.
    pub(super) const fn dialect(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// Whether the way to the rows follows from what was counted of a table, rather than from its indexes.
    pub(crate) const fn plans_by_statistics(self) -> bool {
        matches!(self, Self::Postgres)
    }

    /// Whether whoever writes holds up all others who do.
    pub(crate) const fn writes_by_turns(self) -> bool {
        matches!(self, Self::Sqlite)
    }
}

/// How many connections may wait on disk or network at once.
const READERS: usize = 4;
const POSTGRES_CONNECTIONS: usize = 16;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 512;
/// After how long a file that was busy is tried again.
const AGAIN: Duration = Duration::from_millis(20);
/// So few rows are read as fast as any index, and so many are left to PostgreSQL.
const FEW_ROWS: f32 = 100.0;
const LARGE_TABLE: f32 = 50_000.0;
/// The connection of migrations rests after them.
const MIGRATED: Duration = Duration::from_secs(1);

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
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Error::internal("SQLite keeps its data in a file: name one in the database URL"));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(Error::internal)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", CACHE.to_string())
        .pragma("temp_store", "memory")
        .pragma("secure_delete", "1");
    let writer = writer(&options).await?;
    let migrations = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .idle_timeout(MIGRATED)
        .connect_lazy_with(options.clone());
    let near = Arc::new(Near::new(options.get_filename()));
    let pool = Pool::new(options.pragma("query_only", "1"), READERS, false);
    Ok(Db {
        backend: Backend::Sqlite,
        writer: Writing { from: Source::Sqlite(writer) },
        reader: Reading::Sqlite(ReadingSqlite { pool, near }),
        rehearsals: Arc::new(Semaphore::new(1)),
        turns: Turns::default(),
        migrations: DatabaseConnection::from(migrations),
    })
}

/// Makes the file if there is none, brings it to write ahead, and opens the connection that writes. While another process
/// does the same, or closes its last connection, SQLite may refuse without waiting.
async fn writer(options: &SqliteConnectOptions) -> Result<Arc<Writer>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let opened = async {
            let first = SqliteConnection::open(options).await.map_err(conn_error)?;
            let writer = Writer::open(options.get_filename())?;
            first.close().await.map_err(conn_error)?;
            Ok::<_, DbErr>(writer)
        };
        match opened.await {
            Err(error) if is_transient(&error) && Instant::now() < until => tokio::time::sleep(AGAIN).await,
            opened => return Ok(opened?),
        }
    }
}

async fn postgres(url: &str) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)
        .map_err(Error::internal)?
        .application_name("portico")
        .statement_cache_capacity(STATEMENTS)
        .options([("default_transaction_isolation", "read committed")]);
    // A replica that has lost its power in mid-transaction leaves its locks: nobody waits for them for ever.
    let lent = options.clone().options([("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "60s")]);
    let pool = Pool::new(lent, POSTGRES_CONNECTIONS, true);
    // Opened at once: whether the database can be reached is known before anything else is.
    drop(pool.lend().await?);
    let migrations = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(PATIENCE)
        .idle_timeout(MIGRATED)
        .connect_lazy_with(options);
    Ok(Db {
        backend: Backend::Postgres,
        writer: Writing { from: Source::Postgres(pool.clone()) },
        reader: Reading::Postgres(ReadingPostgres(pool)),
        rehearsals: Arc::new(Semaphore::new(1)),
        turns: Turns::default(),
        migrations: DatabaseConnection::from(migrations),
    })
}

/// What locks the rows that a `SELECT` finds until the transaction ends. SQLite's single writer holds
/// everything already.
pub(crate) const fn lock_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR UPDATE",
    }
}

pub(crate) const fn share_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR SHARE",
    }
}

/// The same as [`lock_clause`], but others may rely on it meanwhile that the rows stay (see [`keep_clause`]).
pub(crate) const fn change_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR NO KEY UPDATE",
    }
}

/// What keeps the rows found by a `SELECT` from being deleted until the transaction ends, and nothing else.
pub(crate) const fn keep_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR KEY SHARE",
    }
}

/// The same as [`keep_clause`], of those rows that nobody is about to delete.
pub(crate) const fn keep_if_free_clause(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "",
        Backend::Postgres => " FOR KEY SHARE SKIP LOCKED",
    }
}

/// Whether the same transaction may succeed if it is tried again: deadlock (40P01), serialization
/// failure (40001), busy (5) or busy snapshot (517).
pub(crate) fn is_transient(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(error)) = driver_error(error) else { return false };
    error.code().is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "517" | "261"))
}

/// Whether the database has no time now: all connections are lent, or somebody holds a lock for long.
pub(crate) fn is_busy(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| matches!(code.as_ref(), "55P03" | "5")),
        _ => matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
    }
}

/// Whether the database cannot be written to or reached, for longer than a moment. SQLite: the disk is full (13), broken (10), or
/// the file is not to be written to (8) or gone (14). PostgreSQL: it has no room or no connection left (class 53), only reads
/// (25006), starts or ends (class 57P), or does not answer.
pub(crate) fn refuses(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| match code.parse::<u32>() {
            // The codes of PostgreSQL have five places, those of SQLite say more in their higher bits.
            Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 8 | 10 | 13 | 14),
            _ => code.starts_with("53") || code.starts_with("57P") || code == "25006",
        }),
        _ => is_lost(error),
    }
}

/// What would write and changes nothing: refused by a database that may only be read.
pub(crate) const fn probe(backend: Backend) -> &'static str {
    match backend {
        // A number in the head of the file that nobody else uses.
        Backend::Sqlite => "PRAGMA user_version = 0",
        Backend::Postgres => "DELETE FROM users WHERE 1 = 0",
    }
}

/// The statements that insert the events of a transaction. On SQLite the sequence is the order in which they
/// are read. On PostgreSQL a row remembers its transaction, and gets its position from [`publish_events`] once
/// no open transaction can still come before it.
pub(super) fn insert_events(backend: Backend, events: Vec<Recorded>) -> Vec<Change> {
    use std::fmt::Write as _;
    const COLUMNS: usize = 11;
    const ROWS: usize = 500;
    if backend == Backend::Sqlite && events.len() > FEW_EVENTS {
        return events.chunks(MANY_EVENTS).map(insert_many_events).collect();
    }
    let transaction = match backend {
        Backend::Sqlite => "0",
        Backend::Postgres => "pg_current_xact_id()::text::bigint",
    };
    let mut statements = Vec::with_capacity(events.len().div_ceil(ROWS));
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let mut sql = String::with_capacity(512);
        sql.push_str(
            "INSERT INTO events (id, kind, organization_id, subject, payload, actor, request_id, created_at, ip, user_agent, audited, transaction_id) VALUES ",
        );
        let mut values: Vec<Value> = Vec::with_capacity(3 * COLUMNS);
        for (row, event) in events.by_ref().take(ROWS).enumerate() {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 1..=COLUMNS {
                let _ = write!(sql, "${}, ", row * COLUMNS + column);
            }
            let _ = write!(sql, "{transaction})");
            values.extend::<[Value; COLUMNS]>([
                event.id.into(),
                event.kind.into(),
                event.organization_id.into(),
                event.subject.into(),
                event.payload.into(),
                event.actor.into(),
                event.request_id.into(),
                event.created_at.into(),
                event.ip.into(),
                event.user_agent.into(),
                event.audited.into(),
            ]);
        }
        statements.push(Change::new(sql, values));
    }
    statements
}

/// From how many events on SQLite gets them as one parameter, and how many of them are.
const FEW_EVENTS: usize = 16;
const MANY_EVENTS: usize = 1000;

/// Many events as one parameter: SQLite finds each of thousands of parameters by going through all of them.
fn insert_many_events(events: &[Recorded]) -> Change {
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            json!([
                event.id,
                event.kind,
                event.organization_id,
                event.subject,
                event.payload,
                event.actor,
                event.request_id,
                event.created_at.millis(),
                event.ip,
                event.user_agent,
                event.audited,
            ])
        })
        .collect();
    Change::new(
        "INSERT INTO events (id, kind, organization_id, subject, payload, actor, request_id, created_at, ip, user_agent, audited, transaction_id)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9,
                value ->> 10, 0
         FROM json_each($1) ORDER BY key",
        [Json::from(rows).to_string().into()],
    )
}

/// Whether a column is among the texts of a parameter that is a JSON list: any number of them is one parameter. On
/// PostgreSQL the list is made first, so that it is looked up in an index whatever is known of the table.
pub(crate) fn among(backend: Backend, place: usize) -> String {
    match backend {
        Backend::Sqlite => format!("IN (SELECT value FROM json_each(${place}))"),
        Backend::Postgres => format!("= ANY (ARRAY(SELECT json_array_elements_text(${place}::json)))"),
    }
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
pub(crate) async fn publish_events(conn: &InTransaction, backend: Backend) -> Result<()> {
    if backend == Backend::Sqlite {
        return Ok(());
    }
    // Any number will do that nothing else here locks.
    let say = |sql: &str| conn.run(Statement::from_string(backend.dialect(), sql));
    say("SELECT pg_advisory_xact_lock(7226004001)").await?;
    say("WITH ready AS (
             SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM events
             WHERE position IS NULL AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
         ), base AS (SELECT COALESCE(MAX(position), 0) AS top FROM events)
         UPDATE events SET position = base.top + ready.place FROM ready, base WHERE events.sequence = ready.sequence")
    .await?;
    Ok(())
}

/// Has PostgreSQL count anew one table that has outgrown what is known of it: where nothing is known, all indexes of a
/// directory look alike, and each look at one of its people would read all of them. Its own upkeep sees to it after a minute,
/// in which a first synchronization brings many thousands; from 50,000 rows on it is left to it. Whether there was one.
pub(crate) async fn refresh_statistics(tx: &Tx) -> Result<bool> {
    // One replica at a time; who may not count a table would be told so again and again.
    let outgrown = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
        WHERE s.schemaname = ANY (current_schemas(false)) AND pg_has_role(c.relowner, 'USAGE')
          AND c.reltuples < $1 AND s.n_mod_since_analyze > $2 + 4 * GREATEST(c.reltuples, 0)
          AND pg_try_advisory_xact_lock(7226004002)
        ORDER BY s.n_mod_since_analyze DESC LIMIT 1";
    let Some(row) = super::one(tx, outgrown, [LARGE_TABLE.into(), FEW_ROWS.into()]).await? else { return Ok(false) };
    let table: String = row.get(0)?;
    // The name is quoted already, where it must be.
    super::run(tx, format!("ANALYZE (SKIP_LOCKED) {table}"), []).await?;
    Ok(true)
}
