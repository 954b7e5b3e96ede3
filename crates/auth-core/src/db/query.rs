//! Raw statements, for the paths that every request takes and for what sea-orm's builder cannot say.
//!
//! Parameters are `$1`, `$2`, … on both databases.

use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};

use super::{Change, Scope, Tx};
use crate::fault::Result;

/// A row, read by position.
pub struct Row(QueryResult);

impl Row {
    /// The value in a column, counted from 0.
    ///
    /// # Errors
    /// Internal, if the column is missing or of another type.
    pub fn get<T: TryGetable>(&self, column: usize) -> Result<T> {
        Ok(self.0.try_get_by_index(column)?)
    }
}

fn statement(
    conn: &impl ConnectionTrait,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values)
}

/// The first row, if there is one.
///
/// # Errors
/// Those of the database.
pub async fn one(
    db: &impl Scope,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<Row>> {
    let conn = db.conn();
    Ok(conn.query_one_raw(statement(conn, sql, values)).await?.map(Row))
}

/// All rows. The statement bounds how many.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &impl Scope, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Result<Vec<Row>> {
    let conn = db.conn();
    Ok(conn.query_all_raw(statement(conn, sql, values)).await?.into_iter().map(Row).collect())
}

/// How many rows a change touched.
///
/// # Errors
/// Those of the database.
pub async fn run(db: &impl Scope, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    let conn = db.conn();
    Ok(conn.execute_raw(statement(conn, sql, values)).await?.rows_affected())
}

/// How many rows a change touched, made at once; for what is elsewhere made [`later`].
///
/// # Errors
/// Those of the database.
pub async fn carry_out(tx: &Tx, change: Change) -> Result<u64> {
    run(tx, change.sql, change.values).await
}

/// A change that nobody waits for: it goes to the database with the next statement of the transaction, at the
/// latest with its commit. What a refused unique index means is said with the [`Change`]; the transaction fails
/// with it, whatever becomes of the statement that went with it.
pub fn later(tx: &Tx, change: Change) {
    tx.raw().put_off(change);
}
