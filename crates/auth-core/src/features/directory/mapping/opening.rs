//! The mapping as one request sees it, and what a person was mapped by before.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::compiled::{Compiled, compiled};
use super::evaluation::{Mapped, evaluate};
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::features::directory::connections::owner_key;
use crate::features::directory::resource::Profile;
use crate::features::directory::users::DirectoryUser;
use crate::features::directory::{Attributes, Directory, DirectoryFault};
use crate::ids::{DirectoryGroupId, DirectoryUserId, Id as _};

/// How many groups of a person a mapping sees.
const GROUPS: i64 = 1000;
/// How much text the groups may have that are remembered as they were sent, in bytes.
const SENT: usize = 64 * 1024;

/// Where the metadata of a mapping was put, and which members it were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// On the membership; else on the user.
    pub on_membership: bool,
    /// The keys.
    pub keys: Vec<String>,
}

impl Kept {
    fn from_stored(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        let stored: Json = serde_json::from_str(text)?;
        let keys = stored.get("keys").and_then(Json::as_array).into_iter().flatten();
        Ok(Self {
            on_membership: stored.get("on_membership").and_then(Json::as_bool).unwrap_or_default(),
            keys: keys.filter_map(Json::as_str).map(str::to_owned).collect(),
        })
    }

    pub(super) fn to_stored(&self) -> Option<String> {
        (!self.keys.is_empty()).then(|| json!({ "on_membership": self.on_membership, "keys": self.keys }).to_string())
    }
}

/// A directory's mapping, opened for one person.
#[derive(Debug, Default)]
pub(in crate::features::directory) struct Opened {
    /// Which version is in force; 0 for the defaults.
    pub(super) version: i64,
    /// By which the person was mapped.
    pub(super) applied: i64,
    now: Arc<Compiled>,
    was: Arc<Compiled>,
    groups: Vec<Json>,
    groups_before: Vec<Json>,
    /// The groups as they were sent by now, if any were.
    pub(super) sent: Option<String>,
    /// What the row says of them.
    pub(super) sent_before: Option<String>,
    pub(super) kept: Kept,
}

impl Opened {
    /// Whether the person is mapped by another version than the one in force.
    pub(in crate::features::directory) fn is_behind(&self) -> bool {
        self.version != self.applied
    }

    /// What the person became by attributes that were there before.
    pub(in crate::features::directory) fn before(&self, directory: &Directory, attributes: &Attributes) -> Mapped {
        evaluate(&self.was, attributes, &self.groups_before, &directory.settings.mapping_roles).0
    }

    /// What the person becomes by these attributes. What had no effect is noted.
    pub(in crate::features::directory) fn after(
        &self,
        tx: &Tx,
        directory: &Directory,
        attributes: &Attributes,
    ) -> Mapped {
        let (mapped, warnings) = evaluate(&self.now, attributes, &self.groups, &directory.settings.mapping_roles);
        if self.version > 0 {
            let targets = || -> Vec<String> { self.now.entries.iter().map(|entry| entry.target.text()).collect() };
            tx.note(
                "mapping.applied",
                || format!("Mapped by version {} of the directory's mapping", self.version),
                || json!({ "version": self.version, "targets": targets() }),
            );
        }
        for warning in warnings {
            tx.note(
                "mapping.warning",
                || format!("{}: {}", warning.path, warning.message),
                || json!({ "path": warning.path, "target": warning.target }),
            );
        }
        mapped
    }
}

/// The groups that a body brought along, in one form; `None` if it brought none. They stand among the attributes where
/// these come in, and nowhere else: in the resource they are read-only.
pub(in crate::features::directory) fn sent(attributes: &Attributes) -> Option<Vec<Json>> {
    let groups = attributes.get("groups")?.as_array()?;
    let one = |group: &Json| match group {
        Json::String(name) => Some(json!({ "value": name, "display": name })),
        Json::Object(object) => {
            // Names of attributes match whatever their letter case.
            let named = |wanted: &str| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            let parts = ["value", "display", "$ref", "type", "id"].into_iter();
            let parts = parts.filter_map(|name| Some((name.to_owned(), named(name)?.1.clone())));
            Some(Json::Object(parts.filter(|(_, value)| value.is_string()).collect::<Map<_, _>>()))
        }
        _ => None,
    };
    Some(groups.iter().filter_map(one).take(usize::try_from(GROUPS).unwrap_or_default()).collect())
}

