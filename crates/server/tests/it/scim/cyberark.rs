//! What `CyberArk` Identity sends: it reads the configuration, both resource types and their schemas by name before
//! anything else, then POST and PUT for people, POST and PATCH for groups.

use super::*;
use crate::support::*;

db_test!(discovery_by_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let cyberark = app.scim(&boot.scim_token);
    cyberark.get("/scim/v2/Users?count=1").await.expect(200);
    let config = cyberark.get("/scim/v2/ServiceProviderConfig").await.ok();
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(config[feature]["supported"].is_boolean(), "{feature}");
    }
    for (name, endpoint) in [("User", "/Users"), ("Group", "/Groups")] {
        let kind = cyberark.get(&format!("/scim/v2/ResourceTypes/{name}")).await.ok();
        assert_eq!((&kind["name"], &kind["endpoint"]), (&json!(name), &json!(endpoint)));
        let mut urns = vec![kind["schema"].as_str().expect("a URN").to_owned()];
        for extension in kind["schemaExtensions"].as_array().into_iter().flatten() {
            urns.push(extension["schema"].as_str().expect("a URN").to_owned());
        }
        for urn in urns {
            let schema = cyberark.get(&format!("/scim/v2/Schemas/{urn}")).await.ok();
            assert_eq!(schema["id"], json!(urn));
            assert!(schema["attributes"].as_array().is_some_and(|attributes| !attributes.is_empty()));
        }
    }
});

db_test!(people_and_groups, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let cyberark = app.scim(&boot.scim_token).media("application/json");
    let none = cyberark.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok();
    assert_eq!(none["totalResults"], 0);
    let mut ann = cyberark.post("/scim/v2/Users", person("ann")).await.created();
    let path = format!("/scim/v2/Users/{}", id(&ann));
    ann["displayName"] = json!("Ann the First");
    let after = cyberark.put(&path, ann.clone()).await.ok();
    assert_eq!(after["displayName"], "Ann the First");
    ann["active"] = json!(false);
    assert_eq!(cyberark.put(&path, ann.clone()).await.ok()["active"], false);
    ann["active"] = json!(true);
    assert_eq!(cyberark.put(&path, ann.clone()).await.ok()["active"], true);
    let group = make_group(&cyberark, "Vault Users", &[&id(&ann)]).await;
    let group_path = format!("/scim/v2/Groups/{group}");
    assert_eq!(cyberark.get(&path).await.ok()["groups"][0]["value"], json!(group));
    let out = operations(json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", id(&ann))}]));
    cyberark.patch(&group_path, out).await.expect(200);
    assert!(members(&cyberark, &group).await.is_empty());
    cyberark.patch(&group_path, op("replace", "displayName", json!("Vault"))).await.expect(200);
    assert_eq!(cyberark.get(&group_path).await.ok()["displayName"], "Vault");
});
