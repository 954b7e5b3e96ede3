//! The request log as far as HTTP goes: what was sent and answered, by whom, and how long it took.
//!
//! [`Caller`](crate::extract::Caller) begins a [`Recording`] once it is known which directory asks; whoever reads the
//! body or finds the resource adds to it; the middleware completes it with the answer. It comes into the log soon after it is
//! answered. Who is not known leaves nothing here; of what is refused at the door although it is known who asks, the first in
//! a second is recorded.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};
use api_kit::bucket::Flow;
use auth_core::Ctx;
use auth_core::features::directory::Directory;
use auth_core::features::directory::request_log::{self, Entry, Kept, RequestLog};
use auth_core::features::directory::users::{DirectoryUser, Link};
use auth_core::ids::{CredentialId, Id as _};
use auth_core::notes::{Note, Notes};
use scim_protocol::ResourceType;
use scim_protocol::schema::{Attribute, Returned};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::extract::Prefix;

/// How many refusals at the door are recorded of a credential, for each reason: who goes on asking for nothing must not
/// make the log work for it.
const REFUSALS: Flow = Flow { rate: 1, burst: 1 };

/// A request that is being recorded. A clone is the same one.
#[derive(Clone)]
pub struct Recording(Rc<Inner>);

struct Inner {
    log: web::Data<RequestLog>,
    limit: usize,
    notes: Notes,
    entry: RefCell<Option<Box<Entry>>>,
    /// Attributes of the directory's own schemas whose values are never kept, in small letters.
    never: RefCell<Vec<String>>,
    /// Whether it was refused before anything of the directory was read, such as which attributes those are.
    at_the_door: bool,
}

impl Recording {
    /// Begins to record, if requests are recorded here.
    pub fn begin(
        req: &HttpRequest,
        directory: &Directory,
        credential: &CredentialId,
        ctx: &mut Ctx,
        at_the_door: bool,
    ) -> Option<Self> {
        let settings = req.app_data::<web::Data<api_kit::Settings>>().filter(|settings| settings.request_log)?;
        let log = req.app_data::<web::Data<RequestLog>>()?.clone();
        let at = log.core().clock().now();
        let mut entry = Entry::new(directory, credential, &ctx.request_id, at);
        entry.ip.clone_from(&ctx.ip);
        entry.user_agent = ctx.user_agent.as_ref().map(|program| {
            if request_log::holds_credential(program) { request_log::LEFT_OUT.to_owned() } else { program.clone() }
        });
        let notes = Notes::default();
        ctx.notes = Some(notes.clone());
        let limit = settings.request_log_body_limit;
        let entry = RefCell::new(Some(entry.into()));
        let this = Self(Rc::new(Inner { log, limit, notes, entry, never: RefCell::default(), at_the_door }));
        req.extensions_mut().insert(this.clone());
        Some(this)
    }

    /// Records that a request is refused although it is known whose credential it has, unless that happened less than a
    /// second ago for the same reason. `why` is the reason's code.
    pub fn refused(
        req: &HttpRequest,
        directory: &Directory,
        credential: &CredentialId,
        ctx: &mut Ctx,
        why: &'static str,
    ) {
        let Some(settings) = req.app_data::<web::Data<api_kit::Settings>>() else { return };
        let Some(log) = req.app_data::<web::Data<RequestLog>>() else { return };
        if directory.is_sandbox() || !settings.request_log {
            return;
        }
        let name = format!("refused:{why}:{}", credential.as_str());
        if !settings.buckets.take(&name, REFUSALS, 1, 1, log.core().clock().now()).given {
            return;
        }
        let Some(this) = Self::begin(req, directory, credential, ctx, true) else { return };
        if !matches!(*req.method(), Method::GET | Method::HEAD | Method::DELETE) {
            this.add(|entry| entry.body = Kept::unkept(None));
        }
        this.0.notes.add(Note {
            code: format!("refused.{why}").into(),
            message: said(why).to_owned(),
            details: Value::Null,
        });
    }

    /// Says which attributes are never returned, and so never kept either.
    pub fn hides(&self, types: [&ResourceType; 2]) {
        let mut names = Vec::new();
        for extension in types.iter().flat_map(|kind| &kind.extensions) {
            never_returned(&extension.schema.attributes, &mut names);
        }
        *self.0.never.borrow_mut() = names;
    }

    /// Adds to it, if it is not complete yet.
    fn add(&self, add: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.0.entry.borrow_mut().as_mut() {
            add(entry);
        }
    }

    /// Notes which user resource it is about, and whom it is linked with. Who has not accepted that is a stranger.
    pub fn about(&self, user: &DirectoryUser) {
        self.add(|entry| {
            entry.target = Some(user.id.to_string());
            entry.user_id = user.user_id.clone().filter(|_| user.link == Link::Linked);
            entry.user_name = user.attributes.get("userName").and_then(Value::as_str).map(str::to_owned);
        });
    }

    /// Notes which resource it is about, of which no more is known.
    pub fn of(&self, id: impl Into<String>) {
        self.add(|entry| entry.target = Some(id.into()));
    }

