//! The circuit breaker: if more people lose access than an admin thought possible, nobody else does before
//! somebody has looked.
//!
//! It counts who lost access within the window, each person once, without those who came back: by a deactivation, by a
//! deletion, or because a resource is about somebody else by now, or about them and inactive. Beyond
//! both limits nothing of the request happens, the directory is tripped, and whatever would end somebody's access
//! is refused until an admin decides: what waits is released, or rejected. All else goes on.
//!
//! Whoever ends access in a directory with a breaker waits for the breaker's row, so that of many at once one
//! trips it. A directory without one has no row, and asks for none.

use std::collections::BTreeSet;

use serde_json::json;

use super::users::DirectoryUser;
use super::{Directory, DirectoryFault};
use crate::clock::Timestamp;
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, DirectoryUserId, Id, UserId};
use crate::mail::{self, Letter, LetterKind};
use crate::orgs::{self, members};
use crate::outbox::{Event, EventKind};

/// With fewer active people a breaker never trips: half of a small team may well leave at once.
const FEWEST: i64 = 50;
/// For how long somebody who was released may still be let go, in seconds: identity providers come back late.
const PATIENCE: i64 = 30 * 86_400;

/// Somebody who left, and counts. Their resource was active before and is not now: it belongs to those of whom they are a part.
const COUNTED: &str = "counted";
/// Somebody who left, and counts, though no active resource went with them.
const MOVED: &str = "moved";
/// Somebody whose end of access was refused.
const WAITING: &str = "waiting";
/// Somebody who may go without being counted.
const RELEASED: &str = "released";

/// Somebody whose access is about to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving<'a> {
    resource: &'a DirectoryUserId,
    user: Option<&'a UserId>,
    /// Whether there is access that could end.
    active: bool,
    /// As what they count.
    standing: &'static str,
}

impl<'a> Leaving<'a> {
    /// The person of a resource that is to be deactivated or deleted.
    pub(super) fn of(present: &'a DirectoryUser) -> Self {
        let (resource, user) = (&present.id, present.user_id.as_ref());
        Self { resource, user, active: present.active, standing: COUNTED }
    }

    /// Somebody who loses access by a resource that is as active afterwards as before: it is about another person from
    /// now on, or about them, and inactive.
    pub(super) const fn displaced(resource: &'a DirectoryUserId, user: &'a UserId) -> Self {
        Self { resource, user: Some(user), active: true, standing: MOVED }
    }

    /// Under which they are remembered. One resource may take access from many, one after the other, and each counts.
    fn key(&self) -> &'a str {
        match self.user {
            Some(user) if self.standing == MOVED => user.as_str(),
            _ => self.resource.as_str(),
        }
    }
}

/// A breaker that has tripped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When.
    pub at: Timestamp,
    /// By which request.
    pub request_id: String,
    /// How many people had lost access within the window, with the one who was refused.
    pub departed: i64,
    /// Of how many who were active when the window began.
    pub active: i64,
    /// How many have been refused since.
    pub waiting: i64,
    /// When an admin rejected what waits.
    pub rejected_at: Option<Timestamp>,
}

const TRIP: &str = "SELECT b.tripped_at, b.tripped_by, b.departed, b.active, b.rejected_at,
        (SELECT COUNT(DISTINCT COALESCE(d.user_id, d.directory_user_id)) FROM directory_departures d
         WHERE d.directory_id = b.directory_id AND d.standing = 'waiting')
    FROM directory_breakers b WHERE b.directory_id = $1";

fn read(row: &Row) -> Result<Option<Trip>> {
    let Some(at) = row.get::<Option<i64>>(0)? else { return Ok(None) };
    Ok(Some(Trip {
        at: Timestamp(at),
        request_id: row.get::<Option<String>>(1)?.unwrap_or_default(),
        departed: row.get(2)?,
        active: row.get(3)?,
        rejected_at: row.get::<Option<i64>>(4)?.map(Timestamp),
        waiting: row.get(5)?,
    }))
}

/// Whether the directory's breaker has tripped, and how.
pub(super) async fn trip(db: &impl Scope, directory: &DirectoryId) -> Result<Option<Trip>> {
    let row = db::one(db, TRIP, [directory.as_str().into()]).await?;
    row.map_or(Ok(None), |row| read(&row))
}

