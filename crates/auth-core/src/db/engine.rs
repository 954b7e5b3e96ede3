//! SQLite itself, with no driver between: a connection, and statements on it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value as Cell, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, StatementStatus, ToSql};
use sea_orm::{DbErr, Value};
use sqlx::error::{DatabaseError, ErrorKind};

use super::link::query_error;
use super::near::{PLACES, place};
use super::parameters::numbers;
use super::pool::PATIENCE;

/// After how many steps they are counted.
const STRIDE: u32 = 500;
/// Prepared statements kept by each connection.
const READING: usize = 256;
const WRITING: usize = 512;
/// Of how many parameters SQLite is asked for the names.
const FEW: usize = 16;
/// How long a statement may be whose form is remembered.
const REMEMBERED: usize = 8 * 1024;
/// 16 MiB of pages.
pub(super) const CACHE: i64 = -16384;
/// 16 MiB: what many transactions write is carried over into the file once.
const CHECKPOINT: i64 = 4096;
/// How large the log of changes may stay, in bytes, once they are in the file: one large change must not keep its room for ever.
const LARGEST_LOG: i64 = 64 * 1024 * 1024;

/// A row as it was read.
pub(super) type Cells = Vec<Cell>;

/// What is wanted of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    First,
    Rows,
    #[default]
    Count,
}

/// How much a statement that only reads may take before it is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Steps of SQLite's machine.
    pub steps: u32,
    pub rows: usize,
    pub bytes: usize,
}

/// What a statement came to.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub rows: Vec<Cells>,
    /// How many rows it changed.
    pub changed: u64,
    /// How many steps it took.
    pub steps: u32,
}

/// A connection. Whoever has it has it alone.
pub(super) struct Engine {
    connection: Connection,
    known: RefCell<Known>,
    /// How many strides the statement may still make.
    left: Arc<AtomicU32>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// One that reads.
    pub(super) fn reading(path: &Path) -> rusqlite::Result<Self> {
        let engine = Self::open(path)?;
        engine.connection.pragma_update(None, "query_only", true)?;
        engine.connection.set_prepared_statement_cache_capacity(READING);
        Ok(engine)
    }

    /// One that writes. What was committed survives a power cut.
    pub(super) fn writing(path: &Path) -> rusqlite::Result<Self> {
        let engine = Self::open(path)?;
        engine.patience(PATIENCE);
        engine.connection.pragma_update(None, "synchronous", "full")?;
        engine.connection.pragma_update(None, "foreign_keys", true)?;
        // Who is erased is not left in pages that nobody has written to since.
        engine.connection.pragma_update(None, "secure_delete", true)?;
        engine.connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        engine.connection.pragma_update(None, "journal_size_limit", LARGEST_LOG)?;
        engine.connection.set_prepared_statement_cache_capacity(WRITING);
        engine.patience(Duration::ZERO);
        Ok(engine)
    }

    fn open(path: &Path) -> rusqlite::Result<Self> {
        // Made, and brought to write ahead, by whoever connected first.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "cache_size", CACHE)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        let left = Arc::new(AtomicU32::new(u32::MAX));
        let counts = Arc::clone(&left);
        let ends = move || match counts.load(Ordering::Relaxed) {
            0 => true,
            u32::MAX => false,
            left => {
                counts.store(left - 1, Ordering::Relaxed);
                false
            }
        };
        connection.progress_handler(i32::try_from(STRIDE).unwrap_or(i32::MAX), Some(ends))?;
        Ok(Self { connection, known: RefCell::default(), left })
    }

    /// How long to wait for a lock that another process holds. Only who may stand still waits at all.
    pub(super) fn patience(&self, patience: Duration) {
        // It fails for no connection that is open.
        let _ = self.connection.busy_timeout(patience);
    }

    /// Closes it. Who closes the last connection leaves one whole file behind.
    pub(super) fn close(self) -> rusqlite::Result<()> {
        self.connection.close().map_err(|(_, error)| error)
    }

    /// Whether a transaction is open, which SQLite may have ended by itself.
    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Whether a statement only reads.
    pub(super) fn only_reads(&self, sql: &str) -> rusqlite::Result<bool> {
        if let Some(form) = self.known.borrow().form(sql) {
            return Ok(form.reads);
        }
        self.left.store(u32::MAX, Ordering::Relaxed);
        let form = Form::of(sql, &*self.connection.prepare_cached(sql)?);
        let reads = form.reads;
        self.known.borrow_mut().remember(form);
        Ok(reads)
    }