    /// Notes of whom it speaks.
    pub fn named(&self, user_name: &str) {
        self.add(|entry| entry.user_name = Some(user_name.to_owned()));
    }

    /// Notes the beginning of an answer that is sent piece by piece.
    pub fn begins(&self, text: &str) {
        let limit = request_log::beginning(self.0.limit);
        let head = &text[..text.floor_char_boundary(limit)];
        let kept = request_log::kept(head.as_bytes(), None, limit);
        self.add(|entry| entry.answer = Kept { length: None, whole: false, ..kept });
    }
}

/// Notes the body of a request, if it is recorded; `parsed` if it is JSON.
pub fn body(req: &HttpRequest, bytes: &[u8], parsed: Option<&Value>) {
    let recording = req.extensions().get::<Recording>().cloned();
    if let Some(recording) = recording {
        let kept = request_log::kept_without(bytes, parsed, recording.0.limit, &recording.0.never.borrow());
        recording.add(|entry| entry.body = kept);
    }
}

/// Notes why a request is refused, if it is recorded and nobody has said so yet.
pub fn refusal(req: &HttpRequest, error: &ApiError) {
    if let Some(Recording(inner)) = req.extensions().get::<Recording>() {
        note_refusal(&inner.notes, 0, error, None);
    }
}

/// The same to these notes, of which those after the first `since` are about it; `operation` is which one of a bulk request
/// it is.
pub fn note_refusal(notes: &Notes, since: usize, error: &ApiError, operation: Option<usize>) {
    let Some(code) = error.code().filter(|_| !notes.tell(since, "refused.")) else { return };
    let mut details = json!({ "status": error.status() });
    if let Some(operation) = operation {
        details["operation"] = operation.into();
    }
    notes.add(Note { code: format!("refused.{code}").into(), message: error.detail().to_owned(), details });
}

/// The words for a refusal at the door: more than the answer tells, because only who manages the directory reads them.
fn said(why: &str) -> &'static str {
    match why {
        "token_revoked" => "The credential was revoked",
        "token_expired" => "The credential, or the access token made by it, has expired",
        "directory_paused" => "The directory is paused",
        "import_applying" => "What the directory said in import mode was being applied",
        _ => "The credential has asked more often than it may",
    }
}

/// Notes that a body came of which nothing was read, if the request is recorded.
pub fn unread(req: &HttpRequest) {
    if let Some(recording) = req.extensions().get::<Recording>() {
        recording.add(|entry| entry.body = Kept::unkept(None));
    }
}

/// Middleware, around everything that makes answers.
pub async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let response = next.call(request).await?.map_into_boxed_body();
    let recording = response.request().extensions_mut().remove::<Recording>();
    let Some(Recording(inner)) = recording else { return Ok(response) };
    let Some(mut entry) = inner.entry.borrow_mut().take() else { return Ok(response) };
    let (request, answer) = response.into_parts();
    let (answer, body) = answer.into_parts();
    let prefix = request.app_data::<Prefix>().map_or("", |prefix| prefix.0);
    let rest = request.path().strip_prefix(prefix).unwrap_or_default();
    let (operation, id) = meaning(request.method(), rest);
    entry.operation = operation.into();
    if !operation.starts_with("user.") && !operation.starts_with("group.") {
        (entry.target, entry.user_id, entry.user_name) = (None, None, None);
    } else if entry.target.is_none() {
        entry.target = id.map(str::to_owned);
    }
    entry.target = entry.target.take().filter(|id| request_log::is_id(id));
    let changes = request_log::is_write(operation);
    let body = match (operation, body.size()) {
        // The same for everybody, or noted already.
        ("discovery", BodySize::Sized(length)) => {
            entry.answer = Kept::unkept(Some(length));
            body
        }
        (_, BodySize::Stream) => body,
        _ => match body.try_into_bytes() {
            Ok(bytes) => {
                entry.answer = answered(&bytes, request_log::answer_limit(operation, inner.limit), inner.limit);
                BoxBody::new(bytes)
            }
            Err(body) => body,
        },
    };
    entry.status = answer.status().as_u16();
    entry.duration = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    entry.method = name(request.method());
    entry.path = path(&request, &inner.never.borrow(), inner.at_the_door);
    entry.notes = inner.notes.take();
    // Who only looked did nothing to anybody, and a request about a person is found by that.
    entry.people = inner.notes.take_people();
    if !changes || operation.starts_with("user.") {
        entry.people.clear();
    }
    keep_back(&mut entry);
    if changes {
        inner.log.clone().into_inner().record(entry).await;
    } else {
        inner.log.clone().into_inner().gather(entry);
    }
    Ok(ServiceResponse::new(request, answer.set_body(body)))
}

/// Keeps back what a refusal quotes of a request of which a secret was left out: it says what could not be read.
fn keep_back(entry: &mut Entry) {
    const QUOTING: [&str; 3] = ["refused.invalid_filter", "refused.invalid_path", "refused.invalid_syntax"];
    let left_out = |text: &str| text.contains(request_log::LEFT_OUT);
    let body = &entry.body;
    if !left_out(&entry.path) && !body.text.as_deref().map_or(body.length != Some(0), left_out) {
        return;
    }
    for note in entry.notes.iter_mut().filter(|note| QUOTING.contains(&&*note.code)) {
        request_log::LEFT_OUT.clone_into(&mut note.message);
        entry.answer = Kept::unkept(entry.answer.length);
    }
}

