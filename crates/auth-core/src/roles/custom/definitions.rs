//! What roles are called and permit, within an organization: the seeded ones, the instance's, and its own. A role of
//! another organization is none, whatever it is called.

use std::collections::HashMap;

use super::{CustomRole, is_key, store};
use crate::db::{Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId};
use crate::orgs::members::Member;
use crate::roles::{RolesFault, find, is_known};

/// Refuses a role that there is not for the organization (`None`: among those of the instance), and keeps one that there is
/// from being deleted until the transaction ends.
///
/// # Errors
/// [`RolesFault::NotFound`].
pub async fn keep(tx: &Tx, organization: Option<&OrgId>, key: &str) -> Result<()> {
    if is_known(key) || (is_key(key) && store::keep(tx, organization, key).await?) {
        return Ok(());
    }
    Err(RolesFault::NotFound(key.to_owned()).into())
}

/// What some roles are called and permit within one organization.
#[derive(Clone, Debug, Default)]
pub struct Definitions(Vec<CustomRole>);

/// The same within several.
#[derive(Debug, Default)]
pub struct DefinitionsEach(HashMap<OrgId, Definitions>);

/// The keys that need looking up.
fn made<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut made: Vec<&str> = keys.into_iter().filter(|key| !is_known(key) && is_key(key)).collect();
    made.sort_unstable();
    made.dedup();
    made
}

impl DefinitionsEach {
    /// Of the roles of some memberships, each within its own organization. One query, and none if all roles are seeded.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of<'a>(db: &impl Scope, members: impl IntoIterator<Item = &'a Member>) -> Result<Self> {
        let members: Vec<&Member> = members.into_iter().collect();
        let keys = made(members.iter().flat_map(|member| &member.roles).map(String::as_str));
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let mut organizations: Vec<&str> = members.iter().map(|member| member.organization_id.as_str()).collect();
        organizations.sort_unstable();
        organizations.dedup();
        let found = store::find_many(db, &organizations, &keys).await?;
        let within = |id: &OrgId| {
            let meant = |role: &&CustomRole| role.organization_id.as_ref().is_none_or(|own| own == id);
            Definitions(found.iter().filter(meant).cloned().collect())
        };
        Ok(Self(members.iter().map(|m| (m.organization_id.clone(), within(&m.organization_id))).collect()))
    }

    /// Within that organization.
    #[must_use]
    pub fn within(&self, organization: &OrgId) -> Definitions {
        self.0.get(organization).cloned().unwrap_or_default()
    }
}

impl Definitions {
    /// Of these roles within that organization. One query, and none if all of them are seeded.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(db: &impl Scope, organization: &OrgId, keys: impl IntoIterator<Item = &str>) -> Result<Self> {
        let keys = made(keys);
        if keys.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self(store::find_many(db, &[organization.as_str()], &keys).await?))
    }

    fn made(&self, key: &str) -> Option<&CustomRole> {
        self.0.iter().find(|role| role.key == key)
    }

    /// Whether there is such a role.
    #[must_use]
    pub fn contain(&self, key: &str) -> bool {
        is_known(key) || self.made(key).is_some()
    }

    /// What people read; the key itself, if there is no such role.
    #[must_use]
    pub fn name<'a>(&'a self, key: &'a str) -> &'a str {
        find(key).map(|role| role.name).or_else(|| self.made(key).map(|role| role.name.as_str())).unwrap_or(key)
    }

    /// Whether the role permits it.
    #[must_use]
    pub fn permits(&self, key: &str, permission: &str) -> bool {
        self.permissions(key).any(|held| held == permission)
    }

    /// What a role permits; nothing, if there is no such role.
    pub fn permissions<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let seeded = find(key).map_or(&[][..], |role| role.permissions).iter().copied();
        seeded.chain(self.made(key).into_iter().flat_map(|role| role.permissions.iter().map(String::as_str)))
    }

    /// What some roles permit together, each once.
    #[must_use]
    pub fn union(&self, roles: &[String]) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for permission in roles.iter().flat_map(|role| self.permissions(role)) {
            if !all.iter().any(|held| held == permission) {
                all.push(permission.to_owned());
            }
        }
        all
    }
}
