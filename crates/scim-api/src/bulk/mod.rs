//! `POST /Bulk` (RFC 7644 section 3.7): many changes in one request.
//!
//! Each operation is a transaction of its own and is authorized and validated like a single request: it goes through the
//! same `ops` of users and groups. What the operations refer to, and in which order they are done, is `scim-protocol`'s.

mod target;

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use scim_protocol::ScimError;
use scim_protocol::message::bulk::{
    BulkMethod, BulkOperation, BulkOutcome, BulkRequest, RefusedOperation, Step, plan, resolve, resolve_path, response,
    split,
};
use serde_json::Value;

use self::target::Target;
use crate::change::Outcome;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::precondition::{etag, version_of};
use crate::{json, log, methods, openapi};

/// How many operations a request has at most. Announced.
pub const MAX_OPERATIONS: usize = 1000;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(methods("/Bulk", [(Method::POST, web::to(bulk))]));
}

/// Change many resources
///
/// Up to 1,000 operations, each for itself: what one comes to is told in its place of the answer. `bulkId:x` stands for the id
/// of what the POST with the bulkId `x` creates, wherever an id may stand, also before that POST and in a circle. After
/// `failOnErrors` failures the rest is left undone, and left out of the answer.
#[utoipa::path(post, path = "/scim/v2/Bulk", tag = "Messages", operation_id = "scimBulk",
    request_body(content = openapi::BulkRequest, content_type = "application/scim+json"),
    responses(
        (status = 200, description = "What the operations came to", body = openapi::BulkResponse, content_type = "application/scim+json"),
        openapi::BadRequest, openapi::Unauthenticated, openapi::TooLarge, openapi::UnsupportedMedia, openapi::Unavailable,
    )
)]
async fn bulk(caller: Caller, req: HttpRequest, payload: web::Payload) -> Result<HttpResponse, ApiError> {
    let body = json::read(&req, payload).await?;
    Ok(json::ok(&Box::pin(carried_out(&caller, body)).await?))
}

/// Does what a bulk request asks for; what it is answered.
pub async fn carried_out(caller: &Caller, body: Value) -> Result<Value, ApiError> {
    let request = BulkRequest::parse(body, MAX_OPERATIONS)?;
    caller.charge(request.operations.len()).await?;
    if caller.ctx.dry_run {
        // What an operation creates must be there for those that refer to it.
        let rehearsed = caller.core.rehearse(&caller.ctx, async |ctx| answered(&caller.within(ctx), request).await);
        return Ok(Box::pin(rehearsed).await?);
    }
    Ok(Box::pin(answered(caller, request)).await)
}

async fn answered(caller: &Caller, request: BulkRequest) -> Value {
    let mut run = Run::new(caller, request);
    run.go().await;
    response(run.outcomes())
}

/// A bulk request on its way.
struct Run<'a> {
    caller: &'a Caller,
    fail_on_errors: Option<usize>,
    operations: Vec<Result<BulkOperation, RefusedOperation>>,
    /// What became of each; `None` if it was not done.
    done: Vec<Option<BulkOutcome>>,
    /// The ids of what was created, by bulkId.
    created: HashMap<String, String>,
    /// What remains to be changed of what was created without some references.
    remaining: HashMap<usize, Value>,
    errors: usize,
    /// How many notes there were when the last operation was refused: those after it are about the next.
    noted: usize,
}

impl<'a> Run<'a> {
    fn new(caller: &'a Caller, request: BulkRequest) -> Self {
        let BulkRequest { fail_on_errors, operations } = request;
        let done = vec![None; operations.len()];
        let (created, remaining) = (HashMap::new(), HashMap::new());
        Self { caller, fail_on_errors, operations, done, created, remaining, errors: 0, noted: 0 }
    }

    /// Does what is to be done. What was begun is completed even after the request has failed too often.
    async fn go(&mut self) {
        for step in plan(&self.operations) {
            let enough = self.fail_on_errors.is_some_and(|most| self.errors >= most);
            match step {
                Step::Complete(index) => self.complete(index).await,
                _ if enough => {}
                Step::Run(index) => self.run(index, &[]).await,
                Step::Create { operation, without } => self.run(operation, &without).await,
                Step::Refuse(index, error) => self.note(index, None, Err(error.into())),
            }
            // Others of this worker have their turn.
            actix_web::rt::task::yield_now().await;
        }
    }

