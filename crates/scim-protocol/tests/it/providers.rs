//! What each identity provider of `scim.md` 2 really sends, kept as seeds of the fuzzer, and what becomes of it.

use scim_protocol::patch::{MemberOp, apply, parse};
use scim_protocol::schema::ENTERPRISE_USER;
use scim_protocol::{Filter, Resource, ResourceType};
use serde_json::{Value, json};

use crate::support::{ID, ann, group};

fn seed(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../fuzz/seeds/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn message(name: &str) -> Value {
    serde_json::from_str(&seed(&format!("patch/{name}.json"))).unwrap()
}

/// Ann after the message.
fn changed(name: &str) -> Resource {
    let operations = parse(message(name)).unwrap();
    apply(ResourceType::user(), &ann(), &operations, ID).unwrap_or_else(|error| panic!("{name}: {error}")).resource
}

/// The value at a JSON pointer after the message.
fn seen(name: &str, pointer: &str) -> Value {
    Value::Object(changed(name)).pointer(pointer).cloned().unwrap_or_default()
}

#[test]
fn users_are_changed_as_they_say() {
    let extension = |rest: &str| format!("/{ENTERPRISE_USER}{rest}");
    let manager = extension("/manager");
    for (name, pointer, wanted) in [
        ("okta-deactivate", "/active", json!(false)),
        ("entra-disable", "/active", json!(false)),
        ("entra-soft-delete", "/active", json!(false)),
        ("entra-flagged-disable", "/active", json!(false)),
        ("onelogin-status", "/active", json!(true)),
        ("entra-mail-case", "/emails/0/value", json!("ann@new.example")),
        ("entra-update", "/emails/0/value", json!("ann@new.example")),
        ("entra-update", "/name", json!({"givenName": "Ann", "familyName": "Ex"})),
        ("entra-update", "/addresses", json!([{"type": "work", "formatted": "1 Road", "streetAddress": "1 Road"}])),
        ("entra-update", "/phoneNumbers", json!([{"type": "mobile", "value": "+43 1"}])),
        ("entra-update", "/roles", json!([{"primary": true, "value": "admin"}])),
        ("entra-update", &extension("/department"), json!("Sales")),
        ("entra-manager-text", &manager, json!({"value": "scimu_3"})),
        ("entra-manager-object", &manager, json!({"value": "scimu_3"})),
        ("entra-manager-array", &manager, json!({"$ref": "http://x/scim/Users/scimu_3", "value": "scimu_3"})),
        ("entra-manager-remove", &manager, json!(null)),
        ("entra-wrapped", "/displayName", json!("Ann Ex")),
        ("entra-flagged", "/displayName", json!("Ann Ex")),
        ("entra-flagged", "/name", json!({"givenName": "Ann", "familyName": "Ex"})),
        ("entra-flagged", "/emails/0", json!({"value": "ann@new.example", "type": "work", "primary": true})),
        ("entra-flagged", &extension("/employeeNumber"), json!("7")),
        ("entra-flagged", &manager, json!({"value": "scimu_3"})),
        ("entra-app-role", "/roles", json!([{"value": "25", "display": "Role1234"}])),
        ("rauthy-clear", "/externalId", json!(null)),
        ("rippling-dotted", "/emails/0", json!({"value": "ann@new.example", "type": "work", "primary": true})),
        ("rippling-dotted", "/emails/1", json!({"value": "ann@home", "type": "home"})),
        ("rfc-add", "/nickName", json!("Babs")),
        ("rfc-add", "/emails/2", json!({"value": "babs@jensen.org", "type": "home"})),
        ("rfc-street", "/addresses", json!([{"type": "work", "streetAddress": "1010 Broadway Ave"}])),
        ("no-schemas", "/title", json!("Dr")),
    ] {
        assert_eq!(seen(name, pointer), wanted, "{name} {pointer}");
    }
    let roles =
        json!([{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Staff", "value": "staff"}]);
    assert_eq!(seen("entra-app-roles-assertive", "/roles"), roles);
    assert_eq!(Value::Object(changed("okta-password")), Value::Object(ann()));
}

#[test]
fn groups_are_changed_as_they_say() {
    let ids = |name: &str| {
        let (resource, members) = group(message(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let said = members.into_iter().map(|op| match op {
            MemberOp::Add(refs) => format!("+{}", refs.into_iter().map(|m| m.value).collect::<Vec<_>>().join(",")),
            MemberOp::Replace(refs) => format!("={}", refs.into_iter().map(|m| m.value).collect::<Vec<_>>().join(",")),
            MemberOp::Remove(ids) => format!("-{}", ids.join(",")),
            other => panic!("{name}: {other:?}"),
        });
        format!("{} {}", resource["displayName"].as_str().unwrap(), said.collect::<Vec<_>>().join(" "))
    };
    for (name, wanted) in [
        ("okta-members", "Staff -scimu_1 +scimu_2"),
        ("okta-push-now", "Staff =scimu_1,scimu_2"),
        ("okta-push-empty", "Staff ="),
        ("okta-push-no-path", "Staff =scimu_1"),
        ("entra-add-members", "Staff +scimu_1,scimu_2"),
        ("entra-remove-members", "Staff -scimu_1"),
        ("entra-flagged-remove", "Staff -scimu_1"),
        ("entra-group-rename", "Everyone "),
        ("jumpcloud-add", "Staff +scimu_1"),
        ("jumpcloud-remove", "Staff -scimu_1,scimu_2"),
        ("ping-merge", "Staff +scimu_1"),
        ("authentik-remove", "Staff -scimu_1"),
    ] {
        assert_eq!(ids(name), wanted, "{name}");
    }
}

#[test]
fn their_filters_find_whom_they_look_for() {
    let kind = ResourceType::user();
    let mut shown = ann();
    shown.insert("id".into(), ID.into());
    shown.insert("userName".into(), "Ann@acme.example".into());
    shown.insert("emails".into(), json!([{"value": "Ann@acme.example", "type": "work"}]));
    shown.insert("externalId".into(), "00uAbC".into());
    shown.insert("roles".into(), json!([{"value": "admin", "primary": true}]));
    shown.insert(ENTERPRISE_USER.into(), json!({"department": "R&D", "manager": {"value": "scimu_2"}}));
    for name in [
        "okta-match",
        "entra-work-mail",
        "entra-manager",
        "entra-external",
        "entra-role",
        "ping-mail",
        "enterprise",
        "precedence",
        "case",
    ] {
        let filter = Filter::parse(&seed(&format!("filter/{name}"))).unwrap().resolve(kind).unwrap();
        let wanted = !["precedence"].contains(&name);
        assert_eq!(filter.matches(kind, &shown), wanted, "{name}: {filter}");
    }
    for name in ["okta-group", "entra-member"] {
        Filter::parse(&seed(&format!("filter/{name}"))).unwrap().resolve(ResourceType::group()).unwrap();
    }
}
