//! A request as it is recorded, and as it is read.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use crate::clock::Timestamp;
use crate::features::directory::Directory;
use crate::features::directory::connections::owner_key;
use crate::features::directory::query::key;
use crate::ids::{CredentialId, DirectoryId, Id as _, RANDOM, RequestLogId, UserId};
use crate::notes::Note;

/// A text that was sent or answered, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The text without secrets, or its beginning; `None` if there was none, or none that may be kept.
    pub text: Option<String>,
    /// How many bytes it had; `None` if nobody knows, because it was still being sent.
    pub length: Option<u64>,
    /// Whether nothing but secrets is missing.
    pub whole: bool,
}

impl Kept {
    /// There was nothing.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { text: None, length: Some(0), whole: true }
    }

    /// There was something, of which nothing is kept.
    #[must_use]
    pub const fn unkept(length: Option<u64>) -> Self {
        Self { text: None, length, whole: false }
    }

    /// How many bytes of it are kept.
    pub(super) fn size(&self) -> usize {
        self.text.as_ref().map_or(0, String::len)
    }
}

/// A request on its way into the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose.
    pub directory_id: DirectoryId,
    /// Whose the directory is, as rows name it.
    pub(super) owner_key: String,
    /// By which credential.
    pub credential_id: CredentialId,
    /// The id that the answer showed.
    pub request_id: String,
    /// When it came.
    pub at: Timestamp,
    /// What was answered.
    pub status: u16,
    /// How long it took, in microseconds.
    pub duration: u64,
    /// `GET`, `POST`, …
    pub method: Cow<'static, str>,
    /// What it does: `user.create`, `group.patch`, `bulk`, …
    pub operation: Cow<'static, str>,
    /// Path and query, without secrets.
    pub path: String,
    /// The resource that it is about, if it is one.
    pub target: Option<String>,
    /// The person of that resource, if there is one.
    pub user_id: Option<UserId>,
    /// The `userName` of that resource, or that was sent or looked for.
    pub user_name: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// Of which recorded request it is the repetition.
    pub replay_of: Option<RequestLogId>,
    /// Who had it repeated, as [`Actor::label`](crate::Actor::label) says it.
    pub actor: Option<String>,
    /// What was sent.
    pub body: Kept,
    /// What was answered.
    pub answer: Kept,
    /// What was decided on the way.
    pub notes: Vec<Note>,
    /// People's resources that something happened to by it, although it is about something else: no more than
    /// [`Notes`](crate::notes::Notes) keeps.
    pub people: Vec<String>,
}

impl Entry {
    /// How many bytes of it are kept, but for what every request has.
    pub(super) fn size(&self) -> usize {
        self.body.size() + self.answer.size()
    }

    /// A request of a directory, of which nothing more is known yet.
    #[must_use]
    pub fn new(directory: &Directory, credential: &CredentialId, request_id: &str, at: Timestamp) -> Self {
        let owner = owner_key(directory.organization_id.as_ref());
        Self::begun(directory.id.clone(), owner, credential.clone(), request_id, at)
    }

    /// The same by the directory's id, and whose it is.
    pub(super) fn begun(
        directory_id: DirectoryId,
        owner_key: &str,
        credential_id: CredentialId,
        request_id: &str,
        at: Timestamp,
    ) -> Self {
        Self {
            directory_id,
            owner_key: owner_key.to_owned(),
            credential_id,
            request_id: request_id.to_owned(),
            at,
            status: 0,
            duration: 0,
            method: Cow::Borrowed(""),
            operation: Cow::Borrowed("other"),
            path: String::new(),
            target: None,
            user_id: None,
            user_name: None,
            ip: None,
            user_agent: None,
            replay_of: None,
            actor: None,
            body: Kept::nothing(),
            answer: Kept::nothing(),
            notes: Vec::new(),
            people: Vec::new(),
        }
    }
}

/// A request as it is written, with its id.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) id: RequestLogId,
    /// Its `userName`, folded.
    pub(super) user_name: Option<String>,
    /// Its notes, as they are stored; nothing for none.
    pub(super) notes: Option<String>,
    pub(super) entry: Box<Entry>,
}

