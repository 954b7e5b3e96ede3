//! The rows of rules.

use std::fmt::Write as _;

use sea_orm::Value;

use super::Rule;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::features::directory::connections::owner_key;
use crate::ids::{DirectoryId, Id as _, OrgId, TeamId};

/// How many rows a statement inserts.
const ROWS: usize = 60;

/// The rules of a directory, in their order.
pub(super) async fn rules(db: &impl Scope, owner: Option<&OrgId>, directory: &DirectoryId) -> Result<Vec<Rule>> {
    let sql =
        "SELECT r.id, r.group_id, COALESCE(g.display_name, r.group_name), g.id, r.roles, r.created_at, r.created_by,
                   r.group_name_key, (SELECT string_agg(t.team_id, ',') FROM directory_role_rule_teams t WHERE t.rule_id = r.id)
               FROM directory_role_rules r LEFT JOIN directory_groups g ON g.id = r.group_id
               WHERE r.directory_id = $1 AND r.owner_key = $2 ORDER BY r.position";
    let rows = db::all(db, sql, [directory.as_str().into(), owner_key(owner).into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Rule> {
    let (present, roles): (Option<String>, String) = (row.get(3)?, row.get(4)?);
    let teams: Option<String> = row.get(8)?;
    let mut teams: Vec<TeamId> =
        teams.iter().flat_map(|teams| teams.split(',')).map(|team| TeamId::from_text(team.to_owned())).collect();
    teams.sort();
    Ok(Rule {
        id: row.get(0)?,
        group_id: row.get(1)?,
        group_name: row.get(2)?,
        present: present.is_some(),
        roles: serde_json::from_str(&roles)?,
        created_at: row.get(5)?,
        created_by: row.get(6)?,
        name_key: row.get(7)?,
        teams,
    })
}

/// Writes all rules of a directory anew. The directory is locked.
pub(super) async fn replace(tx: &Tx, directory: &Directory, rules: &[Rule]) -> Result<()> {
    let owner = owner_key(directory.organization_id.as_ref());
    let sql = "DELETE FROM directory_role_rules WHERE directory_id = $1 AND owner_key = $2";
    db::run(tx, sql, [directory.id.as_str().into(), owner.into()]).await?;
    let mut position = 0_i64;
    for some in rules.chunks(ROWS) {
        let mut values: Vec<Value> = vec![directory.id.as_str().into(), owner.into()];
        let mut rows = Vec::with_capacity(some.len());
        for rule in some {
            let places = places(values.len() + 1, 8);
            rows.push(format!("($1, $2, {places})"));
            values.extend::<[Value; 8]>([
                rule.id.as_str().into(),
                position.into(),
                rule.group_id.clone().map(String::from).into(),
                rule.group_name.as_str().into(),
                rule.name_key.clone().into(),
                serde_json::to_string(&rule.roles)?.into(),
                rule.created_at.into(),
                rule.created_by.as_str().into(),
            ]);
            position += 1;
        }
        let sql = format!(
            "INSERT INTO directory_role_rules (directory_id, owner_key, id, position, group_id, group_name, group_name_key,
                 roles, created_at, created_by) VALUES {}",
            rows.join(", ")
        );
        db::run(tx, sql, values).await?;
    }
    let teams: Vec<(&str, &str)> =
        rules.iter().flat_map(|rule| rule.teams.iter().map(|team| (rule.id.as_str(), team.as_str()))).collect();
    for some in teams.chunks(ROWS) {
        let mut values: Vec<Value> = Vec::with_capacity(some.len() * 2);
        let mut rows = Vec::with_capacity(some.len());
        for (rule, team) in some {
            rows.push(format!("({})", places(values.len() + 1, 2)));
            values.extend::<[Value; 2]>([(*rule).into(), (*team).into()]);
        }
        let sql = format!("INSERT INTO directory_role_rule_teams (rule_id, team_id) VALUES {}", rows.join(", "));
        db::run(tx, sql, values).await?;
    }
    Ok(())
}

/// So many places from a number on.
pub(super) fn places(first: usize, count: usize) -> String {
    let mut text = String::new();
    for place in first..first + count {
        let comma = if place == first { "" } else { ", " };
        let _ = write!(text, "{comma}${place}");
    }
    text
}
