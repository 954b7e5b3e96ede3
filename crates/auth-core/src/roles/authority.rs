//! What the one who asks may do in an organization, read from present facts on every request.

use super::{ADMIN, Definitions, DefinitionsEach, MEMBER, OWNER, RolesFault, permissions_of, rank};
use crate::ctx::Actor;
use crate::db::Scope;
use crate::fault::{Fault, Result};
use crate::ids::{DirectoryId, MemberId, OrgId};
use crate::orgs::members::{self, Member};
use crate::orgs::{OrgsFault, requirements};

/// What a directory may do in its own organization. It manages people, not itself.
const PROVISIONING: &[&str] = &["member:create", "member:update", "invitation:create", "invitation:cancel"];
/// What whoever sets up a directory may do in its organization. That it is this directory alone, the directories see to.
const SETTING_UP: &[&str] = &[super::MANAGE_DIRECTORIES];

/// In whose name somebody acts in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Above all organizations: a secret key, a platform admin, this instance itself.
    Platform,
    /// An active member.
    Member {
        /// Which.
        member_id: MemberId,
        /// With these roles, highest first.
        roles: Vec<String>,
        /// What these permit together.
        permissions: Vec<String>,
    },
    /// A directory of this organization.
    Directory(DirectoryId),
    /// Whoever sets up that directory of this organization, without belonging to it.
    Setup(DirectoryId),
}

impl Authority {
    /// Whether it is permitted.
    #[must_use]
    pub fn holds(&self, permission: &str) -> bool {
        match self {
            Self::Platform => true,
            Self::Member { permissions, .. } => permissions.iter().any(|held| held == permission),
            Self::Directory(_) => PROVISIONING.contains(&permission),
            Self::Setup(_) => SETTING_UP.contains(&permission),
        }
    }

    /// Whether owners are their business: an owner, or somebody above the organization.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        match self {
            Self::Platform => true,
            Self::Member { roles, .. } => roles.iter().any(|role| role == OWNER),
            Self::Directory(_) | Self::Setup(_) => false,
        }
    }

    /// Whether they may give this role in the organization: nobody gives one above their own or one that permits what they are not permitted
    /// themselves; a directory never makes an owner, nor does who sets one up. What every member is permitted, everybody
    /// may give.
    ///
    /// # Errors
    /// [`RolesFault::NotFound`], [`RolesFault::AboveOwn`], [`RolesFault::OwnerByHandOnly`].
    pub async fn may_give(&self, db: &impl Scope, organization: &OrgId, role: &str) -> Result<()> {
        self.may_give_defined(&Definitions::of(db, organization, [role]).await?, role)
    }

    /// The same, for who has read what the role permits.
    pub(crate) fn may_give_defined(&self, defined: &Definitions, role: &str) -> Result<()> {
        if !defined.contain(role) {
            return Err(RolesFault::NotFound(role.to_owned()).into());
        }
        let (own, mut beyond) = match self {
            Self::Platform => return Ok(()),
            Self::Member { roles, permissions, .. } => {
                let beyond = defined.permissions(role).filter(|permission| {
                    !permissions.iter().any(|held| held == permission) && !permissions_of(MEMBER).contains(permission)
                });
                (roles.iter().map(|role| rank(role)).max().unwrap_or(0), beyond)
            }
            Self::Directory(_) | Self::Setup(_) if role == OWNER => return Err(RolesFault::OwnerByHandOnly.into()),
            Self::Directory(_) => {
                return if rank(role) > rank(ADMIN) { Err(RolesFault::AboveOwn.into()) } else { Ok(()) };
            }
            Self::Setup(_) => {
                // Whoever made the link may manage directories, and holds at least what admins do.
                let beyond = defined.permissions(role).any(|permission| !permissions_of(ADMIN).contains(&permission));
                let above = beyond || rank(role) > rank(ADMIN);
                return if above { Err(RolesFault::AboveOwn.into()) } else { Ok(()) };
            }
        };
        if rank(role) > own || beyond.next().is_some() { Err(RolesFault::AboveOwn.into()) } else { Ok(()) }
    }

    /// Whether they may take away what somebody with these roles has: nobody reaches above themselves.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reaches(&self, db: &impl Scope, organization: &OrgId, roles: &[String]) -> Result<bool> {
        let defined = Definitions::of(db, organization, roles.iter().map(String::as_str)).await?;
        // A role that was deleted meanwhile permits nothing, and protects nobody.
        Ok(roles.iter().filter(|role| defined.contain(role)).all(|role| self.may_give_defined(&defined, role).is_ok()))
    }
}

/// In whose name the one who asks acts in that organization.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers, whether there is such an organization or not; those of
/// [`requirements::demand`] for members of one that requires something of their session. For those
/// above all organizations it says nothing about whether there is one.
pub async fn authority(db: &impl Scope, organization: &OrgId) -> Result<Authority> {
    let authority = authority_to_leave(db, organization).await?;
    if matches!(authority, Authority::Member { .. }) {
        requirements::demand(db, organization).await?;
    }
    Ok(authority)
}

