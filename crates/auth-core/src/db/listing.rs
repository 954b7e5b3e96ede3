//! Lists: which part of one is wanted, in which order, and the two statements that a list is. What a list can be ordered
//! and searched by is said beside its store ([`Columns`]); nothing that a caller writes becomes part of a statement.

use std::fmt::Write as _;

use sea_orm::Value;

use super::{Row, Scope, all, one};
use crate::clock::Timestamp;
use crate::fault::Result;

/// What a list can be ordered and searched by.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// What callers say, and which column that is. The first one is an instant, or the id where ids begin with theirs:
    /// cursors are places in it. None of them is ever NULL, because the databases put that at different ends.
    pub orders: &'static [(&'static str, &'static str)],
    /// What is meant if nothing is said: one of the orders, and whether it ascends.
    pub unless_said: (&'static str, bool),
    /// Expressions of text that a search looks through.
    pub searched: &'static [&'static str],
    /// The column that tells rows of the same rank apart.
    pub id: &'static str,
}

impl Columns {
    fn column(&self, name: &str) -> &'static str {
        let known = |wanted: &str| self.orders.iter().find(|(known, _)| *known == wanted).map(|(_, column)| *column);
        known(name).or_else(|| known(self.unless_said.0)).unwrap_or(self.id)
    }
}

/// The place of a row in a list by its first order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its instant.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// By what: one of [`Columns::orders`]; anything else is what is meant if nothing is said.
    pub order: &'static str,
    /// Whether it ascends.
    pub ascending: bool,
    /// Those that have this text somewhere.
    pub search: Option<String>,
    /// Those beyond this place; only in the first order.
    pub beyond: Option<Place>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// Part of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// How many there are in all, wherever the part begins and ends.
    pub total: i64,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Listed<T> {
    /// What a query found that was asked for one entry more than is wanted.
    #[must_use]
    pub fn of_one_more(mut entries: Vec<T>, total: i64, limit: u64) -> Self {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > most;
        entries.truncate(most);
        Self { entries, total, more }
    }
}

/// A list: where its rows are, and which of them are in it.
#[derive(Clone, Debug)]
pub struct List {
    from: String,
    conditions: String,
    values: Vec<Value>,
}

impl List {
    /// The rows of `from` (tables, with their joins) that satisfy the conditions, whose parameters are `values`.
    pub fn new(from: &str, conditions: &str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { from: from.to_owned(), conditions: conditions.to_owned(), values: values.into_iter().collect() }
    }

    /// One condition more. `{}` in it is the place of the value.
    pub fn and(&mut self, condition: &str, value: impl Into<Value>) {
        let place = self.place(value);
        self.conditions.push_str(" AND ");
        self.conditions.push_str(&condition.replace("{}", &place));
    }

    /// The same if there is a value.
    pub fn and_if(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// One condition more, which is made of the places of these values.
    pub fn and_each<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
        condition: impl FnOnce(&[String]) -> String,
    ) {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        let condition = condition(&places);
        self.conditions.push_str(" AND ");
        self.conditions.push_str(&condition);
    }

    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Those with a text somewhere in these expressions. The databases fold ASCII only, so that it is also looked for as
    /// it was written.
    pub fn search(&mut self, text: &str, expressions: &[&str]) {
        let (folded, written) = (self.place(containing(&text.to_lowercase())), self.place(containing(text)));
        let each = expressions
            .iter()
            .map(|it| format!("LOWER({it}) LIKE {folded} ESCAPE '!' OR {it} LIKE {written} ESCAPE '!'"));
        let _ = write!(self.conditions, " AND ({})", each.collect::<Vec<_>>().join(" OR "));
    }

    /// The part that is wanted, read with `read` from `selected`.
    ///
    /// # Errors
    /// Those of the database, and of `read`.
    pub async fn part<T>(
        mut self,
        db: &impl Scope,
        selected: &str,
        columns: &Columns,
        part: &Part,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Listed<T>> {
        if let Some(text) = &part.search {
            self.search(text, columns.searched);
        }
        let total = self.total(db).await?;
        self.page(db, selected, columns, part, total, read).await
    }

    /// How many there are.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn total(&self, db: &impl Scope) -> Result<i64> {
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {}", self.from, self.conditions);
        one(db, sql, self.values.clone()).await?.map_or(Ok(0), |row| row.get(0))
    }

    /// The part that is wanted, if somebody knows already how many there are and has said what is searched for.
    ///
    /// # Errors
    /// Those of the database, and of `read`.
    pub async fn page<T>(
        mut self,
        db: &impl Scope,
        selected: &str,
        columns: &Columns,
        part: &Part,
        total: i64,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Listed<T>> {
        let (by, id) = (columns.column(part.order), columns.id);
        let (way, beyond) = if part.ascending { ("ASC", ">") } else { ("DESC", "<") };
        if let Some(place) = &part.beyond {
            let last = self.place(place.id.as_str());
            let condition = if by == id {
                format!(" AND {id} {beyond} {last}")
            } else {
                let at = self.place(place.at);
                format!(" AND ({by}, {id}) {beyond} ({at}, {last})")
            };
            self.conditions.push_str(&condition);
        }
        let (limit, offset) = (self.place(bounded(part.limit.saturating_add(1))), self.place(bounded(part.offset)));
        let sql = format!(
            "SELECT {selected} FROM {} WHERE {} ORDER BY {by} {way}, {id} {way} LIMIT (0 + {limit}) OFFSET (0 + {offset})",
            self.from, self.conditions
        );
        let rows = all(db, sql, self.values).await?;
        Ok(Listed::of_one_more(rows.iter().map(read).collect::<Result<_>>()?, total, part.limit))
    }
}

/// A pattern for `LIKE … ESCAPE '!'` that finds the text anywhere.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn bounded(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_no_pattern() {
        let mut list = List::new("x", "a = $1", ["1".into()]);
        list.search("50%_Off!", &["x.name"]);
        assert_eq!(list.conditions, "a = $1 AND (LOWER(x.name) LIKE $2 ESCAPE '!' OR x.name LIKE $3 ESCAPE '!')");
        assert_eq!(list.values[1..], [Value::from("%50!%!_off!!%"), Value::from("%50!%!_Off!!%")]);
    }

    #[test]
    fn an_order_that_nobody_knows_is_the_usual_one() {
        let columns = Columns {
            orders: &[("created_at", "x.created_at"), ("name", "x.name")],
            unless_said: ("name", true),
            searched: &[],
            id: "x.id",
        };
        assert_eq!((columns.column("created_at"), columns.column("; DROP")), ("x.created_at", "x.name"));
    }
}
