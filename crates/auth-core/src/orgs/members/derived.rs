//! Grants that are derived: groups of a directory give roles to who is in them. They are no rows of their own but follow
//! from three tables, so that changing a rule costs the same however many people are concerned.
//!
//! A resource of a directory counts while it is active and belongs to the person. One that awaits acceptance may: the
//! membership says whether the person has accepted, and without an active one no role is worth anything.

use super::store::{COLUMNS, columns, in_force, member};
use super::{Member, record};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id, MemberId, OrgId, UserId};
use crate::outbox::EventKind;

/// The tables whose rows give a member `m` a role, if they are [`GIVEN`]: `x` is the resource, `d` what its directory's
/// groups give (groups in groups are followed already; nothing once the directory is disconnected), `y` that the resource
/// is in the group. Read in this order: from the person to the few groups that give something, and of each only whether
/// the person is in it, so that no group is read through.
pub(super) const GIVING: &str =
    "directory_users x CROSS JOIN directory_rule_groups d CROSS JOIN directory_group_members y";
/// The condition for [`GIVING`].
pub(super) const GIVEN: &str = "x.user_id = m.user_id AND x.active AND d.directory_id = x.directory_id
    AND d.organization_id = m.organization_id AND y.group_id = d.group_id AND y.member_id = x.id";

/// A role that a group gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Which resource is in the group.
    pub resource: DirectoryUserId,
    /// The group that it is a direct member of.
    pub group: DirectoryGroupId,
    /// The role.
    pub role: String,
}

/// A member, and which of their roles groups give.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The member.
    pub member: Member,
    /// What groups give, once for each group.
    pub derived: Vec<Derived>,
    /// The roles of the grants that are rows, with their marks.
    own: String,
}

impl Explained {
    /// The roles that the member would have if groups gave these.
    pub fn roles_with<'a>(&self, derived: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut marked = self.own.clone();
        for role in derived {
            marked.push(',');
            marked.push_str(role);
        }
        in_force(&marked)
    }
}

/// The memberships of some people in an organization, whatever their standing, in the order of their ids. At most a few
/// hundred people at once.
///
/// # Errors
/// Those of the database.
pub async fn explain(db: &impl Scope, organization: &OrgId, people: &[UserId]) -> Result<Vec<Explained>> {
    let people = list(people);
    let among = db::among(db.backend(), 2);
    let sql = format!(
        "SELECT {},
             (SELECT string_agg(CASE WHEN s.source = 'default' THEN '~' || s.role ELSE s.role END, ',')
              FROM member_grants s WHERE s.member_id = m.id)
         FROM members m WHERE m.organization_id = $1 AND m.user_id {among} ORDER BY m.id",
        columns()
    );
    let rows = db::all(db, sql, [organization.clone().into(), people.clone().into()]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let own: Option<String> = row.get(COLUMNS)?;
        all.push(Explained { member: member(row)?, derived: Vec::new(), own: own.unwrap_or_default() });
    }
    let sql = format!(
        "SELECT DISTINCT m.id, x.id, y.group_id, d.role FROM members m CROSS JOIN {GIVING}
         WHERE {GIVEN} AND m.organization_id = $1 AND m.user_id {among}"
    );
    for row in db::all(db, sql, [organization.clone().into(), people.into()]).await? {
        let id: MemberId = row.get(0)?;
        if let Ok(place) = all.binary_search_by(|one| one.member.id.cmp(&id)) {
            all[place].derived.push(Derived { resource: row.get(1)?, group: row.get(2)?, role: row.get(3)? });
        }
    }
    Ok(all)
}

/// Makes sure that nobody else changes the memberships of some people until the transaction ends, in an order that all
/// keep.
///
/// # Errors
/// Those of the database.
pub async fn hold(tx: &Tx, organization: &OrgId, people: &[UserId]) -> Result<()> {
    if tx.lock_for_change().is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT m.id FROM members m WHERE m.organization_id = $1 AND m.user_id {} ORDER BY m.id{}",
        db::among(tx.backend(), 2),
        tx.lock_for_change()
    );
    db::all(tx, sql, [organization.clone().into(), list(people).into()]).await?;
    Ok(())
}

/// Records that what groups give a member has changed: they are held, `before` are the roles that they had. Whoever is
/// not active has no roles to gain or to lose, and gets no event.
pub fn record_roles(tx: &mut Tx, after: &Member, before: Vec<String>) -> bool {
    if !after.is_active() || before == after.roles {
        return false;
    }
    let before = Member { roles: before, ..after.clone() };
    super::store::touch(tx, &after.id);
    record(tx, EventKind::MembershipUpdated, Some(&before), Some(after));
    true
}

fn list(ids: &[UserId]) -> String {
    ids.iter().map(Id::as_str).collect::<serde_json::Value>().to_string()
}