/// The same whatever the organization requires of sessions: nobody shows anything in order to leave.
///
/// # Errors
/// [`OrgsFault::NotFound`], as [`authority`].
pub(crate) async fn authority_to_leave(db: &impl Scope, organization: &OrgId) -> Result<Authority> {
    match &db.ctx().actor {
        actor if actor.is_platform() => Ok(Authority::Platform),
        Actor::User { user_id, .. } => {
            let member = members::active(db, organization, user_id).await?.ok_or(OrgsFault::NotFound)?;
            of_member(db, member).await
        }
        Actor::Directory { organization_id: Some(own), directory_id, .. } if own == organization => {
            Ok(Authority::Directory(directory_id.clone()))
        }
        Actor::Setup { organization_id: own, directory_id, .. } if own == organization => {
            Ok(Authority::Setup(directory_id.clone()))
        }
        Actor::Anonymous => Err(RolesFault::Unauthenticated.into()),
        _ => Err(OrgsFault::NotFound.into()),
    }
}

/// In whose name a member acts. What their roles permit takes a query only if one of them was made.
///
/// # Errors
/// Those of the database.
pub async fn of_member(db: &impl Scope, member: Member) -> Result<Authority> {
    let defined = Definitions::of(db, &member.organization_id, member.roles.iter().map(String::as_str)).await?;
    let permissions = defined.union(&member.roles);
    Ok(Authority::Member { member_id: member.id, roles: member.roles, permissions })
}

/// The organizations in which the caller is permitted that as a member, by their own ids. One that wants something shown
/// first is no reason to say nothing of the others.
///
/// # Errors
/// Those of the database.
pub async fn where_permitted(db: &impl Scope, permission: &str) -> Result<Vec<OrgId>> {
    let Some(user) = db.ctx().actor.user_id() else { return Ok(Vec::new()) };
    let mine = members::of_user(db, user).await?;
    let defined = DefinitionsEach::of(db, &mine).await?;
    let mut found = Vec::new();
    for member in mine.into_iter().filter(Member::is_active) {
        let within = defined.within(&member.organization_id);
        if !member.roles.iter().any(|role| within.permits(role, permission)) {
            continue;
        }
        match requirements::demand(db, &member.organization_id).await {
            Ok(()) => found.push(member.organization_id),
            Err(error) if requirements::is_demand(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Refuses whoever is not permitted: the first line of each service that changes an organization.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers, [`RolesFault::Forbidden`] for members without the right.
pub async fn authorize(db: &impl Scope, organization: &OrgId, permission: &str) -> Result<()> {
    demand(db, organization, permission, RolesFault::Forbidden).await.map(drop)
}

/// The same with the refusal in the words of the service, and with the authority that was found.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers, `refusal` for members without the right.
pub async fn demand(db: &impl Scope, organization: &OrgId, permission: &str, refusal: impl Fault) -> Result<Authority> {
    let authority = authority(db, organization).await?;
    if authority.holds(permission) { Ok(authority) } else { Err(refusal.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    fn member(role: &str) -> Authority {
        let roles = vec![role.to_owned()];
        let permissions = Definitions::default().union(&roles);
        Authority::Member { member_id: MemberId::from_text("mem_1".into()), roles, permissions }
    }

    fn gives(authority: &Authority, role: &str) -> Result<()> {
        authority.may_give_defined(&Definitions::default(), role)
    }

    #[test]
    fn nobody_gives_a_role_above_their_own() {
        assert!(gives(&member("owner"), "owner").is_ok());
        assert!(gives(&member("admin"), "admin").is_ok());
        assert!(gives(&member("admin"), "owner").unwrap_err().is(&RolesFault::AboveOwn));
        assert!(gives(&member("member"), "admin").unwrap_err().is(&RolesFault::AboveOwn));
        assert!(gives(&Authority::Platform, "owner").is_ok());
        assert!(gives(&Authority::Platform, "king").unwrap_err().is(&RolesFault::NotFound(String::new())));
    }

    #[test]
    fn a_directory_makes_admins_at_most_and_manages_no_directory() {
        let directory = Authority::Directory(DirectoryId::from_text("dir_1".into()));
        assert!(gives(&directory, "admin").is_ok());
        assert!(gives(&directory, "owner").unwrap_err().is(&RolesFault::OwnerByHandOnly));
        assert!(directory.holds("member:create") && !directory.holds(crate::roles::MANAGE_DIRECTORIES));
        assert!(!directory.is_owner());
    }

    #[test]
    fn whoever_sets_up_a_directory_makes_admins_at_most_and_does_nothing_else() {
        let setup = Authority::Setup(DirectoryId::from_text("dir_1".into()));
        assert!(gives(&setup, "admin").is_ok() && gives(&setup, "member").is_ok());
        assert!(gives(&setup, "owner").unwrap_err().is(&RolesFault::OwnerByHandOnly));
        assert!(gives(&setup, "king").unwrap_err().is(&RolesFault::NotFound(String::new())));
        let held: Vec<&str> = permissions_of(OWNER).iter().copied().filter(|one| setup.holds(one)).collect();
        assert_eq!(held, [crate::roles::MANAGE_DIRECTORIES]);
        assert!(!setup.is_owner());
    }
}
