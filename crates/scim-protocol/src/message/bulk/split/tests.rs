//! What is created, and what is added later.

use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER, USER};

fn parts(kind: &ResourceType, data: Value) -> (Value, Value) {
    let Split { data, patch } = split(kind, data, &["x".to_owned(), "y".to_owned()]);
    let Some(mut patch) = patch else { return (data, json!(null)) };
    assert_eq!(patch["schemas"], json!([PATCH_OP]));
    (data, patch["Operations"].take())
}

#[test]
fn members_that_are_not_there_yet_are_added_later() {
    let data = json!({"displayName": "G", "Members": [{"value": "bulkId:x"}, {"value": "bulkId:z"}, "bulkId:y", {"value": "1"}]});
    assert_eq!(
        parts(ResourceType::group(), data),
        (
            json!({"displayName": "G", "Members": [{"value": "bulkId:z"}, {"value": "1"}]}),
            json!([{"op": "add", "path": "Members", "value": [{"value": "bulkId:x"}, "bulkId:y"]}])
        )
    );
}

#[test]
fn a_single_value_goes_as_a_whole_and_the_rest_of_its_extension_stays() {
    let path = format!("{ENTERPRISE_USER}:manager");
    for manager in
        [json!({"value": "bulkId:x", "displayName": "X"}), json!("bulkId:x"), json!({"$ref": "../Users/bulkId:x"})]
    {
        let data = json!({"userName": "a", ENTERPRISE_USER: {"department": "D", "manager": manager}});
        assert_eq!(
            parts(ResourceType::user(), data),
            (
                json!({"userName": "a", ENTERPRISE_USER: {"department": "D"}}),
                json!([{"op": "add", "path": path, "value": manager}])
            )
        );
    }
    let data = json!({"userName": "a", &path: {"value": "bulkId:x"}});
    assert_eq!(
        parts(ResourceType::user(), data),
        (json!({"userName": "a"}), json!([{"op": "add", "path": path, "value": {"value": "bulkId:x"}}]))
    );
    let data = json!({USER: {"userName": "a", "title": "bulkId:x"}});
    assert_eq!(
        parts(ResourceType::user(), data),
        (
            json!({USER: {"userName": "a"}}),
            json!([{"op": "add", "path": format!("{USER}:title"), "value": "bulkId:x"}])
        )
    );
}

#[test]
fn what_a_post_ignores_is_in_neither_part() {
    let data = json!({"userName": "a", "groups": [{"value": "bulkId:x"}], "id": "bulkId:x", "favorite": "bulkId:y", "urn:other:X": {"a": "bulkId:x"}});
    assert_eq!(parts(ResourceType::user(), data), (json!({"userName": "a"}), json!(null)));
    assert_eq!(parts(ResourceType::user(), json!("bulkId:x")), (json!("bulkId:x"), json!(null)));
}
