//! `scim.md` 1.4: what a client sees.

use scim_protocol::project::Projection;
use scim_protocol::schema::{ENTERPRISE_USER, GROUP, Returned, Schema, USER};
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use crate::support::object;

fn shown() -> Resource {
    object(json!({
        "schemas": [USER, ENTERPRISE_USER], "id": "1", "externalId": "e", "userName": "ann",
        "name": {"givenName": "Ann", "familyName": "Ex"},
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x"}],
        ENTERPRISE_USER: {"department": "D", "manager": {"value": "m", "$ref": "r"}},
        "meta": {"resourceType": "User", "version": "W/\"1\"", "location": "l"},
    }))
}

fn project(attributes: &str, excluded: &str) -> Value {
    let kind = ResourceType::user();
    Value::Object(Projection::new(kind, attributes.split(','), excluded.split(',')).apply(kind, shown()))
}

#[test]
fn statement_28_only_what_was_asked_for_and_the_id() {
    let department = format!("{ENTERPRISE_USER}:department");
    let upper = department.to_uppercase();
    let dotted = format!("{ENTERPRISE_USER}.department");
    for (attributes, wanted) in [
        ("userName", json!({"userName": "ann"})),
        ("USERNAME", json!({"userName": "ann"})),
        (" userName , displayName ", json!({"userName": "ann"})),
        ("name.familyName", json!({"name": {"familyName": "Ex"}})),
        ("NAME.FAMILYNAME,name.givenname", json!({"name": {"givenName": "Ann", "familyName": "Ex"}})),
        ("emails.value", json!({"emails": [{"value": "a@x"}, {"value": "b@x"}]})),
        ("emails.primary", json!({"emails": [{"primary": true}]})),
        ("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", json!({"name": {"givenName": "Ann"}})),
        (&department, json!({ENTERPRISE_USER: {"department": "D"}})),
        (&upper, json!({ENTERPRISE_USER: {"department": "D"}})),
        (&dotted, json!({ENTERPRISE_USER: {"department": "D"}})),
        ("manager.value", json!({ENTERPRISE_USER: {"manager": {"value": "m"}}})),
        (ENTERPRISE_USER, json!({ENTERPRISE_USER: {"department": "D", "manager": {"value": "m", "$ref": "r"}}})),
        ("meta.version", json!({"meta": {"version": "W/\"1\""}})),
        ("id", json!({})),
        ("nothing,name.nothing,urn:x:y:z,a b,[", json!({})),
        ("password", json!({})),
    ] {
        let mut seen = object(project(attributes, ""));
        assert_eq!(seen.shift_remove("id"), Some(json!("1")), "{attributes}");
        assert_eq!(seen.shift_remove("schemas"), Some(json!([USER, ENTERPRISE_USER])), "{attributes}");
        assert_eq!(Value::Object(seen), wanted, "{attributes}");
    }
}

#[test]
fn statement_29_all_but_what_was_excluded() {
    let seen = project("", "ID,Schemas,userName,emails.type,EMAILS.Primary,meta,name.nothing,department");
    assert_eq!(seen["id"], "1");
    assert_eq!(seen["schemas"], json!([USER, ENTERPRISE_USER]));
    assert_eq!(seen["emails"], json!([{"value": "a@x"}, {"value": "b@x"}]));
    assert_eq!(seen[ENTERPRISE_USER], json!({"manager": {"value": "m", "$ref": "r"}}));
    assert!(seen.get("userName").is_none() && seen.get("meta").is_none() && seen.get("name").is_some());
    let group = ResourceType::group();
    let staff = object(json!({"schemas": [GROUP], "id": "g", "displayName": "S", "members": [{"value": "u"}]}));
    for excluded in ["members", "MEMBERS", "urn:ietf:params:scim:schemas:core:2.0:Group:members"] {
        let seen = Projection::new(group, [], [excluded]).apply(group, staff.clone());
        assert_eq!(Value::Object(seen), json!({"schemas": [GROUP], "id": "g", "displayName": "S"}), "{excluded}");
    }
}

#[test]
fn statement_31_what_a_schema_says_of_returned() {
    let definition = |name: &str, returned: &str| json!({"name": name, "type": "string", "multiValued": false, "returned": returned});
    let names = ["always", "default", "request", "never"];
    let schema = Schema::from_json(&json!({
        "id": "urn:acme:x:User", "name": "X", "description": "X",
        "attributes": names.map(|name| definition(name, name)),
    }));
    // Where a definition may not say `never`, there is nothing to hide.
    let Ok(mut schema) = schema.or_else(|_| {
        let names = &names[..3];
        Schema::from_json(&json!({
            "id": "urn:acme:x:User", "name": "X", "description": "X",
            "attributes": names.iter().map(|name| definition(name, name)).collect::<Vec<_>>(),
        }))
    }) else {
        return;
    };
    for attribute in &mut schema.attributes {
        attribute.returned = match &*attribute.name {
            "always" => Returned::Always,
            "request" => Returned::Request,
            "never" => Returned::Never,
            _ => Returned::Default,
        };
    }
    let kind = ResourceType::user().clone().with_extension(schema.into(), false);
    let part = json!({"always": "1", "default": "2", "request": "3", "never": "4"});
    let resource = object(json!({"schemas": [USER], "id": "1", "userName": "ann", "urn:acme:x:User": part}));
    let seen = |attributes: &str, excluded: &str| {
        let projected =
            Projection::new(&kind, attributes.split(','), excluded.split(',')).apply(&kind, resource.clone());
        let part = projected.get("urn:acme:x:User").and_then(Value::as_object).cloned().unwrap_or_default();
        part.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("", ""), "always default");
    assert_eq!(seen("userName", ""), "always");
    assert_eq!(seen("urn:acme:x:User:request", ""), "always request");
    assert_eq!(seen("urn:acme:x:User:never,never", ""), "always");
    assert_eq!(seen("", "urn:acme:x:User"), "always");
    assert_eq!(seen("", "always,default"), "always");
    assert_eq!(seen("default", "default"), "always");
}
