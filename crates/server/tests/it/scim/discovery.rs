//! What the service says about itself, and that it is true.

use super::*;
use crate::support::*;

db_test!(the_configuration_is_complete_and_readable_without_credentials, async |app| {
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        let answer = app.http().get(&format!("{base}/ServiceProviderConfig")).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
            assert!(answer[feature]["supported"].is_boolean(), "{feature}");
        }
        assert!(answer["bulk"]["maxOperations"].is_u64() && answer["bulk"]["maxPayloadSize"].is_u64());
        assert_eq!(answer["filter"]["maxResults"], 1000);
        assert_eq!(answer["authenticationSchemes"][0]["type"], "oauthbearertoken");
        assert_eq!(answer["meta"]["location"], format!("{}{base}/ServiceProviderConfig", app.base));
    }
});

db_test!(credentials_that_are_given_must_be_good, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.scim.get("/scim/v2/ServiceProviderConfig").await.expect(200);
    let answer = app.scim("scim_wrong").get("/scim/v2/ServiceProviderConfig").await;
    refused(&answer, 401, "");
});

db_test!(types_and_schemas_are_lists_and_single_documents, async |app| {
    let http = app.http();
    let types = http.get("/scim/v2/ResourceTypes").await.ok();
    assert_eq!(
        (&types["schemas"], &types["totalResults"], &types["itemsPerPage"]),
        (&json!([LIST]), &json!(2), &json!(2))
    );
    let user = http.get("/scim/v2/ResourceTypes/User").await.ok();
    assert_eq!((&user["endpoint"], &user["schema"]), (&json!("/Users"), &json!(USER)));
    assert_eq!(user["schemaExtensions"], json!([{"schema": ENTERPRISE, "required": false}]));
    assert_eq!(types["Resources"][0], user);
    assert_eq!(http.get("/scim/v2/ResourceTypes/Group").await.ok()["endpoint"], "/Groups");

    let schemas = http.get("/scim/v2/Schemas?startIndex=2&count=1&sortBy=id&attributes=id").await.ok();
    assert_eq!((&schemas["totalResults"], schemas["Resources"].as_array().map(Vec::len)), (&json!(3), Some(3)));
    for urn in [USER, ENTERPRISE, GROUP] {
        let schema = http.get(&format!("/scim/v2/Schemas/{urn}")).await.ok();
        assert_eq!(schema["id"], urn);
        assert!(schemas["Resources"].as_array().unwrap().contains(&schema));
        assert!(!schema.to_string().contains("null"), "Entra ID cannot read null in a schema");
    }
    let encoded = USER.replace(':', "%3A");
    assert_eq!(http.get(&format!("/scim/v2/Schemas/{encoded}")).await.ok()["id"], USER);
});

db_test!(discovery_is_neither_filtered_nor_changed, async |app| {
    let http = app.http();
    for path in ["ServiceProviderConfig", "ResourceTypes", "Schemas", "ResourceTypes/User"] {
        refused(&http.get(&format!("/scim/v2/{path}?filter=id%20pr")).await, 403, "");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = http.send(method, &format!("/scim/v2/{path}"), None, &[]).await;
            refused(&answer, 405, "");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    refused(&http.get("/scim/v2/ResourceTypes/Role").await, 404, "");
    refused(&http.get("/scim/v2/Schemas/urn:nothing").await, 404, "");
});

db_test!(what_is_not_announced_answers_501, async |app| {
    let boot = app.boot("Acme", None).await;
    let config = app.http().get("/scim/v2/ServiceProviderConfig").await.ok();
    assert_eq!((&config["bulk"]["supported"], &config["sort"]["supported"]), (&json!(false), &json!(false)));
    for path in ["Bulk", ".search", "Users/.search", "Groups/.search"] {
        refused(&boot.scim.post(&format!("/scim/v2/{path}"), json!({})).await, 501, "");
        refused(&app.http().post(&format!("/scim/v2/{path}"), json!({})).await, 401, "");
    }
    refused(&boot.scim.get("/scim/v2/Me").await, 501, "");
    refused(&boot.scim.patch("/scim/v2/Me", json!({})).await, 501, "");
});

// Every attribute that a schema shows as writable is taken and given back.
db_test!(the_schemas_are_true, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut body = json!({"schemas": [USER]});
    for (urn, place) in [(USER, None), (ENTERPRISE, Some(ENTERPRISE))] {
        let schema = app.http().get(&format!("/scim/v2/Schemas/{urn}")).await.ok();
        let sample = sample_of(&schema["attributes"], "sample");
        match place {
            Some(key) => body[key] = sample,
            None => sample.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone()),
        }
    }
    let made = boot.scim.post("/scim/v2/Users", body.clone()).await.created();
    for (key, value) in body.as_object().unwrap() {
        match key.as_str() {
            "schemas" => assert_eq!(made["schemas"], json!([USER, ENTERPRISE])),
            _ => assert_eq!(&made[key], value, "{key}"),
        }
    }
    assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{}", id(&made))).await.ok(), made);
});

/// A value of every attribute that can be written and read.
fn sample_of(attributes: &Json, text: &str) -> Json {
    let mut object = json!({});
    for attribute in attributes.as_array().expect("attributes") {
        if attribute["mutability"] != "readWrite" || attribute["returned"] == "never" {
            continue;
        }
        let value = match attribute["type"].as_str().expect("a type") {
            "complex" => sample_of(&attribute["subAttributes"], text),
            "boolean" => json!(true),
            "dateTime" => json!("2026-11-21T12:00:00Z"),
            _ => json!(text),
        };
        let name = attribute["name"].as_str().expect("a name");
        object[name] = if attribute["multiValued"] == true { json!([value]) } else { value };
    }
    object
}
