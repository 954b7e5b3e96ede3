//! A request as it is recorded, and as it is read.

use serde_json::Value as Json;

use crate::clock::Timestamp;
use crate::features::directory::Directory;
use crate::features::directory::connections::owner_key;
use crate::ids::{CredentialId, DirectoryId, RequestLogId, UserId};
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
    pub method: String,
    /// What it does: `user.create`, `group.patch`, `bulk`, …
    pub operation: &'static str,
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
}

impl Entry {
    /// A request of a directory, of which nothing more is known yet.
    #[must_use]
    pub fn new(directory: &Directory, credential: &CredentialId, request_id: &str, at: Timestamp) -> Self {
        Self {
            directory_id: directory.id.clone(),
            owner_key: owner_key(directory.organization_id.as_ref()).to_owned(),
            credential_id: credential.clone(),
            request_id: request_id.to_owned(),
            at,
            status: 0,
            duration: 0,
            method: String::new(),
            operation: "other",
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
        }
    }
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

/// The operation of that name, if it changes something.
pub(super) fn known(operation: &str) -> &'static str {
    WRITES.iter().find(|name| **name == operation).copied().unwrap_or("other")
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
