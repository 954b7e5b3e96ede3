//! Which attributes a directory really sends: the paths that a mapping can read, from what was recorded of people.
//!
//! Looked at are the newest [`READ`] bodies about people among the newest [`LOOKED_AT`] requests that have rows and as many of
//! those that share one, so that it costs the same however long the log is. A path is written as a mapping reads it: `name.givenName`, `emails[type eq "work"].value`,
//! `urn:…:User:department`.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::masking::HIDDEN;
use super::reading::sight;
use super::{LEFT_OUT, Sight, Within, segments};
use crate::clock::Timestamp;
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::connections::owner_key;
use crate::ids::{DirectoryId, Id as _, OrgId};

/// How many requests are passed over at the most in search of bodies.
const LOOKED_AT: i64 = 5_000;
/// How many bodies are read.
const READ: i64 = 200;
/// How many paths are told of.
const PATHS: usize = 500;
/// How many elements of a list are looked at.
const ELEMENTS: usize = 20;
/// The longest path, in bytes, and the longest sample, in characters.
const LONGEST: usize = 256;
const SAMPLE: usize = 100;
/// What is done to people.
const ABOUT_PEOPLE: &[&str] = &["user.create", "user.replace", "user.patch", "bulk"];
/// What is no attribute of a person, or none that a mapping reads.
const NOT_READ: &[&str] = &["schemas", "id", "meta", "password"];
/// What only tells an element from the others.
const MARKS: &[&str] = &["type", "primary", "$ref"];

/// A path that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPath {
    /// The path, as a mapping reads it.
    pub path: String,
    /// In how many of the requests it was.
    pub count: i64,
    /// The newest value there, cut to 100 characters; hidden from who may not see personal data.
    pub sample: String,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
}

/// The paths in the newest recorded requests about people, the most frequent first.
///
/// # Errors
/// Those of [`sight`].
pub async fn paths<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
) -> Result<Vec<SeenPath>> {
    let owner = owner.into();
    let sight = sight(db, owner, directory).await?;
    let rows = db::all(
        db,
        "SELECT r.id, r.created_at, r.operation, r.body FROM directory_requests r
         WHERE r.directory_id = $1 AND r.owner_key = $2 AND r.id IN (
             SELECT s.id FROM (SELECT id, operation, body_bytes, body_whole FROM directory_requests
                 WHERE directory_id = $1 AND owner_key = $2 ORDER BY id DESC LIMIT (0 + $3)) s
             WHERE s.operation IN ('user.create', 'user.replace', 'user.patch', 'bulk') AND s.body_bytes > 0 AND s.body_whole
             ORDER BY s.id DESC LIMIT (0 + $4))
         ORDER BY r.id DESC",
        [directory.as_str().into(), owner_key(owner).into(), LOOKED_AT.into(), READ.into()],
    )
    .await?;
    let mut bodies = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(body) = row.get::<Option<String>>(3)? {
            bodies.push((row.get(0)?, row.get(1)?, row.get(2)?, body));
        }
    }
    let most = usize::try_from(READ).unwrap_or(usize::MAX);
    let within = Within::new(directory, owner, None, None);
    bodies.append(&mut segments::bodies(db, &within, ABOUT_PEOPLE, most, LOOKED_AT).await?);
    bodies.sort_by(|one: &segments::Body, other| other.0.cmp(&one.0));
    bodies.truncate(most);
    let mut all: HashMap<String, SeenPath> = HashMap::new();
    for (_, at, operation, body) in bodies {
        let Ok(body) = serde_json::from_str::<Json>(&body) else { continue };
        let mut seen = Seen::default();
        seen.request(&operation, &body);
        for (path, sample) in seen.leaves {
            // Names of attributes are the same in whatever case they are written.
            let key = path.to_lowercase();
            if let Some(known) = all.get_mut(&key) {
                known.count += 1;
            } else if all.len() < PATHS {
                let sample = if sight == Sight::Masked { HIDDEN.to_owned() } else { sample };
                all.insert(key, SeenPath { path, count: 1, sample, last_seen_at: at });
            }
        }
    }
    let mut all: Vec<SeenPath> = all.into_values().collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.path.cmp(&b.path)));
    Ok(all)
}

/// What was seen in one request: each path once.
#[derive(Default)]
struct Seen {
    known: HashSet<String>,
    leaves: Vec<(String, String)>,
}

impl Seen {
    fn request(&mut self, operation: &str, body: &Json) {
        match (operation, body) {
            ("user.patch", _) => self.patch(body),
            ("bulk", _) => self.bulk(body),
            (_, Json::Object(resource)) => self.resource(resource),
            _ => {}
        }
    }

    fn bulk(&mut self, body: &Json) {
        for one in member(body, "operations").and_then(Json::as_array).into_iter().flatten() {
            let about = member(one, "path").and_then(Json::as_str).is_some_and(|path| path.starts_with("/Users"));
            let Some(data) = member(one, "data").filter(|_| about) else { continue };
            match (member(one, "method").and_then(Json::as_str), data) {
                (Some(method), _) if method.eq_ignore_ascii_case("PATCH") => self.patch(data),
                (_, Json::Object(resource)) => self.resource(resource),
                _ => {}
            }
        }
    }

    fn patch(&mut self, body: &Json) {
        for one in member(body, "operations").and_then(Json::as_array).into_iter().flatten() {
            let path = member(one, "path").and_then(Json::as_str);
            match (path, member(one, "value")) {
                (Some(path), Some(value)) => self.attribute(path, value),
                (None, Some(Json::Object(resource))) => self.resource(resource),
                _ => {}
            }
        }
    }

