//! The queries on roles that were made.

use super::CustomRole;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::RoleId;

const COLUMNS: &str = "r.id, r.role_key, r.name, r.description, r.permissions, r.created_at, r.updated_at";

fn read(row: &Row) -> Result<CustomRole> {
    let permissions: String = row.get(4)?;
    Ok(CustomRole {
        id: row.get(0)?,
        key: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        permissions: serde_json::from_str(&permissions)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

pub(super) async fn list(db: &impl Scope) -> Result<Vec<CustomRole>> {
    let sql = format!("SELECT {COLUMNS} FROM roles r ORDER BY r.created_at, r.id");
    db::all(db, sql, []).await?.iter().map(read).collect()
}

pub(super) async fn find(db: &impl Scope, id: &RoleId) -> Result<Option<CustomRole>> {
    let sql = format!("SELECT {COLUMNS} FROM roles r WHERE r.id = $1");
    db::one(db, sql, [id.clone().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn lock(tx: &Tx, id: &RoleId) -> Result<Option<CustomRole>> {
    let sql = format!("SELECT {COLUMNS} FROM roles r WHERE r.id = $1{}", tx.lock());
    db::one(tx, sql, [id.clone().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn find_many(db: &impl Scope, keys: &[&str]) -> Result<Vec<CustomRole>> {
    let sql = format!("SELECT {COLUMNS} FROM roles r WHERE r.role_key {}", db::among(db.backend(), 1));
    let keys = keys.iter().copied().collect::<serde_json::Value>().to_string();
    db::all(db, sql, [keys.into()]).await?.iter().map(read).collect()
}

/// Whether there is a role with that key, which then is not deleted until the transaction ends.
pub(super) async fn keep(tx: &Tx, key: &str) -> Result<bool> {
    let sql = format!("SELECT id FROM roles WHERE role_key = $1{}", tx.keep());
    Ok(db::one(tx, sql, [key.into()]).await?.is_some())
}

pub(super) async fn insert(tx: &Tx, role: &CustomRole) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO roles (id, role_key, name, description, permissions, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            role.id.clone().into(),
            role.key.as_str().into(),
            role.name.as_str().into(),
            role.description.as_str().into(),
            serde_json::to_string(&role.permissions)?.into(),
            role.created_at.into(),
            role.updated_at.into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn update(tx: &Tx, role: &CustomRole) -> Result<()> {
    db::run(
        tx,
        "UPDATE roles SET name = $2, description = $3, permissions = $4, updated_at = $5 WHERE id = $1",
        [
            role.id.clone().into(),
            role.name.as_str().into(),
            role.description.as_str().into(),
            serde_json::to_string(&role.permissions)?.into(),
            role.updated_at.into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, id: &RoleId) -> Result<()> {
    db::run(tx, "DELETE FROM roles WHERE id = $1", [id.clone().into()]).await?;
    Ok(())
}

/// Who has a role or is to have it.
pub(super) struct Uses {
    /// Grants of members.
    pub grants: i64,
    /// Invitations that are pending, expired or not.
    pub invitations: i64,
    /// Directories whose settings or rules name it.
    pub directories: i64,
}

/// In the JSON of settings and rules a role is a text, and no name of a field: that is followed by a colon.
pub(super) async fn uses(db: &impl Scope, key: &str) -> Result<Uses> {
    let named = |column: &str| {
        [",", "]", "}"]
            .map(|end| format!("REPLACE({column}, ' ', '') LIKE '%\"' || $2 || '\"{end}%' ESCAPE '!'"))
            .join(" OR ")
    };
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM member_grants WHERE role = $1),
            (SELECT COUNT(*) FROM invitations WHERE status = 'pending' AND ',' || role || ',' LIKE '%,' || $2 || ',%' ESCAPE '!'),
            (SELECT COUNT(*) FROM directories WHERE deleted_at IS NULL AND ({}))
            + (SELECT COUNT(*) FROM directory_role_rules WHERE {})",
        named("settings"),
        named("roles")
    );
    let row = db::one(db, sql, [key.into(), key.replace('_', "!_").into()]).await?;
    let Some(row) = row else { return Ok(Uses { grants: 0, invitations: 0, directories: 0 }) };
    Ok(Uses { grants: row.get(0)?, invitations: row.get(1)?, directories: row.get(2)? })
}

/// Gives whoever has a role another one instead, each once.
pub(super) async fn reassign(tx: &Tx, from: &str, to: &str) -> Result<()> {
    let sql = "UPDATE member_grants SET role = $2 WHERE role = $1 AND NOT EXISTS (
             SELECT 1 FROM member_grants o WHERE o.member_id = member_grants.member_id AND o.role = $2
               AND o.source = member_grants.source AND o.source_id = member_grants.source_id)";
    db::run(tx, sql, [from.into(), to.into()]).await?;
    db::run(tx, "DELETE FROM member_grants WHERE role = $1", [from.into()]).await?;
    let sql = "UPDATE invitations SET role = SUBSTR(REPLACE(',' || role || ',', ',' || $1 || ',', ',' || $2 || ','), 2,
             LENGTH(REPLACE(',' || role || ',', ',' || $1 || ',', ',' || $2 || ',')) - 2)
         WHERE status = 'pending' AND ',' || role || ',' LIKE '%,' || $3 || ',%' ESCAPE '!'";
    db::run(tx, sql, [from.into(), to.into(), from.replace('_', "!_").into()]).await?;
    Ok(())
}
