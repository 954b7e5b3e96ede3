//! Replay: a recorded request is made once more, for real or as a dry run, with the code that served it.
//!
//! The core finds the request and says who may; the dialect in which it was made does the rest ([`Replayer`]), because
//! what a body means is its business. Passwords were never recorded and are not set again. A replay has no condition:
//! the version that the first one asked for has gone by.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{Entry, Kept, Logged, RequestLog, RequestLogFault, answer_limit, get, redaction};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::fault::{Error, Result};
use crate::features::directory::connections::{self, State};
use crate::features::directory::linking;
use crate::features::directory::{DirectoryActor, credentials};
use crate::ids::{DirectoryId, Id as _, OrgId, RequestLogId};
use crate::notes::{Note, Notes};
use crate::outbox::{Event, EventKind};

/// A request to be made again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// By which directory.
    pub actor: DirectoryActor,
    /// By whose request; it says whether it is a dry run.
    pub ctx: Ctx,
    /// What it does: `user.create`, `group.patch`, `bulk`, …
    pub operation: String,
    /// The resource that it is about, if it is one.
    pub target: Option<String>,
    /// What was sent, if anything.
    pub body: Option<Json>,
}

/// What the dialect says of it.
#[derive(Clone, Debug)]
pub struct Done {
    /// What it answers.
    pub status: u16,
    /// With what.
    pub body: Option<Json>,
    /// The resource before.
    pub before: Option<Json>,
    /// The resource after; `None` if it is gone, or is not shown.
    pub after: Option<Json>,
}

/// Who makes recorded requests again: the dialect in which they came.
pub trait Replayer: Send + Sync {
    /// Makes one. What it refuses is an answer too; an error is that it could not be tried.
    fn replay<'a>(&'a self, core: &'a AuthCore, replay: Replay) -> Pin<Box<dyn Future<Output = Result<Done>> + 'a>>;
}

/// What a replay came to.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What was answered, or would be.
    pub status: u16,
    /// With what.
    pub body: Option<Json>,
    /// What was decided on the way.
    pub notes: Vec<Note>,
    /// The events that a dry run would record: their kinds and facts. Those of a replay for real are in the stream.
    pub events: Vec<(EventKind, Json)>,
    /// What is different of the resource: places, and what they hold before and after.
    pub differences: Vec<Difference>,
}

/// A place of a resource that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The attribute, with dots for what lies deeper.
    pub path: String,
    /// What it was; `None`: nothing.
    pub before: Option<Json>,
    /// What it is.
    pub after: Option<Json>,
}

impl RequestLog {
    /// Makes a recorded request again. For real it is recorded as what it is, with who asked for it, and the event
    /// says so; a dry run changes nothing at all.
    ///
    /// # Errors
    /// [`RequestLogFault::NotFound`], [`RequestLogFault::NotReplayable`], and those of the authorization.
    pub async fn replay<'a>(
        self: &Arc<Self>,
        ctx: &Ctx,
        owner: impl Into<Option<&'a OrgId>>,
        directory: &DirectoryId,
        id: &RequestLogId,
        dry_run: bool,
    ) -> Result<Replayed> {
        let owner = owner.into();
        let (directory, logged, credential) = self
            .core
            .read(ctx, async |rx| {
                // It does what the directory may do: only who manages the directory may have it done.
                let found = connections::get(rx, owner, directory).await?;
                let logged = get(rx, owner, directory, id).await?;
                let credential = credentials::present(rx, &found.id, &logged.credential_id).await?;
                Ok::<_, Error>((found, logged, credential))
            })
            .await?;
        // What its credential may not do (any more) is not done in its name by somebody who may.
        let credential = credential.ok_or(RequestLogFault::NotReplayable("its credential is gone"))?;
        let body = body_of(&logged)?;
        if !dry_run {
            if credential.ended {
                return Err(RequestLogFault::NotReplayable("its credential was revoked or has expired").into());
            }
            if directory.state == State::Paused {
                return Err(RequestLogFault::NotReplayable("its directory is paused").into());
            }
            if directory.import.is_some() {
                return Err(RequestLogFault::NotReplayable("its directory is in import mode").into());
            }
            self.announce(ctx, owner, &directory.id, &logged).await?;
        }
        let actor = DirectoryActor {
            credential_id: logged.credential_id.clone(),
            scopes: credential.scopes,
            directory: directory.clone(),
        };
        let notes = Notes::default();
        let own = Ctx { dry_run, ..ctx.with_actor(actor.actor()).with_notes(notes.clone()) };
        let (operation, target) = (logged.operation.clone(), logged.target.clone());
        let at = self.core.clock().now();
        let replay = Replay { actor, ctx: own, operation, target, body };
        let done = self.replayer.replay(&self.core, replay).await?;
        let (people, notes) = (notes.take_people(), notes.take());
        if !dry_run {
            let mut entry = Entry::new(&directory, &logged.credential_id, &ctx.request_id, at);
            entry.people = people;
            entry.duration = u64::try_from(self.core.clock().now().millis() - at.millis()).unwrap_or_default() * 1000;
            self.record(repeated(entry, &logged, ctx, &done, &notes)).await;
        }
        // What was done for real is told; its events are in the stream.
        let (events, notes) =
            if dry_run { linking::told(notes) } else { notes.into_iter().partition(|note| note.code == "event") };
        let events = events.into_iter().filter_map(|note| Some((EventKind::from_stored(&note.message)?, note.details)));
        let mut differences = Vec::new();
        if done.after.is_some() || done.status == 204 && logged.operation.ends_with(".delete") {
            compare("", done.before.as_ref(), done.after.as_ref(), &mut differences);
        }
        Ok(Replayed { status: done.status, body: done.body, notes, events: events.collect(), differences })
    }

    /// Says in the stream of events who has a request made again.
    async fn announce(&self, ctx: &Ctx, owner: Option<&OrgId>, directory: &DirectoryId, logged: &Logged) -> Result<()> {
        let payload = json!({
            "v": 1, "directory_id": directory.as_str(),
            "request": { "id": logged.id.as_str(), "operation": logged.operation, "target_id": logged.target },
        });
        self.core
            .write(ctx, async |tx| {
                tx.record(Event::new(EventKind::DirectoryRequestReplayed, directory, payload.clone()).within(owner));
                Ok(())
            })
            .await
    }
}

