//! The members of a group, changed as sets: what a change costs depends on the change, not on the
//! group.

use std::collections::HashSet;

use serde_json::json;

use super::lists::{MOST, filled, ids_of, places};
use super::plan::{Step, fold};
use super::{Condition, MemberKind, MemberOp, nesting};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::users::Warning;
use crate::features::directory::{Directory, DirectoryFault, connections, mapping, rules};
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id as _};
use crate::notes;
use crate::outbox::{Event, EventKind};

pub(super) use super::reading::some;

/// How many rows are read at a time.
const PAGE: u64 = 1000;
/// What conditions may look at in one change, which holds the one writer of SQLite meanwhile: some looks at everybody in the
/// largest groups, and thousands in small ones. A look costs so much besides the parts of its condition, to read the row and
/// to show it to each of them.
const MOST_LOOKS: usize = 5_000_000;
const READ: usize = 4;
const SHOWN: usize = 3;
/// After how much of it others have their turn on this thread.
const LOOKS_A_TURN: usize = 100_000;

/// Who came to a group and who left it. Who did both in one change is in both lists.
#[derive(Debug, Default)]
pub(in crate::features::directory) struct Moves {
    /// User resources that came.
    pub came: Vec<String>,
    /// User resources that left.
    pub left: Vec<String>,
    /// Whether a group came or left.
    pub groups: bool,
}

impl Moves {
    /// Whether nobody moved.
    pub(in crate::features::directory) fn is_empty(&self) -> bool {
        self.came.is_empty() && self.left.is_empty() && !self.groups
    }
}

/// What some operations came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Whether anybody came or went.
    pub changed: bool,
    /// Who.
    pub moves: Moves,
    unknown: Vec<String>,
}

impl Done {
    /// What was passed over.
    pub(super) fn warnings(self) -> Vec<Warning> {
        self.unknown.into_iter().map(Warning::UnknownMember).collect()
    }
}

/// A group whose members change. It is locked or new.
struct Changing<'a> {
    directory: &'a Directory,
    group: &'a DirectoryGroupId,
    done: Done,
    /// What conditions have looked at so far.
    looks: usize,
}

/// Carries out operations, in order. The group is locked or new.
pub(super) async fn apply(
    tx: &mut Tx,
    directory: &Directory,
    group: &DirectoryGroupId,
    operations: &[MemberOp],
) -> Result<Done> {
    let mut changing = Changing { directory, group, done: Done::default(), looks: 0 };
    for step in fold(operations) {
        match step {
            Step::Delta { add, remove } => {
                changing.remove(tx, &remove).await?;
                changing.add(tx, &add).await?;
            }
            Step::Where(conditions) => changing.remove_where(tx, &conditions).await?,
            Step::Exactly(ids) => changing.replace(tx, &ids).await?,
        }
    }
    let unknown = &changing.done.unknown;
    if !unknown.is_empty() {
        tx.note(
            "members.unknown",
            || format!("{} members are not known to this directory and were passed over", unknown.len()),
            || json!({ "members": unknown.iter().take(20).collect::<Vec<_>>() }),
        );
    }
    let moves = &changing.done.moves;
    tx.concern(moves.came.iter().chain(&moves.left).map(String::as_str));
    rules::members_changed(tx, directory, group, &changing.done.moves).await?;
    mapping::members_changed(tx, directory, &changing.done.moves).await?;
    Ok(changing.done)
}

/// Whether it can be the id of a resource. What cannot costs no query.
fn is_possible(id: &str) -> bool {
    DirectoryUserId::parse(id).is_some()
}

