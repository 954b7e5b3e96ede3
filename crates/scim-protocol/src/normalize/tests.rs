//! What clients send, and what becomes of it.

use serde_json::json;

use super::*;
use crate::ScimType;
use crate::schema::{AttrType, ENTERPRISE_USER, USER};

fn user(body: Value) -> Result<Value> {
    normalize(ResourceType::user(), body).map(|incoming| Value::Object(incoming.resource))
}

/// A user with one more member.
fn with(key: &str, value: Value) -> Value {
    let mut body = json!({"userName": "ann"});
    body[key] = value;
    body
}

#[test]
fn names_become_canonical_whatever_their_letter_case() {
    let body = json!({
        "SCHEMAS": [USER], "USERNAME": "Ann", "Name": {"GIVENNAME": "A"}, "eMails": [{"Value": "a@x", "TYPE": "work", "Primary": true}],
        "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user": {"DEPARTMENT": "D", "Manager": {"VALUE": "m"}},
    });
    assert_eq!(
        user(body).unwrap(),
        json!({
            "userName": "Ann", "name": {"givenName": "A"}, "emails": [{"value": "a@x", "type": "work", "primary": true}],
            ENTERPRISE_USER: {"department": "D", "manager": {"value": "m"}},
        })
    );
}

#[test]
fn unassigned_unknown_and_read_only_members_are_dropped() {
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"],
        "userName": "ann", "id": "mine", "meta": {"resourceType": "User"}, "groups": [{"value": "g"}],
        "displayName": null, "title": "", "emails": [], "phoneNumbers": [null, {}, {"value": "", "type": "work"}], "addresses": null,
        "name": {"givenName": null, "familyName": ""}, "favoriteColor": "blue", "urn:other:User": {"x": 1}, ENTERPRISE_USER: {},
        "roles": [],
    });
    assert_eq!(user(body).unwrap(), json!({"userName": "ann"}));
}

#[test]
fn elements_that_are_the_same_are_one() {
    let seen = |key: &str, value: Value| user(with(key, value)).unwrap()[key].take();
    let twice = json!([
        {"value": "a@x", "type": "work", "primary": true}, {"value": "b@x"},
        {"value": "A@X", "type": "Work", "display": "A"}, {"value": "a@x", "type": "work", "primary": true},
    ]);
    assert_eq!(
        seen("emails", twice),
        json!([{"value": "a@x", "type": "work", "primary": true, "display": "A"}, {"value": "b@x"}])
    );
    // Another type is another element, and so is another letter case where that counts.
    let other = json!([{"value": "a@x", "type": "work"}, {"value": "a@x", "type": "home"}, {"value": "a@x"}]);
    assert_eq!(seen("emails", other.clone()), other);
    let certificates = json!([{"value": "AAAA"}, {"value": "aaaa"}, {"value": "AAAA"}]);
    assert_eq!(seen("x509Certificates", certificates), json!([{"value": "AAAA"}, {"value": "aaaa"}]));
    // Without a value everything counts.
    let places =
        json!([{"type": "work", "locality": "Oslo"}, {"locality": "Oslo", "type": "work"}, {"locality": "Rome"}]);
    assert_eq!(seen("addresses", places), json!([{"type": "work", "locality": "Oslo"}, {"locality": "Rome"}]));
}

#[test]
fn values_in_odd_shapes_are_understood() {
    let manager = |value: Value| user(with(ENTERPRISE_USER, json!({"manager": value}))).unwrap();
    let wanted = json!({"userName": "ann", ENTERPRISE_USER: {"manager": {"value": "m"}}});
    for shape in
        [json!("m"), json!({"value": "m"}), json!([{"value": "m"}]), json!({"value": "m", "displayName": "dropped"})]
    {
        assert_eq!(manager(shape), wanted);
    }
    assert_eq!(manager(json!([])), json!({"userName": "ann"}));
    assert_eq!(manager(json!("")), json!({"userName": "ann"}));
    for (shape, active) in [(json!("False"), false), (json!("TRUE"), true), (json!(true), true)] {
        assert_eq!(user(with("active", shape)).unwrap()["active"], json!(active));
    }
    assert_eq!(user(with("roles", json!(["admin"]))).unwrap()["roles"], json!([{"value": "admin"}]));
    assert_eq!(user(with("emails", json!({"value": "a@x"}))).unwrap()["emails"], json!([{"value": "a@x"}]));
    let flat = format!("{ENTERPRISE_USER}:department");
    assert_eq!(user(with(&flat, json!("D"))).unwrap()[ENTERPRISE_USER], json!({"department": "D"}));
    assert_eq!(user(with(USER, json!({"title": "Dr"}))).unwrap()["title"], "Dr");
}

