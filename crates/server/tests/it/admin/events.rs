//! The stream of events: ascending, complete, in the words of the wire.

use super::{published, within};
use crate::support::*;

async fn provision(boot: &Boot, name: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"),
        "externalId": format!("00u{name}"), "active": true, "name": {"givenName": name, "familyName": "Ex"},
        "emails": [{"primary": true, "value": format!("{name}@acme.example"), "type": "work"}]
    });
    boot.scim.post("/scim/v2/Users", body).await.created()["id"].as_str().unwrap().to_owned()
}

db_test!(provisioning_and_deprovisioning_are_events_with_the_whole_person, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let id = provision(&boot, "dave").await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]
    });
    let answer = boot.scim.patch(&format!("/scim/v2/Users/{id}"), body).await;
    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
    published(&app).await;
    for (kind, active) in [("scimUser.provisioned", true), ("scimUser.deprovisioned", false)] {
        let page = boot.key.get(&format!("/v1/events?type={kind}")).await.ok();
        assert_eq!(page["total_count"], 1, "{kind}");
        let event = &page["data"][0];
        assert_eq!((&event["object"], &event["type"], &event["subject"]), (&json!("event"), &json!(kind), &json!(id)));
        assert!(event["id"].as_str().unwrap().starts_with("evt_") && event["timestamp"].is_i64());
        let data = &event["data"];
        assert_eq!(data["organization_id"], boot.organization_id);
        assert_eq!(data["directory_id"], boot.directory_id);
        assert!(
            data.as_object().unwrap().contains_key("enterprise_connection_id")
                && data["enterprise_connection_id"].is_null()
        );
        let user = &data["user"];
        assert_eq!((&user["object"], &user["email_address"]), (&json!("user"), &json!("dave@acme.example")));
        assert!(user["id"].as_str().unwrap().starts_with("user_") && user["public_metadata"].is_object(), "{user}");
        assert!(user.get("private_metadata").is_none() && data.get("v").is_none(), "{data}");
        assert_eq!(data["scim_user"]["active"], active, "{data}");
    }
});

db_test!(a_reader_with_a_cursor_sees_every_event_once, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    for name in ["ann", "bob", "cat", "dan"] {
        provision(&boot, name).await;
    }
    published(&app).await;
    let whole = boot.key.get("/v1/events?limit=500").await.ok();
    let all: Vec<Json> = whole["data"].as_array().unwrap().clone();
    assert_eq!(whole["total_count"], all.len());
    assert!(all.windows(2).all(|two| two[0]["sequence"].as_i64() < two[1]["sequence"].as_i64()), "ascending");

    let (mut seen, mut cursor) = (Vec::new(), String::from("0"));
    loop {
        let page = boot.key.get(&format!("/v1/events?limit=3&after={cursor}")).await.ok();
        let data = page["data"].as_array().unwrap().clone();
        cursor = page["next_cursor"].as_str().unwrap().to_owned();
        if data.is_empty() {
            break;
        }
        seen.extend(data);
    }
    assert_eq!(seen, all);
    boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created();
    published(&app).await;
    let more = boot.key.get(&format!("/v1/events?after={cursor}")).await.ok();
    assert_eq!((more["data"].as_array().unwrap().len(), &more["data"][0]["type"]), (1, &json!("organization.created")));
    let offset = boot.key.get("/v1/events?limit=1&offset=2").await.ok();
    assert_eq!(offset["data"][0], all[2]);
});

db_test!(an_organization_has_its_own_events_in_the_words_of_this_api, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = boot.key.post("/v1/organizations", json!({"name": "Other"})).await.created();
    boot.key.patch(&within(&boot, ""), json!({"name": "Renamed"})).await.ok();
    published(&app).await;
    let path = format!("/v1/events?organization_id={}&limit=500", boot.organization_id);
    let page = boot.key.get(&path).await;
    assert!(!page.text.contains(other["id"].as_str().unwrap()), "{}", page.text);
    let all = page["data"].as_array().unwrap();
    let one =
        |kind: &str| all.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("{kind} in {all:?}"));
    let membership = &one("organizationMembership.created")["data"]["membership"];
    assert_eq!((&membership["object"], &membership["role"]), (&json!("organization_membership"), &json!("org:owner")));
    let updated = &one("organization.updated")["data"];
    assert_eq!((&updated["organization"]["name"], &updated["previous"]["name"]), (&json!("Renamed"), &json!("Acme")));
    let issued = one("scimToken.issued");
    assert!(issued["data"]["prefix"].as_str().unwrap().starts_with("scim_"));
    assert!(!page.text.contains(&boot.scim_token) && !page.text.contains(&boot.secret_key), "no secrets");
});
