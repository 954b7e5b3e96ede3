//! The queries of groups, without their members.

use sea_orm::Value;

use super::{DirectoryGroup, Member, MemberKind, membership};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::connections;
use crate::features::directory::query::{
    CHUNK, Column, Columns, Compares, Lowered, Page, Query, SCAN, Scan, complete, lower, mentions,
};
use crate::features::directory::resource::GroupColumns;
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _};
use scim_protocol::AttrPath;

const COLUMNS: &str = "g.id, g.version, g.resource, g.created_at, g.updated_at";

fn read(row: &Row) -> Result<DirectoryGroup> {
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

pub(super) async fn find(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &DirectoryGroupId,
) -> Result<Option<DirectoryGroup>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1 AND g.id = $2");
    db::one(db, sql, [directory.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// The group, locked: changes of its members wait for one another.
pub(super) async fn lock(tx: &Tx, directory: &DirectoryId, id: &DirectoryGroupId) -> Result<Option<DirectoryGroup>> {
    let sql = format!("SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1 AND g.id = $2{}", tx.lock());
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

const MEMBER: &str = "g.id IN (SELECT m.group_id FROM directory_group_members m
     WHERE m.member_id = {} AND m.directory_id = g.directory_id)";

/// What the columns of a group answer.
const ANSWERED: Columns = Columns { table: "g", of: column, list };

fn column(path: &AttrPath) -> Option<Column> {
    if path.schema.is_some() || path.sub.is_some() {
        return None;
    }
    let (name, compares) = match path.attr.as_str() {
        "id" => ("id", Compares::Exactly),
        "externalId" => ("external_id", Compares::Exactly),
        "displayName" => ("display_name_key", Compares::Folded),
        _ => return None,
    };
    Some(Column { name, compares })
}

fn list(path: &AttrPath) -> Option<&'static str> {
    let members = path.schema.is_none() && path.attr == "members" && path.sub.as_deref() == Some("value");
    members.then_some(MEMBER)
}

/// A page of the groups that match.
pub(super) async fn page(db: &impl Scope, directory: &DirectoryId, query: &Query<'_>) -> Result<Page<DirectoryGroup>> {
    let lowered = lower(query.filter, &ANSWERED, 2);
    if !lowered.remaining.is_empty() {
        return scan(db, directory, query, &lowered).await;
    }
    let mut resources = Vec::new();
    if query.limit > 0 {
        let n = lowered.values.len() + 2;
        let sql = format!(
            "SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1{} ORDER BY g.id LIMIT ${n} OFFSET ${}",
            lowered.sql,
            n + 1
        );
        let bounds = [connections::bounded(query.limit).into(), connections::bounded(query.offset).into()];
        let rows = db::all(db, sql, values(directory, &lowered).chain(bounds)).await?;
        resources = rows.iter().map(read).collect::<Result<_>>()?;
    }
    let total = if let Some(total) = query.total_from(resources.len()) {
        total
    } else {
        let sql = format!("SELECT COUNT(*) FROM directory_groups g WHERE g.directory_id = $1{}", lowered.sql);
        db::one(db, sql, values(directory, &lowered)).await?.map_or(Ok(0), |row| row.get(0))?
    };
    Ok(Page { resources, total })
}

fn values<'a>(directory: &'a DirectoryId, lowered: &'a Lowered<'a>) -> impl Iterator<Item = Value> + 'a {
    std::iter::once(directory.as_str().into()).chain(lowered.values.iter().cloned())
}

/// The same where columns do not answer everything. Members are read only for filters that look at
/// them, and count against the bound like groups.
async fn scan(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: &Lowered<'_>,
) -> Result<Page<DirectoryGroup>> {
    let n = lowered.values.len() + 2;
    let sql = format!(
        "SELECT {COLUMNS} FROM directory_groups g WHERE g.directory_id = $1{} AND g.id > ${n} ORDER BY g.id LIMIT ${}",
        lowered.sql,
        n + 1
    );
    let with_members = lowered.remaining.iter().any(|part| mentions(part, "members"));
    let (mut after, mut bound) = (String::new(), Scan::new());
    let mut page = Page { resources: Vec::new(), total: 0 };
    loop {
        let place = [after.as_str().into(), connections::bounded(CHUNK).into()];
        let rows = db::all(db, sql.as_str(), values(directory, lowered).chain(place)).await?;
        bound.count(rows.len())?;
        for row in &rows {
            let group = read(row)?;
            group.id.as_str().clone_into(&mut after);
            let mut whole = complete(
                &group.attributes,
                group.id.as_str(),
                "Group",
                group.version,
                group.created_at,
                group.updated_at,
            );
            if with_members {
                let members = membership::some(db, directory, &group.id, "", SCAN).await?;
                bound.count(members.len())?;
                whole.insert("members".to_owned(), members.iter().map(as_json).collect());
            }
            if lowered.remaining.iter().all(|part| part.matches(query.kind, &whole)) {
                page.take(query, group);
            }
        }
        if (rows.len() as u64) < CHUNK {
            return Ok(page);
        }
    }
}

/// A member as filters see it.
fn as_json(member: &Member) -> serde_json::Value {
    let kind = match member.kind {
        MemberKind::User => "User",
        MemberKind::Group => "Group",
    };
    serde_json::json!({ "value": member.id, "display": member.display, "type": kind })
}
