//! What would come of what is staged: the real code, rehearsed for the one resource that has just changed.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::report::Outcome;
use super::{Kind, staging, wanted};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Rx, Scope, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::groups::{self, DirectoryGroup};
use crate::features::directory::linking;
use crate::features::directory::users::{self, DirectoryUser, NewDirectoryUser};
use crate::features::directory::{CredentialScope, DirectoryActor};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _, UserId};
use crate::notes::{Note, Notes};

/// The most decisions and events of a rehearsal that the report keeps.
const KEPT: usize = 20;

/// What would become of a resource.
struct Foreseen {
    outcome: Outcome,
    name: String,
    user_id: Option<UserId>,
    detail: Json,
}

/// Finds out what the directory would do about a resource that has just been staged or taken away, and notes it for the
/// report. `actor` is the directory itself, `ctx` any context of the request.
///
/// # Errors
/// Those of the database. What the directory would refuse is noted.
pub async fn follow(core: &AuthCore, actor: &DirectoryActor, ctx: &Ctx, kind: Kind, id: &str) -> Result<()> {
    let real = Ctx { staged: false, untold: false, notes: None, ..ctx.with_actor(actor.actor()) };
    let staged = Ctx { staged: true, ..real.clone() };
    // What a rehearsal may do is not the credential's to say: the request has passed.
    let mut actor = DirectoryActor { scopes: CredentialScope::ALL.to_vec(), ..actor.clone() };
    // Nor the breaker's: the application does not ask it.
    actor.directory.settings.breaker.enabled = false;
    let directory = &actor.directory.id;
    // Before anything is looked at: what is judged is at least as new as that.
    let judged = core.read(&real, async |rx| staging::revision(rx, directory).await).await?;
    let foreseen = match kind {
        Kind::User => {
            let id = DirectoryUserId::from_text(id.to_owned());
            let before = core.read(&real, async |rx| users::find(rx, directory, &id).await).await?;
            let after = core.read(&staged, async |rx| users::find(rx, directory, &id).await).await?;
            Box::pin(user(core, &actor, &real, before, after)).await?
        }
        Kind::Group => {
            let id = DirectoryGroupId::from_text(id.to_owned());
            let before = core.read(&real, async |rx| groups::find(rx, directory, &id).await).await?;
            let after = core.read(&staged, async |rx| groups::find(rx, directory, &id).await).await?;
            core.read(&real, async |rx| group(rx, before.as_ref(), after.as_ref()).await).await?
        }
    };
    // Records no event: nothing has happened. Who changes what is staged waits for no more than two statements here.
    core.write(&real, async |tx| {
        if !staging::raise_if_collecting(tx, directory).await? {
            return Ok(());
        }
        if let Some(foreseen) = &foreseen {
            return write(tx, directory, id, judged, foreseen).await;
        }
        let sql = "DELETE FROM directory_import_entries WHERE directory_id = $1 AND id = $2 AND judged <= $3";
        db::run(tx, sql, [directory.as_str().into(), id.into(), judged.into()]).await.map(drop)
    })
    .await
}

/// Notes that the identity provider asked for these resources by name: it knows of them, whatever it has to say.
///
/// # Errors
/// Those of the database.
pub async fn seen(core: &AuthCore, actor: &DirectoryActor, ctx: &Ctx, kind: Kind, ids: &[&str]) -> Result<()> {
    let real = Ctx { staged: false, untold: false, notes: None, ..ctx.with_actor(actor.actor()) };
    let directory = actor.directory.id.as_str();
    let ids: Json = ids.iter().copied().collect();
    // Records no event: nothing has happened.
    core.write(&real, async |tx| {
        if !staging::collects(tx, &actor.directory.id, tx.share()).await? {
            return Ok(());
        }
        let person = if kind == Kind::User { "user_id" } else { "NULL" };
        // One that is not real yet has its entry since it was staged. In order, so that two who look at the same wait for
        // each other in one direction.
        let sql = format!(
            "INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at)
             SELECT directory_id, id, '{}', 'unchanged', {}, {person}, '{{}}', $3 FROM {}
             WHERE directory_id = $1 AND id {} ORDER BY id
             ON CONFLICT (directory_id, id) DO UPDATE SET seen_at = excluded.seen_at,
                 outcome = CASE directory_import_entries.outcome WHEN 'unseen' THEN 'unchanged'
                           ELSE directory_import_entries.outcome END",
            kind.as_str(),
            kind.name(),
            kind.table(),
            db::among(tx.backend(), 2)
        );
        db::run(tx, sql, [directory.into(), ids.to_string().into(), tx.now().into()]).await.map(drop)
    })
    .await
}

/// Writes a verdict, unless one of a later revision is there, or the resource was staged once more since: then the verdict
/// about that is on its way. Every change that is judged has left an entry.
async fn write(tx: &Tx, directory: &DirectoryId, id: &str, judged: i64, foreseen: &Foreseen) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_import_entries SET outcome = $3, name = $4, user_id = $5, detail = $6, seen_at = $7, judged = $8
         WHERE directory_id = $1 AND id = $2 AND judged <= $8",
        [
            directory.as_str().into(),
            id.into(),
            foreseen.outcome.as_str().into(),
            foreseen.name.as_str().into(),
            foreseen.user_id.as_ref().map(|id| id.as_str().to_owned()).into(),
            foreseen.detail.to_string().into(),
            tx.now().into(),
            judged.into(),
        ],
    )
    .await?;
    Ok(())
}

