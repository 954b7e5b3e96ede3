//! Drift: where the memberships of an organization are not what a directory last said.

use super::connections::{self, bounded};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, MemberId, OrgId, UserId};
use crate::orgs::members::{self, Grant};

/// How a membership differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drift {
    /// An active member whom no directory of the organization carries: added by hand, or invited.
    ByHand,
    /// An active member whom the directory carries as inactive, or deleted: brought back by hand, or never brought in by it.
    Gone,
    /// Somebody whom the directory carries as active, and who is no active member: suspended or removed by hand.
    Suspended,
    /// A member of the directory with a role that was given by hand, and that the directory does not give.
    Roles,
    /// A member of the directory who was put by hand into a team that the directory's rules fill, and whom none of its groups
    /// puts there.
    Teams,
}

impl Drift {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ByHand, Self::Gone, Self::Suspended, Self::Roles, Self::Teams];

    /// Its name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Gone => "gone",
            Self::Suspended => "suspended",
            Self::Roles => "roles",
            Self::Teams => "teams",
        }
    }

    /// The drift of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drift| drift.as_str() == text)
    }

    /// The people in question, as a statement: `$1` is the directory, `$2` the organization. Its columns are those of
    /// [`COLUMNS`].
    const fn people(self) -> &'static str {
        match self {
            Self::ByHand => {
                "SELECT 'by_hand' AS kind, m.user_id AS user_id, m.id AS member_id, m.status AS status, NULL AS resource
                 FROM members m WHERE m.organization_id = $2 AND m.status = 'active'
                 AND NOT EXISTS (SELECT 1 FROM directory_users o JOIN directories d ON d.id = o.directory_id
                                 WHERE o.user_id = m.user_id AND d.owner_key = $2 AND d.deleted_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM directory_tombstones t WHERE t.user_id = m.user_id AND t.directory_id = $1)"
            }
            Self::Gone => {
                "SELECT 'gone' AS kind, m.user_id AS user_id, m.id AS member_id, m.status AS status,
                     (SELECT MAX(o.id) FROM directory_users o WHERE o.user_id = m.user_id AND o.directory_id = $1) AS resource
                 FROM members m WHERE m.organization_id = $2 AND m.status = 'active'
                 AND (EXISTS (SELECT 1 FROM directory_users o WHERE o.user_id = m.user_id AND o.directory_id = $1
                              AND NOT o.active)
                      OR EXISTS (SELECT 1 FROM directory_tombstones t WHERE t.user_id = m.user_id AND t.directory_id = $1))
                 AND NOT EXISTS (SELECT 1 FROM directory_users o JOIN directories d ON d.id = o.directory_id
                                 WHERE o.user_id = m.user_id AND o.active AND d.owner_key = $2 AND d.deleted_at IS NULL)"
            }
            Self::Suspended => {
                "SELECT 'suspended' AS kind, u.user_id AS user_id, m.id AS member_id, m.status AS status, u.id AS resource
                 FROM directory_users u LEFT JOIN members m ON m.user_id = u.user_id AND m.organization_id = $2
                 WHERE u.directory_id = $1 AND u.link = 'linked' AND u.active AND u.user_id IS NOT NULL
                 AND (m.status IS NULL OR m.status <> 'active')"
            }
            Self::Roles => {
                "SELECT 'roles' AS kind, u.user_id AS user_id, m.id AS member_id, m.status AS status, u.id AS resource
                 FROM directory_users u JOIN members m ON m.user_id = u.user_id AND m.organization_id = $2
                 WHERE u.directory_id = $1 AND u.active AND m.status = 'active'
                 AND EXISTS (SELECT 1 FROM member_grants g WHERE g.member_id = m.id AND g.source IN ('manual', 'invitation')
                     AND NOT EXISTS (SELECT 1 FROM member_grants s WHERE s.member_id = m.id AND s.role = g.role
                                     AND s.source IN ('default', 'mapping') AND s.source_id = $1)
                     AND NOT EXISTS (SELECT 1 FROM directory_rule_groups r JOIN directory_group_members y ON y.group_id = r.group_id
                                     WHERE r.directory_id = $1 AND y.member_id = u.id AND r.role = g.role))"
            }
            Self::Teams => {
                "SELECT 'teams' AS kind, u.user_id AS user_id, m.id AS member_id, m.status AS status, u.id AS resource
                 FROM directory_users u JOIN members m ON m.user_id = u.user_id AND m.organization_id = $2
                 WHERE u.directory_id = $1 AND u.active AND m.status = 'active'
                 AND EXISTS (SELECT 1 FROM team_members t JOIN directory_rule_teams r ON r.team_id = t.team_id AND r.directory_id = $1
                     WHERE t.member_id = m.id AND NOT EXISTS (
                         SELECT 1 FROM directory_rule_teams g JOIN directory_group_members y ON y.group_id = g.group_id
                         WHERE g.directory_id = $1 AND g.team_id = t.team_id AND y.member_id = u.id))"
            }
        }
    }
}

