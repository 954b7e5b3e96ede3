//! Where references are seen, where not, and that all are replaced that are seen.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::ENTERPRISE_USER;

fn found(data: &Value) -> Vec<String> {
    let mut found = Vec::new();
    each(data, &mut |bulk_id| found.push(bulk_id));
    found
}

fn resolved(mut data: Value) -> Value {
    resolve(&mut data, &|bulk_id| Some(format!("<{bulk_id}>"))).unwrap();
    data
}

#[test]
fn references_are_seen_anywhere_in_a_body() {
    for (data, bulk_ids, wanted) in [
        (
            json!({"members": [{"value": "bulkId:x"}, {"value": "y"}]}),
            "x",
            json!({"members": [{"value": "<x>"}, {"value": "y"}]}),
        ),
        (json!({"members": ["bulkId:x", "bulkId:y"]}), "x y", json!({"members": ["<x>", "<y>"]})),
        (
            json!({"members": [{"value": "bulkId:x", "$ref": "https://x/scim/v2/Users/bulkId:x?a=b"}]}),
            "x x",
            json!({"members": [{"value": "<x>", "$ref": "https://x/scim/v2/Users/<x>?a=b"}]}),
        ),
        (json!({"members": [{"$REF": "../Users/bulkId:x/"}]}), "x", json!({"members": [{"$REF": "../Users/<x>/"}]})),
        (
            json!({ENTERPRISE_USER: {"manager": {"value": "bulkId:x"}}}),
            "x",
            json!({ENTERPRISE_USER: {"manager": {"value": "<x>"}}}),
        ),
        (
            json!({ENTERPRISE_USER: {"manager": "bulkId:a b:c"}}),
            "a b:c",
            json!({ENTERPRISE_USER: {"manager": "<a b:c>"}}),
        ),
        (
            json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": "bulkId:x"}]}]}),
            "x",
            json!({"Operations": [{"op": "add", "path": "members", "value": [{"value": "<x>"}]}]}),
        ),
        (
            json!({"operations": [{"op": "add", "value": {"members": [{"value": "bulkId:x"}], "name": {"givenName": "A"}}}]}),
            "x",
            json!({"operations": [{"op": "add", "value": {"members": [{"value": "<x>"}], "name": {"givenName": "A"}}}]}),
        ),
        (
            json!({"Operations": [{"op": "remove", "Path": "members[value eq \"bulkId:x\" or value eq \"bulkId:a\\\"b\"]"}]}),
            "x a\"b",
            json!({"Operations": [{"op": "remove", "Path": "members[value eq \"<x>\" or value eq \"<a\\\"b>\"]"}]}),
        ),
        (
            json!({"Operations": [{"op": "replace", "path": format!("{ENTERPRISE_USER}:manager"), "value": "bulkId:x"}]}),
            "x",
            json!({"Operations": [{"op": "replace", "path": format!("{ENTERPRISE_USER}:manager"), "value": "<x>"}]}),
        ),
        (json!({"externalId": "bulkId:"}), "", json!({"externalId": "<>"})),
    ] {
        assert_eq!(found(&data).join(" "), bulk_ids, "{data}");
        assert_eq!(resolved(data), wanted);
    }
}

#[test]
fn other_text_is_left_alone() {
    for data in [
        json!(null),
        json!([]),
        json!("bulkId:x"),
        json!({"displayName": "the bulkId:x is a reference", "title": "abulkId:x", "nickName": "BULKID:x", "userName": "bulkId"}),
        json!({"profileUrl": "https://x/Users/bulkId:x"}),
        json!({"$ref": "https://x/UsersbulkId:x", "active": true, "count": 5, "bulkId:x": null}),
        json!({"Operations": [{"op": "remove", "path": "members[value eq bulkId:x]"}]}),
        json!({"Operations": [{"op": "remove", "path": "members[value eq \"bulkId:x]"}]}),
        json!({"Operations": [{"op": "remove", "path": "members[value eq \"x bulkId:x\"]"}]}),
        json!({"Operations": ["bulkId:x"], "operations": "x"}),
    ] {
        assert_eq!(found(&data), Vec::<String>::new(), "{data}");
        assert_eq!(resolved(data.clone()), data);
    }
}