/// The body to be sent again.
fn body_of(logged: &Logged) -> Result<Option<Json>> {
    if let Some(why) = logged.obstacle() {
        return Err(RequestLogFault::NotReplayable(why).into());
    }
    let Some(text) = logged.body.text.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
    let unread = RequestLogFault::NotReplayable("its body is not JSON");
    let mut body: Json = serde_json::from_str(text).map_err(|_| unread)?;
    if !redaction::without_passwords(&mut body) {
        return Err(RequestLogFault::NotReplayable("secrets were left out of its body").into());
    }
    Ok(Some(body))
}

/// The most bytes that are kept of what a replay answers.
const ANSWER: usize = 64 * 1024;

/// The log's entry of a replay for real.
fn repeated(entry: Entry, logged: &Logged, ctx: &Ctx, done: &Done, notes: &[Note]) -> Entry {
    let limit = answer_limit(&logged.operation, ANSWER);
    let answer = done.body.as_ref().map(ToString::to_string);
    let person = logged.operation.starts_with("user.");
    let made = done.body.as_ref().and_then(|body| body.get("id")).and_then(Json::as_str).map(str::to_owned);
    Entry {
        status: done.status,
        method: logged.method.clone().into(),
        operation: logged.operation.clone().into(),
        path: logged.path.clone(),
        target: logged.target.clone().or(made),
        user_id: logged.user_id.clone().filter(|_| person),
        user_name: logged.user_name.clone(),
        ip: ctx.ip.clone(),
        user_agent: ctx.user_agent.clone(),
        replay_of: Some(logged.id.clone()),
        actor: Some(ctx.actor.label()),
        body: logged.body.clone(),
        answer: answer.map_or(Kept::nothing(), |text| redaction::kept(text.as_bytes(), done.body.as_ref(), limit)),
        notes: notes.to_vec(),
        ..entry
    }
}

/// What is different. Lists are compared as a whole; what every change touches is passed over.
fn compare(path: &str, before: Option<&Json>, after: Option<&Json>, found: &mut Vec<Difference>) {
    if before == after || path == "meta" {
        return;
    }
    let empty = serde_json::Map::new();
    let object = |value: Option<&Json>| match value {
        Some(Json::Object(map)) => Some(map.clone()),
        None if path.is_empty() => Some(empty.clone()),
        _ => None,
    };
    if let (Some(old), Some(new)) = (object(before), object(after)) {
        let added = new.keys().filter(|key| !old.contains_key(*key));
        for key in old.keys().chain(added) {
            let deeper = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&deeper, old.get(key), new.get(key), found);
        }
        return;
    }
    found.push(Difference { path: path.to_owned(), before: before.cloned(), after: after.cloned() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_place() {
        let before = json!({"a": 1, "name": {"x": "y", "z": 1}, "emails": [1], "meta": {"version": 1}, "gone": true});
        let after = json!({"a": 1, "name": {"x": "w", "z": 1}, "emails": [1, 2], "meta": {"version": 2}, "new": null});
        let mut found = Vec::new();
        compare("", Some(&before), Some(&after), &mut found);
        let told: Vec<(&str, Option<Json>, Option<Json>)> =
            found.iter().map(|d| (d.path.as_str(), d.before.clone(), d.after.clone())).collect();
        assert_eq!(
            told,
            [
                ("name.x", Some(json!("y")), Some(json!("w"))),
                ("emails", Some(json!([1])), Some(json!([1, 2]))),
                ("gone", Some(json!(true)), None),
                ("new", None, Some(Json::Null)),
            ]
        );
        found.clear();
        compare("", None, Some(&json!({"id": "x"})), &mut found);
        assert_eq!((found.len(), found[0].path.as_str()), (1, "id"));
    }
}