fn name(user: &DirectoryUser) -> String {
    user.attributes.get("userName").and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// `None`: it was made and taken away again.
async fn user(
    core: &AuthCore,
    actor: &DirectoryActor,
    ctx: &Ctx,
    before: Option<DirectoryUser>,
    after: Option<DirectoryUser>,
) -> Result<Option<Foreseen>> {
    let notes = Notes::default();
    let rehearsal = Ctx { dry_run: true, ..ctx.with_notes(notes.clone()) };
    let (named, own) = match (&before, &after) {
        (None, None) => return Ok(None),
        (before, Some(user)) => (name(user), before.as_ref().and_then(|before| before.user_id.clone())),
        (Some(user), None) => (name(user), user.user_id.clone()),
    };
    let (expected, done) = match (&before, &after) {
        (None, None) => return Ok(None),
        (None, Some(after)) => {
            let new = NewDirectoryUser { attributes: wanted(after), password: None };
            let done = core.write(&rehearsal, async |tx| users::create(tx, actor, &new).await.map(drop)).await;
            (Outcome::Created, done)
        }
        (Some(before), Some(after)) => {
            if before.attributes == after.attributes && before.active == after.active {
                (Outcome::Unchanged, Ok(()))
            } else {
                let done = core
                    .write(&rehearsal, async |tx| {
                        let edit = |_: &DirectoryUser| Ok::<_, Error>(wanted(after));
                        users::change(tx, actor, &before.id, None, None, edit).await.map(drop)
                    })
                    .await;
                let outcome = match (before.active, after.active) {
                    (true, false) => Outcome::Deactivated,
                    (false, true) => Outcome::Reactivated,
                    _ => Outcome::Changed,
                };
                (outcome, done)
            }
        }
        (Some(before), None) => {
            let done = core.write(&rehearsal, async |tx| users::delete(tx, actor, &before.id, None).await).await;
            (Outcome::Deleted, done)
        }
    };
    Ok(Some(foresee(expected, done, notes.take(), named, own)?))
}

/// What a rehearsal tells.
fn foresee(
    expected: Outcome,
    done: Result<()>,
    notes: Vec<Note>,
    name: String,
    own: Option<UserId>,
) -> Result<Foreseen> {
    let (events, notes) = linking::told(notes);
    let linked = notes.iter().find(|note| note.code.starts_with("linked."));
    let person = linked.and_then(|note| note.details["user_id"].as_str()).map(|id| UserId::from_text(id.to_owned()));
    let mut told = json!({});
    let outcome = match done {
        Ok(()) => match (expected, linked.map(|note| note.code.as_ref())) {
            (Outcome::Created, Some("linked.member" | "linked.domain" | "linked.restored")) => Outcome::Linked,
            (Outcome::Created, Some("linked.pending" | "linked.consent_needed" | linking::NOT_TOLD)) => {
                Outcome::Invited
            }
            (Outcome::Created, Some("linked.no_address")) => Outcome::Unlinked,
            (expected, _) => expected,
        },
        // Ours: the report must not take it for the directory's answer.
        Err(error) if error.is_ours() => return Err(error),
        Err(error) => {
            told["refused"] = json!({ "code": error.code(), "message": error.public_message() });
            Outcome::Refused
        }
    };
    let decision = |note: &Note| json!({ "code": note.code, "message": note.message, "details": note.details });
    told["decisions"] = notes.iter().take(KEPT).map(decision).collect();
    let kinds: BTreeSet<&str> = events.iter().map(|event| event.message.as_str()).collect();
    told["events"] = kinds.into_iter().take(KEPT).collect();
    Ok(Foreseen { outcome, name, user_id: person.or(own), detail: told })
}

async fn group(rx: &Rx, before: Option<&DirectoryGroup>, after: Option<&DirectoryGroup>) -> Result<Option<Foreseen>> {
    let outcome = match (before, after) {
        (None, None) => return Ok(None),
        (None, Some(_)) => Outcome::Created,
        (Some(_), None) => Outcome::Deleted,
        (Some(before), Some(after)) => {
            let same = before.attributes == after.attributes && !members_differ(rx, &after.id).await?;
            if same { Outcome::Unchanged } else { Outcome::Changed }
        }
    };
    let named = after.or(before).and_then(|group| group.attributes.get("displayName")).and_then(Json::as_str);
    let name = named.unwrap_or_default().to_owned();
    Ok(Some(Foreseen { outcome, name, user_id: None, detail: json!({}) }))
}

/// Whether a group has other members than are staged. It ends with the first.
async fn members_differ(db: &impl Scope, id: &DirectoryGroupId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM staged_directory_group_members s WHERE s.group_id = $1 AND NOT EXISTS
                 (SELECT 1 FROM directory_group_members r WHERE r.group_id = $1 AND r.member_id = s.member_id))
             OR EXISTS (SELECT 1 FROM directory_group_members r WHERE r.group_id = $1 AND NOT EXISTS
                 (SELECT 1 FROM staged_directory_group_members s WHERE s.group_id = $1 AND s.member_id = r.member_id))";
    db::one(db, sql, [id.as_str().into()]).await?.map_or(Ok(false), |row| row.get(0))
}
