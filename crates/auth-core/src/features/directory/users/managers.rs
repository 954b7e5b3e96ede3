//! Who the `manager` of a person is (RFC 7643 section 4.3): what it is called and where it is are not stored with the
//! reference, but read where it is shown, from the directory as it is now.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::DirectoryUser;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::Attributes;
use crate::features::directory::groups::lists::{MOST, filled, places};
use crate::ids::{DirectoryId, DirectoryUserId, Id as _};
use scim_protocol::schema::ENTERPRISE_USER;

/// A manager who is a user of the same directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// Which.
    pub id: DirectoryUserId,
    /// Its `displayName`, else its `userName`.
    pub display_name: String,
}

/// The id that the manager is referred to by, whether or not there is such a user.
pub(super) fn reference(attributes: &Attributes) -> Option<&str> {
    attributes.get(ENTERPRISE_USER)?.get("manager")?.get("value").and_then(Json::as_str)
}

/// Reads the managers of some people, by one statement. Nothing is asked where nobody has one.
pub(super) async fn complete(db: &impl Scope, directory: &DirectoryId, people: &mut [DirectoryUser]) -> Result<()> {
    if people.iter().all(|user| user.manager.is_none() && reference(&user.attributes).is_none()) {
        return Ok(());
    }
    // Apart, so that nobody else carries the room for it.
    Box::pin(read(db, directory, people)).await
}

async fn read(db: &impl Scope, directory: &DirectoryId, people: &mut [DirectoryUser]) -> Result<()> {
    let mut ids: Vec<String> = people
        .iter()
        .filter_map(|user| reference(&user.attributes))
        // What cannot be an id is the id of nobody.
        .filter(|id| DirectoryUserId::parse(id).is_some())
        .map(str::to_owned)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names: HashMap<String, String> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(MOST) {
        let sql = format!(
            "SELECT u.id, COALESCE(u.display_name, u.user_name) FROM directory_users u
             WHERE u.directory_id = $1 AND u.id {}",
            places(db.backend(), chunk.len(), 2)
        );
        let values = std::iter::once(directory.as_str().into()).chain(filled(chunk));
        for row in db::all(db, sql, values).await? {
            names.insert(row.get(0)?, row.get(1)?);
        }
    }
    for user in people {
        user.manager = reference(&user.attributes).and_then(|id| {
            let display_name = names.get(id)?.clone();
            Some(Box::new(Manager { id: DirectoryUserId::from_text(id.to_owned()), display_name }))
        });
    }
    Ok(())
}
