//! One directory never sees, changes or disturbs another's.

use super::*;
use crate::support::*;

db_test!(a_foreign_resource_is_no_resource, async |app| {
    let acme = app.boot("Acme", Some("acme.example")).await;
    let other = app.boot("Other", Some("other.example")).await;
    let ann = make(&acme.scim, "ann").await;
    let group = make_group(&acme.scim, "Staff", &[&ann]).await;
    let before = acme.scim.get(&format!("/scim/v2/Users/{ann}")).await.ok();
    for path in [format!("/scim/v2/Users/{ann}"), format!("/scim/v2/Groups/{group}")] {
        let body = if path.contains("Users") { person("ann") } else { json!({"schemas": [GROUP], "displayName": "X"}) };
        let foreign = other.scim.get(&path).await;
        let unknown = other.scim.get(&path.replace("_0", "_1")).await;
        refused(&foreign, 404, "");
        assert_eq!(foreign.text, unknown.text);
        refused(&other.scim.put(&path, body).await, 404, "");
        refused(&other.scim.patch(&path, op("replace", "displayName", json!("X"))).await, 404, "");
        refused(&other.scim.delete(&path).await, 404, "");
    }
    for path in [
        "/scim/v2/Users".to_owned(),
        "/scim/v2/Groups".to_owned(),
        filtered("/scim/v2/Users", "userName eq \"ann@acme.example\""),
        filtered("/scim/v2/Users", &format!("id eq \"{ann}\"")),
        filtered("/scim/v2/Users", "userName pr"),
        filtered("/scim/v2/Groups", &format!("members.value eq \"{ann}\"")),
    ] {
        assert_eq!(other.scim.get(&path).await.ok()["totalResults"], 0, "{path}");
    }
    assert_eq!(acme.scim.get(&format!("/scim/v2/Users/{ann}")).await.ok(), before);
});

db_test!(names_are_unique_within_a_directory_only, async |app| {
    let acme = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    assert_ne!(make(&acme.scim, "ann").await, make(&other.scim, "ann").await);
});

db_test!(a_foreign_member_is_an_unknown_one, async |app| {
    let acme = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let ann = make(&acme.scim, "ann").await;
    let group = make_group(&other.scim, "Theirs", &[&ann]).await;
    assert!(members(&other.scim, &group).await.is_empty());
    let path = format!("/scim/v2/Groups/{group}");
    other.scim.patch(&path, op("add", "members", json!([{"value": ann}]))).await.expect(200);
    assert!(members(&other.scim, &group).await.is_empty());
    assert!(acme.scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["groups"].is_null());
});

db_test!(neither_a_session_nor_a_secret_key_opens_scim, async |app| {
    let acme = app.boot("Acme", None).await;
    refused(&acme.admin.get("/scim/v2/Users").await, 401, "");
    refused(&acme.key.get("/scim/v2/Users").await, 401, "");
    assert_eq!(acme.scim.get("/v1/organizations").await.status, 401);
});
