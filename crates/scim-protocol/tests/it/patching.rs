//! `scim.md` 1.8 beyond the tables of `patch/tests.rs`: every operation has an effect, finds what it wants done
//! already, or is refused by name.

use scim_protocol::patch::{MAX_STEPS, MemberOp, MemberRef, Own, apply, parse, password_of, take_members};
use scim_protocol::schema::{ENTERPRISE_USER, GROUP, USER};
use scim_protocol::{ResourceType, ScimType};
use serde_json::{Value, json};

use crate::support::{ID, after, ann, group, op, refused, run};

fn work() -> Value {
    json!({"value": "ann@work", "type": "work", "primary": true})
}

fn home() -> Value {
    json!({"value": "ann@home", "type": "home"})
}

#[test]
fn statement_53_names_without_urn_are_found_in_the_extensions() {
    for (path, pointer) in [("department", "department"), ("DEPARTMENT", "department"), ("manager.value", "manager")] {
        let seen = after(&op("replace", path, &json!("x")));
        assert!(seen[ENTERPRISE_USER][pointer].to_string().contains("\"x\""), "{path}: {seen}");
    }
    let seen = after(&json!([{"op": "replace", "value": {"costCenter": "7"}}]));
    assert_eq!(seen[ENTERPRISE_USER]["costCenter"], "7");
    assert_eq!(refused(&op("replace", "manager.displayName", &json!("x"))), Some(ScimType::Mutability));
    assert_eq!(refused(&op("replace", "nothing", &json!("x"))), Some(ScimType::InvalidPath));
}

#[test]
fn statement_53_a_dot_may_stand_where_the_colon_belongs() {
    let path = format!("{USER}.emails[type eq \"home\"].value");
    assert_eq!(after(&op("replace", &path, &json!("x")))["emails"][1]["value"], "x");
    // But it never leads elsewhere.
    let path = format!("{USER}.roles[value eq \"a\"].emails");
    assert_eq!(refused(&op("replace", &path, &json!("x"))), Some(ScimType::InvalidPath));
}

