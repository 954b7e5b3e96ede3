//! The members of groups, read: page by page, or those of several groups at once.

use std::collections::HashMap;

use super::lists::{MOST, filled, places};
use super::{Member, MemberKind};
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::features::directory::connections;
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _};

/// What a statement reads of a member, and of what. Names are looked up only where they are shown.
const fn parts(named: bool) -> (&'static str, &'static str) {
    if named {
        (
            "m.member_id, m.member_kind, COALESCE(u.display_name, u.user_name, n.display_name, '')",
            "directory_group_members m
             LEFT JOIN directory_users u ON m.member_kind = 'user' AND u.id = m.member_id
             LEFT JOIN directory_groups n ON m.member_kind = 'group' AND n.id = m.member_id",
        )
    } else {
        ("m.member_id, m.member_kind, ''", "directory_group_members m")
    }
}

fn read(row: &Row) -> Result<Member> {
    let kind: String = row.get(1)?;
    let kind = if kind == "group" { MemberKind::Group } else { MemberKind::User };
    Ok(Member { id: row.get(0)?, kind, display: row.get(2)? })
}

/// Some members with their names, in the order of their ids, from the one after a place on.
pub(super) async fn some(
    db: &impl Scope,
    directory: &DirectoryId,
    group: &DirectoryGroupId,
    after: &str,
    limit: u64,
) -> Result<Vec<Member>> {
    page(db, directory, group, after, limit, true).await
}

/// The same, with their names or without.
pub(super) async fn page(
    db: &impl Scope,
    directory: &DirectoryId,
    group: &DirectoryGroupId,
    after: &str,
    limit: u64,
    named: bool,
) -> Result<Vec<Member>> {
    let (columns, from) = parts(named);
    let sql = format!(
        "SELECT {columns} FROM {from} WHERE m.group_id = $1 AND m.directory_id = $2 AND m.member_id > $3
         ORDER BY m.member_id LIMIT $4"
    );
    let values = [group.as_str().into(), directory.as_str().into(), after.into(), connections::bounded(limit).into()];
    db::all(db, sql, values).await?.iter().map(read).collect()
}

/// All members of some groups, by the groups' ids, each in the order of the members' ids. `None` if they are
/// more than `most` together.
pub(super) async fn of_many(
    db: &impl Scope,
    directory: &DirectoryId,
    groups: &[&DirectoryGroupId],
    named: bool,
    most: u64,
) -> Result<Option<HashMap<String, Vec<Member>>>> {
    let ids: Vec<&str> = groups.iter().map(|id| id.as_str()).collect();
    let (columns, from) = parts(named);
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    let mut left = most;
    for chunk in ids.chunks(MOST) {
        // Without an order, so that the database stops at the bound instead of sorting a million rows first.
        let sql = format!(
            "SELECT {columns}, m.group_id FROM {from} WHERE m.directory_id = $1 AND m.group_id {} LIMIT $2",
            places(db.backend(), chunk.len(), 3)
        );
        let head = [directory.as_str().into(), connections::bounded(left + 1).into()];
        let rows = db::all(db, sql, head.into_iter().chain(filled(chunk))).await?;
        let Some(rest) = left.checked_sub(rows.len() as u64) else { return Ok(None) };
        left = rest;
        for row in rows {
            members.entry(row.get(3)?).or_default().push(read(&row)?);
        }
    }
    for members in members.values_mut() {
        members.sort_by(|a, b| a.id.cmp(&b.id));
    }
    Ok(Some(members))
}
