//! A mapping applied to people who are there already: all of a directory's by a job, those whose groups changed in the
//! transaction that changed them, if they are few.

use std::collections::BTreeSet;

use serde_json::json;

use super::opening;
use super::saving::apply_later;
use crate::AuthCore;
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::features::directory::connections::owner_key;
use crate::features::directory::groups::Moves;
use crate::features::directory::jobs::{self, BATCH, Job, JobKind, Progress};
use crate::features::directory::{Directory, DirectoryFault, users};
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id as _};

/// How many people are mapped again in the transaction that changed their groups.
const AT_ONCE: usize = 100;

/// One batch of a job: a transaction for each person, with the progress in it.
pub(in crate::features::directory) async fn apply(core: &AuthCore, job: &Job) -> Result<Progress> {
    let ctx = job.ctx();
    let people = core
        .read(&ctx, async |rx| {
            let rows = db::all(
                rx,
                "SELECT u.id FROM directory_users u JOIN directories d ON d.id = u.directory_id
                 WHERE u.directory_id = $1 AND d.owner_key = $2 AND u.id > $3 ORDER BY u.id LIMIT (0 + $4)",
                [
                    job.directory_id.as_str().into(),
                    owner_key(job.organization_id.as_ref()).into(),
                    job.cursor.clone().unwrap_or_default().into(),
                    BATCH.into(),
                ],
            )
            .await?;
            rows.iter().map(|row| row.get::<DirectoryUserId>(0)).collect::<Result<Vec<_>>>()
        })
        .await?;
    let step = |id: &DirectoryUserId, failed: i64| Progress {
        cursor: Some(id.as_str().to_owned()),
        done: 1,
        failed,
        finished: false,
    };
    for id in &people {
        let done = core
            .write(&ctx, async |tx| {
                let directory = jobs::directory(tx, job).await?.ok_or(DirectoryFault::JobEnded)?;
                // All that a change may come to is large.
                Box::pin(users::map_again(tx, &directory, id)).await?;
                jobs::advance(tx, job, &step(id, 0)).await
            })
            .await;
        if let Err(error) = done {
            if error.is(&DirectoryFault::JobEnded) {
                return Err(error);
            }
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(job = job.id.as_str(), person = id.as_str(), %error, cause, "a person could not be mapped again");
            core.write(&ctx, async |tx| jobs::advance(tx, job, &step(id, 1)).await).await?;
        }
    }
    let whole = usize::try_from(BATCH).unwrap_or_default();
    Ok(Progress { finished: people.len() < whole, ..Progress::default() })
}

/// Maps those again who came to a group or left it, if the mapping looks at groups.
pub(in crate::features::directory) async fn members_changed(
    tx: &mut Tx,
    directory: &Directory,
    moves: &Moves,
) -> Result<()> {
    if directory.mapping_version == 0 || moves.is_empty() {
        return Ok(());
    }
    // Who is in a group that came or left is not known here.
    let people = (!moves.groups).then(|| moves.came.iter().chain(&moves.left).cloned().collect());
    people_changed(tx, directory, people).await
}

/// The people of a group, if the mapping looks at groups: those who are to be mapped again when it is renamed or
/// deleted. `None` if they are many.
pub(in crate::features::directory) async fn people_of(
    tx: &Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
) -> Result<Option<BTreeSet<String>>> {
    if directory.mapping_version == 0 || !looks_at_groups(tx, directory).await? {
        return Ok(Some(BTreeSet::new()));
    }
    let sql = "SELECT member_id, member_kind FROM directory_group_members WHERE group_id = $1 AND directory_id = $2 LIMIT (0 + $3)";
    let values = [group.as_str().into(), directory.id.as_str().into(), (BATCH + 1).into()];
    let rows = db::all(tx, sql, values).await?;
    let mut people = BTreeSet::new();
    for row in &rows {
        let kind: String = row.get(1)?;
        if kind == "group" || rows.len() > AT_ONCE {
            return Ok(None);
        }
        people.insert(row.get(0)?);
    }
    Ok(Some(people))
}

/// Maps those again whose groups have changed, if the mapping looks at groups. `None`: they are many, or not known.
///
/// A few are mapped in this transaction; many by a job that goes over all people of the directory.
pub(in crate::features::directory) async fn people_changed(
    tx: &mut Tx,
    directory: &Directory,
    people: Option<BTreeSet<String>>,
) -> Result<()> {
    if directory.mapping_version == 0
        || people.as_ref().is_some_and(BTreeSet::is_empty)
        || !looks_at_groups(tx, directory).await?
    {
        return Ok(());
    }
    match people.filter(|people| people.len() <= AT_ONCE) {
        Some(people) => {
            for id in people {
                // Boxed: few requests come this far, and all of them would carry it.
                Box::pin(users::map_again(tx, directory, &DirectoryUserId::from_text(id))).await?;
            }
        }
        None if jobs::waits(tx, directory, JobKind::MappingApplied).await? => {}
        None => {
            let detail = json!({ "version": directory.mapping_version, "reason": "groups" });
            apply_later(tx, directory, detail).await?;
        }
    }
    Ok(())
}

async fn looks_at_groups(tx: &Tx, directory: &Directory) -> Result<bool> {
    Ok(opening::look(tx, directory, None).await?.0.has_groups())
}
