//! The queries of user resources.

use std::sync::LazyLock;

use sea_orm::Value;

use super::{DirectoryUser, GroupRef, Link};
use crate::db::{self, Change, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::resource::UserColumns;
use crate::features::directory::{DirectoryFault, import};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _, UserId};

/// What separates the groups of a person in one column, and what an id and a name in one of them:
/// control characters, which are taken out of the names.
const RECORD: char = '\u{1e}';
const UNIT: char = '\u{1f}';

/// The columns that [`read`] reads, of a table named `u`.
pub(super) fn columns() -> &'static str {
    &COLUMNS
}

static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "u.id, u.version, u.active, u.resource, u.user_id, u.link, u.created_at, u.updated_at,
         (SELECT string_agg(g.id || '{UNIT}' || replace(g.display_name, '{RECORD}', ' '), '{RECORD}')
          FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id WHERE m.member_id = u.id),
         EXISTS (SELECT 1 FROM directory_group_members n WHERE n.directory_id = u.directory_id AND n.member_kind = 'group')"
    )
});

pub(super) fn read(row: &Row) -> Result<DirectoryUser> {
    let resource: String = row.get(3)?;
    let link: String = row.get(5)?;
    let groups: Option<String> = row.get(8)?;
    Ok(DirectoryUser {
        id: row.get(0)?,
        version: row.get(1)?,
        active: row.get(2)?,
        attributes: serde_json::from_str(&resource)?,
        groups: groups_of(groups.as_deref().unwrap_or_default()),
        nesting: row.get(9)?,
        manager_name: None,
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
        .map(|(id, name)| GroupRef {
            id: DirectoryGroupId::from_text(id.to_owned()),
            display_name: name.to_owned(),
            direct: true,
        })
        .collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups
}

pub(in crate::features::directory) async fn find(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    found(db, directory, id, "").await
}

pub(super) async fn lock(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId) -> Result<Option<DirectoryUser>> {
    import::touch(tx, directory, import::Kind::User, id.as_str(), None).await?;
    found(tx, directory, id, tx.lock_for_change()).await
}

async fn found(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &DirectoryUserId,
    lock: &str,
) -> Result<Option<DirectoryUser>> {
    let sql = format!("SELECT {} FROM directory_users u WHERE u.directory_id = $1 AND u.id = $2{lock}", columns());
    let Some(row) = db::one(db, sql, [directory.as_str().into(), id.as_str().into()]).await? else { return Ok(None) };
    let mut user = read(&row)?;
    super::complete(db, directory, std::slice::from_mut(&mut user)).await?;
    Ok(Some(user))
}

/// Writes a new row. A `userName` that another resource of the directory has is refused at the
/// latest when it is written, with the next statement.
pub(super) fn insert(tx: &Tx, directory: &DirectoryId, user: &DirectoryUser, columns: &UserColumns) -> Result<()> {
    let row = Change::new(
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
    );
    db::later(tx, row.or_conflict(DirectoryFault::UserNameTaken));
    insert_emails(tx, directory, &user.id, columns);
    Ok(())
}

/// Writes a row anew; its version has been raised. `person` is whose it was before.
pub(super) fn update(
    tx: &Tx,
    directory: &DirectoryId,
    user: &DirectoryUser,
    person: Option<&UserId>,
    before: &UserColumns,
    columns: &UserColumns,
) -> Result<()> {
    let same = UserColumns { active: before.active, ..columns.clone() } == *before;
    if same && person == user.user_id.as_ref() {
        // No index has a part in this: to set its columns would write it anew, to the same value.
        let row = Change::new(
            "UPDATE directory_users SET active = $3, resource = $4, version = $5, link = $6, updated_at = $7
             WHERE directory_id = $1 AND id = $2",
            [
                directory.as_str().into(),
                user.id.as_str().into(),
                columns.active.into(),
                serde_json::to_string(&user.attributes)?.into(),
                user.version.into(),
                user.link.as_str().into(),
                user.updated_at.into(),
            ],
        );
        db::later(tx, row);
        return Ok(());
    }
    let row = Change::new(
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
    );
    db::later(tx, row.or_conflict(DirectoryFault::UserNameTaken));
    if before.emails != columns.emails {
        let all = "DELETE FROM directory_user_emails WHERE directory_user_id = $1";
        db::later(tx, Change::new(all, [user.id.as_str().into()]));
        insert_emails(tx, directory, &user.id, columns);
    }
    Ok(())
}

fn insert_emails(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId, columns: &UserColumns) {
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
        db::later(tx, Change::new(sql, values));
    }
}

pub(super) async fn delete(tx: &Tx, directory: &DirectoryId, id: &DirectoryUserId) -> Result<()> {
    let values = [directory.as_str().into(), id.as_str().into()];
    db::run(tx, "DELETE FROM directory_users WHERE directory_id = $1 AND id = $2", values).await?;
    Ok(())
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
