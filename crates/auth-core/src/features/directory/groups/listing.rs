//! What lists have to know of groups: their columns, and what they look like to a filter.

use serde_json::{Value as Json, json};

use super::{DirectoryGroup, Member, MemberKind, reading, store};
use crate::db::{Row, Scope};
use crate::fault::Result;
use crate::features::directory::Attributes;
use crate::features::directory::query::{Answer, Bound, Elements, Listed, Names, SCAN, Select, Text, complete, key};
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::AttrPath;

impl Listed for DirectoryGroup {
    const NAMES: Names = Names { table: "directory_groups", alias: "g", counted: "group" };

    fn columns() -> &'static str {
        store::COLUMNS
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
            ("externalId", None) => Answer::Text(Text { column: "external_id", nullable: true, unique: false, ..text }),
            ("displayName", None) => {
                Answer::Text(Text { column: "display_name_key", folded: true, unique: false, ..text })
            }
            ("meta", None) => Answer::Object,
            ("meta", Some("resourceType")) => Answer::Always("Group"),
            ("meta", Some("created")) => Answer::Time("created_at"),
            ("meta", Some("lastModified")) => Answer::Time("updated_at"),
            ("members", Some("value")) => Answer::Elements(Elements::Members),
            _ => return None,
        })
    }

    fn key(&self, column: &str) -> Option<String> {
        let text = |name: &str| self.attributes.get(name).and_then(Json::as_str);
        match column {
            "display_name_key" => text("displayName").and_then(key),
            "external_id" => text("externalId").map(str::to_owned),
            _ => None,
        }
    }

    /// Members are read only for filters that look at them, and count against the bound like groups.
    async fn evaluated(
        db: &impl Scope,
        directory: &DirectoryId,
        select: Select,
        wants: impl Fn(&dyn Fn(&AttrPath) -> bool) -> bool,
        bound: &mut Bound,
    ) -> Result<Vec<(String, Attributes)>> {
        let members = wants(&|path| path.schema.is_none() && path.attr == "members");
        let mut all = Vec::new();
        for row in select.rows(db, Self::columns()).await? {
            let group = Self::read(&row)?;
            let tag = group.tag();
            let id = group.id.as_str();
            let mut whole = complete(group.attributes, id, "Group", &tag, group.created_at, group.updated_at);
            if members {
                let some = reading::page(db, directory, &group.id, "", SCAN, true).await?;
                bound.count(some.len())?;
                if !some.is_empty() {
                    whole.insert("members".to_owned(), some.iter().map(as_json).collect());
                }
            }
            all.push((id.to_owned(), whole));
        }
        Ok(all)
    }
}

/// A member as filters see it.
fn as_json(member: &Member) -> Json {
    let kind = match member.kind {
        MemberKind::User => "User",
        MemberKind::Group => "Group",
    };
    json!({ "value": member.id, "display": member.display, "type": kind })
}
