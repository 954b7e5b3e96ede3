//! What groups give by the rules, with groups in groups followed: a rule for a group holds for the groups inside it too.
//! A circle of groups is legal, each is reached once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::Value;

use super::Rule;
use super::resolving::list;
use super::store::places;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::{Directory, DirectoryFault};
use crate::ids::{DirectoryId, Id as _, TeamId};
use crate::orgs::members::derived::Gift;
use crate::orgs::teams;

/// How many things groups are given by the rules of a directory at most.
const MOST_GIVEN: usize = 200_000;
/// How many rows a statement inserts or deletes.
const ROWS: usize = 100;

/// What a group gives otherwise than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// What it gives and did not.
    pub gained: BTreeSet<Gift>,
    /// What it gave and does not.
    pub lost: BTreeSet<Gift>,
}

/// What each group gives otherwise, by its id.
pub(super) type Deltas = BTreeMap<String, Delta>;

/// One thing that a group gives to its direct members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Given {
    group: String,
    rule: String,
    gift: Gift,
}

/// What groups give by these rules.
pub(super) async fn expand(db: &impl Scope, directory: &DirectoryId, rules: &[Rule]) -> Result<BTreeSet<Given>> {
    let groups: BTreeSet<&str> =
        rules.iter().filter_map(|rule| rule.group_id.as_ref()).map(crate::ids::Id::as_str).collect();
    if groups.is_empty() {
        return Ok(BTreeSet::new());
    }
    let inside = Inside::read(db, directory, &groups).await?;
    let mut given = BTreeSet::new();
    for rule in rules {
        let groups = rule.group_id.as_ref().map(|id| inside.of(id.as_str())).unwrap_or_default();
        if given.len() + groups.len() * (rule.roles.len() + rule.teams.len()) > MOST_GIVEN {
            return Err(DirectoryFault::TooManyNested.into());
        }
        for group in groups {
            let gifts = rule.roles.iter().cloned().map(Gift::Role);
            for gift in gifts.chain(rule.teams.iter().cloned().map(Gift::Team)) {
                given.insert(Given { group: group.to_owned(), rule: rule.id.to_string(), gift });
            }
        }
    }
    Ok(given)
}

/// Which groups are in which, as far as some groups are concerned.
struct Inside {
    /// The places of the groups, and their ids by place.
    places: HashMap<String, usize>,
    ids: Vec<String>,
    /// The groups that are members of each.
    members: Vec<Vec<usize>>,
}

impl Inside {
    /// Each membership is read once, in however many of the groups it stands: what is in which of them is found here.
    async fn read(db: &impl Scope, directory: &DirectoryId, groups: &BTreeSet<&str>) -> Result<Self> {
        // The joins keep their order, so that SQLite begins with what was reached, not with all groups in groups.
        let sql = format!(
            "WITH RECURSIVE down(id) AS (
                 SELECT g.id FROM directory_groups g WHERE g.directory_id = $1 AND g.id {}
                 UNION
                 SELECT n.member_id FROM down CROSS JOIN directory_group_members n
                 WHERE n.group_id = down.id AND n.member_kind = 'group'
             )
             SELECT down.id, n.member_id FROM down
             LEFT JOIN directory_group_members n ON n.group_id = down.id AND n.member_kind = 'group'",
            db::among(db.backend(), 2)
        );
        let groups: Vec<&str> = groups.iter().copied().collect();
        let mut inside = Self { places: HashMap::new(), ids: Vec::new(), members: Vec::new() };
        for row in db::all(db, sql, [directory.as_str().into(), list(&groups).into()]).await? {
            let group = inside.place(row.get(0)?);
            if let Some(member) = row.get::<Option<String>>(1)? {
                let member = inside.place(member);
                inside.members[group].push(member);
            }
        }
        Ok(inside)
    }

    fn place(&mut self, id: String) -> usize {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let place = self.ids.len();
        self.places.insert(id.clone(), place);
        self.ids.push(id);
        self.members.push(Vec::new());
        place
    }

    /// A group, if there is one of this id, and all that are in it.
    fn of(&self, group: &str) -> Vec<&str> {
        let mut seen = vec![false; self.ids.len()];
        let mut reached: Vec<usize> = self.places.get(group).copied().into_iter().collect();
        let mut next = 0;
        while let Some(&place) = reached.get(next) {
            next += 1;
            if !std::mem::replace(&mut seen[place], true) {
                reached.extend(self.members[place].iter().filter(|member| !seen[**member]));
            }
        }
        seen.iter().zip(&self.ids).filter(|(seen, _)| **seen).map(|(_, id)| id.as_str()).collect()
    }
}