#[test]
fn a_password_is_none_and_never_told() {
    for data in [
        json!({"password": "bulkId:secret", "PASSWORD": "bulkId:secret"}),
        json!({"urn:ietf:params:scim:schemas:core:2.0:User:password": "bulkId:secret"}),
        json!({"urn:ietf:params:scim:schemas:core:2.0:User": {"Password": "bulkId:secret"}}),
        json!({"Operations": [{"op": "replace", "path": " Password", "value": "bulkId:secret"}]}),
        json!({"Operations": [{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": "bulkId:secret"}]}),
        json!({"Operations": [{"op": "add", "value": {"password": "bulkId:secret"}}]}),
    ] {
        assert_eq!(found(&data), Vec::<String>::new(), "{data}");
        let mut kept = data.clone();
        assert_eq!(resolve(&mut kept, &|_| None), Ok(()));
        assert_eq!(kept, data);
    }
}

#[test]
fn paths_of_operations() {
    let resolved = |path: &str| resolve_path(path, &|bulk_id| (bulk_id != "no").then(|| format!("<{bulk_id}>")));
    for (path, wanted) in [
        ("/Users/bulkId:x", "/Users/<x>"),
        ("/Users/bulkId:x/", "/Users/<x>/"),
        ("Groups/bulkId:x?attributes=members", "Groups/<x>?attributes=members"),
        ("bulkId:x", "<x>"),
        ("https://x/scim/v2/Users/bulkId:a/b", "https://x/scim/v2/Users/<a/b>"),
        ("/Users/1", "/Users/1"),
        ("/Users/xbulkId:1", "/Users/xbulkId:1"),
        ("/Users", "/Users"),
    ] {
        assert_eq!(resolved(path).as_deref(), Ok(wanted), "{path}");
    }
    let error = resolved("/Users/bulkId:no").unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(crate::ScimType::InvalidValue)));
}

#[test]
fn an_unknown_reference_is_refused_and_named() {
    let mut data = json!({"members": [{"value": "bulkId:x"}]});
    let error = resolve(&mut data, &|_| None).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(crate::ScimType::InvalidValue)));
    assert!(error.detail.contains("bulkId:x"), "{error}");
}

fn text() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "bulkId:",
        "bulkId:x",
        "/",
        "\"",
        "\\",
        "members[value eq ",
        "]",
        "Users",
        "?",
        "#",
        " or ",
        "ä",
        "\u{0}",
        "x",
    ]);
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn body() -> impl Strategy<Value = Value> {
    let key = proptest::sample::select(vec![
        "value",
        "$ref",
        "path",
        "password",
        "Operations",
        "members",
        "Path",
        "urn:a:b:password",
    ]);
    let leaf = prop_oneof![text().prop_map(Value::from), Just(json!("bulkId:x")), Just(json!(5)), Just(Value::Null)];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_seen_is_asked_for_and_replaced(data in body()) {
        let seen = found(&data);
        let asked = std::cell::RefCell::new(Vec::new());
        let mut after = data.clone();
        resolve(&mut after, &|bulk_id| { asked.borrow_mut().push(bulk_id.to_owned()); Some("id".to_owned()) }).unwrap();
        prop_assert_eq!(&seen, &*asked.borrow());
        prop_assert_eq!(found(&after), Vec::<String>::new(), "{}", after);
        if seen.is_empty() {
            prop_assert_eq!(&after, &data);
        } else {
            prop_assert!(resolve(&mut data.clone(), &|_| None).is_err());
        }
    }

    #[test]
    fn ids_with_quotes_stay_within_the_literal(bulk_id in "[^\u{0}]{1,8}", id in "[^\u{0}]{1,8}") {
        let literal = Value::String(format!("bulkId:{bulk_id}")).to_string();
        let mut data = json!({"Operations": [{"op": "remove", "path": format!("members[value eq {literal}]")}]});
        resolve(&mut data, &|asked| (asked == bulk_id).then(|| id.clone())).unwrap();
        let wanted = format!("members[value eq {}]", Value::String(id));
        prop_assert_eq!(data["Operations"][0]["path"].as_str(), Some(wanted.as_str()));
    }
}
