//! Groups in groups. A person is in a group directly, or indirectly through groups that are members of
//! it. A circle of groups is legal; it never loops, because each group is reached once. What is shown of a
//! person, what filters see (`groups.value eq`), and what roles are derived from, is all of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::lists::{MOST, filled, ids_of, places};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::users::{DirectoryUser, GroupRef};
use crate::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, Id as _};

/// How many groups the people of one page may be in together. A single person may be in more.
const SHOWN: usize = 100_000;
/// How many memberships of groups in groups a directory has at most. Whoever looks upwards or downwards may come along each
/// of them, also while others wait to write.
const MOST_NESTED: i64 = 50_000;

/// Whether a directory may have the groups in groups that it has now. On PostgreSQL requests at the same instant do not see each
/// other's, and may be as many above.
///
/// # Errors
/// [`DirectoryFault::TooManyNested`].
pub(super) async fn check(db: &impl Scope, directory: &DirectoryId) -> Result<()> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM directory_group_members
               WHERE directory_id = $1 AND member_kind = 'group' LIMIT (0 + $2)) nested";
    let row = db::one(db, sql, [directory.as_str().into(), (MOST_NESTED + 1).into()]).await?;
    let nested: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if nested > MOST_NESTED { Err(DirectoryFault::TooManyNested.into()) } else { Ok(()) }
}

/// What the groups of some people are reached by, upwards: `UNION` keeps each group once.
fn reached(directory: &str, people: &str) -> String {
    format!(
        "WITH RECURSIVE up(id) AS (
             SELECT m.group_id FROM directory_group_members m
             WHERE m.directory_id = {directory} AND m.member_kind = 'user' AND m.member_id {people}
             UNION
             SELECT n.group_id FROM up JOIN directory_group_members n
             ON n.directory_id = {directory} AND n.member_kind = 'group' AND n.member_id = up.id
         )"
    )
}

/// The groups of this directory that a person is in, directly or through other groups.
///
/// # Errors
/// Those of the database.
pub async fn effective_groups_of(
    db: &impl Scope,
    directory: &DirectoryId,
    user: &DirectoryUserId,
) -> Result<Vec<DirectoryGroupId>> {
    let sql = format!("{} SELECT id FROM up ORDER BY id", reached("$1", "= $2"));
    let rows = db::all(db, sql, [directory.as_str().into(), user.as_str().into()]).await?;
    Ok(ids_of(&rows)?.into_iter().map(DirectoryGroupId::from_text).collect())
}

/// Adds the groups that people are in indirectly to those that were read with them. It costs nothing where
/// no group is in another.
///
/// # Errors
/// [`DirectoryFault::TooManyGroups`] for several people who are in too many together.
pub(in crate::features::directory) async fn complete(
    db: &impl Scope,
    directory: &DirectoryId,
    people: &mut [DirectoryUser],
) -> Result<()> {
    let ids: Vec<String> = people
        .iter()
        .filter(|user| user.nesting && !user.groups.is_empty())
        .map(|user| user.id.as_str().to_owned())
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    if let ([user], [id]) = (&mut *people, &*ids) {
        return add_all(db, directory, id, &mut user.groups).await;
    }
    let above = Above::read(db, directory, &ids).await?;
    let (several, mut shown) = (people.len() > 1, 0);
    for user in people.iter_mut().filter(|user| user.nesting) {
        above.add_to(&mut user.groups);
        shown += user.groups.len();
        if several && shown > SHOWN {
            return Err(DirectoryFault::TooManyGroups.into());
        }
    }
    Ok(())
}

/// Adds to the direct groups of one person those above them.
async fn add_all(db: &impl Scope, directory: &DirectoryId, user: &str, groups: &mut Vec<GroupRef>) -> Result<()> {
    let sql = format!(
        "{} SELECT g.id, g.display_name FROM up CROSS JOIN directory_groups g WHERE g.id = up.id ORDER BY g.id",
        reached("$1", "= $2")
    );
    let direct: HashSet<DirectoryGroupId> = std::mem::take(groups).into_iter().map(|group| group.id).collect();
    for row in db::all(db, sql, [directory.as_str().into(), user.into()]).await? {
        let id = DirectoryGroupId::from_text(row.get(0)?);
        groups.push(GroupRef { direct: direct.contains(&id), id, display_name: row.get(1)? });
    }
    Ok(())
}

/// Which groups are in which, as far as some people are concerned.
#[derive(Default)]
struct Above {
    /// The groups that a group is a member of.
    parents: HashMap<String, Vec<String>>,
    names: HashMap<String, String>,
}

impl Above {
    async fn read(db: &impl Scope, directory: &DirectoryId, people: &[String]) -> Result<Self> {
        let mut above = Self::default();
        for chunk in people.chunks(MOST) {
            // The cross joins make SQLite begin with what was reached, not with all groups in groups.
            let sql = format!(
                "{} SELECT n.member_id, n.group_id, g.display_name
                 FROM up CROSS JOIN directory_group_members n CROSS JOIN directory_groups g
                 WHERE n.directory_id = $1 AND n.member_kind = 'group' AND n.member_id = up.id AND g.id = n.group_id",
                reached("$1", &places(db.backend(), chunk.len(), 2))
            );
            let values = std::iter::once(directory.as_str().into()).chain(filled(chunk));
            // Two chunks may come upon the same group; its parents are the same then.
            let mut parents: HashMap<String, Vec<String>> = HashMap::new();
            for row in db::all(db, sql, values).await? {
                let parent: String = row.get(1)?;
                above.names.insert(parent.clone(), row.get(2)?);
                parents.entry(row.get(0)?).or_default().push(parent);
            }
            above.parents.extend(parents);
        }
        Ok(above)
    }

    /// Adds what is above to direct groups.
    fn add_to(&self, groups: &mut Vec<GroupRef>) {
        let mut all: BTreeMap<DirectoryGroupId, GroupRef> =
            std::mem::take(groups).into_iter().map(|group| (group.id.clone(), group)).collect();
        let mut next: Vec<DirectoryGroupId> = all.keys().cloned().collect();
        while let Some(id) = next.pop() {
            for parent in self.parents.get(id.as_str()).into_iter().flatten() {
                let parent_id = DirectoryGroupId::from_text(parent.clone());
                if all.contains_key(&parent_id) {
                    continue;
                }
                let display_name = self.names.get(parent).cloned().unwrap_or_default();
                next.push(parent_id.clone());
                all.insert(parent_id.clone(), GroupRef { id: parent_id, display_name, direct: false });
            }
        }
        groups.extend(all.into_values());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, direct: bool) -> GroupRef {
        GroupRef { id: DirectoryGroupId::from_text(id.to_owned()), display_name: format!("G{id}"), direct }
    }

    #[test]
    fn circles_end_where_they_began() {
        let parents = [("1", &["2", "4"][..]), ("2", &["3"]), ("3", &["1", "3"]), ("8", &["9"])];
        let above = Above {
            parents: parents
                .iter()
                .map(|(id, above)| ((*id).to_owned(), above.iter().map(|id| (*id).to_owned()).collect()))
                .collect(),
            names: (1..10).map(|id| (id.to_string(), format!("G{id}"))).collect(),
        };
        let mut groups = vec![group("1", true), group("3", true)];
        above.add_to(&mut groups);
        assert_eq!(groups, [group("1", true), group("2", false), group("3", true), group("4", false)]);
        let mut none = Vec::new();
        above.add_to(&mut none);
        assert!(none.is_empty());
    }
}