/// An answer as it is kept, with `limit` bytes. Of a longer one nothing beyond them is looked at, unless the secret that they may
/// hold is found in the whole alone, and that is no longer than `whole`.
fn answered(bytes: &[u8], limit: usize, whole: usize) -> Kept {
    if bytes.len() <= limit {
        return request_log::kept(bytes, None, limit);
    }
    let kept = request_log::kept(&bytes[..limit], None, limit);
    if kept.text.is_none() && bytes.len() <= whole {
        return request_log::kept(bytes, None, limit);
    }
    // A part that may hold a secret cannot be taken apart, and is not kept.
    Kept { length: Some(bytes.len() as u64), whole: false, ..kept }
}

/// Path and query; of a query that may hold a secret (`hides`: of any) only that there was one, and nothing of a path that
/// holds one.
fn path(req: &HttpRequest, never: &[String], hides: bool) -> String {
    let hides_in = |plain: &str| request_log::holds_credential(plain) || request_log::is_suspect(plain.as_bytes());
    if api_kit::percent::decode(req.path()).is_none_or(|plain| hides_in(&plain)) {
        return request_log::LEFT_OUT.to_owned();
    }
    let path = req.path();
    let query = req.query_string();
    if query.is_empty() {
        return path.to_owned();
    }
    // Decoded as a whole: names and values are in it one after the other, and each as it is by itself.
    let spaced = if query.contains('+') { query.replace('+', " ").into() } else { Cow::Borrowed(query) };
    let is_plain = |text: &str| {
        !text.contains('\0')
            && !request_log::is_suspect(text.as_bytes())
            && !request_log::mentions(text.as_bytes(), never)
    };
    if !hides && api_kit::percent::decode(&spaced).is_some_and(|text| is_plain(&text)) {
        format!("{path}?{query}")
    } else {
        format!("{path}?{}", request_log::LEFT_OUT)
    }
}

/// The names of attributes that are never returned, those inside of others included.
fn never_returned(attributes: &[Attribute], names: &mut Vec<String>) {
    for attribute in attributes {
        if attribute.returned == Returned::Never {
            names.push(attribute.name.to_ascii_lowercase());
        }
        never_returned(&attribute.sub_attributes, names);
    }
}

/// The name of a method.
fn name(method: &Method) -> Cow<'static, str> {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let known = known.iter().zip(names).find(|(one, _)| *one == method);
    known.map_or_else(|| method.as_str().to_owned().into(), |(_, name)| name.into())
}

/// What a request does, and to which resource; `rest` is the path below the base.
fn meaning<'p>(method: &Method, rest: &'p str) -> (&'static str, Option<&'p str>) {
    let mut parts = rest.trim_start_matches('/').splitn(2, '/');
    let (kind, id) = (parts.next().unwrap_or_default(), parts.next());
    let reads = *method == Method::GET || *method == Method::HEAD;
    let words: [&'static str; 7] = match kind {
        "Users" => ["user.create", "user.list", "user.search", "user.get", "user.replace", "user.patch", "user.delete"],
        "Groups" => {
            ["group.create", "group.list", "group.search", "group.get", "group.replace", "group.patch", "group.delete"]
        }
        "Bulk" => return ("bulk", None),
        ".search" => return ("search", None),
        "Me" => return ("me", None),
        "ServiceProviderConfig" | "ResourceTypes" | "Schemas" => return ("discovery", None),
        _ => return ("other", None),
    };
    let [create, list, search, get, replace, patch, delete] = words;
    match (id, method) {
        (None, &Method::POST) => (create, None),
        (None, _) if reads => (list, None),
        (Some(".search"), &Method::POST) => (search, None),
        (Some(_), _) if reads => (get, id),
        (Some(_), &Method::PUT) => (replace, id),
        (Some(_), &Method::PATCH) => (patch, id),
        (Some(_), &Method::DELETE) => (delete, id),
        _ => ("other", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_called_what_they_do() {
        for (method, path, wanted) in [
            (Method::POST, "/Users", ("user.create", None)),
            (Method::GET, "/Users", ("user.list", None)),
            (Method::HEAD, "/Users/a", ("user.get", Some("a"))),
            (Method::POST, "/Users/.search", ("user.search", None)),
            (Method::PATCH, "/Groups/g", ("group.patch", Some("g"))),
            (Method::DELETE, "/Groups/g", ("group.delete", Some("g"))),
            (Method::PUT, "/Users/a", ("user.replace", Some("a"))),
            (Method::POST, "/Bulk", ("bulk", None)),
            (Method::POST, "/.search", ("search", None)),
            (Method::GET, "/Schemas/urn:x", ("discovery", None)),
            (Method::DELETE, "/Users", ("other", None)),
        ] {
            assert_eq!(meaning(&method, path), wanted, "{method} {path}");
        }
    }
}
