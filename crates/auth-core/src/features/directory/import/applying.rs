//! Doing what was said in import mode: the real resources come to where the staged ones are, under the ids that the identity
//! provider was answered. One transaction each; what is refused is told in the report, and the others go on.

use serde_json::json;

use super::{Kind, staging};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _};
use crate::fault::{Error, Result};
use crate::features::directory::groups::{self, DirectoryGroup, Edit, MemberOp, Members, NewDirectoryGroup};
use crate::features::directory::jobs::{self, BATCH, Job, Progress};
use crate::features::directory::users::{self, DirectoryUser, NewDirectoryUser};
use crate::features::directory::{CredentialScope, DirectoryActor};
use crate::ids::{CredentialId, DirectoryGroupId, DirectoryUserId, Id as _};

/// The rounds of an application: what is taken from people before what is given to them, so that a `userName` that moved
/// from one to the other is free; groups before their members, which may be groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// People who are there already are changed or deleted.
    People,
    /// New people.
    NewPeople,
    /// Groups are made, and called what they are called.
    Groups,
    /// Their members, and those groups that go.
    Members,
}

impl Round {
    const ALL: [Self; 4] = [Self::People, Self::NewPeople, Self::Groups, Self::Members];

    const fn kind(self) -> Kind {
        match self {
            Self::People | Self::NewPeople => Kind::User,
            Self::Groups | Self::Members => Kind::Group,
        }
    }
}

/// Where a batch begins: a round, and the id behind which it goes on.
fn place(cursor: Option<&str>) -> (usize, String) {
    let place = cursor.and_then(|cursor| cursor.split_once(' '));
    place.map_or((0, String::new()), |(round, id)| (round.parse().unwrap_or_default(), id.to_owned()))
}

