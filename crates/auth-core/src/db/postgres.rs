//! A transaction on PostgreSQL, with as few round trips as can be.
//!
//! It begins when something is changed or locked: before that each statement sees what was committed before it,
//! as it would inside (READ COMMITTED). Inserts that nobody waits for ([`Change`]) become one statement, and if
//! that is all there is to write, it is its own transaction.

use std::fmt::Write as _;

use sea_orm::{DbBackend, DbErr, Statement, Values};
use sqlx::postgres::PgConnection;

use super::Row;
use super::deferred::{Change, Failed, append};
use super::link::{driver_error, is_lost};
use super::pool::Lent;
use crate::fault::{Error, Result};

pub(super) struct Transaction {
    link: Lent<PgConnection>,
    /// Whether a statement failed. The server then answers a COMMIT with a rollback, and no error.
    failed: bool,
}

type Done<T> = std::result::Result<T, Failed>;

impl Transaction {
    pub(super) fn new(link: Lent<PgConnection>) -> Self {
        Self { link, failed: false }
    }

    /// The rows of a statement, or the first of them.
    pub(super) async fn rows(&mut self, statement: Statement, before: Vec<Change>, first: bool) -> Done<Vec<Row>> {
        if !before.is_empty() || !only_looks(&statement.sql) {
            self.open(before).await?;
        }
        let answer = self.link.rows(statement, first).await;
        self.noted(answer)
    }

    /// How many rows a statement changed.
    pub(super) async fn run(&mut self, statement: Statement, before: Vec<Change>) -> Done<u64> {
        self.open(before).await?;
        let answer = self.link.run(statement).await;
        self.noted(answer)
    }

    fn noted<T>(&mut self, answer: std::result::Result<T, DbErr>) -> Done<T> {
        self.failed |= answer.is_err() && self.link.in_transaction;
        Ok(answer?)
    }

    /// Ends it and keeps what was done in it.
    pub(super) async fn commit(mut self, changes: Vec<Change>) -> Result<()> {
        if self.failed {
            self.rollback().await?;
            return Err(Error::internal("a statement of the transaction failed before"));
        }
        let mut batches = batches(changes);
        if !self.link.in_transaction && batches.len() <= 1 {
            if let Some(batch) = batches.pop() {
                self.write(batch).await?;
            }
            return Ok(());
        }
        self.begin().await?;
        for batch in batches {
            self.write(batch).await?;
        }
        self.link.run(words("COMMIT")).await?;
        self.link.in_transaction = false;
        Ok(())
    }

    /// Ends it and undoes what was done in it.
    pub(super) async fn rollback(mut self) -> Result<()> {
        if self.link.in_transaction {
            self.link.run(words("ROLLBACK")).await?;
            self.link.in_transaction = false;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Done<()> {
        if self.link.in_transaction {
            return Ok(());
        }
        // Noted first: who goes away while it is on its way leaves it to be ended.
        self.link.in_transaction = true;
        match self.link.run(words("BEGIN")).await {
            Ok(_) => Ok(()),
            // Nothing has been done yet: another connection will do.
            Err(error) if is_lost(&error) => Err(Failed::Refused(Error::from(error).lost_race())),
            Err(error) => Err(error.into()),
        }
    }

    async fn open(&mut self, changes: Vec<Change>) -> Done<()> {
        self.begin().await?;
        for batch in batches(changes) {
            self.write(batch).await?;
        }
        Ok(())
    }

    /// Writes inserts into different tables as one statement.
    async fn write(&mut self, mut batch: Vec<Change>) -> Done<()> {
        let (mut text, mut values) = (String::new(), Vec::new());
        let last = batch.len().saturating_sub(1);
        for (at, change) in batch.iter_mut().enumerate() {
            let more = std::mem::take(&mut change.values);
            if at < last {
                let _ = write!(text, "{} c{at} AS (", if at == 0 { "WITH" } else { "," });
            } else if last > 0 {
                text.push(' ');
            }
            append(&mut text, &mut values, &change.sql, more);
            if at < last {
                text.push(')');
            }
        }
        let statement = Statement { sql: text, values: Some(Values(values)), db_backend: DbBackend::Postgres };
        match self.link.run(statement).await {
            Ok(_) => Ok(()),
            Err(error) => {
                self.failed |= self.link.in_transaction;
                let table =
                    driver_error(&error).and_then(|error| error.as_database_error()?.table().map(str::to_owned));
                let at = batch.iter().position(|change| change.inserts_into() == table.as_deref());
                Err(batch.swap_remove(at.unwrap_or(last)).meaning(error))
            }
        }
    }
}

/// A statement without parameters.
fn words(sql: &str) -> Statement {
    Statement { sql: sql.to_owned(), values: None, db_backend: DbBackend::Postgres }
}

/// Whether a statement reads and takes no lock.
fn only_looks(sql: &str) -> bool {
    let sql = sql.trim_start();
    sql.starts_with("SELECT") && !sql.contains(" FOR ") && !sql.contains("pg_")
}

/// Consecutive inserts into different tables go together: they do not depend on the order in which they are
/// made, and foreign keys are looked at in the end. Everything else goes alone, in its place.
fn batches(changes: Vec<Change>) -> Vec<Vec<Change>> {
    let mut batches: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        let joins = |batch: &&mut Vec<Change>| {
            change
                .inserts_into()
                .is_some_and(|table| batch.iter().all(|other| other.inserts_into().is_some_and(|taken| taken != table)))
        };
        match batches.last_mut().filter(joins) {
            Some(batch) => batch.push(change),
            None => batches.push(vec![change]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_locks_or_writes_begins_a_transaction() {
        assert!(only_looks(" SELECT id FROM users WHERE id = $1"));
        assert!(!only_looks("SELECT id FROM users WHERE id = $1 FOR UPDATE"));
        assert!(!only_looks("SELECT pg_advisory_xact_lock(1)"));
        assert!(!only_looks("UPDATE users SET name = $1 RETURNING id"));
        assert!(!only_looks("WITH a AS (DELETE FROM users RETURNING id) SELECT id FROM a"));
    }

    #[test]
    fn inserts_into_different_tables_go_together() {
        let sql = [
            "INSERT INTO a (x) VALUES (1)",
            "INSERT INTO b (x) VALUES (1)",
            "DELETE FROM a",
            "INSERT INTO a (x) VALUES (2)",
            "INSERT INTO a (x) VALUES (3)",
        ];
        let sizes: Vec<usize> = batches(sql.map(|sql| Change::new(sql, [])).into()).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }
}
