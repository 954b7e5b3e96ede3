//! What may a directory change of a person? Read from present facts each time: whoever holds the
//! domain of the person's address today.

use super::Directory;
use crate::db::Scope;
use crate::fault::Result;
use crate::ids::OrgId;
use crate::orgs::domains;
use crate::users::{User, email};

/// What a directory may change of a person that it is linked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Authority {
    /// Name and image.
    pub profile: bool,
    /// The address, to one of a domain that it may give.
    pub address: bool,
    /// Whether the person may sign in at all.
    pub access: bool,
}

/// What the directory may change of this person. It is linked to them, and they have accepted that.
pub(super) async fn over(db: &impl Scope, directory: &Directory, user: &User) -> Result<Authority> {
    Ok(given(directory, user, holder_of(db, &user.email).await?.as_ref()))
}

/// The same, for who knows the organization that holds the domain.
pub(super) fn given(directory: &Directory, user: &User, holder: Option<&OrgId>) -> Authority {
    let admin = user.is_platform_admin();
    match &directory.organization_id {
        Some(organization) if holder == Some(organization) => {
            // Never the address of a platform admin, never their access.
            Authority { profile: true, address: !admin, access: !admin }
        }
        Some(_) => Authority::default(),
        None => {
            let made = user.created_by_directory_id.as_ref() == Some(&directory.id);
            let all = made || (holder.is_none() && !admin);
            Authority { profile: all, address: all, access: all }
        }
    }
}

/// Whether the directory may give people addresses of that domain: its organization holds it, or, for
/// the instance directory, none does.
pub(super) async fn may_give(db: &impl Scope, directory: &Directory, address: &str) -> Result<bool> {
    Ok(holder_of(db, address).await? == directory.organization_id)
}

/// The organization that holds the domain of an address.
pub(super) async fn holder_of(db: &impl Scope, address: &str) -> Result<Option<OrgId>> {
    match email::domain(address) {
        Some(domain) => domains::holder(db, &domain).await,
        None => Ok(None),
    }
}
