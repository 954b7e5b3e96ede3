//! What groups give by the rules, with groups in groups followed: a rule for a group holds for the groups inside it too.
//! A circle of groups is legal, each is reached once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::Value;

use super::Rule;
use super::resolving::list;
use super::store::places;
use crate::db::{self, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::ids::{DirectoryId, Id as _};

/// How many rows a statement inserts or deletes.
const ROWS: usize = 100;

/// What a group gives otherwise than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    /// Roles that it gives and did not.
    pub gained: BTreeSet<String>,
    /// Roles that it gave and does not.
    pub lost: BTreeSet<String>,
}

/// What each group gives otherwise, by its id.
pub(super) type Deltas = BTreeMap<String, Delta>;

/// One thing that a group gives to its direct members.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Given {
    group: String,
    rule: String,
    role: String,
}

/// What groups give by these rules.
pub(super) async fn expand(db: &impl Scope, directory: &DirectoryId, rules: &[Rule]) -> Result<BTreeSet<Given>> {
    let groups: BTreeSet<&str> =
        rules.iter().filter_map(|rule| rule.group_id.as_ref()).map(crate::ids::Id::as_str).collect();
    if groups.is_empty() {
        return Ok(BTreeSet::new());
    }
    // The cross join makes SQLite begin with what was reached, not with all groups in groups.
    let sql = format!(
        "WITH RECURSIVE down(top, id) AS (
             SELECT g.id, g.id FROM directory_groups g WHERE g.directory_id = $1 AND g.id {}
             UNION
             SELECT down.top, n.member_id FROM down CROSS JOIN directory_group_members n
             WHERE n.group_id = down.id AND n.member_kind = 'group'
         )
         SELECT top, id FROM down",
        db::among(db.backend(), 2)
    );
    let groups: Vec<&str> = groups.into_iter().collect();
    let mut inside: HashMap<String, Vec<String>> = HashMap::new();
    for row in db::all(db, sql, [directory.as_str().into(), list(&groups).into()]).await? {
        inside.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    let mut given = BTreeSet::new();
    for rule in rules {
        let groups = rule.group_id.as_ref().and_then(|id| inside.get(id.as_str()));
        for group in groups.into_iter().flatten() {
            for role in &rule.roles {
                given.insert(Given { group: group.clone(), rule: rule.id.to_string(), role: role.clone() });
            }
        }
    }
    Ok(given)
}

/// What groups give by what is written.
pub(super) async fn written(db: &impl Scope, directory: &DirectoryId) -> Result<BTreeSet<Given>> {
    let sql = "SELECT group_id, rule_id, role FROM directory_rule_groups WHERE directory_id = $1";
    let rows = db::all(db, sql, [directory.as_str().into()]).await?;
    rows.iter().map(|row| Ok(Given { group: row.get(0)?, rule: row.get(1)?, role: row.get(2)? })).collect()
}

/// The roles that a group gives by what is written.
pub(super) async fn roles_of(db: &impl Scope, directory: &DirectoryId, group: &str) -> Result<BTreeSet<String>> {
    let sql = "SELECT DISTINCT role FROM directory_rule_groups WHERE directory_id = $1 AND group_id = $2";
    db::all(db, sql, [directory.as_str().into(), group.into()]).await?.iter().map(|row| row.get(0)).collect()
}

/// What is given otherwise, of roles: by which rule makes no difference.
pub(super) fn differences(before: &BTreeSet<Given>, after: &BTreeSet<Given>) -> Deltas {
    let roles = |given: &BTreeSet<Given>| {
        let mut roles: BTreeSet<(String, String)> = BTreeSet::new();
        roles.extend(given.iter().map(|one| (one.group.clone(), one.role.clone())));
        roles
    };
    let (before, after) = (roles(before), roles(after));
    let mut deltas = Deltas::new();
    for (group, role) in after.difference(&before) {
        deltas.entry(group.clone()).or_default().gained.insert(role.clone());
    }
    for (group, role) in before.difference(&after) {
        deltas.entry(group.clone()).or_default().lost.insert(role.clone());
    }
    deltas
}

/// Writes what groups give by these rules, and says what of it is new. Only the difference is written. The directory is
/// locked.
pub(super) async fn write(tx: &Tx, directory: &Directory, rules: &[Rule]) -> Result<Deltas> {
    let Some(organization) = &directory.organization_id else { return Ok(Deltas::new()) };
    let before = written(tx, &directory.id).await?;
    let after = expand(tx, &directory.id, rules).await?;
    let gone: Vec<&Given> = before.difference(&after).collect();
    for some in gone.chunks(ROWS) {
        let mut values: Vec<Value> = vec![directory.id.as_str().into()];
        let conditions = rows_of(some, &mut values).join(", ");
        let sql = format!(
            "DELETE FROM directory_rule_groups WHERE directory_id = $1 AND (group_id, rule_id, role) IN (VALUES {conditions})"
        );
        db::run(tx, sql, values).await?;
    }
    let new: Vec<&Given> = after.difference(&before).collect();
    for some in new.chunks(ROWS) {
        let mut values: Vec<Value> = vec![directory.id.as_str().into(), organization.as_str().into()];
        let rows: Vec<String> =
            rows_of(some, &mut values).iter().map(|row| row.replacen('(', "($1, $2, ", 1)).collect();
        let sql = format!(
            "INSERT INTO directory_rule_groups (directory_id, organization_id, group_id, rule_id, role) VALUES {}",
            rows.join(", ")
        );
        db::run(tx, sql, values).await?;
    }
    Ok(differences(&before, &after))
}

/// Adds the values of rows, and returns what stands for each: `($4, $5, $6)`.
fn rows_of(given: &[&Given], values: &mut Vec<Value>) -> Vec<String> {
    given
        .iter()
        .map(|one| {
            let row = format!("({})", places(values.len() + 1, 3));
            values.extend::<[Value; 3]>([
                one.group.as_str().into(),
                one.rule.as_str().into(),
                one.role.as_str().into(),
            ]);
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
                role: (*role).to_owned(),
            };
            all.iter().map(one).collect()
        };
        let before = given(&[("a", "1", "admin"), ("a", "2", "member"), ("b", "1", "admin")]);
        let after = given(&[("a", "2", "admin"), ("b", "1", "admin"), ("c", "1", "admin")]);
        let deltas = differences(&before, &after);
        assert_eq!(deltas.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "c"]);
        assert!(deltas["a"].gained.is_empty() && deltas["a"].lost.contains("member"));
        assert!(deltas["c"].lost.is_empty() && deltas["c"].gained.contains("admin"));
    }
}
