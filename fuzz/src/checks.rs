//! What must hold for any bytes whatever. The tests of `scim-protocol` put the seeds through the same.

use scim_protocol::message::bulk::{BulkRequest, plan};
use scim_protocol::message::search::SearchRequest;
use scim_protocol::normalize::normalize;
use scim_protocol::patch::{self, Op, Operation, PatchPath, apply, password_of, split_members, take_members};
use scim_protocol::project::Projection;
use scim_protocol::schema::{ENTERPRISE_USER, GROUP, Schema, USER};
use scim_protocol::{AttrPath, Filter, Resource, ResourceType, Sort};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A resource type with an extension that has every kind of attribute.
static CUSTOM: LazyLock<ResourceType> = LazyLock::new(|| {
    let definition = json!({
        "id": "urn:acme:hr:1.0", "name": "Hr", "description": "Hr",
        "attributes": [
            {"name": "badge", "type": "integer", "multiValued": false},
            {"name": "rate", "type": "decimal", "multiValued": false},
            {"name": "hired", "type": "dateTime", "multiValued": false},
            {"name": "photo", "type": "binary", "multiValued": false},
            {"name": "page", "type": "reference", "multiValued": false, "referenceTypes": ["external"]},
            {"name": "tags", "type": "string", "multiValued": true, "caseExact": true},
            {"name": "grade", "type": "string", "multiValued": false, "canonicalValues": ["a", "b"]},
            {"name": "origin", "type": "string", "multiValued": false, "mutability": "immutable"},
            {"name": "desks", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "type": "string", "multiValued": false},
                {"name": "type", "type": "string", "multiValued": false, "canonicalValues": ["window", "door"]},
                {"name": "primary", "type": "boolean", "multiValued": false},
            ]},
        ],
    });
    let kind = ResourceType::user().clone();
    match Schema::from_json(&definition) {
        Ok(schema) => kind.with_extension(schema.into(), false),
        Err(error) => panic!("{error}"),
    }
});

/// A stored user.
static ANN: LazyLock<Resource> = LazyLock::new(|| {
    object(json!({
        "schemas": [USER, ENTERPRISE_USER, "urn:acme:hr:1.0"], "externalId": "00uAbC", "userName": "ann@acme.example",
        "name": {"givenName": "Ann", "familyName": "O\"Hara"}, "displayName": "Ann", "active": true,
        "emails": [
            {"value": "ann@acme.example", "type": "work", "primary": true},
            {"value": "ann@home.example", "type": "home"},
        ],
        "roles": [{"value": "admin", "primary": true}],
        "addresses": [{"type": "work", "locality": "Vienna"}],
        ENTERPRISE_USER: {"department": "R&D", "manager": {"value": "scimu_2", "$ref": "../Users/scimu_2"}},
        "urn:acme:hr:1.0": {
            "badge": 7, "rate": 1.5, "hired": "2026-01-01T00:00:00Z", "tags": ["a", "b"], "grade": "a", "origin": "x",
            "desks": [{"value": "1", "type": "window"}],
        },
    }))
});

/// The same as filters see it.
static SHOWN: LazyLock<Resource> = LazyLock::new(|| {
    let mut shown = ANN.clone();
    shown.insert("id".into(), "scimu_1".into());
    shown.insert("groups".into(), json!([{"value": "scimg_1", "display": "Staff", "type": "direct"}]));
    let meta = json!({"resourceType": "User", "created": "2026-01-01T00:00:00.000Z", "lastModified": "2026-11-21T12:00:00.000Z"});
    shown.insert("meta".into(), meta);
    shown
});

fn object(value: Value) -> Resource {
    match value {
        Value::Object(object) => object,
        _ => Resource::new(),
    }
}

fn kinds() -> [&'static ResourceType; 3] {
    [&CUSTOM, ResourceType::user(), ResourceType::group()]
}

/// The steps since it was asked last.
fn steps() -> u64 {
    #[cfg(feature = "steps")]
    return scim_protocol::steps::taken();
    #[cfg(not(feature = "steps"))]
    0
}

/// Any text as a filter: reading takes time in proportion to its length, printing reads back as the same,
/// evaluating takes time in proportion to its size.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    steps();
    let parsed = Filter::parse(text);
    let taken = steps();
    assert!(taken <= 16 * (text.len() as u64 + 1), "{taken} steps for {} bytes", text.len());
    let Ok(parsed) = parsed else { return };
    assert_eq!(Filter::parse(&parsed.to_string()).as_ref(), Ok(&parsed), "{parsed}");
    for kind in kinds() {
        let Ok(resolved) = parsed.clone().resolve(kind) else { continue };
        let again = Filter::parse(&resolved.to_string()).and_then(|filter| filter.resolve(kind));
        assert_eq!(again.as_ref(), Ok(&resolved), "{resolved}");
        steps();
        let holds = resolved.matches(kind, &SHOWN);
        let taken = steps();
        assert!(taken <= 16 * resolved.size() as u64, "{taken} steps for {} parts", resolved.size());
        assert_eq!(Filter::Not(Box::new(resolved)).matches(kind, &SHOWN), !holds);
    }
}