/// Applies a batch of an import. The last one ends it.
///
/// # Errors
/// Those of the database.
pub(in crate::features::directory) async fn batch(core: &AuthCore, job: &Job) -> Result<Progress> {
    let system = job.ctx();
    let Some(directory) = core.read(&system, async |rx| jobs::directory(rx, job).await).await? else {
        return Ok(Progress { finished: true, ..Progress::default() });
    };
    let (round, after) = place(job.cursor.as_deref());
    let Some(round) = Round::ALL.get(round).copied() else {
        core.write(&system, async |tx| end(tx, job).await).await?;
        return Ok(Progress { finished: true, ..Progress::default() });
    };
    let mut actor = DirectoryActor {
        directory,
        credential_id: CredentialId::from_text(job.id.to_string()),
        scopes: CredentialScope::ALL.to_vec(),
    };
    // An admin has seen how many they are.
    actor.directory.settings.breaker.enabled = false;
    let ids: Vec<String> = core
        .read(&system, async |rx| {
            let sql = "SELECT id FROM directory_import_entries
                 WHERE directory_id = $1 AND kind = $2 AND outcome <> 'unchanged' AND id > $3 ORDER BY id LIMIT (0 + $4)";
            let kind = round.kind().as_str();
            let values =
                [actor.directory.id.as_str().into(), kind.into(), after.as_str().into(), BATCH.into()];
            db::all(rx, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()
        })
        .await?;
    let at = Round::ALL.iter().position(|one| *one == round).unwrap_or_default();
    let Some(last) = ids.last() else {
        return Ok(Progress { cursor: Some(format!("{} ", at + 1)), ..Progress::default() });
    };
    let mut progress = Progress { cursor: Some(format!("{at} {last}")), ..Progress::default() };
    let ctx = Ctx { actor: actor.actor(), ..system };
    for id in &ids {
        let done = match round.kind() {
            Kind::User => person(core, &actor, &ctx, round, &DirectoryUserId::from_text(id.clone())).await,
            Kind::Group => group(core, &actor, &ctx, round, &DirectoryGroupId::from_text(id.clone())).await,
        };
        match done {
            // It has its turn in another round.
            Ok(false) => {}
            Ok(true) => {
                progress.done += 1;
                settle(core, &actor, &ctx, id, None).await?;
            }
            Err(error) if error.is_transient() || error.kind() == crate::Kind::Internal => return Err(error),
            Err(error) => {
                (progress.done, progress.failed) = (progress.done + 1, progress.failed + 1);
                settle(core, &actor, &ctx, id, Some(&error)).await?;
            }
        }
    }
    Ok(progress)
}

/// Notes how it stands with an entry. Records no event: the change has recorded its own.
async fn settle(core: &AuthCore, actor: &DirectoryActor, ctx: &Ctx, id: &str, refused: Option<&Error>) -> Result<()> {
    core.write(ctx, async |tx| {
        let directory = actor.directory.id.as_str();
        match refused {
            None => {
                let sql = "UPDATE directory_import_entries SET outcome = 'unchanged', detail = '{}'
                     WHERE directory_id = $1 AND id = $2";
                db::run(tx, sql, [directory.into(), id.into()]).await?;
            }
            Some(error) => {
                let detail = json!({ "refused": { "code": error.code(), "message": error.public_message() } });
                let sql = "UPDATE directory_import_entries SET outcome = 'refused', detail = $3
                     WHERE directory_id = $1 AND id = $2";
                db::run(tx, sql, [directory.into(), id.into(), detail.to_string().into()]).await?;
            }
        }
        Ok(())
    })
    .await
}

/// Ends the import: the directory acts again. What was refused stays to be read.
async fn end(tx: &mut crate::Tx, job: &Job) -> Result<()> {
    let directory = &job.directory_id;
    staging::forget_staged(tx, directory).await?;
    let sql = "DELETE FROM directory_import_entries WHERE directory_id = $1 AND outcome <> 'refused'";
    db::run(tx, sql, [directory.as_str().into()]).await?;
    let sql = "UPDATE directories SET import_state = NULL, import_started_at = NULL, updated_at = $2 WHERE id = $1";
    db::run(tx, sql, [directory.as_str().into(), tx.now().into()]).await?;
    let facts = |import: Option<&str>| json!({ "id": directory.as_str(), "import": import });
    let payload = json!({ "v": 1, "before": facts(Some("applying")), "after": facts(None) });
    let event = crate::outbox::Event::new(crate::outbox::EventKind::DirectoryUpdated, directory, payload);
    tx.record(event.within(job.organization_id.as_ref()));
    Ok(())
}

/// Brings a person to where they are staged. `false`: not in this round.
async fn person(
    core: &AuthCore,
    actor: &DirectoryActor,
    ctx: &Ctx,
    round: Round,
    id: &DirectoryUserId,
) -> Result<bool> {
    let directory = &actor.directory.id;
    let staged = Ctx { staged: true, ..ctx.clone() };
    let before = core.read(ctx, async |rx| users::find(rx, directory, id).await).await?;
    let after = core.read(&staged, async |rx| users::find(rx, directory, id).await).await?;
    if before.is_some() != (round == Round::People) {
        return Ok(false);
    }
    core.write(ctx, async |tx| match (&before, &after) {
        (None, Some(after)) => {
            let new = NewDirectoryUser { attributes: after.attributes.clone(), password: None };
            users::create_as(tx, actor, &new, id.clone()).await.map(drop)
        }
        (Some(_), Some(after)) => {
            let edit = |_: &DirectoryUser| Ok::<_, Error>(after.attributes.clone());
            users::change(tx, actor, id, None, None, edit).await.map(drop)
        }
        (Some(_), None) => users::delete(tx, actor, id, None).await,
        (None, None) => Ok(()),
    })
    .await?;
    Ok(true)
}

/// The same for a group.
async fn group(
    core: &AuthCore,
    actor: &DirectoryActor,
    ctx: &Ctx,
    round: Round,
    id: &DirectoryGroupId,
) -> Result<bool> {
    let directory = &actor.directory.id;
    let staged = Ctx { staged: true, ..ctx.clone() };
    let before = core.read(ctx, async |rx| groups::find(rx, directory, id).await).await?;
    let after = core.read(&staged, async |rx| groups::find(rx, directory, id).await).await?;
    let members = match (&after, round) {
        (Some(_), Round::Members) => {
            let sql = "SELECT member_id FROM staged_directory_group_members WHERE group_id = $1 ORDER BY member_id";
            let rows = core.read(ctx, async |rx| db::all(rx, sql, [id.as_str().into()]).await).await?;
            Some(rows.iter().map(|row| row.get(0)).collect::<Result<Vec<String>>>()?)
        }
        _ => None,
    };
    core.write(ctx, async |tx| match (&before, &after, round) {
        (None, Some(after), Round::Groups) => {
            let new = NewDirectoryGroup { attributes: after.attributes.clone(), members: Vec::new() };
            groups::create_as(tx, actor, &new, Members::Omit, id.clone()).await.map(drop)
        }
        (Some(_), Some(after), _) => {
            let attributes = (round == Round::Groups).then(|| after.attributes.clone());
            let members = members.clone().map(MemberOp::Replace).into_iter().collect();
            let edit = |_: &DirectoryGroup| Ok::<_, Error>(Edit { attributes, members });
            groups::change(tx, actor, id, None, Members::Omit, edit).await.map(drop)
        }
        (Some(_), None, Round::Members) => groups::delete(tx, actor, id, None).await,
        _ => Ok(()),
    })
    .await?;
    // One that could not be made is told as what was refused then.
    Ok(round == Round::Members && (before.is_some() || after.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_on_where_the_last_one_ended() {
        assert_eq!(place(None), (0, String::new()));
        assert_eq!(place(Some("2 scimg_1")), (2, "scimg_1".to_owned()));
        assert_eq!(place(Some("4 ")), (4, String::new()));
        assert!(Round::ALL.is_sorted());
    }
}
