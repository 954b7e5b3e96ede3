//! PATCH (RFC 7644 section 3.5.2), in all the forms that identity providers send.
//!
//! [`parse`] reads the request, [`split_members`] takes a group's member operations out of it (so that
//! nobody has to load the members), [`apply`] does the rest on a canonical resource.

mod apply;
mod element;
mod list;
mod members;
mod merge;
mod meta;
mod op;
mod secret;
mod single;

pub use apply::{Applied, MAX_ATTRIBUTE_OPERATIONS, MAX_STEPS, Own, apply};
pub use members::{MemberOp, MemberRef, member_refs, split_members, take_members};
pub use op::{MAX_OPERATIONS, Op, Operation, PatchPath, parse};
pub use secret::password_of;

#[cfg(test)]
mod tests;