#[test]
fn nothing_is_silently_ignored() {
    use ScimType::{InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let manager = format!("{ENTERPRISE_USER}:manager");
    for (operations, wanted) in [
        // What no schema knows, alone.
        (json!([{"op": "add", "value": {"nothing": 1}}]), InvalidPath),
        (json!([{"op": "replace", "value": {"urn:okta:custom:User": {"x": 1}}}]), InvalidPath),
        (json!([{"op": "add", "value": {ENTERPRISE_USER: {"nothing": 1}}}]), InvalidPath),
        (op("add", ENTERPRISE_USER, &json!({"nothing": 1})), InvalidPath),
        (op("add", "name", &json!({"nothing": 1})), InvalidValue),
        (op("replace", "emails", &json!([{"nothing": 1}])), InvalidValue),
        (op("remove", "emails", &json!([{"nothing": 1}])), InvalidValue),
        (op("add", "emails[type eq \"work\"]", &json!({"nothing": 1})), InvalidValue),
        (json!([{"op": "add", "value": {"emails[type eq \"work\"": "x"}}]), InvalidPath),
        // What is read-only, alone.
        (op("replace", &manager, &json!({"displayName": "M"})), Mutability),
        (json!([{"op": "replace", "value": {"manager.displayName": "M"}}]), Mutability),
        // An element that never becomes one.
        (op("add", "emails", &json!([{"type": "other"}])), InvalidValue),
        (op("replace", "emails[type eq \"other\"].primary", &json!(true)), NoTarget),
        (json!([{"op": "add", "value": {"phoneNumbers.type": "work"}}]), NoTarget),
        (op("replace", "emails[type eq \"other\"].type", &json!("x")), NoTarget),
        (op("add", "emails[type eq \"a\" and type eq \"b\"].value", &json!("x")), NoTarget),
        (op("add", "emails[type ne \"work\" and type ne \"home\"].value", &json!("x")), NoTarget),
        // Two things at once.
        (json!([{"op": "replace", "value": {"title": "a", "TITLE": "b"}}]), InvalidSyntax),
        (json!([{"op": "replace", "value": {"title": "a", USER: {"title": "b"}}}]), InvalidSyntax),
        (op("replace", "name", &json!({"givenName": "a", "GIVENNAME": "b"})), InvalidSyntax),
        (op("add", "emails", &json!([{"value": "a", "VALUE": "b"}])), InvalidSyntax),
        (json!([{"op": "add", "OP": "remove", "path": "title", "value": "x"}]), InvalidSyntax),
        (json!([{"op": "add", "path": "title", "PATH": "nickName", "value": "x"}]), InvalidSyntax),
    ] {
        assert_eq!(refused(&operations), Some(wanted), "{operations}");
    }
}

#[test]
fn statement_23_what_is_unknown_is_ignored_beside_what_is_known() {
    for value in [
        json!({"title": "T", "nothing": 1, "no thing": 2, "urn:okta:custom:User": {"x": 1}}),
        json!({"title": "T", ENTERPRISE_USER: {"nothing": 1}}),
        json!({"title": "T", "name": {"givenName": "Ann", "nothing": 1}}),
        json!({"title": "T", "schemas": [USER], "meta": {"version": "W/\"1\""}, "id": "scimu_1", "groups": []}),
        json!({"title": "T", "schemas": [USER, "urn:okta:custom:User"], "urn:okta:custom:User": {"x": 1}}),
        json!({"Title": "T", "TITLE": "T"}),
    ] {
        let seen = after(&json!([{"op": "replace", "value": value}]));
        let mut wanted = Value::Object(ann());
        wanted["title"] = json!("T");
        assert_eq!(seen, wanted, "{value}");
    }
    for value in [json!({}), json!({ENTERPRISE_USER: {}}), json!({"id": "scimu_1"}), json!({"schemas": [USER]})] {
        assert!(!run(&json!([{"op": "replace", "value": value}])).unwrap().changed, "{value}");
    }
}

#[test]
fn statement_55_unassigned_values_clear() {
    for nothing in [json!(null), json!(""), json!([])] {
        for path in ["emails", "externalId", "name.givenName", "emails[type eq \"home\"]", "manager"] {
            if nothing == json!([]) && !["emails", "manager", "emails[type eq \"home\"]"].contains(&path) {
                continue;
            }
            if nothing == json!("") && path.starts_with("emails") {
                continue;
            }
            let seen = after(&op("replace", path, &nothing));
            let gone = match path {
                "emails" => seen.get("emails").is_none(),
                "name.givenName" => seen["name"] == json!({"familyName": "Ex"}),
                "manager" => seen[ENTERPRISE_USER] == json!({"department": "D"}),
                "externalId" => seen.get("externalId").is_none(),
                _ => seen["emails"] == json!([work()]),
            };
            assert!(gone, "{path} {nothing}: {seen}");
        }
    }
    // For `add` they are nothing to add.
    for path in ["emails", "externalId", "name.givenName", "manager", "emails[type eq \"home\"].value"] {
        assert!(!run(&op("add", path, &json!(null))).unwrap().changed, "{path}");
    }
}

#[test]
fn several_operations_make_one_element() {
    for (primary, value) in [("add", "add"), ("Replace", "replace"), ("replace", "Add")] {
        let operations = json!([
            {"op": primary, "path": "emails[type eq \"other\"].primary", "value": "True"},
            {"op": value, "path": "emails[type eq \"other\"].value", "value": "o@x"},
            {"op": value, "path": "emails[type eq \"other\"].display", "value": "O"},
        ]);
        let mut others = work();
        others["primary"] = json!(false);
        let new = json!({"type": "other", "primary": true, "value": "o@x", "display": "O"});
        assert_eq!(after(&operations)["emails"], json!([others, home(), new]));
    }
    // A value that is taken away and given anew keeps the rest of its element.
    let operations = json!([
        {"op": "remove", "path": "emails[type eq \"home\"].value"},
        {"op": "add", "path": "emails[type eq \"home\"].value", "value": "new"},
    ]);
    assert_eq!(after(&operations)["emails"], json!([work(), {"type": "home", "value": "new"}]));
}

#[test]
fn dotted_keys_of_a_list_are_one_element() {
    let keys = |op: &str, value: Value| after(&json!([{"op": op, "value": value}]));
    let all = json!({"emails.type": "other", "emails.primary": "true", "emails.value": "x"});
    let new = json!({"type": "other", "primary": true, "value": "x"});
    // `replace` means the primary element.
    assert_eq!(keys("replace", all.clone())["emails"], json!([new, home()]));
    assert_eq!(keys("replace", json!({"emails.value": "x"}))["emails"][0]["value"], "x");
    assert_eq!(keys("replace", json!({"emails.value": "x"}))["emails"][1], home());
    assert!(keys("replace", json!({"emails.value": null})).get("emails").is_none());
    assert!(keys("replace", json!({"emails.type": "x", "emails.value": ""})).get("emails").is_none());
    assert_eq!(keys("add", json!({"emails.type": "x", "emails.value": ""})), Value::Object(ann()));
    assert_eq!(keys("replace", json!({"emails.type": "x", "emails.display": ""}))["emails"][0]["type"], "x");
    assert_eq!(keys("replace", json!({"addresses.type": "x", "addresses.formatted": ""})), Value::Object(ann()));
    // `add` makes a new one, unless it only says more of the one that is there.
    let mut others = work();
    others["primary"] = json!(false);
    assert_eq!(keys("add", all.clone())["emails"], json!([others, home(), new]));
    assert_eq!(keys("add", json!({"emails.display": "W"}))["emails"].as_array().unwrap().len(), 3);
    assert_eq!(keys("add", json!({"emails.type": "other"}))["emails"][0]["type"], "other");
    let none = json!([{"op": "remove", "path": "emails"}, {"op": "replace", "value": all}]);
    assert_eq!(after(&none)["emails"], json!([new]));
    let extended =
        json!({format!("{ENTERPRISE_USER}:manager.value"): "m2", "name.givenName": "B", "name.familyName": null});
    let seen = keys("replace", extended);
    assert_eq!(
        (&seen[ENTERPRISE_USER]["manager"], &seen["name"]),
        (&json!({"value": "m2"}), &json!({"givenName": "B"}))
    );
}

#[test]
fn the_value_of_a_list_without_filter_is_that_of_its_primary_element() {
    assert_eq!(after(&op("replace", "emails.value", &json!("x")))["emails"][0]["value"], "x");
    assert_eq!(after(&op("replace", "emails.value", &json!("x")))["emails"][1], home());
    assert_eq!(after(&op("add", "emails.value", &json!("x")))["emails"][2], json!({"value": "x"}));
    assert_eq!(refused(&op("replace", "emails.primary", &json!(true))), Some(ScimType::InvalidValue));
    let seen = after(&op("replace", "emails.primary", &json!("False")));
    assert!(seen["emails"].as_array().unwrap().iter().all(|email| email["primary"] == false), "{seen}");
}

#[test]
fn statement_57_there_is_one_primary_element() {
    for operations in [
        op("replace", "emails[type eq \"home\"].primary", &json!("TRUE")),
        op("add", "emails[value eq \"ann@home\"]", &json!({"primary": true})),
        op("replace", "emails[type eq \"home\"]", &json!({"value": "ann@home", "type": "home", "primary": true})),
        op("replace", "emails[type eq \"home\"]", &json!({"primary": true})),
        op("replace", "emails[type eq \"home\"]", &json!({"type": "private", "primary": "True"})),
        op("add", "emails", &json!([{"value": "ANN@home", "primary": true}])),
        op("add", "emails", &json!({"value": "new", "primary": true})),
        op("add", "emails[type eq \"other\" and primary eq true].value", &json!("new")),
        json!([{"op": "add", "value": {"emails": [{"value": "new", "primary": "true"}]}}]),
    ] {
        let seen = after(&operations);
        let emails = seen["emails"].as_array().unwrap();
        assert_eq!(emails[0]["primary"], false, "{operations}");
        assert_eq!(emails.iter().filter(|email| email["primary"] == true).count(), 1, "{operations}");
    }
    let both = op("replace", "emails[type pr].primary", &json!(true));
    assert_eq!(refused(&both), Some(ScimType::InvalidValue));
}

#[test]
fn statement_58_read_only_targets_are_refused_and_the_same_id_is_not() {
    for path in ["id", "meta", "meta.version", "groups", "groups[value eq \"x\"]", "groups.value", "schemas"] {
        for word in ["add", "replace", "remove"] {
            assert_eq!(refused(&op(word, path, &json!("x"))), Some(ScimType::Mutability), "{word} {path}");
        }
    }
    for value in [json!({"id": "scimu_1"}), json!({"ID": "scimu_1", "id": "scimu_1"}), json!({USER: {"id": "scimu_1"}})]
    {
        assert!(!run(&json!([{"op": "replace", "value": value}])).unwrap().changed, "{value}");
    }
    assert_eq!(refused(&json!([{"op": "add", "value": {"id": "scimu_2"}}])), Some(ScimType::Mutability));
}

#[test]
fn the_envelope_is_what_it_must_be_and_no_more() {
    let ok = json!([{"op": "replace", "path": "title", "value": "x"}]);
    for body in [
        json!({"Operations": ok}),
        json!({"OPERATIONS": ok, "Schemas": null}),
        json!({"Operations": ok, "operations": ok, "schemas": []}),
        json!({"Operations": ok, "schemas": ["urn:scim:schemas:core:1.0"], "other": 1}),
        json!({"Operations": [{"Op": "REPLACE", "Path": " title ", "Value": "x", "name": "updateTitle"}]}),
    ] {
        assert_eq!(parse(body.clone()).map(|operations| operations.len()), Ok(1), "{body}");
    }
    for body in [
        json!({"Operations": []}),
        json!({"Operations": null}),
        json!({"schemas": []}),
        json!({"Operations": ok, "schemas": "x"}),
        json!({"Operations": ok, "schemas": [1]}),
        json!({"Operations": ok, "operations": []}),
        json!([]),
        json!(null),
    ] {
        assert_eq!(parse(body.clone()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{body}");
    }
}

#[test]
fn a_password_is_found_wherever_apply_finds_it() {
    let kind = ResourceType::user();
    let urn = format!("{USER}:password");
    for (operations, wanted) in [
        (json!([{"op": "add", "path": urn, "value": "a"}]), Some("a")),
        (json!([{"op": "add", "path": USER, "value": {"Password": "a"}}]), Some("a")),
        (json!([{"op": "replace", "value": {USER: {"password": "a"}}}]), Some("a")),
        (json!([{"op": "replace", "value": {urn: "a"}}]), Some("a")),
        (
            json!([{"op": "add", "path": "password", "value": "a"}, {"op": "replace", "path": "password", "value": null}]),
            None,
        ),
        (json!([{"op": "add", "path": "password", "value": "a"}, {"op": "remove", "path": "PASSWORD"}]), None),
    ] {
        let parsed = parse(json!({"Operations": operations})).unwrap();
        assert_eq!(password_of(kind, &parsed).unwrap().as_deref(), wanted, "{operations}");
        assert_eq!(run(&operations).unwrap().password.as_deref(), wanted, "{operations}");
        assert!(!run(&operations).unwrap().changed, "{operations}");
    }
}

#[test]
fn members_are_found_wherever_they_stand() {
    let one = |value: Value| group(json!({"Operations": [{"op": "replace", "value": value}]}));
    let replaced = |ids: &[&str]| {
        let refs = ids.iter().map(|id| MemberRef { value: (*id).to_owned(), kind: None }).collect();
        vec![MemberOp::Replace(refs)]
    };
    for (value, name) in [
        (json!({"members": ["a"], "nothing": 1}), "Staff"),
        (json!({"members": ["a"], "MEMBERS": ["a"], "id": "scimg_1"}), "Staff"),
        (json!({GROUP: {"members": ["a"], "displayName": "New"}}), "New"),
        (json!({"displayName": "New", GROUP: {"members": ["a"], "displayName": "New"}}), "New"),
        (json!({format!("{GROUP}:members"): [{"VALUE": "a", "value": "a"}], "displayName": "New"}), "New"),
    ] {
        let (resource, members) = one(value.clone()).unwrap();
        assert_eq!((&resource["displayName"], members), (&json!(name), replaced(&["a"])), "{value}");
    }
    for value in [
        json!({"members": ["a"], "Members": ["b"]}),
        json!({"members": ["a"], GROUP: {"members": []}}),
        json!({"displayName": "a", GROUP: {"displayName": "b"}, "members": []}),
        json!({"members": [{"value": "a", "VALUE": "b"}]}),
    ] {
        assert_eq!(one(value.clone()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{value}");
    }
    assert_eq!(one(json!({"nothing": 1})).unwrap_err().scim_type, Some(ScimType::InvalidPath));
    assert_eq!(one(json!({"members[": 1})).unwrap_err().scim_type, Some(ScimType::InvalidPath));
}

#[test]
fn what_rides_along_says_nothing_that_was_never_so() {
    let (made, changed) = ("2026-11-21T10:00:00.500Z", "2026-11-22T10:00:00.500Z");
    let millis = |text: &str| scim_protocol::parse_date_time(text).unwrap().timestamp_millis();
    let own = Own { id: ID, times: Some((millis(made), millis(changed))) };
    let kept = |member: &str, value: &Value| {
        let operations =
            parse(json!({"Operations": [{"op": "replace", "value": {"title": "T", member: value}}]})).unwrap();
        match apply(ResourceType::user(), &ann(), &operations, own) {
            Ok(applied) => applied.resource["title"] == "T",
            Err(error) => {
                assert_eq!(error.scim_type, Some(ScimType::Mutability), "{value}");
                false
            }
        }
    };
    let location = format!("https://id.example/scim/v2/Users/{ID}");
    for meta in [
        json!({"resourceType": "User", "created": made, "lastModified": changed, "version": "W/\"3\"", "location": location}),
        // As it was read before, in another zone, in whole seconds, under the other address.
        json!({"lastModified": "2026-11-21T12:00:00+02:00", "version": "\"1\"", "location": format!("../Users/{ID}")}),
        json!({"created": "2026-11-21T10:00:00Z", "LASTMODIFIED": "2026-11-22T10:00:01Z", "resourceType": null}),
        json!({"resourceType": "User", "attributes": ["x"]}),
        json!({}),
        json!(null),
    ] {
        assert!(kept("meta", &meta), "{meta}");
    }
    for meta in [
        json!({"resourceType": "Group"}),
        json!({"created": "1999-01-01T00:00:00Z"}),
        json!({"lastModified": "2030-01-01T00:00:00Z"}),
        json!({"lastModified": "yesterday"}),
        json!({"location": "https://id.example/scim/v2/Users/another"}),
        json!({"location": format!("https://id.example/scim/v2/Groups/{ID}")}),
        json!({"version": "x"}),
        json!({"version": 3}),
        json!("now"),
    ] {
        assert!(!kept("meta", &meta), "{meta}");
    }
    assert!(kept("meta.created", &json!(made)) && !kept("meta.created", &json!(changed)));
    let adscim = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User";
    for schemas in
        [json!([USER]), json!([USER, ENTERPRISE_USER]), json!([adscim, "urn:scim:schemas:core:2.0"]), json!([])]
    {
        assert!(kept("schemas", &schemas), "{schemas}");
    }
    for schemas in [json!(["x"]), json!([USER, GROUP]), json!([1]), json!({})] {
        assert!(!kept("schemas", &schemas), "{schemas}");
    }
}

#[test]
fn what_becomes_the_same_is_one() {
    let emails = json!([{"value": "a@x", "type": "work"}, {"value": "a@x", "type": "home", "primary": true}]);
    let seen = after(&json!([
        {"op": "replace", "path": "emails", "value": emails},
        {"op": "replace", "path": "emails[type eq \"home\"].type", "value": "WORK"},
    ]));
    assert_eq!(seen["emails"], json!([{"value": "a@x", "type": "WORK", "primary": true}]));
}

#[test]
fn members_of_a_body_are_taken_out_of_it() {
    let kind = ResourceType::group();
    let ids = |mut body: Value| {
        let taken = take_members(kind, &mut body)?;
        assert!(!body.to_string().to_lowercase().contains("members"), "{body}");
        Ok::<_, scim_protocol::ScimError>(
            taken.map(|refs| refs.into_iter().map(|member| member.value).collect::<Vec<_>>()),
        )
    };
    let a = || Some(vec!["a".to_owned()]);
    assert_eq!(ids(json!({"displayName": "x"})), Ok(None));
    assert_eq!(ids(json!({"displayName": "x", "members": null})), Ok(Some(vec![])));
    assert_eq!(ids(json!({"displayName": "x", "members": []})), Ok(Some(vec![])));
    assert_eq!(ids(json!({"Members": [{"value": "a"}, "a"]})), Ok(a()));
    assert_eq!(ids(json!({GROUP: {"displayName": "x", "members": ["a"]}})), Ok(a()));
    assert_eq!(ids(json!({format!("{GROUP}:members"): ["a"], "members": ["a"]})), Ok(a()));
    assert_eq!(ids(json!({GROUP: {"displayName": "x"}})), Ok(None));
    for body in [json!({"members": ["a"], "MEMBERS": ["b"]}), json!({"members": [], GROUP: {"members": ["a"]}})] {
        assert_eq!(ids(body.clone()).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{body}");
    }
}

#[test]
fn work_is_bounded() {
    let many = |from: usize| (from..from + 1000).map(|n| json!({"value": format!("{n:07}@x")})).collect::<Vec<_>>();
    let adds =
        |count: usize| (0..count).map(|_| json!({"op": "add", "path": "emails", "value": many(0)})).collect::<Vec<_>>();
    let none = json!({"op": "remove", "path": "emails"});
    let mut few = vec![none.clone()];
    few.extend(adds(2));
    assert_eq!(run(&json!(few)).map(|applied| applied.resource["emails"].as_array().unwrap().len()), Ok(1000));
    let mut lots = vec![none];
    lots.extend(adds(MAX_STEPS / 1_000_000 + 2));
    assert_eq!(run(&json!(lots)).unwrap_err().status, 413);
    // A long filter on a long list, often.
    let long = vec!["value co \"y\""; 400].join(" or ");
    let mut operations = vec![json!({"op": "replace", "path": "emails", "value": many(0)})];
    operations.extend((0..20).map(|_| json!({"op": "remove", "path": format!("emails[{long}]")})));
    assert_eq!(run(&json!(operations)).unwrap_err().status, 413);
}
