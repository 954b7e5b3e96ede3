//! Raw statements, for the paths that every request takes and for what sea-orm's builder cannot say.
//!
//! Parameters are `$1`, `$2`, … on both databases.

use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};

use super::Scope;
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
