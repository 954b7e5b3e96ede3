//! A mapping tried before it is saved: what each person would become, before and after. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use scim_protocol::ResourceType;
use scim_protocol::normalize::normalize;
use serde_json::Value as Json;

use super::compiled::{Compiled, Mapping, Problem, user_schema};
use super::evaluation::{Warning, evaluate};
use super::recorded::{self, Skipped};
use super::{opening, saving};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::connections;
use crate::features::directory::{Attributes, Directory, schemas};
use crate::ids::{DirectoryId, DirectoryUserId, Id as _, OrgId, RequestLogId, UserId};

/// How many people are shown if nobody is named.
const FIRST: i64 = 20;
/// How many may be named.
pub const MOST: usize = 100;

/// Whom to try it on.
#[derive(Clone, Debug)]
pub enum Who {
    /// Resources as an identity provider would send them.
    Samples(Vec<Json>),
    /// These people of the directory; others are passed over.
    People(Vec<DirectoryUserId>),
    /// Whom these recorded requests made or changed, oldest first.
    Requests(Vec<RequestLogId>),
    /// The first people of the directory.
    First,
}

/// What somebody would become.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The resource; `None` for a sample.
    pub id: Option<DirectoryUserId>,
    /// The recorded request that made them so, if one was named.
    pub request_id: Option<RequestLogId>,
    /// The account, if there is one.
    pub user_id: Option<UserId>,
    /// What it is called.
    pub user_name: String,
    /// By the mapping that is in force: an object with all targets.
    pub before: Json,
    /// By the mapping that is tried.
    pub after: Json,
    /// The targets that are different, each key of public metadata for itself.
    pub changed: Vec<String>,
    /// What of the mapping that is tried would have no effect.
    pub warnings: Vec<Warning>,
}

/// What a mapping would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// To whom.
    pub people: Vec<Person>,
    /// For how many of them something is different, by target.
    pub changed_by_target: BTreeMap<String, i64>,
    /// The recorded requests that say of nobody what they would become, and why.
    pub skipped: Vec<Skipped>,
}

impl Preview {
    /// How many would be different.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.people.iter().filter(|person| !person.changed.is_empty()).count()
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.people.iter().map(|person| person.warnings.len()).sum()
    }
}

/// A resource that a mapping is tried on.
#[derive(Default)]
pub(super) struct Tried {
    pub id: Option<DirectoryUserId>,
    pub request_id: Option<RequestLogId>,
    pub user_id: Option<UserId>,
    pub attributes: Attributes,
    /// The groups that came along.
    pub sent: Option<Vec<Json>>,
    /// The names of what the log left out.
    pub left_out: BTreeSet<String>,
}

/// Tries a mapping. What is wrong with it, or with a sample, is told instead.
///
/// # Errors
/// [`DirectoryFault::NotFound`](crate::features::directory::DirectoryFault::NotFound), those of the authorization, and
/// what keeps the caller from saving it.
pub async fn preview(
    db: &impl Scope,
    owner: Option<&OrgId>,
    id: &DirectoryId,
    mapping: &Mapping,
    who: &Who,
) -> Result<Result<Preview, Vec<Problem>>> {
    let directory = connections::get(db, owner, id).await?;
    let problems = saving::check(db, &directory, mapping).await?;
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let kind = schemas::of(db, &directory).await?.user;
    let draft = Compiled::new(&kind, mapping, &user_schema(&directory.settings.user_schema));
    let mut preview = Preview { people: Vec::new(), changed_by_target: BTreeMap::new(), skipped: Vec::new() };
    let all = match who {
        Who::Requests(ids) => recorded::read(db, &directory, &kind, ids, &mut preview.skipped).await?,
        _ => tried(db, &directory, &kind, who).await?,
    };
    let all = match all {
        Ok(all) => all,
        Err(problems) => return Ok(Err(problems)),
    };
    for one in all {
        let person = compare(db, &directory, &draft, one).await?;
        for target in &person.changed {
            *preview.changed_by_target.entry(target.clone()).or_default() += 1;
        }
        preview.people.push(person);
    }
    Ok(Ok(preview))
}

