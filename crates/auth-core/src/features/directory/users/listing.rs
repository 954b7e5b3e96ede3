//! What lists have to know of user resources: their columns, and what they look like to a filter.
//!
//! To a filter and to an order every user has `active`: where the attribute is unassigned it is true, as
//! the column says and as everything that asks for it takes it. `groups` holds all groups that a user is
//! in, also those that they are in through others.

use serde_json::{Value as Json, json};

use super::{DirectoryUser, managers, store};
use crate::db::{Row, Scope};
use crate::fault::Result;
use crate::features::directory::query::{
    Answer, Bound, Elements, Listed, Names, Select, Text, beginning, complete, key,
};
use crate::features::directory::{Attributes, groups};
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::AttrPath;

/// The columns of what filters see without groups.
const LEAN: &str = "u.id, u.version, u.active, u.resource, u.created_at, u.updated_at";

impl Listed for DirectoryUser {
    const NAMES: Names = Names { table: "directory_users", alias: "u", counted: "user" };

    fn columns() -> &'static str {
        store::columns()
    }

    fn read(row: &Row) -> Result<Self> {
        store::read(row)
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn answer(path: &AttrPath) -> Option<Answer> {
        if path.schema.is_some() {
            return None;
        }
        let text = Text { column: "id", folded: false, nullable: false, cut: false, unique: true };
        Some(match (path.attr.as_str(), path.sub.as_deref()) {
            ("id", None) => Answer::Text(text),
            ("userName", None) => Answer::Text(Text { column: "user_name_key", folded: true, ..text }),
            ("externalId", None) => Answer::Text(Text { column: "external_id", nullable: true, unique: false, ..text }),
            ("displayName", None) => Answer::Text(Text {
                column: "display_name_key",
                folded: true,
                nullable: true,
                cut: true,
                unique: false,
            }),
            ("active", None) => Answer::Flag("active"),
            ("meta", None) => Answer::Object,
            ("meta", Some("resourceType")) => Answer::Always("User"),
            ("meta", Some("created")) => Answer::Time("created_at"),
            ("meta", Some("lastModified")) => Answer::Time("updated_at"),
            ("emails", Some("value")) => Answer::Elements(Elements::Emails),
            ("groups", Some("value")) => Answer::Elements(Elements::Groups),
            _ => return None,
        })
    }

    fn key(&self, column: &str) -> Option<String> {
        let text = |name: &str| self.attributes.get(name).and_then(Json::as_str);
        match column {
            "user_name_key" => text("userName").and_then(key),
            "display_name_key" => text("displayName").and_then(beginning),
            "external_id" => text("externalId").map(str::to_owned),
            _ => None,
        }
    }

    async fn evaluated(
        db: &impl Scope,
        directory: &DirectoryId,
        select: Select,
        wants: impl Fn(&dyn Fn(&AttrPath) -> bool) -> bool,
        _: &mut Bound,
    ) -> Result<Vec<(String, Attributes)>> {
        // The version is told by the groups too, and by the manager's name.
        let of_version =
            |path: &AttrPath| path.schema.is_none() && path.attr == "meta" && path.sub.as_deref() == Some("version");
        let grouped = wants(&|path| of_version(path) || path.schema.is_none() && path.attr == "groups");
        let managed = wants(&|path| of_version(path) || managers::concerns(path));
        if !grouped && !managed {
            let rows = select.rows(db, LEAN).await?;
            return rows.iter().map(lean).collect();
        }
        let rows = select.rows(db, Self::columns()).await?;
        let mut users = rows.iter().map(Self::read).collect::<Result<Vec<_>>>()?;
        if grouped {
            // One by one: together they may be in too many groups to be shown.
            for user in &mut users {
                groups::complete(db, directory, std::slice::from_mut(user)).await?;
            }
        }
        if managed {
            managers::complete(db, directory, &mut users).await?;
        }
        Ok(users.into_iter().map(|user| (user.id.to_string(), whole(user))).collect())
    }
}

/// A user without groups, as filters see it.
fn lean(row: &Row) -> Result<(String, Attributes)> {
    let (id, version, active, resource): (String, i64, bool, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let mut whole: Attributes = serde_json::from_str(&resource)?;
    whole.insert("active".to_owned(), active.into());
    let whole = complete(whole, &id, "User", &version.to_string(), row.get(4)?, row.get(5)?);
    Ok((id, whole))
}

/// A user as filters see it.
fn whole(user: DirectoryUser) -> Attributes {
    let (tag, id, active, groups) = (user.tag(), user.id.to_string(), user.active, user.groups.clone());
    let (created, updated) = (user.created_at, user.updated_at);
    let mut whole = complete(user.shown(), &id, "User", &tag, created, updated);
    whole.insert("active".to_owned(), active.into());
    if !groups.is_empty() {
        let groups = groups.iter().map(|group| {
            let kind = if group.direct { "direct" } else { "indirect" };
            json!({ "value": group.id.as_str(), "display": group.display_name, "type": kind })
        });
        whole.insert("groups".to_owned(), groups.collect());
    }
    whole
}