    /// Runs a statement; `None` if it took more than its budget. A statement that changes something has none: SQLite would
    /// undo the whole transaction.
    pub(super) fn run(
        &self,
        sql: &str,
        values: &[Value],
        wanted: Wanted,
        budget: Option<Budget>,
    ) -> rusqlite::Result<Option<Answer>> {
        // Steps are counted while a statement is prepared too: those of the one before are not to end it.
        self.left.store(u32::MAX, Ordering::Relaxed);
        let mut statement = self.connection.prepare_cached(sql)?;
        let form = self.known.borrow().form(sql).cloned();
        let form = form.unwrap_or_else(|| {
            let form = Form::of(sql, &statement);
            self.known.borrow_mut().remember(form.clone());
            form
        });
        for (index, number) in (1..).zip(&*form.numbers) {
            let value = values.get(number - 1).ok_or(rusqlite::Error::InvalidParameterCount(values.len(), index))?;
            statement.raw_bind_parameter(index, &parameter(value)?)?;
        }
        self.left.store(budget.map_or(u32::MAX, |budget| budget.steps / STRIDE), Ordering::Relaxed);
        let (columns, writes) = (statement.column_count(), !form.reads);
        let (mut answer, mut bytes) = (Answer::default(), 0);
        let mut rows = statement.raw_query();
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) if budget.is_some() && code(&error) == Some(rusqlite::ffi::SQLITE_INTERRUPT) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            if wanted == Wanted::Count {
                continue;
            }
            let mut cells = Cells::with_capacity(columns);
            for column in 0..columns {
                let value = row.get_ref(column)?;
                bytes += size(value);
                if budget.is_some_and(|budget| answer.rows.len() == budget.rows || bytes > budget.bytes) {
                    return Ok(None);
                }
                cells.push(cell(value));
            }
            answer.rows.push(cells);
            // One that changes something comes to its end.
            if wanted == Wanted::First && !writes {
                break;
            }
        }
        drop(rows);
        answer.steps = statement.reset_status(StatementStatus::VmStep).try_into().unwrap_or(u32::MAX);
        if writes {
            answer.changed = self.connection.changes();
        }
        // As the driver says it.
        let rows_returned = answer.rows.len() as u64;
        tracing::event!(target: "sqlx::query", tracing::Level::DEBUG, db.statement = sql, rows_returned);
        Ok(Some(answer))
    }
}

/// What is to be known of a statement each time that it runs.
#[derive(Clone)]
struct Form {
    sql: Arc<str>,
    /// Whether it only reads.
    reads: bool,
    /// The numbers of its parameters in the order in which SQLite counts them: `$2` is a name to it, counted by where it comes
    /// first, and found by a look at all names.
    numbers: Arc<[usize]>,
}

impl Form {
    fn of(sql: &str, statement: &Statement<'_>) -> Self {
        let count = statement.parameter_count();
        // Each name is found by a look at all before it: of many it would cost more than the statement.
        let numbers = if count > FEW { numbers(sql) } else { None };
        let numbers = numbers.filter(|numbers| numbers.len() == count);
        let named =
            |index| statement.parameter_name(index).and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(index);
        let numbers = numbers.unwrap_or_else(|| (1..=count).map(named).collect());
        debug_assert!(count > 1000 || (1..=count).map(named).eq(numbers.iter().copied()), "{sql}");
        Self { sql: sql.into(), reads: statement.readonly(), numbers: numbers.into() }
    }
}

/// The forms of statements: of those that share a [`place`] the latest one.
struct Known(Box<[Option<Form>]>);

impl Default for Known {
    fn default() -> Self {
        Self(std::iter::repeat_with(|| None).take(PLACES).collect())
    }
}

impl Known {
    fn form(&self, sql: &str) -> Option<&Form> {
        self.0[place(sql)].as_ref().filter(|form| *form.sql == *sql)
    }

    fn remember(&mut self, form: Form) {
        // A filter of many terms is long, and another one each time.
        if form.sql.len() <= REMEMBERED {
            let place = place(&form.sql);
            self.0[place] = Some(form);
        }
    }
}

/// How many bytes of parameters a statement has.
pub(super) fn weight(values: &[Value]) -> usize {
    let of = |value: &Value| match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 0,
    };
    values.iter().map(of).sum()
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        // The database holds what was checked to be UTF-8 on its way in.
        ValueRef::Text(text) => Cell::Text(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(text).into_owned(),
        }),
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

