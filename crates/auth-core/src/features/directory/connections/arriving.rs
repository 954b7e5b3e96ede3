//! Directories that come from another system.

use super::making::{insert, is_text};
use super::{COLUMNS, Directory, owner_key, read};
use crate::arrivals::{self, BAD_ID, Came, NO_ORGANIZATION};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{DirectoryId, Id as _, OrgId};

const KIND: &str = "directory";

/// A directory as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Whose; `None` for the instance.
    pub organization_id: Option<String>,
    /// Unique among the directories of its owner.
    pub provider_id: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Takes a directory over, or finds the one that its owner has of the same provider. It is given where it is here.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<(Came, Option<Directory>)> {
    arrivals::demand(tx)?;
    let Some(id) = DirectoryId::parse(&there.id) else { return Ok((BAD_ID, None)) };
    let owner = match there.organization_id.as_deref().map(OrgId::parse) {
        None if tx.settings().directory.require_organization => {
            return Ok((Came::refused("it belongs to no organization, and the settings want one"), None));
        }
        None => None,
        Some(Some(id)) if arrivals::has_row(tx, "organizations", id.as_str()).await? => Some(id),
        Some(_) => return Ok((NO_ORGANIZATION, None)),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND (d.id = $2 OR d.provider_id = $3)
         AND d.deleted_at IS NULL ORDER BY CASE WHEN d.id = $2 THEN 0 ELSE 1 END LIMIT 1"
    );
    let values = [owner_key(owner.as_ref()).into(), id.as_str().into(), there.provider_id.as_str().into()];
    if let Some(row) = db::one(tx, sql, values).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok((Came::Present(Vec::new()), Some(read(&row, 0)?)));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok((Came::Gone, None));
    }
    if arrivals::has_row(tx, "directories", id.as_str()).await? {
        return Ok((Came::refused("a directory of another owner here has its id"), None));
    }
    if !is_text(&there.provider_id) || there.provider_id.contains(':') {
        return Ok((Came::refused("its provider id is none that can be kept"), None));
    }
    let created_at = there.created_at.unwrap_or(tx.now());
    let made = insert(tx, id, owner.as_ref(), &there.provider_id, &there.provider_id, created_at).await?;
    arrivals::note(tx, KIND, made.id.as_str());
    Ok((Came::whole(), Some(made)))
}
