//! What follows from changes of groups: what they give is written anew where groups in groups changed, and who has other
//! roles or teams than before gets an event. Up to a hundred people get theirs in the transaction, more by a job.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::effects::{Moved, Touch, Touched, look, owners};
use super::expansion::{self, Deltas};
use super::resolving::list;
use super::store;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::features::directory::groups::Moves;
use crate::features::directory::jobs::{self, JobKind};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _, JobId, OrgId, TeamId, UserId};
use crate::orgs::members::Member;
use crate::orgs::members::derived::{self, Gift, record_roles};
use crate::orgs::teams;

/// How many people get their events in the transaction.
const AT_ONCE: usize = 100;

/// Waits until nobody else connects groups of the directory with each other or with rules. `false` if it is gone.
///
/// As long as a directory has no rules this waits for those only who are about to give it some.
pub(super) async fn hold(tx: &Tx, directory: &Directory) -> Result<bool> {
    let lock = if directory.rules_version > 0 { tx.lock_for_change() } else { tx.share() };
    if lock.is_empty() {
        return Ok(true);
    }
    let sql = format!("SELECT id FROM directories WHERE id = $1 AND deleted_at IS NULL{lock}");
    Ok(db::one(tx, sql, [directory.id.as_str().into()]).await?.is_some())
}

/// Follows a change of a group's members that was made in this transaction.
pub(in crate::features::directory) async fn members_changed(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    moves: &Moves,
) -> Result<()> {
    let Moves { came, left, groups } = moves;
    if directory.organization_id.is_none() || (directory.rules_version <= 0 && !groups) || moves.is_empty() {
        return Ok(());
    }
    // Who came or left while the first rules are being saved is seen by those, not here.
    if *groups && !hold(tx, directory).await? {
        return Ok(());
    }
    let gifts = expansion::gifts_of(tx, &directory.id, group.as_str()).await?;
    if gifts.is_empty() {
        return Ok(());
    }
    let deltas = if *groups { rewrite(tx, directory).await? } else { Deltas::new() };
    let came: BTreeSet<String> = came.iter().cloned().collect();
    let left: BTreeSet<String> = left.iter().cloned().collect();
    let (came, left) = (&came - &left, &left - &came);
    let through = Moved { group: group.to_string(), gifts, came, left };
    settle(tx, directory, Touch { groups: deltas, moved: Some(through) }).await
}

/// Brings what groups give to the state that the rules and the groups are in. The directory is held.
async fn rewrite(tx: &Tx, directory: &Directory) -> Result<Deltas> {
    let rules = store::rules(tx, directory.organization_id.as_ref(), &directory.id).await?;
    expansion::write(tx, directory, &rules).await
}

/// What has to be known of a group before it is deleted.
pub(in crate::features::directory) struct Deleting {
    gifts: BTreeSet<Gift>,
    /// Those who are in it, if they are few.
    people: Option<BTreeSet<String>>,
    /// The job that has the others.
    job: Option<JobId>,
}

/// Looks at a group that is about to be deleted. It costs the same however many people are in it, but for a statement that
/// notes who they are.
pub(in crate::features::directory) async fn deleting(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
) -> Result<Option<Deleting>> {
    if directory.organization_id.is_none() || !hold(tx, directory).await? {
        return Ok(None);
    }
    let gifts = expansion::gifts_of(tx, &directory.id, group.as_str()).await?;
    if gifts.is_empty() {
        return Ok(None);
    }
    let people = some_in(tx, &directory.id, &[group.as_str()]).await?;
    if people.len() <= AT_ONCE {
        return Ok(Some(Deleting { gifts, people: Some(people), job: None }));
    }
    let moved = Moved { group: group.to_string(), gifts: gifts.clone(), ..Moved::default() };
    let job = enqueue(tx, directory, &Touch { groups: Deltas::new(), moved: Some(moved) }).await?;
    let sql = "INSERT INTO directory_role_touches (directory_id, job_id, directory_user_id, came)
               SELECT $1, $2, member_id, FALSE FROM directory_group_members WHERE group_id = $3 AND member_kind = 'user'";
    db::run(tx, sql, [directory.id.as_str().into(), job.as_str().into(), group.as_str().into()]).await?;
    Ok(Some(Deleting { gifts, people: None, job: Some(job) }))
}

