//! What OneLogin sends: a filter with plus signs and a trailing `&`, an admin's JSON template with the schema of SCIM 1
//! and empty values, `PUT` with an empty query.

use super::*;
use crate::support::*;

/// OneLogin's headers.
fn onelogin(app: &App, boot: &Boot) -> Client {
    app.scim(&boot.scim_token).media("application/json").with("user-agent", "OneLogin SCIM Client")
}

/// The template of an admin who filled in what there was.
fn template(local: &str) -> Json {
    json!({
        "schemas": ["urn:scim:schemas:core:2.0"],
        "userName": format!("{local}@acme.example"),
        "externalId": format!("ol-{local}"),
        "name": {"givenName": local, "familyName": "", "formatted": ""},
        "displayName": format!("{local} Ex"),
        "title": "",
        "emails": [{"value": format!("{local}@acme.example"), "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "", "type": "work"}],
    })
}

/// OneLogin's look-up.
async fn found(onelogin: &Client, address: &str) -> Json {
    let plus = url_encode(&format!("userName eq \"{address}\"")).replace("%20", "+");
    onelogin.get(&format!("/api/auth/scim/v2/Users?filter={plus}&")).await.ok()
}

db_test!(people_are_matched_made_and_updated, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let onelogin = onelogin(&app, &boot);
    assert_eq!(found(&onelogin, "ann@acme.example").await["totalResults"], 0);
    let made = onelogin.post("/api/auth/scim/v2/Users", template("ann")).await.created();
    assert_eq!((&made["schemas"], &made["active"]), (&json!([USER]), &json!(true)));
    assert_eq!(made["name"], json!({"givenName": "ann"}), "empty values are unassigned");
    assert!(made["title"].is_null() && made["phoneNumbers"].is_null(), "{made}");
    let match_ = found(&onelogin, "ANN@acme.example").await;
    assert_eq!((&match_["totalResults"], &match_["Resources"][0]["id"]), (&json!(1), &made["id"]));

    // The template has no `active`: an update disables nobody, and enables nobody either.
    let path = format!("/api/auth/scim/v2/Users/{}", id(&made));
    let mut update = template("ann");
    update["name"]["familyName"] = json!("Married");
    let after = onelogin.put(&format!("{path}?"), update.clone()).await.ok();
    assert_eq!((&after["name"]["familyName"], &after["active"]), (&json!("Married"), &json!(true)));
    onelogin.patch(&path, op("replace", "active", json!(false))).await.expect(200);
    let after = onelogin.put(&format!("{path}?"), update).await.ok();
    assert_eq!(after["active"], false, "a template without `active` brings nobody back");
});

db_test!(a_status_change_ends_access_and_a_deletion_frees_the_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let onelogin = onelogin(&app, &boot);
    let path = format!("/scim/v2/Users/{}", id(&onelogin.post("/scim/v2/Users", template("ann")).await.created()));
    let members = "SELECT COUNT(*) FROM members WHERE status = 'active' AND user_id IN (SELECT id FROM users WHERE email = 'ann@acme.example')";
    assert_eq!(app.count(members).await, 1);
    for (active, count) in [(false, 0), (true, 1), (false, 0)] {
        onelogin.patch(&path, op("replace", "active", json!(active))).await.expect(200);
        assert_eq!(app.count(members).await, count);
    }
    onelogin.delete(&path).await.expect(204);
    refused(&onelogin.get(&path).await, 404, "");
    let again = onelogin.post("/scim/v2/Users", template("ann")).await.created();
    assert!(!path.ends_with(&id(&again)));
});

db_test!(groups_are_offered_by_name_and_filled_by_patch, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let onelogin = onelogin(&app, &boot);
    let (ann, bob) = (make(&onelogin, "ann").await, make(&onelogin, "bob").await);
    let body = json!({"schemas": ["urn:scim:schemas:core:2.0"], "displayName": "Staff"});
    let group = id(&onelogin.post("/scim/v2/Groups", body).await.created());
    let offered = onelogin.get("/scim/v2/Groups").await.ok();
    assert_eq!((&offered["totalResults"], &offered["Resources"][0]["displayName"]), (&json!(1), &json!("Staff")));
    let path = format!("/scim/v2/Groups/{group}");
    for member in [&ann, &bob, &ann] {
        let answer = onelogin.patch(&path, op("add", "members", json!([{"value": member}]))).await;
        assert!([200, 204].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(members(&onelogin, &group).await.len(), 2);
    onelogin
        .patch(&path, operations(json!([{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}])))
        .await
        .expect(200);
    assert_eq!(members(&onelogin, &group).await, [bob]);
});
