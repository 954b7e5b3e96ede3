//! Roles that were made beside the seeded ones. Those of the instance are made by who stands above all organizations, and
//! each organization may give them. An organization's own are made by its members, mean something in it alone, and permit
//! nothing that whoever makes or changes them is not permitted themselves.
//!
//! A role is read whenever it is asked for, so that what it permits changes for everybody at once.

mod arriving;
mod definitions;
mod store;

use serde_json::{Map, Value as Json, json};

use super::{
    ADMIN, Authority, MANAGE_DIRECTORIES, MEMBER, OWNER, PERMISSIONS, RolesFault, demand, is_known, permissions_of,
};
use crate::clock::Timestamp;
use crate::db::{Scope, Tx};
use crate::fault::{Error, OrConflict as _, Result};
use crate::fields::{self, Given};
use crate::ids::{Id as _, OrgId, RoleId};
use crate::orgs;
use crate::outbox::{Event, EventKind};
use crate::settings::FieldSettings;

pub use arriving::{Arriving, is_here, take_over};
pub use definitions::{Definitions, DefinitionsEach, keep};

/// What only an owner may, so that no role that is made permits it.
const OWNERS_ONLY: &str = "organization:delete";
/// How many roles the instance may have.
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
    /// Whose it is; `None`: the instance's, which every organization may give.
    pub organization_id: Option<OrgId>,
    /// What is stored with whoever has it; that of the instance's roles never changes.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `resource:action`, each, in the order of [`PERMISSIONS`].
    pub permissions: Vec<String>,
    /// What is in fields that the operator added. The instance's have none.
    pub additional_fields: Map<String, Json>,
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
    /// Fields that the operator added. Whether they may be given is for whoever has read them.
    pub additional_fields: Given,
}

/// What to change of a role; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct RoleChanges {
    /// What is stored with whoever has it; for the roles of organizations only. Members and invitations follow.
    pub key: Option<String>,
    /// What people read.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it permits.
    pub permissions: Option<Vec<String>>,
    /// Some of the fields that the operator added. Whether they may be given is for whoever has read them.
    pub additional_fields: Given,
}

/// Whether a text can be the key of a role: small letters, digits, `_` and `-`, a letter first.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=KEY).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

/// Which role.
#[derive(Clone, Debug)]
pub enum Which {
    /// That of this id.
    Id(RoleId),
    /// That of this key.
    Key(String),
}

/// The roles of the instance that were made, oldest first. Who may know of them, the caller decides.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &impl Scope) -> Result<Vec<CustomRole>> {
    store::list(db, None).await
}

/// The roles of an organization's own, oldest first.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers, [`RolesFault::MayNotList`].
pub async fn list_own(db: &impl Scope, organization: &OrgId) -> Result<Vec<CustomRole>> {
    demand(db, organization, "ac:read", RolesFault::MayNotList).await?;
    store::list(db, Some(organization)).await
}

/// The roles that were made and that an organization can give: the instance's, but for those in whose place it means one of its
/// own, and its own; each oldest first.
///
/// # Errors
/// Those of [`list_own`].
pub async fn list_given(db: &impl Scope, organization: &OrgId) -> Result<Vec<CustomRole>> {
    let own = list_own(db, organization).await?;
    let mut all = store::list(db, None).await?;
    all.retain(|role| !own.iter().any(|one| one.key == role.key));
    all.extend(own);
    Ok(all)
}

/// A role of the instance that was made.
///
/// # Errors
/// [`RolesFault::Unknown`].
pub async fn get(db: &impl Scope, id: &RoleId) -> Result<CustomRole> {
    store::find(db, None, &Which::Id(id.clone()), "").await?.ok_or_else(|| RolesFault::Unknown.into())
}

