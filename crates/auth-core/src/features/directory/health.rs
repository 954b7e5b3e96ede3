//! How a directory is doing: when it was last heard of, what it holds, which credential ends next, who never came.

use super::breaker::{self, Trip};
use super::connections::{self, Directory, owner_key};
use super::request_log;
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::db::{self, Change, Scope};
use crate::fault::{Error, Result};
use crate::ids::{CredentialId, DirectoryId, Id as _, OrgId};

/// How long the last success may be unknown, in milliseconds.
const LAST_SUCCESS: i64 = 60_000;

/// How a directory is doing.
#[derive(Clone, Debug)]
pub struct Health {
    /// The directory, with when it was last heard of.
    pub directory: Directory,
    /// What it holds.
    pub counts: Counts,
    /// How many credentials are good now.
    pub credentials: i64,
    /// The good credential that expires first, if one expires at all.
    pub expiring: Option<Expiring>,
    /// The breaker, if it has tripped.
    pub trip: Option<Trip>,
    /// What its requests of the last hour came to.
    pub last_hour: Rate,
    /// Those of the last day.
    pub last_day: Rate,
}

/// How many requests there were, as far as its log knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// All of them.
    pub requests: i64,
    /// Those that were refused or failed.
    pub failed: i64,
}

/// What a directory holds, counted now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// User resources.
    pub users: i64,
    /// Those that are active.
    pub active: i64,
    /// Those whose person has not accepted.
    pub pending: i64,
    /// Those without an address by which anybody could be found.
    pub no_address: i64,
    /// Active ones whose person has not signed in since the directory was made.
    pub never_seen: i64,
    /// Group resources.
    pub groups: i64,
}

/// A credential that will expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// Which.
    pub id: CredentialId,
    /// What admins call it.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// How the directory is doing. It counts its people, so it is for whoever looks, not for every request.
///
/// # Errors
/// [`DirectoryFault::NotFound`](super::DirectoryFault::NotFound), and those of the authorization.
pub async fn read<'a>(db: &impl Scope, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Health> {
    let owner = owner.into();
    let directory = connections::get(db, owner, id).await?;
    let counts = counts(db, &directory).await?;
    let row = db::one(
        db,
        "SELECT COUNT(*) FROM directory_credentials WHERE directory_id = $1 AND owner_key = $2 AND revoked_at IS NULL
         AND (expires_at IS NULL OR expires_at > $3)",
        [id.as_str().into(), owner_key(owner).into(), db.now().into()],
    )
    .await?;
    let credentials = row.map_or(Ok(0), |row| row.get(0))?;
    let row = db::one(
        db,
        "SELECT id, name, expires_at FROM directory_credentials
         WHERE directory_id = $1 AND owner_key = $2 AND revoked_at IS NULL AND expires_at > $3
         ORDER BY expires_at, id LIMIT 1",
        [id.as_str().into(), owner_key(owner).into(), db.now().into()],
    )
    .await?;
    let expiring =
        row.map(|row| Ok::<_, Error>(Expiring { id: row.get(0)?, name: row.get(1)?, at: row.get(2)? })).transpose()?;
    let trip = breaker::trip(db, id).await?;
    let last_hour = rate(db, owner, id, 3_600).await?;
    let last_day = rate(db, owner, id, 86_400).await?;
    Ok(Health { directory, counts, credentials, expiring, trip, last_hour, last_day })
}

async fn rate(db: &impl Scope, owner: Option<&OrgId>, id: &DirectoryId, seconds: i64) -> Result<Rate> {
    let (requests, failed) = request_log::rates(db, owner, id, db.now().plus_seconds(-seconds)).await?;
    Ok(Rate { requests, failed })
}

async fn counts(db: &impl Scope, directory: &Directory) -> Result<Counts> {
    let row = db::one(
        db,
        "SELECT COUNT(*),
            CAST(COALESCE(SUM(CASE WHEN u.active THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN u.link = 'pending' THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN u.link = 'no_address' THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN u.link = 'linked' AND u.active AND p.id IS NOT NULL
                AND (p.last_sign_in_at IS NULL OR p.last_sign_in_at < $2) THEN 1 ELSE 0 END), 0) AS BIGINT),
            (SELECT COUNT(*) FROM directory_groups g WHERE g.directory_id = $1)
         FROM directory_users u LEFT JOIN users p ON p.id = u.user_id WHERE u.directory_id = $1",
        [directory.id.as_str().into(), directory.created_at.into()],
    )
    .await?;
    let Some(row) = row else { return Ok(Counts::default()) };
    Ok(Counts {
        users: row.get(0)?,
        active: row.get(1)?,
        pending: row.get(2)?,
        no_address: row.get(3)?,
        never_seen: row.get(4)?,
        groups: row.get(5)?,
    })
}

/// Whether a success of the directory is news.
#[must_use]
pub fn is_news(directory: &Directory, now: Timestamp) -> bool {
    directory.last_success_at.is_none_or(|at| at.millis() <= now.millis() - LAST_SUCCESS)
}

/// Writes down that a request of the directory succeeded, beside the request: it may be lost, the request may not
/// wait. It is no change that anybody is told of, so it needs no transaction.
pub fn note_success(core: &AuthCore, directory: DirectoryId) {
    let core = core.clone();
    tokio::spawn(async move {
        let now = core.clock().now();
        let writer = &core.db().writer;
        let sql = "UPDATE directories SET last_success_at = $1
             WHERE id = $2 AND (last_success_at IS NULL OR last_success_at <= $3)";
        let values = [now.into(), directory.as_str().into(), (now.millis() - LAST_SUCCESS).into()];
        if let Err(error) = writer.run(Change::new(sql, values)).await {
            tracing::debug!(%error, "the last success of a directory was not written");
        }
    });
}
