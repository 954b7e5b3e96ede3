//! Where a mapping looks: a path of RFC 7644, with a filter or a URN, or with a place in a list (`groups[0].value`),
//! which is ours.

use scim_protocol::filter::{matches_element, resolve_element};
use scim_protocol::patch::PatchPath;
use scim_protocol::schema::{Attribute, Mutability, Resolved, Returned};
use scim_protocol::{AttrPath, Filter, ResourceType};
use serde_json::Value as Json;

use crate::features::directory::Attributes;

/// The longest path, in bytes.
const LONGEST: usize = 1024;
/// The highest place in a list.
const HIGHEST: usize = 9999;
/// What the groups of a person are called.
const GROUPS: &str = "groups";
/// What a group has besides what the schema says.
const ID: &str = "id";

/// Which elements of a list.
#[derive(Clone, Debug)]
enum Which {
    /// All of them.
    All,
    /// The one at a place, counted from 0.
    At(usize),
    /// The first that satisfies a filter.
    First(Filter),
}

/// A place in a user resource.
#[derive(Clone, Debug)]
pub(super) struct Source {
    extension: Option<String>,
    attribute: Attribute,
    which: Which,
    sub: Option<String>,
}

impl Source {
    /// Reads a path, and finds the attribute that it names.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(super) fn parse(kind: &ResourceType, text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("A path has at most {LONGEST} bytes"));
        }
        let (text, at) = without_place(text)?;
        let PatchPath { attr: mut path, filter } =
            PatchPath::parse(&text).map_err(|error| error.detail.into_owned())?;
        let id = is_id_of_groups(&path);
        if id {
            path.sub = None;
        }
        let target = match kind.lookup(&path) {
            Some(Resolved::Attribute(target)) => target,
            Some(Resolved::Schema(_)) => return Err(format!("{path} is a schema, not an attribute")),
            None => return Err(format!("Users have no attribute {path}")),
        };
        let leaf = target.leaf();
        if leaf.mutability == Mutability::WriteOnly || leaf.returned == Returned::Never {
            return Err(format!("{path} is never stored"));
        }
        let attribute = target.attribute.clone();
        if (at.is_some() || filter.is_some()) && !attribute.multi_valued {
            return Err(format!("{} has one value: there is nothing to choose from", attribute.name));
        }
        let which = match (at, filter) {
            (Some(_), Some(_)) => return Err("A path has a place or a filter, not both".to_owned()),
            (Some(at), None) => Which::At(at),
            (None, Some(filter)) => {
                Which::First(resolve_element(&attribute, filter).map_err(|error| error.detail.into_owned())?)
            }
            (None, None) => Which::All,
        };
        let sub = if id { Some(ID.to_owned()) } else { target.sub.map(|sub| sub.name.to_string()) };
        Ok(Self { extension: target.extension.map(|schema| schema.id.to_string()), attribute, which, sub })
    }

    /// Whether it looks at the groups that a person is in.
    pub(super) fn is_groups(&self) -> bool {
        self.extension.is_none() && self.attribute.name == GROUPS
    }

    /// What is there; `None` if nothing is. Of a list as a whole, all that is there.
    pub(super) fn value(&self, attributes: &Attributes, groups: &[Json]) -> Option<Json> {
        if self.is_groups() {
            return self.among(groups);
        }
        let object = match &self.extension {
            Some(urn) => attributes.get(urn)?.as_object()?,
            None => attributes,
        };
        match object.get(&*self.attribute.name)? {
            Json::Array(list) if self.attribute.multi_valued => self.among(list),
            value => self.part(value),
        }
    }

    fn among(&self, list: &[Json]) -> Option<Json> {
        match &self.which {
            Which::At(at) => list.get(*at).and_then(|element| self.part(element)),
            Which::First(filter) => list
                .iter()
                .filter(|element| matches_element(filter, &self.attribute, element))
                .find_map(|element| self.part(element)),
            Which::All => {
                let all: Vec<Json> = list.iter().filter_map(|element| self.part(element)).collect();
                (!all.is_empty()).then_some(Json::Array(all))
            }
        }
    }

    fn part(&self, value: &Json) -> Option<Json> {
        match (&self.sub, value) {
            (None, value) => Some(value.clone()),
            // The elements of a list of simple values are called `value`.
            (Some(sub), Json::Object(object)) => object.get(sub).cloned(),
            (Some(sub), simple) => (sub == "value").then(|| simple.clone()),
        }
        .filter(|value| !value.is_null())
    }
}