/// The columns of a page, of a statement of [`Drift::people`] named `f`.
const COLUMNS: &str = "f.kind, f.user_id, p.email, f.member_id, f.status, f.resource";

/// One difference.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which.
    pub drift: Drift,
    /// About whom.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// What the directory calls them, if it still does.
    pub resource: Option<DirectoryUserId>,
    /// The standing of their membership; `None` if there is none.
    pub status: Option<String>,
    /// Their roles, with where each came from.
    pub grants: Vec<Grant>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// A page of it, by kind, then by person.
    pub differences: Vec<Difference>,
    /// How many there are of each kind, in the order of [`Drift::ALL`].
    pub counts: [i64; 5],
}

/// Compares the memberships of the directory's organization with what the directory last said. Only one kind of
/// difference, if one is named; the counts are of all. A directory of the instance has no memberships, and no drift.
///
/// # Errors
/// [`DirectoryFault::NotFound`](super::DirectoryFault::NotFound), and those of the authorization.
pub async fn report<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    id: &DirectoryId,
    only: Option<Drift>,
    (limit, offset): (u64, u64),
) -> Result<Report> {
    let owner = owner.into();
    connections::get(db, owner, id).await?;
    let Some(organization) = owner else { return Ok(Report::default()) };
    let keys = [id.as_str().into(), organization.as_str().into()];
    let mut counts = [0; 5];
    for (count, drift) in counts.iter_mut().zip(Drift::ALL) {
        let sql = format!("SELECT COUNT(*) FROM ({}) f WHERE $1 <> '' AND $2 <> ''", drift.people());
        *count = db::one(db, sql, keys.clone()).await?.map_or(Ok(0), |row| row.get(0))?;
    }
    let wanted: Vec<&str> =
        Drift::ALL.into_iter().filter(|drift| only.is_none_or(|only| only == *drift)).map(Drift::people).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM ({}) f JOIN users p ON p.id = f.user_id WHERE $1 <> '' AND $2 <> ''
         ORDER BY f.kind, f.user_id, f.resource LIMIT (0 + $3) OFFSET (0 + $4)",
        wanted.join(" UNION ALL ")
    );
    let [directory, owner] = keys;
    let rows = db::all(db, sql, [directory, owner, bounded(limit).into(), bounded(offset).into()]).await?;
    let mut found = Vec::with_capacity(rows.len());
    let mut memberships: Vec<Option<MemberId>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let kind: String = row.get(0)?;
        let Some(drift) = Drift::parse(&kind) else { continue };
        memberships.push(row.get(3)?);
        found.push(Difference {
            drift,
            user_id: row.get(1)?,
            email: row.get(2)?,
            status: row.get(4)?,
            resource: row.get(5)?,
            grants: Vec::new(),
        });
    }
    let ids: Vec<MemberId> = memberships.iter().flatten().cloned().collect();
    let grants = members::grants_of(db, organization, &ids).await?;
    for (difference, member) in found.iter_mut().zip(&memberships) {
        difference.grants = grants.iter().filter(|grant| Some(&grant.member_id) == member.as_ref()).cloned().collect();
    }
    Ok(Report { differences: found, counts })
}
