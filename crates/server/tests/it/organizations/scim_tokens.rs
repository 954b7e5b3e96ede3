//! The directory connections of a portal: `scimClient` of Better Auth 1.6.

use super::*;

async fn generate(client: &Client, body: Json) -> Answer {
    client.post("/api/auth/scim/generate-token", body).await
}

async fn token(client: &Client, body: Json) -> String {
    generate(client, body).await.created()["scimToken"].as_str().expect("a token").to_owned()
}

async fn works(app: &App, token: &str) -> bool {
    let answer = app.scim(token).get("/scim/v2/Users").await;
    assert!(answer.status == 200 || answer.status == 401, "{answer:?}");
    answer.status == 200
}

db_test!(an_admin_generates_a_token_for_their_organization, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let cat = joined(&app, &ann, &id, "cat", "admin").await;
    let first = token(&cat, json!({"providerId": "okta", "organizationId": id})).await;
    assert!(first.starts_with("scim_") && works(&app, &first).await);
    // Again: the same directory, another token, and the first one is dead.
    let second = token(&ann, json!({"providerId": "okta", "organizationId": id})).await;
    assert!(works(&app, &second).await && !works(&app, &first).await);
    // Another provider id: another directory, whose token leaves this one alone.
    let third = token(&ann, json!({"providerId": "entra", "organizationId": id})).await;
    assert!(works(&app, &second).await && works(&app, &third).await);
    let listed = ann.get("/api/auth/scim/list-provider-connections").await.ok();
    let names: Vec<&Json> = listed["providers"].as_array().unwrap().iter().map(|p| &p["providerId"]).collect();
    assert_eq!(names, ["okta", "entra"]);
    assert_eq!(listed["providers"][0]["organizationId"], json!(id));
    assert_eq!(cat.get("/api/auth/scim/get-provider-connection?providerId=okta").await.ok(), listed["providers"][0]);
});

db_test!(other_credentials_of_the_directory_stay, async |app| {
    let boot = app.boot("Acme", None).await;
    let provider =
        boot.admin.get("/api/auth/scim/list-provider-connections").await.ok()["providers"][0]["providerId"].clone();
    let body = json!({"providerId": provider, "organizationId": boot.organization_id});
    let generated = token(&boot.admin, body).await;
    assert!(works(&app, &boot.scim_token).await && works(&app, &generated).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 1);
});

db_test!(a_member_and_a_stranger_generate_nothing, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let refused = generate(&ben, json!({"providerId": "okta", "organizationId": id})).await.expect(403);
    assert_eq!(refused.json, json!({"message": "Insufficient role for this operation"}));
    let eve = app.signed_up("eve").await;
    let refused = generate(&eve, json!({"providerId": "okta", "organizationId": id})).await.expect(403);
    assert_eq!(refused.json, json!({"message": "You are not a member of the organization"}));
    // Without an organization: platform admins only, whatever the session works in.
    for client in [&ann, &ben, &eve] {
        let refused = generate(client, json!({"providerId": "okta"})).await.expect(403);
        assert!(refused["code"].is_null() && refused["message"].is_string());
    }
    app.client()
        .post("/api/auth/scim/generate-token", json!({"providerId": "okta"}))
        .await
        .refused(401, "UNAUTHORIZED");
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 0);
});

db_test!(a_platform_admin_generates_a_token_for_the_instance, async |app| {
    let boot = app.boot("Acme", None).await;
    let instance = token(&boot.admin, json!({"providerId": "okta"})).await;
    let organization = token(&boot.admin, json!({"providerId": "okta", "organizationId": boot.organization_id})).await;
    assert!(instance != organization && works(&app, &instance).await && works(&app, &organization).await);
    let found = boot.admin.get("/api/auth/scim/get-provider-connection?providerId=okta").await.expect(400);
    assert!(found["code"].is_null(), "two are called so, and none is active");
    let body = json!({"organizationId": boot.organization_id});
    boot.admin.post("/api/auth/organization/set-active", body).await.expect(200);
    let found = boot.admin.get("/api/auth/scim/get-provider-connection?providerId=okta").await.ok();
    assert_eq!(found["organizationId"], json!(boot.organization_id), "the active organization's");
    let lone = token(&boot.admin, json!({"providerId": "lone"})).await;
    let found = boot.admin.get("/api/auth/scim/get-provider-connection?providerId=lone").await.ok();
    assert!(found["organizationId"].is_null() && works(&app, &lone).await);
});

