//! The documents: what is committed is what runs, and what runs is documented whole.

use std::collections::BTreeSet;
use std::path::Path;

use server::openapi::{DIALECTS, joined};

use crate::support::*;

/// The operations of a document: method, path, operation.
pub(super) fn operations(document: &Json) -> Vec<(String, String, Json)> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    found
}

#[test]
fn what_is_committed_is_what_runs() {
    for dialect in &DIALECTS {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(dialect.file);
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == dialect.committed(), "{} is not what the code says: run `just openapi`", dialect.file);
    }
}

#[test]
fn every_operation_is_documented_whole() {
    let document = joined();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (method, path, operation) in operations(&document) {
        let mut missing = |what: &str| faults.push(format!("{method} {path}: {what}"));
        match operation["operationId"].as_str() {
            None => missing("no operationId"),
            Some(id) if !ids.insert(id.to_owned()) => missing("an operationId that another has too"),
            Some(_) => {}
        }
        if operation["summary"].as_str().is_none_or(str::is_empty) {
            missing("no summary");
        }
        if operation["tags"].as_array().is_none_or(Vec::is_empty) {
            missing("no tag");
        }
        let responses = operation["responses"].as_object().expect("responses");
        if responses.values().any(|response| {
            response["description"].as_str().is_none_or(str::is_empty) && response.get("$ref").is_none()
        }) {
            missing("a response without a description");
        }
        let dialect = ["/api/", "/scim/", "/v1/"].iter().any(|prefix| path.starts_with(prefix));
        if dialect && !responses.keys().any(|status| status.starts_with('4')) {
            missing("no error response");
        }
        if dialect && operation.get("security").is_none() && document.get("security").is_none() {
            missing("no security (an empty list says: none)");
        }
        for parameter in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            let known = operation["parameters"].as_array().is_some_and(|all| {
                all.iter().any(|known| known["name"] == parameter && known["in"] == "path" && known["required"] == true)
            });
            if !known {
                missing(&format!("the path's parameter {parameter} is not described"));
            }
        }
        for (media, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            let example = example(&document, content);
            if media.contains("json") && example.is_none() {
                missing("a request body without an example");
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// An example of a body: that of the operation, or one of its schema's, in the ways that OpenAPI 3.1 and JSON Schema
/// have for it.
pub(super) fn example<'d>(document: &'d Json, content: &'d Json) -> Option<&'d Json> {
    let named = || content["examples"].as_object()?.values().next()?.get("value");
    let of_schema = |schema: &'d Json| {
        let schema = resolved(document, schema);
        schema.get("example").or_else(|| schema["examples"].as_array()?.first())
    };
    let of_choice = || content["schema"]["oneOf"].as_array()?.iter().find_map(of_schema);
    content.get("example").or_else(named).or_else(|| of_schema(&content["schema"])).or_else(of_choice)
}

/// What a reference leads to, or the value itself.
pub(super) fn resolved<'d>(document: &'d Json, schema: &'d Json) -> &'d Json {
    let reference = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

#[test]
fn every_reference_leads_somewhere() {
    let document = joined();
    let mut open = vec![&document];
    let mut checked = 0;
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(Json::as_str) {
            let pointer =
                reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out of the document"));
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            checked += 1;
        }
        match value {
            Json::Array(items) => open.extend(items),
            Json::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    assert!(checked > 10, "there are hardly any references: {checked}");
    let schemes = document["components"]["securitySchemes"].as_object().expect("security schemes");
    for (method, path, operation) in operations(&document) {
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for name in requirement.as_object().expect("a requirement").keys() {
                assert!(schemes.contains_key(name), "{method} {path} wants the scheme {name}, which is not there");
            }
        }
    }
}

db_test!(the_documents_are_served, async |app| {
    let http = app.http();
    let whole = joined();
    assert_eq!(http.get("/openapi.json").await.ok(), whole);
    for dialect in &DIALECTS {
        let served = http.get(&format!("/openapi/{}.json", dialect.name)).await.ok();
        assert_eq!(serde_json::from_str::<Json>(&dialect.committed()).expect("JSON"), served);
        for (path, item) in served["paths"].as_object().expect("paths") {
            let kept = whole["paths"].get(path).unwrap_or_else(|| panic!("{path} is not in the joined document"));
            assert_eq!(
                kept.as_object().map(serde_json::Map::len),
                item.as_object().map(serde_json::Map::len),
                "{path}"
            );
        }
    }
});
