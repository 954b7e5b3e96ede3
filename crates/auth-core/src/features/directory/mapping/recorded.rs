//! Recorded requests as something to try a mapping on: whom each of them made, or what it made of somebody. Read from the
//! request log, never made again: nothing can be written.
//!
//! Requests about one person build on each other, as they did when they came. One that changes somebody of whom no
//! earlier one is named starts from what the person is now.

use std::collections::{BTreeSet, HashMap};

use scim_protocol::normalize::{keep_immutable, normalize};
use scim_protocol::patch::{apply, parse};
use scim_protocol::{ResourceType, ScimError};
use serde_json::Value as Json;

use super::compiled::{Compiled, Problem};
use super::evaluation::Warning;
use super::opening;
use super::preview::{MOST, Tried};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::request_log::{self, Logged, RequestLogFault, left_out};
use crate::features::directory::{Attributes, Directory};
use crate::ids::{DirectoryUserId, Id as _, RequestLogId, UserId};

/// A recorded request that says of nobody what they would become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which.
    pub request_id: RequestLogId,
    /// What sort: `not_a_person`, `not_kept`, `refused`, `unreadable`, `person_is_gone`.
    pub code: &'static str,
    /// Why, in a sentence.
    pub message: String,
}

/// What is known of somebody after a request.
#[derive(Clone)]
struct Standing {
    user_id: Option<UserId>,
    attributes: Attributes,
    sent: Option<Vec<Json>>,
    left_out: BTreeSet<String>,
}

/// What recorded requests made of people, oldest first. What cannot be told of a request is noted in `skipped`; ids that
/// are none of this directory's log are told instead of everything.
pub(super) async fn read(
    db: &impl Scope,
    directory: &Directory,
    kind: &ResourceType,
    ids: &[RequestLogId],
    skipped: &mut Vec<Skipped>,
) -> Result<Result<Vec<Tried>, Vec<Problem>>> {
    let wanted: BTreeSet<&RequestLogId> = ids.iter().take(MOST).collect();
    let (mut found, mut problems) = (Vec::with_capacity(wanted.len()), Vec::new());
    for id in wanted {
        match request_log::get(db, directory.organization_id.as_ref(), &directory.id, id).await {
            Ok(logged) => found.push(logged),
            Err(error) if error.is(&RequestLogFault::NotFound) => {
                let message = format!("The log of this directory has no request {id}");
                problems.push(Problem { path: String::new(), code: "request_not_found", message });
            }
            Err(error) => return Err(error),
        }
    }
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let (mut known, mut all) = (HashMap::new(), Vec::with_capacity(found.len()));
    // Ids begin with their time: they came in this order.
    for logged in found {
        match one(db, directory, kind, &logged, &mut known).await? {
            Ok(tried) => all.push(tried),
            Err((code, message)) => skipped.push(Skipped { request_id: logged.id, code, message }),
        }
    }
    Ok(Ok(all))
}