/// What groups give by what is written.
pub(super) async fn written(db: &impl Scope, directory: &DirectoryId) -> Result<BTreeSet<Given>> {
    let sql = "SELECT group_id, rule_id, role, NULL FROM directory_rule_groups WHERE directory_id = $1
               UNION ALL SELECT group_id, rule_id, NULL, team_id FROM directory_rule_teams WHERE directory_id = $1";
    let rows = db::all(db, sql, [directory.as_str().into()]).await?;
    rows.iter().map(|row| Ok(Given { group: row.get(0)?, rule: row.get(1)?, gift: gift(row, 2)? })).collect()
}

/// A gift of two columns, of which one is null: the role and the team.
fn gift(row: &Row, first: usize) -> Result<Gift> {
    let role = row.get::<Option<String>>(first)?.map(Gift::Role);
    let team = row.get::<Option<TeamId>>(first + 1)?.map(Gift::Team);
    role.or(team).ok_or_else(|| Error::internal("a group gives nothing"))
}

/// What a group gives by what is written.
pub(super) async fn gifts_of(db: &impl Scope, directory: &DirectoryId, group: &str) -> Result<BTreeSet<Gift>> {
    let sql = "SELECT role, NULL FROM directory_rule_groups WHERE directory_id = $1 AND group_id = $2
               UNION SELECT NULL, team_id FROM directory_rule_teams WHERE directory_id = $1 AND group_id = $2";
    db::all(db, sql, [directory.as_str().into(), group.into()]).await?.iter().map(|row| gift(row, 0)).collect()
}

/// What the groups give in which a resource is.
pub(super) async fn gifts_to(db: &impl Scope, directory: &DirectoryId, resource: &str) -> Result<BTreeSet<Gift>> {
    let from = "FROM directory_group_members y JOIN";
    let sql = format!(
        "SELECT d.role, NULL {from} directory_rule_groups d ON d.directory_id = $1 AND d.group_id = y.group_id WHERE y.member_id = $2
         UNION SELECT NULL, d.team_id {from} directory_rule_teams d ON d.directory_id = $1 AND d.group_id = y.group_id WHERE y.member_id = $2"
    );
    db::all(db, sql, [directory.as_str().into(), resource.into()]).await?.iter().map(|row| gift(row, 0)).collect()
}

/// What is given otherwise: by which rule makes no difference.
pub(super) fn differences(before: &BTreeSet<Given>, after: &BTreeSet<Given>) -> Deltas {
    let gifts = |given: &BTreeSet<Given>| -> BTreeSet<(String, Gift)> {
        given.iter().map(|one| (one.group.clone(), one.gift.clone())).collect()
    };
    let (before, after) = (gifts(before), gifts(after));
    let mut deltas = Deltas::new();
    for (group, gift) in after.difference(&before) {
        deltas.entry(group.clone()).or_default().gained.insert(gift.clone());
    }
    for (group, gift) in before.difference(&after) {
        deltas.entry(group.clone()).or_default().lost.insert(gift.clone());
    }
    deltas
}

/// Where it is written what groups give of one kind.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Table {
    name: &'static str,
    column: &'static str,
}