/// Any text as a path: of an attribute, of a PATCH, of a projection, of an order.
pub fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(path) = AttrPath::parse(text) {
        assert_eq!(AttrPath::parse(&path.to_string()).as_ref(), Ok(&path), "{path}");
        for kind in kinds() {
            if let Some(canonical) = kind.canonical(&path) {
                assert_eq!(kind.canonical(&canonical).as_ref(), Some(&canonical));
            }
        }
    }
    for kind in kinds() {
        let only = Projection::new(kind, text.split(','), []).apply(kind, SHOWN.clone());
        assert!(only.contains_key("id"), "{only:?}");
        let rest = Projection::new(kind, [], text.split(',')).apply(kind, SHOWN.clone());
        assert!(rest.contains_key("id"), "{rest:?}");
        if let Ok(sort) = Sort::resolve(kind, text, false) {
            assert_eq!(sort.key(kind, &SHOWN), sort.key(kind, &SHOWN));
        }
    }
    let Ok(path) = PatchPath::parse(text) else { return };
    assert_eq!(PatchPath::parse(&path.to_string()).as_ref(), Ok(&path), "{path}");
    let values = [
        json!(null),
        json!("x"),
        json!("True"),
        json!({"value": "x", "primary": true}),
        json!([{"value": "y", "type": "work"}]),
    ];
    for op in [Op::Add, Op::Replace, Op::Remove] {
        for value in &values {
            let operation = Operation { op, path: Some(path.clone()), value: Some(value.clone()) };
            for kind in kinds() {
                changed(kind, &ANN, std::slice::from_ref(&operation));
            }
        }
    }
}

/// Any JSON as the body of a PATCH.
pub fn patch(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    let Ok(operations) = patch::parse(body) else { return };
    for kind in kinds() {
        changed(kind, &ANN, &operations);
    }
    let kind = ResourceType::group();
    let Ok((attributes, _)) = split_members(kind, operations) else { return };
    let staff = object(json!({"schemas": [GROUP], "displayName": "Staff"}));
    changed(kind, &staff, &attributes);
}

/// Does the operations. What comes out is a legal resource, which would be taken as it is.
fn changed(kind: &ResourceType, before: &Resource, operations: &[Operation]) {
    let password = password_of(kind, operations);
    steps();
    let applied = apply(kind, before, operations, "scimu_1");
    let taken = steps();
    assert!(taken <= 4 * patch::MAX_STEPS as u64, "{taken} steps");
    let Ok(applied) = applied else { return };
    assert_eq!(password.as_ref(), Ok(&applied.password));
    assert!(!["id", "meta", "groups", "password"].iter().any(|name| applied.resource.contains_key(*name)));
    assert_eq!(applied.changed, applied.resource != *before);
    legal(kind, &applied.resource);
}

/// Whether a resource is one that would be accepted, and come out as the same.
fn legal(kind: &ResourceType, resource: &Resource) {
    let mut stored = resource.clone();
    stored.shift_remove("schemas");
    // What is not of this kind was in the resource before.
    stored.retain(|key, _| kind.attribute(key).is_some() || kind.extension(key).is_some());
    match normalize(kind, Value::Object(stored.clone())) {
        Ok(again) => assert_eq!(again.resource, stored),
        Err(error) => panic!("{error}: {stored:?}"),
    }
}

/// Any bytes as a request: a query, or JSON as any of the bodies.
pub fn request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if let Ok(search) = SearchRequest::from_query(pairs) {
        searched(&search);
    }
    let Ok(body) = serde_json::from_str::<Value>(text) else { return };
    if let Ok(search) = SearchRequest::from_json(body.clone()) {
        searched(&search);
    }
    if let Ok(bulk) = BulkRequest::parse(body.clone(), 100) {
        let plan = plan(&bulk.operations);
        assert!(plan.len() <= 2 * bulk.operations.len() + 1, "{} steps", plan.len());
    }
    let _ = Schema::from_json(&body);
    for kind in kinds() {
        let mut body = body.clone();
        if kind.attribute("members").is_some() {
            let _ = take_members(kind, &mut body);
        }
        if let Ok(incoming) = normalize(kind, body) {
            legal(kind, &incoming.resource);
            assert!(
                !["id", "meta", "groups", "schemas", "password"]
                    .iter()
                    .any(|name| incoming.resource.contains_key(*name))
            );
        }
    }
}

fn searched(search: &SearchRequest) {
    assert!(search.start_index >= 1);
    for kind in kinds() {
        let _ = search.sort(kind).map(|sort| sort.map(|sort| sort.key(kind, &SHOWN)));
        let shown = search.projection(kind).apply(kind, SHOWN.clone());
        assert!(shown.contains_key("id"));
        if let Ok(Some(filter)) = search.filter(kind) {
            filter.matches(kind, &shown);
        }
    }
}