/// What a request made of somebody, or why nobody can tell.
async fn one(
    db: &impl Scope,
    directory: &Directory,
    kind: &ResourceType,
    logged: &Logged,
    known: &mut HashMap<DirectoryUserId, Standing>,
) -> Result<Result<Tried, (&'static str, String)>> {
    let (body, left_out) = match body_of(logged) {
        Ok(body) => body,
        Err(why) => return Ok(Err(why)),
    };
    let target = logged.target.as_deref().and_then(DirectoryUserId::parse);
    let before = match &target {
        Some(id) => match known.get(id) {
            Some(standing) => Some(standing.clone()),
            None => present(db, directory, id).await?,
        },
        None => None,
    };
    let user_id = before.as_ref().and_then(|before| before.user_id.clone());
    let standing = if logged.operation == "user.patch" {
        let Some(before) = before else {
            let message = "The person is not there any more, and no earlier request says who it was".to_owned();
            return Ok(Err(("person_is_gone", message)));
        };
        let id = target.as_ref().map_or("", |id| id.as_str());
        let applied = parse(body)
            .and_then(|operations| apply(kind, &before.attributes, &operations, id))
            .map_err(|error| unreadable(&error));
        match applied {
            Ok(applied) => Standing {
                attributes: applied.resource,
                left_out: before.left_out.into_iter().chain(left_out).collect(),
                ..before
            },
            Err(why) => return Ok(Err(why)),
        }
    } else {
        match normalize(kind, body) {
            Ok(incoming) => {
                let mut attributes = incoming.resource;
                let active = before.as_ref().and_then(|before| before.attributes.get("active").cloned());
                if !attributes.contains_key("active") {
                    attributes.insert("active".to_owned(), active.unwrap_or_else(|| true.into()));
                }
                if let Some(before) = before.as_ref().filter(|_| logged.operation == "user.replace") {
                    keep_immutable(kind, &before.attributes, &mut attributes);
                }
                let groups =
                    incoming.groups.map(|groups| Attributes::from_iter([("groups".to_owned(), groups.into())]));
                let sent = groups.and_then(|groups| opening::sent(&groups)).filter(|sent| !sent.is_empty());
                let sent = sent.or_else(|| before.and_then(|before| before.sent));
                Standing { user_id, attributes, sent, left_out }
            }
            Err(error) => return Ok(Err(unreadable(&error))),
        }
    };
    let tried = Tried {
        id: target.clone(),
        request_id: Some(logged.id.clone()),
        user_id: standing.user_id.clone(),
        attributes: standing.attributes.clone(),
        sent: standing.sent.clone(),
        left_out: standing.left_out.clone(),
    };
    if let Some(id) = target {
        known.insert(id, standing);
    }
    Ok(Ok(tried))
}

fn unreadable(error: &ScimError) -> (&'static str, String) {
    ("unreadable", format!("Its body says of nobody what they are: {}", error.detail))
}

/// The body of a request about a person, without what the log left out, and the names of that.
fn body_of(logged: &Logged) -> Result<(Json, BTreeSet<String>), (&'static str, String)> {
    if !matches!(logged.operation.as_str(), "user.create" | "user.replace" | "user.patch") {
        return Err(("not_a_person", "Only requests that make or change one person are tried".to_owned()));
    }
    if matches!(logged.status, 401 | 403) {
        return Err(("refused", "Its credential was refused".to_owned()));
    }
    let not_kept = |message: &str| ("not_kept", message.to_owned());
    if !logged.body.whole {
        return Err(not_kept("Its body was not kept as a whole"));
    }
    let text = logged.body.text.as_deref().unwrap_or_default();
    let mut body = serde_json::from_str(text).map_err(|_| not_kept("Its body is not JSON"))?;
    let names = left_out(&mut body);
    Ok((body, names))
}

/// What a person is now, if they are there.
async fn present(db: &impl Scope, directory: &Directory, id: &DirectoryUserId) -> Result<Option<Standing>> {
    let sql = "SELECT resource, user_id FROM directory_users WHERE directory_id = $1 AND id = $2";
    let Some(row) = db::one(db, sql, [directory.id.as_str().into(), id.as_str().into()]).await? else {
        return Ok(None);
    };
    let resource: String = row.get(0)?;
    Ok(Some(Standing {
        user_id: row.get(1)?,
        attributes: serde_json::from_str(&resource)?,
        sent: None,
        left_out: BTreeSet::new(),
    }))
}

/// Warnings about what a mapping reads and the log left out.
pub(super) fn unread(draft: &Compiled, left_out: &BTreeSet<String>) -> Vec<Warning> {
    let named = |path: &str| {
        let path = path.to_ascii_lowercase();
        path.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '$'))
            .any(|segment| left_out.contains(segment))
    };
    let warn = |entry: &super::compiled::Entry| Warning {
        path: entry.path.clone(),
        target: entry.target.text(),
        message: "The request log left its value out, because it may be a secret: as if nothing had been sent"
            .to_owned(),
    };
    draft.entries.iter().filter(|entry| named(&entry.path)).map(warn).collect()
}
