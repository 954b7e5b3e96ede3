//! The database that is read: opened read-only, in one snapshot, its columns found by their names.
//!
//! Names are compared without case and underscores, because each of Better Auth's adapters writes them in another way:
//! `emailVerified`, `email_verified`. A table may be in the plural. What is not there is not read.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::Arc;

use auth_core::settings::FieldSettings;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Decode, Executor as _, Row as _, Sqlite, ValueRef as _,
};

use super::row::{Cell, Row};
use crate::commands::CommandError;

/// Why it cannot be read.
pub(super) type Failure = sqlx::Error;

/// What stands in an expression for the table: no name has it.
const TABLE: char = '\u{1f}';

/// A table that is looked for, and what of it.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in Better Auth's own words.
    pub name: &'static str,
    /// Its columns, likewise.
    pub fields: &'static [&'static str],
    /// Columns that are known and mean nothing here.
    pub ignored: &'static [&'static str],
}

/// A table that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its name there.
    pub name: String,
    /// Its columns, by folded name, as an expression that gives text.
    columns: HashMap<String, String>,
    /// How its columns are called there.
    pub written: Vec<String>,
}

/// The connection.
pub(super) enum Source {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Source {
    /// Opens a database, read-only and for good in one snapshot of it.
    pub(super) async fn open(url: &str) -> Result<Self, CommandError> {
        let failed = |error: sqlx::Error| CommandError::Other(format!("the source cannot be opened: {error}"));
        let mut source = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(failed)?;
            Self::Sqlite(options.read_only(true).create_if_missing(false).connect().await.map_err(failed)?)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(failed)?;
            Self::Postgres(options.connect().await.map_err(failed)?)
        } else {
            return Err(CommandError::Other("--from is sqlite://PATH or postgres://…".to_owned()));
        };
        let begun = match &mut source {
            Self::Sqlite(connection) => connection.execute("BEGIN").await.map(drop),
            Self::Postgres(connection) => {
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.map(drop)
            }
        };
        begun.map_err(failed)?;
        Ok(source)
    }

    /// What kind of database it is.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Closes it. Nothing is lost if that fails.
    pub(super) async fn close(self) {
        let closed = match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        };
        closed.unwrap_or_else(|error| tracing::debug!(%error, "the source was not closed"));
    }

    /// All tables, by their folded names.
    pub(super) async fn tables(&mut self) -> Result<HashMap<String, Found>, Failure> {
        const SQLITE: &str = "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid";
        const POSTGRES: &str =
            "SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT FROM information_schema.columns
            WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";
        let is_postgres = matches!(self, Self::Postgres(_));
        let rows = self.query(if is_postgres { POSTGRES } else { SQLITE }).collect::<Vec<_>>().await;
        let mut tables: HashMap<String, Found> = HashMap::new();
        for row in rows {
            let mut row = row?.into_iter().map(|cell| cell.text().unwrap_or_default());
            let (table, column, kind) =
                (row.next().unwrap_or_default(), row.next().unwrap_or_default(), row.next().unwrap_or_default());
            let found = tables.entry(fold(&table)).or_insert_with(|| Found {
                name: table.clone(),
                columns: HashMap::new(),
                written: Vec::new(),
            });
            let expression =
                if is_postgres { as_text(&column, &kind) } else { format!("CAST({TABLE}{} AS TEXT)", quoted(&column)) };
            found.columns.insert(fold(&column), expression);
            found.written.push(column);
        }
        Ok(tables)
    }

    /// The rows of a statement, each value as text.
    fn query<'a>(&'a mut self, sql: &'a str) -> BoxStream<'a, Result<Vec<Cell>, Failure>> {
        // All names in it are quoted, and come from the database itself.
        match self {
            Self::Sqlite(connection) => connection.fetch(AssertSqlSafe(sql)).map(|row| texts_of_sqlite(&row?)).boxed(),
            Self::Postgres(connection) => {
                connection.fetch(AssertSqlSafe(sql)).map(|row| texts_of_postgres(&row?)).boxed()
            }
        }
    }

    /// The rows of a table, by id, one after the other: no more than a few are in memory.
    pub(super) fn rows<'a>(&'a mut self, query: &'a Query) -> BoxStream<'a, Result<Row, Failure>> {
        let read = |cells: Vec<Cell>| {
            let garbled = cells.iter().position(|cell| matches!(cell, Cell::Garbled(_)));
            let garbled = garbled.and_then(|at| query.places.get(at).cloned());
            Row::new(query.fields.iter().cloned().zip(cells), garbled)
        };
        self.query(&query.sql).map(move |cells| cells.map(read)).boxed()
    }

    /// How many rows a table has.
    pub(super) async fn count(&mut self, table: &Found) -> Result<i64, Failure> {
        let sql = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {}", quoted(&table.name));
        let row = self.query(&sql).next().await.transpose()?.unwrap_or_default();
        Ok(row.into_iter().find_map(Cell::text).and_then(|text| text.parse().ok()).unwrap_or_default())
    }
}

