//! Endpoints and deliveries as JSON.

use api_kit::Settings;
use auth_core::clock::Timestamp;
use auth_core::features::webhooks::{Change, Delivery, Endpoint, Issued, Kinds, New, Reason, Since};
use auth_core::ids::OrgId;
use auth_core::outbox::EventKind;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::body::{Fields, Place};
use crate::events::names;

/// Longest address, in characters.
const URL: usize = 2048;
/// Most event types in a filter, and the longest name of one.
const TYPES: usize = 100;
const TYPE: usize = 100;

/// An address to which events are sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint, example = json!({
    "id": "whe_01h455vb4pex5vsknk084sn02q", "object": "webhook_endpoint", "organization_id": null,
    "url": "https://app.example/webhooks/portico", "signing_secret_prefix": "whsec_MfKQ",
    "enabled_event_types": ["scimUser.provisioned", "scimUser.deprovisioned"], "enabled": true, "disabled_at": null,
    "disabled_reason": null, "failing_since": null, "rotation_window_expires_at": null,
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct EndpointOut {
    id: String,
    /// Always `webhook_endpoint`.
    object: &'static str,
    /// Whose events it gets; null: those of the whole instance.
    organization_id: Option<String>,
    url: String,
    /// What verifies its messages, only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    signing_secret: Option<String>,
    /// The part of the secret that may be shown.
    signing_secret_prefix: String,
    /// Which events it gets; none: all of them.
    enabled_event_types: Vec<&'static str>,
    /// Whether anything is sent to it.
    enabled: bool,
    /// Since when not.
    disabled_at: Option<i64>,
    /// Why not: `by_hand`, `failing` (it accepted nothing for three days) or `gone` (it answered 410).
    disabled_reason: Option<&'static str>,
    /// Since when it has accepted nothing, if the last attempt failed.
    failing_since: Option<i64>,
    /// Until when the replaced secret signs too.
    rotation_window_expires_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl From<Endpoint> for EndpointOut {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id.into(),
            object: "webhook_endpoint",
            organization_id: endpoint.organization_id.map(String::from),
            url: endpoint.url,
            signing_secret: None,
            signing_secret_prefix: endpoint.secret_prefix,
            enabled_event_types: endpoint.kinds.list().iter().copied().map(names::name).collect(),
            enabled: endpoint.enabled,
            disabled_at: endpoint.disabled_at.map(Timestamp::millis),
            disabled_reason: endpoint.disabled_reason.map(Reason::as_str),
            failing_since: endpoint.failing_since.map(Timestamp::millis),
            rotation_window_expires_at: endpoint.rotation_window_expires_at.map(Timestamp::millis),
            created_at: endpoint.created_at.millis(),
            updated_at: endpoint.updated_at.millis(),
        }
    }
}

impl From<Issued> for EndpointOut {
    fn from(issued: Issued) -> Self {
        let signing_secret = Some(issued.secret.expose().to_owned());
        Self { signing_secret, ..issued.endpoint.into() }
    }
}

/// An endpoint to be made.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointCreate, example = json!({
    "url": "https://app.example/webhooks/portico", "enabled_event_types": ["scimUser.provisioned", "scimUser.deprovisioned"]
}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct CreateEndpoint {
    /// Where messages are posted. It must be https and public, unless the operator allows otherwise.
    #[schema(max_length = 2048, pattern = r"^https?://")]
    url: String,
    /// Which events it gets; none, or left out: all of them.
    #[schema(max_items = 100)]
    enabled_event_types: Option<Vec<String>>,
    /// Whether anything is sent to it. Left out: yes.
    enabled: Option<bool>,
    /// Whose events it gets. Left out: those of the whole instance, for the platform only.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    organization_id: Option<String>,
}

impl CreateEndpoint {
    pub fn read(fields: &mut Fields, settings: &Settings) -> (Option<OrgId>, New) {
        let url = fields.text("url", URL);
        let new = New {
            url: if url.is_empty() { url } else { checked(fields, url, settings) },
            kinds: kinds(fields).unwrap_or(Kinds::All),
            enabled: fields.optional_bool("enabled").unwrap_or(true),
        };
        (fields.optional_id("organization_id"), new)
    }
}

/// What is to change.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointUpdate, example = json!({"enabled": true}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct UpdateEndpoint {
    /// Where messages are posted.
    #[schema(max_length = 2048, pattern = r"^https?://", nullable = false)]
    url: Option<String>,
    /// Which events it gets; none: all of them.
    #[schema(max_items = 100)]
    enabled_event_types: Option<Vec<String>>,
    /// Whether anything is sent to it. Switched on again, it goes on where it stopped.
    enabled: Option<bool>,
}

impl UpdateEndpoint {
    pub fn read(fields: &mut Fields, settings: &Settings) -> Change {
        Change {
            url: fields.present_text("url", URL).map(|url| checked(fields, url, settings)),
            kinds: kinds(fields),
            enabled: fields.optional_bool("enabled"),
        }
    }
}

/// The address as it is called. A name is looked up when something is sent.
fn checked(fields: &mut Fields, url: String, settings: &Settings) -> String {
    match settings.reach.read(&url) {
        Ok(read) => read.into(),
        Err(refused) => {
            let mut words = refused.to_string();
            words[..1].make_ascii_uppercase();
            fields.fault("url", refused.code(), words);
            url
        }
    }
}

