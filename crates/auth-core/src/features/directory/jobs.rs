//! Work on many people that goes on beside the requests: begun by a change, done in batches, resumed by any replica.
//!
//! A batch is taken by lease: a conditional update that one replica wins. Progress is written under the lease that it
//! was taken by, so whoever lost it (stopped too long, killed) can neither overwrite the progress of the next nor
//! finish for it. Owners take turns, and so do the jobs of each, so that a long one holds up nobody's.

use serde_json::{Value as Json, json};

use super::connections::{self, COLUMNS, owner_key};
use super::{Directory, DirectoryFault, import, mapping, rules};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{DirectoryId, Id as _, JobId, OrgId};
use crate::outbox::{Event, EventKind};

/// How many people a batch has at most.
pub(super) const BATCH: i64 = 100;
/// How long a batch is left to whoever took it, in seconds, counted from the last progress.
const LEASE: i64 = 60;
/// How often a batch is begun without any progress before the job is given up.
const ATTEMPTS: i64 = 8;
/// How many jobs of one kind a directory may leave to be done: who goes on all the same is told to come back later.
const WAITING: i64 = 1_000;
/// How long a job that has ended is remembered, in seconds, and how many are forgotten at once.
const REMEMBERED: i64 = 90 * 86_400;
const FORGOTTEN_AT_ONCE: i64 = 1_000;

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// The mapping is evaluated again for the directory's people.
    MappingApplied,
    /// The events of those whose roles a change of groups or rules touched.
    RoleEvents,
    /// What the identity provider said in import mode is done.
    ImportApplied,
}

impl JobKind {
    /// The stored name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MappingApplied => "mapping_applied",
            Self::RoleEvents => "role_events",
            Self::ImportApplied => "import_applied",
        }
    }

    fn from_stored(text: &str) -> Result<Self> {
        [Self::MappingApplied, Self::RoleEvents, Self::ImportApplied]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Error::internal(format!("a job of the unknown kind {text}")))
    }
}

/// Some work, and how far it has come.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// About whose people.
    pub directory_id: DirectoryId,
    /// Of which organization; `None` for a directory of the instance.
    pub organization_id: Option<OrgId>,
    /// What is done.
    pub kind: JobKind,
    /// `queued`, `running`, `done`, `failed` or `canceled`.
    pub state: String,
    /// What the kind needs to know: an object.
    pub detail: Json,
    /// Behind whom the next batch begins; `None` from the beginning.
    pub cursor: Option<String>,
    /// How many people were dealt with, those that failed included.
    pub done: i64,
    /// How many there were when the job was made. People come and go meanwhile, so `done` may differ at the end.
    pub total: i64,
    /// How many could not be dealt with.
    pub failed: i64,
    /// Who began it, as [`Actor::label`](crate::Actor::label) says it.
    pub created_by: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When there was progress last.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// By which lease this process has it.
    lease: Option<String>,
}

impl Job {
    /// The context in which its batches run: the events name the job.
    #[must_use]
    pub fn ctx(&self) -> Ctx {
        Ctx::system(self.id.as_str())
    }
}

/// What a batch came to.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Behind whom the next batch begins.
    pub cursor: Option<String>,
    /// How many more people were dealt with, those that failed included.
    pub done: i64,
    /// How many of them failed.
    pub failed: i64,
    /// Whether nobody is left.
    pub finished: bool,
}

/// The columns that [`read`] reads, in its order.
const READ: &str = "id, directory_id, owner_key, kind, state, detail, cursor, done, total, failed, created_by,
    created_at, updated_at, ended_at, lease";
/// How many there are.
const WIDTH: usize = 15;

fn read(row: &Row) -> Result<Job> {
    let (owner, kind, detail): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(5)?);
    Ok(Job {
        id: row.get(0)?,
        directory_id: row.get(1)?,
        organization_id: (owner != owner_key(None)).then(|| OrgId::from_text(owner)),
        kind: JobKind::from_stored(&kind)?,
        state: row.get(4)?,
        detail: serde_json::from_str(&detail)?,
        cursor: row.get(6)?,
        done: row.get(7)?,
        total: row.get(8)?,
        failed: row.get(9)?,
        created_by: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
        ended_at: row.get(13)?,
        lease: row.get(14)?,
    })
}

