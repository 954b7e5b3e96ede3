//! What Rippling sends: a probe of the configuration, POSTs that may come twice, `emails` with `primary`, groups by PATCH,
//! termination by `active: false` or by deletion.

use super::*;
use crate::support::*;

fn user(local: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{local}@acme.example"), "externalId": format!("rip-{local}"), "active": true,
        "name": {"givenName": local, "familyName": "Ex", "formatted": format!("{local} Ex"), "honorificPrefix": null},
        "emails": [{"value": format!("{local}@acme.example"), "primary": true}], "title": "Engineer",
    })
}

db_test!(a_retried_creation_makes_one_person, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let rippling = app.scim(&boot.scim_token);
    let config = rippling.get("/scim/v2/ServiceProviderConfig").await.ok();
    assert_eq!((&config["patch"]["supported"], &config["filter"]["supported"]), (&json!(true), &json!(true)));
    let made = rippling.post("/scim/v2/Users", user("ann")).await.created();
    refused(&rippling.post("/scim/v2/Users", user("ann")).await, 409, "uniqueness");
    let list = rippling.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
    assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &made["id"]));
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email = 'ann@acme.example'").await, 1);
    let by_external_id = rippling.get(&filtered("/scim/v2/Users", "externalId eq \"rip-ann\"")).await.ok();
    assert_eq!(by_external_id["totalResults"], 1);
});

db_test!(a_termination_ends_access, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let rippling = app.scim(&boot.scim_token);
    let first = format!("/scim/v2/Users/{}", id(&rippling.post("/scim/v2/Users", user("ann")).await.created()));
    let second = format!("/scim/v2/Users/{}", id(&rippling.post("/scim/v2/Users", user("bob")).await.created()));
    let active = "SELECT COUNT(*) FROM members WHERE status = 'active' AND user_id IN (SELECT id FROM users WHERE email IN ('ann@acme.example', 'bob@acme.example'))";
    assert_eq!(app.count(active).await, 2);
    let off = operations(json!([{"op": "replace", "path": "active", "value": false}]));
    assert_eq!(rippling.patch(&first, off).await.ok()["active"], false);
    assert_eq!(app.count(active).await, 1);
    rippling.delete(&second).await.expect(204);
    assert_eq!(app.count(active).await, 0);
});

db_test!(groups_are_made_paged_changed_and_deleted, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let rippling = app.scim(&boot.scim_token);
    let ann = make(&rippling, "ann").await;
    let mut made = Vec::new();
    for name in ["Engineering", "Sales", "Support"] {
        made.push(make_group(&rippling, name, &[]).await);
    }
    let mut walked = Vec::new();
    for start in 1..=3 {
        let page = rippling.get(&format!("/scim/v2/Groups?startIndex={start}&count=1")).await.ok();
        assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(3), &json!(1)));
        walked.push(id(&page["Resources"][0]));
    }
    assert_eq!(walked, made);
    let path = format!("/scim/v2/Groups/{}", made[0]);
    let both = operations(json!([
        {"op": "replace", "path": "displayName", "value": "Platform"},
        {"op": "add", "path": "members", "value": [{"value": ann}]},
    ]));
    rippling.patch(&path, both).await.expect(200);
    let group = rippling.get(&path).await.ok();
    assert_eq!((&group["displayName"], &group["members"][0]["value"]), (&json!("Platform"), &json!(ann)));
    rippling.delete(&path).await.expect(204);
    assert!(rippling.get(&format!("/scim/v2/Users/{ann}")).await.ok()["groups"].is_null());
});