/// A role of the organization's own.
///
/// # Errors
/// [`orgs::OrgsFault::NotFound`] for strangers, [`RolesFault::MayNotRead`], [`RolesFault::Unknown`].
pub async fn get_own(db: &impl Scope, organization: &OrgId, which: &Which) -> Result<CustomRole> {
    demand(db, organization, "ac:read", RolesFault::MayNotRead).await?;
    store::find(db, Some(organization), which, "").await?.ok_or_else(|| RolesFault::Unknown.into())
}

/// Makes a role: of the organization, or of the instance.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::MayNotCreate`], [`RolesFault::AlreadyExists`], [`RolesFault::TooMany`],
/// [`RolesFault::TooManyOfOrganization`], and those about what it is.
pub async fn create(tx: &mut Tx, organization: Option<&OrgId>, new: NewRole) -> Result<CustomRole> {
    let authority = permitted(tx, organization, "ac:create", RolesFault::MayNotCreate).await?;
    check_key(tx, organization, &new.key).await?;
    let role = CustomRole {
        id: tx.new_id(),
        organization_id: organization.cloned(),
        key: new.key,
        name: checked(&new.name, 1, NAME, RolesFault::BadName)?,
        description: checked(&new.description, 0, DESCRIPTION, RolesFault::BadDescription)?,
        permissions: in_order(&new.permissions)?,
        additional_fields: fields::made(declared(tx, organization), &new.additional_fields)?,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if let Some(organization) = organization {
        // Counting needs the organization for itself.
        orgs::lock(tx, organization).await?;
    }
    let count = store::list(tx, organization).await?.len();
    match organization {
        None if count >= MOST => return Err(RolesFault::TooMany.into()),
        Some(_) if tx.settings().organization.dynamic_roles.limit.is_some_and(|most| count as u64 >= most) => {
            return Err(RolesFault::TooManyOfOrganization.into());
        }
        _ => {}
    }
    refuse_beyond(&authority, &role.permissions)?;
    store::insert(tx, &role).await.or_conflict(RolesFault::AlreadyExists)?;
    let told = facts(tx, &role);
    record(tx, EventKind::RoleCreated, &role, json!({"v": 1, "role": told}));
    Ok(role)
}

/// Changes a role, for everybody who has it and from the commit on. No epoch is raised: what a role permits is asked on
/// every request. Of an organization's own, nobody changes one that permits more than they are permitted.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::MayNotUpdate`], [`RolesFault::Unknown`], [`RolesFault::Beyond`],
/// [`RolesFault::InUseByDirectory`] for another key, and those about what it is.
pub async fn update(
    tx: &mut Tx,
    organization: Option<&OrgId>,
    which: &Which,
    changes: RoleChanges,
) -> Result<CustomRole> {
    let authority = permitted_alone(tx, organization, "ac:update", RolesFault::MayNotUpdate).await?;
    let before = store::find(tx, organization, which, tx.lock()).await?.ok_or(RolesFault::Unknown)?;
    let mut after = before.clone();
    if let Some(name) = changes.name {
        after.name = checked(&name, 1, NAME, RolesFault::BadName)?;
    }
    if let Some(description) = changes.description {
        after.description = checked(&description, 0, DESCRIPTION, RolesFault::BadDescription)?;
    }
    if let Some(permissions) = changes.permissions {
        after.permissions = in_order(&permissions)?;
        refuse_beyond(&authority, &after.permissions)?;
    }
    refuse_beyond(&authority, &before.permissions)?;
    after.additional_fields =
        fields::changed(declared(tx, organization), &before.additional_fields, &changes.additional_fields)?;
    if let Some(key) = changes.key.filter(|key| organization.is_some() && *key != before.key) {
        check_key(tx, organization, &key).await?;
        if after.name == before.key {
            after.name.clone_from(&key);
        }
        after.key = key;
    }
    if after == before {
        return Ok(after);
    }
    after.updated_at = tx.now();
    store::update(tx, &after).await.or_conflict(RolesFault::AlreadyExists)?;
    if after.key != before.key {
        if store::uses(tx, organization, &before.key).await?.directories {
            return Err(RolesFault::InUseByDirectory.into());
        }
        store::reassign(tx, organization, &before.key, &after.key).await?;
    }
    let payload = json!({"v": 1, "before": facts(tx, &before), "after": facts(tx, &after)});
    record(tx, EventKind::RoleUpdated, &after, payload);
    Ok(after)
}

/// Deletes a role that nobody has, or whose members and invitations get another one instead. One that a directory gives
/// (by default, rule or mapping) stays until the directory gives another.
///
/// The members whose role it was are not named one by one: the event of the role says which one they have instead.
///
/// # Errors
/// [`RolesFault::Forbidden`], [`RolesFault::MayNotDelete`], [`RolesFault::System`], [`RolesFault::Unknown`],
/// [`RolesFault::Beyond`], [`RolesFault::InUse`], [`RolesFault::InUseByDirectory`]; [`RolesFault::Forbidden`] for who may
/// not change members and invitations, [`RolesFault::NotFound`], [`RolesFault::AboveOwn`] and [`RolesFault::OwnerByHandOnly`] for the other.
pub async fn delete(tx: &mut Tx, organization: Option<&OrgId>, which: &Which, reassign_to: Option<&str>) -> Result<()> {
    let authority = permitted_alone(tx, organization, "ac:delete", RolesFault::MayNotDelete).await?;
    if matches!(which, Which::Key(key) if is_known(key)) {
        return Err(RolesFault::System.into());
    }
    let role = store::find(tx, organization, which, tx.lock()).await?.ok_or(RolesFault::Unknown)?;
    refuse_beyond(&authority, &role.permissions)?;
    let uses = store::uses(tx, organization, &role.key).await?;
    if uses.directories {
        return Err(RolesFault::InUseByDirectory.into());
    }
    match reassign_to {
        Some(OWNER) => return Err(RolesFault::OwnerByHandOnly.into()),
        Some(other) => {
            if other == role.key {
                return Err(RolesFault::NotFound(other.to_owned()).into());
            }
            keep(tx, organization, other).await?;
            match organization {
                Some(organization) => {
                    // To give a role is more than to take one away.
                    let lacks = |count: i64, permission: &str| count > 0 && !authority.holds(permission);
                    if lacks(uses.grants, "member:update") || lacks(uses.invitations, "invitation:create") {
                        return Err(RolesFault::Forbidden.into());
                    }
                    authority.may_give(tx, organization, other).await?;
                }
                // Some of those who have it would get what an organization calls so.
                None if store::is_meant_otherwise(tx, &role.key, other).await? => {
                    return Err(RolesFault::NotFound(other.to_owned()).into());
                }
                None => {}
            }
            store::reassign(tx, organization, &role.key, other).await?;
        }
        None if uses.grants + uses.invitations > 0 => return Err(RolesFault::InUse.into()),
        None => {}
    }
    store::delete(tx, organization, &role.id).await?;
    let payload = json!({
        "v": 1, "role": facts(tx, &role), "reassigned_to": reassign_to, "memberships": uses.grants,
        "invitations": uses.invitations,
    });
    record(tx, EventKind::RoleDeleted, &role, payload);
    Ok(())
}

/// What somebody lacks themselves, where that is why a role is refused ([`RolesFault::Beyond`]).
#[must_use]
pub fn lacking(error: &Error) -> Option<Vec<&str>> {
    let (_, listed) =
        error.is(&RolesFault::Beyond(String::new())).then(|| error.public_message().split_once(": "))??;
    Some(listed.split(", ").collect())
}

/// The same, while nobody else changes what there is of the organization: whoever lost the right while this waited has none.
/// The organization is locked before its roles and before what its members have.
async fn permitted_alone(
    tx: &Tx,
    organization: Option<&OrgId>,
    permission: &str,
    refusal: RolesFault,
) -> Result<Authority> {
    let authority = permitted(tx, organization, permission, refusal.clone()).await?;
    let Some(organization) = organization else { return Ok(authority) };
    orgs::lock(tx, organization).await?;
    permitted(tx, Some(organization), permission, refusal).await
}

/// In whose name the one who asks makes, changes or deletes roles.
async fn permitted(tx: &Tx, organization: Option<&OrgId>, permission: &str, refusal: RolesFault) -> Result<Authority> {
    match organization {
        None if tx.ctx().actor.is_platform() => Ok(Authority::Platform),
        None => Err(RolesFault::Forbidden.into()),
        Some(organization) => {
            let authority = demand(tx, organization, permission, refusal).await?;
            if tx.settings().organization.dynamic_roles.enabled {
                Ok(authority)
            } else {
                Err(RolesFault::NoneOfOrganizations.into())
            }
        }
    }
}

/// Refuses a role that permits what whoever makes it is not permitted. What every member is permitted, everybody may give.
fn refuse_beyond(authority: &Authority, permissions: &[String]) -> Result<()> {
    let lacks = |one: &&str| !authority.holds(one) && !permissions_of(MEMBER).contains(one);
    let lacking: Vec<&str> = permissions.iter().map(String::as_str).filter(lacks).collect();
    if lacking.is_empty() { Ok(()) } else { Err(RolesFault::Beyond(lacking.join(", ")).into()) }
}

/// Refuses what can be no key, and to an organization one of a role that it could give already. The instance may take any:
/// nobody keeps a name from it. Where an organization has had a role of that key before, its own is the one that is meant
/// there, for as long as it has it: neither those who have it nor those who have the instance's gain anything.
async fn check_key(tx: &Tx, organization: Option<&OrgId>, key: &str) -> Result<()> {
    if !is_key(key) {
        return Err(RolesFault::BadKey.into());
    }
    if is_known(key) || organization.is_some() && store::is_of_instance(tx, key).await? {
        return Err(RolesFault::AlreadyExists.into());
    }
    Ok(())
}

fn record(tx: &mut Tx, kind: EventKind, role: &CustomRole, payload: Json) {
    tx.record(Event::new(kind, &role.id, payload).within(role.organization_id.as_ref()));
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

/// The fields that the operator added to such roles: to those of organizations.
fn declared<'a>(tx: &'a Tx, organization: Option<&OrgId>) -> &'a [FieldSettings] {
    if organization.is_some() { &tx.settings().fields.role } else { &[] }
}

