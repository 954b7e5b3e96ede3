//! What rauthy sends: a look-up by `externalId` before one by name, PUT for people, PATCH for groups, and instead of a
//! deletion a PUT without `externalId`.

use super::*;
use crate::support::*;

fn user(local: &str, external_id: Option<&str>) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{local}@acme.example"), "externalId": external_id, "active": true,
        "name": {"givenName": local, "familyName": "Ex"}, "displayName": format!("{local} Ex"), "preferredLanguage": "en",
        "emails": [{"value": format!("{local}@acme.example"), "primary": true}],
    })
}

db_test!(people_are_looked_up_twice_and_released_rather_than_deleted, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let rauthy = app.scim(&boot.scim_token);
    let made = rauthy.post("/scim/v2/Users", user("ann", None)).await.created();
    let by_external_id = filtered("/scim/v2/Users", "externalId eq \"ra-ann\"");
    assert_eq!(rauthy.get(&by_external_id).await.ok()["totalResults"], 0);
    let by_name = rauthy.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
    assert_eq!(by_name["Resources"][0]["id"], made["id"]);
    let path = format!("/scim/v2/Users/{}", id(&made));
    assert_eq!(rauthy.put(&path, user("ann", Some("ra-ann"))).await.ok()["externalId"], "ra-ann");
    assert_eq!(rauthy.get(&by_external_id).await.ok()["totalResults"], 1);
    // Another case of an externalId is another one.
    assert_eq!(rauthy.get(&filtered("/scim/v2/Users", "externalId eq \"RA-ANN\"")).await.ok()["totalResults"], 0);
    let released = rauthy.put(&path, user("ann", None)).await.ok();
    assert!(released["externalId"].is_null() && released["active"] == true);
    assert_eq!(rauthy.get(&by_external_id).await.ok()["totalResults"], 0);
});

db_test!(groups_are_looked_up_by_name_and_patched, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let rauthy = app.scim(&boot.scim_token);
    let ann = make(&rauthy, "ann").await;
    let group = make_group(&rauthy, "Staff", &[]).await;
    let found = rauthy.get(&filtered("/scim/v2/Groups", "displayName eq \"staff\"")).await.ok();
    assert_eq!(found["Resources"][0]["id"], json!(group));
    let path = format!("/scim/v2/Groups/{group}");
    let change = operations(json!([
        {"op": "replace", "path": "externalId", "value": "ra-staff"},
        {"op": "add", "path": "members", "value": [{"value": ann, "display": "ann@acme.example"}]},
    ]));
    rauthy.patch(&path, change).await.expect(200);
    let by_external_id = rauthy.get(&filtered("/scim/v2/Groups", "externalId eq \"ra-staff\"")).await.ok();
    assert_eq!(
        (&by_external_id["totalResults"], &by_external_id["Resources"][0]["members"][0]["value"]),
        (&json!(1), &json!(ann))
    );
    let out = operations(
        json!([{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}, {"op": "remove", "path": "externalId"}]),
    );
    rauthy.patch(&path, out).await.expect(200);
    assert!(rauthy.get(&path).await.ok()["externalId"].is_null());
});
