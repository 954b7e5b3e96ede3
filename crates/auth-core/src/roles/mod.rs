//! Roles, permissions, and who may do what in an organization.
//!
//! A role is a set of permissions, a permission a sentence `resource:action`. Three roles are seeded; others are made
//! beside them, for the instance or by an organization for itself, and never permit what is an owner's alone. Which roles a member has
//! is the business of [`orgs::members`](crate::orgs::members); how a dialect writes a role
//! (`admin`, `org:admin`) is the dialect's.

mod authority;
mod catalog;
mod custom;

pub(crate) use authority::authority_to_leave;
pub use authority::{Authority, authority, authorize, demand, of_member, where_permitted};
pub use catalog::{
    ADMIN, MANAGE_DIRECTORIES, MEMBER, OWNER, PERMISSIONS, Permission, Role, SYSTEM, find, highest, is_known,
    permissions_of, rank, sort,
};
pub use custom::{
    Arriving, CustomRole, Definitions, DefinitionsEach, NewRole, RoleChanges, Which, create, delete, get, get_own,
    is_here, is_key, keep, lacking, list, list_given, list_own, take_over, update,
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
        /// No role that was made has that id.
        Unknown => NotFound, "no_such_role", "Role not found";
        /// A key that is none.
        BadKey => Invalid, "invalid_role_key", "The key must be org: and 1 to 63 small letters, digits, hyphens and underscores, a letter first", field "key";
        /// There is a role with that key.
        AlreadyExists => Conflict, "role_already_exists", "There is a role with this key", field "key";
        /// More roles than there may be.
        TooMany => Conflict, "role_limit_reached", "There can be 100 roles beside the seeded ones";
        /// More roles than the operator lets an organization have.
        TooManyOfOrganization => Invalid, "too_many_roles", "This organization has too many roles";
        /// The operator lets organizations have no roles of their own.
        NoneOfOrganizations => NotFound, "organization_roles_disabled", "Organizations have no roles of their own here";
        /// A member without the right to make roles.
        MayNotCreate => Forbidden, "you_are_not_allowed_to_create_a_role", "You are not allowed to create a role";
        /// A member without the right to change roles.
        MayNotUpdate => Forbidden, "you_are_not_allowed_to_update_a_role", "You are not allowed to update a role";
        /// A member without the right to delete roles.
        MayNotDelete => Forbidden, "you_are_not_allowed_to_delete_a_role", "You are not allowed to delete a role";
        /// A member without the right to see what roles permit.
        MayNotList => Forbidden, "you_are_not_allowed_to_list_a_role", "You are not allowed to list a role";
        /// The same about one of them.
        MayNotRead => Forbidden, "you_are_not_allowed_to_read_a_role", "You are not allowed to read a role";
        /// The role permits what whoever makes, changes or deletes it is not permitted: see [`lacking`].
        Beyond(String) => Forbidden, "role_beyond_own", "You are not permitted yourself what the role permits: {0}", field "permissions";
        /// A name that is none.
        BadName => Invalid, "invalid_role_name", "The name must have 1 to 100 characters, none of them control characters", field "name";
        /// A description that is too long.
        BadDescription => Invalid, "invalid_role_description", "The description may have 500 characters, none of them control characters", field "description";
        /// What nobody can be permitted.
        UnknownPermission(String) => Invalid, "unknown_permission", "There is no such permission: {0}", field "permissions";
        /// A role that was made would permit what only owners may.
        OwnersOnly => Invalid, "permission_of_owners", "Only the role org:owner permits organization:delete", field "permissions";
        /// A role that was made would manage directories without permitting what they can give.
        AdminsOnly => Invalid, "permission_of_admins", "A role that permits org:sys_provisioning:manage permits everything that org:admin does", field "permissions";
        /// A seeded role is to be changed or deleted.
        System => Conflict, "system_role", "The seeded roles cannot be changed";
        /// Somebody has the role that is to be deleted, or is invited to it.
        InUse => Conflict, "role_in_use", "Members or invitations have this role: name another one in reassign_to";
        /// A directory gives the role that is to be deleted.
        InUseByDirectory => Conflict, "role_in_use_by_directory", "A directory gives this role, by default, by a rule or by its mapping: let it give another one first";
        /// Owners are made by owners and platform admins, never by a directory or a rule.
        OwnerByHandOnly => Forbidden, "owner_by_hand_only", "The role owner is given by an owner or a platform admin only", field "role";
    }
}
