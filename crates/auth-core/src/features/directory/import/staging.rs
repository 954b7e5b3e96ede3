//! How an import begins and ends.

use serde_json::json;

use super::{Import, ImportState, Kind, Outcome};
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::connections::{self, Directory, owner_key};
use crate::features::directory::jobs::{self, Job, JobKind};
use crate::features::directory::{DirectoryFault, State};
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};

/// What the staged resources begin as: those of the directory, linked to nobody.
const COPIES: [&str; 4] = [
    "INSERT INTO staged_directory_users (id, directory_id, user_name, user_name_key, external_id, display_name,
         display_name_key, active, resource, version, user_id, link, created_at, updated_at)
     SELECT id, directory_id, user_name, user_name_key, external_id, display_name, display_name_key, active, resource,
         version, NULL, 'no_address', created_at, updated_at FROM directory_users WHERE directory_id = $1",
    "INSERT INTO staged_directory_user_emails (directory_user_id, directory_id, position, value_key, kind_key)
     SELECT directory_user_id, directory_id, position, value_key, kind_key FROM directory_user_emails WHERE directory_id = $1",
    "INSERT INTO staged_directory_groups (id, directory_id, display_name, display_name_key, external_id, resource, version,
         created_at, updated_at)
     SELECT id, directory_id, display_name, display_name_key, external_id, resource, version, created_at, updated_at
     FROM directory_groups WHERE directory_id = $1",
    "INSERT INTO staged_directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
     SELECT group_id, member_id, member_kind, directory_id, created_at FROM directory_group_members WHERE directory_id = $1",
];

/// What the report begins with: nobody has been spoken of.
const UNHEARD: [&str; 2] = [
    "INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at, judged)
     SELECT u.directory_id, u.id, 'user', 'unseen', u.user_name, u.user_id, '{}', 0, d.import_revision
     FROM directory_users u JOIN directories d ON d.id = u.directory_id WHERE u.directory_id = $1",
    "INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at, judged)
     SELECT g.directory_id, g.id, 'group', 'unseen', g.display_name, NULL, '{}', 0, d.import_revision
     FROM directory_groups g JOIN directories d ON d.id = g.directory_id WHERE g.directory_id = $1",
];

/// Puts a directory into import mode: from the next request on its identity provider is answered as ever, and nothing is
/// done. A paused directory stays paused.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::ImportRuns`], [`DirectoryFault::Undecided`] while what its circuit
/// breaker holds back is not decided, and those of the authorization.
pub async fn start<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let owner = owner.into();
    let mut directory = hold(tx, owner, id).await?;
    if directory.import.is_some() {
        return Err(DirectoryFault::ImportRuns.into());
    }
    if directory.state == State::Tripped {
        return Err(DirectoryFault::Undecided.into());
    }
    clear(tx, id).await?;
    for copy in COPIES {
        db::run(tx, copy, [id.as_str().into()]).await?;
    }
    let import = Import { state: ImportState::Collecting, started_at: tx.now(), revision: 0 };
    save(tx, &mut directory, Some(import)).await?;
    raise(tx, id).await?;
    for unheard in UNHEARD {
        db::run(tx, unheard, [id.as_str().into()]).await?;
    }
    connections::get(tx, owner, id).await
}

/// Ends an import: what was said in it is forgotten, the directory acts again. Ids that were answered for creations name
/// nothing any more.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::NoImport`], [`DirectoryFault::ImportRuns`] while it is applied, and those
/// of the authorization.
pub async fn discard<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Directory> {
    let mut directory = collecting(tx, owner.into(), id).await?;
    clear(tx, id).await?;
    save(tx, &mut directory, None).await?;
    Ok(directory)
}

