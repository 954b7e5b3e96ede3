//! Lists of organizations: of one person, and of the instance with what the administration shows.

use sea_orm::Value;

use super::store::object;
use super::{Organization, OrgsFault, requirements};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, UserId};
use crate::users::stored_object;

/// The columns of an organization `o`, in the order that [`organization_at`] reads.
pub(super) const COLUMNS: &str =
    "o.id, o.name, o.slug, o.logo, o.public_metadata, o.private_metadata, o.max_allowed_memberships,
    o.created_by, o.ownerless_since, o.created_at, o.updated_at, o.require_two_factor, o.require_sso,
    o.additional_fields";

/// What a list of organizations can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrgOrder {
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// What people call it.
    Name,
    /// How many active members it has.
    MembersCount,
}

/// Which organizations, in which order.
#[derive(Clone, Debug, Default)]
pub struct OrgQuery {
    /// Those whose id, name or slug has this inside, in small or capital letters.
    pub search: Option<String>,
    /// Those in which this person is an active member.
    pub user_id: Option<UserId>,
    /// Ordered by this; then by id.
    pub order_by: OrgOrder,
    /// Last first.
    pub descending: bool,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

/// An organization with what is counted about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The organization.
    pub organization: Organization,
    /// How many active members it has.
    pub members_count: i64,
    /// How many invitations can still be accepted.
    pub pending_invitations_count: i64,
}

/// The organizations in which a person is an active member, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list_of_user(db: &impl Scope, user: &UserId) -> Result<Vec<Organization>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM members m JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = $1 AND m.status = 'active' ORDER BY o.created_at, o.id"
    );
    db::all(db, sql, [user.clone().into()]).await?.iter().map(organization).collect()
}

/// Organizations of the instance, and how many match whatever limit and offset are. The caller stands
/// above all organizations.
///
/// # Errors
/// [`OrgsFault::NotFound`] if the caller does not; those of the database.
pub async fn list(db: &impl Scope, query: &OrgQuery) -> Result<(Vec<Summary>, i64)> {
    if !db.ctx().actor.is_platform() {
        return Err(OrgsFault::NotFound.into());
    }
    let search = query.search.as_ref().map_or(String::new(), |text| {
        format!("%{}%", text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
    });
    let user = query.user_id.as_ref().map_or("", |id| id.as_str());
    let filter = "($1 = '' OR LOWER(o.name) LIKE $1 ESCAPE '\\' OR LOWER(o.slug) LIKE $1 ESCAPE '\\' OR LOWER(o.id) LIKE $1 ESCAPE '\\')
        AND ($2 = '' OR EXISTS (SELECT 1 FROM members f WHERE f.organization_id = o.id AND f.user_id = $2 AND f.status = 'active'))";
    let sql = format!("SELECT COUNT(*) FROM organizations o WHERE {filter}");
    let total = db::one(db, sql, [search.as_str().into(), user.into()]).await?.map_or(Ok(0), |row| row.get(0))?;
    let by = match query.order_by {
        OrgOrder::CreatedAt => "o.created_at",
        OrgOrder::UpdatedAt => "o.updated_at",
        OrgOrder::Name => "o.name",
        OrgOrder::MembersCount => "members_count",
    };
    let direction = if query.descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {COLUMNS}, {} FROM organizations o WHERE {filter}
         ORDER BY {by} {direction}, o.id {direction} LIMIT (0 + $4) OFFSET (0 + $5)",
        counted("$3")
    );
    let bound = |n: u64| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
    let values = [search.into(), user.into(), db.now().into(), bound(query.limit), bound(query.offset)];
    Ok((db::all(db, sql, values).await?.iter().map(summary).collect::<Result<_>>()?, total))
}

/// Some organizations with what is counted about them, oldest first. Those that do not exist are left
/// out.
///
/// # Errors
/// Those of the database.
pub async fn summaries(db: &impl Scope, ids: &[OrgId]) -> Result<Vec<Summary>> {
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(500) {
        let places: Vec<String> = (0..some.len()).map(|n| format!("${}", n + 2)).collect();
        let sql = format!(
            "SELECT {COLUMNS}, {} FROM organizations o WHERE o.id IN ({}) ORDER BY o.created_at, o.id",
            counted("$1"),
            places.join(", ")
        );
        let values = std::iter::once(Value::from(db.now())).chain(some.iter().map(|id| id.clone().into()));
        for row in db::all(db, sql, values).await? {
            all.push(summary(&row)?);
        }
    }
    Ok(all)
}

fn counted(now: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM members c WHERE c.organization_id = o.id AND c.status = 'active') AS members_count,
         (SELECT COUNT(*) FROM invitations i WHERE i.organization_id = o.id AND i.status = 'pending' AND i.expires_at > {now})"
    )
}

fn summary(row: &Row) -> Result<Summary> {
    Ok(Summary {
        organization: organization(row)?,
        members_count: row.get(14)?,
        pending_invitations_count: row.get(15)?,
    })
}

fn organization(row: &Row) -> Result<Organization> {
    organization_at(row, 0)
}

/// Reads an organization from the columns of a row from there on.
pub(super) fn organization_at(row: &Row, at: usize) -> Result<Organization> {
    let public_metadata: Option<String> = row.get(at + 4)?;
    let private_metadata: String = row.get(at + 5)?;
    Ok(Organization {
        id: row.get(at)?,
        name: row.get(at + 1)?,
        slug: row.get(at + 2)?,
        logo: row.get(at + 3)?,
        public_metadata: public_metadata.as_deref().map(object).transpose()?,
        private_metadata: object(&private_metadata)?,
        max_allowed_memberships: row.get(at + 6)?,
        created_by: row.get::<Option<String>>(at + 7)?.map(UserId::from_text),
        ownerless_since: row.get::<Option<i64>>(at + 8)?.map(Timestamp),
        created_at: row.get(at + 9)?,
        updated_at: row.get(at + 10)?,
        require_two_factor: row.get(at + 11)?,
        require_sso: requirements::read(row.get::<Option<String>>(at + 12)?.as_deref())?,
        additional_fields: stored_object(&row.get::<String>(at + 13)?)?,
    })
}
