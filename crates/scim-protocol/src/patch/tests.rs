//! PATCH, form by form, as RFC 7644 has them and as identity providers send them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::schema::{ENTERPRISE_USER, USER};
use crate::{Resource, ResourceType, Result, ScimType};

fn object(value: Value) -> Resource {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn ann() -> Resource {
    object(json!({
        "userName": "ann", "active": true, "displayName": "Ann",
        "name": {"givenName": "Ann", "familyName": "Ex"},
        "emails": [{"value": "ann@work", "type": "work", "primary": true}, {"value": "ann@home", "type": "home"}],
        ENTERPRISE_USER: {"department": "D", "manager": {"value": "m1", "$ref": "../Users/m1"}},
    }))
}

fn run(operations: &Value) -> Result<Applied> {
    apply(ResourceType::user(), &ann(), &parse(json!({"Operations": operations}))?, "id1")
}

/// The value at a JSON pointer after the operations; null if it is not there.
fn after(operations: &Value, pointer: &str) -> Value {
    let applied = run(operations).unwrap_or_else(|error| panic!("{operations}: {error}"));
    Value::Object(applied.resource).pointer(pointer).cloned().unwrap_or_default()
}

#[test]
fn every_form_has_its_effect() {
    let department = format!("{ENTERPRISE_USER}:department");
    let manager = format!("{ENTERPRISE_USER}:manager");
    let manager_value = format!("{ENTERPRISE_USER}:manager.value");
    let enterprise = format!("/{ENTERPRISE_USER}");
    let at = |rest: &str| format!("{enterprise}{rest}");
    let op = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    for (operations, pointer, wanted) in [
        // Simple values, words in any letter case, booleans as text.
        (op("Replace", "active", json!("False")), "/active", json!(false)),
        (op("REPLACE", "ACTIVE", json!(false)), "/active", json!(false)),
        (op("add", "title", json!("Dr")), "/title", json!("Dr")),
        (op("replace", "title", json!("Dr")), "/title", json!("Dr")),
        (op("replace", "displayName", json!(null)), "/displayName", json!(null)),
        (op("replace", "displayName", json!("")), "/displayName", json!(null)),
        (op("add", "displayName", json!(null)), "/displayName", json!("Ann")),
        (json!([{"op": "remove", "path": "displayName"}]), "/displayName", json!(null)),
        (
            op("replace", "urn:ietf:params:scim:schemas:core:2.0:User:displayName", json!("B")),
            "/displayName",
            json!("B"),
        ),
        // Complex values.
        (op("replace", "name.givenName", json!("B")), "/name", json!({"givenName": "B", "familyName": "Ex"})),
        (op("replace", "name", json!({"GivenName": "B"})), "/name", json!({"givenName": "B", "familyName": "Ex"})),
        (op("add", "name", json!({"middleName": "M"})), "/name/familyName", json!("Ex")),
        (json!([{"op": "remove", "path": "name.givenName"}]), "/name", json!({"familyName": "Ex"})),
        (
            json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}]),
            "/name",
            json!(null),
        ),
        (json!([{"op": "remove", "path": "name"}]), "/name", json!(null)),
        // Extensions.
        (op("Add", &department, json!("E")), &at("/department"), json!("E")),
        (op("replace", &format!("{ENTERPRISE_USER}.department"), json!("E")), &at("/department"), json!("E")),
        (op("replace", &manager, json!("m2")), &at("/manager"), json!({"value": "m2"})),
        (op("replace", &manager, json!({"value": "m2"})), &at("/manager"), json!({"value": "m2"})),
        (
            op("replace", &manager, json!([{"$ref": "x", "value": "m2"}])),
            &at("/manager"),
            json!({"$ref": "x", "value": "m2"}),
        ),
        (op("replace", &manager_value, json!("m2")), &at("/manager/value"), json!("m2")),
        (op("replace", &manager, json!("")), &at("/manager"), json!(null)),
        (json!([{"op": "Remove", "path": manager}]), &at("/manager"), json!(null)),
        (op("add", ENTERPRISE_USER, json!({"division": "V"})), &at("/division"), json!("V")),
        (op("replace", ENTERPRISE_USER, json!({"division": "V"})), &at("/department"), json!("D")),
        (json!([{"op": "remove", "path": ENTERPRISE_USER}]), &enterprise, json!(null)),
        // Without path: plain, dotted and qualified names, unknown ones ignored, the same id along.
        (json!([{"op": "replace", "value": {"active": false}}]), "/active", json!(false)),
        (json!([{"op": "add", "value": {"active": "false", "nothing": 1, "no thing": 2}}]), "/active", json!(false)),
        (
            json!([{"op": "replace", "path": "", "value": {"id": "id1", "displayName": "B"}}]),
            "/displayName",
            json!("B"),
        ),
        (
            json!([{"op": "replace", "value": {"schemas": [USER], "meta": {}, "groups": [], "title": "T"}}]),
            "/title",
            json!("T"),
        ),
        (
            json!([{"op": "replace", "value": {"name.givenName": "B"}}]),
            "/name",
            json!({"givenName": "B", "familyName": "Ex"}),
        ),
        (json!([{"op": "replace", "value": {(department.as_str()): "E"}}]), &at("/department"), json!("E")),
        (json!([{"op": "replace", "value": {(manager.as_str()): "m2"}}]), &at("/manager/value"), json!("m2")),
        (
            json!([{"op": "add", "value": {ENTERPRISE_USER: {"division": "V", "manager.value": "m3"}}}]),
            &at("/manager/value"),
            json!("m3"),
        ),
        (
            json!([{"op": "replace", "value": {"emails[type eq \"work\"].value": "b@work"}}]),
            "/emails/0/value",
            json!("b@work"),
        ),
        (json!([{"op": "replace", "value": {"emails": [{"value": "x"}]}}]), "/emails", json!([{"value": "x"}])),
        (json!([{"op": "add", "value": {"emails": [{"value": "x"}]}}]), "/emails/2", json!({"value": "x"})),
        (json!([{"op": "add", "value": {USER: {"title": "T"}}}]), "/title", json!("T")),
    ] {
        assert_eq!(after(&operations, pointer), wanted, "{operations}");
    }
}

