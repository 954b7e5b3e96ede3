//! What authentik sends: the configuration first, POST and on 409 a filter, PUT for people, and for groups a PATCH without a
//! path that holds the whole group, its schemas and its id too, with one operation for each member.

use super::*;
use crate::support::*;

fn user(local: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{local}@acme.example"), "externalId": format!("ak-{local}"), "active": true,
        "name": {"formatted": format!("{local} Ex"), "givenName": local, "familyName": "Ex"}, "displayName": format!("{local} Ex"),
        "photos": [], "locale": null, "emails": [{"value": format!("{local}@acme.example"), "type": "other", "primary": true}],
    })
}

db_test!(a_conflict_leads_to_the_person, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let authentik = app.scim(&boot.scim_token);
    let config = authentik.get("/scim/v2/ServiceProviderConfig").await.ok();
    assert!(config["bulk"]["maxOperations"].is_u64() && config["filter"]["maxResults"].is_u64(), "{config}");
    let made = authentik.post("/scim/v2/Users", user("ann")).await.created();
    refused(&authentik.post("/scim/v2/Users", user("ann")).await, 409, "uniqueness");
    let found = authentik.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
    assert_eq!(found["Resources"][0]["id"], made["id"]);
    let path = format!("/scim/v2/Users/{}", id(&made));
    let mut update = user("ann");
    update["id"] = made["id"].clone();
    update["displayName"] = json!("Another");
    assert_eq!(authentik.put(&path, update.clone()).await.ok()["displayName"], "Another");
    // A 404 makes it forget the link and create anew.
    authentik.delete(&path).await.expect(204);
    refused(&authentik.put(&path, update).await, 404, "");
    authentik.post("/scim/v2/Users", user("ann")).await.expect(201);
});

db_test!(groups_are_patched_whole_and_their_members_one_by_one, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let authentik = app.scim(&boot.scim_token);
    let (ann, bob) = (make(&authentik, "ann").await, make(&authentik, "bob").await);
    let whole = |name: &str| json!({"schemas": [GROUP], "externalId": "ak-staff", "displayName": name});
    let group = id(&authentik.post("/scim/v2/Groups", whole("Staff")).await.created());
    let path = format!("/scim/v2/Groups/{group}");
    let chunk = operations(json!([
        {"op": "add", "path": "members", "value": [{"value": ann}]},
        {"op": "add", "path": "members", "value": [{"value": bob}]},
    ]));
    authentik.patch(&path, chunk).await.expect(200);
    let mut body = whole("Crew");
    body["id"] = json!(group);
    authentik.patch(&path, operations(json!([{"op": "replace", "value": body}]))).await.expect(200);
    let group_now = authentik.get(&path).await.ok();
    assert_eq!((&group_now["displayName"], group_now["members"].as_array().map(Vec::len)), (&json!("Crew"), Some(2)));
    authentik.patch(&path, op("remove", "members", json!([{"value": ann}]))).await.expect(200);
    assert_eq!(members(&authentik, &group).await, [bob.as_str()]);
    // AWS mode: with paths.
    authentik.patch(&path, op("replace", "displayName", json!("Staff"))).await.expect(200);
    assert_eq!(members(&authentik, &group).await, [bob.as_str()]);
    let discovered = authentik.get("/scim/v2/Groups?startIndex=1").await.ok();
    assert_eq!(
        (&discovered["totalResults"], &discovered["Resources"][0]["externalId"]),
        (&json!(1), &json!("ak-staff"))
    );
    authentik.delete(&path).await.expect(204);
});
