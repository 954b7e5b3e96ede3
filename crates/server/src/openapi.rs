//! The OpenAPI documents: one of each dialect, and the one that joins them.
//!
//! They are built when somebody first asks, so that a start does not pay for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Map, Value as Json};
use utoipa::OpenApi as _;

/// A dialect's document and where it is committed.
pub struct Dialect {
    /// Its name in `/openapi/<name>.json`.
    pub name: &'static str,
    /// Its file, from the top of the repository.
    pub file: &'static str,
    /// What its schemas are called after, where two dialects have one of the same name.
    prefix: &'static str,
    build: fn() -> utoipa::openapi::OpenApi,
}

/// The dialects, in the order of the joined document.
pub const DIALECTS: [Dialect; 3] = [
    Dialect { name: "auth", file: "crates/auth-api/openapi.json", prefix: "Auth", build: auth_api::openapi },
    Dialect { name: "scim", file: "crates/scim-api/openapi.json", prefix: "Scim", build: scim_api::openapi },
    Dialect { name: "admin", file: "crates/admin-api/openapi.json", prefix: "Admin", build: admin_api::openapi },
];

/// The instance's own operations.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Portico",
        description = "People sign in (`/api/auth`, Better Auth's wire format), identity providers push people and groups \
            (`/scim/v2`, SCIM 2.0), integrators administer (`/v1`).",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/", description = "This instance")),
    tags((name = "Instance", description = "Health, metrics, documents")),
    paths(
        crate::health::healthz,
        crate::well_known::jwks,
        crate::health::readyz,
        crate::metrics::metrics,
        crate::docs::joined,
        crate::docs::dialect,
        crate::docs::index,
        crate::docs::asset,
        crate::web::root,
    )
)]
struct Own;

impl Dialect {
    /// The document as it is committed: indented, with a newline at the end.
    #[must_use]
    pub fn committed(&self) -> String {
        pretty(&self.document())
    }

    fn document(&self) -> Json {
        as_json(&(self.build)())
    }
}

/// A document as text for people.
#[must_use]
pub fn pretty(document: &Json) -> String {
    format!("{document:#}\n")
}

/// The document of all dialects and the instance's own operations.
#[must_use]
pub fn joined() -> Json {
    let mut whole = as_json(&Own::openapi());
    for dialect in &DIALECTS {
        join(&mut whole, dialect.document(), dialect.prefix);
    }
    whole
}

/// The served documents, compact. `None` for a name that no dialect has.
#[must_use]
pub fn served(name: &str) -> Option<&'static [u8]> {
    static TEXTS: OnceLock<BTreeMap<&'static str, Vec<u8>>> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| {
        let mut texts: BTreeMap<_, _> =
            DIALECTS.iter().map(|dialect| (dialect.name, dialect.document().to_string().into_bytes())).collect();
        texts.insert("", joined().to_string().into_bytes());
        texts
    });
    texts.get(name).map(Vec::as_slice)
}

/// utoipa's document as JSON. It has no value that JSON does not.
fn as_json(document: &utoipa::openapi::OpenApi) -> Json {
    serde_json::to_value(document).unwrap_or(Json::Null)
}

/// Adds a document's paths, components and tags. A component that differs from another one of the same sort and
/// name is renamed after its dialect.
fn join(whole: &mut Json, mut part: Json, prefix: &str) {
    settle(whole, &mut part, prefix);
    let renamed = collisions(&whole["components"], &part["components"]);
    rename(&mut part, &renamed, prefix);
    for (sort, components) in take(&mut part, "components") {
        let Json::Object(components) = components else { continue };
        let known = object(object(&mut whole["components"]).entry(&sort).or_insert(Json::Null));
        for (name, component) in components {
            let name = if renamed.contains(&(sort.clone(), name.clone())) { format!("{prefix}{name}") } else { name };
            known.insert(name, component);
        }
    }
    object(&mut whole["paths"]).extend(take(&mut part, "paths"));
    if let (Some(known), Json::Array(tags)) = (whole["tags"].as_array_mut(), part["tags"].take()) {
        for tag in tags {
            if !known.iter().any(|other| other["name"] == tag["name"]) {
                known.push(tag);
            }
        }
    }
}

/// Writes into each operation of a part what holds by itself only in a document of its own: the security of the
/// whole document, and a name that no operation of another dialect has.
fn settle(whole: &Json, part: &mut Json, prefix: &str) {
    let known: BTreeSet<String> =
        operations(whole).filter_map(|known| known["operationId"].as_str().map(str::to_owned)).collect();
    let security = part.get("security").cloned();
    for item in part["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            let Json::Object(operation) = operation else { continue };
            if let Some(security) = &security {
                operation.entry("security").or_insert_with(|| security.clone());
            }
            if let Some(Json::String(id)) = operation.get_mut("operationId")
                && known.contains(id.as_str())
            {
                *id = format!("{}{}{}", prefix.to_lowercase(), id[..1].to_uppercase(), &id[1..]);
            }
        }
    }
}