impl Ready {
    /// A request that comes into the log; its id is made of these random bytes.
    pub(super) fn new(entry: Box<Entry>, random: [u8; RANDOM]) -> Self {
        Self {
            id: RequestLogId::made_of(entry.at, random),
            user_name: entry.user_name.as_deref().and_then(key),
            notes: stored(&entry.notes),
            entry,
        }
    }

    /// A request that is in the log, whole, to be written once more.
    pub(super) fn again(logged: Logged, owner_key: String) -> Self {
        let noted = logged.notes.as_array().is_some_and(|notes| !notes.is_empty());
        let entry = Entry {
            directory_id: logged.directory_id,
            owner_key,
            credential_id: logged.credential_id,
            request_id: logged.request_id,
            at: logged.at,
            status: logged.status,
            duration: logged.duration,
            method: logged.method.into(),
            operation: logged.operation.into(),
            path: logged.path,
            target: logged.target,
            user_id: logged.user_id,
            user_name: None,
            ip: logged.ip,
            user_agent: logged.user_agent,
            replay_of: logged.replay_of,
            actor: logged.actor,
            body: logged.body,
            answer: logged.answer,
            notes: Vec::new(),
            people: Vec::new(),
        };
        Self {
            id: logged.id,
            user_name: logged.user_name,
            notes: noted.then(|| logged.notes.to_string()),
            entry: entry.into(),
        }
    }
}

/// Notes as they are stored; nothing for none.
fn stored(notes: &[Note]) -> Option<String> {
    if notes.is_empty() {
        return None;
    }
    // They are words and JSON, which memory takes.
    let text = serde_json::to_string(notes).ok()?;
    // Their facts may hold what was sent.
    if !super::redaction::is_suspect(text.as_bytes()) {
        return Some(text);
    }
    let mut notes: Json = serde_json::from_str(&text).ok()?;
    super::redaction::redact(&mut notes);
    without_nul(&mut notes);
    Some(notes.to_string())
}

