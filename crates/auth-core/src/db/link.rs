//! A connection of either database, and statements on it. Values go over as they are, without a copy.

use std::fmt::Display;
use std::sync::Arc;

use sea_orm::{DbErr, QueryResult, RuntimeErr, Statement, Value};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Connection as _, Encode, Executor as _, Type};

/// A connection, and what one does with it.
pub(super) trait Link: Sized + Send + 'static {
    /// How to open one.
    type Options: Clone + Send + Sync;
    /// Opens one.
    fn open(options: &Self::Options) -> impl Future<Output = sqlx::Result<Self>> + Send;
    /// Waits until it has done what was asked of it before, and sees that it still answers.
    fn ping(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send;
    /// Waits for what is under way, and leaves a transaction that was not ended.
    fn leave(&mut self) -> impl Future<Output = sqlx::Result<()>> + Send;
    /// Ends it in good order.
    fn close(self) -> impl Future<Output = sqlx::Result<()>> + Send;
    /// The first row.
    fn one(&mut self, statement: Statement) -> impl Future<Output = Result<Option<QueryResult>, DbErr>> + Send;
    /// All rows.
    fn all(&mut self, statement: Statement) -> impl Future<Output = Result<Vec<QueryResult>, DbErr>> + Send;
    /// How many rows were changed.
    fn run(&mut self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;
}

macro_rules! link {
    ($connection:ty, $options:ty, $arguments:ty, $leave:expr) => {
        impl Link for $connection {
            type Options = $options;

            async fn open(options: &Self::Options) -> sqlx::Result<Self> {
                Self::connect_with(options).await
            }

            async fn ping(&mut self) -> sqlx::Result<()> {
                sqlx::Connection::ping(self).await
            }

            async fn leave(&mut self) -> sqlx::Result<()> {
                sqlx::Connection::ping(self).await?;
                if let Some(sql) = $leave {
                    self.execute(sql).await?;
                }
                Ok(())
            }

            async fn close(self) -> sqlx::Result<()> {
                sqlx::Connection::close(self).await
            }

            async fn one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                let row = match arguments::<$arguments>(statement.values)? {
                    Some(values) => self.fetch_optional(sqlx::query_with(AssertSqlSafe(statement.sql), values)).await,
                    None => self.fetch_optional(AssertSqlSafe(statement.sql)).await,
                };
                row.map(|row| row.map(QueryResult::from)).map_err(query_error)
            }

            async fn all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                let rows = match arguments::<$arguments>(statement.values)? {
                    Some(values) => self.fetch_all(sqlx::query_with(AssertSqlSafe(statement.sql), values)).await,
                    None => self.fetch_all(AssertSqlSafe(statement.sql)).await,
                };
                rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(query_error)
            }

            async fn run(&mut self, statement: Statement) -> Result<u64, DbErr> {
                let done = match arguments::<$arguments>(statement.values)? {
                    Some(values) => self.execute(sqlx::query_with(AssertSqlSafe(statement.sql), values)).await,
                    None => self.execute(AssertSqlSafe(statement.sql)).await,
                };
                done.map(|done| done.rows_affected()).map_err(exec_error)
            }
        }
    };
}

// SQLite's connections that are lent do not write.
link!(SqliteConnection, SqliteConnectOptions, SqliteArguments, None::<&'static str>);
link!(PgConnection, PgConnectOptions, PgArguments, Some("ROLLBACK"));

pub(super) fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(super) fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(super) fn conn_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

/// What the driver said.
pub(super) fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// Whether a unique index refused a row.
pub(crate) fn is_conflict(error: &DbErr) -> bool {
    matches!(driver_error(error), Some(sqlx::Error::Database(error)) if error.is_unique_violation())
}

/// Whether a foreign key refused a change.
pub(crate) fn is_dangling(error: &DbErr) -> bool {
    matches!(driver_error(error), Some(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
}

/// Whether the connection itself failed, and not only what was asked of it.
pub(super) fn is_lost(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed) => true,
        // The server ends its connections (class 57P): it is shut down, or somebody wants to be rid of them.
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// The values of a statement, as the driver takes them.
fn arguments<A: Arguments + Default>(values: Option<sea_orm::Values>) -> Result<Option<A>, DbErr>
where
    for<'q> Option<bool>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<i16>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<i32>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<i64>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<f64>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<String>: Encode<'q, A::Database> + Type<A::Database>,
    for<'q> Option<Vec<u8>>: Encode<'q, A::Database> + Type<A::Database>,
{
    let Some(values) = values else { return Ok(None) };
    let mut arguments = A::default();
    arguments.reserve(values.0.len(), values.0.len() * 32);
    for value in values.0 {
        let added = match value {
            Value::String(value) => arguments.add(value),
            Value::BigInt(value) => arguments.add(value),
            Value::Bool(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::SmallInt(value) => arguments.add(value),
            Value::TinyInt(value) => arguments.add(value.map(i16::from)),
            Value::Unsigned(value) => arguments.add(value.map(i64::from)),
            Value::SmallUnsigned(value) => arguments.add(value.map(i32::from)),
            Value::TinyUnsigned(value) => arguments.add(value.map(i16::from)),
            Value::BigUnsigned(value) => arguments.add(value.map(|n| i64::try_from(n).unwrap_or(i64::MAX))),
            Value::Double(value) => arguments.add(value),
            Value::Float(value) => arguments.add(value.map(f64::from)),
            Value::Char(value) => arguments.add(value.map(String::from)),
            Value::Bytes(value) => arguments.add(value),
            other => return Err(DbErr::Type(format!("no statement here has a value such as {other:?}"))),
        };
        added.map_err(|error| value_error(&error))?;
    }
    Ok(Some(arguments))
}

fn value_error(error: &impl Display) -> DbErr {
    DbErr::Type(format!("a value cannot be sent: {error}"))
}
