//! `/v1/events/stream`: the events as they happen, as server-sent events (WHATWG HTML, 9.2).
//!
//! It is `/v1/events` without end: the same cursor, the same scope, the same order. The next part is read when the reader
//! has taken the last one, so a slow reader costs no memory. Before anything is sent it is asked anew whether the credential
//! is good and may see it. A stream ends by itself after an hour, when the credential does, and when the process is to
//! end; a browser comes back with the last id. The opening and each sign of life carry the id of where the stream is (an
//! event without data is none, but its id counts), so that who was cut off before the first event comes back to there.
//!
//! That a page was left or loaded anew is heard only when something is written. So where a caller has as many as they may, all of
//! them are made to write before another is refused. So it is where all callers together have as many as there may be, only
//! that so many are made to write once a second at most, however many ask for another.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::Bytes;
use api_kit::turnstile::Pass;
use auth_core::ids::{DirectoryId, Id as _, OrgId, UserId};
use auth_core::outbox::{self, EventKind, Published, Wanted};
use serde_json::Value;
use utoipa::IntoParams;

use super::{EventOut, names};
use crate::error::ApiError;
use crate::extract::Call;
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Forbidden, NotFound, TooManyStreams, Unauthenticated};

/// How many streams one caller may have open in this process. A browser opens six connections to a server at most, over HTTP/1.1.
const EACH: usize = 10;
/// How many all callers together may have open.
const ALL: usize = 5_000;
/// How many events are read at once.
const BATCH: u64 = 100;
/// After how long a silent stream says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is looked for events that another replica announced.
const LOOK: Duration = Duration::from_secs(1);
/// How long a stream goes on.
const LONGEST: Duration = Duration::from_hours(1);
/// How long it is waited for streams of the caller that nobody reads any more, each time after all were asked: a connection
/// that was closed says so to who writes, and to a second write at the latest.
const KNOCKS: [Duration; 4] =
    [Duration::from_millis(25), Duration::from_millis(75), Duration::from_millis(200), Duration::from_millis(400)];
/// The same for streams of whichever caller. Each who waits looks every time whether there is room; asked they are once in
/// [`SELDOM`] for all who wait, so twice in this time.
const KNOCKS_AT_ALL: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(300),
    Duration::from_millis(500),
    Duration::from_millis(250),
];
/// How long streams of all callers are left alone after they were asked.
const SELDOM: Duration = Duration::from_secs(1);
/// The name under which the streams of all callers are counted.
const OF_ALL: &str = "streams";
/// After how many milliseconds a reader that was cut off comes back.
const RETRY: u32 = 3000;

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Those of this organization. Its own administrators must name it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// Those that a directory caused, or that are about it or something of it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "dir_01h455vb4pex5vsknk084sn02q")]
    directory_id: Option<String>,
    /// Those of these types, with commas in between.
    #[param(max_length = 320, example = "scimUser.provisioned,scimUser.deprovisioned")]
    types: Option<String>,
    /// Those after this place of the stream; without it and without `Last-Event-ID` those that happen from now on.
    #[param(pattern = "^[0-9]{1,18}$", example = "42")]
    after: Option<String>,
}

/// How a browser comes back.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Resume {
    /// The `id` of the last event that was received. It wins over `after`.
    #[param(rename = "Last-Event-ID", pattern = "^[0-9]{1,18}$")]
    last_event_id: Option<String>,
}