/// The values as bytes: a driver that reads them as texts fails with the first that is none.
fn texts_of_sqlite(row: &SqliteRow) -> Result<Vec<Cell>, Failure> {
    let cell = |at| {
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            return Ok(Cell::Nothing);
        }
        <&[u8] as Decode<Sqlite>>::decode(value).map(Cell::of).map_err(Failure::Decode)
    };
    (0..row.len()).map(cell).collect()
}

/// The same. A database without an encoding (`SQL_ASCII`) has such values.
fn texts_of_postgres(row: &PgRow) -> Result<Vec<Cell>, Failure> {
    let cell = |at| {
        let value = row.try_get_raw(at)?;
        if value.is_null() {
            return Ok(Cell::Nothing);
        }
        value.as_bytes().map(Cell::of).map_err(Failure::Decode)
    };
    (0..row.len()).map(cell).collect()
}

/// A statement, and what its columns are.
#[derive(Debug)]
pub(super) struct Query {
    sql: String,
    fields: Vec<Arc<str>>,
    /// Where each of them is in the source: `table.column`.
    places: Vec<Arc<str>>,
}

impl Query {
    /// All rows of a table, by id.
    pub(super) fn all(found: &Found, fields: &[&str]) -> Self {
        let columns: Vec<String> = fields.iter().map(|field| found.expression(field, "a")).collect();
        let sql = format!(
            "SELECT {} FROM {} a ORDER BY {}",
            columns.join(", "),
            quoted(&found.name),
            found.expression("id", "a")
        );
        let places = fields.iter().map(|field| found.place(field)).collect();
        Self { sql, fields: fields.iter().map(|field| Arc::from(*field)).collect(), places }
    }

    /// All rows of a table with those of another, by the id of the first: where `on.0` of the first is `on.1` of the second.
    /// The columns of the second follow.
    pub(super) fn joined(
        (first, fields): (&Found, &[&str]),
        (second, more): (&Found, &[&str]),
        on: (&str, &str),
    ) -> Self {
        let ours = fields.iter().map(|field| first.expression(field, "a"));
        let theirs = more.iter().map(|field| second.expression(field, "b"));
        let columns: Vec<String> = ours.chain(theirs).collect();
        let sql = format!(
            "SELECT {} FROM {} a JOIN {} b ON {} = {} ORDER BY {}",
            columns.join(", "),
            quoted(&first.name),
            quoted(&second.name),
            first.expression(on.0, "a"),
            second.expression(on.1, "b"),
            first.expression("id", "a"),
        );
        let theirs = more.iter().map(|field| second.place(field));
        let places = fields.iter().map(|field| first.place(field)).chain(theirs).collect();
        Self { sql, fields: fields.iter().chain(more).map(|field| Arc::from(*field)).collect(), places }
    }
}

impl Found {
    /// A column as text, of the table under a short name; nothing if it has none such.
    fn expression(&self, field: &str, short: &str) -> String {
        match self.columns.get(&fold(field)) {
            Some(expression) => expression.replace(TABLE, &format!("{short}.")),
            None => "CAST(NULL AS TEXT)".to_owned(),
        }
    }

    /// What a column is called there, with its table.
    fn place(&self, field: &str) -> Arc<str> {
        let folded = fold(field);
        let column = self.written.iter().find(|column| fold(column) == folded).map_or(field, String::as_str);
        format!("{}.{column}", self.name).into()
    }

    /// Whether it has a column.
    pub(super) fn has(&self, field: &str) -> bool {
        self.columns.contains_key(&fold(field))
    }

    /// The columns that nobody looks for, neither this command nor the operator.
    pub(super) fn others(&self, table: &Table, declared: &[FieldSettings]) -> Vec<String> {
        let known = |column: &&String| {
            let name = fold(column);
            let known = table.fields.iter().chain(table.ignored).any(|field| fold(field) == name);
            known || declared.iter().any(|field| fold(&field.name) == name)
        };
        self.written.iter().filter(|column| !known(column)).cloned().collect()
    }
}

