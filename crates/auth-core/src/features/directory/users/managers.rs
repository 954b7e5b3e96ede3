//! What the managers of people are called: stored nowhere, as RFC 7643 section 4.3 has it for the service to say.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;

use super::DirectoryUser;
use crate::db::{self, Scope, among};
use crate::fault::Result;
use crate::features::directory::Attributes;
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::AttrPath;
use scim_protocol::schema::ENTERPRISE_USER;

/// How many managers are asked for at once.
const SOME: usize = 1000;

/// Whether an attribute is, or holds, the name of a manager.
pub(super) fn concerns(path: &AttrPath) -> bool {
    path.schema.as_deref() == Some(ENTERPRISE_USER)
        && path.attr == "manager"
        && path.sub.as_deref().is_none_or(|sub| sub == "displayName")
}

/// The id that a resource gives for its manager: of another resource, or whatever the identity provider has.
pub(super) fn of(attributes: &Attributes) -> Option<&str> {
    attributes.get(ENTERPRISE_USER)?.get("manager")?.get("value")?.as_str()
}

/// Adds the names of the managers to people who were read. It costs nothing where nobody has one.
///
/// # Errors
/// Those of the database.
pub(super) async fn complete(db: &impl Scope, directory: &DirectoryId, people: &mut [DirectoryUser]) -> Result<()> {
    let ids: BTreeSet<&str> = people.iter().filter_map(|user| of(&user.attributes)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for some in ids.chunks(SOME) {
        let sql = format!(
            "SELECT u.id, u.display_name FROM directory_users u
             WHERE u.directory_id = $1 AND u.id {} AND u.display_name IS NOT NULL",
            among(db.backend(), 2)
        );
        for row in db::all(db, sql, [directory.as_str().into(), Json::from(some).to_string().into()]).await? {
            names.insert(row.get::<String>(0)?, row.get::<String>(1)?);
        }
    }
    for user in people {
        user.manager_name = of(&user.attributes).and_then(|id| names.get(id).cloned());
    }
    Ok(())
}

/// Puts the name where it is shown.
pub(super) fn show(attributes: &mut Attributes, name: &str) {
    if let Some(Json::Object(manager)) = attributes.get_mut(ENTERPRISE_USER).and_then(|own| own.get_mut("manager")) {
        manager.insert("displayName".to_owned(), name.into());
    }
}
