//! Personal data, hidden from who may see the log but not the people in it.
//!
//! The smallest rule that holds for attributes nobody knows yet: of a body, an answer and the facts of a note the
//! structure stays, with booleans and what the protocol itself says (ids that the directory was given, schemas,
//! operations, paths, statuses) in the places where it says it; every other text and number becomes `***`, whatever its
//! attribute is called. It names what is shown, not what is hidden.

use serde_json::{Map, Value as Json};

/// What stands for a value that is hidden.
pub const HIDDEN: &str = "***";

/// What messages of the protocol say beside resources, at their top.
const OF_MESSAGES: &[&str] =
    &["status", "scimType", "totalResults", "startIndex", "itemsPerPage", "count", "failOnErrors"];
/// What is shown of an operation of a PATCH or a bulk request.
const OF_OPERATIONS: &[&str] = &["op", "method", "status", "version", "bulkId"];
/// What is shown of `meta`.
const OF_META: &[&str] = &["resourceType", "version", "created", "lastModified"];
/// What messages are told apart from resources by.
const MESSAGE: &str = "urn:ietf:params:scim:api:messages:2.0:";

/// Where a value stands: only in some places a name says what it says in the protocol.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the top of a resource or a message.
    Top,
    /// In `meta`.
    Meta,
    /// An element of `Operations`.
    Operation,
    /// Anywhere else: everything may be about somebody.
    Elsewhere,
}

/// Hides what is personal in a body, an answer, or the facts of a note.
pub fn mask(value: &mut Json) {
    mask_at(value, Place::Top);
}

fn mask_at(value: &mut Json, place: Place) {
    match value {
        Json::Object(map) => mask_object(map, place),
        Json::Array(elements) => elements.iter_mut().for_each(|element| mask_at(element, place)),
        Json::String(text) if !is_own_id(text) => *value = HIDDEN.into(),
        Json::Number(_) => *value = HIDDEN.into(),
        Json::String(_) | Json::Null | Json::Bool(_) => {}
    }
}

fn mask_object(map: &mut Map<String, Json>, place: Place) {
    let is_message = || map.iter().any(|(key, value)| key.eq_ignore_ascii_case("schemas") && names_message(value));
    let open: &[&str] = match place {
        Place::Top if is_message() => OF_MESSAGES,
        Place::Operation => OF_OPERATIONS,
        Place::Meta => OF_META,
        Place::Top | Place::Elsewhere => &[],
    };
    for (key, inner) in map.iter_mut() {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        match inner {
            Json::String(text) if place == Place::Operation && is("path") => *text = path(text),
            Json::String(_) | Json::Number(_) if open.iter().any(|open| is(open)) => {}
            Json::Array(elements) if place == Place::Top && is("schemas") => {
                for element in elements.iter_mut().filter(|element| !is_urn(element)) {
                    mask_at(element, Place::Elsewhere);
                }
            }
            Json::Array(_) if place == Place::Top && is("Operations") => mask_at(inner, Place::Operation),
            Json::Array(_) if place == Place::Top && is("Resources") => mask_at(inner, Place::Top),
            Json::Object(_) if place == Place::Top && is("meta") => mask_at(inner, Place::Meta),
            // What a bulk request sends with an operation, and what it is answered.
            Json::Object(_) if place == Place::Operation && (is("data") || is("response")) => {
                mask_at(inner, Place::Top);
            }
            _ => mask_at(inner, Place::Elsewhere),
        }
    }
}

fn names_message(schemas: &Json) -> bool {
    schemas.as_array().into_iter().flatten().filter_map(Json::as_str).any(|schema| schema.starts_with(MESSAGE))
}

fn is_urn(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("urn:") && !text.contains(['@', ' ']))
}

/// A path of an attribute or of a request, without what stands in quotes or after a question mark.
pub(super) fn path(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    let parts = text.split('"').enumerate();
    let parts: Vec<&str> = parts.map(|(at, part)| if at % 2 == 1 { HIDDEN } else { part }).collect();
    parts.join("\"")
}

/// The path of a request, without what stands after a question mark or where an id belongs and is none of ours.
pub(super) fn request_path(text: &str) -> String {
    let mut after_kind = false;
    let parts = text.split('?').next().unwrap_or_default().split('/').map(|part| {
        let shown = !after_kind || part == ".search" || is_own_id(part);
        after_kind = matches!(part, "Users" | "Groups");
        if shown { part } else { HIDDEN }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether it is an id that Portico gave: it says nothing about anybody.
pub(super) fn is_own_id(text: &str) -> bool {
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
    fn what_somebody_wrote_in_the_place_of_an_id_goes() {
        for (path, shown) in [
            ("/scim/v2/Users/ann@acme.example", "/scim/v2/Users/***"),
            ("/scim/v2/Groups/Secret%20Group?attributes=members", "/scim/v2/Groups/***"),
            ("/scim/v2/Users/scimu_01h455vb4pex5vsknk084sn02q", "/scim/v2/Users/scimu_01h455vb4pex5vsknk084sn02q"),
            ("/scim/v2/Users/.search", "/scim/v2/Users/.search"),
            ("/scim/v2/Users?filter=x", "/scim/v2/Users"),
        ] {
            assert_eq!(request_path(path), shown);
        }
    }

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
                "emails": [{"value": "***", "type": "***", "primary": true}],
                "Operations": [{"op": "replace", "path": "emails[value eq \"***\"].value", "value": "***"}],
                "meta": {"version": "W/\"1\"", "location": "***"},
            })
        );
        assert_eq!(path("/scim/v2/Users?filter=x"), "/scim/v2/Users");
    }

    #[test]
    fn names_of_the_protocol_open_nothing_elsewhere() {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "Ann Example"], "status": "on sick leave", "count": 7,
            "type": "manager of Bob", "version": "Ann", "op": "appendectomy", "method": "yoga", "created": "1980-01-01",
            "path": "home", "meta": {"status": "ill", "resourceType": ["Ann"], "created": "2026-01-01T00:00:00Z"},
            "urn:acme:User": {"status": "divorced", "meta": {"version": "Ann"}, "Operations": [{"op": "knee"}]},
            "addresses": [{"type": "Ann's flat", "schemas": ["urn:x"]}],
        });
        mask(&mut body);
        assert_eq!(
            body,
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "***"], "status": "***", "count": "***",
                "type": "***", "version": "***", "op": "***", "method": "***", "created": "***",
                "path": "***", "meta": {"status": "***", "resourceType": ["***"], "created": "2026-01-01T00:00:00Z"},
                "urn:acme:User": {"status": "***", "meta": {"version": "***"}, "Operations": [{"op": "***"}]},
                "addresses": [{"type": "***", "schemas": ["***"]}],
            })
        );
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "failOnErrors": 1,
            "Operations": [{"method": "POST", "bulkId": "b", "status": "409", "version": "W/\"1\"", "response":
                {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness",
                    "detail": "Ann"}}],
        });
        let mut masked = bulk.clone();
        mask(&mut masked);
        let mut wanted = bulk;
        wanted["Operations"][0]["response"]["detail"] = "***".into();
        assert_eq!(masked, wanted);
    }
}
