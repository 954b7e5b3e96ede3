//! Forgetting what was told of somebody who was erased: the facts of the events about them go, the entries stay.
//!
//! Deleting a person notes that in its transaction. Afterwards the stream is gone through up to the event that tells of the
//! deletion, a part at a time, so that nobody waits behind it: everything that precedes that event is published once it
//! is. An erased entry keeps the hash of its facts ([`Record::erase`](super::Record::erase)), so chains hold whether it
//! was sealed before or is later.
//!
//! Erased are the events about the person, about their sessions and memberships, those of directories that name them as
//! the person of a resource, and the invitations to their address, if they had proven it: nobody makes an entry about
//! others disappear by taking an address that is not theirs. What they did to others stays: who, what and when is what an
//! audit is for.

use serde_json::Value as Json;

use super::digest::erased;
use super::reading::{self, Entry};
use super::sealer::columns;
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::ids::{EventId, Id as _, UserId};
use crate::outbox;

/// How many places of the stream are looked at in one go.
const PART: i64 = 5_000;

/// Notes that everything is to be forgotten which was told of a person before that event. `email`: their address, if they
/// have proven it.
pub(crate) async fn begin(tx: &Tx, user: &UserId, email: Option<&str>, event: &EventId) -> Result<()> {
    let sql = "INSERT INTO user_erasures (user_id, email, event_id, through, created_at) VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, event_id = excluded.event_id, through = 0,
             created_at = excluded.created_at";
    let email = email.map(str::to_owned);
    db::run(tx, sql, [user.as_str().into(), email.into(), event.as_str().into(), tx.now().into()]).await?;
    Ok(())
}

/// A part of the stream, and what is to be forgotten in it.
struct Part {
    user: String,
    event: String,
    through: i64,
    end: i64,
    last: bool,
    forgotten: Vec<Entry>,
}

/// Goes through a part of the stream for somebody who was erased. Returns whether there may be more to do: a worker
/// calls it until there is not.
///
/// # Errors
/// Those of the database.
pub async fn forget_step(core: &AuthCore) -> Result<bool> {
    let ctx = Ctx::system("erasures");
    let Some(part) = core.read(&ctx, async |rx| look(rx).await).await? else { return Ok(false) };
    // Records no event: the erasure has one.
    core.write(&ctx, async |tx| forget(tx, &part).await).await?;
    Ok(true)
}

async fn look(db: &impl Scope) -> Result<Option<Part>> {
    let order = db::event_order(db.backend());
    // An event that waits for its place waits for others that may precede it. One that is not kept any more has had it.
    let sql = format!(
        "SELECT r.user_id, r.email, r.through, r.event_id, e.{order} FROM user_erasures r
         LEFT JOIN events e ON e.id = r.event_id WHERE e.id IS NULL OR e.{order} IS NOT NULL
         ORDER BY r.created_at, r.user_id LIMIT 1"
    );
    let Some(row) = db::one(db, sql, []).await? else { return Ok(None) };
    let (user, email): (String, Option<String>) = (row.get(0)?, row.get(1)?);
    let (through, event, until): (i64, String, Option<i64>) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let until = match until {
        Some(own) => own - 1,
        None => outbox::last(db).await?,
    };
    let end = until.min(through + PART);
    let sql = format!(
        "SELECT {} FROM events e WHERE e.{order} > $1 AND e.{order} <= $2
           AND (e.subject = $3 OR e.payload LIKE $4 ESCAPE '!' OR e.payload LIKE $5 ESCAPE '!') ORDER BY e.{order}",
        columns(order)
    );
    let holding = |text: &str| {
        format!("%{}%", Json::from(text).to_string().replace('!', "!!").replace('%', "!%").replace('_', "!_"))
    };
    let (named, addressed) = (holding(&user), holding(email.as_deref().unwrap_or(&user)));
    let values = [through.into(), end.into(), user.as_str().into(), named.into(), addressed.into()];
    let mut forgotten = Vec::new();
    for row in db::all(db, sql, values).await? {
        let entry = reading::unsealed(&row)?;
        if is_about(&entry, &user, email.as_deref()) && erased(&entry.details).is_none() {
            forgotten.push(entry);
        }
    }
    Ok(Some(Part { user, event, through, end, last: end >= until, forgotten }))
}

/// Whether an entry tells of the person, rather than of somebody to whom they did something.
fn is_about(entry: &Entry, user: &str, email: Option<&str>) -> bool {
    let kind = entry.kind.split('.').next().unwrap_or_default();
    let parts = |noun: &str| [entry.before.clone(), entry.after.clone(), entry.details[noun].clone()];
    match kind {
        "session" => entry.target == user || entry.details["user_id"] == user,
        "membership" => parts("membership").iter().any(|member| member["user_id"] == user),
        "api_key" => parts("api_key").iter().any(|key| key["user_id"] == user) || entry.details["user_id"] == user,
        "team" => entry.details["user_id"] == user,
        "directory_user" => entry.details["user"]["id"] == user,
        "invitation" => email.is_some_and(|email| parts("invitation").iter().any(|one| one["email"] == email)),
        _ => entry.target == user,
    }
}

async fn forget(tx: &Tx, part: &Part) -> Result<()> {
    let sql = if part.last {
        "DELETE FROM user_erasures WHERE user_id = $1 AND event_id = $2 AND through = $3 AND through <= $4"
    } else {
        "UPDATE user_erasures SET through = $4 WHERE user_id = $1 AND event_id = $2 AND through = $3"
    };
    let values = [part.user.as_str().into(), part.event.as_str().into(), part.through.into(), part.end.into()];
    if db::run(tx, sql, values).await? == 0 {
        // Another replica was here.
        return Ok(());
    }
    let ids: Vec<String> = part.forgotten.iter().map(|entry| entry.id.clone()).collect();
    for eraser in &tx.shared.erasers {
        eraser.forget(tx, &ids).await?;
    }
    for entry in &part.forgotten {
        let sql = "UPDATE events SET payload = $1, ip = NULL, user_agent = NULL WHERE id = $2";
        db::run(tx, sql, [entry.record().erase().to_string().into(), entry.id.as_str().into()]).await?;
    }
    Ok(())
}