#[test]
fn lists_are_changed_by_element() {
    let op = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    let work = json!({"value": "ann@work", "type": "work", "primary": true});
    let home = json!({"value": "ann@home", "type": "home"});
    let new_work = json!({"value": "new", "type": "work", "primary": true});
    for (operations, wanted) in [
        (op("replace", "emails[type eq \"work\"].value", json!("new")), json!([new_work, home])),
        (op("Add", "emails[type eq \"work\"].Value", json!("new")), json!([new_work, home])),
        (op("replace", "EMAILS[TYPE EQ \"WORK\"].VALUE", json!("new")), json!([new_work, home])),
        (
            op("replace", "emails[type eq \"other\"].value", json!("o")),
            json!([work, home, {"type": "other", "value": "o"}]),
        ),
        (
            op("add", "emails[type eq \"other\"]", json!({"value": "o"})),
            json!([work, home, {"type": "other", "value": "o"}]),
        ),
        (
            op("add", "emails[type eq \"home\"]", json!({"display": "H"})),
            json!([work, {"value": "ann@home", "type": "home", "display": "H"}]),
        ),
        (op("replace", "emails[type eq \"home\"]", json!({"value": "h"})), json!([work, {"value": "h"}])),
        (op("replace", "emails[type eq \"home\"]", json!([])), json!([work])),
        (
            op("replace", "emails[value eq \"ann@home\" or type eq \"x\"].display", json!("H")),
            json!([work, {"value": "ann@home", "type": "home", "display": "H"}]),
        ),
        (
            op("replace", "emails[not (type eq \"work\")].value", json!("h")),
            json!([work, {"value": "h", "type": "home"}]),
        ),
        (
            op("add", "emails", json!([{"value": "ANN@work", "type": "work"}])),
            json!([{"value": "ANN@work", "type": "work", "primary": true}, home]),
        ),
        (op("add", "emails", json!({"value": "x"})), json!([work, home, {"value": "x"}])),
        (op("add", "emails", json!([])), json!([work, home])),
        (op("add", "emails.value", json!("x")), json!([work, home, {"value": "x"}])),
        (op("replace", "emails", json!([{"value": "x"}])), json!([{"value": "x"}])),
        (op("replace", "emails", json!([])), json!(null)),
        (
            op("replace", "emails.type", json!("other")),
            json!([{"value": "ann@work", "type": "other", "primary": true}, {"value": "ann@home", "type": "other"}]),
        ),
        (json!([{"op": "remove", "path": "emails"}]), json!(null)),
        (json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]), json!([work])),
        (json!([{"op": "remove", "path": "emails[type eq \"nothing\"]"}]), json!([work, home])),
        (json!([{"op": "remove", "path": "emails[type eq \"home\"].value"}]), json!([work])),
        (
            json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]),
            json!([{"value": "ann@work", "type": "work"}, home]),
        ),
        (op("remove", "emails", json!([{"value": "ann@home"}])), json!([work])),
        (op("remove", "emails", json!("ANN@HOME")), json!([work])),
        (op("remove", "emails", json!([{"type": "home"}])), json!([work])),
        (op("remove", "emails", json!([])), json!([work, home])),
        // One primary, whichever form makes it.
        (
            op("replace", "emails[type eq \"home\"].primary", json!("True")),
            json!([{"value": "ann@work", "type": "work", "primary": false}, {"value": "ann@home", "type": "home", "primary": true}]),
        ),
        (
            op("add", "emails", json!([{"value": "x", "primary": true}])),
            json!([{"value": "ann@work", "type": "work", "primary": false}, home, {"value": "x", "primary": true}]),
        ),
        (
            op("add", "emails[value eq \"ann@home\"]", json!({"primary": true})),
            json!([{"value": "ann@work", "type": "work", "primary": false}, {"value": "ann@home", "type": "home", "primary": true}]),
        ),
    ] {
        assert_eq!(after(&operations, "/emails"), wanted, "{operations}");
    }
}