/// Keeps everybody else from the breaker until the transaction ends; before the directory's own row is locked.
/// Whether there is one.
pub(super) async fn lock(tx: &Tx, directory: &DirectoryId) -> Result<bool> {
    let sql = format!("SELECT directory_id FROM directory_breakers WHERE directory_id = $1{}", tx.lock_for_change());
    Ok(db::one(tx, sql, [directory.as_str().into()]).await?.is_some())
}

/// The same for who may have to ask it later, and locks a person before.
pub(super) async fn wait(tx: &Tx, directory: &Directory) -> Result<()> {
    if directory.settings.breaker.enabled {
        lock(tx, &directory.id).await?;
    }
    Ok(())
}

/// Makes a breaker, if there is none.
pub(super) async fn make(tx: &Tx, directory: &DirectoryId) -> Result<()> {
    let sql = "INSERT INTO directory_breakers (directory_id) VALUES ($1) ON CONFLICT (directory_id) DO NOTHING";
    db::run(tx, sql, [directory.as_str().into()]).await.map(drop)
}

/// Removes the breaker with all that it remembers.
pub(super) async fn remove(tx: &Tx, directory: &DirectoryId) -> Result<()> {
    db::run(tx, "DELETE FROM directory_breakers WHERE directory_id = $1", [directory.as_str().into()]).await?;
    db::run(tx, "DELETE FROM directory_departures WHERE directory_id = $1", [directory.as_str().into()]).await?;
    Ok(())
}

/// Begins anew: nothing has tripped, nobody has left, nobody waits.
pub(super) async fn reset(tx: &Tx, directory: &DirectoryId) -> Result<()> {
    let sql = "UPDATE directory_breakers SET tripped_at = NULL, rejected_at = NULL WHERE directory_id = $1";
    db::run(tx, sql, [directory.as_str().into()]).await?;
    db::run(tx, "DELETE FROM directory_departures WHERE directory_id = $1", [directory.as_str().into()]).await?;
    Ok(())
}

/// Begins anew, and lets those go who wait: whenever they come, and without counting them. Returns how many.
pub(super) async fn let_go(tx: &Tx, directory: &DirectoryId) -> Result<u64> {
    let sql = "UPDATE directory_breakers SET tripped_at = NULL, rejected_at = NULL WHERE directory_id = $1";
    db::run(tx, sql, [directory.as_str().into()]).await?;
    let sql = "DELETE FROM directory_departures WHERE directory_id = $1 AND standing IN ($2, $3)";
    db::run(tx, sql, [directory.as_str().into(), COUNTED.into(), MOVED.into()]).await?;
    let sql = "UPDATE directory_departures SET standing = $3, at = $4 WHERE directory_id = $1 AND standing = $2
         RETURNING COALESCE(user_id, directory_user_id)";
    let values = [directory.as_str().into(), WAITING.into(), RELEASED.into(), tx.now().into()];
    let people: BTreeSet<String> =
        db::all(tx, sql, values).await?.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    Ok(u64::try_from(people.len()).unwrap_or(u64::MAX))
}

/// Notes that an admin rejected what waits: it is refused until the directory is resumed.
pub(super) async fn turn_down(tx: &Tx, directory: &DirectoryId) -> Result<()> {
    let sql = "UPDATE directory_breakers SET rejected_at = $2 WHERE directory_id = $1";
    db::run(tx, sql, [directory.as_str().into(), tx.now().into()]).await?;
    let sql = "DELETE FROM directory_departures WHERE directory_id = $1 AND standing = $2";
    db::run(tx, sql, [directory.as_str().into(), WAITING.into()]).await?;
    Ok(())
}

/// Whether somebody's access must not end now. If so, its caller changes nothing and returns. Where a request `asked` for
/// it, that it was refused, and what tripped, is committed, and the answer is [`DirectoryFault::Tripped`].
pub(super) async fn refuses(tx: &mut Tx, directory: &Directory, leaving: &Leaving<'_>, asked: bool) -> Result<bool> {
    let refused = stops(tx, directory, leaving).await?;
    if refused && asked {
        tx.note(
            "refused.breaker_tripped",
            || "Too many people lost access at once; an administrator must release this".to_owned(),
            || json!({ "directory_user_id": leaving.resource.as_str() }),
        );
        tx.conclude_with(DirectoryFault::Tripped);
    }
    Ok(refused)
}

