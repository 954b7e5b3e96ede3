//! What rules would mean for people, before they are saved.

use std::collections::{BTreeSet, HashMap};

use super::effects::{Touch, look, owners};
use super::expansion::{self, Delta};
use super::resolving::list;
use super::{NewRule, Refused, resolve, store};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::features::directory::connections;
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, OrgId, RoleRuleId, TeamId, UserId};
use crate::orgs::members::Status;

/// How many people are told by name.
const NAMED: usize = 500;
/// How many people are looked at at a time, and in all.
const PAGE: i64 = 500;
const MOST: i64 = 100_000;

/// What rules would mean.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// How many people would have a role, or be in a team, and do not now.
    pub gaining: i64,
    /// How many people would not have a role that they have, or not be in a team.
    pub losing: i64,
    /// How many people are in groups that would give otherwise, as far as was looked.
    pub examined: i64,
    /// Whether everybody was looked at.
    pub complete: bool,
    /// The first of those whose roles or teams would be others.
    pub people: Vec<Outcome>,
}

/// What rules would mean for somebody.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Their resource.
    pub resource: DirectoryUserId,
    /// Its `userName`.
    pub user_name: String,
    /// The person.
    pub user_id: UserId,
    /// Their roles, highest first.
    pub before: Vec<String>,
    /// The roles that they would have.
    pub after: Vec<String>,
    /// Their teams.
    pub teams_before: BTreeSet<TeamId>,
    /// The teams that they would be in.
    pub teams_after: BTreeSet<TeamId>,
}

/// Says who would gain and who would lose what by these rules. Nothing is written.
///
/// # Errors
/// Those of [`put`](super::put).
pub async fn simulate<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    wanted: &[NewRule],
) -> Result<Simulation, Refused> {
    let owner = owner.into();
    let directory = connections::get(db, owner, directory).await?;
    let before = store::rules(db, owner, &directory.id).await?;
    let after = resolve(db, owner, &directory, &before, wanted, || RoleRuleId::from_text(String::new())).await?;
    let Some(organization) = owner else { return Ok(Simulation { complete: true, ..Simulation::default() }) };
    let present = expansion::written(db, &directory.id).await?;
    let future = expansion::expand(db, &directory.id, &after).await?;
    // What is known are the roles before the change, so it is told the other way round.
    let groups = expansion::differences(&present, &future)
        .into_iter()
        .map(|(group, Delta { gained, lost })| (group, Delta { gained: lost, lost: gained }))
        .collect();
    Ok(people(db, &directory, organization, &Touch { groups, moved: None }).await?)
}

/// Goes through those who are in the groups that would give otherwise.
async fn people(db: &impl Scope, directory: &Directory, organization: &OrgId, touch: &Touch) -> Result<Simulation> {
    let mut simulation = Simulation { complete: true, ..Simulation::default() };
    let mut told: BTreeSet<String> = BTreeSet::new();
    'groups: for group in touch.groups.keys() {
        let mut after = String::new();
        loop {
            let sql = "SELECT member_id FROM directory_group_members
                       WHERE group_id = $1 AND directory_id = $2 AND member_id > $3 AND member_kind = 'user'
                       ORDER BY member_id LIMIT (0 + $4)";
            let values = [group.as_str().into(), directory.id.as_str().into(), after.as_str().into(), PAGE.into()];
            let page: Vec<String> =
                db::all(db, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
            let Some(last) = page.last() else { break };
            if simulation.examined >= MOST {
                simulation.complete = false;
                break 'groups;
            }
            last.clone_into(&mut after);
            let owners = owners(db, &directory.id, &page).await?;
            for touched in look(db, directory, organization, touch, &owners).await? {
                if !touched.through.is_disjoint(&told) {
                    continue;
                }
                simulation.examined += 1;
                let (teams_before, teams_after) = (touched.now.teams(), touched.other_teams);
                let member = touched.now.member;
                let (before, after) = (member.roles, touched.other);
                if member.status != Status::Active || (before == after && teams_before == teams_after) {
                    continue;
                }
                let gains = after.iter().any(|role| !before.contains(role)) || !teams_after.is_subset(&teams_before);
                let loses = before.iter().any(|role| !after.contains(role)) || !teams_before.is_subset(&teams_after);
                simulation.gaining += i64::from(gains);
                simulation.losing += i64::from(loses);
                if simulation.people.len() < NAMED {
                    let resource = DirectoryUserId::from_text(touched.resource);
                    let (user_name, user_id) = (String::new(), member.user_id);
                    let outcome = Outcome { resource, user_name, user_id, before, after, teams_before, teams_after };
                    simulation.people.push(outcome);
                }
            }
        }
        told.insert(group.clone());
    }
    name(db, directory, &mut simulation.people).await?;
    Ok(simulation)
}

/// Adds what the resources are called.
async fn name(db: &impl Scope, directory: &Directory, people: &mut [Outcome]) -> Result<()> {
    let ids: Vec<&str> = people.iter().map(|person| person.resource.as_str()).collect();
    let sql = format!(
        "SELECT id, user_name FROM directory_users WHERE directory_id = $1 AND id {}",
        db::among(db.backend(), 2)
    );
    let rows = db::all(db, sql, [directory.id.as_str().into(), list(&ids).into()]).await?;
    let mut names: HashMap<String, String> =
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    for person in people {
        person.user_name = names.remove(person.resource.as_str()).unwrap_or_default();
    }
    Ok(())
}
