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
        assert_eq!(
            (&answer["bulk"]["maxOperations"], &answer["bulk"]["maxPayloadSize"]),
            (&json!(1000), &json!(16_777_216))
        );
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
