//! `/v1/api-keys`: what a back end says of keys, and asks.

use auth_core::clock::Clock as _;
use auth_core::outbox::EventKind;

use super::problem;
use crate::support::*;

const KEYS: &str = "/v1/api-keys";
const VERIFY: &str = "/v1/api-keys/verify";

fn on() -> Options {
    Options::default().settings(|s| s.methods.api_key.enabled = true)
}

async fn ask(boot: &Boot, key: &Json) -> Json {
    boot.key.post(VERIFY, json!({ "key": key })).await.ok()
}

async fn why(boot: &Boot, key: &Json) -> String {
    ask(boot, key).await["error"]["code"].as_str().unwrap_or("good").to_owned()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let boot = app.boot("Acme", None).await;
    problem(boot.key.get(KEYS).await, 404, "not_found");
    problem(boot.key.post(VERIFY, json!({ "key": "x" })).await, 404, "not_found");
    assert_eq!(app.http().get("/v1/instance").await.ok()["methods"]["api_key"], json!({ "enabled": false }));
});

db_test!(a_back_end_makes_reads_changes_and_revokes_keys, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({
        "user_id": boot.user_id, "name": "CI", "prefix": "ci_", "remaining": 5, "refill_amount": 10,
        "refill_interval_ms": 60_000, "permissions": { "files": ["read", "write"] }, "metadata": { "team": 7 },
        "rate_limit": { "enabled": true, "max": 3, "window_ms": 1000 },
    });
    let made = boot.key.post(KEYS, body).await.created();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(id.starts_with("apikey_") && key.starts_with("ci_") && key.len() == 67, "{made}");
    let read = boot.key.get(&format!("{KEYS}/{id}")).await.ok();
    assert!(read.get("key").is_none() && read["permissions"] == json!({ "files": ["read", "write"] }), "{read}");
    assert_eq!((&read["user_id"], &read["organization_id"]), (&json!(boot.user_id), &Json::Null));
    let listed = boot.key.get(&format!("{KEYS}?user_id={}&query=CI", boot.user_id)).await;
    assert!(listed["total_count"] == 1 && !listed.text.contains(key));
    assert_eq!(boot.key.get(&format!("{KEYS}?organization_id={}", boot.organization_id)).await.ok()["total_count"], 0);

    let good = ask(&boot, &made["key"]).await;
    assert_eq!(
        (&good["valid"], &good["api_key"]["id"], &good["api_key"]["remaining"]),
        (&json!(true), &json!(id), &json!(4))
    );
    let changed = boot
        .key
        .patch(&format!("{KEYS}/{id}"), json!({ "remaining": null, "name": null, "permissions": null }))
        .await
        .ok();
    assert_eq!(
        (&changed["remaining"], &changed["name"], &changed["refill_amount"]),
        (&Json::Null, &Json::Null, &json!(10))
    );
    boot.key.patch(&format!("{KEYS}/{id}"), json!({ "enabled": false })).await.ok();
    assert_eq!(why(&boot, &made["key"]).await, "key_disabled");
    boot.key.patch(&format!("{KEYS}/{id}"), json!({ "enabled": true })).await.ok();
    assert_eq!(why(&boot, &made["key"]).await, "good");
    let revoked = boot.key.post(&format!("{KEYS}/{id}/revoke"), json!({})).await.ok();
    assert!(revoked["revoked_at"].is_i64() && revoked["access_ended"] == true);
    assert_eq!(
        boot.key.post(&format!("{KEYS}/{id}/revoke"), json!({})).await.ok()["revoked_at"],
        revoked["revoked_at"]
    );
    assert_eq!(why(&boot, &made["key"]).await, "key_disabled");
    assert_eq!(app.events_of(EventKind::ApiKeyRevoked).await.len(), 1);
});

db_test!(what_is_wrong_is_told_by_name, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let user = json!(boot.user_id);
    for body in [
        json!({}),
        json!({ "user_id": user, "organization_id": boot.organization_id }),
        json!({ "user_id": user, "expires_at": 5 }),
        json!({ "user_id": user, "remaining": -1 }),
        json!({ "user_id": user, "permissions": { "files": "read" } }),
        json!({ "user_id": user, "permissions": [] }),
        json!({ "user_id": user, "rate_limit": { "enabled": true } }),
    ] {
        problem(boot.key.post(KEYS, body).await, 400, "validation_failed");
    }
    for (body, code) in [
        (json!({ "user_id": user, "refill_amount": 5 }), "refill_interval_and_amount_required"),
        (json!({ "user_id": user, "refill_interval_ms": 5 }), "refill_amount_and_interval_required"),
        (json!({ "user_id": user, "prefix": "a b" }), "invalid_prefix_length"),
        (json!({ "user_id": user, "name": "x".repeat(33) }), "invalid_name_length"),
    ] {
        problem(boot.key.post(KEYS, body).await, 400, code);
    }
    problem(boot.key.post(KEYS, json!({ "user_id": "user_none" })).await, 404, "user_not_found");
    problem(boot.key.post(KEYS, json!({ "organization_id": "org_none" })).await, 404, "organization_not_found");
    problem(boot.key.get("/v1/api-keys/apikey_none").await, 404, "key_not_found");
    for odd in [json!("x"), json!("x".repeat(64)), json!("ä".repeat(64)), json!("x".repeat(256))] {
        assert_eq!(why(&boot, &odd).await, "invalid_api_key");
    }
    // Whoever is signed in without being the instance's is nobody here.
    let ann = app.signed_up("ann").await;
    problem(ann.get(KEYS).await, 403, "forbidden");
    problem(ann.post(VERIFY, json!({ "key": "x" })).await, 403, "forbidden");
});