#[test]
fn elements_are_made_from_filters_and_shared_by_operations() {
    let path = |sub: &str| format!("addresses[type eq \"work\"].{sub}");
    let operations = json!([
        {"op": "Add", "path": path("streetAddress"), "value": "1 Road"},
        {"op": "Add", "path": path("locality"), "value": "Vienna"},
        {"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "admin"},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
    ]);
    let applied = Value::Object(run(&operations).unwrap().resource);
    assert_eq!(applied["addresses"], json!([{"type": "work", "streetAddress": "1 Road", "locality": "Vienna"}]));
    assert_eq!(applied["roles"], json!([{"primary": true, "value": "admin"}]));
    assert_eq!(applied["phoneNumbers"], json!([{"type": "mobile", "value": "1"}]));
}

#[test]
fn what_is_refused() {
    use ScimType::{InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let op = |op: &str, path: &str, value: Value| json!([{"op": op, "path": path, "value": value}]);
    for (operations, wanted) in [
        (json!([]), InvalidSyntax),
        (json!({}), InvalidSyntax),
        (json!([5]), InvalidSyntax),
        (json!([{"path": "title", "value": "x"}]), InvalidSyntax),
        (json!([{"op": 1, "path": "title", "value": "x"}]), InvalidSyntax),
        (op("move", "title", json!("x")), InvalidSyntax),
        (json!([{"op": "add", "path": "title"}]), InvalidValue),
        (json!([{"op": "remove"}]), NoTarget),
        (json!([{"op": "remove", "value": {"title": "x"}}]), NoTarget),
        (json!([{"op": "replace", "value": "x"}]), InvalidValue),
        (json!([{"op": "replace", "value": [{"active": false}]}]), InvalidValue),
        (op("replace", "nothing", json!(1)), InvalidPath),
        (op("replace", "name.nothing", json!(1)), InvalidPath),
        (op("replace", "a b", json!(1)), InvalidPath),
        (op("replace", "emails[type eq \"work\"", json!("x")), InvalidPath),
        (op("replace", "emails[type]", json!("x")), InvalidPath),
        (op("replace", "emails[type eq \"work\"].value.x", json!("x")), InvalidPath),
        (op("replace", "emails[nothing eq \"x\"].value", json!("x")), InvalidPath),
        (op("replace", "userName[value eq \"x\"]", json!("x")), InvalidPath),
        (json!([{"op": "replace", "path": 5, "value": 1}]), InvalidPath),
        (op("replace", "id", json!("x")), Mutability),
        (op("replace", "ID", json!("id1")), Mutability),
        (op("replace", "meta.created", json!("x")), Mutability),
        (op("add", "groups", json!([{"value": "g"}])), Mutability),
        (op("replace", &format!("{ENTERPRISE_USER}:manager.displayName"), json!("x")), Mutability),
        (json!([{"op": "replace", "value": {"id": "other"}}]), Mutability),
        (json!([{"op": "replace", "value": {"groups": [{"value": "g"}]}}]), Mutability),
        (json!([{"op": "remove", "path": "userName"}]), Mutability),
        (op("replace", "userName", json!("")), InvalidValue),
        (op("replace", "userName", json!(null)), InvalidValue),
        (op("replace", "active", json!("yes")), InvalidValue),
        (op("replace", "displayName", json!({"a": 1})), InvalidValue),
        (op("replace", "name", json!("Ann")), InvalidValue),
        (op("add", "emails", json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}])), InvalidValue),
        (op("replace", "emails.primary", json!(true)), InvalidValue),
        (op("replace", "emails[value sw \"nobody\"].type", json!("x")), NoTarget),
        (op("replace", "emails[value eq \"nobody\"].type", json!("x")), NoTarget),
        (op("replace", "emails[type eq \"other\"]", json!({"value": "x"})), NoTarget),
    ] {
        let refused = run(&operations).expect_err(&operations.to_string());
        assert_eq!((refused.status, refused.scim_type), (400, Some(wanted)), "{operations}: {refused}");
    }
}