/// Begins work on a directory's people once the transaction has committed.
///
/// `total`: how many people it is about, as far as that is known.
///
/// Records no event: the change that needs the work has one.
pub(super) async fn enqueue(
    tx: &mut Tx,
    directory: &Directory,
    kind: JobKind,
    detail: Json,
    total: i64,
) -> Result<JobId> {
    let id: JobId = tx.new_id();
    db::run(
        tx,
        "INSERT INTO directory_jobs (id, directory_id, owner_key, kind, state, detail, done, total, failed, attempts,
             created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'queued', $5, 0, $6, 0, 0, $7, $8, $8)",
        [
            id.as_str().into(),
            directory.id.as_str().into(),
            owner_key(directory.organization_id.as_ref()).into(),
            kind.as_str().into(),
            detail.to_string().into(),
            total.into(),
            tx.ctx().actor.label().into(),
            tx.now().into(),
        ],
    )
    .await?;
    tx.job_queued = true;
    Ok(id)
}

/// Cancels what is still to do of a kind for a directory: a newer job does it anew.
pub(super) async fn supersede(tx: &Tx, directory: &Directory, kind: JobKind) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_jobs SET state = 'canceled', lease = NULL, leased_until = NULL, updated_at = $1, ended_at = $1
         WHERE directory_id = $2 AND owner_key = $3 AND kind = $4 AND state IN ('queued', 'running')",
        [
            tx.now().into(),
            directory.id.as_str().into(),
            owner_key(directory.organization_id.as_ref()).into(),
            kind.as_str().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Whether work of a kind waits that nobody has begun. If so, it is not begun before this transaction ends.
pub(super) async fn waits(tx: &Tx, directory: &Directory, kind: JobKind) -> Result<bool> {
    let waiting = db::run(
        tx,
        "UPDATE directory_jobs SET attempts = 0 WHERE directory_id = $1 AND owner_key = $2 AND kind = $3 AND state = 'queued'",
        [
            directory.id.as_str().into(),
            owner_key(directory.organization_id.as_ref()).into(),
            kind.as_str().into(),
        ],
    )
    .await?;
    Ok(waiting > 0)
}

/// Refuses a change that would leave one more job of a kind to a directory which has too many to do already.
///
/// # Errors
/// [`DirectoryFault::Busy`].
pub(super) async fn refuse_too_many(tx: &Tx, directory: &Directory, kind: JobKind) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM directory_jobs WHERE directory_id = $1 AND kind = $2
                   AND state IN ('queued', 'running') LIMIT (0 + $3)) j";
    let row = db::one(tx, sql, [directory.id.as_str().into(), kind.as_str().into(), WAITING.into()]).await?;
    let waiting: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if waiting < WAITING { Ok(()) } else { Err(DirectoryFault::Busy.into()) }
}

/// The directory of a job, as it is now. `None` if it was disconnected.
pub(super) async fn directory(db: &impl Scope, job: &Job) -> Result<Option<Directory>> {
    let sql =
        format!("SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL");
    let values = [owner_key(job.organization_id.as_ref()).into(), job.directory_id.as_str().into()];
    db::one(db, sql, values).await?.map(|row| connections::read(&row, 0)).transpose()
}

/// Makes sure that the job is this process's until the transaction ends: whoever cancels it waits so long.
///
/// # Errors
/// [`DirectoryFault::JobEnded`] if the job was canceled or somebody else has it by now.
pub(super) async fn hold(tx: &Tx, job: &Job) -> Result<()> {
    let sql = format!(
        "SELECT id FROM directory_jobs WHERE id = $1 AND owner_key = $2 AND state = 'running' AND lease = $3{}",
        tx.lock_for_change()
    );
    let owner = owner_key(job.organization_id.as_ref());
    let values = [job.id.as_str().into(), owner.into(), job.lease.clone().into()];
    if db::one(tx, sql, values).await?.is_none() { Err(DirectoryFault::JobEnded.into()) } else { Ok(()) }
}

