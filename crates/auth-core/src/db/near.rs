//! Small reads of SQLite, on the thread that asks.
//!
//! The driver has a thread for each connection: to hand a statement to it, and the rows back, wakes two threads, which costs more
//! than most statements themselves. What is found by an index is read here at once. A statement has a budget of steps of
//! SQLite's machine; one that needs more is given up, and asked of the driver, where it holds up nobody. Which ones were given
//! up is remembered for a while.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use sea_orm::Value;

/// How many steps a statement may take here: some tens of microseconds.
const BUDGET: u32 = 4_000;
/// After how many steps they are counted.
const STRIDE: u32 = 500;
/// How many rows may be taken here, more than what is read of one thing.
const ROWS: usize = 64;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;
/// How often a statement that was given up is not tried here, and among how many places statements are told apart.
const RESTS: u8 = 200;
const PLACES: usize = 1024;

/// Connections that are used where they are.
pub struct Near {
    path: PathBuf,
    free: Mutex<Vec<Open>>,
    closed: AtomicBool,
    /// How often the statements at a place are not to be tried, by their hash.
    resting: Box<[AtomicU8]>,
}

struct Open {
    connection: Connection,
    /// How many strides the statement may still make.
    left: Arc<AtomicU32>,
}

/// A row as it was read.
pub(super) type Cells = Vec<Cell>;

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Near").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Near {
    pub(super) fn new(path: &Path) -> Self {
        let resting = std::iter::repeat_with(AtomicU8::default).take(PLACES).collect();
        Self { path: path.to_owned(), free: Mutex::default(), closed: AtomicBool::new(false), resting }
    }

    /// The first row that a statement gives, or all. `None` if it is to be asked elsewhere: it takes too long for here, or something
    /// is wrong with it, or with the database.
    pub(super) fn ask(&self, sql: &str, values: &[Value], first: bool) -> Option<Vec<Cells>> {
        let resting = &self.resting[place(sql)];
        let rests = resting.load(Ordering::Relaxed);
        if rests > 0 {
            resting.store(rests - 1, Ordering::Relaxed);
            return None;
        }
        let open = self.lend()?;
        open.left.store(BUDGET / STRIDE, Ordering::Relaxed);
        let rows = read(&open.connection, sql, values, first).ok().flatten();
        match &rows {
            // As the driver says it.
            Some(rows) => {
                let rows_returned = rows.len() as u64;
                tracing::event!(target: "sqlx::query", tracing::Level::DEBUG, db.statement = sql, rows_returned);
            }
            None => resting.store(RESTS, Ordering::Relaxed),
        }
        if !self.closed.load(Ordering::Acquire) {
            self.free().push(open);
        }
        rows
    }

    /// Closes the connections.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.free().clear();
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Open>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Option<Open> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let free = self.free().pop();
        free.or_else(|| open(&self.path).ok())
    }
}

fn open(path: &Path) -> rusqlite::Result<Open> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Nobody waits here for a lock: the driver does.
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -16384)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    let left = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&left);
    let ends = move || counts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err();
    connection.progress_handler(i32::try_from(STRIDE).unwrap_or(i32::MAX), Some(ends))?;
    Ok(Open { connection, left })
}

fn read(connection: &Connection, sql: &str, values: &[Value], first: bool) -> rusqlite::Result<Option<Vec<Cells>>> {
    let mut statement = connection.prepare_cached(sql)?;
    for index in 1..=statement.parameter_count() {
        // `$2` is a name, which SQLite counts by where it comes first.
        let number = statement.parameter_name(index).and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(index);
        let Some(value) = values.get(number - 1).and_then(parameter) else { return Ok(None) };
        statement.raw_bind_parameter(index, value)?;
    }
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        if read.len() == ROWS {
            return Ok(None);
        }
        let cell = |column| row.get_ref(column).map(cell);
        read.push((0..columns).map(cell).collect::<rusqlite::Result<Cells>>()?);
        if first {
            break;
        }
    }
    Ok(Some(read))
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        // The database holds what was checked to be UTF-8 on its way in.
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

