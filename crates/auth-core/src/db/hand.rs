//! The connection that writes to SQLite, and the thread on which it does what takes long.
//!
//! To wake a thread for every statement costs more than most statements do. What is known to be small is done at once, by whoever
//! has the turn: reads within a budget, and changes that were small whenever they were made lately. The rest is done on a thread,
//! with the connection: commits, which wait for the disk, whatever undoes much, and what is not known yet. A change cannot be
//! given up half way, so that one which is large for once holds up its thread, and is done elsewhere from then on.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr, Value};
use tokio::sync::oneshot;

use super::engine::{self, Answer, Cells, Engine, Wanted};
use super::near::{BUDGET, PLACES, Resting, counts_a_table, place};
use super::pool::PATIENCE;

/// How often a change must have been small before it is made at once.
const PROVEN: u8 = 8;
/// From when on the operator is told of a statement.
const SLOW: Duration = Duration::from_secs(1);

/// Statements one after another, and what is wanted of the last.
#[derive(Debug, Default)]
pub(super) struct Script {
    statements: VecDeque<(Cow<'static, str>, Vec<Value>)>,
    wanted: Wanted,
}

impl Script {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { statements: VecDeque::new(), wanted }
    }

    pub(super) fn push(&mut self, sql: impl Into<Cow<'static, str>>, values: Vec<Value>) {
        self.statements.push_back((sql.into(), values));
    }

    pub(super) fn extend(&mut self, words: Option<&'static str>) {
        if let Some(words) = words {
            self.push(words, Vec::new());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.statements.len()
    }

    /// What is wanted of the next statement.
    fn wanted(&self) -> Wanted {
        if self.statements.len() == 1 { self.wanted } else { Wanted::Count }
    }
}

/// What statements came to.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// How many came to their end.
    pub done: usize,
    /// The rows of the last of them.
    pub rows: Vec<Cells>,
    /// How many rows it changed.
    pub changed: u64,
    /// Why the next did not come to its end.
    pub error: Option<DbErr>,
}

impl Told {
    fn add(&mut self, answer: Answer) {
        (self.rows, self.changed) = (answer.rows, answer.changed);
        self.done += 1;
    }

    fn lost(mut self) -> Self {
        self.error = Some(closed());
        self
    }
}

pub(super) fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}

/// The connection that writes.
pub(super) struct Hand {
    engine: Option<Engine>,
    /// Where it comes back from the thread.
    away: Option<oneshot::Receiver<(Engine, Told)>>,
    thread: mpsc::Sender<Errand>,
    habits: Arc<Habits>,
}

/// What the thread is sent with.
struct Errand {
    engine: Engine,
    script: Script,
    told: Told,
    back: oneshot::Sender<(Engine, Told)>,
    /// Whether nobody waits for it any more.
    left: Arc<AtomicBool>,
}

