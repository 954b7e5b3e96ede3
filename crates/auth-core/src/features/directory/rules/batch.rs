//! The events of many people, by a job: first of those who came to a group or left it, whom the change wrote down, then of
//! those who are in the groups that give otherwise, page by page. Nobody gets two events of one job.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::effects::{Moved, Touch};
use super::expansion::{Delta, Deltas};
use super::resolving::list;
use super::touched::follow;
use crate::AuthCore;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::jobs::{self, BATCH, Job, Progress};
use crate::ids::{Id as _, TeamId};
use crate::orgs::members::derived::Gift;

/// Where a job is: among those who came or left, or among the members of a group.
enum At {
    People { after: String },
    Group { group: String, after: String },
}

impl At {
    /// Ids have no spaces.
    fn read(cursor: Option<&str>) -> Self {
        let mut words = cursor.unwrap_or_default().split(' ').map(str::to_owned);
        match (words.next().as_deref(), words.next(), words.next()) {
            (Some("group"), Some(group), Some(after)) => Self::Group { group, after },
            (_, after, _) => Self::People { after: after.unwrap_or_default() },
        }
    }

    fn write(&self) -> String {
        match self {
            Self::People { after } => format!("people {after}"),
            Self::Group { group, after } => format!("group {group} {after}"),
        }
    }
}

/// Some people at one place.
struct Batch {
    at: At,
    people: Vec<String>,
    touch: Touch,
    /// The groups whose members had their turn.
    before: BTreeSet<String>,
}

/// Tells of the next people, and how far that has come.
pub(in crate::features::directory) async fn batch(core: &AuthCore, job: &Job) -> Result<Progress> {
    core.write(&job.ctx(), async |tx| {
        let finished = Progress { finished: true, ..Progress::default() };
        let directory = jobs::directory(tx, job).await?;
        let (Some(directory), Some(organization)) = (directory, &job.organization_id) else { return Ok(finished) };
        let groups = deltas(&job.detail);
        let Some(Batch { at, people, touch, before }) = next(tx, job, groups).await? else {
            forget(tx, job).await?;
            return Ok(finished);
        };
        follow(tx, &directory, organization, &touch, &people, &before).await?;
        let done = i64::try_from(people.len()).unwrap_or(i64::MAX);
        let progress = Progress { cursor: Some(at.write()), done, ..Progress::default() };
        jobs::advance(tx, job, &progress).await?;
        Ok(Progress::default())
    })
    .await
}

/// The people whose turn it is; `None` if everybody had theirs.
async fn next(tx: &Tx, job: &Job, groups: Deltas) -> Result<Option<Batch>> {
    let (directory, id) = (job.directory_id.as_str(), job.id.as_str());
    let at = At::read(job.cursor.as_deref());
    if let At::People { after } = &at {
        let sql = "SELECT directory_user_id, came FROM directory_role_touches
                   WHERE job_id = $1 AND directory_id = $2 AND directory_user_id > $3
                   ORDER BY directory_user_id LIMIT (0 + $4)";
        let rows = db::all(tx, sql, [id.into(), directory.into(), after.as_str().into(), BATCH.into()]).await?;
        let mut moved = Moved { group: text(&job.detail, "group"), ..Moved::default() };
        moved.gifts = gifts(&job.detail["roles"], &job.detail["teams"]);
        let mut people: Vec<String> = Vec::with_capacity(rows.len());
        for row in &rows {
            let (resource, came): (String, bool) = (row.get(0)?, row.get(1)?);
            if came { &mut moved.came } else { &mut moved.left }.insert(resource.clone());
            people.push(resource);
        }
        if let Some(last) = people.last() {
            let at = At::People { after: last.clone() };
            let touch = Touch { groups, moved: Some(moved) };
            return Ok(Some(Batch { at, people, touch, before: BTreeSet::new() }));
        }
    }
    let mut before = BTreeSet::new();
    for group in groups.keys() {
        let after = match &at {
            At::Group { group: there, .. } if group < there => {
                before.insert(group.clone());
                continue;
            }
            At::Group { group: there, after } if group == there => after.as_str(),
            _ => "",
        };
        let sql = "SELECT member_id FROM directory_group_members
                   WHERE group_id = $1 AND directory_id = $2 AND member_id > $3 AND member_kind = 'user'
                   ORDER BY member_id LIMIT (0 + $4)";
        let values = [group.as_str().into(), directory.into(), after.into(), BATCH.into()];
        let people: Vec<String> =
            db::all(tx, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
        if let Some(last) = people.last() {
            let at = At::Group { group: group.clone(), after: last.clone() };
            let people = not_written_down(tx, job, people).await?;
            return Ok(Some(Batch { at, people, touch: Touch { groups, moved: None }, before }));
        }
        before.insert(group.clone());
    }
    Ok(None)
}

/// Those who did not come or leave by the change: the others had their turn.
async fn not_written_down(tx: &Tx, job: &Job, mut people: Vec<String>) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT directory_user_id FROM directory_role_touches WHERE job_id = $1 AND directory_id = $2 AND directory_user_id {}",
        db::among(tx.backend(), 3)
    );
    let values = [job.id.as_str().into(), job.directory_id.as_str().into(), list(&people).into()];
    let told: BTreeSet<String> = db::all(tx, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    people.retain(|resource| !told.contains(resource));
    Ok(people)
}

/// Takes away what was written down for this job, and for those that ended before their end.
async fn forget(tx: &Tx, job: &Job) -> Result<()> {
    let sql = "DELETE FROM directory_role_touches WHERE directory_id = $1 AND (job_id = $2 OR job_id NOT IN
                   (SELECT j.id FROM directory_jobs j WHERE j.directory_id = $1 AND j.state IN ('queued', 'running')))";
    db::run(tx, sql, [job.directory_id.as_str().into(), job.id.as_str().into()]).await?;
    Ok(())
}

fn text(detail: &Json, name: &str) -> String {
    detail[name].as_str().unwrap_or_default().to_owned()
}

/// What stands in two lists: roles and teams. A job that an earlier version began has none of these.
fn gifts(roles: &Json, teams: &Json) -> BTreeSet<Gift> {
    let texts = |list: &Json| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let teams = texts(teams).into_iter().map(|team| Gift::Team(TeamId::from_text(team)));
    texts(roles).into_iter().map(Gift::Role).chain(teams).collect()
}

fn deltas(detail: &Json) -> Deltas {
    let groups = detail["groups"].as_object().into_iter().flatten();
    groups
        .map(|(group, delta)| {
            let gained = gifts(&delta["gained"], &delta["gained_teams"]);
            (group.clone(), Delta { gained, lost: gifts(&delta["lost"], &delta["lost_teams"]) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again() {
        for cursor in ["people scimu_1", "group scimg_1 scimu_1"] {
            assert_eq!(At::read(Some(cursor)).write(), cursor);
        }
        assert!(matches!(At::read(None), At::People { after } if after.is_empty()));
    }
}