impl Changing<'_> {
    /// Only resources of this directory: those of others are as unknown as those that never were.
    async fn add(&mut self, tx: &mut Tx, ids: &[&str]) -> Result<()> {
        let (possible, odd): (Vec<&str>, Vec<&str>) = ids.iter().copied().partition(|id| is_possible(id));
        self.done.unknown.extend(odd.into_iter().map(str::to_owned));
        for chunk in possible.chunks(MOST) {
            // Nearly always they are people who were no members. Only for the others more is asked.
            let rest = self.insert(tx, MemberKind::User, chunk).await?;
            let rest = self.absent(tx, &rest).await?;
            let rest = self.insert(tx, MemberKind::Group, &rest).await?;
            self.done.unknown.extend(rest.into_iter().map(str::to_owned));
        }
        Ok(())
    }

    /// Makes those members that are resources of a kind, and returns the others, in order.
    async fn insert<'i>(&mut self, tx: &mut Tx, kind: MemberKind, ids: &[&'i str]) -> Result<Vec<&'i str>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let table = match kind {
            MemberKind::User => "directory_users",
            MemberKind::Group => "directory_groups",
        };
        let sql = format!(
            "INSERT INTO directory_group_members (group_id, member_id, member_kind, directory_id, created_at)
             SELECT $1, r.id, '{}', r.directory_id, $2 FROM {table} r WHERE r.directory_id = $3 AND r.id {}{}
             ON CONFLICT (group_id, member_id) DO NOTHING RETURNING member_id",
            kind.as_stored(),
            places(tx.backend(), ids.len(), 4),
            tx.keep(),
        );
        let head = [self.group.as_str().into(), tx.now().into(), self.directory.id.as_str().into()];
        let added = ids_of(&db::all(tx, sql, head.into_iter().chain(filled(ids))).await?)?;
        record(
            tx,
            EventKind::DirectoryGroupMemberAdded,
            self.directory,
            self.group,
            added.iter().map(|id| (&**id, kind)),
        );
        self.done.changed |= !added.is_empty();
        let rest = if added.len() == ids.len() {
            Vec::new()
        } else {
            let added: HashSet<&str> = added.iter().map(String::as_str).collect();
            ids.iter().copied().filter(|id| !added.contains(id)).collect()
        };
        match kind {
            MemberKind::User => self.done.moves.came.extend(added),
            MemberKind::Group if !added.is_empty() => {
                self.done.moves.groups = true;
                nesting::check(tx, &self.directory.id).await?;
            }
            MemberKind::Group => {}
        }
        Ok(rest)
    }

    /// Those who are no members, in order.
    async fn absent<'i>(&self, tx: &Tx, ids: &[&'i str]) -> Result<Vec<&'i str>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT member_id FROM directory_group_members WHERE group_id = $1 AND member_id {}",
            places(tx.backend(), ids.len(), 2)
        );
        let values = std::iter::once(self.group.as_str().into()).chain(filled(ids));
        let present: HashSet<String> = ids_of(&db::all(tx, sql, values).await?)?.into_iter().collect();
        Ok(ids.iter().copied().filter(|id| !present.contains(*id)).collect())
    }

    async fn remove<T: AsRef<str>>(&mut self, tx: &mut Tx, ids: &[T]) -> Result<()> {
        let possible: Vec<&str> = ids.iter().map(AsRef::as_ref).filter(|id| is_possible(id)).collect();
        for chunk in possible.chunks(MOST) {
            let sql = format!(
                "DELETE FROM directory_group_members WHERE group_id = $1 AND directory_id = $2 AND member_id {}
                 RETURNING member_id, member_kind",
                places(tx.backend(), chunk.len(), 3)
            );
            let head = [self.group.as_str().into(), self.directory.id.as_str().into()];
            let rows = db::all(tx, sql, head.into_iter().chain(filled(chunk))).await?;
            self.done.changed |= !rows.is_empty();
            let removed: Vec<(String, String)> =
                rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
            let moved = removed.iter().map(|(id, kind)| (&**id, MemberKind::from_stored(kind)));
            record(tx, EventKind::DirectoryGroupMemberRemoved, self.directory, self.group, moved);
            for (id, kind) in removed {
                match MemberKind::from_stored(&kind) {
                    MemberKind::User => self.done.moves.left.push(id),
                    MemberKind::Group => self.done.moves.groups = true,
                }
            }
        }
        Ok(())
    }

    async fn remove_where(&mut self, tx: &mut Tx, conditions: &[&Condition]) -> Result<()> {
        let each = READ + conditions.iter().map(|condition| condition.size + SHOWN).sum::<usize>();
        let (mut gone, mut after, mut turn) = (Vec::new(), String::new(), 0);
        loop {
            let page = some(tx, &self.directory.id, self.group, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            last.id.clone_into(&mut after);
            self.looks = self.looks.saturating_add(each.saturating_mul(page.len()));
            if self.looks > MOST_LOOKS {
                return Err(DirectoryFault::TooManyConditions.into());
            }
            for member in page {
                turn += each;
                if turn > LOOKS_A_TURN {
                    turn = 0;
                    tokio::task::yield_now().await;
                }
                if conditions.iter().any(|condition| (condition.holds)(&member)) {
                    gone.push(member.id);
                }
            }
        }
        self.remove(tx, &gone).await
    }

    /// Only the difference is written: present ids are read page by page, and compared with those given.
    async fn replace(&mut self, tx: &mut Tx, ids: &[&str]) -> Result<()> {
        let mut missing: HashSet<&str> = ids.iter().copied().collect();
        let mut gone = Vec::new();
        let mut after = String::new();
        loop {
            let rows = db::all(
                tx,
                "SELECT member_id FROM directory_group_members
                 WHERE group_id = $1 AND directory_id = $2 AND member_id > $3 ORDER BY member_id LIMIT $4",
                [
                    self.group.as_str().into(),
                    self.directory.id.as_str().into(),
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
        let missing: Vec<&str> = ids.iter().copied().filter(|id| missing.contains(id)).collect();
        self.remove(tx, &gone).await?;
        self.add(tx, &missing).await
    }
}

/// Notes who leaves a group that is about to be deleted.
pub(super) async fn leaving(tx: &mut Tx, directory: &Directory, group: &DirectoryGroupId) -> Result<()> {
    if tx.ctx().notes.is_none() {
        return Ok(());
    }
    let sql = "SELECT member_id FROM directory_group_members
         WHERE group_id = $1 AND directory_id = $2 AND member_kind = 'user' ORDER BY member_id LIMIT (0 + $3)";
    let most = i64::try_from(notes::PEOPLE).unwrap_or(i64::MAX);
    let values = [group.as_str().into(), directory.id.as_str().into(), most.into()];
    let people = ids_of(&db::all(tx, sql, values).await?)?;
    tx.concern(people.iter().map(String::as_str));
    Ok(())
}

/// Takes a resource out of all groups that it is in. It is deleted already, so that nobody adds it behind
/// this one's back.
pub(in crate::features::directory) async fn leave_all(
    tx: &mut Tx,
    directory: &Directory,
    member: &str,
    kind: MemberKind,
) -> Result<()> {
    let rows = db::all(
        tx,
        "DELETE FROM directory_group_members WHERE member_id = $1 AND directory_id = $2 RETURNING group_id",
        [member.into(), directory.id.as_str().into()],
    )
    .await?;
    let mut groups = ids_of(&rows)?;
    groups.sort();
    for chunk in groups.chunks(MOST) {
        let sql = format!(
            "UPDATE directory_groups SET version = version + 1,
                 updated_at = CASE WHEN updated_at < $1 THEN $1 ELSE updated_at + 1 END
             WHERE directory_id = $2 AND id {}",
            places(tx.backend(), chunk.len(), 3)
        );
        let head = [tx.now().into(), directory.id.as_str().into()];
        db::run(tx, sql, head.into_iter().chain(filled(chunk))).await?;
    }
    for group in groups {
        let group = DirectoryGroupId::from_text(group);
        record(tx, EventKind::DirectoryGroupMemberRemoved, directory, &group, [(member, kind)]);
    }
    Ok(())
}

fn record<'i>(
    tx: &mut Tx,
    kind: EventKind,
    directory: &Directory,
    group: &DirectoryGroupId,
    members: impl IntoIterator<Item = (&'i str, MemberKind)>,
) {
    for (member, of) in members {
        let payload = json!({
            "v": 1,
            "directory_id": directory.id.as_str(),
            "group_id": group.as_str(),
            "member": { "id": member, "type": of.as_str() },
        });
        tx.record(Event::new(kind, group, payload).within(directory.organization_id.as_ref()));
    }
}
