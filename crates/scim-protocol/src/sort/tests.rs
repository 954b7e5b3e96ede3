//! The order by every kind of attribute, in both directions.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ScimType;
use crate::schema::{ENTERPRISE_USER, Schema, USER};

fn resource(value: Value) -> Resource {
    let Value::Object(resource) = value else { unreachable!() };
    resource
}

/// The ids of the resources in the order that was asked for. Equal ones stay as they are.
fn ids(kind: &ResourceType, by: &str, descending: bool, resources: &[Value]) -> String {
    let sort = Sort::resolve(kind, by, descending).unwrap();
    let mut keyed: Vec<(SortKey, &str)> =
        resources.iter().map(|one| (sort.key(kind, &resource(one.clone())), one["id"].as_str().unwrap())).collect();
    keyed.sort_by(|(one, _), (two, _)| one.cmp(two));
    keyed.into_iter().map(|(_, id)| id).collect::<Vec<_>>().join(" ")
}

/// Users in the order that they should come in, each with a value at the place, without one in the end.
fn check(by: &str, make: impl Fn(Value) -> Value, values: impl IntoIterator<Item = Value>) {
    let mut users: Vec<Value> = values.into_iter().map(make).collect();
    users.push(json!({}));
    for (index, user) in users.iter_mut().enumerate() {
        user["id"] = format!("u{index:02}").into();
    }
    let names = |users: &[Value]| users.iter().map(|u| u["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut wanted = names(&users);
    // Two starting points: the order must not depend on them.
    for turn in [0, users.len() / 2] {
        let mut users = users.clone();
        users.rotate_left(turn);
        users.swap(0, 1);
        assert_eq!(ids(ResourceType::user(), by, false, &users), wanted.join(" "), "{by}");
    }
    wanted.reverse();
    assert_eq!(ids(ResourceType::user(), by, true, &users), wanted.join(" "), "{by} descending");
}

#[test]
fn text_is_ordered_by_its_letters() {
    let title = |value| json!({"title": value});
    check("title", title, [json!("Abel"), json!("abigail"), json!("Zoe"), json!("ähm")]);
    check("TITLE", title, [json!("a"), json!("B"), json!("c")]);
    check(&format!("{USER}:title"), title, [json!("1"), json!("10"), json!("2")]);
    check("externalId", |value| json!({"externalId": value}), [json!("B"), json!("Z"), json!("a")]);
    check("id", |_| json!({}), [json!(1), json!(2), json!(3)]);
    check("profileUrl", |value| json!({"profileUrl": value}), [json!("https://B"), json!("https://a")]);
}

#[test]
fn parts_and_complex_attributes() {
    let name = |value: Value| json!({"name": {"formatted": value, "givenName": "x"}});
    check("name", name, [json!("Ann"), json!("bob")]);
    check("name.formatted", name, [json!("Ann"), json!("bob")]);
    check("name.familyName", |value| json!({"name": {"familyName": value}}), [json!("Ann"), json!("bob")]);
    check("addresses", |value| json!({"addresses": [{"formatted": value}]}), [json!("a"), json!("b")]);
    check("addresses.locality", |value| json!({"addresses": [{"locality": value}]}), [json!("Graz"), json!("Wien")]);
    check("meta.resourceType", |value| json!({"meta": {"resourceType": value}}), [json!("Group"), json!("User")]);
    check("groups", |value| json!({"groups": [{"value": value}]}), [json!("B"), json!("a")]);
}

#[test]
fn lists_count_by_their_primary_element_or_their_first() {
    let elements = |value: Value| value;
    let emails = [
        json!({"emails": [{"value": "A@x"}, {"value": "z@x"}]}),
        json!({"emails": [{"value": "z@x"}, {"value": "b@x", "primary": true}]}),
        json!({"emails": [{"value": "c@x", "primary": false}, {"value": "a@x", "primary": false}]}),
    ];
    check("emails", elements, emails.clone());
    check("emails.value", elements, emails);
    check(
        "emails.type",
        elements,
        [
            json!({"emails": [{"value": "z@x", "type": "home"}]}),
            json!({"emails": [{"value": "b@x", "type": "home"}, {"value": "b@x", "type": "work", "primary": true}]}),
        ],
    );
    // The element that counts has no such part, whatever the others have.
    let users = [
        json!({"id": "a", "emails": [{"value": "a@x", "primary": true}, {"value": "b@x", "type": "home"}]}),
        json!({"id": "b", "emails": [{"value": "b@x", "type": "work"}]}),
    ];
    assert_eq!(ids(ResourceType::user(), "emails.type", false, &users), "b a");
    check("emails.primary", |value| json!({"emails": [{"value": "a", "primary": value}]}), [json!(false), json!(true)]);
    check("schemas", |value| json!({"schemas": [value]}), [json!("urn:a"), json!("urn:B")]);
    let users = [json!({"id": "a", "emails": []}), json!({"id": "b", "emails": [{"value": "b"}]})];
    assert_eq!(ids(ResourceType::user(), "emails", false, &users), "b a");
}

#[test]
fn booleans_and_times_are_ordered_as_what_they_are() {
    check("active", |value| json!({"active": value}), [json!(false), json!(true)]);
    let modified = |value: Value| json!({"meta": {"lastModified": value, "created": value}});
    let times =
        ["2026-01-01T01:00:00+02:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:01"];
    check("meta.lastModified", modified, times.map(Value::from));
    check("META.CREATED", modified, times.map(Value::from));
}

#[test]
fn extensions_are_ordered_too_with_their_urn_or_without() {
    let department = |value: Value| json!({ENTERPRISE_USER: {"department": value}});
    check(&format!("{ENTERPRISE_USER}:department"), department, [json!("A"), json!("b")]);
    check("department", department, [json!("A"), json!("b")]);
    let manager = |value: Value| json!({ENTERPRISE_USER: {"manager": {"value": value}}});
    check(&format!("{ENTERPRISE_USER}:manager"), manager, [json!("B"), json!("a")]);
    check(&format!("{}:Manager.VALUE", ENTERPRISE_USER.to_uppercase()), manager, [json!("B"), json!("a")]);
}

#[test]
fn a_schema_of_the_directory_is_ordered_by_its_types() {
    let urn = "urn:example:hr:User";
    let definition = json!({"id": urn, "name": "HR", "attributes": [
        {"name": "grade", "type": "integer"}, {"name": "share", "type": "decimal"}, {"name": "hired", "type": "dateTime"},
        {"name": "tags", "type": "string", "multiValued": true}, {"name": "code", "type": "string", "caseExact": true},
        {"name": "key", "type": "string", "returned": "never"}, {"name": "on", "type": "string", "returned": "request"},
        {"name": "devices", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "serial", "type": "integer"}, {"name": "primary", "type": "boolean"}, {"name": "pin", "type": "string", "returned": "never"}]},
    ]});
    let kind = ResourceType::user().clone().with_extension(Arc::new(Schema::from_json(&definition).unwrap()), false);
    let order = |by: &str, values: &[Value]| {
        let users: Vec<Value> =
            values.iter().enumerate().map(|(index, part)| json!({"id": index.to_string(), urn: part})).collect();
        (ids(&kind, by, false, &users), ids(&kind, by, true, &users))
    };
    let both = |one: &str, two: &str| (one.to_owned(), two.to_owned());
    let grades = [json!({"grade": 10}), json!({"grade": 9}), json!({}), json!({"grade": -1})];
    assert_eq!(order(&format!("{urn}:grade"), &grades), both("3 1 0 2", "2 0 1 3"));
    let shares = [json!({"share": 0.5}), json!({"share": 2}), json!({"share": -1e300}), json!({"share": 0})];
    assert_eq!(order(&format!("{urn}:Share"), &shares), both("2 3 0 1", "1 0 3 2"));
    let times = [json!({"hired": "2026-01-02T00:00:00Z"}), json!({"hired": "2026-01-01T00:00:00-23:00"})];
    assert_eq!(order("hired", &times), both("1 0", "0 1"));
    let tags = [json!({"tags": ["b", "a"]}), json!({"tags": ["A", "z"]}), json!({"tags": ["c"]})];
    assert_eq!(order("tags", &tags), both("1 0 2", "2 0 1"));
    assert_eq!(order("code", &[json!({"code": "a"}), json!({"code": "B"})]), both("1 0", "0 1"));
    let devices = [
        json!({"devices": [{"serial": 1}, {"serial": 20, "primary": true}]}),
        json!({"devices": [{"serial": 3}, {"serial": 1}]}),
    ];
    assert_eq!(order("devices.serial", &devices), both("1 0", "0 1"));
    for refused in ["key", "devices", "devices.pin", "devices.nothing"] {
        assert!(Sort::resolve(&kind, refused, false).is_err(), "{refused}");
    }
    assert!(Sort::resolve(&kind, "on", false).is_ok());
}

