//! What an admin changes of a directory: its name, whether it takes requests, its settings.

use serde_json::{Value as Json, json};

use super::{COLUMNS, Directory, State, authorize, is_text, owner_key, read};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};
use crate::roles::{self, OWNER, RolesFault};

/// What to change. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What admins call it.
    pub name: Option<String>,
    /// Whether it takes requests.
    pub state: Option<State>,
    /// The role of everybody whom it makes a member.
    pub default_role: Option<String>,
    /// Whether roles given by hand return with a reactivation.
    pub restore_roles_on_reactivation: Option<bool>,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    pub restore_roles_after_delete: Option<bool>,
    /// Whether passwords that it sends are kept where it is authoritative.
    pub keep_password: Option<bool>,
}

/// Changes a directory. The role that it gives is never above that of whoever decides so, and never that of
/// owners. A directory that is paused refuses its requests from the commit on.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::InvalidName`], [`RolesFault::OwnerByHandOnly`],
/// [`RolesFault::AboveOwn`], [`RolesFault::NotFound`], and those of the authorization.
pub async fn update<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    id: &DirectoryId,
    changes: &Changes,
) -> Result<Directory> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directories d WHERE d.owner_key = $1 AND d.id = $2 AND d.deleted_at IS NULL{}",
        tx.lock()
    );
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    let before = row.map_or(Err(DirectoryFault::NotFound.into()), |row| read(&row, 0))?;
    let mut after = before.clone();
    if let Some(name) = &changes.name {
        if !is_text(name) {
            return Err(DirectoryFault::InvalidName.into());
        }
        after.name.clone_from(name);
    }
    if let Some(state) = changes.state {
        after.state = state;
    }
    if let Some(role) = &changes.default_role {
        check_role(tx, owner, role).await?;
        after.settings.default_role.clone_from(role);
    }
    let settings = &mut after.settings;
    for (setting, change) in [
        (&mut settings.restore_roles_on_reactivation, changes.restore_roles_on_reactivation),
        (&mut settings.restore_roles_after_delete, changes.restore_roles_after_delete),
        (&mut settings.keep_password, changes.keep_password),
    ] {
        *setting = change.unwrap_or(*setting);
    }
    if facts(&before) == facts(&after) {
        return Ok(before);
    }
    after.updated_at = tx.now();
    db::run(
        tx,
        "UPDATE directories SET name = $1, state = $2, settings = $3, updated_at = $4 WHERE id = $5 AND owner_key = $6",
        [
            after.name.clone().into(),
            after.state.as_str().into(),
            after.settings.to_json().to_string().into(),
            after.updated_at.into(),
            id.as_str().into(),
            owner_key(owner).into(),
        ],
    )
    .await?;
    let payload = json!({
        "v": 1, "name": after.name, "provider_id": after.provider_id, "before": facts(&before), "after": facts(&after),
    });
    tx.record(Event::new(EventKind::DirectoryUpdated, id, payload).within(owner));
    Ok(after)
}

/// Refuses a role that this caller may not let a directory give.
async fn check_role(tx: &Tx, owner: Option<&OrgId>, role: &str) -> Result<()> {
    if role == OWNER {
        return Err(RolesFault::OwnerByHandOnly.into());
    }
    match owner {
        Some(organization) => roles::authority(tx, organization).await?.may_give(role),
        None if roles::is_known(role) => Ok(()),
        None => Err(RolesFault::NotFound(role.to_owned()).into()),
    }
}

fn facts(directory: &Directory) -> Json {
    json!({
        "name": directory.name, "state": directory.state.as_str(), "settings": directory.settings.to_json(),
    })
}
