//! What `PingOne` and `PingFederate` send: Basic credentials if an admin chose them, a filter on `emails` without `.value`,
//! people who are made disabled, groups that are merged or overwritten.

use super::oauth::{OAuthClient, scim};
use super::*;
use crate::support::*;

fn user(local: &str, active: bool) -> Json {
    json!({
        "schemas": [USER], "userName": local, "active": active, "externalId": format!("ping-{local}"),
        "name": {"given": "ignored", "givenName": local, "familyName": "Ex"},
        "emails": [{"type": "work", "primary": true, "value": format!("{local}@acme.example")}],
        "roles": [], "photos": null,
    })
}

/// A caller with Basic credentials of the organization's directory.
async fn ping(app: &App, boot: &Boot) -> Client {
    let key = app.key(&boot.secret_key);
    let of = format!("/v1/organizations/{}/directories", boot.organization_id);
    let body = json!({"name": "PingFederate", "type": "basic"});
    let made = key.post(&format!("{of}/{}/credentials", boot.directory_id), body).await.created();
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    let pair = base64(&format!("{}:{}", text("client_id"), text("client_secret")));
    app.http().media("application/scim+json").with("authorization", &format!("Basic {pair}"))
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

db_test!(people_are_found_by_address_and_made_disabled, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ping = ping(&app, &boot).await;
    let by_address = filtered("/scim/v2/Users", "emails eq \"ann@acme.example\"");
    assert_eq!(ping.get(&by_address).await.ok()["totalResults"], 0);
    let made = ping.post("/scim/v2/Users", user("ann", false)).await.created();
    assert_eq!(made["active"], false);
    assert_eq!(ping.get(&by_address).await.ok()["Resources"][0]["id"], made["id"]);
    let members = "SELECT COUNT(*) FROM members WHERE status = 'active' AND user_id IN (SELECT id FROM users WHERE email = 'ann@acme.example')";
    assert_eq!(app.count(members).await, 0, "who is made disabled is no member");
    let path = format!("/scim/v2/Users/{}", id(&made));
    assert_eq!(ping.put(&path, user("ann", true)).await.ok()["active"], true);
    assert_eq!(app.count(members).await, 1);
    // The remove action: disable, then delete.
    assert_eq!(ping.put(&path, user("ann", false)).await.ok()["active"], false);
    assert_eq!(app.count(members).await, 0);
    ping.delete(&path).await.expect(204);
    assert_eq!(ping.get(&by_address).await.ok()["totalResults"], 0);
});

db_test!(pingfederate_matches_by_name_and_patches, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    // The connector may authenticate by OAuth client credentials.
    let client = OAuthClient::make(&boot, &[]).await;
    let tokens = client.fetch(&app, &[("grant_type", "client_credentials")]).await.ok();
    let ping = scim(&app, &tokens);
    let by_name = filtered("/scim/v2/Users", "userName eq \"ann\"");
    assert_eq!(ping.get(&by_name).await.ok()["totalResults"], 0);
    let made = ping.post("/scim/v2/Users", user("ann", true)).await.created();
    let found = ping.get(&by_name).await.ok();
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &made["id"]));
    let path = format!("/scim/v2/Users/{}", id(&made));
    let update = operations(json!([
        {"op": "replace", "path": "name.familyName", "value": "Married"},
        {"op": "replace", "path": "emails", "value": [{"type": "work", "primary": true, "value": "ann.m@acme.example"}]},
        {"op": "add", "path": "title", "value": "Engineer"},
    ]));
    let after = ping.patch(&path, update).await.ok();
    assert_eq!((&after["name"]["familyName"], &after["title"]), (&json!("Married"), &json!("Engineer")));
    assert_eq!(after["emails"], json!([{"type": "work", "primary": true, "value": "ann.m@acme.example"}]));
    for active in [false, true] {
        assert_eq!(ping.patch(&path, op("replace", "active", json!(active))).await.ok()["active"], active);
    }
    let emptied = ping.patch(&path, operations(json!([{"op": "remove", "path": "title"}]))).await.ok();
    assert!(emptied.get("title").is_none(), "{emptied}");
    ping.delete(&path).await.expect(204);
});

db_test!(groups_are_merged_or_overwritten, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ping = ping(&app, &boot).await;
    let (ann, bob) = (make(&ping, "ann").await, make(&ping, "bob").await);
    let group = make_group(&ping, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Groups/{group}");
    ping.patch(&path, op("add", "members", json!([{"value": bob}]))).await.expect(200);
    assert_eq!(members(&ping, &group).await.len(), 2);
    ping.patch(&path, op("replace", "members", json!([{"value": bob}]))).await.expect(200);
    assert_eq!(members(&ping, &group).await, [bob.as_str()]);
    let body = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ann, "type": "User"}]});
    ping.put(&path, body).await.expect(200);
    assert_eq!(members(&ping, &group).await, [ann]);
});
