//! What the one who asks may do in an organization, read from present facts on every request.

use super::{ADMIN, OWNER, RolesFault, hold, is_known, rank};
use crate::ctx::Actor;
use crate::db::Scope;
use crate::fault::{Fault, Result};
use crate::ids::{DirectoryId, MemberId, OrgId};
use crate::orgs::{OrgsFault, members};

/// What a directory may do in its own organization. It manages people, not itself.
const PROVISIONING: &[&str] = &["member:create", "member:update", "invitation:create", "invitation:cancel"];

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
    },
    /// A directory of this organization.
    Directory(DirectoryId),
}

impl Authority {
    /// Whether it is permitted.
    #[must_use]
    pub fn holds(&self, permission: &str) -> bool {
        match self {
            Self::Platform => true,
            Self::Member { roles, .. } => hold(roles, permission),
            Self::Directory(_) => PROVISIONING.contains(&permission),
        }
    }

    /// Whether owners are their business: an owner, or somebody above the organization.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        match self {
            Self::Platform => true,
            Self::Member { roles, .. } => roles.iter().any(|role| role == OWNER),
            Self::Directory(_) => false,
        }
    }

    /// Whether they may give this role: nobody gives one above their own, and a directory never makes
    /// an owner.
    ///
    /// # Errors
    /// [`RolesFault::NotFound`], [`RolesFault::AboveOwn`], [`RolesFault::OwnerByHandOnly`].
    pub fn may_give(&self, role: &str) -> Result<()> {
        if !is_known(role) {
            return Err(RolesFault::NotFound(role.to_owned()).into());
        }
        let own = match self {
            Self::Platform => return Ok(()),
            Self::Member { roles, .. } => roles.iter().map(|role| rank(role)).max().unwrap_or(0),
            Self::Directory(_) if role == OWNER => return Err(RolesFault::OwnerByHandOnly.into()),
            Self::Directory(_) => rank(ADMIN),
        };
        if rank(role) > own { Err(RolesFault::AboveOwn.into()) } else { Ok(()) }
    }
}

/// In whose name the one who asks acts in that organization.
///
/// # Errors
/// [`OrgsFault::NotFound`] for strangers, whether there is such an organization or not. For those
/// above all organizations it says nothing about whether there is one.
pub async fn authority(db: &impl Scope, organization: &OrgId) -> Result<Authority> {
    match &db.ctx().actor {
        actor if actor.is_platform() => Ok(Authority::Platform),
        Actor::User { user_id, .. } => members::active(db, organization, user_id)
            .await?
            .map(|member| Authority::Member { member_id: member.id, roles: member.roles })
            .ok_or_else(|| OrgsFault::NotFound.into()),
        Actor::Directory { organization_id: Some(own), directory_id, .. } if own == organization => {
            Ok(Authority::Directory(directory_id.clone()))
        }
        Actor::Anonymous => Err(RolesFault::Unauthenticated.into()),
        _ => Err(OrgsFault::NotFound.into()),
    }
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
        Authority::Member { member_id: MemberId::from_text("mem_1".into()), roles: vec![role.to_owned()] }
    }

    #[test]
    fn nobody_gives_a_role_above_their_own() {
        assert!(member("owner").may_give("owner").is_ok());
        assert!(member("admin").may_give("admin").is_ok());
        assert!(member("admin").may_give("owner").unwrap_err().is(&RolesFault::AboveOwn));
        assert!(member("member").may_give("admin").unwrap_err().is(&RolesFault::AboveOwn));
        assert!(Authority::Platform.may_give("owner").is_ok());
        assert!(Authority::Platform.may_give("king").unwrap_err().is(&RolesFault::NotFound(String::new())));
    }

    #[test]
    fn a_directory_makes_admins_at_most_and_manages_no_directory() {
        let directory = Authority::Directory(DirectoryId::from_text("dir_1".into()));
        assert!(directory.may_give("admin").is_ok());
        assert!(directory.may_give("owner").unwrap_err().is(&RolesFault::OwnerByHandOnly));
        assert!(directory.holds("member:create") && !directory.holds(crate::roles::MANAGE_DIRECTORIES));
        assert!(!directory.is_owner());
    }
}