/// Takes out what databases refuse. Not out of the JSON's own text: there a backslash and `u0000`, which somebody sent, look
/// nearly the same.
fn without_nul(value: &mut Json) {
    match value {
        Json::Object(map) => {
            if map.keys().any(|key| key.contains('\0')) {
                *map = std::mem::take(map).into_iter().map(|(key, inner)| (key.replace('\0', ""), inner)).collect();
            }
            map.values_mut().for_each(without_nul);
        }
        Json::Array(elements) => elements.iter_mut().for_each(without_nul),
        Json::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Notes as they were stored. Such as cannot be read make no request unreadable.
pub(super) fn read_notes(stored: Option<&str>) -> Json {
    let Some(text) = stored else { return Json::Array(Vec::new()) };
    serde_json::from_str(text).unwrap_or_else(|_| {
        json!([{ "code": "notes.unreadable", "message": "What was decided on the way cannot be read", "details": null }])
    })
}

/// A request as the log shows it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its id.
    pub id: RequestLogId,
    /// Whose.
    pub directory_id: DirectoryId,
    /// By which credential.
    pub credential_id: CredentialId,
    /// The id that the answer showed.
    pub request_id: String,
    /// When it came.
    pub at: Timestamp,
    /// What was answered.
    pub status: u16,
    /// How long it took, in microseconds.
    pub duration: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// What it does.
    pub operation: String,
    /// Path and query.
    pub path: String,
    /// The resource that it is about.
    pub target: Option<String>,
    /// The person of that resource.
    pub user_id: Option<UserId>,
    /// The `userName` of that resource, folded.
    pub user_name: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// Of which recorded request it is the repetition.
    pub replay_of: Option<RequestLogId>,
    /// Who had it repeated.
    pub actor: Option<String>,
    /// What was sent. In a list without its text.
    pub body: Kept,
    /// What was answered. In a list without its text.
    pub answer: Kept,
    /// What was decided on the way: a list of `code`, `message`, `details`.
    pub notes: Json,
    /// Whether personal data is hidden.
    pub masked: bool,
}

/// Operations that change something.
pub(super) const WRITES: &[&str] = &[
    "user.create",
    "user.replace",
    "user.patch",
    "user.delete",
    "group.create",
    "group.replace",
    "group.patch",
    "group.delete",
    "bulk",
];

/// The operation that reads one person. Identity providers look at everybody in turn: whom it was is found by the
/// resource alone, so that the name needs no place in an index.
pub(super) const READS_OF_ONE: &str = "user.get";

/// How many bytes are kept, if it is `limit` of what a change answers, of an answer that says nothing new: all of most single
/// resources, and the beginning of a list.
#[must_use]
pub fn beginning(limit: usize) -> usize {
    limit.min(2048)
}

/// How many bytes of an answer are kept, if it is `limit` of what a change answers: of a read the beginning, and of a change of
/// a group, which answers all the members that it has besides.
#[must_use]
pub fn answer_limit(operation: &str, limit: usize) -> usize {
    if is_write(operation) && !operation.starts_with("group.") { limit } else { beginning(limit) }
}

/// Whether an operation changes something.
#[must_use]
pub fn is_write(operation: &str) -> bool {
    WRITES.contains(&operation)
}

impl Logged {
    /// Why it cannot be replayed, if it cannot.
    #[must_use]
    pub fn obstacle(&self) -> Option<&'static str> {
        if !is_write(&self.operation) {
            return Some("it reads and changes nothing");
        }
        // What its credential may not do is not done in its name by somebody who may.
        if matches!(self.status, 401 | 403) {
            return Some("its credential was refused");
        }
        if !self.body.whole {
            return Some("its body was not kept as a whole");
        }
        let bodiless = self.operation.ends_with(".delete");
        (!bodiless && self.body.length == Some(0)).then_some("it had no body")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::redaction::{KINDS, LEFT_OUT};
    use super::*;
    use crate::clock::SystemChance;
    use crate::secret;

    fn noted(details: Json) -> [Note; 1] {
        [Note { code: "refused.user_name_taken".into(), message: "Somebody has it".to_owned(), details }]
    }

    /// What the log says of a note with these details.
    fn details(sent: Json) -> Json {
        let text = stored(&noted(sent)).expect("a text");
        let read: Json = serde_json::from_str(&text).expect("JSON");
        read[0]["details"].clone()
    }

    #[test]
    fn notes_that_hold_nothing_secret_are_stored_as_they_are() {
        assert_eq!(stored(&[]), None);
        let plain = noted(json!({ "user_name": "ann", "members": [1, 2] }));
        assert_eq!(stored(&plain), serde_json::to_string(&plain).ok());
    }

    #[test]
    fn what_is_secret_in_the_details_of_a_note_is_not_stored() {
        for (sent, kept) in [
            (json!({ "passWord": "S3cret!", "n": 1 }), json!({ "passWord": LEFT_OUT, "n": 1 })),
            (json!({ "path": "password", "value": "S3cret!" }), json!({ "path": "password", "value": LEFT_OUT })),
            (json!({ "filter": "password eq \"S3cret!\"" }), json!({ "filter": LEFT_OUT })),
            (json!({ "sent": [{ "clientSecret": "S3cret!" }] }), json!({ "sent": [{ "clientSecret": LEFT_OUT }] })),
        ] {
            assert_eq!(details(sent.clone()), kept, "{sent}");
        }
        for kind in KINDS {
            let (credential, _) = secret::credential(&SystemChance, kind);
            let sent = json!({ "value": format!("my {} here", credential.expose()), "n": 1 });
            assert_eq!(details(sent), json!({ "value": LEFT_OUT, "n": 1 }), "{kind}");
        }
    }

    #[test]
    fn what_databases_refuse_is_not_in_a_stored_note() {
        let sent = json!({ "value": "a\0b", "a\0": [{ "deep": "\0" }], "n": 1 });
        assert_eq!(details(sent), json!({ "value": "ab", "a": [{ "deep": "" }], "n": 1 }));
        // What only looks like it when it is written as JSON is kept, and does not break it.
        let sent = json!({ "value": "a\\u0000", "other": "b\0" });
        assert_eq!(details(sent), json!({ "value": "a\\u0000", "other": "b" }));
    }
}
