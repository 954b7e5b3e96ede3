//! Raw statements, for the paths that every request takes and for what sea-orm's builder cannot say.
//!
//! Parameters are `$1`, `$2`, … on both databases.

use rusqlite::types::Value as Cell;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};

use super::near::Cells;
use super::{Change, Scope, Tx};
use crate::fault::{Error, Result};

/// A row, read by position.
pub struct Row(Read);

enum Read {
    /// By the driver.
    Driver(QueryResult),
    /// On the thread that asked.
    Near(Cells),
}

/// What a column can be read as.
pub trait Column: TryGetable {
    /// It, of what SQLite holds.
    #[doc(hidden)]
    fn of(cell: &Cell) -> Option<Self>;
}

macro_rules! columns {
    ($($kind:ty: $($pattern:pat => $value:expr),+;)*) => {$(
        impl Column for $kind {
            fn of(cell: &Cell) -> Option<Self> {
                match cell {
                    $($pattern => Some($value),)+
                    _ => None,
                }
            }
        }
    )*};
}

columns! {
    String: Cell::Text(text) => text.clone();
    i64: Cell::Integer(number) => *number;
    i32: Cell::Integer(number) => i32::try_from(*number).ok()?;
    bool: Cell::Integer(number) => *number != 0;
    f64: Cell::Real(number) => *number;
    Vec<u8>: Cell::Blob(bytes) => bytes.clone();
}

impl<T: Column> Column for Option<T> {
    fn of(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::of(cell).map(Some),
        }
    }
}

impl Row {
    /// The value in a column, counted from 0.
    ///
    /// # Errors
    /// Internal, if the column is missing or of another type.
    pub fn get<T: Column>(&self, column: usize) -> Result<T> {
        match &self.0 {
            Read::Driver(row) => Ok(row.try_get_by_index(column)?),
            Read::Near(cells) => cells.get(column).and_then(T::of).ok_or_else(|| {
                Error::internal(format!("column {column} is missing or no {}", std::any::type_name::<T>()))
            }),
        }
    }
}

fn statement(db: &impl Scope, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Statement {
    let sql = sql.into();
    let sql = if db.ctx().staged { staged(&sql) } else { sql };
    Statement::from_sql_and_values(db.conn().get_database_backend(), sql, values)
}

/// The tables of a directory's resources, of each of which there is a staged one.
const STAGED: [&str; 5] =
    ["directory_users", "directory_user_emails", "directory_groups", "directory_group_members", "directory_counts"];

/// The statement on the staged tables instead.
fn staged(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for table in STAGED {
        if sql.contains(table) {
            sql = sql.replace(table, &format!("staged_{table}"));
        }
    }
    sql
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
    let statement = statement(db, sql, values);
    if let Some(rows) = at_once(db, &statement, true) {
        return Ok(rows.into_iter().next().map(|cells| Row(Read::Near(cells))));
    }
    let conn = db.conn();
    Ok(conn.query_one_raw(statement).await?.map(|row| Row(Read::Driver(row))))
}

/// All rows. The statement bounds how many.
///
/// # Errors
/// Those of the database.
pub async fn all(db: &impl Scope, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Result<Vec<Row>> {
    let statement = statement(db, sql, values);
    if let Some(rows) = at_once(db, &statement, false) {
        return Ok(rows.into_iter().map(|cells| Row(Read::Near(cells))).collect());
    }
    let conn = db.conn();
    Ok(conn.query_all_raw(statement).await?.into_iter().map(|row| Row(Read::Driver(row))).collect())
}

/// The rows of a small read, where those are made at once.
fn at_once(db: &impl Scope, statement: &Statement, first: bool) -> Option<Vec<Cells>> {
    let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
    db.near()?.ask(&statement.sql, values, first)
}

/// How many rows a change touched.
///
/// # Errors
/// Those of the database.
pub async fn run(db: &impl Scope, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    let conn = db.conn();
    Ok(conn.execute_raw(statement(db, sql, values)).await?.rows_affected())
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
pub fn later(tx: &Tx, mut change: Change) {
    if tx.ctx().staged {
        change.sql = staged(&change.sql).into();
    }
    tx.raw().put_off(change);
}

#[cfg(test)]
mod tests {
    use super::staged;

    #[test]
    fn staged_statements_name_staged_tables_and_no_others() {
        let sql = "SELECT u.id FROM directory_users u JOIN directories d ON d.id = u.directory_id
             WHERE EXISTS (SELECT 1 FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id)
               AND EXISTS (SELECT 1 FROM directory_user_emails e WHERE e.directory_user_id = u.id)
               AND NOT EXISTS (SELECT 1 FROM directory_rule_groups)";
        assert_eq!(
            staged(sql),
            "SELECT u.id FROM staged_directory_users u JOIN directories d ON d.id = u.directory_id
             WHERE EXISTS (SELECT 1 FROM staged_directory_group_members m JOIN staged_directory_groups g ON g.id = m.group_id)
               AND EXISTS (SELECT 1 FROM staged_directory_user_emails e WHERE e.directory_user_id = u.id)
               AND NOT EXISTS (SELECT 1 FROM directory_rule_groups)"
        );
    }
}
