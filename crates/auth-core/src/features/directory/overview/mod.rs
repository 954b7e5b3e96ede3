//! What was synchronized, as an admin looks at it: people and groups of a directory, with what they are
//! here, and what has happened to a person.

mod groups;
mod people;
mod timeline;

use sea_orm::Value;

use crate::db::{self, Scope};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _};

pub use groups::{GivenRoles, SeenGroup, WantedGroups, group, groups};
pub use people::{Address, SeenPerson, WantedPeople, people, person};
pub use timeline::{Happening, Moment, timeline};

/// A `WHERE` that grows, with its parameters.
struct Condition {
    sql: String,
    values: Vec<Value>,
    narrowed: bool,
}

impl Condition {
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.narrowed = true;
    }

    /// How many rows meet it: where it is about all of them, the kept number.
    async fn total(&self, db: &impl Scope, directory: &DirectoryId, kind: &'static str, from: &str) -> Result<i64> {
        let row = if self.narrowed {
            db::one(db, format!("SELECT COUNT(*) {from} WHERE {}", self.sql), self.values.clone()).await?
        } else {
            let sql = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM directory_counts WHERE directory_id = $1 AND kind = $2";
            db::one(db, sql, [directory.as_str().into(), kind.into()]).await?
        };
        row.map_or(Ok(0), |row| row.get(0))
    }
}

/// A `LIKE` pattern, with `!` as its escape, for whatever has the text inside.
fn inside(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_searched_text_stands_for_itself() {
        assert_eq!(inside("50%_a!"), "%50!%!_a!!%");
    }
}