async fn tried(
    db: &impl Scope,
    directory: &Directory,
    kind: &ResourceType,
    who: &Who,
) -> Result<Result<Vec<Tried>, Vec<Problem>>> {
    let ids = match who {
        Who::Samples(samples) => {
            return Ok(samples.iter().enumerate().map(|(n, body)| sample(kind, n, body)).collect());
        }
        Who::People(ids) => ids.clone(),
        Who::Requests(_) | Who::First => {
            let sql = "SELECT id FROM directory_users WHERE directory_id = $1 ORDER BY id LIMIT (0 + $2)";
            let rows = db::all(db, sql, [directory.id.as_str().into(), FIRST.into()]).await?;
            rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?
        }
    };
    let mut all = Vec::new();
    for id in ids.into_iter().take(MOST) {
        let sql = "SELECT resource, user_id FROM directory_users WHERE directory_id = $1 AND id = $2";
        let row = db::one(db, sql, [directory.id.as_str().into(), id.as_str().into()]).await?;
        if let Some(row) = row {
            let resource: String = row.get(0)?;
            let attributes = serde_json::from_str(&resource)?;
            all.push(Tried { id: Some(id), user_id: row.get(1)?, attributes, ..Tried::default() });
        }
    }
    Ok(Ok(all))
}

fn sample(kind: &ResourceType, number: usize, body: &Json) -> Result<Tried, Vec<Problem>> {
    let incoming = normalize(kind, body.clone()).map_err(|error| {
        let message = error.detail.into_owned();
        vec![Problem { path: format!("[{number}]"), code: "invalid_sample", message }]
    })?;
    let groups = incoming.groups.map(Json::Array).unwrap_or_default();
    let sent = opening::sent(&Attributes::from_iter([("groups".to_owned(), groups)]));
    let sent = sent.filter(|sent| !sent.is_empty());
    Ok(Tried { attributes: incoming.resource, sent, ..Tried::default() })
}

async fn compare(db: &impl Scope, directory: &Directory, draft: &Compiled, one: Tried) -> Result<Person> {
    let (now, sent) = opening::look(db, directory, one.id.as_ref()).await?;
    let groups = match (one.sent.or(sent), &one.id) {
        (Some(sent), _) => sent,
        (None, Some(id)) if draft.has_groups() || now.has_groups() => opening::present(db, directory, id).await?,
        (None, _) => Vec::new(),
    };
    let roles = &directory.settings.mapping_roles;
    let before = evaluate(&now, &one.attributes, &groups, roles).0.to_json();
    let (after, mut warnings) = evaluate(draft, &one.attributes, &groups, roles);
    let after = after.to_json();
    warnings.extend(recorded::unread(draft, &one.left_out));
    let user_name = one.attributes.get("userName").and_then(Json::as_str).unwrap_or_default().to_owned();
    let changed = differences(&before, &after);
    let (id, request_id) = (one.id, one.request_id);
    Ok(Person { id, request_id, user_id: one.user_id, user_name, before, after, changed, warnings })
}

/// The names of the targets that are different.
fn differences(before: &Json, after: &Json) -> Vec<String> {
    const METADATA: &str = "public_metadata";
    let object = |json: &Json| json.as_object().cloned().unwrap_or_default();
    let (before, after) = (object(before), object(after));
    let plain = after.iter().filter(|(name, value)| *name != METADATA && before.get(*name) != Some(value));
    let mut changed: Vec<String> = plain.map(|(name, _)| name.clone()).collect();
    let keys = |all: &serde_json::Map<String, Json>| all.get(METADATA).map(object).unwrap_or_default();
    let (before, after) = (keys(&before), keys(&after));
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    changed.extend(
        all.into_iter().filter(|key| before.get(*key) != after.get(*key)).map(|key| format!("{METADATA}.{key}")),
    );
    changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_told_by_target_and_key() {
        let before = json!({"name": "A", "image": null, "public_metadata": {"a": 1, "b": 2}});
        let after = json!({"name": "B", "image": null, "public_metadata": {"a": 1, "c": 2}});
        assert_eq!(differences(&before, &after), ["name", "public_metadata.b", "public_metadata.c"]);
        assert!(differences(&before, &before).is_empty());
    }
}
