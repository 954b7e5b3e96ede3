//! Directories and what they authenticate with, as an administrator manages them.

use super::{faults, problem, within};
use crate::support::*;

/// The path of something of the organization's first directory.
fn first(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}{rest}", boot.directory_id))
}

fn text<'a>(value: &'a Json, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// A SCIM client by HTTP Basic.
fn basic(app: &App, id: &str, secret: &str) -> Client {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    app.http().with("authorization", &format!("Basic {pair}")).media("application/scim+json")
}

/// A person who is a member of the organization with a role.
async fn member(app: &App, boot: &Boot, name: &str, role: &str) -> Client {
    let person = app.signed_up(name).await;
    let id = person.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&within(boot, "/memberships"), json!({"user_id": id, "role": role})).await.created();
    person
}

db_test!(a_directory_is_listed_with_what_it_holds, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let person = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example"});
    boot.scim.post("/scim/v2/Users", person).await.created();
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"});
    boot.scim.post("/scim/v2/Groups", group).await.created();

    let page = boot.key.get(&within(&boot, "/directories?limit=500")).await.ok();
    assert_eq!(page["total_count"], 1);
    let found = &page["data"][0];
    for (field, value) in [
        ("id", json!(boot.directory_id)),
        ("object", json!("directory")),
        ("organization_id", json!(boot.organization_id)),
        ("provider", json!("generic")),
        ("provider_id", json!("default")),
        ("state", json!("active")),
        ("counts", json!({"users": 1, "groups": 1})),
        ("endpoint_url", json!(format!("{}/scim/v2/", app.base))),
        (
            "settings",
            json!({"default_role": "org:member", "restore_roles_on_reactivation": true,
            "restore_roles_after_delete": false, "keep_password": false, "link_policy": "invite",
            "on_deactivation": "suspend", "on_deletion": "suspend", "welcome_mail": false,
            "breaker": {"enabled": false, "people": 10, "percent": 20, "window_seconds": 600},
            "request_log_retention_days": 30, "mapping_roles": ["org:member", "org:admin"], "user_schema": {}}),
        ),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    assert!(found["created_at"].is_i64() && found.get("last_success_at").is_some());
    let read = boot.key.get(&first(&boot, "")).await.ok();
    assert_eq!((&read["id"], &read["counts"]), (&found["id"], &found["counts"]));
    // Their own administrator sees the same.
    assert_eq!(boot.admin.get(&within(&boot, "/directories")).await.ok()["total_count"], 1);
});

db_test!(directories_are_made_named_and_paged, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/directories");
    let body =
        json!({"name": "Okta — Production", "provider_id": "okta-prod", "settings": {"default_role": "org:admin"}});
    let made = boot.key.post(&path, body.clone()).await.created();
    assert_eq!((&made["provider"], &made["provider_id"]), (&json!("okta"), &json!("okta-prod")));
    assert_eq!(made["settings"]["default_role"], "org:admin");
    problem(boot.key.post(&path, body).await, 409, "directory_exists");
    // Without a provider id one is made from the name, and another one if that is taken.
    let one = boot.key.post(&path, json!({"name": "Entra ID"})).await.created();
    let two = boot.key.post(&path, json!({"name": "Entra ID"})).await.created();
    assert_eq!(
        (&one["provider_id"], &one["provider"], &two["provider"]),
        (&json!("entra-id"), &json!("entra"), &json!("entra"))
    );
    assert_ne!(one["provider_id"], two["provider_id"]);
    assert_eq!(boot.key.post(&path, json!({"name": "東京"})).await.created()["provider_id"], "directory");

    let names = async |query: &str| -> Vec<String> {
        let page = boot.key.get(&format!("{path}{query}")).await.ok();
        assert_eq!(page["total_count"], 5);
        page["data"].as_array().unwrap().iter().map(|one| text(one, "name").to_owned()).collect()
    };
    assert_eq!(names("?limit=2").await, ["東京", "Entra ID"]);
    assert_eq!(names("?limit=2&offset=3&order_by=-created_at").await, ["Okta — Production", "Directory"]);
    assert_eq!(names("?order_by=created_at&limit=1").await, ["Directory"]);

    let key = [("idempotency-key", "one")];
    let send = async |body: Json| boot.key.send("POST", &path, Some(body.to_string().into_bytes()), &key).await;
    let (first, again) = (send(json!({"name": "Once"})).await.created(), send(json!({"name": "Once"})).await.created());
    assert_eq!(first, again);
    problem(send(json!({"name": "Twice"})).await, 409, "idempotency_key_reused");

    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x", "provider_id": null}), "provider_id"),
        (json!({"name": "x", "settings": 7}), "settings"),
        (json!({"name": "x", "settings": {"default_role": "admin"}}), "settings.default_role"),
        (json!({"name": "x", "settings": {"keep_password": "yes"}}), "settings.keep_password"),
    ] {
        let answer = problem(boot.key.post(&path, body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field, "{answer:?}");
    }
    problem(boot.key.post(&path, json!({"name": "x", "provider_id": "a:b"})).await, 400, "invalid_provider_id");
    problem(boot.key.post(&path, json!({"name": "a\u{1}b"})).await, 400, "invalid_name");
});

