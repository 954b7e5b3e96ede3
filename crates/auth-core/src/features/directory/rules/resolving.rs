//! Which groups the wanted rules mean.

use std::collections::{HashMap, HashSet};

use super::{Named, NewRule, Refused, Rule, RulesFault};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::features::directory::query::key;
use crate::ids::{DirectoryGroupId, Id as _, RoleRuleId};
use crate::roles;

/// The wanted rules, each with its group if there is one. Rules that there are keep their ids, and those that were given
/// by name their groups, also if those are gone: what has got a name since does not step into their place.
pub(super) async fn resolve(
    db: &impl Scope,
    directory: &Directory,
    present: &[Rule],
    wanted: &[NewRule],
    new_id: impl Fn() -> RoleRuleId,
) -> Result<Vec<Rule>, Refused> {
    let groups = Groups::read(db, directory, wanted).await?;
    let mut used = HashSet::new();
    let mut rules = Vec::with_capacity(wanted.len());
    for (place, NewRule { group: named, roles, teams }) in wanted.iter().enumerate() {
        let (mut given, mut teams) = (roles.clone(), teams.clone());
        roles::sort(&mut given);
        teams.sort();
        teams.dedup();
        let name_key = match named {
            Named::Id(_) => None,
            Named::Name(name) => Some(key(name).ok_or_else(|| Refused::at(place, RulesFault::InvalidGroupName))?),
        };
        let same = |rule: &&Rule| match named {
            Named::Id(id) => rule.group_id.as_ref() == Some(id),
            Named::Name(_) => rule.name_key == name_key,
        };
        let kept = present.iter().filter(same).find(|rule| !used.contains(&rule.id)).cloned();
        let mut rule = kept.unwrap_or_else(|| Rule {
            id: new_id(),
            group_id: None,
            group_name: String::new(),
            present: false,
            roles: Vec::new(),
            teams: Vec::new(),
            created_at: db.now(),
            created_by: db.ctx().actor.label(),
            name_key,
        });
        if rule.group_id.is_none() {
            match named {
                Named::Id(id) => {
                    let name = groups.by_id.get(id).ok_or_else(|| Refused::at(place, RulesFault::UnknownGroup))?;
                    rule.group_id = Some(id.clone());
                    rule.group_name.clone_from(name);
                    rule.present = true;
                }
                Named::Name(name) => {
                    rule.group_name.clone_from(name);
                    match groups.by_name.get(rule.name_key.as_deref().unwrap_or_default()) {
                        None => {}
                        Some((id, 1)) => {
                            rule.group_id = Some(id.clone());
                            rule.present = true;
                        }
                        Some(_) => return Err(Refused::at(place, RulesFault::AmbiguousGroup)),
                    }
                }
            }
        }
        (rule.roles, rule.teams) = (given, teams);
        used.insert(rule.id.clone());
        rules.push(rule);
    }
    Ok(rules)
}

/// The groups that are named.
struct Groups {
    by_id: HashMap<DirectoryGroupId, String>,
    /// One of that name, and how many there are.
    by_name: HashMap<String, (DirectoryGroupId, i64)>,
}

impl Groups {
    async fn read(db: &impl Scope, directory: &Directory, wanted: &[NewRule]) -> Result<Self> {
        let (mut ids, mut names) = (Vec::new(), Vec::new());
        for rule in wanted {
            match &rule.group {
                Named::Id(id) => ids.push(id.as_str().to_owned()),
                Named::Name(name) => names.extend(key(name)),
            }
        }
        let mut this = Self { by_id: HashMap::new(), by_name: HashMap::new() };
        let among = db::among(db.backend(), 2);
        if !ids.is_empty() {
            let sql = format!("SELECT id, display_name FROM directory_groups WHERE directory_id = $1 AND id {among}");
            for row in db::all(db, sql, [directory.id.as_str().into(), list(&ids).into()]).await? {
                this.by_id.insert(row.get(0)?, row.get(1)?);
            }
        }
        if !names.is_empty() {
            let sql = format!(
                "SELECT display_name_key, MIN(id), COUNT(*) FROM directory_groups
                 WHERE directory_id = $1 AND display_name_key {among} GROUP BY display_name_key"
            );
            for row in db::all(db, sql, [directory.id.as_str().into(), list(&names).into()]).await? {
                this.by_name.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
            }
        }
        Ok(this)
    }
}

/// Texts as one parameter.
pub(super) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(AsRef::as_ref).collect::<serde_json::Value>().to_string()
}
