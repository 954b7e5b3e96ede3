//! Who may: the first thing that every operation asks.

use auth_core::db::Scope;
use auth_core::ids::OrgId;
use auth_core::{orgs, roles};

use crate::error::ApiError;

/// What a caller needs to hold.
#[derive(Clone, Debug)]
pub enum Gate {
    /// To stand above all organizations: a secret key or a platform admin.
    Platform,
    /// To hold a permission in an organization, or to stand above it.
    Organization(OrgId, &'static str),
}

/// Seeing what an organization is like, and what happens in it.
pub const READ: &str = "organization:update";

impl Gate {
    /// Refuses whoever may not. Strangers to an organization are told that there is none, and so is
    /// everybody if there is none.
    pub async fn check(&self, db: &impl Scope) -> Result<(), ApiError> {
        match self {
            Self::Platform if db.ctx().actor.is_platform() => Ok(()),
            Self::Platform => Err(ApiError::forbidden("Only a secret key or a platform administrator may do this")),
            Self::Organization(id, permission) => {
                roles::authorize(db, id, permission).await?;
                orgs::get(db, id).await?;
                Ok(())
            }
        }
    }
}
