//! Lists of people by a field that the caller chooses: searched, filtered, ordered and cut in SQL.

use sea_orm::Value;

use super::{User, email, store};
use crate::db::{self, Holds, Operator, Scope, comparison, pattern};
use crate::fault::Result;
use crate::ids::UserId;

/// What people can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The id.
    Id,
    /// The name that is shown.
    Name,
    /// The address, in small letters.
    Email,
    /// Whether the mailbox is proven.
    EmailVerified,
    /// The role in the instance.
    Role,
    /// Whether an admin has shut the person out.
    Banned,
    /// Why; empty if they are not.
    BanReason,
    /// Until when, in milliseconds since the epoch; 0 for ever, or if they are not.
    BanExpiresAt,
    /// The name to sign in with; empty if there is none.
    Username,
    /// Whether it is a visitor who has not said who they are.
    IsAnonymous,
    /// When the account was made, in milliseconds since the epoch.
    CreatedAt,
    /// When it last changed, likewise.
    UpdatedAt,
}

impl Field {
    /// Never NULL, which the databases put at different ends.
    const fn column(self) -> (&'static str, Holds) {
        match self {
            Self::Id => ("id", Holds::Text),
            Self::Name => ("name", Holds::Text),
            Self::Email => ("email_key", Holds::Text),
            Self::EmailVerified => ("email_verified", Holds::Flags),
            Self::Role => ("role", Holds::Text),
            Self::Banned => ("banned", Holds::Flags),
            Self::BanReason => ("COALESCE(ban_reason, '')", Holds::Text),
            Self::BanExpiresAt => ("COALESCE(ban_expires_at, 0)", Holds::Instants),
            Self::Username => ("COALESCE(username, '')", Holds::Text),
            Self::IsAnonymous => ("is_anonymous", Holds::Flags),
            Self::CreatedAt => ("created_at", Holds::Instants),
            Self::UpdatedAt => ("updated_at", Holds::Instants),
        }
    }

    /// What the field holds.
    #[must_use]
    pub const fn holds(self) -> Holds {
        self.column().1
    }
}

/// Where a searched text may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// In the name; otherwise in the address.
    pub in_name: bool,
    /// Whether something may stand before it.
    pub open_start: bool,
    /// Whether something may follow it.
    pub open_end: bool,
    /// The text, in whatever case.
    pub text: String,
}

/// A condition on a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What is compared.
    pub field: Field,
    /// How.
    pub operator: Operator,
    /// With what, as text.
    pub values: Vec<String>,
}

/// Which people, in which order.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Those in whom a text is found.
    pub search: Option<Search>,
    /// Those that meet this condition.
    pub filter: Option<Filter>,
    /// Ordered by this; equal ones by id.
    pub order_by: Field,
    /// Last first.
    pub descending: bool,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// A page of people, and how many match in all.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope, wanted: &Wanted) -> Result<(Vec<User>, i64)> {
    let texts = wanted.filter.iter().flat_map(|filter| &filter.values);
    // A NUL is in no text of ours, and PostgreSQL would refuse the question.
    if texts.chain(wanted.search.iter().map(|search| &search.text)).any(|text| text.contains('\0')) {
        return Ok((Vec::new(), 0));
    }
    let mut values: Vec<Value> = Vec::new();
    let mut conditions = vec!["1 = 1".to_owned()];
    if let Some(search) = &wanted.search {
        conditions.push(found(&mut values, search));
    }
    if let Some(Filter { field, operator, values: given }) = &wanted.filter {
        let (column, holds) = field.column();
        conditions.push(comparison(&mut values, column, holds, *operator, given, operator.is_negative()));
    }
    let from = format!("FROM users WHERE {}", conditions.join(" AND "));
    let total = db::one(db, format!("SELECT COUNT(*) {from}"), values.clone()).await?;
    let total = total.map_or(Ok(0), |row| row.get(0))?;
    let direction = if wanted.descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT id {from} ORDER BY {} {direction}, id {direction} LIMIT (0 + ${}) OFFSET (0 + ${})",
        wanted.order_by.column().0,
        values.len() + 1,
        values.len() + 2
    );
    values.extend([wanted.limit, wanted.offset].map(|n| Value::from(i64::try_from(n).unwrap_or(i64::MAX))));
    let ids: Vec<UserId> = db::all(db, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    Ok((store::in_this_order(db, ids).await?, total))
}

/// The databases fold ASCII only, so that a name is also looked for as it was written.
fn found(values: &mut Vec<Value>, search: &Search) -> String {
    let mut place = |text: &str| {
        values.push(pattern(text, search.open_start, search.open_end).into());
        values.len()
    };
    let folded = place(&email::key(&search.text));
    if !search.in_name {
        return format!("email_key LIKE ${folded} ESCAPE '\\'");
    }
    let written = place(&search.text);
    format!("(LOWER(name) LIKE ${folded} ESCAPE '\\' OR name LIKE ${written} ESCAPE '\\')")
}