/// Somebody who waits for what the thread was sent with.
struct Waits(Arc<AtomicBool>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Hand {
    /// Opens the connection to a database that is there.
    pub(super) fn open(path: &Path) -> Result<Self, DbErr> {
        let engine = Engine::writing(path).map_err(engine::told)?;
        let (thread, errands) = mpsc::channel();
        let habits = Arc::new(Habits::default());
        let known = Arc::clone(&habits);
        let work = move || errands.into_iter().for_each(|errand| carry_out(errand, &known));
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(work)
            .map_err(|error| DbErr::Custom(format!("no thread for the database: {error}")))?;
        Ok(Self { engine: Some(engine), away: None, thread, habits })
    }

    /// Runs statements until one fails. What somebody asked for who went away comes to its end before.
    pub(super) async fn tell(&mut self, mut script: Script) -> Told {
        self.come_back().await;
        let mut told = Told::default();
        let Some(engine) = self.engine.take() else { return told.lost() };
        while let Some((sql, values)) = script.statements.front() {
            match self.habits.at_once(&engine, sql, values, script.wanted()) {
                Ok(Some(answer)) => {
                    told.add(answer);
                    script.statements.pop_front();
                }
                Ok(None) => {
                    let (back, away) = oneshot::channel();
                    let left = Arc::new(AtomicBool::new(false));
                    let _waits = Waits(Arc::clone(&left));
                    return match self.thread.send(Errand { engine, script, told, back, left }) {
                        Ok(()) => {
                            self.away = Some(away);
                            self.come_back().await.unwrap_or_else(|| Told::default().lost())
                        }
                        Err(_) => Told::default().lost(),
                    };
                }
                Err(error) => {
                    told.error = Some(engine::told(error));
                    break;
                }
            }
        }
        self.engine = Some(engine);
        told
    }

    /// Whether a transaction is open, when whatever was under way has come to its end.
    pub(super) async fn in_transaction(&mut self) -> bool {
        self.come_back().await;
        self.engine.as_ref().is_some_and(Engine::in_transaction)
    }

    /// Closes the connection.
    pub(super) async fn close(&mut self) -> Result<(), DbErr> {
        self.come_back().await;
        self.engine.take().map_or(Ok(()), |engine| engine.close().map_err(engine::told))
    }

    /// Waits for the connection, if it is away, and says what it comes back with. Whoever stops waiting leaves that to the next.
    async fn come_back(&mut self) -> Option<Told> {
        let back = self.away.as_mut()?.await;
        self.away = None;
        let (engine, told) = back.ok()?;
        self.engine = Some(engine);
        Some(told)
    }
}

/// What the thread does.
fn carry_out(errand: Errand, habits: &Habits) {
    let Errand { engine, mut script, mut told, back, left } = errand;
    engine.patience(PATIENCE);
    loop {
        let wanted = script.wanted();
        let Some((sql, values)) = script.statements.pop_front() else { break };
        if left.load(Ordering::Acquire) {
            // Nobody waits for it any more, least of all for a commit.
            told = told.lost();
            break;
        }
        let begun = Instant::now();
        match engine.run(&sql, &values, wanted, None) {
            Ok(Some(answer)) => {
                habits.learn(&sql, answer.steps);
                told.add(answer);
            }
            // Without a budget none is exceeded.
            Ok(None) => told = told.lost(),
            Err(error) => told.error = Some(engine::told(error)),
        }
        let took = begun.elapsed();
        if took >= SLOW {
            tracing::warn!(target: "sqlx::query", statement = %sql, elapsed = ?took, "slow statement");
        }
        if told.error.is_some() {
            break;
        }
    }
    engine.patience(Duration::ZERO);
    // Who does not listen any more has closed the database.
    let _ = back.send((engine, told));
}

/// What is known of statements, told apart by their hash.
struct Habits {
    /// Reads that took more than their budget.
    resting: Resting,
    /// How often changes have been small, the last times they were made.
    small: Box<[AtomicU8]>,
}

impl Default for Habits {
    fn default() -> Self {
        Self { resting: Resting::default(), small: std::iter::repeat_with(AtomicU8::default).take(PLACES).collect() }
    }
}

impl Habits {
    /// Runs a statement, if it is one to be run at once.
    fn at_once(
        &self,
        engine: &Engine,
        sql: &str,
        values: &[Value],
        wanted: Wanted,
    ) -> rusqlite::Result<Option<Answer>> {
        if waits(sql) || engine::weight(values) > BUDGET.bytes {
            return Ok(None);
        }
        if engine.only_reads(sql)? {
            if counts_a_table(sql) || self.resting.rests(sql) {
                return Ok(None);
            }
            let answer = engine.run(sql, values, wanted, Some(BUDGET))?;
            if answer.is_none() {
                self.resting.lay(sql);
            }
            return Ok(answer);
        }
        if self.small[place(sql)].load(Ordering::Relaxed) < PROVEN {
            return Ok(None);
        }
        match engine.run(sql, values, wanted, None) {
            // Another process writes. That is waited for elsewhere.
            Err(error) if engine::code(&error) == Some(rusqlite::ffi::SQLITE_BUSY) => Ok(None),
            answer => {
                if let Ok(Some(answer)) = &answer {
                    self.learn(sql, answer.steps);
                }
                answer
            }
        }
    }

    /// Remembers how much a statement took.
    fn learn(&self, sql: &str, steps: u32) {
        let small = &self.small[place(sql)];
        let times = if steps > BUDGET.steps { 0 } else { small.load(Ordering::Relaxed).saturating_add(1).min(PROVEN) };
        small.store(times, Ordering::Relaxed);
    }
}

/// Whether a statement waits for the disk, or may undo much: none of its steps says so.
fn waits(sql: &str) -> bool {
    ["COMMIT", "ROLLBACK", "PRAGMA", "VACUUM"].iter().any(|word| sql.starts_with(word))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite::types::Value as Cell;

    use super::*;

    const INSERT: &str = "INSERT INTO t (name) VALUES ($1)";

    fn opened() -> (tempfile::TempDir, Hand) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hand.db");
        let made = Connection::open(&path).unwrap();
        made.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
            .unwrap();
        (folder, Hand::open(&path).unwrap())
    }

    async fn tell(hand: &mut Hand, wanted: Wanted, statements: &[(&'static str, Vec<Value>)]) -> Told {
        let mut script = Script::new(wanted);
        for (sql, values) in statements {
            script.push(*sql, values.clone());
        }
        hand.tell(script).await
    }

    fn small(hand: &Hand, sql: &str) -> u8 {
        hand.habits.small[place(sql)].load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn a_change_that_is_always_small_is_made_at_once_and_one_that_grows_is_not_any_more() {
        let (_folder, mut hand) = opened();
        for n in 1..=i64::from(PROVEN) + 3 {
            let told = tell(&mut hand, Wanted::Count, &[(INSERT, vec![format!("name {n}").into()])]).await;
            assert!(told.error.is_none(), "{told:?}");
            assert_eq!((told.done, told.changed), (1, 1));
            assert_eq!(i64::from(small(&hand, INSERT)), n.min(PROVEN.into()));
        }
        let many = "INSERT INTO t (name) SELECT value || ' many' FROM json_each($1)";
        let list = |count: i64| serde_json::json!((0..count).collect::<Vec<_>>()).to_string();
        for _ in 0..PROVEN {
            assert_eq!(
                tell(&mut hand, Wanted::Count, &[(many, vec![list(1).into()]), ("DELETE FROM t", vec![])]).await.done,
                2
            );
        }
        assert_eq!(small(&hand, many), PROVEN);
        assert_eq!(tell(&mut hand, Wanted::Count, &[(many, vec![list(1000).into()])]).await.changed, 1000);
        assert_eq!(small(&hand, many), 0, "it was large, here, for once");
    }

    #[tokio::test]
    async fn statements_end_with_the_first_that_fails_here_and_on_the_thread() {
        let (_folder, mut hand) = opened();
        for turn in 0..20_i64 {
            let name = format!("turn {turn}");
            let insert = || (INSERT, vec![Value::from(name.as_str())]);
            let told =
                tell(&mut hand, Wanted::Count, &[("BEGIN IMMEDIATE", vec![]), insert(), insert(), insert()]).await;
            assert_eq!(told.done, 2);
            let Some(sqlx::Error::Database(why)) = told.error.as_ref().and_then(super::super::link::driver_error)
            else {
                panic!("{told:?}");
            };
            assert!(why.is_unique_violation());
            assert_eq!(tell(&mut hand, Wanted::Count, &[("COMMIT", vec![])]).await.done, 1);
            let select = ("SELECT COUNT(id), MAX(name) FROM t WHERE id > $1", vec![0_i64.into()]);
            let read = tell(&mut hand, Wanted::First, &[select]).await;
            assert_eq!(read.rows, [[Cell::Integer(turn + 1), Cell::Text(read_name(turn))]]);
        }
        assert_eq!(tell(&mut hand, Wanted::Rows, &[("SELECT nothing FROM t", vec![])]).await.done, 0);
    }

    /// The greatest name, as text, up to a turn.
    fn read_name(turn: i64) -> String {
        (0..=turn).map(|turn| format!("turn {turn}")).max().unwrap()
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_committed() {
        let (_folder, mut hand) = opened();
        let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
            INSERT INTO t SELECT i, 'name ' || i FROM n";
        let statements = [("BEGIN IMMEDIATE", vec![]), (slow, vec![]), ("COMMIT", vec![])];
        // Polled once: the thread has it.
        tokio::select! {
            biased;
            told = tell(&mut hand, Wanted::Count, &statements) => panic!("{told:?}"),
            () = std::future::ready(()) => {}
        }
        assert!(hand.away.is_some());
        // Whatever of it was done is there to be undone, and the connection is the next one's.
        if hand.in_transaction().await {
            assert_eq!(tell(&mut hand, Wanted::Count, &[("ROLLBACK", vec![])]).await.done, 1);
        }
        let count = tell(&mut hand, Wanted::First, &[("SELECT COUNT(*) FROM t", vec![])]).await;
        assert_eq!(count.rows, [[Cell::Integer(0)]]);
        hand.close().await.unwrap();
        assert!(tell(&mut hand, Wanted::First, &[("SELECT 1", vec![])]).await.error.is_some());
        assert!(!hand.in_transaction().await);
    }

    #[tokio::test]
    async fn who_finds_another_process_writing_waits_elsewhere() {
        let (folder, mut hand) = opened();
        for _ in 0..PROVEN {
            assert_eq!(
                tell(&mut hand, Wanted::Count, &[("BEGIN IMMEDIATE", vec![]), ("COMMIT", vec![])]).await.done,
                2
            );
        }
        let other = Connection::open(folder.path().join("hand.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let writes = async { tell(&mut hand, Wanted::Count, &[("BEGIN IMMEDIATE", vec![])]).await };
        let ends = async { other.execute_batch("COMMIT").unwrap() };
        let (told, ()) = tokio::join!(biased; writes, ends);
        assert_eq!(told.done, 1, "{told:?}");
    }
}