/// Writes progress in the transaction that made it, so that it is made once: a batch that does so says in the end
/// only what is not yet written. The lease begins anew.
///
/// # Errors
/// [`DirectoryFault::JobEnded`] if the job was canceled or somebody else has it by now: then the transaction is to
/// come to nothing.
pub(super) async fn advance(tx: &Tx, job: &Job, progress: &Progress) -> Result<()> {
    let written = db::run(
        tx,
        "UPDATE directory_jobs SET cursor = COALESCE($1, cursor), done = done + $2, failed = failed + $3, attempts = 0,
             state = $4, lease = $5, leased_until = $6, updated_at = $7, ended_at = $8
         WHERE id = $9 AND owner_key = $10 AND state = 'running' AND lease = $11",
        [
            progress.cursor.clone().into(),
            progress.done.into(),
            progress.failed.into(),
            (if progress.finished { "done" } else { "running" }).into(),
            job.lease.clone().filter(|_| !progress.finished).into(),
            (!progress.finished).then(|| tx.now().plus_seconds(LEASE).millis()).into(),
            tx.now().into(),
            progress.finished.then(|| tx.now().millis()).into(),
            job.id.as_str().into(),
            owner_key(job.organization_id.as_ref()).into(),
            job.lease.clone().into(),
        ],
    )
    .await?;
    if written == 0 { Err(DirectoryFault::JobEnded.into()) } else { Ok(()) }
}

/// Takes the job whose turn it is and does one batch of it. Returns whether there was one: a worker calls it
/// until there is none.
///
/// # Errors
/// Those of the database. What goes wrong inside a batch is logged, and the batch is tried again later.
pub async fn step(core: &AuthCore) -> Result<bool> {
    let Some(job) = take(core).await? else { return Ok(false) };
    let ctx = job.ctx();
    // Each is large, and only one of them runs.
    let done = match job.kind {
        JobKind::RoleEvents => Box::pin(rules::batch(core, &job)).await,
        JobKind::MappingApplied => Box::pin(mapping::apply(core, &job)).await,
        JobKind::ImportApplied => Box::pin(import::batch(core, &job)).await,
    };
    match done {
        Ok(progress) => {
            let written = core
                .write(&ctx, async |tx| {
                    advance(tx, &job, &progress).await?;
                    if progress.finished { Ok(()) } else { release(tx, &job, None).await }
                })
                .await;
            match written {
                Err(error) if error.is(&DirectoryFault::JobEnded) => {}
                written => written?,
            }
        }
        Err(error) if error.is(&DirectoryFault::JobEnded) => {}
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(job = job.id.as_str(), %error, cause, "a batch of a job failed; it is tried again later");
            core.write(&ctx, async |tx| release(tx, &job, Some(tx.now().plus_seconds(LEASE))).await).await?;
        }
    }
    Ok(true)
}

