//! Audit: who did what, as a reading of the event stream that nobody can rewrite unseen.
//!
//! Every administrative change records an event in its own transaction, with who, what, before and after, and from
//! where. What is an entry of the audit says [`EventKind::is_audited`](crate::outbox::EventKind::is_audited). Shortly
//! after, the [sealer](seal) chains the entries of each organization, and those of none, by hashes, in a table of its
//! own: writers never wait for one another, nor for it. The head of each chain is signed with the instance's key.
//!
//! * `digest`: what is hashed, and how; `sealer`: chaining; `reading`: the entries, with filters;
//! * `erasure`: forgetting what was told of people who were erased;
//! * `checking`: whether a chain holds, in the database ([`verify`]) and in an export ([`Checker`]).
//!
//! A seal has the digest of an entry and not its facts. So facts may be erased (the entry then keeps their hash), and
//! entries may be forgotten after `[audit] retention_days`, and what is left can still be verified.

mod checking;
mod digest;
mod erasure;
mod reading;
mod retention;
mod sealer;

pub use checking::{Checker, Fault, Report, Wrong, head_claims, verify};
pub use digest::{Record, erased, link};
pub(crate) use erasure::begin as begin_erasure;
pub use erasure::forget_step;
pub use reading::{Entry, Exported, Head, Seal, Wanted, count, export, heads, list};
pub use retention::sweep;
pub use sealer::{Sealed, seal};

use crate::ids::{Id as _, OrgId};

/// What a signature over the head of a chain says that it is, so that nothing else signed can be taken for it.
pub const HEAD: &str = "audit_head";

/// The name of the chain of an organization, and of those entries that belong to none.
fn chain_of(organization: Option<&OrgId>) -> &str {
    organization.map_or("", OrgId::as_str)
}
