//! The queries of user resources.

use std::sync::LazyLock;

use sea_orm::Value;

use super::{DirectoryUser, GroupRef, Link};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::features::directory::query::{
    CHUNK, Column, Columns, Compares, Lowered, Page, Query, Scan, complete, lower,
};
use crate::features::directory::resource::UserColumns;
use crate::features::directory::{DirectoryFault, connections};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _, UserId};
use scim_protocol::AttrPath;

/// What separates the groups of a person in one column, and what an id and a name in one of them:
/// control characters, which are taken out of the names.
const RECORD: char = '\u{1e}';
const UNIT: char = '\u{1f}';

/// The columns that [`read`] reads, of a table named `u`.
fn columns() -> &'static str {
    &COLUMNS
}

static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "u.id, u.version, u.active, u.resource, u.user_id, u.link, u.created_at, u.updated_at,
         (SELECT string_agg(g.id || '{UNIT}' || replace(g.display_name, '{RECORD}', ' '), '{RECORD}')
          FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id WHERE m.member_id = u.id)"
    )
});

fn read(row: &Row) -> Result<DirectoryUser> {
    let resource: String = row.get(3)?;
    let link: String = row.get(5)?;
    let groups: Option<String> = row.get(8)?;
    Ok(DirectoryUser {
        id: row.get(0)?,
        version: row.get(1)?,
        active: row.get(2)?,
        attributes: serde_json::from_str(&resource)?,
        groups: groups_of(groups.as_deref().unwrap_or_default()),
        user_id: row.get::<Option<String>>(4)?.map(UserId::from_text),
        link: Link::from_stored(&link),
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}

fn groups_of(text: &str) -> Vec<GroupRef> {
    let mut groups: Vec<GroupRef> = text
        .split(RECORD)
        .filter_map(|group| group.split_once(UNIT))
        .map(|(id, name)| GroupRef { id: DirectoryGroupId::from_text(id.to_owned()), display_name: name.to_owned() })
        .collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups
}

pub(super) async fn find(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    let sql = format!("SELECT {} FROM directory_users u WHERE u.directory_id = $1 AND u.id = $2", columns());
    db::one(db, sql, [directory.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

pub(super) async fn lock(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId) -> Result<Option<DirectoryUser>> {
    let sql =
        format!("SELECT {} FROM directory_users u WHERE u.directory_id = $1 AND u.id = $2{}", columns(), tx.lock());
    db::one(tx, sql, [directory.as_str().into(), id.as_str().into()]).await?.as_ref().map(read).transpose()
}

/// Writes a new row. A `userName` that another resource of the directory has is refused here at the
/// latest.
pub(super) async fn insert(
    tx: &Tx,
    directory: &DirectoryId,
    user: &DirectoryUser,
    columns: &UserColumns,
) -> Result<()> {
    db::run(
        tx,
        "INSERT INTO directory_users (id, directory_id, user_name, user_name_key, external_id, display_name,
             display_name_key, active, resource, version, user_id, link, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
        [
            user.id.as_str().into(),
            directory.as_str().into(),
            columns.user_name.as_str().into(),
            columns.user_name_key.as_str().into(),
            columns.external_id.clone().into(),
            columns.display_name.clone().into(),
            columns.display_name_key.clone().into(),
            columns.active.into(),
            serde_json::to_string(&user.attributes)?.into(),
            user.version.into(),
            user.user_id.as_ref().map(|id| id.as_str().to_owned()).into(),
            user.link.as_str().into(),
            user.created_at.into(),
        ],
    )
    .await
    .or_conflict(DirectoryFault::UserNameTaken)?;
    insert_emails(tx, directory, &user.id, columns).await
}

/// Writes a row anew; its version has been raised.
pub(super) async fn update(
    tx: &Tx,
    directory: &DirectoryId,
    user: &DirectoryUser,
    before: &UserColumns,
    columns: &UserColumns,
) -> Result<()> {
    db::run(
        tx,
        "UPDATE directory_users SET user_name = $3, user_name_key = $4, external_id = $5, display_name = $6,
             display_name_key = $7, active = $8, resource = $9, version = $10, user_id = $11, link = $12, updated_at = $13
         WHERE directory_id = $1 AND id = $2",
        [
            directory.as_str().into(),
            user.id.as_str().into(),
            columns.user_name.as_str().into(),
            columns.user_name_key.as_str().into(),
            columns.external_id.clone().into(),
            columns.display_name.clone().into(),
            columns.display_name_key.clone().into(),
            columns.active.into(),
            serde_json::to_string(&user.attributes)?.into(),
            user.version.into(),
            user.user_id.as_ref().map(|id| id.as_str().to_owned()).into(),
            user.link.as_str().into(),
            user.updated_at.into(),
        ],
    )
    .await
    .or_conflict(DirectoryFault::UserNameTaken)?;
    if before.emails != columns.emails {
        db::run(tx, "DELETE FROM directory_user_emails WHERE directory_user_id = $1", [user.id.as_str().into()])
            .await?;
        insert_emails(tx, directory, &user.id, columns).await?;
    }
    Ok(())
}

async fn insert_emails(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId, columns: &UserColumns) -> Result<()> {
    use std::fmt::Write as _;
    for (chunk, emails) in columns.emails.chunks(100).enumerate() {
        let mut sql = String::from(
            "INSERT INTO directory_user_emails (directory_user_id, directory_id, position, value_key, kind_key) VALUES ",
        );
        let mut values: Vec<Value> = vec![id.as_str().into(), directory.as_str().into()];
        for (place, (value, kind)) in emails.iter().enumerate() {
            let n = values.len();
            let comma = if place == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}($1, $2, ${}, ${}, ${})", n + 1, n + 2, n + 3);
            let position = i64::try_from(chunk * 100 + place).unwrap_or(i64::MAX);
            values.extend::<[Value; 3]>([position.into(), value.as_str().into(), kind.clone().into()]);
        }
        db::run(tx, sql, values).await?;
    }
    Ok(())
}

pub(super) async fn delete(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId) -> Result<()> {
    let values = [directory.as_str().into(), id.as_str().into()];
    db::run(tx, "DELETE FROM directory_users WHERE directory_id = $1 AND id = $2", values).await?;
    Ok(())
}

const EMAIL: &str = "u.id IN (SELECT e.directory_user_id FROM directory_user_emails e
     WHERE e.directory_id = u.directory_id AND e.value_key = {})";
const GROUP: &str = "u.id IN (SELECT m.member_id FROM directory_group_members m WHERE m.group_id = {} AND m.directory_id = u.directory_id)";

/// What the columns of a user resource answer.
const ANSWERED: Columns = Columns { table: "u", of: column, list };

fn column(path: &AttrPath) -> Option<Column> {
    if path.schema.is_some() || path.sub.is_some() {
        return None;
    }
    let (name, compares) = match path.attr.as_str() {
        "id" => ("id", Compares::Exactly),
        "userName" => ("user_name_key", Compares::Folded),
        "externalId" => ("external_id", Compares::Exactly),
        "displayName" => ("display_name_key", Compares::Folded),
        "active" => ("active", Compares::AsBoolean),
        _ => return None,
    };
    Some(Column { name, compares })
}

fn list(path: &AttrPath) -> Option<&'static str> {
    match (path.schema.as_ref(), path.attr.as_str(), path.sub.as_deref()) {
        (None, "emails", Some("value")) => Some(EMAIL),
        (None, "groups", Some("value")) => Some(GROUP),
        _ => None,
    }
}

/// A page of the resources that match.
pub(super) async fn page(db: &impl Scope, directory: &DirectoryId, query: &Query<'_>) -> Result<Page<DirectoryUser>> {
    let lowered = lower(query.filter, &ANSWERED, 2);
    if !lowered.remaining.is_empty() {
        return scan(db, directory, query, &lowered).await;
    }
    let mut resources = Vec::new();
    if query.limit > 0 {
        let n = lowered.values.len() + 2;
        let sql = format!(
            "SELECT {} FROM directory_users u WHERE u.directory_id = $1{} ORDER BY u.id LIMIT ${n} OFFSET ${}",
            columns(),
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
        let sql = format!("SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = $1{}", lowered.sql);
        db::one(db, sql, values(directory, &lowered)).await?.map_or(Ok(0), |row| row.get(0))?
    };
    Ok(Page { resources, total })
}

fn values<'a>(directory: &'a DirectoryId, lowered: &'a Lowered<'a>) -> impl Iterator<Item = Value> + 'a {
    std::iter::once(directory.as_str().into()).chain(lowered.values.iter().cloned())
}

/// The same where columns do not answer everything: what they leave is read in pieces and evaluated.
async fn scan(
    db: &impl Scope,
    directory: &DirectoryId,
    query: &Query<'_>,
    lowered: &Lowered<'_>,
) -> Result<Page<DirectoryUser>> {
    let n = lowered.values.len() + 2;
    let sql = format!(
        "SELECT {} FROM directory_users u WHERE u.directory_id = $1{} AND u.id > ${n} ORDER BY u.id LIMIT ${}",
        columns(),
        lowered.sql,
        n + 1
    );
    let (mut after, mut bound) = (String::new(), Scan::new());
    let mut page = Page { resources: Vec::new(), total: 0 };
    loop {
        let place = [after.as_str().into(), connections::bounded(CHUNK).into()];
        let rows = db::all(db, sql.as_str(), values(directory, lowered).chain(place)).await?;
        bound.count(rows.len())?;
        for row in &rows {
            let user = read(row)?;
            user.id.as_str().clone_into(&mut after);
            if matches(query, lowered, &user) {
                page.take(query, user);
            }
        }
        if (rows.len() as u64) < CHUNK {
            return Ok(page);
        }
    }
}

fn matches(query: &Query<'_>, lowered: &Lowered<'_>, user: &DirectoryUser) -> bool {
    let mut whole =
        complete(&user.attributes, user.id.as_str(), "User", user.version, user.created_at, user.updated_at);
    if !user.groups.is_empty() {
        let groups = user.groups.iter().map(
            |group| serde_json::json!({ "value": group.id.as_str(), "display": group.display_name, "type": "direct" }),
        );
        whole.insert("groups".to_owned(), groups.collect());
    }
    lowered.remaining.iter().all(|part| part.matches(query.kind, &whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_back_from_one_column_in_the_order_of_their_ids() {
        let groups = groups_of("scimg_2\u{1f}Two\u{1f}\u{1e}scimg_1\u{1f}One");
        let got: Vec<_> = groups.iter().map(|group| (group.id.as_str(), group.display_name.as_str())).collect();
        assert_eq!(got, [("scimg_1", "One"), ("scimg_2", "Two\u{1f}")]);
        assert!(groups_of("").is_empty());
    }
}