db_test!(a_key_is_for_what_its_permissions_say, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({ "organization_id": boot.organization_id, "remaining": 9, "permissions": { "files": ["read"], "all": [] } });
    let made = boot.key.post(KEYS, body).await.created();
    for (wanted, good) in [
        (json!({ "files": ["read"] }), true),
        (json!({ "files": [] }), true),
        (json!({ "files": ["read", "write"] }), false),
        (json!({ "other": ["read"] }), false),
        (json!({ "all": ["read"] }), false),
        (json!({}), true),
    ] {
        let asked = boot.key.post(VERIFY, json!({ "key": made["key"], "permissions": wanted })).await.ok();
        assert_eq!(asked["valid"], good, "{wanted}: {asked}");
        if !good {
            assert_eq!(asked["error"]["code"], "api_key_lacks_permission");
        }
    }
    let left = boot.key.get(&format!("{KEYS}/{}", made["id"].as_str().unwrap())).await.ok();
    assert_eq!(left["remaining"], 6, "a refusal uses nothing");
});

db_test!(what_remains_is_used_up_and_filled_up, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({ "user_id": boot.user_id, "remaining": 2, "refill_amount": 3, "refill_interval_ms": 60_000 });
    let made = boot.key.post(KEYS, body).await.created();
    assert_eq!([why(&boot, &made["key"]).await, why(&boot, &made["key"]).await], ["good", "good"]);
    app.clock.advance(20);
    let refused = ask(&boot, &made["key"]).await;
    assert_eq!(refused["error"]["code"], "usage_exceeded");
    // The clock of tests never stands quite still.
    let again = refused["error"]["try_again_in_ms"].as_i64().unwrap();
    assert!((39_000..=40_000).contains(&again), "{again}");
    app.clock.advance(40);
    let filled = ask(&boot, &made["key"]).await;
    assert_eq!((&filled["valid"], &filled["api_key"]["remaining"]), (&json!(true), &json!(2)));
    let spent = boot.key.post(KEYS, json!({ "user_id": boot.user_id, "remaining": 1 })).await.created();
    assert_eq!([why(&boot, &spent["key"]).await, why(&boot, &spent["key"]).await], ["good", "usage_exceeded"]);
});

// Rule 1: what can be used so often is counted by one conditional statement.
db_test!(of_many_uses_at_once_only_so_many_are_good_as_remain, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let limit = json!({ "enabled": true, "max": 4, "window_ms": 60_000 });
    for body in
        [json!({ "user_id": boot.user_id, "remaining": 4 }), json!({ "user_id": boot.user_id, "rate_limit": limit })]
    {
        let made = boot.key.post(KEYS, body).await.created();
        let all = futures_util::future::join_all((0..12).map(|_| ask(&boot, &made["key"]))).await;
        assert_eq!(all.iter().filter(|answer| answer["valid"] == true).count(), 4, "{all:?}");
    }
});

db_test!(expired_keys_are_removed_when_asked, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let soon = app.clock.now().plus_seconds(60).millis();
    let made = boot.key.post(KEYS, json!({ "user_id": boot.user_id, "expires_at": soon })).await.created();
    boot.key.post(KEYS, json!({ "user_id": boot.user_id, "expires_at": null })).await.created();
    app.clock.advance(60);
    assert_eq!(why(&boot, &made["key"]).await, "key_expired");
    assert_eq!(boot.key.post("/v1/api-keys/delete-expired", json!({})).await.ok()["deleted"], 1);
    assert_eq!(boot.key.post("/v1/api-keys/delete-expired", json!({})).await.ok()["deleted"], 0);
    assert_eq!(why(&boot, &made["key"]).await, "invalid_api_key");
    assert_eq!(boot.key.get(KEYS).await.ok()["total_count"], 1);
});

db_test!(what_an_administrator_made_for_others_ends_with_them, on(), async |app| {
    // The last administrator would not be banned.
    app.boot("Chief", None).await;
    let boot = app.boot("Acme", None).await;
    let made = boot.admin.post(KEYS, json!({ "organization_id": boot.organization_id })).await.created();
    assert_eq!((&made["created_by"], why(&boot, &made["key"]).await.as_str()), (&json!(boot.user_id), "good"));
    boot.key.post(&format!("/v1/users/{}/ban", boot.user_id), json!({})).await.expect(200);
    assert_eq!(why(&boot, &made["key"]).await, "key_disabled");
});

