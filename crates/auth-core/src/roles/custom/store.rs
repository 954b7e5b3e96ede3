//! The queries on roles that were made. Those of the instance have no organization; each statement says whose it means.

use sea_orm::Value;
use serde_json::Value as Json;

use super::{CustomRole, Which};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, OrgId, RoleId};
use crate::users::stored_object;

const COLUMNS: &str =
    "r.id, r.role_key, r.name, r.description, r.permissions, r.created_at, r.updated_at, r.organization_id,
    r.additional_fields";

fn read(row: &Row) -> Result<CustomRole> {
    let permissions: String = row.get(4)?;
    Ok(CustomRole {
        id: row.get(0)?,
        organization_id: row.get::<Option<String>>(7)?.map(OrgId::from_text),
        key: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        permissions: serde_json::from_str(&permissions)?,
        additional_fields: stored_object(&row.get::<String>(8)?)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}

/// Whose a role `r` is, in a WHERE; the owner is `$1`, an empty text for the instance.
const OWNED: &str = "COALESCE(r.organization_id, '') = $1";

fn owner(organization: Option<&OrgId>) -> Value {
    organization.map_or("", OrgId::as_str).into()
}

pub(super) async fn list(db: &impl Scope, organization: Option<&OrgId>) -> Result<Vec<CustomRole>> {
    let (whose, values): (_, Vec<Value>) = match organization {
        // Said like this, its index is used.
        Some(id) => ("r.organization_id = $1", vec![id.as_str().into()]),
        None => ("r.organization_id IS NULL", Vec::new()),
    };
    let sql = format!("SELECT {COLUMNS} FROM roles r WHERE {whose} ORDER BY r.created_at, r.id");
    db::all(db, sql, values).await?.iter().map(read).collect()
}

pub(super) async fn find(
    db: &impl Scope,
    organization: Option<&OrgId>,
    which: &Which,
    lock: &str,
) -> Result<Option<CustomRole>> {
    let (column, value) = match which {
        Which::Id(id) => ("r.id", id.as_str()),
        Which::Key(key) => ("r.role_key", key.as_str()),
    };
    let sql = format!("SELECT {COLUMNS} FROM roles r WHERE {OWNED} AND {column} = $2{lock}");
    db::one(db, sql, [owner(organization), value.into()]).await?.as_ref().map(read).transpose()
}

/// Those of the keys that are roles of the instance or of one of the organizations. An organization's own come first.
pub(super) async fn find_many(db: &impl Scope, organizations: &[&str], keys: &[&str]) -> Result<Vec<CustomRole>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM roles r WHERE r.role_key {} AND (r.organization_id IS NULL OR r.organization_id {})
         ORDER BY CASE WHEN r.organization_id IS NULL THEN 1 ELSE 0 END",
        db::among(db.backend(), 1),
        db::among(db.backend(), 2)
    );
    let list = |texts: &[&str]| texts.iter().copied().collect::<serde_json::Value>().to_string();
    db::all(db, sql, [list(keys).into(), list(organizations).into()]).await?.iter().map(read).collect()
}

/// Whether there is a role with that key that the organization can give, or the instance; it then is not deleted until the
/// transaction ends.
pub(super) async fn keep(tx: &Tx, organization: Option<&OrgId>, key: &str) -> Result<bool> {
    let sql = format!(
        "SELECT r.id FROM roles r WHERE r.role_key = $2 AND (r.organization_id IS NULL OR r.organization_id = $1){}",
        tx.keep()
    );
    Ok(!db::all(tx, sql, [owner(organization), key.into()]).await?.is_empty())
}

/// Whether the instance has a role with that key.
pub(super) async fn is_of_instance(db: &impl Scope, key: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM roles WHERE role_key = $1 AND organization_id IS NULL LIMIT 1";
    Ok(db::one(db, sql, [key.into()]).await?.is_some())
}