/// Opens the mapping that is in force, for a new person (`None`) or one that is there. `sent`: the groups that this
/// request brought.
///
/// Where the directory has no mapping of its own nothing is read.
pub(in crate::features::directory) async fn open(
    tx: &Tx,
    directory: &Directory,
    person: Option<&DirectoryUserId>,
    sent: Option<&[Json]>,
) -> Result<Opened> {
    let brought = sent.map(|groups| Json::from(groups).to_string()).filter(|text| text.len() <= SENT);
    if sent.is_some() && brought.is_none() {
        tx.note(
            "mapping.warning",
            || format!("groups: more than {SENT} bytes were sent and passed over"),
            || json!({}),
        );
    }
    let brought = brought.map(|text| Some(text).filter(|_| sent.is_some_and(|groups| !groups.is_empty())));
    if directory.mapping_version == 0 {
        return Ok(Opened { sent: brought.flatten(), ..Opened::default() });
    }
    // Boxed: the futures of all requests would carry it.
    Box::pin(async {
        // Held until the end: who saves another one waits, and then applies it to this person too.
        let mut opened = read(tx, directory, person, tx.share()).await?;
        if let Some(brought) = brought {
            opened.sent = brought;
        }
        opened.find_groups(tx, directory, person).await?;
        Ok(opened)
    })
    .await
}

async fn read(db: &impl Scope, directory: &Directory, person: Option<&DirectoryUserId>, lock: &str) -> Result<Opened> {
    let sql = format!(
        "WITH d AS (SELECT id, mapping_version FROM directories WHERE id = $1 AND owner_key = $2{lock})
         SELECT m.version, m.mapping, m.user_schema, x.version, x.sent_groups, x.metadata, o.mapping, o.user_schema
         FROM d JOIN directory_mappings m ON m.directory_id = d.id AND m.version = d.mapping_version
         LEFT JOIN directory_user_mapped x ON x.directory_user_id = $3 AND x.directory_id = d.id
         LEFT JOIN directory_mappings o ON o.directory_id = d.id AND o.version = x.version"
    );
    let values = [
        directory.id.as_str().into(),
        owner_key(directory.organization_id.as_ref()).into(),
        person.map_or("", |id| id.as_str()).into(),
    ];
    let Some(row) = db::one(db, sql, values).await? else {
        // Another version was saved while this waited for the directory: look again.
        return Err(Error::from(DirectoryFault::NotFound).lost_race());
    };
    let (mapping, user_schema): (String, String) = (row.get(1)?, row.get(2)?);
    let now = compiled(db, directory, &mapping, &user_schema).await?;
    let was = match (row.get::<Option<String>>(6)?, row.get::<Option<String>>(7)?) {
        (Some(mapping), Some(user_schema)) => compiled(db, directory, &mapping, &user_schema).await?,
        _ => Arc::default(),
    };
    let (sent, metadata): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    Ok(Opened {
        version: row.get(0)?,
        applied: row.get::<Option<i64>>(3)?.unwrap_or_default(),
        now,
        was,
        sent_before: sent.clone(),
        sent,
        kept: Kept::from_stored(metadata.as_deref())?,
        ..Opened::default()
    })
}

impl Opened {
    async fn find_groups(
        &mut self,
        db: &impl Scope,
        directory: &Directory,
        person: Option<&DirectoryUserId>,
    ) -> Result<()> {
        if !self.now.has_groups() && !self.was.has_groups() {
            return Ok(());
        }
        let computed = match person {
            Some(id) if self.sent.is_none() || self.sent_before.is_none() => present(db, directory, id).await?,
            _ => Vec::new(),
        };
        let read = |sent: &Option<String>| -> Result<Vec<Json>> {
            sent.as_ref().map_or_else(|| Ok(computed.clone()), |text| Ok(serde_json::from_str(text)?))
        };
        self.groups_before = read(&self.sent_before)?;
        self.groups = read(&self.sent)?;
        Ok(())
    }