#[test]
fn what_changes_nothing_is_known() {
    for operations in [
        json!([{"op": "replace", "path": "active", "value": "True"}]),
        json!([{"op": "add", "path": "emails", "value": [{"value": "ann@home"}]}]),
        json!([{"op": "add", "value": {"displayName": "Ann", "id": "id1"}}]),
        json!([{"op": "remove", "path": "title"}]),
        json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "remove", "path": "title"}]),
        json!([{"op": "replace", "path": "password", "value": "secret"}]),
    ] {
        assert!(!run(&operations).unwrap().changed, "{operations}");
    }
    let applied = run(&json!([{"op": "replace", "value": {"password": "secret"}}])).unwrap();
    assert_eq!((applied.password.as_deref(), applied.resource), (Some("secret"), ann()));
}

#[test]
fn lists_and_requests_are_bounded() {
    let many: Vec<Value> = (0..1001).map(|number| json!({"value": number.to_string()})).collect();
    for op in ["add", "replace", "remove"] {
        let refused = run(&json!([{"op": op, "path": "emails", "value": many}])).unwrap_err();
        assert_eq!(refused.scim_type, Some(ScimType::InvalidValue), "{op}");
    }
    let steps: Vec<Value> = (0..1001).map(|_| json!({"op": "remove", "path": "title"})).collect();
    assert_eq!(run(&json!(steps)).unwrap_err().status, 413);
}

#[test]
fn a_password_is_known_before() {
    let password =
        |operations: Value| password_of(ResourceType::user(), &parse(json!({"Operations": operations})).unwrap());
    assert_eq!(password(json!([{"op": "replace", "value": {"Password": "a"}}])), Ok(Some("a".to_owned())));
    assert_eq!(
        password(
            json!([{"op": "add", "path": "password", "value": "a"}, {"op": "replace", "path": "title", "value": "b"}])
        ),
        Ok(Some("a".to_owned()))
    );
    assert_eq!(
        password(json!([{"op": "add", "path": "password", "value": "a"}, {"op": "remove", "path": "password"}])),
        Ok(None)
    );
    assert_eq!(password(json!([{"op": "replace", "path": "title", "value": "password"}])), Ok(None));
    assert!(password(json!([{"op": "replace", "path": "password", "value": 5}])).is_err());
}

fn split(operations: &Value) -> Result<(Vec<Operation>, Vec<MemberOp>)> {
    split_members(ResourceType::group(), parse(json!({"operations": operations}))?)
}

fn member(value: &str) -> MemberRef {
    MemberRef { value: value.to_owned(), kind: None }
}

#[test]
fn member_operations_are_told_apart() {
    let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    for (operations, wanted) in [
        (
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}]}]),
            vec![MemberOp::Add(vec![member("a")])],
        ),
        (
            json!([{"op": "add", "path": "Members", "value": {"VALUE": "a", "type": ""}}]),
            vec![MemberOp::Add(vec![member("a")])],
        ),
        (
            json!([{"op": "add", "path": "members", "value": ["a"]}, {"op": "add", "path": "members", "value": [{"value": "b", "type": "Group"}]}]),
            vec![MemberOp::Add(vec![member("a"), MemberRef { value: "b".into(), kind: Some("Group".into()) }])],
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "add", "path": "members", "value": [{"value": "b", "display": "B"}]}]),
            vec![MemberOp::Remove(names(&["a"])), MemberOp::Add(vec![member("b")])],
        ),
        (
            json!([{"op": "Remove", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}]),
            vec![MemberOp::Remove(names(&["a", "b"]))],
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            vec![MemberOp::Remove(names(&["a", "b"]))],
        ),
        (json!([{"op": "remove", "path": "members"}]), vec![MemberOp::RemoveAll]),
        (json!([{"op": "remove", "path": "members", "value": []}]), vec![MemberOp::Remove(vec![])]),
        (json!([{"op": "replace", "path": "members", "value": []}]), vec![MemberOp::Replace(vec![])]),
        (
            json!([{"op": "add", "path": "members", "value": ["x"]}, {"op": "replace", "path": "members", "value": ["a", "a"]}]),
            vec![MemberOp::Replace(vec![member("a")])],
        ),
        (
            json!([{"op": "replace", "value": {"members": [{"value": "a"}]}}]),
            vec![MemberOp::Replace(vec![member("a")])],
        ),
        (
            json!([{"op": "add", "value": {"urn:ietf:params:scim:schemas:core:2.0:Group:members": [{"value": "a"}]}}]),
            vec![MemberOp::Add(vec![member("a")])],
        ),
    ] {
        let (attributes, members) = split(&operations).unwrap();
        assert_eq!((attributes, members), (vec![], wanted), "{operations}");
    }
    let urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
    for operations in [
        json!([{"op": "add", "path": urn, "value": {"members": ["a"]}}]),
        json!([{"op": "add", "value": {urn: {"members": ["a"]}}}]),
    ] {
        assert_eq!(split(&operations).unwrap(), (vec![], vec![MemberOp::Add(vec![member("a")])]), "{operations}");
    }
    let (_, members) = split(&json!([{"op": "remove", "path": "members[type eq \"Group\"]"}])).unwrap();
    assert!(matches!(&members[..], [MemberOp::RemoveWhere(filter)] if filter.to_string() == "type eq \"Group\""));
}