#[test]
fn groups_are_ordered_by_name_and_members() {
    let kind = ResourceType::group();
    let groups = [
        json!({"id": "a", "displayName": "staff", "members": [{"value": "2"}]}),
        json!({"id": "b", "displayName": "Admins", "members": [{"value": "3"}]}),
        json!({"id": "c", "displayName": "Zoo"}),
    ];
    assert_eq!(ids(kind, "displayName", false, &groups), "b a c");
    assert_eq!(ids(kind, "members", true, &groups), "c b a");
}

/// Every attribute that is returned can be sorted by, in the form that `/Schemas` names it; only complex
/// ones without a value of their own cannot.
#[test]
fn every_attribute_has_an_order() {
    for kind in [ResourceType::user(), ResourceType::group()] {
        let common = &*crate::schema::COMMON;
        let all = kind.schemas().flat_map(|schema| schema.attributes.iter().map(|a| (format!("{}:", schema.id), a)));
        for (prefix, attribute) in all.chain(common.iter().map(|attribute| (String::new(), attribute))) {
            let path = format!("{prefix}{}", attribute.name);
            let whole = Sort::resolve(kind, &path, false);
            assert_eq!(whole.is_err(), ["password", "meta"].contains(&&*attribute.name), "{path}: {whole:?}");
            for sub in &attribute.sub_attributes {
                let sort = Sort::resolve(kind, &format!("{path}.{}", sub.name), true).unwrap();
                assert_eq!((sort.path.sub.as_deref(), sort.descending), (Some(&*sub.name), true));
            }
        }
    }
}