/// A value as text, where text is needed: of a list its first element, of an object its `value`.
pub(super) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Array(list) => list.first().and_then(as_text),
        Json::Object(object) => object.get("value").filter(|value| !value.is_object()).and_then(as_text),
        Json::Null => None,
    }
}

/// The path without `[0]`, and the place that stood there.
fn without_place(text: &str) -> Result<(String, Option<usize>), String> {
    let Some((before, rest)) = text.split_once('[') else { return Ok((text.to_owned(), None)) };
    let Some((inside, after)) = rest.split_once(']') else { return Ok((text.to_owned(), None)) };
    let inside = inside.trim();
    if inside.is_empty() || !inside.bytes().all(|b| b.is_ascii_digit()) {
        return Ok((text.to_owned(), None));
    }
    match inside.parse() {
        Ok(at) if at <= HIGHEST => Ok((format!("{before}{after}"), Some(at))),
        _ => Err(format!("A place in a list is at most {HIGHEST}")),
    }
}

fn is_id_of_groups(path: &AttrPath) -> bool {
    path.schema.is_none()
        && path.attr.eq_ignore_ascii_case(GROUPS)
        && path.sub.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case(ID))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn at(path: &str) -> Result<Option<Json>, String> {
        let resource = json!({
            "userName": "dave", "active": true, "name": {"givenName": "Dave"},
            "emails": [{"value": "h@x.io", "type": "home"}, {"value": "w@x.io", "type": "work", "primary": true}],
            ENTERPRISE: {"department": "Sales", "manager": {"value": "7"}}
        });
        let groups = [json!({"value": "Admins", "display": "Admins", "id": "scimg_1"}), json!({"value": "Staff"})];
        let Json::Object(attributes) = resource else { return Err("no object".into()) };
        Ok(Source::parse(ResourceType::user(), path)?.value(&attributes, &groups))
    }

    #[test]
    fn paths_lead_to_values() {
        for (path, wanted) in [
            ("userName", json!("dave")),
            ("USERNAME", json!("dave")),
            ("active", json!(true)),
            ("name.givenName", json!("Dave")),
            ("emails[primary eq true].value", json!("w@x.io")),
            ("emails[type eq \"home\"].value", json!("h@x.io")),
            ("emails[1].value", json!("w@x.io")),
            ("emails.value", json!(["h@x.io", "w@x.io"])),
            ("groups[0].value", json!("Admins")),
            ("groups[ 0 ].id", json!("scimg_1")),
            ("groups[value eq \"Staff\"].value", json!("Staff")),
            ("groups.value", json!(["Admins", "Staff"])),
            (&format!("{ENTERPRISE}.department"), json!("Sales")),
            (&format!("{ENTERPRISE}:department"), json!("Sales")),
            (&format!("{ENTERPRISE}:manager.value"), json!("7")),
            ("department", json!("Sales")),
        ] {
            assert_eq!(at(path).unwrap(), Some(wanted), "{path}");
        }
        for nothing in ["title", "emails[5].value", "emails[type eq \"other\"].value", "groups[9999].value"] {
            assert_eq!(at(nothing).unwrap(), None, "{nothing}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        for path in [
            "",
            "nothing",
            "name.nothing",
            "password",
            "userName[0]",
            "groups[0][0].value",
            "groups[10000].value",
            "groups[99999999999999999999].value",
            "groups[-1].value",
            "groups[0",
            "emails[nothing eq 1].value",
            ENTERPRISE,
            "emails[0][type eq \"work\"].value",
            "a b",
        ] {
            assert!(at(path).is_err(), "{path}");
        }
        assert!(at(&"a".repeat(2000)).is_err());
    }

    #[test]
    fn text_is_found_in_what_is_none() {
        assert_eq!(as_text(&json!([{"value": "a"}])).as_deref(), Some("a"));
        assert_eq!(as_text(&json!(5)).as_deref(), Some("5"));
        assert_eq!(as_text(&json!({"x": 1})), None);
    }
}
