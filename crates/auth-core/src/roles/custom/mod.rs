//! Roles that were made beside the seeded ones. They are the instance's: each organization may give them.
//!
//! A role is read whenever it is asked for, so that what it permits changes for everybody at once. Only those above
//! all organizations make, change and delete roles.

mod store;

use serde_json::{Value as Json, json};

use super::{ADMIN, MANAGE_DIRECTORIES, OWNER, PERMISSIONS, RolesFault, find, is_known, permissions_of};
use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::{Id as _, RoleId};
use crate::outbox::{Event, EventKind};

/// What only an owner may, so that no role that is made permits it.
const OWNERS_ONLY: &str = "organization:delete";
/// How many roles may be made.
const MOST: usize = 100;
/// Longest name and longest description, in characters.
const NAME: usize = 100;
const DESCRIPTION: usize = 500;
/// Longest key.
const KEY: usize = 63;

/// A role that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id.
    pub id: RoleId,
    /// What is stored with whoever has it; never changes.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `resource:action`, each, in the order of [`PERMISSIONS`].
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A role to be made.
#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// What is stored with whoever has it.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it permits.
    pub permissions: Vec<String>,
}

/// What to change of a role; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct RoleChanges {
    /// What people read.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it permits.
    pub permissions: Option<Vec<String>>,
}

/// Whether a text can be the key of a role: small letters, digits, `_` and `-`, a letter first.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=KEY).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// The roles that were made, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope) -> Result<Vec<CustomRole>> {
    store::list(db).await
}

/// A role that was made.
///
/// # Errors
/// [`RolesFault::Unknown`].
pub async fn get(db: &impl Scope, id: &RoleId) -> Result<CustomRole> {
    store::find(db, id).await?.ok_or_else(|| RolesFault::Unknown.into())
}

/// Makes a role.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::AlreadyExists`], [`RolesFault::TooMany`], and those about what it is.
pub async fn create(tx: &mut Tx, new: NewRole) -> Result<CustomRole> {
    platform(tx)?;
    if !is_key(&new.key) {
        return Err(RolesFault::BadKey.into());
    }
    if is_known(&new.key) {
        return Err(RolesFault::AlreadyExists.into());
    }
    let role = CustomRole {
        id: tx.new_id(),
        key: new.key,
        name: checked(&new.name, 1, NAME, RolesFault::BadName)?,
        description: checked(&new.description, 0, DESCRIPTION, RolesFault::BadDescription)?,
        permissions: in_order(&new.permissions)?,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if store::list(tx).await?.len() >= MOST {
        return Err(RolesFault::TooMany.into());
    }
    store::insert(tx, &role).await.or_conflict(RolesFault::AlreadyExists)?;
    tx.record(Event::new(EventKind::RoleCreated, &role.id, json!({"v": 1, "role": facts(&role)})));
    Ok(role)
}

/// Changes a role, for everybody who has it and from the commit on. No epoch is raised: what a role permits is asked on
/// every request.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::Unknown`], and those about what it is.
pub async fn update(tx: &mut Tx, id: &RoleId, changes: RoleChanges) -> Result<CustomRole> {
    platform(tx)?;
    let before = store::lock(tx, id).await?.ok_or(RolesFault::Unknown)?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = checked(&name, 1, NAME, RolesFault::BadName)?;
    }
    if let Some(description) = changes.description {
        after.description = checked(&description, 0, DESCRIPTION, RolesFault::BadDescription)?;
    }
    if let Some(permissions) = changes.permissions {
        after.permissions = in_order(&permissions)?;
    }
    if after == before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    store::update(tx, &after).await?;
    let payload = json!({"v": 1, "before": facts(&before), "after": facts(&after)});
    tx.record(Event::new(EventKind::RoleUpdated, id, payload));
    Ok(after)
}

/// Deletes a role that nobody has, or whose members and invitations get another one instead. One that a directory gives
/// (by default, rule or mapping) stays until the directory gives another.
///
/// The members whose role it was are not named one by one: the event of the role says which one they have instead.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::Unknown`], [`RolesFault::InUse`], [`RolesFault::InUseByDirectory`],
/// [`RolesFault::NotFound`] and [`RolesFault::OwnerByHandOnly`] for the other.
pub async fn delete(tx: &mut Tx, id: &RoleId, reassign_to: Option<&str>) -> Result<()> {
    platform(tx)?;
    let role = store::lock(tx, id).await?.ok_or(RolesFault::Unknown)?;
    let uses = store::uses(tx, &role.key).await?;
    if uses.directories > 0 {
        return Err(RolesFault::InUseByDirectory.into());
    }
    match reassign_to {
        Some(OWNER) => return Err(RolesFault::OwnerByHandOnly.into()),
        Some(other) => {
            if other == role.key {
                return Err(RolesFault::NotFound(other.to_owned()).into());
            }
            keep(tx, other).await?;
            store::reassign(tx, &role.key, other).await?;
        }
        None if uses.grants + uses.invitations > 0 => return Err(RolesFault::InUse.into()),
        None => {}
    }
    store::delete(tx, id).await?;
    let payload = json!({
        "v": 1, "role": facts(&role), "reassigned_to": reassign_to, "memberships": uses.grants,
        "invitations": uses.invitations,
    });
    tx.record(Event::new(EventKind::RoleDeleted, id, payload));
    Ok(())
}