/// Follows the deletion of a group.
pub(in crate::features::directory) async fn deleted(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    before: Option<Deleting>,
) -> Result<()> {
    let Some(Deleting { gifts, people, job }) = before else { return Ok(()) };
    let mut groups = rewrite(tx, directory).await?;
    groups.remove(group.as_str());
    if job.is_some() {
        return if groups.is_empty() { Ok(()) } else { settle(tx, directory, Touch { groups, moved: None }).await };
    }
    let left = people.unwrap_or_default();
    let moved = Moved { group: group.to_string(), gifts, came: BTreeSet::new(), left };
    settle(tx, directory, Touch { groups, moved: Some(moved) }).await
}

/// Follows a resource that belongs to somebody else than before, or to nobody: `was` and `is` are those for whom it
/// counts, that is, while it is active. The groups that it is in are still its own.
pub(in crate::features::directory) async fn resource_changed(
    tx: &mut Tx,
    directory: &Directory,
    resource: &DirectoryUserId,
    was: Option<&UserId>,
    is: Option<&UserId>,
) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    if directory.rules_version <= 0 || was == is {
        return Ok(());
    }
    let gifts = expansion::gifts_to(tx, &directory.id, resource.as_str()).await?;
    if gifts.is_empty() {
        return Ok(());
    }
    let people: Vec<UserId> = [was, is].into_iter().flatten().cloned().collect();
    derived::hold(tx, organization, &people).await?;
    for now in derived::explain(tx, organization, &people).await? {
        let mut before: Vec<&Gift> =
            now.derived.iter().filter(|one| one.resource != *resource).map(|one| &one.gift).collect();
        if Some(&now.member.user_id) != is {
            before.extend(&gifts);
        }
        let other = now.roles_with(before.iter().copied());
        let other_teams = now.teams_with(before.iter().copied());
        let (resource, through) = (resource.to_string(), BTreeSet::new());
        tell(tx, organization, Touched { now, other, other_teams, resource, through }).await?;
    }
    Ok(())
}

/// Sees to the events of those whose roles are others than before the change.
pub(super) async fn settle(tx: &mut Tx, directory: &Directory, touch: Touch) -> Result<()> {
    let Some(organization) = &directory.organization_id else { return Ok(()) };
    let mut people: BTreeSet<String> =
        touch.moved.iter().flat_map(|moved| moved.came.iter().chain(&moved.left)).cloned().collect();
    if people.len() <= AT_ONCE && !touch.groups.is_empty() {
        let groups: Vec<&str> = touch.groups.keys().map(String::as_str).collect();
        people.extend(some_in(tx, &directory.id, &groups).await?);
    }
    if people.len() > AT_ONCE {
        let job = enqueue(tx, directory, &touch).await?;
        return put_down(tx, directory, &job, &touch).await;
    }
    let people: Vec<String> = people.into_iter().collect();
    follow(tx, directory, organization, &touch, &people, &BTreeSet::new()).await
}

/// Tells of the people of some resources, but for those whom the change reaches through one of the groups `but` too.
pub(super) async fn follow(
    tx: &mut Tx,
    directory: &Directory,
    organization: &OrgId,
    touch: &Touch,
    resources: &[String],
    but: &BTreeSet<String>,
) -> Result<()> {
    let owners = owners(tx, &directory.id, resources).await?;
    let people: Vec<UserId> = owners.values().cloned().collect();
    derived::hold(tx, organization, &people).await?;
    for touched in look(tx, directory, organization, touch, &owners).await? {
        if touched.through.is_disjoint(but) {
            tell(tx, organization, touched).await?;
        }
    }
    Ok(())
}