/// Ends an import by doing what was said in it: a job does it, one resource after the other. Until it is done the requests
/// of the identity provider are refused as for now (503). It is an admin's decision, which the circuit breaker does not count.
///
/// `revision`: that of the report on which the decision rests; `None` for whatever was said by now.
///
/// # Errors
/// Those of [`discard`], and [`DirectoryFault::ImportGrown`] if the report is another by now.
pub async fn apply<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    id: &DirectoryId,
    revision: Option<i64>,
) -> Result<(Directory, Job)> {
    let owner = owner.into();
    let mut directory = collecting(tx, owner, id).await?;
    if revision.is_some_and(|read| directory.import.is_none_or(|import| import.revision != read)) {
        return Err(DirectoryFault::ImportGrown.into());
    }
    let import = directory.import.map(|import| Import { state: ImportState::Applying, ..import });
    let sql = "SELECT COUNT(*) FROM directory_import_entries WHERE directory_id = $1 AND outcome NOT IN ('unchanged', 'unseen')";
    let total = db::one(tx, sql, [id.as_str().into()]).await?.map_or(Ok(0), |row| row.get(0))?;
    save(tx, &mut directory, import).await?;
    let job = jobs::enqueue(tx, &directory, JobKind::ImportApplied, json!({}), total).await?;
    let job = jobs::get(tx, owner, id, &job).await?;
    Ok((directory, job))
}

