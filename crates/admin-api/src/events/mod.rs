//! `/v1/events`: what happened, in order; and the same as the body of a webhook.
//!
//! The core records neutral kinds and facts; here they get the names of the wire. An event is never
//! changed: what it says about a person is what was true when it happened.

mod data;
pub(crate) mod names;
pub mod stream;

use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::rt::time::timeout;
use actix_web::{HttpResponse, web};
use api_kit::Settings;
use auth_core::ids::OrgId;
use auth_core::outbox::{self, Published, Wanted};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Forbidden, NotFound, TooManyAtOnce, Unauthenticated};
use crate::page::PagingParams;
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/events", [(Method::GET, web::to(list))]))
        .service(resource("/events/stream", [(Method::GET, web::to(stream::stream))]));
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event, example = json!({
    "id": "evt_01h455vb4pex5vsknk084sn02q", "object": "event", "type": "organization.created",
    "data": {"organization": {"id": "org_01h455vb4pex5vsknk084sn02q", "object": "organization", "name": "Acme"},
             "organization_id": "org_01h455vb4pex5vsknk084sn02q"},
    "timestamp": 1_714_723_000_000_i64, "sequence": 42, "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "subject": "org_01h455vb4pex5vsknk084sn02q", "actor": "key:key_01h455vb4pex5vsknk084sn02q", "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S"
}))]
pub struct EventOut {
    id: String,
    /// Always `event`.
    object: &'static str,
    /// What happened: `user.created`, `scimUser.provisioned`, ...
    #[serde(rename = "type")]
    kind: String,
    /// The facts. Of a change: the object as it became, and as it was before in `previous`.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// When, in Unix milliseconds.
    timestamp: i64,
    /// Its place in the stream; ascending, with gaps.
    sequence: i64,
    /// In which organization, if in one.
    organization_id: Option<String>,
    /// The id of what it is about.
    subject: String,
    /// Who did it: `user:…`, `key:…`, `directory:…`, `system`.
    actor: String,
    /// By which request.
    request_id: String,
}

impl From<Published> for EventOut {
    fn from(event: Published) -> Self {
        Self {
            kind: event.kind.map_or("unknown", names::name).to_owned(),
            data: data::of(&event),
            id: event.id,
            object: "event",
            timestamp: event.created_at.millis(),
            sequence: event.sequence,
            organization_id: event.organization_id.map(String::from),
            subject: event.subject,
            actor: event.actor,
            request_id: event.request_id,
        }
    }
}

/// An event as it is sent: `type`, `timestamp` and `data` as Standard Webhooks has them, and where it stands.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    data: Map<String, Value>,
    id: String,
    sequence: i64,
    organization_id: Option<String>,
}

/// The body of the message that tells of an event: what `/v1/events` says of it, with the instant as RFC 3339.
#[must_use]
pub fn webhook_body(event: Published) -> String {
    let timestamp = event.created_at.rfc3339();
    let EventOut { kind, data, id, sequence, organization_id, .. } = event.into();
    let message = Message { kind, timestamp, data, id, sequence, organization_id };
    // Invariant: texts, numbers and JSON values are always written.
    serde_json::to_string(&message).unwrap_or_default()
}

/// Part of the stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events, ascending.
    data: Vec<EventOut>,
    /// How many match in all. Left out where there is a cursor: who reads on does not count everything each time.
    #[schema(minimum = 0, example = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total_count: Option<i64>,
    /// What to give as `after` to read on; null if nothing was read.
    #[schema(example = "42")]
    next_cursor: Option<String>,
}

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Those after this cursor, which is the `next_cursor` of an earlier answer.
    #[param(pattern = "^[0-9]{1,18}$", example = "0")]
    after: Option<String>,
    /// Those of this type.
    #[param(example = "scimUser.deprovisioned")]
    r#type: Option<String>,
    /// Those of this organization. Its own administrators must name it.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "org_01h455vb4pex5vsknk084sn02q")]
    organization_id: Option<String>,
    /// How many seconds to wait if there are none yet.
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<i64>,
}

/// How long an answer waits for events at most, in seconds.
const WAIT: u64 = 30;
/// How many requests of one actor wait at once, in one process.
const WAITERS: usize = 16;
/// How often it is looked for events that another replica announced.
const LOOK: Duration = Duration::from_millis(500);

/// List events
///
/// Ascending. A reader who passes `next_cursor` on as `after` sees every event once, also those of transactions that end
/// late. With `wait` the answer comes as soon as there is an event; at most 16 requests of an actor wait at once (429). Events are kept for at least 90 days. Everything
/// for the platform; the events of one organization for its own administrators.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "listEvents", params(Filter, PagingParams),
    responses(
        (status = 200, description = "Part of the stream", body = EventPage),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooManyAtOnce
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let paging = query.paging();
    let organization_id: Option<OrgId> = query.id("organization_id");
    let after = query.number("after", 0, i64::MAX.unsigned_abs()).and_then(|after| i64::try_from(after).ok());
    let kind = query.text("type");
    let wanted = Wanted {
        after,
        organization_id: organization_id.clone(),
        kind: kind.as_deref().and_then(names::kind),
        limit: paging.limit,
        offset: paging.offset,
    };
    if kind.is_some() && wanted.kind.is_none() {
        query.fault("type", "unknown_value", "There are no events of this type");
    }
    let end = Instant::now() + Duration::from_secs(query.number("wait", 0, WAIT).unwrap_or(0));
    query.finish()?;
    let gate = organization_id.map_or(Gate::Platform, |id| Gate::Organization(id, READ));
    call.read(&gate, async |_| Ok(())).await?;
    // Held until the answer: who asks for one more is told to come back.
    let _waits = if end > Instant::now() {
        let name = format!("events:{}", call.ctx.actor.label());
        let pass = call.shared::<Settings>()?.at_once.enter(&name, WAITERS);
        let detail = "Too many requests of yours wait for events already";
        Some(pass.ok_or_else(|| ApiError::too_many_at_once(detail, 1))?)
    } else {
        None
    };
    call.core.publish_events().await?;
    let page = loop {
        // What is announced after this is not missed while the database is read.
        let announced = call.core.events_announced();
        let last = Instant::now() >= end || call.core.is_ending();
        if let Some(page) = read(&call, &gate, &wanted, last).await? {
            break page;
        }
        let _ = timeout(LOOK.min(end.saturating_duration_since(Instant::now())), announced).await;
    };
    Ok(ok(&page))
}

/// The part of the stream that is wanted; `None` if it is empty and this is not the last look.
async fn read(call: &Call, gate: &Gate, wanted: &Wanted, last: bool) -> Result<Option<EventPage>, ApiError> {
    call.read(gate, async |rx| {
        let events = outbox::list(rx, wanted).await?;
        if events.is_empty() && !last {
            return Ok(None);
        }
        let next_cursor = events.last().map(|event| event.sequence).or(wanted.after).map(|at| at.to_string());
        let data = events.into_iter().map(EventOut::from).collect();
        let total_count = match wanted.after {
            Some(_) => None,
            None => Some(outbox::count(rx, wanted).await?),
        };
        Ok(Some(EventPage { data, total_count, next_cursor }))
    })
    .await
}
