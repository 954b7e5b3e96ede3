//! Small reads of SQLite, on the thread that asks.
//!
//! The driver has a thread for each connection: to hand a statement to it, and the rows back, wakes two threads, which costs more
//! than most statements themselves. What is found by an index is read here at once. A statement has a budget of steps of
//! SQLite's machine; one that needs more is given up, and asked of the driver, where it holds up nobody. Which ones were given
//! up is remembered for a while.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use sea_orm::Value;

use super::engine::{Budget, Cells, Engine, Wanted};

/// What a statement may take here: some tens of microseconds, more rows than what is read of one thing, and not many bytes,
/// because long texts and blobs are many pages, and one step.
pub(super) const BUDGET: Budget = Budget { steps: 4_000, rows: 64, bytes: 64 * 1024 };
/// How often a statement that was given up is not tried here, and among how many places statements are told apart.
const RESTS: u8 = 200;
pub(super) const PLACES: usize = 1024;

/// Connections that are used where they are.
pub(super) struct Near {
    path: PathBuf,
    free: Mutex<Vec<Engine>>,
    closed: AtomicBool,
    resting: Resting,
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Near").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Near {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            free: Mutex::default(),
            closed: AtomicBool::new(false),
            resting: Resting::default(),
        }
    }

    /// The first row that a statement gives, or all. `None` if it is to be asked elsewhere: it takes too long for here, or something
    /// is wrong with it, or with the database.
    pub(super) fn ask(&self, sql: &str, values: &[Value], first: bool) -> Option<Vec<Cells>> {
        if counts_a_table(sql) || self.resting.rests(sql) {
            return None;
        }
        let engine = self.lend()?;
        let wanted = if first { Wanted::First } else { Wanted::Rows };
        let answer = engine.run(sql, values, wanted, Some(BUDGET)).ok().flatten();
        if answer.is_none() {
            // Nor is the connection used again: what was given up may be to read a schema that has changed.
            self.resting.lay(sql);
            return None;
        }
        let mut free = self.free();
        // Whoever closes it comes before this, and is seen, or after it, and closes this too.
        if !self.closed.load(Ordering::Acquire) {
            free.push(engine);
        }
        drop(free);
        Some(answer?.rows)
    }

    /// Closes the connections.
    pub(super) fn close(&self) {
        let mut free = self.free();
        self.closed.store(true, Ordering::Release);
        free.clear();
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Engine>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Option<Engine> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let free = self.free().pop();
        free.or_else(|| Engine::reading(&self.path).ok())
    }
}

/// Whether it counts the rows of a whole table, which SQLite does in one step however many there are.
pub(super) fn counts_a_table(sql: &str) -> bool {
    sql.contains("COUNT(*)") && !sql.contains("WHERE")
}

/// Statements that are not for here for a while, told apart by their hash.
pub(super) struct Resting(Box<[AtomicU8]>);

impl Default for Resting {
    fn default() -> Self {
        Self(std::iter::repeat_with(AtomicU8::default).take(PLACES).collect())
    }
}

impl Resting {
    /// Whether a statement rests, which is counted.
    pub(super) fn rests(&self, sql: &str) -> bool {
        let resting = &self.0[place(sql)];
        let rests = resting.load(Ordering::Relaxed);
        if rests > 0 {
            resting.store(rests - 1, Ordering::Relaxed);
        }
        rests > 0
    }

    /// Lays a statement to rest.
    pub(super) fn lay(&self, sql: &str) {
        self.0[place(sql)].store(RESTS, Ordering::Relaxed);
    }
}

/// The place of a statement, by its length and its end, in which those that look alike differ most.
pub(super) fn place(sql: &str) -> usize {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = sql.as_bytes().iter().rev().step_by(3).take(64).fold(sql.len() as u64, step);
    usize::try_from((hash ^ hash >> 32) % PLACES as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite::types::Value as Cell;

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
        assert_eq!(near.resting.0[place(scan)].load(Ordering::Relaxed), RESTS);
        assert!(near.ask(scan, &[], true).is_none());
        assert_eq!(near.resting.0[place(scan)].load(Ordering::Relaxed), RESTS - 1);
        assert!(near.ask("SELECT COUNT(*) FROM t", &[], true).is_none(), "one step, and all pages");
        assert!(near.ask("SELECT hex(zeroblob(40000)) FROM t WHERE id = 1", &[], true).is_none(), "80,000 bytes");
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