/// People who are directly in one of some groups: one more than get their events at once, if there are so many.
async fn some_in(tx: &Tx, directory: &DirectoryId, groups: &[&str]) -> Result<BTreeSet<String>> {
    let most = i64::try_from(AT_ONCE + 1).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT DISTINCT member_id FROM directory_group_members
         WHERE directory_id = $1 AND group_id {} AND member_kind = 'user' LIMIT (0 + $3)",
        db::among(tx.backend(), 2)
    );
    let rows = db::all(tx, sql, [directory.as_str().into(), list(groups).into(), most.into()]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Records what happened to somebody's roles and teams, and notes it for who asks about the request.
async fn tell(tx: &mut Tx, organization: &OrgId, touched: Touched) -> Result<()> {
    let Touched { now, other, other_teams, .. } = touched;
    let teams = now.teams();
    let member = now.member;
    if member.is_active() && teams != other_teams {
        let (joined, left) = (&teams - &other_teams, &other_teams - &teams);
        note_teams(tx, "team.joined_by_group", "By a group the person is in the team", &member, &joined);
        note_teams(tx, "team.left_by_group", "No group puts the person into the team any more:", &member, &left);
        teams::record_by_group(tx, organization, &member.user_id, &joined, &left).await?;
    }
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|role| !others.contains(role)).cloned().collect()
    };
    let (granted, withdrawn) = (only(&member.roles, &other), only(&other, &member.roles));
    if !record_roles(tx, &member, other) {
        return Ok(());
    }
    let facts = |roles: &[String]| -> Json {
        json!({ "organization_id": organization.as_str(), "user_id": member.user_id.as_str(), "roles": roles })
    };
    if !granted.is_empty() {
        let words = || format!("By a group the person has the role {}", granted.join(", "));
        tx.note("role.granted_by_group", words, || facts(&granted));
    }
    if !withdrawn.is_empty() {
        let words = || format!("No group gives the person the role {} any more", withdrawn.join(", "));
        tx.note("role.withdrawn_by_group", words, || facts(&withdrawn));
    }
    Ok(())
}

fn note_teams(tx: &Tx, code: &'static str, words: &str, member: &Member, teams: &BTreeSet<TeamId>) {
    if teams.is_empty() {
        return;
    }
    let ids: Vec<&str> = teams.iter().map(TeamId::as_str).collect();
    let said = || format!("{words} {}", ids.join(", "));
    let facts = || json!({ "organization_id": member.organization_id.as_str(), "user_id": member.user_id.as_str(), "teams": ids });
    tx.note(code, said, facts);
}

/// Leaves a change to a job.
///
/// Each such change is told of by itself, so that they cannot be put together; but they are bounded: one that gives roles
/// is refused where too many wait. One that only takes roles away is not, for access does not wait to end; and nothing can be
/// taken away that was not given before.
async fn enqueue(tx: &mut Tx, directory: &Directory, touch: &Touch) -> Result<JobId> {
    let moved = touch.moved.as_ref();
    let gives = touch.groups.values().any(|delta| !delta.gained.is_empty())
        || moved.is_some_and(|moved| !moved.came.is_empty());
    if gives {
        jobs::refuse_too_many(tx, directory, JobKind::RoleEvents).await?;
    }
    let total = moved.map_or(0, |moved| moved.came.len() + moved.left.len());
    let groups: serde_json::Map<String, Json> = touch
        .groups
        .iter()
        .map(|(group, delta)| {
            let ((gained, gained_teams), (lost, lost_teams)) = (parts(&delta.gained), parts(&delta.lost));
            let told =
                json!({ "gained": gained, "gained_teams": gained_teams, "lost": lost, "lost_teams": lost_teams });
            (group.clone(), told)
        })
        .collect();
    let through = moved.map(|moved| parts(&moved.gifts));
    let detail = json!({
        "groups": groups,
        "group": moved.map(|moved| moved.group.as_str()),
        "roles": through.as_ref().map(|(roles, _)| roles),
        "teams": through.as_ref().map(|(_, teams)| teams),
    });
    jobs::enqueue(tx, directory, JobKind::RoleEvents, detail, i64::try_from(total).unwrap_or(i64::MAX)).await
}

/// The roles, and the teams.
fn parts(gifts: &BTreeSet<Gift>) -> (Vec<&str>, Vec<&str>) {
    (gifts.iter().filter_map(Gift::role).collect(), gifts.iter().filter_map(Gift::team).map(TeamId::as_str).collect())
}

/// Writes down for a job who came and who left.
async fn put_down(tx: &Tx, directory: &Directory, job: &JobId, touch: &Touch) -> Result<()> {
    let Some(moved) = &touch.moved else { return Ok(()) };
    for (people, came) in [(&moved.came, true), (&moved.left, false)] {
        let people: Vec<&String> = people.iter().collect();
        for some in people.chunks(2000) {
            // Who was deleted meanwhile has no roles to speak of.
            let sql = format!(
                "INSERT INTO directory_role_touches (directory_id, job_id, directory_user_id, came)
                 SELECT $1, $2, u.id, $3 FROM directory_users u WHERE u.directory_id = $1 AND u.id {}",
                db::among(tx.backend(), 4)
            );
            let values = [directory.id.as_str().into(), job.as_str().into(), came.into(), list(some).into()];
            db::run(tx, sql, values).await?;
        }
    }
    Ok(())
}