fn operations(document: &Json) -> impl Iterator<Item = &Json> {
    let items = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    items.flat_map(|item| item.as_object().into_iter().flat_map(|item| item.values()))
}

/// The components of a part, as (sort, name), that differ from those of the same name, by themselves or through
/// what they refer to.
fn collisions(whole: &Json, part: &Json) -> BTreeSet<(String, String)> {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    loop {
        let before = found.len();
        for (sort, components) in part.as_object().into_iter().flatten() {
            for (name, component) in components.as_object().into_iter().flatten() {
                let Some(known) = whole.get(sort).and_then(|known| known.get(name)) else { continue };
                let refers = found.iter().any(|(sort, name)| component.to_string().contains(&reference(sort, name)));
                if known != component || refers {
                    found.insert((sort.clone(), name.clone()));
                }
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// A reference as it stands in a document, with its quotation marks.
fn reference(sort: &str, name: &str) -> String {
    format!("\"#/components/{sort}/{name}\"")
}

/// Rewrites what refers to renamed components: `$ref`, the mapping of a discriminator, and the names of security
/// schemes in requirements.
fn rename(value: &mut Json, renamed: &BTreeSet<(String, String)>, prefix: &str) {
    match value {
        Json::String(text) => {
            if let Some((sort, name)) = text.strip_prefix("#/components/").and_then(|rest| rest.split_once('/'))
                && renamed.contains(&(sort.to_owned(), name.to_owned()))
            {
                *text = format!("#/components/{sort}/{prefix}{name}");
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed, prefix)),
        Json::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                if let (true, Json::Array(requirements)) = (key == "security", &mut *field) {
                    for requirement in requirements.iter_mut() {
                        rename_schemes(requirement, renamed, prefix);
                    }
                }
                rename(field, renamed, prefix);
            }
        }
        _ => {}
    }
}

fn rename_schemes(requirement: &mut Json, renamed: &BTreeSet<(String, String)>, prefix: &str) {
    let Json::Object(schemes) = requirement else { return };
    *schemes = std::mem::take(schemes)
        .into_iter()
        .map(|(name, scopes)| {
            let other = renamed.contains(&("securitySchemes".to_owned(), name.clone()));
            (if other { format!("{prefix}{name}") } else { name }, scopes)
        })
        .collect();
}

fn take(value: &mut Json, key: &str) -> Map<String, Json> {
    match value.get_mut(key).map(Json::take) {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    }
}

/// The object that the value is, or that it becomes.
fn object(value: &mut Json) -> &mut Map<String, Json> {
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    value.as_object_mut().unwrap_or_else(|| unreachable!("it was made an object"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_under_one_name_is_renamed_with_all_that_refers_to_it() {
        let mut whole = json!({
            "paths": { "/a": {} }, "tags": [{ "name": "A" }],
            "components": {
                "schemas": { "Error": { "type": "object" }, "List": { "items": { "$ref": "#/components/schemas/Error" } }, "Same": {} },
                "securitySchemes": { "bearer": { "type": "http" } },
            },
        });
        let part = json!({
            "paths": { "/b": { "get": { "security": [{ "bearer": [] }], "schema": { "$ref": "#/components/schemas/List" } } } },
            "tags": [{ "name": "A" }, { "name": "B" }],
            "components": {
                "schemas": { "Error": { "type": "string" }, "List": { "items": { "$ref": "#/components/schemas/Error" } }, "Same": {} },
                "securitySchemes": { "bearer": { "type": "apiKey" } },
            },
        });
        join(&mut whole, part, "Scim");
        assert_eq!(whole["components"]["schemas"]["Error"]["type"], "object");
        assert_eq!(whole["components"]["schemas"]["ScimError"]["type"], "string");
        assert_eq!(whole["components"]["schemas"]["ScimList"]["items"]["$ref"], "#/components/schemas/ScimError");
        assert_eq!(whole["paths"]["/b"]["get"]["schema"]["$ref"], "#/components/schemas/ScimList");
        assert_eq!(whole["paths"]["/b"]["get"]["security"], json!([{ "Scimbearer": [] }]));
        assert!(whole["components"]["schemas"].get("ScimSame").is_none());
        assert_eq!(whole["tags"], json!([{ "name": "A" }, { "name": "B" }]));
        assert!(whole["paths"].get("/a").is_some());
    }
}