db_test!(a_directory_is_renamed_paused_and_told_which_role_to_give, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "");
    let body = json!({"name": "Okta", "settings": {"default_role": "org:admin", "restore_roles_after_delete": true}});
    let changed = boot.key.patch(&path, body.clone()).await.ok();
    assert_eq!((&changed["name"], &changed["settings"]["default_role"]), (&json!("Okta"), &json!("org:admin")));
    assert_eq!(changed["settings"]["restore_roles_on_reactivation"], true);
    // What changes nothing changes nothing.
    let events = app.count("SELECT COUNT(*) FROM events").await;
    assert_eq!(boot.key.patch(&path, body).await.ok()["updated_at"], changed["updated_at"]);
    assert_eq!(boot.key.patch(&path, json!({})).await.ok()["updated_at"], changed["updated_at"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM events").await, events);

    assert_eq!(boot.key.patch(&path, json!({"state": "paused"})).await.ok()["state"], "paused");
    let refused = boot.scim.get("/scim/v2/Users").await.expect(503);
    assert!(refused.header("retry-after").is_some());
    boot.key.patch(&path, json!({"state": "active"})).await.ok();
    boot.scim.get("/scim/v2/Users").await.expect(200);

    problem(boot.key.patch(&path, json!({"state": "tripped"})).await, 400, "validation_failed");
    problem(boot.key.patch(&path, json!({"name": null})).await, 400, "validation_failed");
    let owner = json!({"settings": {"default_role": "org:owner"}});
    for client in [&boot.key, &boot.admin] {
        problem(client.patch(&path, owner.clone()).await, 403, "owner_by_hand_only");
    }
    assert_eq!(boot.key.get(&path).await.ok()["settings"]["default_role"], "org:admin");
});

db_test!(nobody_lets_a_directory_give_more_than_they_have, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "");
    let admin = member(&app, &boot, "bob", "org:admin").await;
    admin.patch(&path, json!({"settings": {"default_role": "org:admin"}})).await.ok();
    problem(admin.patch(&path, json!({"settings": {"default_role": "org:owner"}})).await, 403, "owner_by_hand_only");
    let plain = member(&app, &boot, "carl", "org:member").await;
    for rest in ["", "/credentials"] {
        problem(plain.get(&first(&boot, rest)).await, 403, "forbidden");
    }
    problem(plain.patch(&path, json!({"name": "Mine"})).await, 403, "forbidden");
    problem(plain.post(&first(&boot, "/credentials"), json!({"name": "Mine"})).await, 403, "forbidden");
});

