//! The request log: each SCIM request with what was sent, what was answered and what was decided, so that who manages
//! a directory sees what its identity provider does, and can try a request again.
//!
//! * `entry`: a request on its way in ([`Entry`]) and as it is read ([`Logged`]);
//! * `queue`: how it gets there ([`RequestLog`]); `waiting`: what is on its way;
//! * `segments`: many in one row; `packing`: how they lie in it; `summary`: what is known of it from outside;
//!   `filter`: which of them are wanted;
//! * `redaction`: what never does: secrets. `masking`: what only some see: people;
//! * `reading`: lists, single requests, rates; `activity`: how many there were when; `paths`: which attributes are sent; `replaying`: once more, for real or as a dry run;
//! * `people`: to whom else something happened by a request, for their timelines;
//! * `retention`: how it is forgotten; `forgetting`: how somebody in it is, who was erased;
//!   `traces`: by what they are found.

mod activity;
mod entry;
mod filter;
mod forgetting;
mod masking;
mod packing;
mod paths;
mod people;
mod queue;
mod reading;
mod redaction;
mod replaying;
mod retention;
mod salvage;
mod segments;
mod summary;
mod traces;
mod waiting;

pub use activity::{Activity, Busy, Span, activity};
use entry::WRITES;
pub use entry::{Entry, Kept, Logged, answer_limit, beginning, is_write};
pub(super) use filter::{Filter, Person};
pub(super) use forgetting::forget_later;
pub use forgetting::forget_step;
pub use masking::mask;
pub use paths::{SeenPath, paths};
pub(super) use people::packed;
pub use queue::RequestLog;
pub use reading::{LISTED, Sight, Status, Wanted, get, list, rates, sight};
pub(super) use reading::{hide, refuse_far, some};
pub(in crate::features::directory) use redaction::left_out;
pub use redaction::{LEFT_OUT, holds_credential, is_id, is_suspect, kept, kept_without, mentions};
pub use replaying::{Difference, Done, Replay, Replayed, Replayer};
pub use retention::sweep;
pub(super) use segments::{Walk, Within, total};
pub(super) use traces::Traces;

crate::faults! {
    /// What can go wrong with recorded requests.
    pub enum RequestLogFault {
        /// No such request, or none of this directory.
        NotFound => NotFound, "request_not_found", "Request not found";
        /// Farther than a list is counted through: cursors go on from where one is.
        TooFar => Invalid, "offset_too_large", "Use a cursor, or a narrower time, to reach what is farther than 10,000 requests away", field "offset";
        /// It was not kept in a form in which it could be made again.
        NotReplayable(&'static str) => Conflict, "not_replayable", "The request cannot be replayed: {0}";
    }
}
