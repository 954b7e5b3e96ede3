//! What a person becomes by their attributes: built-in defaults, and for each directory a mapping of its own.
//!
//! * `target`, `source`, `template` (with its `filters`): the parts of an entry `"path": "{{ expression }}.target"`;
//! * `compiled`: a mapping that can be evaluated; `evaluation`: what a person becomes by it;
//! * `opening`: the mapping as one request sees it, with what it gave the person before; `settling`: what it gives
//!   beside the profile, put into its place;
//! * [`saving`]: the versions of a mapping; [`preview`]: a mapping tried before it is saved; `applying`: a mapping
//!   applied to people who are there already.
//!
//! # How the rules were read where they leave room
//!
//! * Several paths may lead to one target: the first one that has something for it gives it. Where none has, the
//!   built-in default stays; there is none for roles and metadata.
//! * An empty result of an expression is nothing.
//! * **Groups as the identity provider sent them** are remembered until it sends others; an empty list is none.
//! * **A role that cannot be given** (unknown, not on the list, that of owners) leaves the role that the mapping gave
//!   before, as long as that one still may be given. A path without a value, or an expression that fails, takes it away.
//! * **Roles and metadata of a person who has not accepted** are given to the membership that awaits them: nothing of
//!   the person is touched. While a resource is not active, neither is given; they are when it is active again.
//! * **Which version a person was mapped by** is remembered, so that a change of the mapping acts on what it changed and
//!   on nothing else, however many versions were saved before somebody's turn came.

mod applying;
mod compiled;
mod evaluation;
mod filters;
mod opening;
pub mod preview;
mod recorded;
pub mod saving;
mod settling;
mod source;
mod target;
mod template;

pub(super) use applying::{apply, members_changed, people_changed, people_of};
pub use compiled::{Mapping, Problem};
pub use evaluation::Warning;
pub(super) use opening::{open, profile_of, sent};
pub use recorded::Skipped;
pub(super) use saving::{decide, settings_changed};
pub(super) use settling::settle;