/// Follow events
///
/// The events as they happen, as `text/event-stream`: `id` is the event's `sequence`, `event` its type, `data` the object that
/// `GET /v1/events` shows. The opening carries an `id` alone, the place where the stream begins; so does the sign of life that
/// comes after 15 seconds without events. The stream ends when the credential does, and after an hour; `EventSource` resumes with
/// `Last-Event-ID`. A comment without a word (`:`) asks whether the reader is still there. Each caller may have 10 open: for
/// another one the ten are asked so first, which takes up to 0.7 seconds, and it is answered 429 if all of them are read.
/// Everything for the platform; the events of one organization for its own administrators.
#[utoipa::path(
    get, path = "/v1/events/stream", tag = "Events", operation_id = "streamEvents", params(Filter, Resume),
    responses(
        (status = 200, description = "Events without end", content_type = "text/event-stream", body = String),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooManyStreams
    )
)]
pub async fn stream(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let organization_id: Option<OrgId> = query.id("organization_id");
    let directory_id: Option<DirectoryId> = query.id("directory_id");
    let mut after = query.number("after", 0, i64::MAX.unsigned_abs());
    let mut kinds = Vec::new();
    for word in query.text("types").iter().flat_map(|text| text.split(',')).map(str::trim) {
        match names::kind(word) {
            Some(kind) => kinds.push(kind),
            None => query.fault("types", "unknown_value", "There are no events of this type"),
        }
    }
    if let Some(last) = call.header("last-event-id") {
        let last = std::str::from_utf8(last).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        match last.and_then(|text| text.parse::<u64>().ok()).filter(|last| i64::try_from(*last).is_ok()) {
            Some(last) => after = Some(last),
            None => query.fault("Last-Event-ID", "not_a_number", "Must be the id of an event of this stream"),
        }
    }
    query.finish()?;
    let gate = organization_id.clone().map_or(Gate::Platform, |id| Gate::Organization(id, READ));
    call.read(&gate, async |_| Ok(())).await?;
    let passes = enter(&call).await?;
    call.core.publish_events().await?;
    let after = match after.and_then(|after| i64::try_from(after).ok()) {
        Some(after) => after,
        None => call.core.read(&call.ctx, async |rx| outbox::last(rx).await).await?,
    };
    let now = Instant::now();
    let walk = Walk {
        call,
        gate,
        wanted: Wanted { after: Some(after), organization_id, kind: None, limit: BATCH, offset: 0 },
        directory_id,
        kinds,
        opened: false,
        spoken: now,
        end: now + LONGEST,
        passes,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header(("cache-control", "no-store, no-transform"))
        // Neither our own compression nor a proxy is to wait for more.
        .insert_header(("content-encoding", "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .body(Stream { step: Some(Stream::step(Box::new(walk))) }))
}

/// One more stream of the caller, and of all. Both are given back when the stream ends.
async fn enter(call: &Call) -> Result<[Pass; 2], ApiError> {
    let at_once = &call.settings()?.at_once;
    let actor = &call.ctx.actor;
    // Who acts as somebody takes none of their places.
    let by = actor.impersonator().map_or("", UserId::as_str);
    let name = format!("streams:{}:{by}", actor.label());
    let own = room(&KNOCKS, || at_once.enter(&name, EACH), || at_once.knock(&name)).await;
    let own = own.ok_or_else(|| too_many("Too many streams of this caller are open; close one of them"))?;
    let knock = || {
        at_once.knock_seldom(OF_ALL, SELDOM);
    };
    let all = room(&KNOCKS_AT_ALL, || at_once.enter(OF_ALL, ALL), knock).await;
    let all = all.ok_or_else(|| too_many("Too many streams are open here; come back later"))?;
    Ok([own, all])
}

/// A place, if there is one, or one is left when those who have one are asked whether they are still there.
async fn room(pauses: &[Duration], enter: impl Fn() -> Option<Pass>, knock: impl Fn()) -> Option<Pass> {
    for pause in pauses {
        if let Some(pass) = enter() {
            return Some(pass);
        }
        knock();
        sleep(*pause).await;
    }
    enter()
}

fn too_many(detail: &str) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail)
}

/// How far a stream has come.
struct Walk {
    call: Call,
    gate: Gate,
    wanted: Wanted,
    directory_id: Option<DirectoryId>,
    kinds: Vec<EventKind>,
    opened: bool,
    /// When something was last sent.
    spoken: Instant,
    /// When it ends.
    end: Instant,
    /// The caller's own, and one of all.
    passes: [Pass; 2],
}

impl Walk {
    /// What comes next, when it comes; `None` at the end.
    async fn next(&mut self) -> Result<Option<String>, ApiError> {
        if !std::mem::replace(&mut self.opened, true) {
            let after = self.wanted.after.unwrap_or_default();
            return Ok(Some(format!("retry: {RETRY}\nid: {after}\n\n")));
        }
        loop {
            if self.call.core.is_ending() || Instant::now() >= self.end {
                return Ok(None);
            }
            // What is announced after this is not missed while the database is read.
            let core = self.call.core.clone();
            let announced = core.events_announced();
            let events = core.read(&self.call.ctx, async |rx| outbox::list(rx, &self.wanted).await).await?;
            let more = u64::try_from(events.len()).is_ok_and(|found| found >= BATCH);
            let silent = self.spoken.elapsed() >= HEARTBEAT;
            if (!events.is_empty() || silent) && !self.is_allowed().await? {
                return Ok(None);
            }
            let mut text = String::new();
            for event in events {
                self.wanted.after = Some(event.sequence);
                if self.kinds.is_empty() || event.kind.is_some_and(|kind| self.kinds.contains(&kind)) {
                    self.write(&mut text, event)?;
                }
            }
            if text.is_empty() && silent {
                let _ = write!(text, "id: {}\n: still here\n\n", self.wanted.after.unwrap_or_default());
            }
            if !text.is_empty() {
                self.spoken = Instant::now();
                return Ok(Some(text));
            }
            if more {
                continue;
            }
            let [own, all] = &self.passes;
            let waiting = async {
                let _ = timeout(LOOK, announced).await;
            };
            let mut asked_with_all = false;
            let waiting = async {
                asked_with_all = all.knocked(waiting).await;
            };
            let asked = own.knocked(waiting).await;
            // A comment, which tells nobody anything.
            if asked || asked_with_all {
                return Ok(Some(":\n\n".to_owned()));
            }
        }
    }

    /// Whether the credential is still good, and may still see this. What it may see is of now, not of the beginning.
    async fn is_allowed(&mut self) -> Result<bool, ApiError> {
        if !self.call.renew().await? {
            return Ok(false);
        }
        match self.call.read(&self.gate, async |_| Ok(())).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&self, text: &mut String, event: Published) -> Result<(), ApiError> {
        let caused = self.directory_id.as_ref().is_none_or(|id| {
            event.subject == id.as_str() || event.actor.strip_prefix("directory:") == Some(id.as_str())
        });
        let out = EventOut::from(event);
        let about = |id: &DirectoryId| {
            out.data.values().any(|value| names_directory(value, id)) || is_id(out.data.get("directory_id"), id)
        };
        if !caused && !self.directory_id.as_ref().is_some_and(about) {
            return Ok(());
        }
        let data = serde_json::to_string(&out).map_err(auth_core::Error::from)?;
        // JSON holds no line breaks, so one line of data is enough.
        // Nothing goes wrong when a text is written into a text.
        let _ = write!(text, "id: {}\nevent: {}\ndata: {data}\n\n", out.sequence, out.kind);
        Ok(())
    }
}

fn is_id(value: Option<&Value>, id: &DirectoryId) -> bool {
    value.and_then(Value::as_str) == Some(id.as_str())
}

/// Whether an object of an event says that it belongs to the directory.
fn names_directory(value: &Value, id: &DirectoryId) -> bool {
    is_id(value.get("directory_id"), id)
}

type Step = Pin<Box<dyn Future<Output = (Box<Walk>, Result<Option<String>, ApiError>)>>>;

/// The body of the answer.
struct Stream {
    step: Option<Step>,
}

impl Stream {
    fn step(mut walk: Box<Walk>) -> Step {
        Box::pin(async move {
            let next = walk.next().await;
            (walk, next)
        })
    }
}

impl MessageBody for Stream {
    type Error = ApiError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ApiError>>> {
        let Some(step) = self.step.as_mut() else { return Poll::Ready(None) };
        let (walk, next) = std::task::ready!(step.as_mut().poll(cx));
        self.step = matches!(next, Ok(Some(_))).then(|| Self::step(walk));
        Poll::Ready(next.map(|text| text.map(Bytes::from)).transpose())
    }
}
