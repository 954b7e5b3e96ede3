//! Whether a directory takes requests, as admins decide it: paused and resumed, and what becomes of a circuit
//! breaker that has tripped.
//!
//! A directory that was disconnected is still there for these while its people are being suspended: pausing it
//! stops that, resuming goes on with it, and releasing it lets all of them go.

use serde_json::{Value as Json, json};

use super::listing::{COUNTS, listed};
use super::{COLUMNS, Directory, Listed, State, authorize, owner_key, read};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::breaker::{self, Trip};
use crate::features::directory::{BreakerSettings, DirectoryFault, Settings};
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};

/// A directory of that id whose state matters, as a part of a statement: live, or with people to suspend.
const FOUND: &str = "d.owner_key = $1 AND d.id = $2 AND (d.deleted_at IS NULL OR EXISTS (
    SELECT 1 FROM directory_users u WHERE u.directory_id = d.id AND u.id > d.swept_through AND u.active))";

/// A directory whose state is being changed: it and its breaker are locked.
struct Held {
    directory: Directory,
    trip: Option<Trip>,
    disconnected: bool,
}

/// Stops a directory: its requests are refused from the commit on.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn pause<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Listed> {
    let owner = owner.into();
    let mut held = hold(tx, owner, id).await?;
    let before = facts(&held.directory, held.trip.as_ref());
    if held.directory.state != State::Paused {
        held.directory.state = State::Paused;
        save(tx, &held.directory, EventKind::DirectoryPaused, before, held.trip.as_ref()).await?;
    }
    show(tx, id).await
}

/// Lets a directory go on that was paused, or whose departures were rejected.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::Undecided`], and those of the authorization.
pub async fn resume<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Listed> {
    let owner = owner.into();
    let mut held = hold(tx, owner, id).await?;
    let before = facts(&held.directory, held.trip.as_ref());
    let state = held.directory.state;
    turn(tx, &mut held.directory, State::Active).await?;
    if held.directory.state != state {
        let trip = held.trip.filter(|_| held.directory.state == State::Tripped);
        save(tx, &held.directory, EventKind::DirectoryUpdated, before, trip.as_ref()).await?;
    }
    show(tx, id).await
}

/// Lets those go whose end of access was refused: they pass when the identity provider asks again, without being
/// counted, and for everybody else the window begins anew. Of a directory that was disconnected all people are
/// let go.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::NotTripped`], and those of the authorization.
pub async fn release<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Listed> {
    let owner = owner.into();
    let Held { mut directory, trip, disconnected } = hold(tx, owner, id).await?;
    if trip.is_none() {
        return Err(DirectoryFault::NotTripped.into());
    }
    let before = facts(&directory, trip.as_ref());
    let released = breaker::let_go(tx, id).await?;
    if disconnected {
        let settings = directory.settings;
        directory.settings = Settings { breaker: BreakerSettings { enabled: false, ..settings.breaker }, ..settings };
        breaker::remove(tx, id).await?;
    }
    if directory.state == State::Tripped {
        directory.state = State::Active;
    }
    let mut after = facts(&directory, None);
    after["released"] = released.into();
    write(tx, &directory, EventKind::DirectoryReleased, before, after).await?;
    show(tx, id).await
}

/// Keeps what was refused refused: nobody's access ends in this directory before an admin resumes it.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::NotTripped`], and those of the authorization.
pub async fn reject<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &DirectoryId) -> Result<Listed> {
    let owner = owner.into();
    let Held { directory, trip, .. } = hold(tx, owner, id).await?;
    let Some(trip) = trip else { return Err(DirectoryFault::NotTripped.into()) };
    if trip.rejected_at.is_none() {
        let before = facts(&directory, Some(&trip));
        breaker::turn_down(tx, id).await?;
        let trip = Trip { rejected_at: Some(tx.now()), waiting: 0, ..trip };
        save(tx, &directory, EventKind::DirectoryUpdated, before, Some(&trip)).await?;
    }
    show(tx, id).await
}

/// Gives a directory the state that an admin wants, which is to take requests or to take none. The caller has
/// locked its breaker and writes it.
pub(super) async fn turn(tx: &Tx, directory: &mut Directory, wanted: State) -> Result<()> {
    directory.state = match (directory.state, wanted) {
        (_, State::Paused) => State::Paused,
        (State::Paused, _) if breaker::trip(tx, &directory.id).await?.is_some() => State::Tripped,
        (State::Tripped, _) => {
            let trip = breaker::trip(tx, &directory.id).await?;
            if trip.is_some_and(|trip| trip.rejected_at.is_none()) {
                return Err(DirectoryFault::Undecided.into());
            }
            breaker::reset(tx, &directory.id).await?;
            State::Active
        }
        (State::SettingUp, _) => State::SettingUp,
        _ => State::Active,
    };
    Ok(())
}

async fn hold(tx: &Tx, owner: Option<&OrgId>, id: &DirectoryId) -> Result<Held> {
    authorize(tx, owner).await?;
    let key = || [owner_key(owner).into(), id.as_str().into()];
    let sql = format!("SELECT 1 FROM directories d WHERE {FOUND}");
    if db::one(tx, sql, key()).await?.is_none() {
        return Err(DirectoryFault::NotFound.into());
    }
    breaker::lock(tx, id).await?;
    let sql = format!(
        "SELECT {COLUMNS}, d.deleted_at FROM directories d WHERE d.owner_key = $1 AND d.id = $2{}",
        tx.lock_for_change()
    );
    let row = db::one(tx, sql, key()).await?;
    let Some(row) = row else { return Err(DirectoryFault::NotFound.into()) };
    Ok(Held {
        directory: read(&row, 0)?,
        trip: breaker::trip(tx, id).await?,
        disconnected: row.get::<Option<i64>>(super::WIDTH)?.is_some(),
    })
}

async fn save(tx: &mut Tx, directory: &Directory, kind: EventKind, before: Json, trip: Option<&Trip>) -> Result<()> {
    let after = facts(directory, trip);
    write(tx, directory, kind, before, after).await
}

async fn write(tx: &mut Tx, directory: &Directory, kind: EventKind, before: Json, after: Json) -> Result<()> {
    db::run(
        tx,
        "UPDATE directories SET state = $1, settings = $2, updated_at = $3 WHERE id = $4",
        [
            directory.state.stored().into(),
            directory.settings.to_json().to_string().into(),
            tx.now().into(),
            directory.id.as_str().into(),
        ],
    )
    .await?;
    let payload = json!({
        "v": 1, "name": directory.name, "provider_id": directory.provider_id, "before": before, "after": after,
    });
    tx.record(Event::new(kind, &directory.id, payload).within(directory.organization_id.as_ref()));
    Ok(())
}

fn facts(directory: &Directory, trip: Option<&Trip>) -> Json {
    let mut facts = json!({ "id": directory.id.as_str(), "name": directory.name, "state": directory.state.as_str() });
    if let Some(trip) = trip {
        facts["waiting"] = trip.waiting.into();
        facts["rejected"] = trip.rejected_at.is_some().into();
    }
    facts
}

async fn show(tx: &Tx, id: &DirectoryId) -> Result<Listed> {
    let sql = format!("SELECT {COLUMNS}, {COUNTS} FROM directories d WHERE d.id = $1");
    let row = db::one(tx, sql, [id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::NotFound.into()), |row| listed(&row))
}