db_test!(
    an_operator_wants_no_instance_directory,
    Options::default().settings(|settings| settings.directory.require_organization = true),
    async |app| {
        let boot = app.boot("Acme", None).await;
        generate(&boot.admin, json!({"providerId": "okta"})).await.expect(403);
    }
);

db_test!(two_organizations_may_both_have_an_okta, async |app| {
    let (ann, eve) = (app.signed_up("ann").await, app.signed_up("eve").await);
    let (acme, evil) = (organization(&ann, "acme").await, organization(&eve, "evil").await);
    let first = token(&ann, json!({"providerId": "okta", "organizationId": acme})).await;
    let second = token(&eve, json!({"providerId": "okta", "organizationId": evil})).await;
    assert!(works(&app, &first).await && works(&app, &second).await);
    for (client, own) in [(&ann, &acme), (&eve, &evil)] {
        let listed = client.get("/api/auth/scim/list-provider-connections").await.ok();
        assert_eq!(listed["providers"].as_array().unwrap().len(), 1);
        assert_eq!(listed["providers"][0]["organizationId"], json!(own));
    }
    let path = format!("/api/auth/scim/get-provider-connection?providerId=okta&organizationId={acme}");
    assert_eq!(eve.get(&path).await.expect(404).json, json!({"message": "SCIM provider not found"}));
    let body = json!({"providerId": "okta", "organizationId": acme});
    eve.post("/api/auth/scim/delete-provider-connection", body).await.expect(404);
    assert!(works(&app, &first).await);
});

db_test!(a_connection_is_ended_and_its_tokens_with_it, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    let ben = joined(&app, &ann, &id, "ben", "member").await;
    let first = token(&ann, json!({"providerId": "okta", "organizationId": id})).await;
    ben.post("/api/auth/scim/delete-provider-connection", json!({"providerId": "okta"})).await.expect(403);
    ben.get("/api/auth/scim/get-provider-connection?providerId=okta").await.expect(403);
    ben.get("/api/auth/scim/get-provider-connection?providerId=nothing").await.expect(403);
    assert_eq!(ben.get("/api/auth/scim/list-provider-connections").await.ok(), json!({"providers": []}));
    let ended = ann.post("/api/auth/scim/delete-provider-connection", json!({"providerId": "okta"})).await.ok();
    assert_eq!(ended, json!({"success": true}));
    assert!(!works(&app, &first).await);
    ann.get("/api/auth/scim/get-provider-connection?providerId=okta").await.expect(404);
    ann.post("/api/auth/scim/delete-provider-connection", json!({"providerId": "okta"})).await.expect(404);
    // The name is free for a new directory, which is another one.
    let second = token(&ann, json!({"providerId": "okta", "organizationId": id})).await;
    assert!(works(&app, &second).await && !works(&app, &first).await);
});

db_test!(odd_provider_ids_are_refused, async |app| {
    let ann = app.signed_up("ann").await;
    let id = organization(&ann, "acme").await;
    for (provider, message) in [
        ("a:b", "Provider id contains forbidden characters"),
        ("credential", "Provider id collides with another account provider and cannot be used for SCIM"),
        ("magic-link", "Provider id collides with another account provider and cannot be used for SCIM"),
    ] {
        let refused = generate(&ann, json!({"providerId": provider, "organizationId": id})).await.expect(400);
        assert_eq!(refused.json, json!({"message": message}));
    }
    for odd in [String::new(), " ".to_owned(), "a\nb".to_owned(), "x".repeat(300)] {
        generate(&ann, json!({"providerId": odd, "organizationId": id})).await.expect(400);
    }
    for odd in [json!({}), json!({"providerId": 1}), json!({"providerId": null})] {
        generate(&ann, odd).await.refused(400, "VALIDATION_ERROR");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 0);
});