/// The same without an answer, for what no request asked for.
pub(super) async fn stops(tx: &mut Tx, directory: &Directory, leaving: &Leaving<'_>) -> Result<bool> {
    if !directory.settings.breaker.enabled || !lock(tx, &directory.id).await? {
        return Ok(false);
    }
    // Read after the lock was given: what others did who had it before is seen.
    if let Some(trip) = trip(tx, &directory.id).await? {
        if leaving.active && trip.rejected_at.is_none() {
            note(tx, directory, leaving, WAITING);
        }
        return Ok(true);
    }
    if !leaving.active {
        // The access ended before; the deletion of what is left ends nothing.
        return Ok(false);
    }
    let settings = directory.settings.breaker;
    let since = tx.now().millis() - settings.window_seconds * 1000;
    let before = before(tx, directory, leaving, since).await?;
    if before.own.as_deref() == Some(RELEASED) {
        forget(tx, &directory.id, leaving.key(), leaving.user);
        return Ok(false);
    }
    let departed = before.departed + 1;
    if departed > settings.people {
        // Who moved is no part of them: the resource is active still, or never was.
        let active = before.counted + active(tx, directory, departed).await?;
        if active >= FEWEST && departed * 100 > settings.percent * active {
            open(tx, directory, leaving, departed, active).await?;
            return Ok(true);
        }
    }
    note(tx, directory, leaving, leaving.standing);
    let old = Change::new(
        "DELETE FROM directory_departures WHERE directory_id = $1
         AND ((standing IN ('counted', 'moved') AND at <= $2) OR (standing = 'released' AND at <= $3))",
        [directory.id.as_str().into(), since.into(), tx.now().plus_seconds(-PATIENCE).into()],
    );
    db::later(tx, old);
    Ok(false)
}

/// Somebody who might have gone stays after all: what ends their access with somebody else's was refused for those. They
/// wait like them.
pub(super) fn stays(tx: &Tx, directory: &Directory, leaving: &Leaving<'_>) {
    note(tx, directory, leaving, WAITING);
}

/// Who left before.
#[derive(Default)]
struct Before {
    /// How many other people within the window.
    departed: i64,
    /// How many other resources were active in its beginning, and are not now.
    counted: i64,
    /// How it stands with this person.
    own: Option<String>,
}

async fn before(tx: &Tx, directory: &Directory, leaving: &Leaving<'_>, since: i64) -> Result<Before> {
    let row = db::one(
        tx,
        "SELECT (SELECT COUNT(DISTINCT COALESCE(d.user_id, d.directory_user_id)) FROM directory_departures d
                 WHERE d.directory_id = $1 AND d.standing IN ('counted', 'moved') AND d.at > $4
                   AND d.directory_user_id <> $2 AND (d.user_id IS NULL OR d.user_id <> $3)),
                (SELECT COUNT(*) FROM directory_departures d
                 WHERE d.directory_id = $1 AND d.standing = 'counted' AND d.at > $4 AND d.directory_user_id <> $2),
                (SELECT d.standing FROM directory_departures d
                 WHERE d.directory_id = $1 AND (d.directory_user_id = $2 OR d.user_id = $3)
                 ORDER BY CASE d.standing WHEN 'released' THEN 0 ELSE 1 END LIMIT 1)",
        [directory.id.as_str().into(), leaving.key().into(), leaving.user.map_or("", Id::as_str).into(), since.into()],
    )
    .await?;
    let Some(row) = row else { return Ok(Before::default()) };
    Ok(Before { departed: row.get(0)?, counted: row.get(1)?, own: row.get(2)? })
}

