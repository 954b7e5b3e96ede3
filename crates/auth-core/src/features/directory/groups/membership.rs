//! The members of a group, changed as sets: what a change costs depends on the change, not on the
//! group.

use std::collections::{HashMap, HashSet};

use sea_orm::Value;
use serde_json::json;

use super::{Member, MemberKind, MemberOp};
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::users::Warning;
use crate::features::directory::{Directory, connections};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _};
use crate::outbox::{Event, EventKind};

/// How many rows are read at a time.
const PAGE: u64 = 1000;
/// How many ids a statement takes: lists are filled up to the next of these numbers, so that there are
/// few different statements to prepare.
const LENGTHS: [usize; 4] = [1, 8, 64, 512];

/// What some operations came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Whether anybody came or went.
    pub changed: bool,
    unknown: Vec<String>,
}

impl Done {
    /// What was passed over.
    pub(super) fn warnings(self) -> Vec<Warning> {
        self.unknown.into_iter().map(Warning::UnknownMember).collect()
    }
}

/// Carries out operations, in order. The group is locked or new.
pub(super) async fn apply(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    operations: &[MemberOp],
) -> Result<Done> {
    let mut done = Done::default();
    for operation in operations {
        match operation {
            MemberOp::Add(ids) => add(tx, directory, group, &unique(ids), &mut done).await?,
            MemberOp::Remove(ids) => remove(tx, directory, group, &unique(ids), &mut done).await?,
            MemberOp::RemoveWhere(gone) => {
                let mut ids = Vec::new();
                let mut after = String::new();
                loop {
                    let page = some(tx, &directory.id, group, &after, PAGE).await?;
                    let Some(last) = page.last() else { break };
                    last.id.clone_into(&mut after);
                    ids.extend(page.iter().filter(|member| gone(member)).map(|member| member.id.clone()));
                }
                remove(tx, directory, group, &ids, &mut done).await?;
            }
            MemberOp::Replace(ids) => replace(tx, directory, group, &unique(ids), &mut done).await?,
        }
    }
    Ok(done)
}

/// Each id once, in the order in which they came. What can be no id of ours costs no query.
fn unique(ids: &[String]) -> Vec<String> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().filter(|id| seen.insert(id.as_str())).cloned().collect()
}

async fn add(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    ids: &[String],
    done: &mut Done,
) -> Result<()> {
    let (possible, odd): (Vec<String>, Vec<String>) =
        ids.iter().cloned().partition(|id| DirectoryUserId::parse(id).is_some());
    done.unknown.extend(odd);
    for chunk in possible.chunks(LENGTHS[3]) {
        // Only resources of this directory: those of others are as unknown as those that never were.
        let sql = format!(
            "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
             SELECT $1, u.id, 'user', u.directory_id, $2 FROM directory_users u
             WHERE u.directory_id = $3 AND u.id IN ({})
             ON CONFLICT (group_id, member_id) DO NOTHING RETURNING member_id",
            places(chunk.len(), 4)
        );
        let head = [group.as_str().into(), tx.now().into(), directory.id.as_str().into()];
        let added = ids_of(&db::all(tx, sql, head.into_iter().chain(filled(chunk))).await?)?;
        record(tx, EventKind::DirectoryGroupMemberAdded, directory, group, &added);
        done.changed |= !added.is_empty();
        if added.len() < chunk.len() {
            unknown_among(tx, group, chunk, &added, done).await?;
        }
    }
    Ok(())
}

/// Tells who was a member already from who is unknown.
async fn unknown_among(
    tx: &Tx,
    group: &DirectoryGroupId,
    asked: &[String],
    added: &[String],
    done: &mut Done,
) -> Result<()> {
    let sql = format!(
        "SELECT member_id FROM directory_group_members WHERE group_id = $1 AND member_id IN ({})",
        places(asked.len(), 2)
    );
    let values = std::iter::once(group.as_str().into()).chain(filled(asked));
    let present: HashSet<String> = ids_of(&db::all(tx, sql, values).await?)?.into_iter().collect();
    let known = |id: &&String| present.contains(*id) || added.contains(id);
    done.unknown.extend(asked.iter().filter(|id| !known(id)).cloned());
    Ok(())
}

async fn remove(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    ids: &[String],
    done: &mut Done,
) -> Result<()> {
    let possible: Vec<String> = ids.iter().filter(|id| DirectoryUserId::parse(id).is_some()).cloned().collect();
    for chunk in possible.chunks(LENGTHS[3]) {
        let sql = format!(
            "DELETE FROM directory_group_members WHERE group_id = $1 AND directory_id = $2 AND member_id IN ({})
             RETURNING member_id",
            places(chunk.len(), 3)
        );
        let head = [group.as_str().into(), directory.id.as_str().into()];
        let removed = ids_of(&db::all(tx, sql, head.into_iter().chain(filled(chunk))).await?)?;
        record(tx, EventKind::DirectoryGroupMemberRemoved, directory, group, &removed);
        done.changed |= !removed.is_empty();
    }
    Ok(())
}

/// Only the difference is written: present ids are read page by page, and compared with those given.
async fn replace(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    ids: &[String],
    done: &mut Done,
) -> Result<()> {
    let mut missing: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut gone = Vec::new();
    let mut after = String::new();
    loop {
        let rows = db::all(
            tx,
            "SELECT member_id FROM directory_group_members WHERE group_id = $1 AND directory_id = $2 AND member_id > $3
             ORDER BY member_id LIMIT $4",
            [
                group.as_str().into(),
                directory.id.as_str().into(),
                after.as_str().into(),
                connections::bounded(PAGE).into(),
            ],
        )
        .await?;
        let page = ids_of(&rows)?;
        let Some(last) = page.last() else { break };
        last.clone_into(&mut after);
        gone.extend(page.into_iter().filter(|id| !missing.remove(id.as_str())));
    }
    let missing: Vec<String> = ids.iter().filter(|id| missing.contains(id.as_str())).cloned().collect();
    remove(tx, directory, group, &gone, done).await?;
    add(tx, directory, group, &missing, done).await
}

