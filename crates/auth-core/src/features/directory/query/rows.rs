//! The rows that match, in an order: the statements that choose a page of them, and how many they are.
//!
//! A page is chosen by its ids first, in an index that has them, and joined with its rows afterwards: so
//! passing over a row costs a step in an index.
//!
//! Limits are sums: SQLite prepares a statement anew at each execution if a parameter stands there alone.

use sea_orm::Value;

use super::answers::Text;
use super::lower::{Access, Lowered};
use super::{Listed, Names};
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::features::directory::connections::bounded;
use crate::ids::{DirectoryId, Id as _};

/// How large the pages are that statements are made for: the least that is enough.
const SIZES: [u64; 3] = [10, 101, 1001];

/// In which order rows are read.
#[derive(Clone, Copy)]
pub(super) struct Order {
    /// The column; none is the id.
    pub column: Option<Text>,
    pub descending: bool,
}

/// How many there are.
#[derive(Clone)]
pub(super) enum Total {
    /// So many.
    Known(i64),
    /// What this expression says; cheap.
    Kept(String),
    /// They have to be counted.
    Unknown,
}

fn way(descending: bool) -> &'static str {
    if descending { "DESC" } else { "ASC" }
}

/// Where those without a key stand, which the databases see differently.
fn nulls(text: Text, descending: bool) -> &'static str {
    match (text.nullable, descending) {
        (false, _) => "",
        (true, false) => " NULLS LAST",
        (true, true) => " NULLS FIRST",
    }
}

/// The rows that match, in an order.
pub(super) struct Rows {
    /// `FROM … WHERE …`, which begins the conditions.
    from: String,
    /// The id, in `from`.
    pub id: &'static str,
    /// The table of the order's column, in `from`.
    pub alias: &'static str,
    pub values: Vec<Value>,
    pub order: Order,
    /// Whether the rows are few, so that they are to be found by their keys and not in their order.
    few: bool,
    total: Total,
}

impl Rows {
    pub fn new<T: Listed>(lowered: &Lowered<'_>, order: Order) -> Self {
        let Names { table, alias, .. } = T::NAMES;
        let few = lowered.access != Access::Walk;
        // What holds for every id makes SQLite read the rows in their order, which is that of the file.
        let all = if few || lowered.sql.is_empty() { String::new() } else { format!(" AND {alias}.id > ''") };
        Self {
            from: format!("FROM {table} {alias} WHERE {alias}.directory_id = $1{all}{}", lowered.sql),
            id: "id",
            alias,
            values: lowered.values.clone(),
            order,
            few,
            total: if lowered.sql.is_empty() { Total::Kept(kept::<T>()) } else { Total::Unknown },
        }
    }

    /// The members of a group without groups. Their rows are the order already.
    pub fn of_group(directory: &DirectoryId, group: &str, total: i64, order: Order) -> Self {
        Self {
            from: "FROM directory_group_members m WHERE m.group_id = $2".to_owned(),
            id: "member_id",
            alias: "m",
            values: vec![directory.as_str().into(), group.into()],
            order,
            few: false,
            total: Total::Known(total),
        }
    }

