//! Personal data, hidden from who may see the log but not the people in it.
//!
//! The smallest rule that holds for attributes nobody knows yet: of a body, an answer and the facts of a note the
//! structure stays, with booleans and what the protocol itself says (ids that the directory was given, schemas,
//! operations, paths, statuses); every other text and number becomes `***`. It names what is shown, not what is hidden.

use serde_json::{Map, Value as Json};

/// What stands for a value that is hidden.
pub const HIDDEN: &str = "***";

/// Members of which everything is shown.
const PROTOCOL: &[&str] = &[
    "schemas",
    "op",
    "method",
    "status",
    "scimType",
    "resourceType",
    "version",
    "created",
    "lastModified",
    "type",
    "totalResults",
    "startIndex",
    "itemsPerPage",
    "count",
    "failOnErrors",
    "bulkId",
];

/// Hides what is personal in a body, an answer, or the facts of a note.
pub fn mask(value: &mut Json) {
    match value {
        Json::Object(map) => mask_object(map),
        Json::Array(elements) => elements.iter_mut().for_each(mask),
        Json::String(text) if !is_own_id(text) => *value = HIDDEN.into(),
        Json::Number(_) => *value = HIDDEN.into(),
        Json::String(_) | Json::Null | Json::Bool(_) => {}
    }
}

fn mask_object(map: &mut Map<String, Json>) {
    for (key, inner) in map.iter_mut() {
        match inner {
            Json::String(text) if key.eq_ignore_ascii_case("path") => *text = path(text),
            Json::Object(_) => mask(inner),
            _ if PROTOCOL.iter().any(|open| key.eq_ignore_ascii_case(open)) => {}
            _ => mask(inner),
        }
    }
}

/// A path of an attribute or of a request, without what stands in quotes or after a question mark.
pub(super) fn path(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    let parts = text.split('"').enumerate();
    let parts: Vec<&str> = parts.map(|(at, part)| if at % 2 == 1 { HIDDEN } else { part }).collect();
    parts.join("\"")
}

/// Whether it is an id that Portico gave: it says nothing about anybody.
fn is_own_id(text: &str) -> bool {
    let Some((prefix, rest)) = text.split_once('_') else { return false };
    let known =
        ["scimu", "scimg", "user", "org", "mem", "dir", "grant", "inv", "rcpt", "rule", "evt"].contains(&prefix);
    known && rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn structure_stays_and_people_go() {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "scimu_01h455vb4pex5vsknk084sn02q", "externalId": "ann@acme.example", "active": true, "employeeNumber": 7,
            "emails": [{"value": "ann@acme.example", "type": "work", "primary": true}],
            "Operations": [{"op": "replace", "path": "emails[value eq \"ann@acme.example\"].value", "value": "x@y.z"}],
            "meta": {"version": "W/\"1\"", "location": "https://x.example/Users/ann"},
        });
        mask(&mut body);
        assert_eq!(
            body,
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id": "scimu_01h455vb4pex5vsknk084sn02q", "externalId": "***", "active": true, "employeeNumber": "***",
                "emails": [{"value": "***", "type": "work", "primary": true}],
                "Operations": [{"op": "replace", "path": "emails[value eq \"***\"].value", "value": "***"}],
                "meta": {"version": "W/\"1\"", "location": "***"},
            })
        );
        assert_eq!(path("/scim/v2/Users?filter=x"), "/scim/v2/Users");
    }
}
