//! Those of the 25 breakages of `scim.md` 3 that happen, or not, in the protocol. The others are tests of the
//! server: 11, 12, 14 to 17, 19, 24.

use scim_protocol::normalize::normalize;
use scim_protocol::patch::MemberOp;
use scim_protocol::schema::{ENTERPRISE_USER, USER};
use scim_protocol::{Filter, ResourceType, ScimError};
use serde_json::{Value, json};

use crate::support::{after, ann, group, object, op, run};

fn made(body: Value) -> Result<Value, ScimError> {
    normalize(ResourceType::user(), body).map(|incoming| Value::Object(incoming.resource))
}

fn matches(filter: &str) -> bool {
    let kind = ResourceType::user();
    let mut shown = ann();
    shown.insert("id".into(), "scimu_1".into());
    Filter::parse(filter).unwrap().resolve(kind).unwrap().matches(kind, &shown)
}

fn ids(members: Vec<MemberOp>) -> Vec<(&'static str, Vec<String>)> {
    let of = |op| match op {
        MemberOp::Add(refs) => ("add", refs.into_iter().map(|member| member.value).collect()),
        MemberOp::Replace(refs) => ("replace", refs.into_iter().map(|member| member.value).collect()),
        MemberOp::Remove(ids) => ("remove", ids),
        MemberOp::RemoveAll => ("remove all", Vec::new()),
        MemberOp::RemoveWhere(filter) => ("remove where", vec![filter.to_string()]),
    };
    members.into_iter().map(of).collect()
}

#[test]
fn no_1_active_as_text() {
    for (word, active) in [("False", false), ("false", false), ("FALSE", false), ("True", true), ("true", true)] {
        assert_eq!(after(&op("Replace", "active", &json!(word)))["active"], active, "{word}");
        assert_eq!(made(json!({"userName": "a", "active": word})).unwrap()["active"], active, "{word}");
    }
    for word in ["yes", "0", "1", "falsch", " true"] {
        assert!(run(&op("replace", "active", &json!(word))).is_err(), "{word}");
        assert!(made(json!({"userName": "a", "active": word})).is_err(), "{word}");
    }
}

#[test]
fn no_2_and_3_any_letter_case_and_no_path() {
    for word in ["add", "Add", "ADD", "replace", "Replace", "rEPLACE"] {
        for path in [json!(null), json!(""), json!(" ")] {
            let seen = after(&json!([{"op": word, "path": path, "value": {"active": false}}]));
            assert_eq!(seen["active"], false, "{word} {path}");
        }
        assert_eq!(after(&json!([{"op": word, "value": {"active": false}}]))["active"], false);
    }
}

#[test]
fn no_4_dotted_and_urn_keys() {
    let seen = after(&json!([{"op": "replace", "value": {
        "displayName": "B", "name.givenName": "B", format!("{ENTERPRISE_USER}:employeeNumber"): "7",
        format!("{ENTERPRISE_USER}.department"): "E", format!("{USER}:title"): "T", "emails[type eq \"home\"].value": "b@home",
        "Emails.Value": "b@work",
    }}]));
    let wanted = json!({
        "schemas": ann()["schemas"], "externalId": "00u1", "userName": "ann", "active": true, "displayName": "B",
        "name": {"givenName": "B", "familyName": "Ex"}, "title": "T",
        "emails": [{"value": "b@work", "type": "work", "primary": true}, {"value": "b@home", "type": "home"}],
        ENTERPRISE_USER: {"department": "E", "employeeNumber": "7", "manager": {"value": "m1", "$ref": "../Users/m1"}},
    });
    assert_eq!(seen, wanted);
}

#[test]
fn no_5_and_6_the_work_address() {
    let none = object(json!({"userName": "a"}));
    for word in ["add", "replace"] {
        let operations = op(word, "emails[type eq \"work\"].value", &json!("x"));
        let seen = crate::support::run_on(&none, &operations).unwrap().resource;
        assert_eq!(seen["emails"], json!([{"type": "work", "value": "x"}]), "{word}");
        assert_eq!(after(&operations)["emails"][0], json!({"value": "x", "type": "work", "primary": true}), "{word}");
    }
    assert!(matches("emails[type eq \"work\"].value eq \"ANN@work\""));
    assert!(!matches("emails[type eq \"home\"].value eq \"ann@work\""));
    assert!(matches("emails eq \"ann@home\"") && !matches("emails eq \"ann\""));
}

