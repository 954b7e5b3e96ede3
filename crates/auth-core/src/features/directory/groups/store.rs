//! The queries of groups, without their members.

use super::DirectoryGroup;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::import;
use crate::features::directory::resource::GroupColumns;
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _};

pub(super) const COLUMNS: &str = "g.id, g.version, g.resource, g.created_at, g.updated_at";

pub(super) fn read(row: &Row) -> Result<DirectoryGroup> {
    let resource: String = row.get(2)?;
    Ok(DirectoryGroup {
        id: row.get(0)?,
        version: row.get(1)?,
        attributes: serde_json::from_str(&resource)?,
        members: None,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
    })
}

pub(in crate::features::directory) async fn find(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &DirectoryGroupId,
) -> Result<Option<DirectoryGroup>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1 AND g.id = $2");
    db::one(db, sql, [directory.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// The group, locked: changes of its members wait for one another.
pub(super) async fn lock(tx: &Tx, directory: &DirectoryId, id: &DirectoryGroupId) -> Result<Option<DirectoryGroup>> {
    import::touch(tx, directory, import::Kind::Group, id.as_str(), None).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1 AND g.id = $2{}",
        tx.lock_for_change()
    );
    db::one(tx, sql, [directory.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn insert(
    tx: &Tx,
    directory: &DirectoryId,
    group: &DirectoryGroup,
    columns: &GroupColumns,
) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO directory_groups
             (id, directory_id, display_name, display_name_key, external_id, resource, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        [
            group.id.as_str().into(),
            directory.as_str().into(),
            columns.display_name.as_str().into(),
            columns.display_name_key.as_str().into(),
            columns.external_id.clone().into(),
            serde_json::to_string(&group.attributes)?.into(),
            group.version.into(),
            group.created_at.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes a row anew; its version has been raised.
pub(super) async fn update(
    tx: &Tx,
    directory: &DirectoryId,
    group: &DirectoryGroup,
    columns: &GroupColumns,
) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_groups SET display_name = $3, display_name_key = $4, external_id = $5, resource = $6,
             version = $7, updated_at = $8
         WHERE directory_id = $1 AND id = $2",
        [
            directory.as_str().into(),
            group.id.as_str().into(),
            columns.display_name.as_str().into(),
            columns.display_name_key.as_str().into(),
            columns.external_id.clone().into(),
            serde_json::to_string(&group.attributes)?.into(),
            group.version.into(),
            group.updated_at.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Writes the version of a group whose members alone changed.
pub(super) async fn touch(tx: &Tx, directory: &DirectoryId, group: &DirectoryGroup) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_groups SET version = $3, updated_at = $4 WHERE directory_id = $1 AND id = $2",
        [directory.as_str().into(), group.id.as_str().into(), group.version.into(), group.updated_at.into()],
    )
    .await?;
    Ok(())
}

/// Removes a group, with its rows of members.
pub(super) async fn delete(tx: &Tx, directory: &DirectoryId, id: &DirectoryGroupId) -> Result<()> {
    let values = [directory.as_str().into(), id.as_str().into()];
    db::run(tx, "DELETE FROM directory_groups WHERE directory_id = $1 AND id = $2", values).await?;
    Ok(())
}