/// A value as it is bound.
fn parameter(value: &Value) -> rusqlite::Result<Parameter<'_>> {
    fn number(value: Option<impl Into<i64>>) -> ValueRef<'static> {
        value.map_or(ValueRef::Null, |number| ValueRef::Integer(number.into()))
    }
    Ok(Parameter(match value {
        Value::String(text) => text.as_ref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
        Value::Bytes(bytes) => bytes.as_ref().map_or(ValueRef::Null, |bytes| ValueRef::Blob(bytes)),
        Value::BigInt(value) => number(*value),
        Value::Int(value) => number(*value),
        Value::Bool(value) => number(*value),
        Value::SmallInt(value) => number(*value),
        Value::TinyInt(value) => number(*value),
        Value::Unsigned(value) => number(*value),
        Value::SmallUnsigned(value) => number(*value),
        Value::TinyUnsigned(value) => number(*value),
        Value::BigUnsigned(value) => number(value.map(|number| i64::try_from(number).unwrap_or(i64::MAX))),
        Value::Double(value) => value.map_or(ValueRef::Null, ValueRef::Real),
        Value::Float(value) => value.map_or(ValueRef::Null, |number| ValueRef::Real(number.into())),
        other => {
            let why = format!("no statement here has a value such as {other:?}");
            return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
        }
    }))
}

struct Parameter<'v>(ValueRef<'v>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

/// The basic result code of a failure that SQLite names.
pub(super) fn code(error: &rusqlite::Error) -> Option<i32> {
    Some(error.sqlite_error()?.extended_code & 0xff)
}

/// A failure, as failures of both databases are read here.
pub(super) fn told(error: rusqlite::Error) -> DbErr {
    match error {
        rusqlite::Error::SqliteFailure(error, message) => {
            let message = message.unwrap_or_else(|| error.to_string());
            query_error(sqlx::Error::Database(Box::new(Failure { code: error.extended_code, message })))
        }
        other => DbErr::Type(other.to_string()),
    }
}

/// What SQLite said.
#[derive(Debug)]
struct Failure {
    code: i32,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl StdError for Failure {}

impl DatabaseError for Failure {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                ErrorKind::UniqueViolation
            }
            rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            rusqlite::ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_share_a_place_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forms.db");
        let made = Connection::open(&path).unwrap();
        made.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (a TEXT, b TEXT)").unwrap();
        let engine = Engine::writing(&path).unwrap();
        // Alike in length and at the end.
        let end = format!("/*{}*/", "x".repeat(300));
        let insert = format!("INSERT INTO t (a, b) VALUES ($1, $2) {end}");
        let other = format!("INSERT INTO t (a, b) VALUES ($2, $1) {end}");
        let select = format!("SELECT b, a FROM t WHERE $2 <> $1    {end}");
        assert!([&other, &select].into_iter().all(|one| place(one) == place(&insert)));
        let values = ["one".into(), "two".into()];
        for _ in 0..2 {
            for (sql, reads) in [(&insert, false), (&select, true), (&other, false)] {
                assert_eq!(engine.only_reads(sql).unwrap(), reads, "{sql}");
                engine.run(sql, &values, Wanted::Count, None).unwrap();
            }
        }
        let rows = engine.run("SELECT a, b FROM t ORDER BY rowid", &[], Wanted::Rows, None).unwrap().unwrap().rows;
        let row = |a: &str, b: &str| vec![Cell::Text(a.to_owned()), Cell::Text(b.to_owned())];
        assert_eq!(rows, [row("one", "two"), row("two", "one"), row("one", "two"), row("two", "one")]);
    }

    #[test]
    fn what_was_deleted_is_in_the_file_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone.db");
        let made = Connection::open(&path).unwrap();
        made.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").unwrap();
        made.close().unwrap();
        let engine = Engine::writing(&path).unwrap();
        // Of some pages a part goes, others become free.
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO t SELECT i, 'of somebody ' || i FROM n";
        engine.connection.execute_batch(fill).unwrap();
        let holds = |text: &str| {
            engine.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            std::fs::read(&path).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes())
        };
        assert!(holds("of somebody 2000"));
        engine.connection.execute_batch("DELETE FROM t WHERE id > 1000 OR id % 2 = 0").unwrap();
        assert!(holds("of somebody 999") && !holds("of somebody 998") && !holds("of somebody 2000"));
    }
}