#[test]
fn no_7_to_10_members() {
    let ops = |operations: Value| ids(group(json!({"Operations": operations})).unwrap().1);
    let of = |name, list: &[&str]| (name, list.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    assert_eq!(ops(op("Remove", "members", &json!([{"$ref": null, "value": "a"}]))), [of("remove", &["a"])]);
    assert_eq!(ops(op("remove", "members", &json!([]))), [of("remove", &[])]);
    assert_eq!(ops(json!([{"op": "replace", "value": {"displayName": "New"}}])), []);
    assert_eq!(ops(op("replace", "members", &json!([]))), [of("replace", &[])]);
    assert_eq!(ops(op("replace", "members", &json!([{"value": "a"}]))), [of("replace", &["a"])]);
    assert_eq!(
        ops(json!([
            {"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "add", "path": "members", "value": [{"value": "b", "display": "B"}]},
        ])),
        [of("remove", &["a"]), of("add", &["b"])]
    );
}

#[test]
fn no_13_what_is_there_already() {
    assert!(!run(&op("add", "emails", &json!([{"value": "ann@work", "type": "work"}]))).unwrap().changed);
    assert!(!run(&op("add", "emails[type eq \"work\"].value", &json!("ann@work"))).unwrap().changed);
    assert!(!run(&op("remove", "emails[type eq \"fax\"]", &json!(null))).unwrap().changed);
}

#[test]
fn no_18_filters_mean_what_they_say() {
    assert!(!matches("displayName eq \"Bob\"") && !matches("id eq \"scimu_1\" and manager eq \"m2\""));
    assert!(matches("id eq \"scimu_1\" and manager eq \"m1\"") && matches("externalId eq \"00u1\""));
}

#[test]
fn no_21_and_22_the_id_rides_along_and_enterprise_paths_resolve() {
    let seen = after(&json!([{"op": "replace", "value": {"id": "scimu_1", "displayName": "B"}}]));
    assert_eq!(seen["displayName"], "B");
    let path = format!("{ENTERPRISE_USER}:manager");
    for value in
        [json!("m2"), json!({"value": "m2"}), json!([{"value": "m2"}]), json!({"Value": "m2", "displayName": "M"})]
    {
        for path in [path.as_str(), "manager"] {
            assert_eq!(
                after(&op("Replace", path, &value))[ENTERPRISE_USER]["manager"],
                json!({"value": "m2"}),
                "{value}"
            );
        }
        let made = made(json!({"userName": "a", ENTERPRISE_USER: {"manager": value}})).unwrap();
        assert_eq!(made[ENTERPRISE_USER]["manager"], json!({"value": "m2"}), "{value}");
    }
    assert_eq!(after(&json!([{"op": "Remove", "path": path}]))[ENTERPRISE_USER], json!({"department": "D"}));
}

#[test]
fn no_23_what_is_unknown_or_empty() {
    let seen = made(json!({
        "schemas": ["urn:scim:schemas:core:2.0", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"],
        "userName": "a", "displayName": null, "title": "", "addresses": null, "emails": [], "favoriteColor": {"x": [1]},
        "urn:okta:custom:User": {"x": 1}, "name": {"middleName": "", "nothing": 1}, "roles": [],
    }));
    assert_eq!(seen, Ok(json!({"userName": "a"})));
}

#[test]
fn no_25_core_attributes_under_their_urn_and_no_password() {
    let body = json!({"userName": "a", USER: {"name": {"givenName": "A"}, "password": "secret"}});
    let incoming = normalize(ResourceType::user(), body).unwrap();
    assert_eq!(incoming.password.as_deref(), Some("secret"));
    assert_eq!(Value::Object(incoming.resource), json!({"userName": "a", "name": {"givenName": "A"}}));
    let applied = run(&json!([{"op": "replace", "value": {"password": "secret"}}])).unwrap();
    assert!(!Value::Object(applied.resource).to_string().contains("secret"));
}
