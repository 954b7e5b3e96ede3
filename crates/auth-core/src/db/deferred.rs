//! Changes that nobody waits for: they go to the database with the next statement, at the latest with the
//! commit, several in one round trip.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{PoisonError, RwLock};

use sea_orm::{DbErr, Value};

use super::link::{is_conflict, is_dangling};
use crate::fault::Error;

/// How many rows one of several changes inserts. Inserts into the same table go one after the other to PostgreSQL, so that many
/// rows are not to be many changes.
const SIZES: [usize; 6] = [256, 32, 8, 4, 2, 1];

/// A change whose count nobody needs.
pub struct Change {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    refused: Option<Error>,
    dangling: Option<Error>,
}

impl Change {
    /// One statement with its parameters.
    pub fn new(sql: impl Into<Cow<'static, str>>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql: sql.into(), values: values.into_iter().collect(), refused: None, dangling: None }
    }

    /// What inserts rows, `into` being a table and its columns: as few changes as can be, and of few sizes, so that the
    /// statements stay prepared.
    pub fn insertions<const COLUMNS: usize>(into: &'static str, rows: Vec<[Value; COLUMNS]>) -> Vec<Self> {
        let mut changes = Vec::with_capacity(rows.len().div_ceil(SIZES[0]) + SIZES.len());
        let mut rest = rows.into_iter();
        while let Some(size) = SIZES.into_iter().find(|size| *size <= rest.len()) {
            changes.push(Self::new(inserting(into, size, COLUMNS), rest.by_ref().take(size).flatten()));
        }
        changes
    }

    /// What it means if a unique index refuses the row: with this error the transaction ends.
    #[must_use]
    pub fn or_conflict(mut self, error: impl Into<Error>) -> Self {
        self.refused = Some(error.into());
        self
    }

    /// What it means if a foreign key refuses the row.
    #[must_use]
    pub fn or_dangling(mut self, error: impl Into<Error>) -> Self {
        self.dangling = Some(error.into());
        self
    }

    /// The table into which it only inserts, if that is what it does.
    pub(super) fn inserts_into(&self) -> Option<&str> {
        self.sql.trim_start().strip_prefix("INSERT INTO ")?.split([' ', '(']).next()
    }

    /// What a failure of this change means.
    pub(super) fn meaning(self, error: DbErr) -> Failed {
        let meant = match &error {
            error if is_conflict(error) => self.refused,
            error if is_dangling(error) => self.dangling,
            _ => None,
        };
        // Whoever sent the next statement must not take it for the failure of that one.
        Failed::Refused(meant.unwrap_or_else(|| error.into()))
    }
}

/// The statement that inserts so many rows of so many columns. Each is written once and kept: there are few.
fn inserting(into: &'static str, rows: usize, columns: usize) -> &'static str {
    static WRITTEN: RwLock<BTreeMap<(&str, usize), &str>> = RwLock::new(BTreeMap::new());
    if let Some(sql) = WRITTEN.read().unwrap_or_else(PoisonError::into_inner).get(&(into, rows)) {
        return sql;
    }
    let mut sql = String::with_capacity(into.len() + 24 + rows * columns * 6);
    let _ = write!(sql, "INSERT INTO {into} VALUES ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { "), (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            let _ = write!(sql, "{comma}${}", row * columns + column);
        }
    }
    sql.push(')');
    WRITTEN.write().unwrap_or_else(PoisonError::into_inner).entry((into, rows)).or_insert_with(|| sql.leak())
}

/// Why a statement, or a change that went with it, failed.
pub(super) enum Failed {
    /// The statement itself.
    Statement(DbErr),
    /// A change that had been put off, or the commit.
    Refused(Error),
}

impl From<DbErr> for Failed {
    fn from(error: DbErr) -> Self {
        Self::Statement(error)
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Statement(error) => error.into(),
            Failed::Refused(error) => error,
        }
    }
}

/// Appends a statement to others; its parameters follow theirs.
pub(super) fn append(text: &mut String, values: &mut Vec<Value>, sql: &str, more: Vec<Value>) {
    if values.is_empty() {
        text.push_str(sql);
        *values = more;
        return;
    }
    let by = values.len();
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at + 1);
        text.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match after[..digits].parse::<usize>() {
            Ok(n) => {
                let _ = write!(text, "{}", n + by);
            }
            Err(_) => text.push_str(&after[..digits]),
        }
        rest = &after[digits..];
    }
    text.push_str(rest);
    values.extend(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_through() {
        let (mut text, mut values) = (String::new(), Vec::new());
        append(&mut text, &mut values, "INSERT INTO a VALUES ($1, $2)", vec![1.into(), 2.into()]);
        text.push(';');
        append(&mut text, &mut values, "UPDATE b SET x = $2, y = 'a$' WHERE z = $1", vec![3.into(), 4.into()]);
        text.push(';');
        append(&mut text, &mut values, "DELETE FROM c", vec![]);
        assert_eq!(text, "INSERT INTO a VALUES ($1, $2);UPDATE b SET x = $4, y = 'a$' WHERE z = $3;DELETE FROM c");
        assert_eq!(values, vec![1.into(), 2.into(), 3.into(), 4.into()]);
    }

    #[test]
    fn rows_go_in_few_statements_of_few_sizes() {
        let rows = |count: i64| (0..count).map(|n| [Value::from(n), Value::from("x")]).collect::<Vec<_>>();
        assert!(Change::insertions("t (a, b)", rows(0)).is_empty());
        let three = Change::insertions("t (a, b)", rows(3));
        assert_eq!(three[0].sql, "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
        assert_eq!(three[1].sql, "INSERT INTO t (a, b) VALUES ($1, $2)");
        assert_eq!(three[1].values, [2_i64.into(), "x".into()]);
        assert_eq!(three[1].inserts_into(), Some("t"));
        let sizes = |count| -> Vec<_> {
            Change::insertions("t (a, b)", rows(count)).iter().map(|one| one.values.len() / 2).collect()
        };
        assert_eq!(sizes(79), [32, 32, 8, 4, 2, 1]);
        assert_eq!(sizes(1000).len(), 11, "as many people as a request has at most");
    }

    #[test]
    fn inserts_are_known() {
        assert_eq!(Change::new("INSERT INTO a (x) VALUES ($1)", [1.into()]).inserts_into(), Some("a"));
        assert_eq!(Change::new("DELETE FROM a", []).inserts_into(), None);
    }
}
