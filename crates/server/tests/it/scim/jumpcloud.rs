//! What JumpCloud sends: a test user and a test group when the connection is activated, `PUT` for people, value arrays for
//! members, and the removal of everybody when a group is unbound.

use super::*;
use crate::support::*;

fn user(local: &str, active: bool) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": format!("{local}@acme.example"), "active": active,
        "externalId": format!("jc-{local}"), "displayName": format!("{local} Ex"),
        "name": {"givenName": local, "familyName": "Ex", "middleName": "", "formatted": format!("{local} Ex")},
        "emails": [{"value": format!("{local}@acme.example"), "type": "work", "primary": true}],
        "addresses": [], "phoneNumbers": [],
        ENTERPRISE: {"employeeNumber": "", "department": "Sales", "costCenter": null},
    })
}

db_test!(activation_tries_a_user_and_a_group_and_leaves_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let jumpcloud = app.scim(&boot.scim_token).with("user-agent", "JumpCloud SCIM");
    let none = jumpcloud.get(&filtered("/scim/v2/Users", "userName eq \"test@acme.example\"")).await.ok();
    assert_eq!(none["totalResults"], 0);
    let mut made = jumpcloud.post("/scim/v2/Users", user("test", true)).await.created();
    assert_eq!(made[ENTERPRISE], json!({"department": "Sales"}));
    let path = format!("/scim/v2/Users/{}", id(&made));
    made["name"]["familyName"] = json!("Updated");
    assert_eq!(jumpcloud.put(&path, made).await.ok()["name"]["familyName"], "Updated");
    let group = make_group(&jumpcloud, "Test", &[]).await;
    let group = format!("/scim/v2/Groups/{group}");
    let body = json!({"schemas": [GROUP], "displayName": "Test 2", "members": []});
    assert_eq!(jumpcloud.put(&group, body).await.ok()["displayName"], "Test 2");
    for path in [&group, &path] {
        jumpcloud.delete(path).await.expect(204);
        refused(&jumpcloud.get(path).await, 404, "");
    }
    for kind in ["Users", "Groups"] {
        assert_eq!(jumpcloud.get(&format!("/scim/v2/{kind}")).await.ok()["totalResults"], 0);
    }
});

db_test!(a_person_is_put_off_and_on, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let jumpcloud = app.scim(&boot.scim_token);
    let path = format!("/scim/v2/Users/{}", id(&jumpcloud.post("/scim/v2/Users", user("ann", true)).await.created()));
    for active in [false, true, false] {
        assert_eq!(jumpcloud.put(&path, user("ann", active)).await.ok()["active"], json!(active));
        assert_eq!(jumpcloud.get(&path).await.ok()["active"], json!(active));
    }
    refused(&jumpcloud.post("/scim/v2/Users", user("ann", true)).await, 409, "uniqueness");
});

db_test!(a_group_is_filled_and_emptied_by_value_arrays, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let jumpcloud = app.scim(&boot.scim_token);
    let (ann, bob, cy) = (make(&jumpcloud, "ann").await, make(&jumpcloud, "bob").await, make(&jumpcloud, "cy").await);
    let group = make_group(&jumpcloud, "Staff", &[]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let values = |ids: &[&String]| ids.iter().map(|id| json!({ "value": id })).collect::<Json>();
    jumpcloud.patch(&path, op("add", "members", values(&[&ann, &bob, &cy]))).await.expect(200);
    jumpcloud.patch(&path, op("remove", "members", values(&[&bob]))).await.expect(200);
    let mut left = vec![ann.clone(), cy.clone()];
    left.sort();
    assert_eq!(members(&jumpcloud, &group).await, left, "only those that are named");
    // The group is unbound from the application: its people go, it stays.
    jumpcloud.patch(&path, op("remove", "members", values(&[&ann, &cy]))).await.expect(200);
    assert!(members(&jumpcloud, &group).await.is_empty());
    assert_eq!(jumpcloud.get(&path).await.ok()["displayName"], "Staff");
});
