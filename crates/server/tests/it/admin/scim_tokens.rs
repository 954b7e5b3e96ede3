//! What an identity provider is given: the endpoint and a token.

use super::{faults, problem, within};
use crate::support::*;

db_test!(a_token_is_shown_once_and_works_until_it_is_revoked, async |app| {
    let boot = app.boot("Acme", None).await;
    let endpoint = boot.key.get(&within(&boot, "/scim/endpoint")).await.ok();
    assert_eq!(endpoint, json!({"endpoint_url": format!("{}/scim/v2/", app.base)}));

    let made = boot.key.post(&within(&boot, "/scim/tokens"), json!({"name": "Okta — Production"})).await.created();
    let (id, token, prefix) =
        (made["id"].as_str().unwrap(), made["token"].as_str().unwrap(), made["prefix"].as_str().unwrap());
    assert!(id.starts_with("scimt_") && prefix.starts_with("scim_") && token.starts_with(prefix));
    let expected = json!({
        "object": "scim_token", "organization_id": boot.organization_id, "directory_id": boot.directory_id,
        "name": "Okta — Production", "revoked_at": null, "expires_at": null, "last_used_at": null,
        "scopes": ["users:read", "users:write", "groups:read", "groups:write"]
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    let listed = boot.key.get(&within(&boot, "/scim/tokens")).await;
    assert!(!listed.text.contains(token) && listed.text.contains(prefix), "{}", listed.text);
    assert_eq!(listed["total_count"], 2);
    assert!(listed["data"][0].get("token").is_none());

    let scim = app.scim(token);
    scim.get("/scim/v2/Users?count=1").await.expect(200);
    let path = within(&boot, &format!("/scim/tokens/{id}/revoke"));
    assert!(boot.key.send("POST", &path, None, &[]).await.ok()["revoked_at"].is_i64());
    scim.get("/scim/v2/Users?count=1").await.expect(401);
    boot.scim.get("/scim/v2/Users?count=1").await.expect(200);
    problem(
        boot.key.post(&within(&boot, "/scim/tokens/scimt_none/revoke"), json!({})).await,
        404,
        "scim_token_not_found",
    );
});

db_test!(a_token_may_be_narrow_and_may_expire, async |app| {
    let boot = app.boot("Acme", None).await;
    let now = boot.key.get(&within(&boot, "")).await.ok()["created_at"].as_i64().unwrap();
    let body = json!({"name": "Reader", "scopes": ["users:read", "users:read"], "expires_at": now + 3_600_000});
    let made = boot.key.post(&within(&boot, "/scim/tokens"), body).await.created();
    assert_eq!(made["scopes"], json!(["users:read"]));
    let scim = app.scim(made["token"].as_str().unwrap());
    scim.get("/scim/v2/Users").await.expect(200);
    scim.get("/scim/v2/Groups").await.expect(403);
    app.clock.advance(3601);
    scim.get("/scim/v2/Users").await.expect(401);

    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "x", "scopes": ["users:delete"]}), "scopes"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": "users:read"}), "scopes"),
        (json!({"name": "x", "expires_at": now}), "expires_at"),
        (json!({"name": "x", "expires_at": "tomorrow"}), "expires_at"),
    ] {
        let answer = problem(boot.key.post(&within(&boot, "/scim/tokens"), body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field, "{answer:?}");
    }
});

db_test!(the_directory_is_made_on_first_use, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = boot.key.post("/v1/organizations", json!({"name": "Beta"})).await.created();
    let path = format!("/v1/organizations/{}/scim/tokens", other["id"].as_str().unwrap());
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 0);
    let one = boot.key.post(&path, json!({"name": "one"})).await.created();
    let two = boot.key.post(&path, json!({"name": "two"})).await.created();
    assert_eq!(one["directory_id"], two["directory_id"]);
    assert_ne!(one["directory_id"], boot.directory_id);
});