db_test!(a_directory_ends_keys_with_access_and_the_receipt_counts_them, on(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example", "active": true,
        "emails": [{ "value": "ann@acme.example", "primary": true }],
    });
    let resource = boot.scim.post("/scim/v2/Users", person.clone()).await.created();
    let users = boot.key.get("/v1/users?query=ann@acme.example").await.ok();
    let user = users["data"][0]["id"].clone();
    let own = boot.key.post(KEYS, json!({ "user_id": user })).await.created();
    assert_eq!(why(&boot, &own["key"]).await, "good");
    let path = format!("/scim/v2/Users/{}", resource["id"].as_str().unwrap());
    let active = async |active: bool| {
        let operation = json!({ "op": "replace", "path": "active", "value": active });
        let change = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation] });
        boot.scim.patch(&path, change).await.expect(200);
    };
    active(false).await;
    assert_eq!(why(&boot, &own["key"]).await, "key_disabled");
    let receipts = boot.key.get(&format!("/v1/organizations/{}/receipts", boot.organization_id)).await.ok();
    assert_eq!(receipts["data"][0]["payload"]["revoked"]["keys"], 1, "{receipts}");
    problem(boot.key.post(KEYS, json!({ "user_id": user })).await, 403, "access_suspended");
    active(true).await;
    assert_eq!(why(&boot, &own["key"]).await, "key_disabled", "what was ended stays ended");
});

db_test!(what_a_back_end_limits_the_owner_does_not_lift, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let until = app.core.clock().now().plus_seconds(20 * 86_400).millis();
    let made = boot.key.post(KEYS, json!({ "user_id": id, "expires_at": until })).await.created();
    let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
    let change = async |mut change: Json| {
        change["keyId"] = made["id"].clone();
        ann.post("/api/auth/api-key/update", change).await
    };
    for longer in [json!(null), json!(30 * 86_400)] {
        change(json!({ "expiresIn": longer })).await.refused(403, "API_KEY_LIMIT_NOT_YOURS");
    }
    change(json!({ "expiresIn": 10 * 86_400 })).await.expect(200);
    change(json!({ "expiresIn": 15 * 86_400 })).await.refused(403, "API_KEY_LIMIT_NOT_YOURS");

    boot.key.patch(&path, json!({ "enabled": false })).await.ok();
    change(json!({ "enabled": true })).await.refused(403, "API_KEY_LIMIT_NOT_YOURS");
    change(json!({ "name": "still mine" })).await.expect(200);
    assert_eq!(why(&boot, &made["key"]).await, "key_disabled");
    boot.key.patch(&path, json!({ "enabled": true, "expires_at": null })).await.ok();
    // What the owner switched off themselves, they switch on; and what has no end of the back end's, they end as they like.
    change(json!({ "enabled": false })).await.expect(200);
    change(json!({ "enabled": true, "expiresIn": 30 * 86_400 })).await.expect(200);
    assert_eq!(why(&boot, &made["key"]).await, "good");
});

db_test!(a_key_that_ends_with_its_owners_access_is_told_of, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let key = ann.post("/api/auth/api-key/create", json!({})).await.ok();
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    boot.admin
        .post("/api/auth/admin/set-user-password", json!({ "userId": id, "newPassword": "another long enough one" }))
        .await
        .expect(200);
    assert_eq!(why(&boot, &key["key"]).await, "key_disabled");
    assert_eq!(app.events_of(EventKind::ApiKeyRevoked).await.len(), 1);
});

db_test!(what_an_administrator_made_for_others_is_good_while_they_are_one, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let set = async |role: &str| {
        boot.admin.post("/api/auth/admin/set-role", json!({ "userId": id, "role": role })).await.expect(200);
    };
    set("admin").await;
    let ann = app.signed_in("ann@example.com").await;
    let others = ann.post(KEYS, json!({ "organization_id": boot.organization_id })).await.created();
    let own = ann.post(KEYS, json!({ "user_id": id })).await.created();
    assert_eq!(why(&boot, &others["key"]).await, "good");
    set("user").await;
    assert_eq!(why(&boot, &others["key"]).await, "key_disabled");
    assert_eq!(why(&boot, &own["key"]).await, "good", "one's own is as good as oneself");
});

// The organization may go at the very moment at which a key is made for it.
db_test!(a_key_of_an_organization_that_goes_is_made_before_or_not_at_all, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    for n in 0..8 {
        let made = boot.key.post("/v1/organizations", json!({ "name": format!("Org {n}") })).await.created();
        let (id, path) = (&made["id"], format!("/v1/organizations/{}", made["id"].as_str().unwrap()));
        let ask = || boot.key.post(KEYS, json!({ "organization_id": id }));
        let (one, gone, other) = tokio::join!(ask(), boot.key.delete(&path), ask());
        assert_eq!(gone.status, 204, "{gone:?}");
        for answer in [one, other] {
            assert!(answer.status == 201 || answer.status == 404, "{answer:?}");
        }
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys").await, 0, "none is left");
});
