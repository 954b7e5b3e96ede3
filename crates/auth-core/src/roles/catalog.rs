//! The seeded roles and what they permit. Custom roles will stand beside them, never above.

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

/// The role of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Role> {
    SYSTEM.iter().find(|role| role.key == key)
}

/// Whether there is a role of that name.
#[must_use]
pub fn is_known(key: &str) -> bool {
    find(key).is_some()
}

/// What a role permits; nothing, if there is no such role.
#[must_use]
pub fn permissions_of(key: &str) -> &'static [&'static str] {
    find(key).map_or(&[], |role| role.permissions)
}

/// How high a role stands: owner 3, admin 2, member 1, what is not known 0.
#[must_use]
pub fn rank(key: &str) -> u8 {
    match key {
        OWNER => 3,
        ADMIN => 2,
        MEMBER => 1,
        _ => 0,
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

/// Whether any of the roles permits it.
#[must_use]
pub fn hold(roles: &[String], permission: &str) -> bool {
    roles.iter().any(|role| permissions_of(role).contains(&permission))
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
        let roles = |role: &str| vec![role.to_owned()];
        assert!(hold(&roles(OWNER), "organization:delete") && !hold(&roles(ADMIN), "organization:delete"));
        assert!(hold(&roles(ADMIN), MANAGE_DIRECTORIES) && !hold(&roles(MEMBER), MANAGE_DIRECTORIES));
        assert!(!hold(&roles("stranger"), "ac:read") && !hold(&[], "ac:read"));
    }

    #[test]
    fn the_highest_role_comes_first_and_each_once() {
        let mut roles: Vec<String> = ["member", "owner", "zebra", "admin", "member", "ape"].map(str::to_owned).into();
        sort(&mut roles);
        assert_eq!(roles, ["owner", "admin", "member", "ape", "zebra"]);
        assert_eq!(highest(&roles), Some("owner"));
        assert_eq!(highest(&[]), None);
    }
}