    fn resource(&mut self, resource: &Map<String, Json>) {
        for (name, value) in resource {
            match value {
                Json::Object(attributes) if is_urn(name) => self.extension(name, attributes),
                value => self.attribute(name, value),
            }
        }
    }

    fn extension(&mut self, urn: &str, attributes: &Map<String, Json>) {
        for (name, value) in attributes {
            self.attribute(&format!("{urn}:{name}"), value);
        }
    }

    /// An attribute, or a path to one as PATCH has it, with its value.
    fn attribute(&mut self, path: &str, value: &Json) {
        let name = path.split(['.', '[']).next().unwrap_or_default();
        // A filter by anything but a sort of element is about one person, not about all.
        let own = path.contains('[') && !path.contains("[type eq ") && !path.contains("[primary eq ");
        if own || NOT_READ.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return;
        }
        match value {
            Json::Object(parts) if is_extension(path) => self.extension(path, parts),
            Json::Object(parts) => {
                parts
                    .iter()
                    .filter(|(name, _)| *name != "$ref")
                    .for_each(|(name, part)| self.leaf(&format!("{path}.{name}"), part));
            }
            Json::Array(elements) => {
                for (place, element) in elements.iter().take(ELEMENTS).enumerate() {
                    self.element(path, place, element);
                }
            }
            _ => self.leaf(path, value),
        }
    }

    fn element(&mut self, path: &str, place: usize, element: &Json) {
        let Json::Object(parts) = element else { return self.leaf(&format!("{path}[{place}]"), element) };
        let simple = |text: &&str| {
            (1..=32).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let sort = member(element, "type").and_then(Json::as_str).filter(simple);
        let chosen = match sort {
            Some(sort) => format!("{path}[type eq \"{sort}\"]"),
            None if member(element, "primary") == Some(&Json::Bool(true)) => format!("{path}[primary eq true]"),
            None => format!("{path}[{place}]"),
        };
        for (name, part) in parts.iter().filter(|(name, _)| !MARKS.contains(&name.as_str())) {
            self.leaf(&format!("{chosen}.{name}"), part);
        }
    }

    /// A single value. What lies deeper, no mapping reads.
    fn leaf(&mut self, path: &str, value: &Json) {
        let text = match value {
            Json::String(text) if text.is_empty() || text == LEFT_OUT => return,
            Json::String(text) => text.chars().take(SAMPLE).collect(),
            Json::Bool(_) | Json::Number(_) => value.to_string(),
            Json::Null | Json::Array(_) | Json::Object(_) => return,
        };
        if path.len() <= LONGEST && self.leaves.len() < PATHS && self.known.insert(path.to_lowercase()) {
            self.leaves.push((path.to_owned(), text));
        }
    }
}

/// Whether a path begins with the name of a schema.
fn is_urn(path: &str) -> bool {
    path.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// Whether a path of a PATCH names an extension as a whole, not an attribute of it: schemas end in the type of the resource,
/// which is written large, and attributes begin small (RFC 7643, 10.2 and 2.1).
fn is_extension(path: &str) -> bool {
    let last = path.rsplit(':').next().unwrap_or_default();
    is_urn(path) && last.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// A member of an object, in whatever case it is written.
fn member<'a>(value: &'a Json, name: &str) -> Option<&'a Json> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(operation: &str, body: &Json) -> Vec<String> {
        let mut seen = Seen::default();
        seen.request(operation, body);
        let mut paths: Vec<String> = seen.leaves.into_iter().map(|(path, _)| path).collect();
        paths.sort();
        paths
    }

    #[test]
    fn paths_are_written_as_a_mapping_reads_them() {
        let body = json!({
            "schemas": ["x"], "id": "1", "password": "secret", "userName": "ann", "active": true, "nickName": "",
            "name": {"givenName": "Ann", "familyName": null}, "tags": ["a"],
            "emails": [{"value": "a@b.c", "type": "work", "primary": true}, {"value": "d@e.f", "primary": true}, {"value": "g@h.i"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "7", "$ref": "x"}},
        });
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert_eq!(
            seen("user.create", &body),
            [
                "active".to_owned(),
                "emails[2].value".to_owned(),
                "emails[primary eq true].value".to_owned(),
                "emails[type eq \"work\"].value".to_owned(),
                "name.givenName".to_owned(),
                "tags[0]".to_owned(),
                format!("{urn}:department"),
                format!("{urn}:manager.value"),
                "userName".to_owned(),
            ]
        );
    }

    #[test]
    fn a_patch_says_paths_itself_and_not_those_of_one_person() {
        let body = json!({"Operations": [
            {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "a@b.c"},
            {"op": "replace", "path": "emails[value eq \"a@b.c\"].display", "value": "x"},
            {"op": "replace", "value": {"name.givenName": "Ann", "active": false}},
            {"op": "remove", "path": "nickName"},
            {"op": "replace", "path": "password", "value": "secret"},
        ]});
        assert_eq!(seen("user.patch", &body), ["active", "emails[type eq \"work\"].value", "name.givenName"]);
        let bulk = json!({"Operations": [
            {"method": "POST", "path": "/Users", "data": {"userName": "ann"}},
            {"method": "patch", "path": "/Users/1", "data": body},
            {"method": "POST", "path": "/Groups", "data": {"displayName": "Engineers"}},
        ]});
        assert_eq!(seen("bulk", &bulk), ["active", "emails[type eq \"work\"].value", "name.givenName", "userName"]);
        assert!(seen("user.create", &json!(["not", "an", "object"])).is_empty());
    }
}
