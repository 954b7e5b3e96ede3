//! What an operation of a bulk request is about.

use auth_core::ids::{DirectoryGroupId, DirectoryUserId, Id as _};
use scim_protocol::message::bulk::BulkMethod;
use scim_protocol::project::Projection;
use scim_protocol::{ResourceType, ScimError};
use serde_json::Value;

use crate::change::Outcome;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::{groups, users};

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All users.
    Users,
    /// One user.
    User(String),
    /// All groups.
    Groups,
    /// One group.
    Group(String),
    /// The caller's own resource.
    Me,
    /// Nowhere.
    Nothing,
}

impl Target {
    /// Reads a path relative to the base, or an address below it.
    pub fn of(path: &str, caller: &Caller) -> Self {
        Self::parse(path.strip_prefix(&caller.base).unwrap_or(path))
    }

    fn parse(path: &str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_prefix('/').unwrap_or(path);
        match path.split_once('/') {
            None if path == "Users" => Self::Users,
            None if path == "Groups" => Self::Groups,
            None if path == "Me" => Self::Me,
            Some(("Users", id)) if !id.is_empty() && !id.contains('/') => Self::User(id.to_owned()),
            Some(("Groups", id)) if !id.is_empty() && !id.contains('/') => Self::Group(id.to_owned()),
            _ => Self::Nothing,
        }
    }

    /// What the bodies there are of.
    pub fn kind<'a>(&self, caller: &'a Caller) -> &'a ResourceType {
        match self {
            Self::Groups | Self::Group(_) => &caller.kinds().group,
            _ => &caller.kinds().user,
        }
    }

    /// The address of the one resource that is meant.
    pub fn location(&self, caller: &Caller) -> Option<String> {
        match self {
            Self::User(id) if DirectoryUserId::parse(id).is_some() => Some(format!("{}/Users/{id}", caller.base)),
            Self::Group(id) if DirectoryGroupId::parse(id).is_some() => Some(format!("{}/Groups/{id}", caller.base)),
            _ => None,
        }
    }

    /// Does an operation. `versions` are those of which the present one must be one.
    pub async fn change(
        &self,
        caller: &Caller,
        method: BulkMethod,
        data: Option<Value>,
        versions: Option<Vec<String>>,
    ) -> Result<Outcome, ApiError> {
        let body = data.unwrap_or_default();
        let allowed = |methods: &str| Err(ApiError::method_not_allowed(methods.to_owned()));
        match (self, method) {
            (Self::Users, BulkMethod::Post) => users::ops::create(caller, body, &brief(&caller.kinds().user)).await,
            (Self::Groups, BulkMethod::Post) => groups::ops::create(caller, body, &brief(&caller.kinds().group)).await,
            (Self::User(id), BulkMethod::Put) => {
                users::ops::replace(caller, id, body, versions, &brief(&caller.kinds().user)).await
            }
            (Self::User(id), BulkMethod::Patch) => {
                users::ops::patch(caller, id, body, versions, &brief(&caller.kinds().user)).await
            }
            (Self::User(id), BulkMethod::Delete) => users::ops::delete(caller, id, versions).await,
            (Self::Group(id), BulkMethod::Put) => {
                groups::ops::replace(caller, id, body, versions, &brief(&caller.kinds().group)).await
            }
            (Self::Group(id), BulkMethod::Patch) => {
                groups::ops::patch(caller, id, body, versions, &brief(&caller.kinds().group)).await
            }
            (Self::Group(id), BulkMethod::Delete) => groups::ops::delete(caller, id, versions).await,
            (Self::Users | Self::Groups, _) => allowed("POST"),
            (Self::User(_) | Self::Group(_), BulkMethod::Post) => allowed("PUT, PATCH, DELETE"),
            (Self::Me, _) => {
                Err(ScimError::new(501, "The credential of a directory has no resource of its own").into())
            }
            (Self::Nothing, _) => Err(ApiError::no_such_path()),
        }
    }
}

/// Answers hold no resources, so nothing is read for them.
fn brief(kind: &ResourceType) -> Projection {
    Projection::new(kind, ["id"], [])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_resources_or_nowhere() {
        let user = |id: &str| Target::User(id.to_owned());
        for (path, wanted) in [
            ("/Users", Target::Users),
            ("Groups", Target::Groups),
            ("/Users/a", user("a")),
            ("/Users/a?attributes=id", user("a")),
            ("/Groups/b", Target::Group("b".to_owned())),
            ("/Me", Target::Me),
            ("/users", Target::Nothing),
            ("/Users/", Target::Nothing),
            ("/Users/a/b", Target::Nothing),
            ("//Users", Target::Nothing),
            ("/Bulk", Target::Nothing),
            ("", Target::Nothing),
        ] {
            assert_eq!(Target::parse(path), wanted, "{path}");
        }
    }
}
