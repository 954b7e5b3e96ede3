//! Whose roles and teams a change makes others, from the present facts and what is known of the change: what somebody had before is
//! what they have now, without what groups give since the change, and with what they gave before it. Told the other way
//! round, it is what somebody would have after a change that is only considered.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::expansion::Deltas;
use super::resolving::list;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::ids::{DirectoryId, Id as _, OrgId, TeamId, UserId};
use crate::orgs::members::derived::{self, Explained, Gift};

/// A change of what groups give, or of who is in one.
#[derive(Debug, Default)]
pub(super) struct Touch {
    /// What groups give otherwise to those who are in them.
    pub groups: Deltas,
    /// Who came to a group or left it.
    pub moved: Option<Moved>,
}

/// Who came to a group or left it.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// The group.
    pub group: String,
    /// What it gives.
    pub gifts: BTreeSet<Gift>,
    /// The resources that came.
    pub came: BTreeSet<String>,
    /// The resources that left.
    pub left: BTreeSet<String>,
}

/// Somebody whose roles or teams may be others than before.
pub(super) struct Touched {
    /// As they are.
    pub now: Explained,
    /// The roles of the other side of the change.
    pub other: Vec<String>,
    /// The teams of the other side of the change.
    pub other_teams: BTreeSet<TeamId>,
    /// One of their resources that the change reaches.
    pub resource: String,
    /// The groups that give otherwise and that they are in.
    pub through: BTreeSet<String>,
}

impl Touch {
    /// Whether the resource came to the group by this change, so that the group gave it nothing before.
    fn brought(&self, resource: &str, group: &str) -> bool {
        self.moved.as_ref().is_some_and(|moved| moved.group == group && moved.came.contains(resource))
    }
}

/// Whose resources are, as far as they count: while they are active.
pub(super) async fn owners(
    db: &impl Scope,
    directory: &DirectoryId,
    resources: &[String],
) -> Result<HashMap<String, UserId>> {
    let sql = format!(
        "SELECT id, user_id FROM directory_users
         WHERE directory_id = $1 AND active AND user_id IS NOT NULL AND id {}",
        db::among(db.backend(), 2)
    );
    let rows = db::all(db, sql, [directory.as_str().into(), list(resources).into()]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The people of some resources with the roles and teams that they have and those on the other side of the change.
pub(super) async fn look(
    db: &impl Scope,
    directory: &Directory,
    organization: &OrgId,
    touch: &Touch,
    owners: &HashMap<String, UserId>,
) -> Result<Vec<Touched>> {
    let mut resources: HashMap<&UserId, Vec<&str>> = HashMap::new();
    for (resource, user) in owners {
        resources.entry(user).or_default().push(resource);
    }
    let users: Vec<UserId> = resources.keys().map(|user| (*user).clone()).collect();
    let groups = groups_of(db, &directory.id, touch, owners).await?;
    let mut all = Vec::with_capacity(users.len());
    for now in derived::explain(db, organization, &users).await? {
        let kept = |one: &&derived::Derived| {
            let gained = touch.groups.get(one.group.as_str()).is_some_and(|delta| delta.gained.contains(&one.gift));
            !gained && !touch.brought(one.resource.as_str(), one.group.as_str())
        };
        let mut gifts: Vec<&Gift> = now.derived.iter().filter(kept).map(|one| &one.gift).collect();
        let mut through = BTreeSet::new();
        let own = resources.get(&now.member.user_id).map(Vec::as_slice).unwrap_or_default();
        for &resource in own {
            for group in groups.get(resource).into_iter().flatten() {
                let Some(delta) = touch.groups.get(group) else { continue };
                through.insert(group.clone());
                if !touch.brought(resource, group) {
                    gifts.extend(&delta.lost);
                }
            }
            if let Some(moved) = touch.moved.as_ref().filter(|moved| moved.left.contains(resource)) {
                gifts.extend(&moved.gifts);
            }
        }
        let other = now.roles_with(gifts.iter().copied());
        let other_teams = now.teams_with(gifts.iter().copied());
        let resource = own.first().map_or_else(String::new, |resource| (*resource).to_owned());
        all.push(Touched { now, other, other_teams, resource, through });
    }
    Ok(all)
}

/// Which groups that give otherwise each resource is in.
async fn groups_of(
    db: &impl Scope,
    directory: &DirectoryId,
    touch: &Touch,
    owners: &HashMap<String, UserId>,
) -> Result<HashMap<String, HashSet<String>>> {
    let mut groups: HashMap<String, HashSet<String>> = HashMap::new();
    if touch.groups.is_empty() || owners.is_empty() {
        return Ok(groups);
    }
    let resources: Vec<&String> = owners.keys().collect();
    let sql = format!(
        "SELECT member_id, group_id FROM directory_group_members WHERE directory_id = $1 AND member_id {}",
        db::among(db.backend(), 2)
    );
    for row in db::all(db, sql, [directory.as_str().into(), list(&resources).into()]).await? {
        let (resource, group): (String, String) = (row.get(0)?, row.get(1)?);
        if touch.groups.contains_key(&group) {
            groups.entry(resource).or_default().insert(group);
        }
    }
    Ok(groups)
}