/// Finds a table, in the singular or in the plural.
pub(super) fn find<'a>(tables: &'a HashMap<String, Found>, name: &str) -> Option<&'a Found> {
    let folded = fold(name);
    tables.get(&folded).or_else(|| tables.get(&format!("{folded}s")))
}

/// A name without case and underscores.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column of PostgreSQL as text. What has no time zone was written in UTC.
fn as_text(column: &str, kind: &str) -> String {
    let column = quoted(column);
    match kind {
        "timestamp with time zone" | "timestamp without time zone" | "date" => {
            format!("(EXTRACT(EPOCH FROM {TABLE}{column}) * 1000)::BIGINT::TEXT COLLATE \"C\"")
        }
        _ => format!("{TABLE}{column}::TEXT COLLATE \"C\""),
    }
}

#[cfg(test)]
mod tests {
    use auth_core::arrivals::Came;

    use super::*;

    const USER: Table = Table { name: "user", fields: &["id", "emailVerified", "banned"], ignored: &["createdAt"] };

    async fn made(sql: &'static str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("source.db").display());
        let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
        (folder, url)
    }

    #[tokio::test]
    async fn columns_are_found_however_they_are_written_and_may_be_missing() {
        for sql in [
            "CREATE TABLE user (id TEXT, emailVerified BOOLEAN, createdAt TEXT, shoeSize TEXT); INSERT INTO user VALUES ('b', 1, '', ''), ('a', 0, '', '')",
            "CREATE TABLE users (id TEXT, email_verified BOOLEAN, created_at TEXT, shoeSize TEXT); INSERT INTO users VALUES ('b', 1, '', ''), ('a', 0, '', '')",
        ] {
            let (_folder, url) = made(sql).await;
            let mut source = Source::open(&url).await.unwrap();
            let tables = source.tables().await.unwrap();
            let found = find(&tables, USER.name).unwrap();
            assert_eq!(found.others(&USER, &[]), ["shoeSize"]);
            assert!(found.has("createdAt") && !found.has("banned"));
            assert_eq!(source.count(found).await.unwrap(), 2);
            let query = Query::all(found, USER.fields);
            let rows: Vec<Row> = source.rows(&query).map(Result::unwrap).collect().await;
            let read: Vec<_> =
                rows.iter().map(|row| (row.texts("id"), row.flag("emailVerified"), row.text("banned"))).collect();
            assert_eq!(read, [("a".to_owned(), Some(false), None), ("b".to_owned(), Some(true), None)]);
        }
    }

    #[tokio::test]
    async fn a_value_that_is_no_text_is_one_of_its_row() {
        let sql = "CREATE TABLE users (id TEXT, email_verified BOOLEAN);
            INSERT INTO users VALUES ('a', CAST(X'ff' AS TEXT)), ('b', 1), (CAST(X'63ff' AS TEXT), 1), (CAST(X'6400' AS TEXT), 1)";
        let (_folder, url) = made(sql).await;
        let mut source = Source::open(&url).await.unwrap();
        let tables = source.tables().await.unwrap();
        let query = Query::all(find(&tables, USER.name).unwrap(), USER.fields);
        let rows: Vec<Row> = source.rows(&query).map(Result::unwrap).collect().await;
        let refused =
            |place: &str| Some(Came::refused(format!("its {place} is no text: it is not UTF-8, or has a NUL in it")));
        let read: Vec<_> = rows.iter().map(|row| (row.texts("id"), row.unreadable())).collect();
        let expected = [
            ("a", refused("users.email_verified")),
            ("b", None),
            ("c\u{fffd}", refused("users.id")),
            ("d\0", refused("users.id")),
        ];
        assert_eq!(read, expected.map(|(id, why)| (id.to_owned(), why)));
    }

    #[tokio::test]
    async fn the_source_cannot_be_written_to_and_is_not_made() {
        let (folder, url) = made("CREATE TABLE user (id TEXT)").await;
        let Source::Sqlite(mut connection) = Source::open(&url).await.unwrap() else { panic!("another database") };
        assert!(connection.execute("INSERT INTO user VALUES ('x')").await.is_err());
        assert!(Source::open(&format!("sqlite://{}/none.db", folder.path().display())).await.is_err());
        assert!(Source::open("mysql://localhost").await.is_err());
    }
}