    /// The answers in the order of the request.
    fn outcomes(self) -> Vec<BulkOutcome> {
        self.done.into_iter().flatten().collect()
    }

    fn lookup(&self) -> impl Fn(&str) -> Option<String> {
        |bulk_id| self.created.get(bulk_id).cloned()
    }

    async fn run(&mut self, index: usize, without: &[String]) {
        let Ok(operation) = &mut self.operations[index] else { return };
        let (method, path, version) = (operation.method, operation.path.clone(), operation.version.clone());
        let data = operation.data.take();
        let resolved = resolve_path(&path, &self.lookup());
        let target = match resolved {
            Ok(path) => Target::of(&path, self.caller),
            Err(error) => return self.note(index, None, Err(error.into())),
        };
        let location = target.location(self.caller);
        let (data, rest) = match data {
            Some(data) if !without.is_empty() => {
                let parts = split(target.kind(self.caller), data, without);
                (Some(parts.data), parts.patch)
            }
            data => (data, None),
        };
        let data = match self.caller.still().await {
            Ok(()) => data,
            Err(error) => return self.note(index, location, Err(error)),
        };
        let done = match self.resolved(data) {
            Ok(data) => {
                Box::pin(target.change(self.caller, method, data, version.as_deref().and_then(version_of))).await
            }
            Err(error) => Err(error.into()),
        };
        if let (Ok(outcome), Some(rest)) = (&done, rest)
            && outcome.status.is_success()
        {
            self.remaining.insert(index, rest);
        }
        self.note(index, location, done);
    }

    fn resolved(&self, data: Option<Value>) -> Result<Option<Value>, ScimError> {
        let Some(mut data) = data else { return Ok(None) };
        resolve(&mut data, &self.lookup())?;
        Ok(Some(data))
    }

    /// Adds the references that were not known when the resource was created. If that fails, the operation did, though
    /// the resource stands: its location is in the answer.
    async fn complete(&mut self, index: usize) {
        let Some(rest) = self.remaining.remove(&index) else { return };
        let Some(location) = self.done[index].as_ref().and_then(|done| done.location.clone()) else { return };
        let target = Target::of(&location, self.caller);
        let done = match self.resolved(Some(rest)) {
            Ok(rest) => Box::pin(target.change(self.caller, BulkMethod::Patch, rest, None)).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(changed) => {
                if let Some(done) = &mut self.done[index] {
                    done.version = changed.tag.as_deref().map(etag);
                }
            }
            Err(error) => self.note(index, Some(location), Err(error)),
        }
    }

    /// Notes what became of an operation; `location` is that of what it was about.
    fn note(&mut self, index: usize, location: Option<String>, outcome: Result<Outcome, ApiError>) {
        let (method, bulk_id) = match &self.operations[index] {
            Ok(operation) => (Some(operation.method.as_str().to_owned()), operation.bulk_id.clone()),
            Err(refused) => (refused.method.clone(), refused.bulk_id.clone()),
        };
        let noted = match outcome {
            Ok(Outcome { status, location, tag, .. }) => {
                if status == actix_web::http::StatusCode::CREATED
                    && let (Some(bulk_id), Some((_, id))) = (&bulk_id, location.rsplit_once('/'))
                {
                    self.created.insert(bulk_id.clone(), id.to_owned());
                }
                let version = tag.as_deref().map(etag);
                BulkOutcome {
                    location: Some(location),
                    method,
                    bulk_id,
                    version,
                    status: status.as_u16(),
                    response: None,
                }
            }
            Err(error) => {
                self.errors += 1;
                let request_id = &self.caller.ctx.request_id;
                error.log(request_id);
                if let Some(notes) = &self.caller.ctx.notes {
                    log::note_refusal(notes, self.noted, &error, Some(index));
                    self.noted = notes.len();
                }
                let response = Some(error.body(Some(request_id)));
                BulkOutcome { location, method, bulk_id, version: None, status: error.status(), response }
            }
        };
        self.done[index] = Some(noted);
    }
}