db_test!(a_directory_that_is_disconnected_is_gone_with_all_its_credentials, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.key.delete(&first(&boot, "")).await.expect(204);
    boot.scim.get("/scim/v2/Users").await.expect(401);
    problem(boot.key.get(&first(&boot, "")).await, 404, "directory_not_found");
    problem(boot.key.patch(&first(&boot, ""), json!({"name": "x"})).await, 404, "directory_not_found");
    problem(boot.key.delete(&first(&boot, "")).await, 404, "directory_not_found");
    problem(boot.key.get(&first(&boot, "/credentials")).await, 404, "directory_not_found");
    problem(boot.key.post(&first(&boot, "/credentials"), json!({"name": "x"})).await, 404, "directory_not_found");
    assert_eq!(boot.key.get(&within(&boot, "/directories")).await.ok()["total_count"], 0);
});

db_test!(each_type_of_credential_is_shown_once_and_has_its_shape, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "/credentials");
    let back = "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback";
    let (token, authorize) = (format!("{}/scim/oauth2/token", app.base), format!("{}/scim/oauth2/authorize", app.base));
    for (kind, body) in [
        ("bearer", json!({"name": "Okta"})),
        ("bearer", json!({"name": "Okta", "type": "bearer"})),
        ("basic", json!({"name": "Okta", "type": "basic"})),
        ("oauth2", json!({"name": "Okta", "type": "oauth2", "redirect_uris": [back]})),
    ] {
        let made = boot.key.post(&path, body).await.created();
        let (bearer, oauth) = (kind == "bearer", kind == "oauth2");
        let id = text(&made, "id").to_owned();
        let expected = json!({
            "object": "directory_credential", "organization_id": boot.organization_id, "directory_id": boot.directory_id,
            "type": kind, "name": "Okta", "client_id": if bearer { Json::Null } else { json!(id) },
            "token_url": if oauth { json!(token) } else { Json::Null },
            "authorization_url": if oauth { json!(authorize) } else { Json::Null },
            "redirect_uris": if oauth { json!([back]) } else { json!([]) }, "jwks": null,
            "scopes": ["users:read", "users:write", "groups:read", "groups:write"],
            "rotation": null, "expires_at": null, "last_used_at": null, "revoked_at": null,
        });
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&made[field], value, "{kind} {field}");
        }
        let secret = text(&made, if bearer { "token" } else { "client_secret" }).to_owned();
        assert!(secret.starts_with(text(&made, "prefix")) && made["created_at"].is_i64(), "{made}");
        assert!(made.get(if bearer { "client_secret" } else { "token" }).is_none(), "{made}");

        let later = boot.key.get(&format!("{path}/{id}")).await.expect(200);
        assert!(!later.text.contains(&secret) && later["prefix"] == made["prefix"], "{}", later.text);
        let listed = boot.key.get(&format!("{path}?limit=500")).await.expect(200);
        assert!(!listed.text.contains(&secret) && listed.text.contains(&id));
        assert_eq!(listed["data"][0]["id"], made["id"], "newest first");

        let scim = match kind {
            "bearer" => app.scim(&secret),
            "basic" => basic(&app, &id, &secret),
            _ => continue,
        };
        scim.get("/scim/v2/Users?count=1").await.expect(200);
        let revoked = boot.key.send("POST", &format!("{path}/{id}/revoke"), None, &[]).await.ok();
        assert!(revoked["revoked_at"].is_i64(), "{revoked}");
        scim.get("/scim/v2/Users?count=1").await.expect(401);
    }
    // That of the bootstrap is one of them, and works still.
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 5);
    boot.scim.get("/scim/v2/Users").await.expect(200);
    // The old paths know the tokens only.
    let tokens = boot.key.get(&within(&boot, "/scim/tokens")).await.ok();
    assert_eq!(tokens["total_count"], 3);
});