/// Takes a resource out of all groups that it is in.
pub(in crate::features::directory) async fn leave_all(
    tx: &mut Tx,
    directory: &Directory,
    member: &DirectoryUserId,
) -> Result<()> {
    let rows = db::all(
        tx,
        "DELETE FROM directory_group_members WHERE member_id = $1 AND directory_id = $2 RETURNING group_id",
        [member.as_str().into(), directory.id.as_str().into()],
    )
    .await?;
    let mut groups = ids_of(&rows)?;
    groups.sort();
    for chunk in groups.chunks(LENGTHS[3]) {
        let sql = format!(
            "UPDATE directory_groups SET version = version + 1, updated_at = $1 WHERE directory_id = $2 AND id IN ({})",
            places(chunk.len(), 3)
        );
        let head = [tx.now().into(), directory.id.as_str().into()];
        db::run(tx, sql, head.into_iter().chain(filled(chunk))).await?;
    }
    for group in groups {
        let group = DirectoryGroupId::from_text(group);
        record(tx, EventKind::DirectoryGroupMemberRemoved, directory, &group, &[member.as_str().to_owned()]);
    }
    Ok(())
}

const COLUMNS: &str = "m.member_id, m.member_kind, COALESCE(u.display_name, u.user_name, '')";
const FROM: &str = "FROM directory_group_members m LEFT JOIN directory_users u ON u.id = m.member_id";

fn read(row: &Row) -> Result<Member> {
    let kind: String = row.get(1)?;
    let kind = if kind == "group" { MemberKind::Group } else { MemberKind::User };
    Ok(Member { id: row.get(0)?, kind, display: row.get(2)? })
}

/// All members, in the order of their ids.
pub(super) async fn of(db: &impl Scope, directory: &DirectoryId, group: &DirectoryGroupId) -> Result<Vec<Member>> {
    some(db, directory, group, "", u64::MAX).await
}

/// All members of some groups, by the groups' ids, each in the order of the members' ids.
pub(super) async fn of_many(
    db: &impl Scope,
    directory: &DirectoryId,
    groups: &[&DirectoryGroupId],
) -> Result<HashMap<String, Vec<Member>>> {
    let ids: Vec<String> = groups.iter().map(|id| id.as_str().to_owned()).collect();
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    for chunk in ids.chunks(LENGTHS[3]) {
        let sql = format!(
            "SELECT {COLUMNS}, m.group_id {FROM} WHERE m.directory_id = $1 AND m.group_id IN ({}) ORDER BY m.group_id, m.member_id",
            places(chunk.len(), 2)
        );
        let values = std::iter::once(directory.as_str().into()).chain(filled(chunk));
        for row in db::all(db, sql, values).await? {
            members.entry(row.get(3)?).or_default().push(read(&row)?);
        }
    }
    Ok(members)
}

/// Some members, in the order of their ids, from the one after a place on.
pub(super) async fn some(
    db: &impl Scope,
    directory: &DirectoryId,
    group: &DirectoryGroupId,
    after: &str,
    limit: u64,
) -> Result<Vec<Member>> {
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE m.group_id = $1 AND m.directory_id = $2 AND m.member_id > $3
         ORDER BY m.member_id LIMIT $4"
    );
    let values = [group.as_str().into(), directory.as_str().into(), after.into(), connections::bounded(limit).into()];
    db::all(db, sql, values).await?.iter().map(read).collect()
}

fn record(tx: &mut Tx, kind: EventKind, directory: &Directory, group: &DirectoryGroupId, members: &[String]) {
    for member in members {
        let payload = json!({
            "v": 1,
            "directory_id": directory.id.as_str(),
            "group_id": group.as_str(),
            "member": { "id": member, "type": "User" },
        });
        tx.record(Event::new(kind, group, payload).within(directory.organization_id.as_ref()));
    }
}

fn ids_of(rows: &[Row]) -> Result<Vec<String>> {
    rows.iter().map(|row| row.get(0)).collect()
}

/// `$4, $5, …`, as many as a list of that length is filled up to.
fn places(length: usize, first: usize) -> String {
    let places: Vec<String> = (first..first + filled_length(length)).map(|n| format!("${n}")).collect();
    places.join(", ")
}

/// The ids, the last one repeated until the list is as long as its places.
fn filled(ids: &[String]) -> impl Iterator<Item = Value> + '_ {
    let last = ids.last().into_iter().cycle();
    ids.iter().chain(last).take(filled_length(ids.len())).map(|id| id.as_str().into())
}

fn filled_length(length: usize) -> usize {
    LENGTHS.into_iter().find(|enough| *enough >= length).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_filled_up_so_that_there_are_few_statements() {
        let ids: Vec<String> = (0..3).map(|n| format!("u{n}")).collect();
        assert_eq!(filled(&ids).count(), 8);
        assert_eq!(places(3, 4).split(", ").count(), 8);
        assert!(places(1, 4) == "$4" && filled(&ids[..1]).count() == 1);
        assert_eq!(filled_length(512), 512);
    }

    #[test]
    fn each_id_counts_once() {
        let ids = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(unique(&ids), ["a", "b"]);
    }
}