/// How many people are active, as far as it matters: beyond some number so many departures are no longer too many.
async fn active(tx: &Tx, directory: &Directory, departed: i64) -> Result<i64> {
    let enough = (departed * 100 / directory.settings.breaker.percent.max(1) + 1).max(FEWEST);
    let row = db::one(
        tx,
        "SELECT COUNT(*) FROM (SELECT 1 FROM directory_users WHERE directory_id = $1 AND active LIMIT (0 + $2)) a",
        [directory.id.as_str().into(), enough.into()],
    )
    .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Trips the breaker: the state, the event and the mail, once.
async fn open(tx: &mut Tx, directory: &Directory, leaving: &Leaving<'_>, departed: i64, active: i64) -> Result<()> {
    let values = [
        tx.now().into(),
        tx.ctx().request_id.clone().into(),
        departed.into(),
        active.into(),
        directory.id.as_str().into(),
    ];
    let sql =
        "UPDATE directory_breakers SET tripped_at = $1, tripped_by = $2, departed = $3, active = $4, rejected_at = NULL
         WHERE directory_id = $5";
    db::run(tx, sql, values).await?;
    // One that was paused meanwhile stays so, and is tripped when it is resumed.
    let sql = "UPDATE directories SET state = 'tripped', updated_at = $1 WHERE id = $2 AND state = 'active'";
    db::run(tx, sql, [tx.now().into(), directory.id.as_str().into()]).await?;
    note(tx, directory, leaving, WAITING);
    let payload = json!({
        "v": 1,
        "name": directory.name,
        "provider_id": directory.provider_id,
        "before": { "id": directory.id.as_str(), "name": directory.name, "state": "active" },
        "after": { "id": directory.id.as_str(), "name": directory.name, "state": "tripped", "departed": departed, "active": active },
    });
    let owner = directory.organization_id.as_ref();
    tx.record(Event::new(EventKind::DirectoryTripped, &directory.id, payload).within(owner));
    let organization = match owner {
        Some(id) => orgs::get(tx, id).await?.name,
        None => tx.settings().application_name.clone(),
    };
    for to in members::addresses_of_admins(tx, owner).await? {
        let kind = LetterKind::DirectoryTripped {
            directory: directory.name.clone(),
            organization: organization.clone(),
            departed,
            active,
        };
        mail::queue(tx, &Letter { to, kind }).await?;
    }
    Ok(())
}

/// Remembers how it stands with somebody's departure.
fn note(tx: &Tx, directory: &Directory, leaving: &Leaving<'_>, standing: &'static str) {
    part(tx, &directory.id, leaving.key(), leaving.user);
    let row = Change::new(
        "INSERT INTO directory_departures (directory_id, directory_user_id, user_id, standing, at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (directory_id, directory_user_id) DO UPDATE SET
             user_id = EXCLUDED.user_id, standing = EXCLUDED.standing, at = EXCLUDED.at",
        [
            directory.id.as_str().into(),
            leaving.key().into(),
            leaving.user.map(|id| id.as_str().to_owned()).into(),
            standing.into(),
            tx.now().into(),
        ],
    );
    db::later(tx, row);
}

/// Parts a resource from whom it was about before, if it is about somebody else by now: they are remembered for themselves.
fn part(tx: &Tx, directory: &DirectoryId, key: &str, user: Option<&UserId>) {
    let apart = Change::new(
        "UPDATE directory_departures
         SET directory_user_id = user_id, standing = CASE standing WHEN 'counted' THEN 'moved' ELSE standing END
         WHERE directory_id = $1 AND directory_user_id = $2 AND user_id <> $3
           AND NOT EXISTS (SELECT 1 FROM directory_departures o
                           WHERE o.directory_id = $1 AND o.directory_user_id = directory_departures.user_id)",
        [directory.as_str().into(), key.into(), user.map_or("", Id::as_str).into()],
    );
    db::later(tx, apart);
}

fn forget(tx: &Tx, directory: &DirectoryId, key: &str, user: Option<&UserId>) {
    part(tx, directory, key, user);
    let sql = "DELETE FROM directory_departures WHERE directory_id = $1 AND (directory_user_id = $2 OR user_id = $3)";
    let values = [directory.as_str().into(), key.into(), user.map_or("", Id::as_str).into()];
    db::later(tx, Change::new(sql, values));
}

/// Takes somebody out of the count who came back: by the same resource, or by another one. Whom the resource was about
/// before counts still.
pub(super) fn came_back(tx: &Tx, directory: &Directory, resource: &DirectoryUserId, user: Option<&UserId>) {
    if directory.settings.breaker.enabled {
        forget(tx, &directory.id, resource.as_str(), user);
    }
}
