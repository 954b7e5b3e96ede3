//! Roles, permissions, and who may do what in an organization.
//!
//! A role is a set of permissions, a permission a sentence `resource:action`. Which roles a member has
//! is the business of [`orgs::members`](crate::orgs::members); how a dialect writes a role
//! (`admin`, `org:admin`) is the dialect's.

mod authority;
mod catalog;

pub use authority::{Authority, authority, authorize, demand};
pub use catalog::{
    ADMIN, MANAGE_DIRECTORIES, MEMBER, OWNER, Role, SYSTEM, find, highest, hold, is_known, permissions_of, rank, sort,
};

crate::faults! {
    /// What can go wrong with roles.
    pub enum RolesFault {
        /// A member without the right.
        Forbidden => Forbidden, "forbidden", "You are not allowed to do this";
        /// Nobody that we know asks for something that needs somebody.
        Unauthenticated => Unauthenticated, "unauthorized", "Unauthorized";
        /// No role has that name.
        NotFound(String) => Invalid, "role_not_found", "ROLE_NOT_FOUND: {0}", field "role";
        /// Nobody gives a role above their own.
        AboveOwn => Forbidden, "role_above_own", "You are not allowed to give a role above your own", field "role";
        /// Owners are made by owners and platform admins, never by a directory or a rule.
        OwnerByHandOnly => Forbidden, "owner_by_hand_only", "The role owner is given by an owner or a platform admin only", field "role";
    }
}
