//! The seeded roles, and all that there is to permit.

/// The role that may do everything, and that every organization should have somebody in.
pub const OWNER: &str = "owner";
/// The role that may do everything but delete the organization or touch its owners.
pub const ADMIN: &str = "admin";
/// The role of everybody else.
pub const MEMBER: &str = "member";

/// What every action on directories, their credentials and their mappings requires.
pub const MANAGE_DIRECTORIES: &str = "org:sys_provisioning:manage";

/// A role: a name and a set of permissions.
#[derive(Debug, PartialEq, Eq)]
pub struct Role {
    /// What is stored.
    pub key: &'static str,
    /// What people read.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub description: &'static str,
    /// `resource:action`, each.
    pub permissions: &'static [&'static str],
}

/// The roles that every organization has, highest first.
pub const SYSTEM: &[Role] = &[
    Role {
        key: OWNER,
        name: "Owner",
        description: "Everything, including the deletion of the organization and the choice of its owners",
        permissions: &[
            "organization:update",
            "organization:delete",
            "member:create",
            "member:update",
            "member:delete",
            "invitation:create",
            "invitation:cancel",
            "team:create",
            "team:update",
            "team:delete",
            "ac:create",
            "ac:read",
            "ac:update",
            "ac:delete",
            "apiKey:create",
            "apiKey:read",
            "apiKey:update",
            "apiKey:delete",
            MANAGE_DIRECTORIES,
        ],
    },
    Role {
        key: ADMIN,
        name: "Admin",
        description: "Everything but the deletion of the organization and what concerns its owners",
        permissions: &[
            "organization:update",
            "member:create",
            "member:update",
            "member:delete",
            "invitation:create",
            "invitation:cancel",
            "team:create",
            "team:update",
            "team:delete",
            "ac:create",
            "ac:read",
            "ac:update",
            "ac:delete",
            "apiKey:create",
            "apiKey:read",
            "apiKey:update",
            "apiKey:delete",
            MANAGE_DIRECTORIES,
        ],
    },
    Role {
        key: MEMBER,
        name: "Member",
        description: "Belongs to the organization and sees who else does",
        permissions: &["ac:read"],
    },
];

/// Something that a role can permit.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// `resource:action`.
    pub key: &'static str,
    /// What people read.
    pub name: &'static str,
    /// What it allows, in a sentence.
    pub description: &'static str,
}

macro_rules! permissions {
    ($($key:literal, $name:literal, $description:literal;)*) => {
        /// All that there is to permit.
        pub const PERMISSIONS: &[Permission] =
            &[$(Permission { key: $key, name: $name, description: $description }),*];
    };
}

permissions! {
    "organization:update", "Change the organization", "See and change what the organization is like, its domains, its events";
    "organization:delete", "Delete the organization", "Delete it with all that belongs to it; the role owner only";
    "member:create", "Add members", "Add members to the organization";
    "member:update", "Change members", "Change what members may do, and what is noted about them";
    "member:delete", "Remove members", "Remove members from the organization";
    "invitation:create", "Invite people", "Invite people and see who is invited";
    "invitation:cancel", "Revoke invitations", "Revoke invitations that are pending";
    "team:create", "Make teams", "Make teams";
    "team:update", "Change teams", "Change teams and who is in them";
    "team:delete", "Delete teams", "Delete teams";
    "ac:create", "Make roles", "Make access rules";
    "ac:read", "See roles", "See what roles permit";
    "ac:update", "Change roles", "Change access rules";
    "ac:delete", "Delete roles", "Delete access rules";
    "apiKey:create", "Make API keys", "Make API keys of the organization";
    "apiKey:read", "See API keys", "See the API keys of the organization, without what opens anything";
    "apiKey:update", "Change API keys", "Rename the organization's API keys, switch them off and on, change how long they are good";
    "apiKey:delete", "Delete API keys", "Delete API keys of the organization";
    "org:sys_provisioning:manage", "Manage directories", "Connect directories, and manage their credentials, mappings and rules";
}

/// The role of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Role> {
    SYSTEM.iter().find(|role| role.key == key)
}

/// Whether it is the name of a seeded role. Whether there is a role at all, [`Definitions`](super::Definitions) know.
#[must_use]
pub fn is_known(key: &str) -> bool {
    find(key).is_some()
}

/// What a seeded role permits; nothing, if it is none.
#[must_use]
pub fn permissions_of(key: &str) -> &'static [&'static str] {
    find(key).map_or(&[], |role| role.permissions)
}

/// How high a role stands: owner 4, admin 3, member 1, and what was made beside them 2.
#[must_use]
pub fn rank(key: &str) -> u8 {
    match key {
        OWNER => 4,
        ADMIN => 3,
        MEMBER => 1,
        _ => 2,
    }
}

/// The highest of some roles.
#[must_use]
pub fn highest(roles: &[String]) -> Option<&str> {
    roles.iter().map(String::as_str).max_by_key(|role| rank(role))
}

/// Highest first, each once; those of equal rank by name.
pub fn sort(roles: &mut Vec<String>) {
    roles.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.cmp(b)));
    roles.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_permits_all_that_the_lower_ones_do() {
        for pair in SYSTEM.windows(2) {
            assert!(rank(pair[0].key) > rank(pair[1].key));
            assert!(pair[1].permissions.iter().all(|p| pair[0].permissions.contains(p)), "{}", pair[1].key);
        }
    }

    #[test]
    fn only_an_owner_deletes_the_organization_and_a_member_manages_no_directory() {
        let permits = |role: &str, permission: &str| permissions_of(role).contains(&permission);
        assert!(permits(OWNER, "organization:delete") && !permits(ADMIN, "organization:delete"));
        assert!(permits(ADMIN, MANAGE_DIRECTORIES) && !permits(MEMBER, MANAGE_DIRECTORIES));
        assert!(!permits("stranger", "ac:read"));
    }

    #[test]
    fn the_highest_role_comes_first_and_each_once() {
        let mut roles: Vec<String> = ["member", "owner", "zebra", "admin", "member", "ape"].map(str::to_owned).into();
        sort(&mut roles);
        assert_eq!(roles, ["owner", "admin", "ape", "zebra", "member"]);
        assert_eq!(highest(&roles), Some("owner"));
        assert_eq!(highest(&[]), None);
    }
}