const ROLES: Table = Table { name: "directory_rule_groups", column: "role" };
const TEAMS: Table = Table { name: "directory_rule_teams", column: "team_id" };

/// What of it stands in that table.
fn of<'a>(table: Table, given: impl Iterator<Item = &'a Given>) -> Vec<&'a Given> {
    given.filter(|one| (table == TEAMS) == one.gift.team().is_some()).collect()
}

/// Writes what groups give by these rules, and says what of it is new. Only the difference is written. The directory is
/// locked.
pub(super) async fn write(tx: &Tx, directory: &Directory, rules: &[Rule]) -> Result<Deltas> {
    let Some(organization) = &directory.organization_id else { return Ok(Deltas::new()) };
    let before = written(tx, &directory.id).await?;
    let mut after = expand(tx, &directory.id, rules).await?;
    // A team may go while its rule is read.
    let new: BTreeSet<TeamId> = after.difference(&before).filter_map(|one| one.gift.team()).cloned().collect();
    if !new.is_empty() {
        let kept = teams::kept(tx, organization, new.iter()).await?;
        after.retain(|one| one.gift.team().is_none_or(|team| kept.contains(team) || !new.contains(team)));
    }
    for table in [ROLES, TEAMS] {
        let (gone, new) = (of(table, before.difference(&after)), of(table, after.difference(&before)));
        let Table { name, column } = table;
        for some in gone.chunks(ROWS) {
            let mut values: Vec<Value> = vec![directory.id.as_str().into()];
            let conditions = rows_of(some, &mut values).join(", ");
            let sql = format!(
                "DELETE FROM {name} WHERE directory_id = $1 AND (group_id, rule_id, {column}) IN (VALUES {conditions})"
            );
            db::run(tx, sql, values).await?;
        }
        for some in new.chunks(ROWS) {
            let mut values: Vec<Value> = vec![directory.id.as_str().into(), organization.as_str().into()];
            let rows: Vec<String> =
                rows_of(some, &mut values).iter().map(|row| row.replacen('(', "($1, $2, ", 1)).collect();
            let sql = format!(
                "INSERT INTO {name} (directory_id, organization_id, group_id, rule_id, {column}) VALUES {}",
                rows.join(", ")
            );
            db::run(tx, sql, values).await?;
        }
    }
    Ok(differences(&before, &after))
}

/// Adds the values of rows, and returns what stands for each: `($4, $5, $6)`.
fn rows_of(given: &[&Given], values: &mut Vec<Value>) -> Vec<String> {
    given
        .iter()
        .map(|one| {
            let row = format!("({})", places(values.len() + 1, 3));
            let gift = match &one.gift {
                Gift::Role(role) => role.as_str(),
                Gift::Team(team) => team.as_str(),
            };
            values.extend::<[Value; 3]>([one.group.as_str().into(), one.rule.as_str().into(), gift.into()]);
            row
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_which_rule_a_group_gives_a_role_makes_no_difference() {
        let given = |all: &[(&str, &str, &str)]| -> BTreeSet<Given> {
            let one = |(group, rule, role): &(&str, &str, &str)| Given {
                group: (*group).to_owned(),
                rule: (*rule).to_owned(),
                gift: Gift::Role((*role).to_owned()),
            };
            all.iter().map(one).collect()
        };
        let role = |role: &str| Gift::Role(role.to_owned());
        let before = given(&[("a", "1", "admin"), ("a", "2", "member"), ("b", "1", "admin")]);
        let after = given(&[("a", "2", "admin"), ("b", "1", "admin"), ("c", "1", "admin")]);
        let deltas = differences(&before, &after);
        assert_eq!(deltas.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "c"]);
        assert!(deltas["a"].gained.is_empty() && deltas["a"].lost.contains(&role("member")));
        assert!(deltas["c"].lost.is_empty() && deltas["c"].gained.contains(&role("admin")));
    }
}
