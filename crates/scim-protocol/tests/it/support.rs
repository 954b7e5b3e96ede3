//! A stored user, a stored group, and short ways to change them.

use scim_protocol::patch::{Applied, MemberOp, apply, parse, split_members};
use scim_protocol::schema::{ENTERPRISE_USER, GROUP, USER};
use scim_protocol::{Resource, ResourceType, Result, ScimType};
use serde_json::{Value, json};

/// The id of whoever is changed.
pub const ID: &str = "scimu_1";

pub fn object(value: Value) -> Resource {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

pub fn ann() -> Resource {
    object(json!({
        "schemas": [USER, ENTERPRISE_USER], "externalId": "00u1", "userName": "ann", "active": true, "displayName": "Ann",
        "name": {"givenName": "Ann", "familyName": "Ex"},
        "emails": [{"value": "ann@work", "type": "work", "primary": true}, {"value": "ann@home", "type": "home"}],
        ENTERPRISE_USER: {"department": "D", "manager": {"value": "m1", "$ref": "../Users/m1"}},
    }))
}

/// Does the operations to Ann.
pub fn run(operations: &Value) -> Result<Applied> {
    run_on(&ann(), operations)
}

pub fn run_on(user: &Resource, operations: &Value) -> Result<Applied> {
    apply(ResourceType::user(), user, &parse(json!({"Operations": operations}))?, ID)
}

/// Ann after the operations.
pub fn after(operations: &Value) -> Value {
    Value::Object(run(operations).unwrap_or_else(|error| panic!("{operations}: {error}")).resource)
}

/// The keyword of a refusal.
pub fn refused(operations: &Value) -> Option<ScimType> {
    let error = run(operations).expect_err(&operations.to_string());
    assert_eq!(error.status, 400, "{operations}: {error}");
    error.scim_type
}

/// A whole message to a group: what becomes of its attributes, and what is to be done with its members.
pub fn group(message: Value) -> Result<(Resource, Vec<MemberOp>)> {
    let kind = ResourceType::group();
    let staff = object(json!({"schemas": [GROUP], "displayName": "Staff"}));
    let (attributes, members) = split_members(kind, parse(message)?)?;
    let resource = if attributes.is_empty() { staff } else { apply(kind, &staff, &attributes, "scimg_1")?.resource };
    Ok((resource, members))
}

pub fn op(op: &str, path: &str, value: &Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}
