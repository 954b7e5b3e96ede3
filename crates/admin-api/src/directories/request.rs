//! A recorded request on the wire, and what a replay came to.

use auth_core::features::directory::request_log::{Difference, Kept, Logged, Replayed};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::events::names;

/// A resource that a request is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRequestTarget)]
pub struct Target {
    /// `User` or `Group`.
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

/// The person whom a request is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRequestPerson)]
pub struct Person {
    directory_user_id: Option<String>,
    user_id: Option<String>,
    /// In lower case.
    user_name: Option<String>,
}

/// A SCIM request of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRequest, example = json!({
    "id": "scimr_01h455vb4pex5vsknk084sn02q", "object": "directory_request", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "credential_id": "scimt_01h455vb4pex5vsknk084sn02q", "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S", "method": "POST",
    "path": "/scim/v2/Users", "operation": "user.create", "target": {"type": "User", "id": "scimu_01h455vb4pex5vsknk084sn02q"},
    "person": {"directory_user_id": "scimu_01h455vb4pex5vsknk084sn02q", "user_id": "user_01h455vb4pex5vsknk084sn02q", "user_name": "ann@acme.example"},
    "status": 201, "duration_ms": 3.2, "body": {"userName": "ann@acme.example"}, "body_bytes": 31, "body_truncated": false,
    "answer": null, "answer_bytes": 512, "answer_truncated": false,
    "notes": [{"code": "linked.created", "message": "Nobody has the address: a new account was made", "details": null}],
    "ip": "198.51.100.7", "user_agent": "Okta SCIM Client 1.0.0", "replay_of": null, "replayed_by": null, "replayable": true,
    "not_replayable_reason": null, "masked": false, "created_at": 1_714_723_000_000_i64
}))]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct RequestOut {
    id: String,
    /// Always `directory_request`.
    object: &'static str,
    directory_id: String,
    /// What it authenticated with.
    credential_id: String,
    /// The id that its answer showed.
    request_id: String,
    method: String,
    /// Path and query.
    path: String,
    /// What it does.
    operation: String,
    target: Option<Target>,
    person: Option<Person>,
    status: u16,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    /// What was sent, without secrets: JSON, or text if it is none. Null in lists.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
    /// How many bytes it had; null if it was not read.
    body_bytes: Option<u64>,
    /// Whether only a part of it was kept, or nothing.
    body_truncated: bool,
    /// What was answered, likewise. Null in lists.
    #[schema(value_type = Option<Object>)]
    answer: Option<Value>,
    /// How many bytes it had; null if it was sent piece by piece.
    answer_bytes: Option<u64>,
    answer_truncated: bool,
    /// What was decided on the way: `code`, `message`, `details`.
    #[schema(value_type = Vec<Object>)]
    notes: Value,
    ip: Option<String>,
    user_agent: Option<String>,
    /// Of which recorded request it is the repetition.
    replay_of: Option<String>,
    /// Who had it repeated: `user:…`, `key:…`.
    replayed_by: Option<String>,
    replayable: bool,
    /// Why it is not, for people.
    not_replayable_reason: Option<&'static str>,
    /// Whether personal data is hidden from the caller.
    masked: bool,
    created_at: i64,
}

impl RequestOut {
    /// `texts`: with body and answer.
    pub fn new(logged: Logged, texts: bool) -> Self {
        let obstacle = logged.obstacle();
        let is_user = logged.operation.starts_with("user.");
        let person = Person {
            directory_user_id: logged.target.clone().filter(|_| is_user),
            user_id: logged.user_id.map(String::from),
            user_name: logged.user_name,
        };
        let anybody = person.directory_user_id.is_some() || person.user_name.is_some();
        let kind = if is_user { "User" } else { "Group" };
        #[expect(clippy::cast_precision_loss, reason = "a request takes no 285 years")]
        let duration_ms = logged.duration as f64 / 1000.0;
        Self {
            id: logged.id.into(),
            object: "directory_request",
            directory_id: logged.directory_id.into(),
            credential_id: logged.credential_id.into(),
            request_id: logged.request_id,
            method: logged.method,
            path: logged.path,
            operation: logged.operation,
            target: logged.target.map(|id| Target { kind, id }),
            person: anybody.then_some(person),
            status: logged.status,
            duration_ms,
            body_bytes: logged.body.length,
            body_truncated: !logged.body.whole,
            body: shown(logged.body, texts),
            answer_bytes: logged.answer.length,
            answer_truncated: !logged.answer.whole,
            answer: shown(logged.answer, texts),
            notes: logged.notes,
            ip: logged.ip,
            user_agent: logged.user_agent,
            replay_of: logged.replay_of.map(String::from),
            replayed_by: logged.actor,
            replayable: obstacle.is_none(),
            not_replayable_reason: obstacle,
            masked: logged.masked,
            created_at: logged.at.millis(),
        }
    }
}

fn shown(kept: Kept, texts: bool) -> Option<Value> {
    let text = kept.text.filter(|text| texts && !text.is_empty())?;
    Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// How a request is made again.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryRequestReplay, example = json!({"dry_run": true}))]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct ReplayRequest {
    /// Whether nothing is to be changed; `true` if it is left out.
    dry_run: Option<bool>,
}

/// A place of a resource that is not what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRequestDifference)]
pub struct DifferenceOut {
    /// The attribute, with dots for what lies deeper.
    path: String,
    /// What it was; null if there was nothing.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What it is; null if there is nothing.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

impl From<Difference> for DifferenceOut {
    fn from(difference: Difference) -> Self {
        Self { path: difference.path, before: difference.before, after: difference.after }
    }
}

/// What a replay came to, or would.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryRequestReplayed, example = json!({
    "object": "directory_request_replay", "dry_run": true, "status": 200, "body": {"id": "scimu_01h455vb4pex5vsknk084sn02q"},
    "notes": [], "events": [{"type": "scimUser.updated", "data": {}}],
    "differences": [{"path": "name.familyName", "before": "Example", "after": "Sample"}]
}))]
pub struct ReplayOut {
    /// Always `directory_request_replay`.
    object: &'static str,
    dry_run: bool,
    /// What was answered, or would be.
    status: u16,
    /// With what.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
    /// What was decided on the way: `code`, `message`, `details`.
    #[schema(value_type = Vec<Object>)]
    notes: Value,
    /// The events that a dry run would record: `type` and the facts in `data`. Those of a replay for real are in the stream.
    #[schema(value_type = Vec<Object>)]
    events: Value,
    /// What is different of the resource; empty if it is not shown before and after.
    differences: Vec<DifferenceOut>,
}

impl ReplayOut {
    /// What it came to.
    pub fn new(replayed: Replayed, dry_run: bool) -> Self {
        let note = |note: auth_core::notes::Note| json!({ "code": note.code, "message": note.message, "details": note.details });
        let event = |(kind, data)| json!({ "type": names::name(kind), "data": data });
        Self {
            object: "directory_request_replay",
            dry_run,
            status: replayed.status,
            body: replayed.body,
            notes: replayed.notes.into_iter().map(note).collect(),
            events: replayed.events.into_iter().map(event).collect(),
            differences: replayed.differences.into_iter().map(DifferenceOut::from).collect(),
        }
    }
}