fn facts(tx: &Tx, role: &CustomRole) -> Json {
    json!({
        "id": role.id.as_str(),
        "organization_id": role.organization_id.as_ref().map(OrgId::as_str),
        "key": role.key,
        "name": role.name,
        "description": role.description,
        "permissions": role.permissions,
        "additional_fields": fields::told(declared(tx, role.organization_id.as_ref()), &role.additional_fields),
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
    fn nobody_makes_a_role_that_permits_more_than_they_may() {
        let roles = vec!["member".to_owned()];
        let permissions = vec!["ac:create".to_owned(), "member:create".to_owned()];
        let authority =
            Authority::Member { member_id: crate::ids::MemberId::from_text("mem_1".into()), roles, permissions };
        let of = |wanted: &[&str]| wanted.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(refuse_beyond(&authority, &of(&["member:create", "ac:read"])).is_ok());
        let refused = refuse_beyond(&authority, &of(&["member:create", "member:delete", "team:create"])).unwrap_err();
        assert_eq!(lacking(&refused).unwrap(), ["member:delete", "team:create"]);
        assert!(refuse_beyond(&Authority::Platform, &of(&["member:delete"])).is_ok());
        assert_eq!(lacking(&RolesFault::Forbidden.into()), None);
    }

    #[test]
    fn every_seeded_permission_is_known() {
        for permission in SYSTEM.iter().flat_map(|role| role.permissions) {
            assert!(PERMISSIONS.iter().any(|known| known.key == *permission), "{permission}");
        }
    }
}