fn kinds(fields: &mut Fields) -> Option<Kinds> {
    let types = fields.optional_texts("enabled_event_types", TYPES, TYPE)?;
    let mut kinds: Vec<EventKind> = Vec::new();
    for (place, name) in types.iter().enumerate() {
        match names::kind(name).filter(|kind| *kind != EventKind::WebhookTest) {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => fields.fault(
                &format!("enabled_event_types[{place}]"),
                "unknown_value",
                "There are no events of this type",
            ),
        }
    }
    Some(Kinds::of(kinds))
}

/// From when on.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookReplay, example = json!({"since": "2026-01-01T00:00:00Z"}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct Replay {
    /// A sequence of the stream (a number), or an instant (a text, RFC 3339). What happened then is sent again too.
    #[schema(value_type = Object, schema_with = since)]
    since: String,
}

fn since() -> utoipa::openapi::schema::Schema {
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)))
        .item(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        )
        .into()
}

impl Replay {
    pub fn read(fields: &mut Fields) -> Since {
        match fields.place("since") {
            Place::Number(sequence) => Since::Sequence(sequence),
            Place::Instant(instant) => Since::Time(instant),
        }
    }
}

/// What a replay comes to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplayed, example = json!({
    "object": "webhook_replay", "endpoint_id": "whe_01h455vb4pex5vsknk084sn02q", "events": 42, "next": null
}))]
pub struct ReplayedOut {
    /// Always `webhook_replay`.
    pub object: &'static str,
    pub endpoint_id: String,
    /// How many events are sent once more.
    #[schema(minimum = 0)]
    pub events: i64,
    /// What to give as `since` to send the next ones; null if there are no more.
    pub next: Option<i64>,
}

/// An event that was made to try an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest, example = json!({
    "object": "webhook_test", "endpoint_id": "whe_01h455vb4pex5vsknk084sn02q", "event_id": "evt_01h455vb4pex5vsknk084sn02q"
}))]
pub struct TestOut {
    /// Always `webhook_test`.
    pub object: &'static str,
    pub endpoint_id: String,
    /// The event, of type `webhook.test`. How it goes is in the deliveries of this event.
    pub event_id: String,
}

/// How long the replaced secret signs too.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookRotate, example = json!({"overlap_seconds": 86400}))]
#[expect(dead_code, reason = "documentation: the fields are read by name")]
pub struct Rotate {
    /// In seconds; left out: a day. 0: not at all.
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<i64>,
}

/// One event for one endpoint, and how it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery, example = json!({
    "id": "whd_01h455vb4pex5vsknk084sn02q", "object": "webhook_delivery", "endpoint_id": "whe_01h455vb4pex5vsknk084sn02q",
    "event_id": "evt_01h455vb4pex5vsknk084sn02q", "event_type": "scimUser.provisioned", "event_sequence": 42,
    "subject": "scimu_01h455vb4pex5vsknk084sn02q", "state": "failed", "succeeded": false, "attempt": 2,
    "next_retry_at": 1_714_723_060_000_i64, "response_status": 503, "response_body": "later", "error": "answered 503",
    "duration_ms": 87, "attempted_at": 1_714_723_000_000_i64, "created_at": 1_714_722_990_000_i64
}))]
pub struct DeliveryOut {
    id: String,
    /// Always `webhook_delivery`.
    object: &'static str,
    endpoint_id: String,
    event_id: String,
    event_type: &'static str,
    /// The event's place in the stream.
    event_sequence: i64,
    /// The id of what the event is about. Its events are delivered in order.
    subject: String,
    /// `pending`: not tried yet; `succeeded`; `failed`: tried, and to be tried again; `dead`: not tried any more.
    state: &'static str,
    succeeded: bool,
    /// How often it was tried.
    attempt: i64,
    /// When it is tried next; null if it is not.
    next_retry_at: Option<i64>,
    /// The status of the last answer, if one came.
    response_status: Option<i64>,
    /// The first 4096 bytes of the last answer, if one came.
    response_body: Option<String>,
    /// Why the last attempt failed, if it did.
    error: Option<String>,
    /// How long the last attempt took.
    duration_ms: Option<i64>,
    attempted_at: Option<i64>,
    created_at: i64,
}

impl From<Delivery> for DeliveryOut {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id.into(),
            object: "webhook_delivery",
            endpoint_id: delivery.endpoint_id.into(),
            event_id: delivery.event_id,
            event_type: delivery.event_kind.map_or("unknown", names::name),
            event_sequence: delivery.event_sequence,
            subject: delivery.subject,
            state: delivery.state.as_str(),
            succeeded: delivery.state == auth_core::features::webhooks::State::Succeeded,
            attempt: delivery.attempt,
            next_retry_at: delivery.next_retry_at.map(Timestamp::millis),
            response_status: delivery.response_status,
            response_body: delivery.response_body,
            error: delivery.error,
            duration_ms: delivery.duration,
            attempted_at: delivery.attempted_at.map(Timestamp::millis),
            created_at: delivery.created_at.millis(),
        }
    }
}

/// Of an endpoint.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documentation: handlers read parameters by name")]
pub struct EndpointPath {
    /// The id of the endpoint.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "whe_01h455vb4pex5vsknk084sn02q")]
    endpoint_id: String,
}

/// Of a delivery.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documentation: handlers read parameters by name")]
pub struct DeliveryPath {
    /// The id of the delivery.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "whd_01h455vb4pex5vsknk084sn02q")]
    delivery_id: String,
}
