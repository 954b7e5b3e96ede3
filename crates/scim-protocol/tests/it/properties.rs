//! What holds for any operation and any filter.

use proptest::prelude::*;
use proptest::sample::select;
use scim_protocol::patch::{Op, Operation, PatchPath, apply, parse};
use scim_protocol::{AttrPath, CompareOp, Filter, Literal, ResourceType};
use serde_json::{Value, json};

use crate::support::{ID, ann};

/// An element of a list, or a part of one.
fn element() -> impl Strategy<Value = Value> {
    let value = proptest::option::of(select(vec!["ann@work", "ANN@home", "new@x", ""]));
    let kind = proptest::option::of(select(vec!["work", "Home", "other"]));
    let primary = proptest::option::of(select(vec![json!(true), json!("False"), json!(null)]));
    (value, kind, primary).prop_map(|(value, kind, primary)| {
        let mut element = json!({});
        for (name, part) in [("value", value.map(Value::from)), ("type", kind.map(Value::from)), ("primary", primary)] {
            if let Some(part) = part {
                element[name] = part;
            }
        }
        element
    })
}

/// An operation that says how things shall be, not how they shall change. Not among them is one that replaces what its
/// own filter looks at: the second time, nothing is there to be found.
fn set_like() -> impl Strategy<Value = Value> {
    let text = select(vec![json!("x"), json!("Ann"), json!("ann@work"), json!(""), json!(null)]);
    let list =
        prop_oneof![element(), proptest::collection::vec(element(), 0..4).prop_map(Value::from), Just(json!("new@x"))];
    let lists = select(vec!["emails", "EMAILS", "roles", "ims"]);
    let words = select(vec!["add", "Replace", "remove"]);
    let single = select(vec![
        "displayName",
        "title",
        "name.givenName",
        "externalId",
        "manager",
        "department",
        "emails[type eq \"work\"].value",
        "emails[type eq \"other\"].display",
        "emails[value sw \"ann\"].type",
        "emails.value",
        "emails.type",
        "nickName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter",
    ]);
    let path = |word: &str, path: &str, value: Value| json!({"op": word, "path": path, "value": value});
    let keys = proptest::collection::btree_map(
        select(vec!["title", "name.familyName", "emails.type", "emails.value", "ims.value", "displayName", "nothing"]),
        text.clone(),
        1..4,
    );
    prop_oneof![
        (words.clone(), single, text).prop_map(move |(word, at, value)| path(word, at, value)),
        (words, lists, list.clone()).prop_map(move |(word, at, value)| path(word, at, value)),
        (select(vec!["add", "replace"]), list)
            .prop_map(|(word, value)| json!({"op": word, "value": {"emails": value, "active": "True"}})),
        (select(vec!["add", "replace"]), keys).prop_map(|(word, keys)| json!({"op": word, "value": keys})),
    ]
}

fn elements(resource: &scim_protocol::Resource) -> impl Iterator<Item = &Value> {
    ["emails", "roles", "ims"].into_iter().filter_map(|name| resource.get(name)?.as_array()).flatten()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_was_done_is_done(operation in set_like()) {
        let kind = ResourceType::user();
        let Ok(operations) = parse(json!({"Operations": [operation]})) else { return Ok(()) };
        let Ok(once) = apply(kind, &ann(), &operations, ID) else { return Ok(()) };
        let twice = apply(kind, &once.resource, &operations, ID);
        let twice = twice.map_err(|error| TestCaseError::fail(format!("{operation}: {error}")))?;
        prop_assert!(!twice.changed, "{}: {:?}, then {:?}", operation, once.resource, twice.resource);
        // No element is there twice, none is only a type.
        for element in elements(&once.resource) {
            prop_assert!(element["value"].is_string() || element["display"].is_string(), "{}: {:?}", operation, once.resource);
        }
    }

    #[test]
    fn a_failed_patch_is_no_patch(operations in proptest::collection::vec(set_like(), 1..4)) {
        // All or none is the caller's resource left alone: `apply` borrows it. What it gives is one that would be taken.
        let kind = ResourceType::user();
        let Ok(operations) = parse(json!({"Operations": operations})) else { return Ok(()) };
        if let Ok(applied) = apply(kind, &ann(), &operations, ID) {
            prop_assert_eq!(applied.changed, applied.resource != ann());
            let mut stored = applied.resource;
            stored.shift_remove("schemas");
            let again = scim_protocol::normalize::normalize(kind, Value::Object(stored.clone()));
            prop_assert_eq!(again.map(|incoming| incoming.resource), Ok(stored));
        }
    }

    #[test]
    fn a_patch_path_prints_as_it_reads(
        attr in select(vec!["emails", "urn:acme:hr:1.0:desks", "manager", "X-y_z"]),
        sub in proptest::option::of("[a-zA-Z$][a-zA-Z0-9_-]{0,6}"),
        literal in "[^\u{0}]{0,10}",
        op in select(CompareOp::ALL.to_vec()),
        filtered in any::<bool>(),
    ) {
        let filter = filtered.then(|| Filter::Compare(AttrPath::new("type"), op, Literal::String(literal)));
        let attr = AttrPath { sub, ..AttrPath::parse(attr).unwrap() };
        let path = PatchPath { attr, filter };
        prop_assert_eq!(PatchPath::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn no_path_and_no_value_make_it_panic(text in "[a-z.:\\[\\] \"$0-9A-Z()]{0,30}", value in element(), op in select(vec![Op::Add, Op::Replace, Op::Remove])) {
        if let Ok(path) = PatchPath::parse(&text) {
            let operation = Operation { op, path: Some(path), value: Some(value.clone()) };
            let _ = apply(ResourceType::user(), &ann(), &[operation], ID);
        }
        let operation = Operation { op: Op::Add, path: None, value: Some(json!({ text: value })) };
        let _ = apply(ResourceType::user(), &ann(), &[operation], ID);
    }
}