/// The directory, of which nobody else begins or ends an import until the transaction ends.
async fn hold(tx: &Tx, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Directory> {
    connections::get(tx, owner, id).await?;
    connections::hold_live(tx, id).await.map_err(|error| {
        if error.is(&DirectoryFault::InvalidToken) { DirectoryFault::NotFound.into() } else { error }
    })?;
    connections::get(tx, owner, id).await
}

async fn collecting(tx: &Tx, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Directory> {
    let directory = hold(tx, owner, id).await?;
    match directory.import.map(|import| import.state) {
        Some(ImportState::Collecting) => Ok(directory),
        Some(ImportState::Applying) => Err(DirectoryFault::ImportRuns.into()),
        None => Err(DirectoryFault::NoImport.into()),
    }
}

async fn save(tx: &mut Tx, directory: &mut Directory, import: Option<Import>) -> Result<()> {
    db::run(
        tx,
        "UPDATE directories SET import_state = $1, import_started_at = $2, updated_at = $3 WHERE id = $4 AND owner_key = $5",
        [
            import.map(|import| import.state.as_str()).into(),
            import.map(|import| import.started_at.millis()).into(),
            tx.now().into(),
            directory.id.as_str().into(),
            owner_key(directory.organization_id.as_ref()).into(),
        ],
    )
    .await?;
    let before = directory.import.map(|import| import.state.as_str());
    let payload = json!({
        "v": 1, "name": directory.name, "provider_id": directory.provider_id,
        "before": { "id": directory.id.as_str(), "name": directory.name, "import": before },
        "after": { "id": directory.id.as_str(), "name": directory.name, "import": import.map(|import| import.state.as_str()) },
    });
    let event = Event::new(EventKind::DirectoryUpdated, &directory.id, payload);
    tx.record(event.within(directory.organization_id.as_ref()));
    (directory.import, directory.updated_at) = (import, tx.now());
    Ok(())
}

/// Notes, in the transaction of a change of what is staged, that this resource is to be applied; what would become of it is
/// found out afterwards. `made`: what a new one is called. Called before the change, and does nothing if it is real.
///
/// Until the transaction ends nobody applies or discards the import, and nobody else changes what is staged: so the request
/// is answered about what will be looked at, or not at all.
///
/// # Errors
/// [`DirectoryFault::ImportApplying`] if the directory does not collect any more: the request was let in before.
pub(in crate::features::directory) async fn touch(
    tx: &Tx,
    directory: &DirectoryId,
    kind: Kind,
    id: &str,
    made: Option<&str>,
) -> Result<()> {
    if !tx.ctx().staged {
        return Ok(());
    }
    // Not merely shared: who brings somebody back locks the directory in earnest, and two of them must not wait for each other.
    if !raise_if_collecting(tx, directory).await? {
        return Err(DirectoryFault::ImportApplying.into());
    }
    let outcome = if made.is_some() { Outcome::Created } else { Outcome::Changed };
    let (table, name) = (kind.table(), kind.name());
    let sql = format!(
        "INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at, judged)
         VALUES ($1, $2, $3, $4, COALESCE((SELECT {name} FROM {table} WHERE directory_id = $1 AND id = $2), $5), NULL, '{{}}', $6,
             (SELECT import_revision FROM directories WHERE id = $1))
         ON CONFLICT (directory_id, id) DO UPDATE SET seen_at = excluded.seen_at, judged = excluded.judged,
             outcome = CASE WHEN directory_import_entries.outcome IN ('unchanged', 'unseen') THEN excluded.outcome
                       ELSE directory_import_entries.outcome END"
    );
    let values = [
        directory.as_str().into(),
        id.into(),
        kind.as_str().into(),
        outcome.as_str().into(),
        made.unwrap_or_default().into(),
        tx.now().into(),
    ];
    db::run(tx, sql, values).await.map(drop)
}

/// Another revision of the report begins. The directory's row is locked, for a change.
async fn raise(tx: &Tx, directory: &DirectoryId) -> Result<()> {
    let sql = "UPDATE directories SET import_revision = import_revision + 1 WHERE id = $1";
    db::run(tx, sql, [directory.as_str().into()]).await.map(drop)
}

/// Another revision begins, if the directory collects; whether it does. It goes on collecting until the transaction ends.
pub(super) async fn raise_if_collecting(tx: &Tx, directory: &DirectoryId) -> Result<bool> {
    let sql =
        "UPDATE directories SET import_revision = import_revision + 1 WHERE id = $1 AND import_state = 'collecting'";
    Ok(db::run(tx, sql, [directory.as_str().into()]).await? > 0)
}

/// Which revision there is.
pub(super) async fn revision(db: &impl Scope, directory: &DirectoryId) -> Result<i64> {
    let row = db::one(db, "SELECT import_revision FROM directories WHERE id = $1", [directory.as_str().into()]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Whether the directory collects, until the transaction ends if `lock` says so.
pub(super) async fn collects(tx: &Tx, directory: &DirectoryId, lock: &str) -> Result<bool> {
    let sql = format!("SELECT id FROM directories WHERE id = $1 AND import_state = 'collecting'{lock}");
    Ok(db::one(tx, sql, [directory.as_str().into()]).await?.is_some())
}

/// Forgets what is staged, and what it would have come to. Records no event: its caller does.
pub(in crate::features::directory) async fn clear(tx: &Tx, id: &DirectoryId) -> Result<()> {
    forget_staged(tx, id).await?;
    db::run(tx, "DELETE FROM directory_import_entries WHERE directory_id = $1", [id.as_str().into()]).await?;
    let sql = "UPDATE directories SET import_state = NULL, import_started_at = NULL WHERE id = $1";
    db::run(tx, sql, [id.as_str().into()]).await?;
    Ok(())
}

/// Forgets what is staged; e-mail addresses and members go with their resources.
pub(super) async fn forget_staged(tx: &Tx, id: &DirectoryId) -> Result<()> {
    for kind in Kind::ALL {
        let sql = format!("DELETE FROM staged_{} WHERE directory_id = $1", kind.table());
        db::run(tx, sql, [id.as_str().into()]).await?;
    }
    Ok(())
}

/// Forgets what is staged of a person who is erased, and what it would come to. Records no event: the erasure has one.
pub(in crate::features::directory) async fn forget(
    tx: &Tx,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<()> {
    for sql in [
        "UPDATE directories SET import_revision = import_revision + 1 WHERE id = $1 AND import_state IS NOT NULL AND $2 <> ''",
        "DELETE FROM staged_directory_group_members WHERE directory_id = $1 AND member_id = $2",
        "DELETE FROM staged_directory_users WHERE directory_id = $1 AND id = $2",
        "DELETE FROM directory_import_entries WHERE directory_id = $1 AND id = $2",
    ] {
        db::run(tx, sql, [directory.as_str().into(), id.as_str().into()]).await?;
    }
    Ok(())
}

/// An application that came to no end: the directory collects again. Records no event: the end of the job is told.
pub(in crate::features::directory) async fn take_back(tx: &Tx, id: &DirectoryId) -> Result<()> {
    let sql = "UPDATE directories SET import_state = 'collecting' WHERE id = $1 AND import_state = 'applying'";
    db::run(tx, sql, [id.as_str().into()]).await?;
    Ok(())
}