/// Gives the job back: to whoever comes next, or to nobody before that instant.
async fn release(tx: &Tx, job: &Job, until: Option<Timestamp>) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_jobs SET lease = NULL, leased_until = $1 WHERE id = $2 AND owner_key = $3 AND lease = $4",
        [
            until.map(Timestamp::millis).into(),
            job.id.as_str().into(),
            owner_key(job.organization_id.as_ref()).into(),
            job.lease.clone().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Takes a batch of the job that has waited longest of the owner whose turn was longest ago, so that an owner with many jobs
/// delays nobody else's. Those that cannot go on end here: what was begun too often
/// without any progress has failed, and what belongs to a disconnected directory is canceled.
async fn take(core: &AuthCore) -> Result<Option<Job>> {
    core.write(&Ctx::system("jobs"), async |tx| {
        // Whoever waited for somebody else's lock looks at the conditions again, and goes on to the next if that took it.
        let sql = format!(
            "UPDATE directory_jobs SET state = 'running', lease = $1, leased_until = $2, attempts = attempts + 1, updated_at = $3
             WHERE id = (SELECT w.id FROM directory_jobs w
                         WHERE w.state IN ('queued', 'running') AND (w.leased_until IS NULL OR w.leased_until <= $3)
                         ORDER BY COALESCE((SELECT t.at FROM directory_job_turns t WHERE t.owner_key = w.owner_key), 0),
                             w.updated_at, w.id LIMIT 1{})
               AND state IN ('queued', 'running') AND (leased_until IS NULL OR leased_until <= $3)
             RETURNING {READ}, attempts",
            tx.lock_for_change()
        );
        let lease: JobId = tx.new_id();
        let values = [lease.as_str().into(), tx.now().plus_seconds(LEASE).into(), tx.now().into()];
        let Some(row) = db::one(tx, sql, values).await? else { return Ok(None) };
        let job = read(&row)?;
        let attempts: i64 = row.get(WIDTH)?;
        let sql = "INSERT INTO directory_job_turns (owner_key, at) VALUES ($1, $2)
             ON CONFLICT (owner_key) DO UPDATE SET at = excluded.at";
        db::run(tx, sql, [owner_key(job.organization_id.as_ref()).into(), tx.now().into()]).await?;
        if attempts > ATTEMPTS {
            end(tx, &job, "failed").await?;
        } else if directory(tx, &job).await?.is_none() {
            end(tx, &job, "canceled").await?;
        } else {
            return Ok(Some(Some(job)));
        }
        Ok(Some(None))
    })
    .await
    .map(Option::flatten)
}

/// Records no event: it is for the log and the job's row, and no admin did it.
async fn end(tx: &Tx, job: &Job, state: &str) -> Result<u64> {
    let ended = db::run(
        tx,
        "UPDATE directory_jobs SET state = $1, lease = NULL, leased_until = NULL, updated_at = $2, ended_at = $2
         WHERE id = $3 AND owner_key = $4 AND state IN ('queued', 'running')",
        [state.into(), tx.now().into(), job.id.as_str().into(), owner_key(job.organization_id.as_ref()).into()],
    )
    .await?;
    if ended > 0 && job.kind == JobKind::ImportApplied {
        // What was not done yet can be looked at again.
        import::take_back(tx, &job.directory_id).await?;
    }
    Ok(ended)
}

/// The job of that id of one of the owner's directories.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::JobNotFound`], and those of the authorization.
pub async fn get(db: &impl Scope, owner: Option<&OrgId>, directory: &DirectoryId, id: &JobId) -> Result<Job> {
    connections::get(db, owner, directory).await?;
    let sql = format!("SELECT {READ} FROM directory_jobs WHERE owner_key = $1 AND directory_id = $2 AND id = $3");
    let row = db::one(db, sql, [owner_key(owner).into(), directory.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::JobNotFound.into()), |row| read(&row))
}

/// What jobs can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "j.created_at"), ("updated_at", "j.updated_at")],
    unless_said: ("created_at", false),
    searched: &["j.kind", "j.state", "j.id"],
    id: "j.id",
};

/// A page of a directory's jobs, and how many there are.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn list(
    db: &impl Scope,
    owner: Option<&OrgId>,
    directory: &DirectoryId,
    part: &db::Part,
) -> Result<(Vec<Job>, i64)> {
    connections::get(db, owner, directory).await?;
    let whose = [owner_key(owner).into(), directory.as_str().into()];
    let list = db::List::new("directory_jobs j", "j.owner_key = $1 AND j.directory_id = $2", whose);
    let listed = list.part(db, READ, &LISTED, part, read).await?;
    Ok((listed.entries, listed.total))
}

/// Stops a job: what it has done stays, the person it is at is finished or left. One that has ended stays as it is.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::JobNotFound`], and those of the authorization.
pub async fn cancel(tx: &mut Tx, owner: Option<&OrgId>, directory: &DirectoryId, id: &JobId) -> Result<Job> {
    let before = get(tx, owner, directory, id).await?;
    if end(tx, &before, "canceled").await? == 0 {
        return get(tx, owner, directory, id).await;
    }
    let after = get(tx, owner, directory, id).await?;
    let facts = |job: &Job| json!({ "job": { "id": job.id.as_str(), "kind": job.kind.as_str(), "state": job.state } });
    let payload = json!({ "v": 1, "before": facts(&before), "after": facts(&after) });
    tx.record(Event::new(EventKind::DirectoryUpdated, directory, payload).within(owner));
    Ok(after)
}

/// Forgets jobs that ended long ago.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    core.write(&Ctx::system("sweep-jobs"), async |tx| {
        let sql = "DELETE FROM directory_jobs WHERE id IN
             (SELECT id FROM directory_jobs WHERE ended_at IS NOT NULL AND ended_at < $1 LIMIT (0 + $2))";
        let ended = tx.now().plus_seconds(-REMEMBERED);
        db::run(tx, "DELETE FROM directory_job_turns WHERE at < $1", [ended.into()]).await?;
        db::run(tx, sql, [ended.into(), FORGOTTEN_AT_ONCE.into()]).await
    })
    .await
}