#[test]
fn what_has_no_order_is_refused() {
    let long = "a".repeat(5000);
    for path in [
        "",
        " ",
        "nothing",
        "name.nothing",
        "password",
        "meta",
        "userName.value",
        "emails[type eq \"work\"].value",
        "a b",
        USER,
        &long,
    ] {
        let error = Sort::resolve(ResourceType::user(), path, false).expect_err(path);
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidPath)), "{path}");
    }
    assert!(Sort::resolve(ResourceType::group(), "userName", false).is_err());
}

#[test]
fn paths_become_canonical() {
    let path = |text: &str| Sort::resolve(ResourceType::user(), text, false).unwrap().path.to_string();
    for (given, wanted) in [
        ("USERNAME", "userName"),
        (" emails ", "emails.value"),
        ("Name", "name.formatted"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:emails.TYPE", "emails.type"),
        ("Manager", &format!("{ENTERPRISE_USER}:manager.value")),
    ] {
        assert_eq!(path(given), wanted);
    }
}

fn number() -> impl Strategy<Value = Number> {
    let near = 9_007_199_254_740_992_i64;
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (near - 3..near + 3).prop_map(Number::from),
        (-3..3_i64).prop_map(Number::from),
        proptest::num::f64::NORMAL.prop_filter_map("finite", Number::from_f64),
        proptest::sample::select(vec![0.0, -0.0, 0.5, 9_007_199_254_740_992.0, 1.0])
            .prop_filter_map("finite", Number::from_f64),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        "[a-bA-B]{0,2}".prop_map(Value::from),
        Just(json!("2026-01-01T00:00:00Z")),
        Just(json!({"value": "x"})),
        Just(json!(["x"])),
    ]
}

/// What the values of a stored attribute say, read the slow way.
#[expect(clippy::cast_possible_truncation, reason = "what is cast has no fraction and is in range")]
fn is_less(one: &Number, two: &Number) -> bool {
    match (one.as_i128(), two.as_i128()) {
        (Some(one), Some(two)) => one < two,
        (None, None) => one.as_f64() < two.as_f64(),
        // A whole number and a fraction: beyond 2^127 only fractions reach.
        (Some(whole), None) => {
            let fraction = two.as_f64().unwrap();
            fraction >= 1e38
                || (fraction > -1e38
                    && (whole < fraction.floor() as i128
                        || (whole == fraction.floor() as i128 && fraction.fract() != 0.0)))
        }
        (None, Some(_)) => !is_less(two, one) && !is_equal(one, two),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is cast has no fraction and is in range")]
fn is_equal(one: &Number, two: &Number) -> bool {
    match (one.as_i128(), two.as_i128()) {
        (Some(one), Some(two)) => one == two,
        (None, None) => one.as_f64() == two.as_f64(),
        (Some(whole), None) | (None, Some(whole)) => {
            let fraction = if one.as_i128().is_none() { one } else { two }.as_f64().unwrap();
            fraction.fract() == 0.0 && fraction.abs() < 1e38 && fraction as i128 == whole
        }
    }
}

proptest! {
    #[test]
    fn numbers_are_ordered_exactly(one in number(), two in number()) {
        let order = SortNumber::of(&one).cmp(&SortNumber::of(&two));
        prop_assert_eq!(order.is_lt(), is_less(&one, &two), "{} {}", one, two);
        prop_assert_eq!(order.is_eq(), is_equal(&one, &two), "{} {}", one, two);
    }

    #[test]
    fn keys_are_totally_ordered_whatever_is_stored(values in proptest::collection::vec(value(), 3), by in proptest::sample::select(vec!["title", "active", "meta.created", "id"])) {
        let kind = ResourceType::user();
        let keys = |descending| -> Vec<SortKey> {
            let sort = Sort::resolve(kind, by, descending).unwrap();
            let make = |value: &Value| match by {
                "meta.created" => json!({"meta": {"created": value}}),
                by => json!({by: value}),
            };
            values.iter().map(|value| sort.key(kind, &resource(make(value)))).collect()
        };
        let (up, down) = (keys(false), keys(true));
        for (one, two) in [(0, 1), (1, 2), (0, 2)] {
            prop_assert_eq!(up[one].cmp(&up[two]), up[two].cmp(&up[one]).reverse());
            prop_assert_eq!(up[one].cmp(&up[two]), down[two].cmp(&down[one]));
            prop_assert_eq!(up[one] == up[two], up[one].cmp(&up[two]).is_eq());
        }
        if up[0] <= up[1] && up[1] <= up[2] {
            prop_assert!(up[0] <= up[2]);
        }
    }
}