#[test]
fn the_rest_of_a_group_patch_stays_with_its_attributes() {
    let operations = json!([{"op": "replace", "value": {"id": "g", "displayName": "New", "members": []}}]);
    let (attributes, members) = split(&operations).unwrap();
    assert_eq!(members, [MemberOp::Replace(vec![])]);
    let before = object(json!({"displayName": "Old"}));
    let applied = apply(ResourceType::group(), &before, &attributes, "g").unwrap();
    assert_eq!(applied.resource, object(json!({"displayName": "New"})));
    let (attributes, members) = split(&json!([{"op": "replace", "path": "displayName", "value": "X"}])).unwrap();
    assert_eq!((attributes.len(), members.len()), (1, 0));
}

#[test]
fn malformed_members_are_refused() {
    for (operations, wanted) in [
        (json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "members", "value": [5]}]), ScimType::InvalidValue),
        (json!([{"op": "add", "path": "members", "value": [{"value": ""}]}]), ScimType::InvalidValue),
        (json!([{"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}]), ScimType::Mutability),
        (json!([{"op": "replace", "path": "members.display", "value": "b"}]), ScimType::Mutability),
        (json!([{"op": "remove", "path": "members[nothing eq \"a\"]"}]), ScimType::InvalidPath),
    ] {
        assert_eq!(split(&operations).unwrap_err().scim_type, Some(wanted), "{operations}");
    }
}

#[test]
fn a_path_prints_as_it_reads() {
    for text in ["title", "name.givenName", "emails[type eq \"work\"].value", "emails[type eq \"work\" and value pr]"] {
        assert_eq!(PatchPath::parse(text).unwrap().to_string(), text);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        "[a-zA-Z.]{0,5}".prop_map(Value::String),
        Just(json!("True")),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let key = proptest::sample::select(vec![
            "value",
            "type",
            "primary",
            "givenName",
            "emails",
            "active",
            "id",
            "name.givenName",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::vec((key, inner), 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    /// Whatever is sent: no panic, at most one primary, and doing it twice is doing it once for replace.
    #[test]
    fn a_patch_leaves_a_legal_resource(
        steps in proptest::collection::vec((
            proptest::sample::select(vec!["add", "replace", "Remove"]),
            proptest::option::of(proptest::sample::select(vec![
                "active", "name", "name.givenName", "emails", "emails.value", "emails.primary", "emails[type eq \"work\"]",
                "emails[type eq \"other\"].value", "emails[primary eq true].primary", "roles", "roles[value sw \"a\"].primary", "userName",
                ENTERPRISE_USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "password", "members",
            ])),
            value(),
        ), 1..5)
    ) {
        let operations: Vec<Value> =
            steps.into_iter().map(|(op, path, value)| json!({"op": op, "path": path, "value": value})).collect();
        let Ok(operations) = parse(json!({"Operations": operations})) else { return Ok(()) };
        if let Ok(applied) = apply(ResourceType::user(), &ann(), &operations, "id1") {
            for key in ["emails", "roles"] {
                let primaries = applied.resource.get(key).and_then(Value::as_array).into_iter().flatten();
                prop_assert!(primaries.filter(|element| element["primary"] == true).count() <= 1, "{:?}", applied.resource);
            }
            // A stored resource is one that would be accepted as it is.
            let again = crate::normalize::normalize(ResourceType::user(), Value::Object(applied.resource.clone()))
                .map_err(|e| TestCaseError::fail(format!("{e}: {:?}", applied.resource)))?;
            prop_assert_eq!(again.resource, applied.resource);
        }
        let _ = split_members(ResourceType::group(), operations);
    }
}