    /// Whether this request brought other groups than those before it.
    pub(in crate::features::directory) fn has_news(&self) -> bool {
        self.sent != self.sent_before
    }

    /// Whether the mapping looks at groups that are computed.
    pub(in crate::features::directory) fn follows_groups(&self) -> bool {
        self.now.has_groups() && self.sent.is_none()
    }
}

/// The groups that a person is in, directly or through others, in the order in which they came into them.
pub(super) async fn present(db: &impl Scope, directory: &Directory, person: &DirectoryUserId) -> Result<Vec<Json>> {
    let rows = db::all(
        db,
        "WITH RECURSIVE up(id, since, direct) AS (
             SELECT m.group_id, m.created_at, 0 FROM directory_group_members m
             WHERE m.directory_id = $1 AND m.member_kind = 'user' AND m.member_id = $2
             UNION
             SELECT n.group_id, CAST(0 AS BIGINT), 1 FROM up JOIN directory_group_members n
             ON n.directory_id = $1 AND n.member_kind = 'group' AND n.member_id = up.id
         )
         SELECT g.id, g.display_name FROM (SELECT id, MIN(direct) AS direct, MAX(since) AS since FROM up GROUP BY id) f
         JOIN directory_groups g ON g.id = f.id WHERE g.directory_id = $1
         ORDER BY f.direct, f.since, g.id LIMIT (0 + $3)",
        [directory.id.as_str().into(), person.as_str().into(), GROUPS.into()],
    )
    .await?;
    rows.iter()
        .map(|row| {
            let (id, name): (DirectoryGroupId, String) = (row.get(0)?, row.get(1)?);
            Ok(json!({ "value": name, "display": name, "id": id.as_str() }))
        })
        .collect()
}

/// The profile that a person who is there has by the mapping that they were mapped by.
pub(in crate::features::directory) async fn profile_of(
    tx: &Tx,
    directory: &Directory,
    person: &DirectoryUser,
) -> Result<Profile> {
    let opened = open(tx, directory, Some(&person.id), None).await?;
    Ok(opened.before(directory, &person.attributes).profile)
}

/// The mapping that is in force, for whoever only looks, and the groups of the person as they were sent, if they were.
pub(super) async fn look(
    db: &impl Scope,
    directory: &Directory,
    person: Option<&DirectoryUserId>,
) -> Result<(Arc<Compiled>, Option<Vec<Json>>)> {
    let (now, sent) = if directory.mapping_version > 0 {
        let opened = read(db, directory, person, "").await?;
        (opened.now, opened.sent)
    } else if let Some(person) = person {
        // What was sent is remembered before there is a mapping that looks at it.
        let sql = "SELECT sent_groups FROM directory_user_mapped WHERE directory_user_id = $1 AND directory_id = $2";
        let row = db::one(db, sql, [person.as_str().into(), directory.id.as_str().into()]).await?;
        (Arc::default(), row.map_or(Ok(None), |row| row.get(0))?)
    } else {
        Default::default()
    };
    Ok((now, sent.as_deref().map(serde_json::from_str).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: Json) -> Option<Vec<Json>> {
        let Json::Object(attributes) = json else { panic!("no object: {json}") };
        sent(&attributes)
    }

    #[test]
    fn groups_are_read_as_providers_send_them() {
        assert_eq!(of(json!({})), None);
        assert_eq!(of(json!({"groups": null})), None);
        assert_eq!(of(json!({"groups": []})), Some(vec![]));
        let sent = json!({"groups": ["Admins", {"Value": "1", "DISPLAY": "Staff", "x": 1}, 5, {"value": {}}]});
        assert_eq!(
            of(sent),
            Some(vec![
                json!({"value": "Admins", "display": "Admins"}),
                json!({"value": "1", "display": "Staff"}),
                json!({}),
            ])
        );
    }

    #[test]
    fn what_was_kept_comes_back() {
        let kept = Kept { on_membership: true, keys: vec!["a".into(), "b".into()] };
        assert_eq!(Kept::from_stored(kept.to_stored().as_deref()).unwrap(), kept);
        assert_eq!(Kept::default().to_stored(), None);
    }
}