pub(super) async fn insert(tx: &Tx, role: &CustomRole) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO roles (id, role_key, name, description, permissions, created_at, updated_at, organization_id,
             additional_fields)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            role.id.clone().into(),
            role.key.as_str().into(),
            role.name.as_str().into(),
            role.description.as_str().into(),
            serde_json::to_string(&role.permissions)?.into(),
            role.created_at.into(),
            role.updated_at.into(),
            role.organization_id.as_ref().map(ToString::to_string).into(),
            serde_json::to_string(&role.additional_fields)?.into(),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn update(tx: &Tx, role: &CustomRole) -> Result<()> {
    let sql = format!(
        "UPDATE roles SET role_key = $3, name = $4, description = $5, permissions = $6, updated_at = $7,
             additional_fields = $8
         WHERE {} AND id = $2",
        OWNED.replace("r.", "")
    );
    let values = [
        owner(role.organization_id.as_ref()),
        role.id.clone().into(),
        role.key.as_str().into(),
        role.name.as_str().into(),
        role.description.as_str().into(),
        serde_json::to_string(&role.permissions)?.into(),
        role.updated_at.into(),
        serde_json::to_string(&role.additional_fields)?.into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

pub(super) async fn delete(tx: &Tx, organization: Option<&OrgId>, id: &RoleId) -> Result<()> {
    let sql = format!("DELETE FROM roles WHERE {} AND id = $2", OWNED.replace("r.", ""));
    db::run(tx, sql, [owner(organization), id.clone().into()]).await?;
    Ok(())
}

/// Who has a role or is to have it.
pub(super) struct Uses {
    /// Grants of members.
    pub grants: i64,
    /// Invitations that are pending, expired or not.
    pub invitations: i64,
    /// Whether settings or rules of a directory name it.
    pub directories: bool,
}

/// What is looked through for a role (`$2`): what is the organization's (`$1`) for its own, and for the instance's all of it
/// but organizations that mean a role of their own by the same key.
fn within(organization: Option<&OrgId>) -> &'static str {
    if organization.is_some() {
        "organization_id = $1"
    } else {
        "$1 = '' AND COALESCE(organization_id, '') NOT IN
             (SELECT own.organization_id FROM roles own WHERE own.role_key = $2 AND own.organization_id IS NOT NULL)"
    }
}

pub(super) async fn uses(db: &impl Scope, organization: Option<&OrgId>, key: &str) -> Result<Uses> {
    let within = within(organization);
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM member_grants WHERE {within} AND role = $2),
            (SELECT COUNT(*) FROM invitations WHERE {within} AND status = 'pending'
                AND ',' || role || ',' LIKE '%,' || $3 || ',%' ESCAPE '!')"
    );
    let row = db::one(db, sql, [owner(organization), key.into(), escaped(key)]).await?;
    let Some(row) = row else { return Ok(Uses { grants: 0, invitations: 0, directories: false }) };
    let directories = is_given_by_directories(db, organization, key).await?;
    Ok(Uses { grants: row.get(0)?, invitations: row.get(1)?, directories })
}

/// Whether settings or rules of a directory name a role. What has the word in it is looked into: it may stand there for
/// something else.
async fn is_given_by_directories(db: &impl Scope, organization: Option<&OrgId>, key: &str) -> Result<bool> {
    let within = within(organization);
    let sql = format!(
        "SELECT settings FROM directories
         WHERE {within} AND deleted_at IS NULL AND settings LIKE '%\"' || $3 || '\"%' ESCAPE '!'
         UNION ALL
         SELECT roles FROM directory_role_rules WHERE directory_id IN (SELECT id FROM directories WHERE {within})
             AND roles LIKE '%\"' || $3 || '\"%' ESCAPE '!'"
    );
    let among = |roles: &Json| roles.as_array().is_some_and(|roles| roles.iter().any(|role| role == key));
    for row in db::all(db, sql, [owner(organization), key.into(), escaped(key)]).await? {
        let found: Json = serde_json::from_str(&row.get::<String>(0)?)?;
        if among(&found) || found["default_role"] == key || among(&found["mapping_roles"]) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A key as a part of a pattern.
fn escaped(key: &str) -> Value {
    key.replace('_', "!_").into()
}

/// Whether somebody who has a role of the instance, or is invited to it, is where another key means an organization's own role.
pub(super) async fn is_meant_otherwise(db: &impl Scope, key: &str, other: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM roles own WHERE own.role_key = $1 AND own.organization_id IS NOT NULL AND (
             EXISTS (SELECT 1 FROM member_grants g WHERE g.organization_id = own.organization_id AND g.role = $2)
             OR EXISTS (SELECT 1 FROM invitations i WHERE i.organization_id = own.organization_id AND i.status = 'pending'
                 AND ',' || i.role || ',' LIKE '%,' || $3 || ',%' ESCAPE '!'))
           AND NOT EXISTS (SELECT 1 FROM roles same WHERE same.organization_id = own.organization_id AND same.role_key = $2)
         LIMIT 1";
    Ok(db::one(db, sql, [other.into(), key.into(), escaped(key)]).await?.is_some())
}

/// Gives whoever has a role another one instead, each once.
pub(super) async fn reassign(tx: &Tx, organization: Option<&OrgId>, from: &str, to: &str) -> Result<()> {
    let within = within(organization);
    let sql = format!(
        "UPDATE member_grants SET role = $3 WHERE {within} AND role = $2 AND NOT EXISTS (
             SELECT 1 FROM member_grants o WHERE o.member_id = member_grants.member_id AND o.role = $3
               AND o.source = member_grants.source AND o.source_id = member_grants.source_id)"
    );
    db::run(tx, sql, [owner(organization), from.into(), to.into()]).await?;
    let sql = format!("DELETE FROM member_grants WHERE {within} AND role = $2");
    db::run(tx, sql, [owner(organization), from.into()]).await?;
    // Whoever is invited to both is invited to the other once.
    let held = |place: &str| format!("',' || role || ',' LIKE '%,' || {place} || ',%' ESCAPE '!'");
    for (put, also) in [("','", format!(" AND {}", held("$5"))), ("',' || $3 || ','", String::new())] {
        let sql = format!(
            "UPDATE invitations SET role = SUBSTR(REPLACE(',' || role || ',', ',' || $2 || ',', {put}), 2,
                 LENGTH(REPLACE(',' || role || ',', ',' || $2 || ',', {put})) - 2)
             WHERE {within} AND status = 'pending' AND $3 <> '' AND $5 <> '' AND {}{also}",
            held("$4")
        );
        db::run(tx, sql, [owner(organization), from.into(), to.into(), escaped(from), escaped(to)]).await?;
    }
    Ok(())
}