/// Refuses a role that there is not, and keeps one that there is from being deleted until the transaction ends.
///
/// # Errors
/// [`RolesFault::NotFound`].
pub async fn keep(tx: &Tx, key: &str) -> Result<()> {
    if is_here(tx, key).await? { Ok(()) } else { Err(RolesFault::NotFound(key.to_owned()).into()) }
}

/// Whether there is such a role, which then is not deleted until the transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn is_here(tx: &Tx, key: &str) -> Result<bool> {
    Ok(is_known(key) || (is_key(key) && store::keep(tx, key).await?))
}

/// What some roles are called and permit: the seeded ones, and those among the named that were made.
#[derive(Clone, Debug, Default)]
pub struct Definitions(Vec<CustomRole>);

impl Definitions {
    /// Of these roles. One query, and none if all of them are seeded.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(db: &impl Scope, keys: impl IntoIterator<Item = &str>) -> Result<Self> {
        let mut made: Vec<&str> = keys.into_iter().filter(|key| !is_known(key) && is_key(key)).collect();
        made.sort_unstable();
        made.dedup();
        if made.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self(store::find_many(db, &made).await?))
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

fn platform(tx: &Tx) -> Result<()> {
    if tx.ctx().actor.is_platform() { Ok(()) } else { Err(RolesFault::Forbidden.into()) }
}

fn checked(text: &str, least: usize, most: usize, refusal: RolesFault) -> Result<String> {
    let text = text.trim().to_owned();
    let fits = (least..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(refusal.into()) }
}

/// The permissions, each once and in the order in which they are listed.
fn in_order(wanted: &[String]) -> Result<Vec<String>> {
    let known = |text: &String| PERMISSIONS.iter().any(|permission| permission.key == text);
    if let Some(odd) = wanted.iter().find(|text| !known(text)) {
        return Err(RolesFault::UnknownPermission(odd.clone()).into());
    }
    if wanted.iter().any(|text| text == OWNERS_ONLY) {
        return Err(RolesFault::OwnersOnly.into());
    }
    // Who manages a directory decides who is in its groups, and so who is an admin by a rule.
    let whole = permissions_of(ADMIN).iter().all(|permission| wanted.iter().any(|text| text == permission));
    if wanted.iter().any(|text| text == MANAGE_DIRECTORIES) && !whole {
        return Err(RolesFault::AdminsOnly.into());
    }
    let chosen = PERMISSIONS.iter().map(|permission| permission.key);
    Ok(chosen.filter(|key| wanted.iter().any(|text| text == key)).map(str::to_owned).collect())
}

fn facts(role: &CustomRole) -> Json {
    json!({
        "id": role.id.as_str(),
        "key": role.key,
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
    })
}

#[cfg(test)]
mod tests {
    use super::super::SYSTEM;
    use super::*;

    #[test]
    fn a_key_is_a_word_that_needs_no_quotes_anywhere() {
        for good in ["billing", "a", "read-only", "tier_2"] {
            assert!(is_key(good), "{good}");
        }
        for bad in ["", "Billing", "2nd", "a,b", "~a", "a b", "org:a", "ä", &"x".repeat(64)] {
            assert!(!is_key(bad), "{bad:?}");
        }
    }

    #[test]
    fn permissions_are_known_ordered_and_never_those_of_owners() {
        let order = |wanted: &[&str]| in_order(&wanted.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(order(&["ac:read", "member:create", "ac:read"]).unwrap(), ["member:create", "ac:read"]);
        assert!(order(&["organization:delete"]).unwrap_err().is(&RolesFault::OwnersOnly));
        assert!(order(&["world:rule"]).unwrap_err().is(&RolesFault::UnknownPermission(String::new())));
    }

    #[test]
    fn every_seeded_permission_is_known() {
        for permission in SYSTEM.iter().flat_map(|role| role.permissions) {
            assert!(PERMISSIONS.iter().any(|known| known.key == *permission), "{permission}");
        }
    }
}
