//! Lists of members: filtered, ordered and cut in SQL, each with its person and roles, in two queries.

use sea_orm::Value;

use super::store::{COLUMNS, GRANTS_IN_FORCE, columns, member};
use super::{Member, Status, store};
pub use crate::db::Operator;
use crate::db::{self, Holds, Place, Scope, pattern};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, UserId};

/// The person of a membership, as far as other members see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Their address.
    pub email: String,
    /// The address of their image.
    pub image: Option<String>,
}

/// What a list of members can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberField {
    /// The membership's id.
    Id,
    /// The person's id.
    UserId,
    /// One of the roles. Orders by the highest.
    Role,
    /// Since when, in milliseconds since the epoch.
    CreatedAt,
}

/// A condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What is compared.
    pub field: MemberField,
    /// How.
    pub operator: Operator,
    /// With what. For [`MemberField::CreatedAt`] milliseconds as decimal digits; what is no number
    /// matches nobody.
    pub values: Vec<String>,
}

/// Which members, in which order.
#[derive(Clone, Debug)]
pub struct MemberQuery {
    /// Those of this standing; `None` for all.
    pub status: Option<Status>,
    /// Those of this person only.
    pub user_id: Option<UserId>,
    /// Those whose name or address has this inside, in small or capital letters.
    pub search: Option<String>,
    /// Those that meet this condition.
    pub filter: Option<Filter>,
    /// Ordered by this; then by id.
    pub order_by: MemberField,
    /// Last first.
    pub descending: bool,
    /// Those beyond this place; only in the order of creation.
    pub beyond: Option<Place>,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

impl Default for MemberQuery {
    /// The active members in the order in which they joined.
    fn default() -> Self {
        Self {
            status: Some(Status::Active),
            user_id: None,
            search: None,
            filter: None,
            order_by: MemberField::CreatedAt,
            descending: false,
            beyond: None,
            limit: 100,
            offset: 0,
        }
    }
}

/// Members with their persons, and how many match whatever limit and offset are.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, organization: &OrgId, query: &MemberQuery) -> Result<(Vec<(Member, Person)>, i64)> {
    let mut condition =
        Condition { sql: "m.organization_id = $1".to_owned(), values: vec![organization.clone().into()] };
    condition.add(query);
    let Condition { sql, values } = condition;
    let from = format!("FROM members m JOIN users u ON u.id = m.user_id WHERE {sql}");
    let total =
        db::one(db, format!("SELECT COUNT(*) {from}"), values.clone()).await?.map_or(Ok(0), |row| row.get(0))?;
    let by = match query.order_by {
        MemberField::Id => "m.id".to_owned(),
        MemberField::UserId => "m.user_id".to_owned(),
        MemberField::CreatedAt => "m.created_at".to_owned(),
        MemberField::Role => format!(
            "(SELECT MAX(CASE g.role WHEN 'owner' THEN 4 WHEN 'admin' THEN 3 WHEN 'member' THEN 1 ELSE 2 END)
              FROM {} g)",
            *GRANTS_IN_FORCE
        ),
    };
    let direction = if query.descending { "DESC" } else { "ASC" };
    let (mut values, mut beyond) = (values, String::new());
    if let Some(place) = &query.beyond {
        values.extend([place.at.into(), place.id.as_str().into()]);
        let way = if query.descending { "<" } else { ">" };
        beyond = format!("AND (m.created_at, m.id) {way} (${}, ${})", values.len() - 1, values.len());
    }
    let sql = format!(
        "SELECT {}, u.name, u.first_name, u.last_name, u.email, u.image {from} {beyond}
         ORDER BY {by} {direction}, m.id {direction} LIMIT (0 + ${}) OFFSET (0 + ${})",
        columns(),
        values.len() + 1,
        values.len() + 2
    );
    let bounds = [query.limit, query.offset].map(|n| Value::from(i64::try_from(n).unwrap_or(i64::MAX)));
    let rows = db::all(db, sql, values.into_iter().chain(bounds)).await?;
    let members = rows
        .iter()
        .map(|row| {
            let member = member(row)?;
            let person = Person {
                id: member.user_id.clone(),
                name: row.get(COLUMNS)?,
                first_name: row.get(COLUMNS + 1)?,
                last_name: row.get(COLUMNS + 2)?,
                email: row.get(COLUMNS + 3)?,
                image: row.get(COLUMNS + 4)?,
            };
            Ok((member, person))
        })
        .collect::<Result<_>>()?;
    Ok((members, total))
}

/// How many active members an organization has.
///
/// # Errors
/// Those of the database.
pub async fn count_active(db: &impl Scope, organization: &OrgId) -> Result<i64> {
    store::count_active(db, organization, None).await
}

/// A `WHERE` that grows, with its parameters.
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    fn add(&mut self, query: &MemberQuery) {
        if let Some(status) = query.status {
            let place = self.place(status.as_str());
            self.and(&format!("m.status = {place}"));
        }
        if let Some(user) = &query.user_id {
            let place = self.place(user.as_str());
            self.and(&format!("m.user_id = {place}"));
        }
        if let Some(search) = &query.search {
            let place = self.place(pattern(&search.to_lowercase(), true, true));
            self.and(&format!("(u.email_key LIKE {place} ESCAPE '\\' OR LOWER(u.name) LIKE {place} ESCAPE '\\')"));
        }
        if let Some(filter) = &query.filter {
            let sql = self.filter(filter);
            self.and(&sql);
        }
    }

    fn filter(&mut self, filter: &Filter) -> String {
        let negative = filter.operator.is_negative();
        match filter.field {
            MemberField::Id => self.compare("m.id", filter, negative),
            MemberField::UserId => self.compare("m.user_id", filter, negative),
            MemberField::CreatedAt => self.compare("m.created_at", filter, negative),
            MemberField::Role => {
                let inner = self.compare("g.role", filter, false);
                let not = if negative { "NOT " } else { "" };
                format!("{not}EXISTS (SELECT 1 FROM {} g WHERE {inner})", *GRANTS_IN_FORCE)
            }
        }
    }

    /// One comparison. A negated one of a set (roles) is negated around it, not inside.
    fn compare(&mut self, column: &str, filter: &Filter, negative: bool) -> String {
        let holds = if filter.field == MemberField::CreatedAt { Holds::Instants } else { Holds::Text };
        db::comparison(&mut self.values, column, holds, filter.operator, &filter.values, negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_become_part_of_the_statement() {
        let mut condition = Condition { sql: String::new(), values: vec![] };
        let sql = condition.filter(&Filter {
            field: MemberField::Role,
            operator: Operator::In,
            values: vec!["x') OR 1=1 --".into(), "admin".into()],
        });
        assert!(sql.contains("g.role IN ($1, $2)") && !sql.contains("OR 1=1"), "{sql}");
        assert_eq!(condition.values.len(), 2);
    }

    #[test]
    fn an_instant_that_is_no_number_matches_nobody() {
        for operator in [Operator::Eq, Operator::Gt, Operator::Contains] {
            let mut condition = Condition { sql: String::new(), values: vec![] };
            let values = vec!["yesterday".into()];
            assert_eq!(condition.filter(&Filter { field: MemberField::CreatedAt, operator, values }), "1 = 0");
        }
    }
}