db_test!(a_credential_may_be_narrow_and_may_expire_and_odd_ones_are_refused, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "/credentials");
    let now = boot.key.get(&first(&boot, "")).await.ok()["created_at"].as_i64().unwrap();
    let body = json!({"name": "Reader", "type": "basic", "scopes": ["users:read"], "expires_at": now + 3_600_000});
    let made = boot.key.post(&path, body).await.created();
    let scim = basic(&app, text(&made, "client_id"), text(&made, "client_secret"));
    scim.get("/scim/v2/Users").await.expect(200);
    scim.get("/scim/v2/Groups").await.expect(403);
    app.clock.advance(3601);
    scim.get("/scim/v2/Users").await.expect(401);

    for (body, field) in [
        (json!({"type": "basic"}), "name"),
        (json!({"name": "x", "type": "digest"}), "type"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["users:delete"]}), "scopes"),
        (json!({"name": "x", "expires_at": now}), "expires_at"),
        (json!({"name": "x", "type": "oauth2", "redirect_uris": "https://a.example"}), "redirect_uris"),
        (json!({"name": "x", "type": "oauth2", "redirect_uris": vec!["https://a.example"; 11]}), "redirect_uris"),
        (json!({"name": "x", "type": "oauth2", "jwks": []}), "jwks"),
    ] {
        let answer = problem(boot.key.post(&path, body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field, "{answer:?}");
    }
    for body in [
        json!({"name": "x", "type": "oauth2", "redirect_uris": ["http://a.example/cb"]}),
        json!({"name": "x", "type": "oauth2", "redirect_uris": ["javascript:alert(1)"]}),
        json!({"name": "x", "type": "basic", "redirect_uris": ["https://a.example/cb"]}),
        json!({"name": "x", "type": "oauth2", "jwks": {"keys": []}}),
        json!({"name": "x", "type": "bearer", "jwks": {"keys": [{"kty": "OKP"}]}}),
    ] {
        assert_eq!(boot.key.post(&path, body.clone()).await.status, 400, "{body}");
    }
});

db_test!(a_secret_is_rotated_with_an_overlap, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = first(&boot, "/credentials");
    for kind in ["bearer", "basic"] {
        let made = boot.key.post(&path, json!({"name": "Okta", "type": kind})).await.created();
        let id = text(&made, "id").to_owned();
        let field = if kind == "bearer" { "token" } else { "client_secret" };
        let client = |made: &Json| match kind {
            "bearer" => app.scim(text(made, field)),
            _ => basic(&app, &id, text(made, field)),
        };
        let post = async |rest: &str| boot.key.send("POST", &format!("{path}/{id}/{rest}"), None, &[]).await;
        let old = client(&made);

        problem(post("rotate/complete").await, 409, "no_rotation");
        problem(post("rotate/cancel").await, 409, "no_rotation");
        let begun = post("rotate").await.ok();
        assert_ne!(begun[field], made[field]);
        assert!(begun["rotation"]["started_at"].is_i64(), "{begun}");
        assert!(text(&begun, field).starts_with(text(&begun["rotation"], "prefix")));
        let new = client(&begun);
        old.get("/scim/v2/Users").await.expect(200);
        new.get("/scim/v2/Users").await.expect(200);
        problem(post("rotate").await, 409, "rotation_in_progress");

        assert_eq!(post("rotate/cancel").await.ok()["rotation"], Json::Null);
        new.get("/scim/v2/Users").await.expect(401);
        old.get("/scim/v2/Users").await.expect(200);

        let begun = post("rotate").await.ok();
        let new = client(&begun);
        let done = post("rotate/complete").await.expect(200);
        assert!(!done.text.contains(text(&begun, field)));
        assert_eq!(done["prefix"], begun["rotation"]["prefix"]);
        old.get("/scim/v2/Users").await.expect(401);
        new.get("/scim/v2/Users").await.expect(200);
        boot.key.delete(&format!("{path}/{id}")).await.expect(204);
        new.get("/scim/v2/Users").await.expect(401);
        assert!(boot.key.get(&format!("{path}/{id}")).await.ok()["revoked_at"].is_i64());
    }
});