    /// The statement for a page, and its parameters. `condition` is added to the others; `reversed` reads from the
    /// other end.
    pub fn page<T: Listed>(
        &self,
        condition: &str,
        more: Vec<Value>,
        (limit, offset): (u64, u64),
        reversed: bool,
    ) -> (String, Vec<Value>) {
        let Names { table, alias, .. } = T::NAMES;
        let Self { from, alias: of, total, .. } = self;
        let total = if let Total::Kept(total) = total { format!(", {total}") } else { String::new() };
        let mut values = self.values.clone();
        values.extend(more);
        values.push(bounded(limit).into());
        let mut limits = format!("LIMIT (0 + ${})", values.len());
        if offset > 0 {
            values.push(bounded(offset).into());
            limits = format!("{limits} OFFSET (0 + ${})", values.len());
        }
        // PostgreSQL takes a limit that it does not know for a tenth of the table; this one it knows.
        let most = SIZES.into_iter().find(|most| limit <= *most).unwrap_or(limit);
        let Order { column, descending } = self.order;
        let (inner, outer) = (self.chosen(descending != reversed), self.shown(descending));
        let (columns, same) = match column {
            None => (format!("{of}.{} AS id", self.id), format!("{alias}.id = p.id")),
            // The key alone is enough where it is unique, and the index has no more.
            Some(Text { column, unique: true, .. }) => {
                (format!("{of}.{column} AS k"), format!("{alias}.{column} = p.k"))
            }
            Some(Text { column, .. }) => {
                (format!("{of}.{} AS id, {of}.{column} AS k", self.id), format!("{alias}.id = p.id"))
            }
        };
        // The cross join makes SQLite begin with the page; `$1` is there whatever the page is of.
        let sql = format!(
            "SELECT {}{total} FROM (SELECT * FROM
                 (SELECT {columns} {from}{condition} ORDER BY {inner} {limits}) chosen LIMIT {most}) p
             CROSS JOIN {table} {alias} WHERE {same} AND {alias}.directory_id = $1 ORDER BY {outer}",
            T::columns(),
        );
        (sql, values)
    }

    /// The statement for the ids of the first rows, with when they were made and what the order's column has; and its
    /// parameters.
    pub fn keys(&self, most: u64) -> (String, Vec<Value>) {
        let Self { from, id, alias, order, .. } = self;
        let key = order.column.map_or_else(|| "NULL".to_owned(), |text| format!("{alias}.{}", text.column));
        let values = self.values.iter().cloned().chain([bounded(most).into()]).collect();
        let sql = format!(
            "SELECT {alias}.{id}, {alias}.created_at, {key} {from} ORDER BY {} LIMIT (0 + ${})",
            self.chosen(order.descending),
            self.values.len() + 1
        );
        (sql, values)
    }

    /// The order in which a page is chosen.
    fn chosen(&self, descending: bool) -> String {
        let Self { alias, id, .. } = self;
        // An expression keeps PostgreSQL from walking the order until it meets the few that match.
        let hidden = if self.few { " || ''" } else { "" };
        let way = way(descending);
        match self.order.column {
            None => format!("{alias}.{id}{hidden} {way}"),
            Some(Text { column, unique: true, .. }) => format!("{alias}.{column}{hidden} {way}"),
            Some(text) => {
                format!("{alias}.{}{hidden} {way}{}, {alias}.{id} {way}", text.column, nulls(text, descending))
            }
        }
    }

    /// The order of the rows of a page.
    fn shown(&self, descending: bool) -> String {
        let way = way(descending);
        match self.order.column {
            None => format!("p.id {way}"),
            Some(Text { unique: true, .. }) => format!("p.k {way}"),
            Some(text) => format!("p.k {way}{}, p.id {way}", nulls(text, descending)),
        }
    }

    /// Whether it costs next to nothing to know how many there are.
    pub fn counted(&self) -> bool {
        !matches!(self.total, Total::Unknown)
    }

    /// How many there are, where a page says it: in a column after all others.
    pub fn told<T: Listed>(&self, found: &[Row]) -> Result<Option<i64>> {
        match (&self.total, found.first()) {
            (Total::Kept(_), Some(row)) => row.get(width(T::columns())).map(Some),
            _ => Ok(None),
        }
    }

    /// How many there are, of whom `seen` were read from the beginning without meeting the limit.
    pub async fn total(&self, db: &impl Scope, seen: Option<u64>) -> Result<i64> {
        let sql = match (&self.total, seen) {
            (Total::Known(total), _) => return Ok(*total),
            (Total::Unknown, Some(seen)) => return Ok(bounded(seen)),
            (Total::Kept(total), _) => format!("SELECT {total}"),
            (Total::Unknown, None) => format!("SELECT COUNT(*) {}", self.from),
        };
        let values = if matches!(self.total, Total::Kept(_)) { &self.values[..1] } else { &self.values[..] };
        db::one(db, sql, values.iter().cloned()).await?.map_or(Ok(0), |row| row.get(0))
    }
}

/// What the counters say, as an expression. `$1` is the directory.
fn kept<T: Listed>() -> String {
    format!(
        "(SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT) FROM directory_counts c
          WHERE c.directory_id = $1 AND c.kind = '{}')",
        T::NAMES.counted
    )
}

/// How many resources a directory has.
pub(super) async fn count<T: Listed>(db: &impl Scope, directory: &DirectoryId) -> Result<i64> {
    let sql = format!("SELECT {}", kept::<T>());
    db::one(db, sql, [directory.as_str().into()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// How many columns a list of them has.
fn width(columns: &str) -> usize {
    let (mut depth, mut quoted, mut commas) = (0, false, 0);
    for byte in columns.bytes() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => commas += 1,
            _ => {}
        }
    }
    commas + 1
}

#[cfg(test)]
mod tests {
    use super::width;

    #[test]
    fn columns_are_counted_without_those_of_their_expressions() {
        assert_eq!(width("u.id"), 1);
        assert_eq!(width("u.id, (SELECT f(a, ')') FROM t), ','"), 3);
    }
}
