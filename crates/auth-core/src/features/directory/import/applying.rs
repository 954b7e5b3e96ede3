//! Doing what was said in import mode: the real resources come to where the staged ones are, under the ids that the identity
//! provider was answered. One transaction each, with the progress in it; what is refused is told in the report, and the
//! others go on.

use serde_json::json;

use super::{ImportState, Kind, staging, wanted};
use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Scope as _, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::connections::{self, owner_key};
use crate::features::directory::groups::{self, DirectoryGroup, Edit, MemberOp, Members, NewDirectoryGroup};
use crate::features::directory::jobs::{self, BATCH, Job, Progress};
use crate::features::directory::users::{self, DirectoryUser, NewDirectoryUser};
use crate::features::directory::{CredentialScope, Directory, DirectoryActor, DirectoryFault, breaker};
use crate::ids::{CredentialId, DirectoryGroupId, DirectoryUserId, Id as _};

/// The rounds of an application: what is taken from people before what is given to them, so that a `userName` that moved
/// from one to the other is free; groups before their members, which may be groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// People who are deleted.
    Leaving,
    /// People who are there and stay. Who is refused may have come before the one who makes room: nothing is said yet.
    People,
    /// Those who were refused, the other way round. Who makes room for whom is thus found in either order.
    PeopleAgain,
    /// New people.
    NewPeople,
    /// Groups are made, and called what they are called.
    Groups,
    /// Their members, and those groups that go.
    Members,
}

impl Round {
    const ALL: [Self; 6] =
        [Self::Leaving, Self::People, Self::PeopleAgain, Self::NewPeople, Self::Groups, Self::Members];

    const fn kind(self) -> Kind {
        match self {
            Self::Leaving | Self::People | Self::PeopleAgain | Self::NewPeople => Kind::User,
            Self::Groups | Self::Members => Kind::Group,
        }
    }

