//! What Google Workspace sends through the tile of a catalog app: people only, no groups, a filter without `count`,
//! suspension first and deletion after a time of grace.

use super::*;
use crate::support::*;

fn user(local: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": format!("{local}@acme.example"), "externalId": format!("10{local}"),
        "name": {"givenName": local, "familyName": "Ex"}, "displayName": format!("{local} Ex"), "active": true,
        "emails": [{"value": format!("{local}@acme.example"), "type": "work", "primary": true}],
        "addresses": [{"type": "work", "locality": "Vienna", "country": "AT"}], "phoneNumbers": [{"type": "work", "value": "+43 1"}],
        ENTERPRISE: {"department": "Sales", "manager": {"value": "", "displayName": ""}},
    })
}

db_test!(a_person_comes_is_suspended_returns_and_goes, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let google = app.scim(&boot.scim_token).with("user-agent", "Google-Auto-Provisioning");
    let probe = google.get("/scim/v2/Users?count=1").await.ok();
    assert_eq!((&probe["totalResults"], &probe["itemsPerPage"]), (&json!(0), &json!(0)));
    let by_name = format!("{}&startIndex=1", filtered("/scim/v2/Users", "userName eq \"ann@acme.example\""));
    assert_eq!(google.get(&by_name).await.ok()["Resources"], json!([]));
    let made = google.post("/scim/v2/Users", user("ann")).await.created();
    // Core attributes stay at the top level, the extension below its URN, and an empty manager is none.
    assert_eq!(
        (&made["addresses"][0]["locality"], &made[ENTERPRISE]),
        (&json!("Vienna"), &json!({"department": "Sales"}))
    );
    assert!(made[USER].is_null());
    assert_eq!(google.get(&by_name).await.ok()["Resources"][0], made);

    let path = format!("/scim/v2/Users/{}", id(&made));
    let mut update = user("ann");
    update["name"]["familyName"] = json!("Married");
    assert_eq!(google.put(&path, update).await.ok()["name"]["familyName"], "Married");
    assert_eq!(google.patch(&path, op("replace", "title", json!("Lead"))).await.ok()["title"], "Lead");
    // Suspended by PATCH or by PUT, and back.
    google.patch(&path, op("replace", "active", json!(false))).await.expect(200);
    assert_eq!(google.get(&by_name).await.ok()["Resources"][0]["active"], false, "who is suspended is still found");
    assert_eq!(google.put(&path, user("ann")).await.ok()["active"], true);
    let mut off = user("ann");
    off["active"] = json!(false);
    assert_eq!(google.put(&path, off).await.ok()["active"], false);
    // After the time of grace.
    google.delete(&path).await.expect(204);
    assert_eq!(google.get(&by_name).await.ok()["totalResults"], 0);
});

db_test!(nested_core_attributes_are_told_from_top_level_ones, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let google = app.scim(&boot.scim_token);
    // Some tiles put core attributes below the core URN: they are core attributes all the same.
    let body = json!({"schemas": [USER], "userName": "bob@acme.example", USER: {"displayName": "Bob", "name": {"givenName": "Bob"}}});
    let made = google.post("/scim/v2/Users", body).await.created();
    assert_eq!(
        (&made["displayName"], &made["name"]["givenName"], &made[USER]),
        (&json!("Bob"), &json!("Bob"), &Json::Null)
    );
});