/// A value as it is bound; `None` for what no statement here has.
fn parameter(value: &Value) -> Option<Parameter<'_>> {
    Some(Parameter(match value {
        Value::String(text) => text.as_ref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
        Value::Bytes(bytes) => bytes.as_ref().map_or(ValueRef::Null, |bytes| ValueRef::Blob(bytes)),
        Value::BigInt(number) => number.map_or(ValueRef::Null, ValueRef::Integer),
        Value::Int(number) => number.map_or(ValueRef::Null, |number| ValueRef::Integer(number.into())),
        Value::Bool(is) => is.map_or(ValueRef::Null, |is| ValueRef::Integer(is.into())),
        Value::Double(number) => number.map_or(ValueRef::Null, ValueRef::Real),
        _ => return None,
    }))
}

struct Parameter<'v>(ValueRef<'v>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(self.0))
    }
}

/// The place of a statement, by its length and its end, in which those that look alike differ most.
fn place(sql: &str) -> usize {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = sql.as_bytes().iter().step_by(3).fold(sql.len() as u64, step);
    usize::try_from((hash ^ hash >> 32) % PLACES as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> (tempfile::TempDir, Near) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("near.db");
        let connection = Connection::open(&path).unwrap();
        let table = "PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO t SELECT i, 'name ' || i, x'00ff' FROM n";
        connection.execute_batch(table).unwrap();
        (folder, Near::new(&path))
    }

    #[test]
    fn parameters_are_bound_by_their_numbers() {
        let (_folder, near) = filled();
        let sql = "SELECT id, name, bytes, $3 FROM t WHERE name = $2 AND id = $1 AND $2 <> ''";
        let rows = near.ask(sql, &[7_i64.into(), "name 7".into(), None::<String>.into()], true).unwrap();
        assert_eq!(
            rows,
            [vec![Cell::Integer(7), Cell::Text("name 7".to_owned()), Cell::Blob(vec![0, 255]), Cell::Null]]
        );
        assert!(near.ask(sql, &[7_i64.into(), "name 8".into(), None::<String>.into()], true).unwrap().is_empty());
    }

    #[test]
    fn what_takes_long_is_asked_elsewhere_and_for_a_while_not_tried() {
        let (_folder, near) = filled();
        let scan = "SELECT COUNT(*) FROM t WHERE name LIKE '%9%'";
        assert!(near.ask(scan, &[], true).is_none());
        // What is small is still read here, however often.
        for id in 1..=200_i64 {
            let rows = near.ask("SELECT name FROM t WHERE id = $1", &[id.into()], false).unwrap();
            assert_eq!(rows, [vec![Cell::Text(format!("name {id}"))]]);
        }
        assert_eq!(near.resting[place(scan)].load(Ordering::Relaxed), RESTS);
        assert!(near.ask(scan, &[], true).is_none());
        assert_eq!(near.resting[place(scan)].load(Ordering::Relaxed), RESTS - 1);
        assert!(near.ask("SELECT id FROM t", &[], false).is_none(), "more rows than are taken here");
        assert_eq!(near.ask("SELECT id FROM t", &[], true), None, "it rests");
    }

    #[test]
    fn nothing_is_written_here_and_nothing_wrong_is_answered() {
        let (_folder, near) = filled();
        for sql in ["DELETE FROM t WHERE id = 1 RETURNING id", "SELECT nothing FROM t", "SELECT 1 FROM elsewhere"] {
            assert!(near.ask(sql, &[], true).is_none(), "{sql}");
        }
        assert!(near.ask("SELECT name FROM t WHERE id = $1", &[], true).is_none(), "a parameter is missing");
        near.close();
        assert!(near.ask("SELECT 1", &[], true).is_none());
    }
}
