//! The groups of a directory.

use std::collections::HashMap;

use super::{Condition, inside};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope};
use crate::fault::Result;
use crate::features::directory::connections::{self, bounded};
use crate::features::directory::query::beginning;
use crate::features::directory::{Directory, DirectoryFault};
use crate::ids::{DirectoryGroupId, DirectoryId, Id as _, OrgId, RoleRuleId, TeamId};
use crate::roles;

/// A group resource and what it gives.
#[derive(Clone, Debug)]
pub struct SeenGroup {
    /// Its id.
    pub id: DirectoryGroupId,
    /// What it is called.
    pub display_name: String,
    /// Its `externalId`.
    pub external_id: Option<String>,
    /// How many direct members it has, people and groups.
    pub members: i64,
    /// What rules give to its members, by the rule.
    pub rules: Vec<GivenRoles>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
}

/// The roles and teams that a rule gives to the members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenRoles {
    /// The rule.
    pub rule_id: RoleRuleId,
    /// The rule's group: this one, or one that this one is inside.
    pub group_id: DirectoryGroupId,
    /// What the rule's group is called.
    pub group_name: String,
    /// The roles, highest first.
    pub roles: Vec<String>,
    /// The teams.
    pub teams: Vec<TeamId>,
}

/// Which groups are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedGroups {
    /// Those with this inside their `displayName` or `externalId`, whatever the case.
    pub query: Option<String>,
    /// Oldest first; else newest first.
    pub ascending: bool,
    /// At most so many.
    pub limit: u64,
    /// Passing over so many first.
    pub offset: u64,
}

const FROM: &str = "FROM directory_groups g";

/// A page of the groups of a directory, and how many match in all.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn groups<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    wanted: &WantedGroups,
) -> Result<(Vec<SeenGroup>, i64)> {
    let directory = connections::get(db, owner, directory).await?;
    let mut condition = of(&directory);
    if let Some(key) = wanted.query.as_deref().and_then(beginning) {
        let place = condition.place(inside(&key));
        condition.and(&format!(
            "(g.display_name_key LIKE {place} ESCAPE '!' OR LOWER(g.external_id) LIKE {place} ESCAPE '!')"
        ));
    }
    let total = condition.total(db, &directory.id, "group", FROM).await?;
    let way = if wanted.ascending { "ASC" } else { "DESC" };
    let (limit, offset) = (bounded(wanted.limit), bounded(wanted.offset));
    let (limit, offset) = (condition.place(limit), condition.place(offset));
    let more = format!("ORDER BY g.id {way} LIMIT (0 + {limit}) OFFSET (0 + {offset})");
    Ok((read(db, &directory, condition, &more).await?, total))
}

/// One of the groups of a directory.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::ResourceNotFound`], and those of the authorization.
pub async fn group<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    id: &DirectoryGroupId,
) -> Result<SeenGroup> {
    let directory = connections::get(db, owner, directory).await?;
    let mut condition = of(&directory);
    let place = condition.place(id.as_str());
    condition.and(&format!("g.id = {place}"));
    read(db, &directory, condition, "").await?.pop().ok_or_else(|| DirectoryFault::ResourceNotFound.into())
}

fn of(directory: &Directory) -> Condition {
    Condition { sql: "g.directory_id = $1".to_owned(), values: vec![directory.id.as_str().into()], narrowed: false }
}

async fn read(db: &impl Scope, directory: &Directory, condition: Condition, more: &str) -> Result<Vec<SeenGroup>> {
    let sql = format!(
        "SELECT g.id, g.display_name, g.external_id,
             (SELECT COUNT(*) FROM directory_group_members y WHERE y.group_id = g.id), g.created_at, g.updated_at
         {FROM} WHERE {} {more}",
        condition.sql
    );
    let rows = db::all(db, sql, condition.values).await?;
    let mut groups = rows.iter().map(seen).collect::<Result<Vec<_>>>()?;
    let ids: serde_json::Value = groups.iter().map(|group| group.id.as_str()).collect();
    let sql = format!(
        "SELECT d.group_id, d.rule_id, r.group_id, COALESCE(g.display_name, r.group_name), d.role, d.team_id
         FROM (SELECT directory_id, group_id, rule_id, role, NULL AS team_id FROM directory_rule_groups WHERE directory_id = $1
               UNION ALL
               SELECT directory_id, group_id, rule_id, NULL, team_id FROM directory_rule_teams WHERE directory_id = $1) d
             JOIN directory_role_rules r ON r.id = d.rule_id LEFT JOIN directory_groups g ON g.id = r.group_id
         WHERE d.group_id {} ORDER BY r.position, d.team_id",
        db::among(db.backend(), 2)
    );
    let mut given: HashMap<DirectoryGroupId, Vec<GivenRoles>> = HashMap::new();
    for row in db::all(db, sql, [directory.id.as_str().into(), ids.to_string().into()]).await? {
        let rule_id: RoleRuleId = row.get(1)?;
        let (role, team): (Option<String>, Option<TeamId>) = (row.get(4)?, row.get(5)?);
        let of_group = given.entry(row.get(0)?).or_default();
        let place = of_group.iter().position(|one| one.rule_id == rule_id);
        let place = place.unwrap_or(of_group.len());
        if place == of_group.len() {
            let (group_id, group_name) = (row.get(2)?, row.get(3)?);
            of_group.push(GivenRoles { rule_id, group_id, group_name, roles: Vec::new(), teams: Vec::new() });
        }
        of_group[place].roles.extend(role);
        of_group[place].teams.extend(team);
    }
    for group in &mut groups {
        group.rules = given.remove(&group.id).unwrap_or_default();
        for one in &mut group.rules {
            roles::sort(&mut one.roles);
        }
    }
    Ok(groups)
}

fn seen(row: &Row) -> Result<SeenGroup> {
    Ok(SeenGroup {
        id: row.get(0)?,
        display_name: row.get(1)?,
        external_id: row.get(2)?,
        members: row.get(3)?,
        rules: Vec::new(),
        created_at: row.get(4)?,
        updated_at: row.get(5)?,
    })
}