#[test]
fn app_roles_come_out_of_their_text() {
    let roles = |value: Value| user(with("roles", json!([value]))).unwrap()["roles"].clone();
    let text = |role: Value| json!({"value": role.to_string()});
    for (role, wanted) in [
        (text(json!({"id": "1", "value": "25", "displayName": "Staff"})), json!({"value": "25", "display": "Staff"})),
        (text(json!({"id": "1", "value": "", "displayName": "Staff"})), json!({"value": "Staff", "display": "Staff"})),
        (text(json!({"id": "1", "value": null})), json!({"value": "1"})),
        (json!({"value": "{\"id\":\"1\",\"value\":\"a\"}", "primary": "True"}), json!({"value": "a", "primary": true})),
        (json!("{\"id\":\"1\",\"value\":\"a\"}"), json!({"value": "a"})),
        // Text that is none of these stays what it is.
        (text(json!({"value": "a"})), json!({"value": "{\"value\":\"a\"}"})),
        (json!("{id}"), json!({"value": "{id}"})),
    ] {
        assert_eq!(roles(role.clone()), json!([wanted]), "{role}");
    }
    let nul = with("roles", json!([{"value": "{\"id\":\"1\",\"value\":\"a\\u0000\"}"}]));
    assert_eq!(user(nul).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    let email = json!("{\"id\":\"1\",\"value\":\"a\"}");
    assert_eq!(user(with("emails", json!([{"value": email}]))).unwrap()["emails"][0]["value"], email);
}

#[test]
fn who_is_named_twice_must_be_the_same() {
    let urn = |name: &str| format!("{USER}:{name}");
    let department = format!("{ENTERPRISE_USER}:department");
    let manager = format!("{ENTERPRISE_USER}:manager.value");
    let upper = ENTERPRISE_USER.to_uppercase();
    for (body, ok) in [
        (json!({"userName": "a", "USERNAME": "a"}), true),
        (json!({"userName": "a", "USERNAME": null}), true),
        (json!({"USERNAME": "", "userName": "a"}), true),
        (json!({"userName": "a", "USERNAME": "b"}), false),
        (json!({"userName": "a", (urn("userName")): "b"}), false),
        (json!({"userName": "a", USER: {"userName": "b"}}), false),
        (json!({"userName": "a", "name": {"givenName": "A"}, "NAME": {"familyName": "B", "givenname": "A"}}), true),
        (json!({"userName": "a", "name": {"givenName": "A", "GIVENNAME": "B"}}), false),
        (json!({"userName": "a", "emails": [{"value": "a"}], "Emails": [{"value": "b"}]}), false),
        (json!({"userName": "a", "emails": [{"value": "a", "VALUE": "b"}]}), false),
        (json!({"userName": "a", "active": true, "Active": "True"}), true),
        (json!({"userName": "a", "password": "x", "Password": "y"}), false),
        (json!({"userName": "a", "password": "x", "Password": null}), true),
        (json!({"userName": "a", ENTERPRISE_USER: {"department": "D"}, (department.as_str()): "D"}), true),
        (json!({"userName": "a", ENTERPRISE_USER: {"department": "D"}, (department.as_str()): "E"}), false),
        (json!({"userName": "a", ENTERPRISE_USER: {"department": "D"}, (upper.as_str()): {"division": "E"}}), true),
        (json!({"userName": "a", ENTERPRISE_USER: {"manager": {"$ref": "r"}}, (manager.as_str()): "m"}), true),
        // What is dropped anyway may say what it likes.
        (json!({"userName": "a", "id": "1", "ID": "2", "nothing": 1, "NOTHING": 2}), true),
    ] {
        match user(body.clone()) {
            Ok(_) => assert!(ok, "{body}"),
            Err(error) => assert!(!ok && error.scim_type == Some(ScimType::InvalidSyntax), "{body}: {error}"),
        }
    }
    let joined = json!({"userName": "a", ENTERPRISE_USER: {"manager": {"$ref": "r"}}, (manager.as_str()): "m"});
    assert_eq!(user(joined).unwrap()[ENTERPRISE_USER]["manager"], json!({"$ref": "r", "value": "m"}));
    let kept = normalize(ResourceType::user(), json!({"userName": "a", "password": "x", "PASSWORD": null})).unwrap();
    assert_eq!(kept.password.as_deref(), Some("x"));
}

#[test]
fn password_and_groups_go_beside_the_resource() {
    let body = json!({"userName": "ann", "Password": "secret", "groups": [{"value": "g"}]});
    let incoming = normalize(ResourceType::user(), body).unwrap();
    assert_eq!(incoming.password.as_deref(), Some("secret"));
    assert_eq!(incoming.groups, Some(vec![json!({"value": "g"})]));
    assert_eq!(Value::Object(incoming.resource), json!({"userName": "ann"}));
}

#[test]
fn wrong_values_are_refused() {
    let two = json!([{"value": "a", "primary": true}, {"value": "b", "primary": "True"}]);
    for (body, scim_type) in [
        (json!([]), ScimType::InvalidSyntax),
        (json!("x"), ScimType::InvalidSyntax),
        (with("schemas", json!("x")), ScimType::InvalidSyntax),
        (json!({}), ScimType::InvalidValue),
        (json!({"userName": null}), ScimType::InvalidValue),
        (json!({"userName": ""}), ScimType::InvalidValue),
        (json!({"userName": 5}), ScimType::InvalidValue),
        (json!({"userName": ["a"]}), ScimType::InvalidValue),
        (json!({"userName": {"a": 1}}), ScimType::InvalidValue),
        (json!({"userName": "a\u{0}b"}), ScimType::InvalidValue),
        (with("active", json!("yes")), ScimType::InvalidValue),
        (with("active", json!(1)), ScimType::InvalidValue),
        (with("name", json!("Ann")), ScimType::InvalidValue),
        (with("name", json!([{"givenName": "a"}, {"givenName": "b"}])), ScimType::InvalidValue),
        (with("emails", json!([["a@x"]])), ScimType::InvalidValue),
        (with("emails", json!([{"value": 5}])), ScimType::InvalidValue),
        (with("emails", json!([{"value": "a\u{0}"}])), ScimType::InvalidValue),
        (with("emails", two), ScimType::InvalidValue),
        (with("displayName", json!(true)), ScimType::InvalidValue),
        (with("password", json!(5)), ScimType::InvalidValue),
        (with(ENTERPRISE_USER, json!("x")), ScimType::InvalidValue),
        (with(ENTERPRISE_USER, json!({"manager": [{"value": "a"}, {"value": "b"}]})), ScimType::InvalidValue),
    ] {
        let refused = user(body.clone()).expect_err(&body.to_string());
        assert_eq!((refused.status, refused.scim_type), (400, Some(scim_type)), "{body}");
    }
}

#[test]
fn extensions_of_a_directory_are_checked_like_ours() {
    let mut number = Attribute::new("badge", AttrType::Integer, "Badge").required();
    number.mutability = Mutability::Immutable;
    let schema = Schema {
        id: "urn:example:Badge".into(),
        name: "Badge".into(),
        description: "Badge".into(),
        attributes: vec![
            number,
            Attribute::new("tags", AttrType::String, "Tags").multi(),
            Attribute::new("on", AttrType::DateTime, "On"),
        ],
    };
    let kind = ResourceType::user().clone().with_extension(schema.into(), false);
    let body = |badge: Value| json!({"userName": "a", "urn:example:badge": badge});
    let take = |badge: Value| normalize(&kind, body(badge)).map(|incoming| incoming.resource);
    let one = take(json!({"Badge": 1, "tags": ["x", "", "y"], "on": "2026-01-01T00:00:00Z"})).unwrap();
    assert_eq!(one["urn:example:Badge"], json!({"badge": 1, "tags": ["x", "y"], "on": "2026-01-01T00:00:00Z"}));
    assert_eq!(kind.schemas_of(&one), [USER, "urn:example:Badge"]);
    for wrong in
        [json!({"tags": ["x"]}), json!({"badge": "1"}), json!({"badge": 1.5}), json!({"badge": 1, "on": "today"})]
    {
        assert_eq!(take(wrong).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }
    let two = take(json!({"badge": 2})).unwrap();
    assert_eq!(check_immutable(&kind, &one, &two).unwrap_err().scim_type, Some(ScimType::Mutability));
    assert!(check_immutable(&kind, &one, &one).is_ok());
}
