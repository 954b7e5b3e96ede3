//! Webhooks: the event stream, sent to addresses that somebody named.
//!
//! An endpoint is a reader of the stream with a place in it ([`fan_out`]): each event that it wants becomes a delivery,
//! and a delivery is tried until it is accepted or dead ([`deliver_due`]). What an event looks like on the wire and how
//! it is sent are given by the caller ([`Courier`]). These rules hold:
//!
//! * An event reaches an endpoint at least once: its id is the same in each attempt, so that receivers can tell.
//! * Of one subject, an endpoint gets a later event only after the earlier was accepted or is dead.
//! * An endpoint is served by one worker at a time, however many replicas there are, and never takes the place of others.
//! * An endpoint that has failed for the whole schedule is switched off, and its owners are told. What was not
//!   accepted waits; an endpoint that is switched on again goes on where it stopped.

mod courier;
mod deliveries;
mod endpoints;
mod fan_out;
mod leasing;
mod schedule;
mod settling;
mod signing;
mod store;
mod sweep;

use serde_json::{Value as Json, json};

use crate::clock::Timestamp;
use crate::faults;
use crate::ids::{DeliveryId, Id as _, OrgId, WebhookId};
use crate::outbox::EventKind;
use crate::secret::Secret;

pub use courier::{Courier, Outcome, Parcel, Sender, Sending, deliver_due};
pub use deliveries::{
    LISTED_DELIVERIES, Replayed, Since, Wanted, delivery, list as list_deliveries, owner_of_delivery, replay,
    replay_since,
};
pub use endpoints::{Change, New, create, delete, get, list, owner_of, rotate, send_test, update};
pub use fan_out::fan_out;
pub use schedule::SCHEDULE;
pub use store::LISTED;
pub use sweep::{WebhookEraser, read_by_all, sweep};

/// What the secrets of endpoints are sealed for.
const PURPOSE: &str = "webhook";
/// How many endpoints one owner may have: each is asked about each event.
pub const MOST_ENDPOINTS: i64 = 50;
/// The longest time for which a replaced secret signs too, in seconds.
pub const LONGEST_OVERLAP: i64 = 7 * 86_400;
/// The time for which it does so if nobody says otherwise, in seconds.
pub const OVERLAP: i64 = 86_400;

faults! {
    /// What can go wrong with webhooks.
    pub enum WebhookFault {
        /// No such endpoint, or none of that owner.
        NotFound => NotFound, "webhook_endpoint_not_found", "Webhook endpoint not found";
        /// No such delivery, or none of that owner.
        DeliveryNotFound => NotFound, "webhook_delivery_not_found", "Webhook delivery not found";
        /// The owner has as many as may be.
        TooMany => Conflict, "webhook_endpoint_limit", "There are as many webhook endpoints as there may be";
        /// Nothing is sent to an endpoint that is switched off.
        Disabled => Conflict, "webhook_endpoint_disabled", "The webhook endpoint is disabled";
        /// A delivery that is still to be tried is not repeated.
        Open => Conflict, "webhook_delivery_open", "The delivery is still being tried";
        /// The event is no longer kept.
        EventGone => Conflict, "event_not_kept", "The event is no longer kept";
    }
}

/// Which events an endpoint wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All of them, those of later versions too.
    All,
    /// These.
    Only(Vec<EventKind>),
}

impl Kinds {
    /// From a list, of which an empty one means all.
    #[must_use]
    pub fn of(kinds: Vec<EventKind>) -> Self {
        if kinds.is_empty() { Self::All } else { Self::Only(kinds) }
    }

    /// The list; an empty one means all.
    #[must_use]
    pub fn list(&self) -> &[EventKind] {
        match self {
            Self::All => &[],
            Self::Only(kinds) => kinds,
        }
    }

    fn want(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => kinds.iter().any(|wanted| wanted.as_str() == kind),
        }
    }

    fn stored(&self) -> Json {
        self.list().iter().map(|kind| kind.as_str()).collect::<Vec<_>>().into()
    }

    /// Kinds that this version does not know are passed over, but do not turn some into all.
    fn from_stored(stored: &Json) -> Self {
        let names = stored.as_array().map_or(&[][..], Vec::as_slice);
        if names.is_empty() {
            return Self::All;
        }
        Self::Only(names.iter().filter_map(|name| EventKind::from_stored(name.as_str()?)).collect())
    }
}

/// Why an endpoint is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody did it.
    ByHand,
    /// It accepted nothing for as long as a delivery is tried.
    Failing,
    /// It answered that it is gone for good.
    Gone,
}

impl Reason {
    /// The stored name, which `/v1` shows too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Failing => "failing",
            Self::Gone => "gone",
        }
    }

    fn from_stored(text: &str) -> Self {
        match text {
            "failing" => Self::Failing,
            "gone" => Self::Gone,
            _ => Self::ByHand,
        }
    }
}

/// An address to which events are sent, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookId,
    /// Whose events it gets; `None`: those of the whole instance.
    pub organization_id: Option<OrgId>,
    /// The address.
    pub url: String,
    /// The part of the secret that may be shown.
    pub secret_prefix: String,
    /// Until when the replaced secret signs too.
    pub rotation_window_expires_at: Option<Timestamp>,
    /// Which events it wants.
    pub kinds: Kinds,
    /// Whether anything is sent to it.
    pub enabled: bool,
    /// Since when not.
    pub disabled_at: Option<Timestamp>,
    /// Why not.
    pub disabled_reason: Option<Reason>,
    /// How many attempts in a row failed.
    pub failures: i64,
    /// Since when it has accepted nothing, if the last attempt failed.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by somebody.
    pub updated_at: Timestamp,
}

impl Endpoint {
    /// What events tell of it.
    fn facts(&self) -> Json {
        json!({
            "id": self.id.as_str(), "url": self.url, "event_kinds": self.kinds.stored(), "enabled": self.enabled,
            "disabled_reason": self.disabled_reason.map(Reason::as_str),
        })
    }
}

/// An endpoint with the one copy of its new secret.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What verifies its messages. It cannot be shown again.
    pub secret: Secret,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not tried yet.
    Pending,
    /// Accepted.
    Succeeded,
    /// Tried, and to be tried again.
    Failed,
    /// Not tried any more.
    Dead,
}

impl State {
    /// All of them, by their stored names, which `/v1` shows too.
    pub const NAMES: [&'static str; 4] = ["pending", "succeeded", "failed", "dead"];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Dead => "dead",
        }
    }

    fn from_stored(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            _ => Self::Dead,
        }
    }
}

/// One event for one endpoint, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which endpoint.
    pub endpoint_id: WebhookId,
    /// Of which event.
    pub event_id: String,
    /// Of which kind. `None` for a kind of a newer version.
    pub event_kind: Option<EventKind>,
    /// The event's place in the stream.
    pub event_sequence: i64,
    /// What the event is about.
    pub subject: String,
    /// How it stands.
    pub state: State,
    /// How often it was tried.
    pub attempt: i64,
    /// When it is tried next, if it is.
    pub next_retry_at: Option<Timestamp>,
    /// The status of the last answer, if one came.
    pub response_status: Option<i64>,
    /// The beginning of the last answer, if one came.
    pub response_body: Option<String>,
    /// Why the last attempt failed, if it did.
    pub error: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub duration: Option<i64>,
    /// When it was tried last.
    pub attempted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The key of an owner, which is never empty.
fn owner_key(owner: Option<&OrgId>) -> &str {
    owner.map_or("instance", |id| id.as_str())
}
