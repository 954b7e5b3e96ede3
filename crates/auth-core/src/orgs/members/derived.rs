//! What is derived: groups of a directory give roles and places in teams to who is in them. They are no rows of their own but follow
//! from three tables, so that changing a rule costs the same however many people are concerned.
//!
//! A resource of a directory counts while it is active and belongs to the person. One that awaits acceptance may: the
//! membership says whether the person has accepted, and without an active one no role is worth anything.

use std::collections::BTreeSet;

use super::store::{COLUMNS, columns, in_force, member};
use super::{Member, record};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id, MemberId, OrgId, TeamId, UserId};
use crate::outbox::EventKind;

/// The tables whose rows give a member `m` a role, if they are [`GIVEN`]: `x` is the resource, `d` what its directory's
/// groups give (groups in groups are followed already; nothing once the directory is disconnected), `y` that the resource
/// is in the group. Read in this order: from the person to the few groups that give something, and of each only whether
/// the person is in it, so that no group is read through.
pub(super) const GIVING: &str =
    "directory_users x CROSS JOIN directory_rule_groups d CROSS JOIN directory_group_members y";
/// The condition for [`GIVING`] and [`PLACING`].
pub(in crate::orgs) const GIVEN: &str = "x.user_id = m.user_id AND x.active AND d.directory_id = x.directory_id
    AND d.organization_id = m.organization_id AND y.group_id = d.group_id AND y.member_id = x.id";

/// The same for places in teams.
pub(in crate::orgs) const PLACING: &str =
    "directory_users x CROSS JOIN directory_rule_teams d CROSS JOIN directory_group_members y";

/// What a group gives to who is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gift {
    /// A role.
    Role(String),
    /// A place in a team.
    Team(TeamId),
}

impl Gift {
    /// The role, if it is one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Role(role) => Some(role),
            Self::Team(_) => None,
        }
    }

    /// The team, if it is one.
    #[must_use]
    pub const fn team(&self) -> Option<&TeamId> {
        match self {
            Self::Team(team) => Some(team),
            Self::Role(_) => None,
        }
    }
}

/// Something that a group gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Which resource is in the group.
    pub resource: DirectoryUserId,
    /// The group that it is a direct member of.
    pub group: DirectoryGroupId,
    /// What it gives.
    pub gift: Gift,
}

/// A member, and what groups give them.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The member.
    pub member: Member,
    /// What groups give, once for each group.
    pub derived: Vec<Derived>,
    /// The roles of the grants that are rows, with their marks.
    own: String,
    /// The teams in which they are by hand or by an invitation.
    places: Vec<TeamId>,
}

impl Explained {
    /// The roles that the member would have if groups gave these.
    pub fn roles_with<'a>(&self, gifts: impl Iterator<Item = &'a Gift>) -> Vec<String> {
        let mut marked = self.own.clone();
        for role in gifts.filter_map(Gift::role) {
            marked.push(',');
            marked.push_str(role);
        }
        in_force(&marked)
    }

    /// The teams in which the member is.
    #[must_use]
    pub fn teams(&self) -> BTreeSet<TeamId> {
        self.teams_with(self.derived.iter().map(|one| &one.gift))
    }

    /// The teams in which the member would be if groups gave these.
    pub fn teams_with<'a>(&self, gifts: impl Iterator<Item = &'a Gift>) -> BTreeSet<TeamId> {
        let mut teams: BTreeSet<TeamId> = self.places.iter().cloned().collect();
        teams.extend(gifts.filter_map(Gift::team).cloned());
        teams
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
              FROM member_grants s WHERE s.member_id = m.id),
             (SELECT string_agg(tm.team_id, ',') FROM team_members tm WHERE tm.member_id = m.id)
         FROM members m WHERE m.organization_id = $1 AND m.user_id {among} ORDER BY m.id",
        columns()
    );
    let rows = db::all(db, sql, [organization.clone().into(), people.clone().into()]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let own: Option<String> = row.get(COLUMNS)?;
        let places: Option<String> = row.get(COLUMNS + 1)?;
        let places = places.iter().flat_map(|teams| teams.split(',')).map(|team| TeamId::from_text(team.to_owned()));
        let places = places.collect();
        all.push(Explained { member: member(row)?, derived: Vec::new(), own: own.unwrap_or_default(), places });
    }
    let sql = format!(
        "SELECT DISTINCT m.id, x.id, y.group_id, d.role, NULL FROM members m CROSS JOIN {GIVING}
         WHERE {GIVEN} AND m.organization_id = $1 AND m.user_id {among}
         UNION ALL
         SELECT DISTINCT m.id, x.id, y.group_id, NULL, d.team_id FROM members m CROSS JOIN {PLACING}
         WHERE {GIVEN} AND m.organization_id = $1 AND m.user_id {among}"
    );
    for row in db::all(db, sql, [organization.clone().into(), people.into()]).await? {
        let id: MemberId = row.get(0)?;
        if let Ok(place) = all.binary_search_by(|one| one.member.id.cmp(&id)) {
            let role = row.get::<Option<String>>(3)?.map(Gift::Role);
            let Some(gift) = role.or(row.get::<Option<TeamId>>(4)?.map(Gift::Team)) else { continue };
            all[place].derived.push(Derived { resource: row.get(1)?, group: row.get(2)?, gift });
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