db_test!(what_belongs_to_another_directory_or_organization_is_not_there, async |app| {
    let acme = app.boot("Acme", None).await;
    let evil = app.boot("Evil", None).await;
    let admin = app.signed_up("eve").await;
    let id = admin.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    evil.key.post(&within(&evil, "/memberships"), json!({"user_id": id, "role": "org:admin"})).await.created();
    let made = acme.key.post(&first(&acme, "/credentials"), json!({"name": "Okta", "type": "basic"})).await.created();
    let credential = text(&made, "id");

    for rest in ["", "/credentials"] {
        problem(admin.get(&first(&acme, rest)).await, 404, "organization_not_found");
        let through = within(&evil, &format!("/directories/{}{rest}", acme.directory_id));
        problem(admin.get(&through).await, 404, "directory_not_found");
    }
    // Through one's own directory, and through another one of the same organization.
    let second = acme.key.post(&within(&acme, "/directories"), json!({"name": "Second"})).await.created();
    let paths = [
        (&admin, first(&evil, &format!("/credentials/{credential}"))),
        (&acme.key, within(&acme, &format!("/directories/{}/credentials/{credential}", text(&second, "id")))),
    ];
    for (client, path) in paths {
        problem(client.get(&path).await, 404, "scim_token_not_found");
        problem(client.delete(&path).await, 404, "scim_token_not_found");
        for rest in ["revoke", "rotate", "rotate/complete", "rotate/cancel"] {
            problem(client.post(&format!("{path}/{rest}"), json!({})).await, 404, "scim_token_not_found");
        }
    }
    problem(admin.get("/v1/directories").await, 403, "forbidden");
    problem(admin.get(&format!("/v1/directories/{}", acme.directory_id)).await, 403, "forbidden");
    basic(&app, credential, text(&made, "client_secret")).get("/scim/v2/Users").await.expect(200);
});

db_test!(the_platform_sees_all_directories_and_manages_those_of_the_instance, async |app| {
    let acme = app.boot("Acme", None).await;
    let beta = app.boot("Beta", None).await;
    let made = acme.key.post("/v1/directories", json!({"name": "Okta", "provider_id": "okta"})).await.created();
    assert_eq!(made["organization_id"], Json::Null);
    let ids = async |query: &str| -> Vec<String> {
        let page = acme.key.get(&format!("/v1/directories{query}")).await.ok();
        let data = page["data"].as_array().unwrap();
        assert_eq!(page["total_count"].as_u64(), u64::try_from(data.len()).ok());
        data.iter().map(|one| text(one, "id").to_owned()).collect()
    };
    let instance = text(&made, "id").to_owned();
    assert_eq!(ids("").await, [instance.clone(), beta.directory_id.clone(), acme.directory_id.clone()]);
    assert_eq!(ids("?owner=instance").await, [instance.as_str()]);
    assert_eq!(ids(&format!("?organization_id={}", beta.organization_id)).await, [beta.directory_id.as_str()]);
    problem(acme.key.get("/v1/directories?owner=instance&organization_id=org_1").await, 400, "validation_failed");

    let path = format!("/v1/directories/{instance}");
    assert_eq!(acme.key.patch(&path, json!({"name": "Okta 2"})).await.ok()["name"], "Okta 2");
    let credential =
        acme.key.post(&format!("{path}/credentials"), json!({"name": "x", "type": "basic"})).await.created();
    assert_eq!(credential["organization_id"], Json::Null);
    let scim = basic(&app, text(&credential, "client_id"), text(&credential, "client_secret"));
    scim.get("/scim/v2/Users").await.expect(200);
    let one = format!("{path}/credentials/{}", text(&credential, "id"));
    let begun = acme.key.send("POST", &format!("{one}/rotate"), None, &[]).await.ok();
    acme.key.send("POST", &format!("{one}/rotate/complete"), None, &[]).await.ok();
    scim.get("/scim/v2/Users").await.expect(401);
    let scim = basic(&app, text(&credential, "client_id"), text(&begun, "client_secret"));
    scim.get("/scim/v2/Users").await.expect(200);
    // An organization's directory is none of the instance's.
    problem(acme.key.get(&format!("/v1/directories/{}", acme.directory_id)).await, 404, "directory_not_found");
    acme.key.delete(&path).await.expect(204);
    scim.get("/scim/v2/Users").await.expect(401);
    let plain = app.signed_up("ann").await;
    problem(plain.post("/v1/directories", json!({"name": "Mine"})).await, 403, "forbidden");
});