    /// Whose turn it is: `r` is the real resource, `s` the staged one.
    const fn whose(self) -> &'static str {
        match self {
            Self::Leaving => "r.id IS NOT NULL AND s.id IS NULL",
            Self::People | Self::PeopleAgain => "r.id IS NOT NULL AND s.id IS NOT NULL",
            Self::NewPeople => "r.id IS NULL",
            Self::Groups => "1 = 1",
            // One that could not be made is told as what was refused then.
            Self::Members => "(r.id IS NOT NULL OR s.id IS NULL)",
        }
    }

    /// Who comes behind `$3`, and in which order.
    const fn order(self) -> (&'static str, &'static str) {
        match self {
            Self::PeopleAgain => ("(e.id < $3 OR $3 = '')", "DESC"),
            _ => ("e.id > $3", "ASC"),
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
/// [`DirectoryFault::JobEnded`] if the job was canceled, somebody else has it, or the directory applies nothing any more;
/// what is unavailable or ours, to be tried again; and those of the database.
pub(in crate::features::directory) async fn batch(core: &AuthCore, job: &Job) -> Result<Progress> {
    let system = job.ctx();
    let (at, after) = place(job.cursor.as_deref());
    let Some(round) = Round::ALL.get(at).copied() else {
        core.write(&system, async |tx| end(tx, job).await).await?;
        return Ok(Progress { finished: true, ..Progress::default() });
    };
    let (table, (behind, order)) = (round.kind().table(), round.order());
    let sql = format!(
        "SELECT e.id FROM directory_import_entries e
         LEFT JOIN {table} r ON r.id = e.id AND r.directory_id = e.directory_id
         LEFT JOIN staged_{table} s ON s.id = e.id AND s.directory_id = e.directory_id
         WHERE e.directory_id = $1 AND e.kind = $2 AND e.outcome NOT IN ('unchanged', 'unseen') AND {behind} AND {}
         ORDER BY e.id {order} LIMIT (0 + $4)",
        round.whose()
    );
    let ids: Vec<String> = core
        .read(&system, async |rx| {
            let kind = round.kind().as_str();
            let values = [job.directory_id.as_str().into(), kind.into(), after.as_str().into(), BATCH.into()];
            db::all(rx, sql.as_str(), values).await?.iter().map(|row| row.get(0)).collect()
        })
        .await?;
    if ids.is_empty() {
        return Ok(Progress { cursor: Some(format!("{} ", at + 1)), ..Progress::default() });
    }
    let actor = Actor::Directory {
        directory_id: job.directory_id.clone(),
        organization_id: job.organization_id.clone(),
        credential_id: CredentialId::from_text(job.id.to_string()),
    };
    let ctx = system.with_actor(actor);
    for id in ids {
        let turn = Turn { core, job, ctx: &ctx, round, cursor: format!("{at} {id}"), id };
        let done = match round.kind() {
            Kind::User => Box::pin(turn.person()).await,
            Kind::Group => turn.group().await,
        };
        match done {
            Ok(()) => {}
            Err(error) if is_no_answer(&error) => return Err(error),
            Err(error) => turn.refuse(&error).await?,
        }
    }
    // Each turn has written its own.
    Ok(Progress::default())
}

/// Whether a failure says nothing about the resource: the same attempt may succeed, or is not ours to make any more.
fn is_no_answer(error: &Error) -> bool {
    error.is_transient()
        || error.is(&DirectoryFault::JobEnded)
        || matches!(error.kind(), crate::Kind::Internal | crate::Kind::Unavailable)
}

/// The turn of one resource.
struct Turn<'a> {
    core: &'a AuthCore,
    job: &'a Job,
    ctx: &'a Ctx,
    round: Round,
    id: String,
    cursor: String,
}

impl Turn<'_> {
    /// Brings a person to where they are staged.
    async fn person(&self) -> Result<()> {
        let id = DirectoryUserId::from_text(self.id.clone());
        // While the directory applies, what is staged does not change.
        let staged = Ctx { staged: true, ..self.ctx.clone() };
        let after = self.core.read(&staged, async |rx| users::find(rx, &self.job.directory_id, &id).await).await?;
        self.core
            .write(self.ctx, async |tx| {
                let (directory, actor) = hold(tx, self.job).await?;
                let before = users::find(tx, &directory.id, &id).await?;
                let was_active = before.as_ref().is_some_and(|before| before.active);
                let now = match (before, &after) {
                    (None, Some(after)) => {
                        let new = NewDirectoryUser { attributes: wanted(after), password: None };
                        Some(users::create_as(tx, &actor, &new, id.clone()).await?)
                    }
                    (Some(_), Some(after)) => {
                        let edit = |_: &DirectoryUser| Ok::<_, Error>(wanted(after));
                        Some(Box::pin(users::change(tx, &actor, &id, None, None, edit)).await?.resource)
                    }
                    (Some(_), None) => {
                        users::delete(tx, &actor, &id, None).await?;
                        None
                    }
                    (None, None) => None,
                };
                if let Some(user) = now.filter(|user| user.active && !was_active) {
                    // The breaker counts nobody who goes here; who comes back has not gone for it either.
                    breaker::came_back(tx, &directory, &user.id, user.user_id.as_ref());
                }
                self.settle(tx).await
            })
            .await
    }

    /// The same for a group.
    async fn group(&self) -> Result<()> {
        let id = DirectoryGroupId::from_text(self.id.clone());
        let staged = Ctx { staged: true, ..self.ctx.clone() };
        let after = self.core.read(&staged, async |rx| groups::find(rx, &self.job.directory_id, &id).await).await?;
        let members = match (&after, self.round) {
            (Some(_), Round::Members) => Some(self.members().await?),
            _ => None,
        };
        self.core
            .write(self.ctx, async |tx| {
                let (directory, actor) = hold(tx, self.job).await?;
                let before = groups::find(tx, &directory.id, &id).await?;
                match (&before, &after, self.round) {
                    (None, Some(after), Round::Groups) => {
                        let new = NewDirectoryGroup { attributes: after.attributes.clone(), members: Vec::new() };
                        groups::create_as(tx, &actor, &new, Members::Omit, id.clone()).await?;
                    }
                    (Some(_), Some(after), _) => {
                        let attributes = (self.round == Round::Groups).then(|| after.attributes.clone());
                        let members = members.clone().map(MemberOp::Replace).into_iter().collect();
                        let edit = |_: &DirectoryGroup| Ok::<_, Error>(Edit { attributes, members });
                        groups::change(tx, &actor, &id, None, Members::Omit, edit).await?;
                    }
                    (Some(_), None, Round::Members) => groups::delete(tx, &actor, &id, None).await?,
                    _ => {}
                }
                self.settle(tx).await
            })
            .await
    }

    /// Who is staged as a member of the group.
    async fn members(&self) -> Result<Vec<String>> {
        let sql = "SELECT member_id FROM staged_directory_group_members
             WHERE group_id = $1 AND directory_id = $2 ORDER BY member_id";
        let values = || [self.id.as_str().into(), self.job.directory_id.as_str().into()];
        let rows = self.core.read(self.ctx, async |rx| db::all(rx, sql, values()).await).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Notes that it is done. Records no event: the change has recorded its own.
    async fn settle(&self, tx: &Tx) -> Result<()> {
        let sql = match self.round {
            // Its members are still to come. What an application that was canceled has refused is refused no more.
            Round::Groups => {
                "UPDATE directory_import_entries SET outcome = 'changed', detail = '{}'
                 WHERE directory_id = $1 AND id = $2 AND outcome = 'refused'"
            }
            // What was refused of it in the round before stays told, and is counted.
            Round::Members => {
                "UPDATE directory_import_entries SET outcome = 'unchanged', detail = '{}'
                 WHERE directory_id = $1 AND id = $2 AND outcome <> 'refused'"
            }
            _ => {
                "UPDATE directory_import_entries SET outcome = 'unchanged', detail = '{}'
                 WHERE directory_id = $1 AND id = $2"
            }
        };
        let settled = db::run(tx, sql, [self.job.directory_id.as_str().into(), self.id.as_str().into()]).await?;
        let done = i64::from(settled > 0 && self.round != Round::Groups);
        self.advance(tx, done, 0).await
    }

    /// Notes that it was refused, unless it has another turn for that.
    async fn refuse(&self, error: &Error) -> Result<()> {
        let sql = match self.round {
            Round::Members => {
                "UPDATE directory_import_entries SET outcome = 'refused', detail = $3
                 WHERE directory_id = $1 AND id = $2 AND outcome <> 'refused'"
            }
            _ => {
                "UPDATE directory_import_entries SET outcome = 'refused', detail = $3
                 WHERE directory_id = $1 AND id = $2"
            }
        };
        let detail = json!({ "refused": { "code": error.code(), "message": error.public_message() } });
        self.core
            .write(self.ctx, async |tx| {
                let (directory, _) = hold(tx, self.job).await?;
                if self.round == Round::People {
                    return self.advance(tx, 0, 0).await;
                }
                let values = [directory.id.as_str().into(), self.id.as_str().into(), detail.to_string().into()];
                let refused = i64::from(db::run(tx, sql, values).await? > 0);
                self.advance(tx, refused, refused).await
            })
            .await
    }

    async fn advance(&self, tx: &Tx, done: i64, failed: i64) -> Result<()> {
        let progress = Progress { cursor: Some(self.cursor.clone()), done, failed, finished: false };
        jobs::advance(tx, self.job, &progress).await
    }
}

/// Makes sure until the transaction ends that the job is ours and that its directory is live and applies what is staged.
/// Returns the directory, and it as it acts here: with every scope and no breaker, since an admin has seen how many they
/// are.
async fn hold(tx: &Tx, job: &Job) -> Result<(Directory, DirectoryActor)> {
    // Whoever cancels changes the job before the directory: the same order here, so that neither waits for the other.
    jobs::hold(tx, job).await?;
    connections::hold_live(tx, &job.directory_id).await.map_err(|error| {
        if error.is(&DirectoryFault::InvalidToken) { DirectoryFault::JobEnded.into() } else { error }
    })?;
    let directory = jobs::directory(tx, job).await?.ok_or(DirectoryFault::JobEnded)?;
    if directory.import.is_none_or(|import| import.state != ImportState::Applying) {
        return Err(DirectoryFault::JobEnded.into());
    }
    let mut actor = DirectoryActor {
        directory: directory.clone(),
        credential_id: CredentialId::from_text(job.id.to_string()),
        scopes: CredentialScope::ALL.to_vec(),
    };
    actor.directory.settings.breaker.enabled = false;
    Ok((directory, actor))
}

/// Ends the import and the job together: the directory acts again. What was refused stays to be read.
async fn end(tx: &mut Tx, job: &Job) -> Result<()> {
    jobs::advance(tx, job, &Progress { finished: true, ..Progress::default() }).await?;
    let directory = &job.directory_id;
    let ended = db::run(
        tx,
        "UPDATE directories SET import_state = NULL, import_started_at = NULL, updated_at = $1
         WHERE id = $2 AND owner_key = $3 AND deleted_at IS NULL AND import_state = 'applying'",
        [tx.now().into(), directory.as_str().into(), owner_key(job.organization_id.as_ref()).into()],
    )
    .await?;
    if ended == 0 {
        // What is staged, if anything, is another import's.
        return Ok(());
    }
    staging::forget_staged(tx, directory).await?;
    let sql = "DELETE FROM directory_import_entries WHERE directory_id = $1 AND outcome <> 'refused'";
    db::run(tx, sql, [directory.as_str().into()]).await?;
    let facts = |import: Option<&str>| json!({ "id": directory.as_str(), "import": import });
    let payload = json!({ "v": 1, "before": facts(Some("applying")), "after": facts(None) });
    let event = crate::outbox::Event::new(crate::outbox::EventKind::DirectoryUpdated, directory, payload);
    tx.record(event.within(job.organization_id.as_ref()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_on_where_the_last_one_ended() {
        assert_eq!(place(None), (0, String::new()));
        assert_eq!(place(Some("2 scimg_1")), (2, "scimg_1".to_owned()));
        assert_eq!(place(Some("6 ")), (6, String::new()));
        assert!(Round::ALL.is_sorted());
    }

    #[test]
    fn what_says_nothing_about_a_resource_is_no_refusal_of_it() {
        for error in [
            DirectoryFault::JobEnded.into(),
            DirectoryFault::SchemasChanged.into(),
            Error::internal("broken"),
            Error::from(DirectoryFault::UserNameTaken).lost_race(),
        ] {
            assert!(is_no_answer(&error), "{error}");
        }
        assert!(!is_no_answer(&DirectoryFault::UserNameTaken.into()));
    }
}
