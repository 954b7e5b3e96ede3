//! Which connection a provider id means. It is unique within its organization only, so that the caller's
//! place decides: the organization that is named, else the one in which the session works, else
//! whatever the caller may manage, if that is one.

use actix_web::http::StatusCode;
use auth_core::db::Scope;
use auth_core::features::directory::{Directory, connections};
use auth_core::ids::{Id as _, OrgId};
use auth_core::orgs::OrgsFault;
use auth_core::roles::{self, MANAGE_DIRECTORIES, RolesFault};
use auth_core::{Error, Failure};

use super::told;
use crate::error::ApiError;
use crate::extract::Caller;

/// The most connections of one organization that an answer holds.
pub const MOST: u64 = 1000;

/// A connection that was asked for.
pub struct Asked {
    /// Its name.
    pub provider: String,
    /// In which organization, if one is named.
    pub organization: Option<String>,
}

/// A failure of a look-up: the core's, or one that has words of its own here.
pub enum Missing {
    /// The core's.
    Core(Error),
    /// There is none, or none that the caller may know of.
    None,
    /// Several connections have that name.
    Several,
}

impl From<Error> for Missing {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl Failure for Missing {
    fn core(&self) -> Option<&Error> {
        if let Self::Core(error) = self { Some(error) } else { None }
    }
}

impl From<Missing> for ApiError {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Core(error) => told(error),
            Missing::None => Self::without_code(StatusCode::NOT_FOUND, "SCIM provider not found"),
            Missing::Several => Self::without_code(
                StatusCode::BAD_REQUEST,
                "Several organizations have a connection of this provider id: name one with organizationId",
            ),
        }
    }
}

/// The connection that is meant.
pub async fn find(db: &impl Scope, caller: &Caller, asked: &Asked) -> Result<Directory, Missing> {
    if let Some(named) = asked.organization.as_deref().filter(|id| !id.is_empty()) {
        let organization = OrgId::parse(named).ok_or(Missing::None)?;
        let found = connections::find_by_provider(db, &organization, &asked.provider).await;
        // A stranger's organization has no connections, whether there is one or not.
        return match found {
            Err(error) if error.is(&OrgsFault::NotFound) => Err(Missing::None),
            found => found?.ok_or(Missing::None),
        };
    }
    let mut refused = false;
    if let Some(active) = &caller.session.active_organization_id {
        match connections::find_by_provider(db, active, &asked.provider).await {
            Ok(Some(directory)) => return Ok(directory),
            Ok(None) => {}
            Err(error) if error.is(&OrgsFault::NotFound) => {}
            Err(error) if error.is(&RolesFault::Forbidden) => refused = true,
            Err(error) => return Err(error.into()),
        }
    }
    let mut found = None;
    for owner in owners(db, caller).await? {
        if let Some(directory) = connections::find_by_provider(db, owner.as_ref(), &asked.provider).await? {
            if found.is_some() {
                return Err(Missing::Several);
            }
            found = Some(directory);
        }
    }
    match found {
        Some(directory) => Ok(directory),
        None if refused => Err(Error::from(RolesFault::Forbidden).into()),
        None => Err(Missing::None),
    }
}

/// Whose connections the caller may manage: those of some of their organizations, and for platform
/// admins the instance's (`None`).
pub async fn owners(db: &impl Scope, caller: &Caller) -> Result<Vec<Option<OrgId>>, Error> {
    let mut owners = Vec::new();
    if caller.user.is_platform_admin() {
        owners.push(None);
    }
    owners.extend(roles::where_permitted(db, MANAGE_DIRECTORIES).await?.into_iter().map(Some));
    Ok(owners)
}
