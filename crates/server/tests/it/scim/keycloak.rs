//! What Keycloak sends by its plugins (scim-for-keycloak, mitodl's): discovery first, then whole bodies by POST and PUT for
//! people and groups, and DELETE; nothing by PATCH.

use super::*;
use crate::support::*;

/// A person as the plugins write them: everything that the model has, also what is empty.
fn user(local: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "externalId": format!("kc-{local}"), "userName": format!("{local}@acme.example"), "active": true,
        "name": {"givenName": local, "familyName": "Ex", "formatted": format!("{local} Ex"), "middleName": null},
        "displayName": format!("{local} Ex"), "nickName": "", "emails": [{"value": format!("{local}@acme.example"), "primary": true}],
        "phoneNumbers": [], "addresses": [], "roles": [{"value": "offline_access"}, {"value": "offline_access"}], "groups": [],
        ENTERPRISE: {},
    })
}

db_test!(it_reads_what_is_there_before_anything_else, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let keycloak = app.scim(&boot.scim_token);
    let config = keycloak.get("/scim/v2/ServiceProviderConfig").await.ok();
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(config[feature]["supported"].is_boolean(), "{feature}");
    }
    let named = |list: &Json, name: &str| {
        let all = list["Resources"].as_array().expect("Resources").iter();
        all.map(|one| one[name].as_str().expect("a text").to_owned()).collect::<Vec<_>>()
    };
    let kinds = keycloak.get("/scim/v2/ResourceTypes").await.ok();
    assert_eq!(named(&kinds, "endpoint"), ["/Users", "/Groups"]);
    let schemas = named(&keycloak.get("/scim/v2/Schemas").await.ok(), "id");
    for kind in kinds["Resources"].as_array().unwrap() {
        assert!(schemas.contains(&kind["schema"].as_str().unwrap().to_owned()), "{kind}");
    }
});

db_test!(people_are_posted_put_and_deleted, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let keycloak = app.scim(&boot.scim_token);
    let made = keycloak.post("/scim/v2/Users", user("ann")).await.created();
    assert_eq!(made["roles"], json!([{"value": "offline_access"}]));
    assert!(made.get(ENTERPRISE).is_none() && made.get("phoneNumbers").is_none(), "{made}");
    // Who is there already is found and linked.
    refused(&keycloak.post("/scim/v2/Users", user("ann")).await, 409, "uniqueness");
    let found = keycloak.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
    assert_eq!(found["Resources"][0]["id"], made["id"]);
    let path = format!("/scim/v2/Users/{}", id(&made));
    let mut update = user("ann");
    update["id"] = made["id"].clone();
    update["meta"] = made["meta"].clone();
    update["name"]["familyName"] = json!("Married");
    let after = keycloak.put(&path, update.clone()).await.ok();
    assert_eq!((&after["name"]["familyName"], &after["active"]), (&json!("Married"), &json!(true)));
    // The same again is nothing new.
    assert_eq!(keycloak.put(&path, update.clone()).await.ok()["meta"], after["meta"]);
    update["active"] = json!(false);
    assert_eq!(keycloak.put(&path, update).await.ok()["active"], false);
    keycloak.delete(&path).await.expect(204);
    refused(&keycloak.delete(&path).await, 404, "");
});

db_test!(groups_are_put_with_all_their_members, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let keycloak = app.scim(&boot.scim_token);
    let (ann, bob) = (make(&keycloak, "ann").await, make(&keycloak, "bob").await);
    let body = |ids: &[&str]| {
        let of = |id: &&str| json!({"value": id, "$ref": format!("{}/scim/v2/Users/{id}", app.base), "type": "User"});
        let members: Vec<Json> = ids.iter().map(of).collect();
        json!({"schemas": [GROUP], "externalId": "kc-staff", "displayName": "Staff", "members": members})
    };
    let group = id(&keycloak.post("/scim/v2/Groups", body(&[&ann])).await.created());
    let path = format!("/scim/v2/Groups/{group}");
    for now in [&[&*ann, &*bob][..], &[&*bob], &[]] {
        keycloak.put(&path, body(now)).await.expect(200);
        assert_eq!(members(&keycloak, &group).await, now);
    }
    keycloak.delete(&path).await.expect(204);
    refused(&keycloak.get(&path).await, 404, "");
});
