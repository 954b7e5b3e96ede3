//! API keys: Better Auth's plugin `api-key`, and what stands for a session by one.

use auth_core::clock::{Clock as _, Timestamp};
use auth_core::outbox::EventKind;

use super::*;
use crate::support::*;

const CREATE: &str = "/api/auth/api-key/create";
const UPDATE: &str = "/api/auth/api-key/update";
const LIST: &str = "/api/auth/api-key/list";
const DELETE: &str = "/api/auth/api-key/delete";
const SESSION: &str = "/api/auth/get-session";

fn on() -> Options {
    Options::default().settings(|s| s.methods.api_key.enabled = true)
}

fn as_session() -> Options {
    on().settings(|s| s.methods.api_key.enable_session = true)
}

async fn made(client: &Client, body: Json) -> (String, String) {
    let made = client.post(CREATE, body).await.ok();
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (text("id"), text("key"))
}

async fn id_of(client: &Client) -> String {
    client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned()
}

fn by_key(app: &App, key: &str) -> Client {
    app.http().with("x-api-key", key)
}

async fn enters(app: &App, key: &str) -> u16 {
    by_key(app, key).get(SESSION).await.status
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    for path in [CREATE, UPDATE, DELETE, "/api/auth/api-key/verify", "/api/auth/api-key/delete-all-expired-api-keys"] {
        assert_eq!(ann.post(path, json!({})).await.expect(404).text, "", "{path}");
    }
    for path in [LIST, "/api/auth/api-key/get?id=x"] {
        assert_eq!(ann.get(path).await.expect(404).text, "", "{path}");
    }
    assert_eq!(enters(&app, &"x".repeat(64)).await, 200, "a header that nobody asked for means nothing");
});

db_test!(a_key_is_shown_once_in_the_shape_of_the_wire, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let made = ann.post(CREATE, json!({ "name": "k1" })).await.ok();
    let expected = [
        "configId",
        "createdAt",
        "enabled",
        "expiresAt",
        "id",
        "key",
        "lastRefillAt",
        "lastRequest",
        "metadata",
        "name",
        "permissions",
        "prefix",
        "rateLimitEnabled",
        "rateLimitMax",
        "rateLimitTimeWindow",
        "referenceId",
        "refillAmount",
        "refillInterval",
        "remaining",
        "requestCount",
        "start",
        "updatedAt",
    ];
    assert_eq!(keys(&made), expected);
    let key = made["key"].as_str().expect("a key");
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_alphabetic()), "{key}");
    assert_eq!(made["start"], key[..6]);
    assert_eq!(made["referenceId"], json!(id_of(&ann).await));
    assert_eq!(
        (&made["rateLimitEnabled"], &made["rateLimitTimeWindow"], &made["rateLimitMax"], &made["configId"]),
        (&json!(false), &json!(86_400_000), &json!(10), &json!("default"))
    );
    let id = made["id"].as_str().expect("an id");
    let read = ann.get(&format!("/api/auth/api-key/get?id={id}")).await.ok();
    let mut shown = made.clone();
    shown.as_object_mut().expect("an object").remove("key");
    assert_eq!(read, shown);
    let listed = ann.get(LIST).await;
    assert!(!listed.text.contains(key));
    assert_eq!((keys(&listed.json), &listed["total"]), (vec!["apiKeys", "total"], &json!(1)));
    let part = ann.get(&format!("{LIST}?limit=1&offset=1&sortBy=name&sortDirection=desc")).await.ok();
    assert_eq!(part, json!({ "apiKeys": [], "total": 1, "limit": 1, "offset": 1 }));
    ann.get(&format!("{LIST}?sortDirection=up")).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys WHERE LENGTH(key_hash) = 64").await, 1);
    assert_eq!(app.events_of(EventKind::ApiKeyIssued).await.len(), 1);
    app.http().post(CREATE, json!({})).await.refused(401, "UNAUTHORIZED_SESSION");
});

db_test!(what_a_key_may_be_is_bounded, on(), async |app| {
    let ann = app.signed_up("ann").await;
    for (body, code) in [
        (json!({ "expiresIn": 3600 }), "EXPIRES_IN_IS_TOO_SMALL"),
        (json!({ "expiresIn": 366 * 86_400 }), "EXPIRES_IN_IS_TOO_LARGE"),
        (json!({ "expiresIn": i64::MAX }), "EXPIRES_IN_IS_TOO_LARGE"),
        (json!({ "expiresIn": 0 }), "VALIDATION_ERROR"),
        (json!({ "expiresIn": "1" }), "VALIDATION_ERROR"),
        (json!({ "name": "" }), "INVALID_NAME_LENGTH"),
        (json!({ "name": "x".repeat(33) }), "INVALID_NAME_LENGTH"),
        (json!({ "prefix": "" }), "INVALID_PREFIX_LENGTH"),
        (json!({ "prefix": "x".repeat(33) }), "INVALID_PREFIX_LENGTH"),
        (json!({ "prefix": "a b" }), "VALIDATION_ERROR"),
        (json!({ "metadata": { "a": 1 } }), "METADATA_DISABLED"),
        (json!({ "configId": "other" }), "NO_DEFAULT_API_KEY_CONFIGURATION_FOUND"),
        (json!([]), "VALIDATION_ERROR"),
    ] {
        ann.post(CREATE, body.clone()).await.refused(400, code);
    }
    let made = ann.post(CREATE, json!({ "prefix": "ci_", "expiresIn": 86_400 })).await;
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let made = made.ok();
    assert!(made["key"].as_str().expect("a key").starts_with("ci_") && made["expiresAt"].is_string());
    assert_eq!(made["prefix"], "ci_");
    let forever = ann.post(CREATE, json!({ "expiresIn": null })).await.ok();
    assert_eq!(forever["expiresAt"], Json::Null);
});

// Null would be a way around what the operator wants.
db_test!(
    where_keys_expire_none_is_for_ever,
    on().settings(|s| s.methods.api_key.default_expires_in_days = 30),
    async |app| {
        let ann = app.signed_up("ann").await;
        let (id, _) = made(&ann, json!({ "expiresIn": null })).await;
        let month = app.clock.now().plus_seconds(30 * 86_400).millis();
        for body in [json!({ "keyId": id, "expiresIn": 86_400 }), json!({ "keyId": id, "expiresIn": null })] {
            ann.post(UPDATE, body).await.expect(200);
        }
        let shown = ann.get(&format!("/api/auth/api-key/get?id={id}")).await.ok();
        let end = Timestamp::parse(shown["expiresAt"].as_str().expect("an instant")).expect("an instant");
        assert!((month..month + 60_000).contains(&end.millis()), "{shown}");
    }
);

db_test!(
    metadata_is_taken_where_it_is_switched_on,
    on().settings(|s| s.methods.api_key.metadata = true),
    async |app| {
        let ann = app.signed_up("ann").await;
        let made = ann.post(CREATE, json!({ "metadata": { "a": 1 } })).await.ok();
        assert_eq!(made["metadata"], json!({ "a": 1 }));
        ann.post(CREATE, json!({ "metadata": "x" })).await.refused(400, "INVALID_METADATA_TYPE");
        ann.post(CREATE, json!({ "metadata": { "a": "x".repeat(17_000) } }))
            .await
            .refused(400, "API_KEY_METADATA_TOO_LARGE");
        let cleared = ann.post(UPDATE, json!({ "keyId": made["id"], "metadata": null })).await.ok();
        assert_eq!(cleared["metadata"], Json::Null);
    }
);

// CVE-2025-61928: a `userId` in a body was taken for the caller. What a server may say is another road's.
db_test!(cve_2025_61928_nobody_says_in_a_body_who_they_are, on(), async |app| {
    let (ann, eve) = (app.signed_up("ann").await, app.signed_up("eve").await);
    let victim = id_of(&ann).await;
    app.http().post(CREATE, json!({ "userId": victim })).await.refused(401, "UNAUTHORIZED_SESSION");
    app.http()
        .post(UPDATE, json!({ "keyId": "apikey_1", "userId": victim }))
        .await
        .refused(401, "UNAUTHORIZED_SESSION");
    eve.post(CREATE, json!({ "userId": victim })).await.refused(401, "UNAUTHORIZED_SESSION");
    eve.post(UPDATE, json!({ "keyId": "apikey_1", "userId": victim })).await.refused(401, "UNAUTHORIZED_SESSION");
    for (name, value) in [
        ("permissions", json!({ "files": ["read"] })),
        ("remaining", json!(5)),
        ("refillAmount", json!(5)),
        ("refillInterval", json!(5)),
        ("rateLimitEnabled", json!(false)),
        ("rateLimitTimeWindow", json!(5)),
        ("rateLimitMax", json!(5)),
    ] {
        eve.post(CREATE, json!({ name: value })).await.refused(400, "SERVER_ONLY_PROPERTY");
        eve.post(UPDATE, json!({ "keyId": "apikey_1", name: value })).await.refused(400, "SERVER_ONLY_PROPERTY");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys").await, 0);
});

// GHSA-4vcf-q4xf-f48m: what is named by its id is its owner's alone.
db_test!(somebody_elses_key_is_not_there, on(), async |app| {
    let (ann, eve) = (app.signed_up("ann").await, app.signed_up("eve").await);
    let (id, _) = made(&ann, json!({})).await;
    let get = format!("/api/auth/api-key/get?id={id}");
    eve.get(&get).await.refused(404, "KEY_NOT_FOUND");
    eve.post(UPDATE, json!({ "keyId": id, "name": "mine" })).await.refused(404, "KEY_NOT_FOUND");
    eve.post(DELETE, json!({ "keyId": id })).await.refused(404, "KEY_NOT_FOUND");
    assert_eq!(eve.get(LIST).await.ok()["total"], 0);
    ann.get(&format!("{get}&configId=other")).await.refused(404, "KEY_NOT_FOUND");
    ann.get("/api/auth/api-key/get?id=a%27b").await.refused(404, "KEY_NOT_FOUND");
    ann.post(UPDATE, json!({ "keyId": id })).await.refused(400, "NO_VALUES_TO_UPDATE");
    let named = ann.post(UPDATE, json!({ "keyId": id, "name": "mine", "expiresIn": 86_400 })).await.ok();
    assert!(named["name"] == "mine" && named["expiresAt"].is_string() && named.get("key").is_none(), "{named}");
    assert_eq!(ann.post(DELETE, json!({ "keyId": id })).await.ok(), json!({ "success": true }));
    ann.post(DELETE, json!({ "keyId": id })).await.refused(404, "KEY_NOT_FOUND");
});

db_test!(a_key_stands_for_a_session_only_where_that_is_switched_on, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let (_, key) = made(&ann, json!({})).await;
    assert_eq!(by_key(&app, &key).get(SESSION).await.ok(), Json::Null);
});

db_test!(a_key_in_the_header_stands_for_its_owners_session, as_session(), async |app| {
    let ann = app.signed_up("ann").await;
    let (id, key) = made(&ann, json!({})).await;
    let program = by_key(&app, &key);
    let seen = program.get(SESSION).await.ok();
    assert_eq!((&seen["user"]["email"], &seen["session"]["id"]), (&json!("ann@example.com"), &json!(id)));
    program.get("/api/auth/organization/list").await.expect(200);
    // Nobody has proven themselves: nothing that asks for that, and no keys by a key.
    program.get("/api/auth/list-sessions").await.refused(403, "SESSION_NOT_FRESH");
    // It reads, and opens no other door.
    for (path, body) in [
        ("delete-user", json!({ "password": PASSWORD })),
        (
            "change-password",
            json!({ "currentPassword": PASSWORD, "newPassword": "another good password", "revokeOtherSessions": true }),
        ),
        ("change-email", json!({ "newEmail": "eve@example.com" })),
        ("update-user", json!({ "name": "Eve" })),
        ("two-factor/enable", json!({ "password": PASSWORD })),
        ("revoke-sessions", json!({})),
        ("organization/create", json!({ "name": "Mine", "slug": "mine" })),
        ("scim/generate-token", json!({ "providerId": "okta" })),
    ] {
        program.post(&format!("/api/auth/{path}"), body).await.refused(403, "API_KEYS_ONLY_READ");
    }
    program.get("/api/auth/one-time-token/generate").await.expect(404);
    program.post(CREATE, json!({})).await.refused(401, "UNAUTHORIZED");
    program.post(UPDATE, json!({ "keyId": id, "expiresIn": null })).await.refused(401, "UNAUTHORIZED");
    program.post(DELETE, json!({ "keyId": id })).await.refused(401, "UNAUTHORIZED");
    // A header that is no good is not made up for by a cookie.
    let both = ann.clone().with("x-api-key", &"x".repeat(64));
    both.get(SESSION).await.refused(401, "INVALID_API_KEY");
    by_key(&app, "short").get(SESSION).await.refused(403, "INVALID_API_KEY");
    by_key(&app, &"x".repeat(64)).get("/api/auth/organization/list").await.refused(401, "INVALID_API_KEY");
    ann.post(UPDATE, json!({ "keyId": id, "enabled": false })).await.expect(200);
    program.get(SESSION).await.refused(401, "KEY_DISABLED");
});

db_test!(an_administrators_key_administers_nothing, as_session(), async |app| {
    let boot = app.boot("Acme", None).await;
    let (_, key) = made(&boot.admin, json!({})).await;
    let ann = app.signed_up("ann").await;
    let program = by_key(&app, &key);
    assert_eq!(program.get(SESSION).await.ok()["user"]["role"], "admin");
    let body = json!({ "userId": id_of(&ann).await });
    program.post("/api/auth/admin/impersonate-user", body).await.expect(403);
    program.get("/v1/users").await.expect(401);
    program.get("/v1/secret-keys").await.expect(401);
});

db_test!(time_ends_a_key, as_session(), async |app| {
    let ann = app.signed_up("ann").await;
    let (_, key) = made(&ann, json!({ "expiresIn": 86_400 })).await;
    app.clock.advance(86_399);
    assert_eq!(enters(&app, &key).await, 200);
    app.clock.advance(1);
    by_key(&app, &key).get(SESSION).await.refused(401, "KEY_EXPIRED");
});

db_test!(
    a_rate_limit_is_the_keys_own,
    as_session().settings(|s| {
        let keys = &mut s.methods.api_key;
        (keys.rate_limit_enabled, keys.rate_limit_max, keys.rate_limit_window) = (true, 3, 60);
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let (id, key) = made(&ann, json!({})).await;
        for _ in 0..3 {
            assert_eq!(enters(&app, &key).await, 200);
        }
        app.clock.advance(20);
        let refused = by_key(&app, &key).get(SESSION).await.refused(429, "RATE_LIMIT_EXCEEDED");
        assert_eq!(refused.header("retry-after"), Some("40"));
        let shown = ann.get(&format!("/api/auth/api-key/get?id={id}")).await.ok();
        assert_eq!((&shown["requestCount"], &shown["rateLimitMax"]), (&json!(3), &json!(3)));
        // Being refused does not prolong it.
        app.clock.advance(40);
        assert_eq!(enters(&app, &key).await, 200);
    }
);

db_test!(whatever_ends_all_access_ends_keys, as_session(), async |app| {
    let boot = app.boot("Acme", None).await;
    for (n, end) in ["ban", "lock"].into_iter().enumerate() {
        let ann = app.signed_up(&format!("ann{n}")).await;
        let (id, (_, key)) = (id_of(&ann).await, made(&ann, json!({})).await);
        assert_eq!(enters(&app, &key).await, 200);
        boot.key.post(&format!("/v1/users/{id}/{end}"), json!({})).await.expect(200);
        by_key(&app, &key).get(SESSION).await.refused(401, "KEY_DISABLED");
        // What was ended stays ended.
        boot.key.post(&format!("/v1/users/{id}/un{end}"), json!({})).await.expect(200);
        by_key(&app, &key).get(SESSION).await.refused(401, "KEY_DISABLED");
        assert_eq!(app.events_of(EventKind::ApiKeyRevoked).await.len(), n + 1, "{end}");
    }
    let ben = app.signed_up("ben").await;
    let (id, (key_id, key)) = (id_of(&ben).await, made(&ben, json!({})).await);
    let change = json!({ "email_address": "ben2@example.com" });
    boot.key.patch(&format!("/v1/users/{id}"), change).await.expect(200);
    assert_eq!(enters(&app, &key).await, 401, "another address is another mailbox");
    let ben = app.signed_in("ben2@example.com").await;
    let shown = ben.get(&format!("/api/auth/api-key/get?id={key_id}")).await.ok();
    assert_eq!(shown["enabled"], false);
    let switched = ben.post(UPDATE, json!({ "keyId": key_id, "enabled": true })).await.ok();
    assert_eq!(switched["enabled"], false, "nothing brings it back");
    assert_eq!(enters(&app, &key).await, 401);
    let (_, key) = made(&ben, json!({})).await;
    boot.key.delete(&format!("/v1/users/{id}")).await.expect(204);
    assert_eq!(enters(&app, &key).await, 401);
    assert_eq!(app.count("SELECT COUNT(*) FROM api_keys WHERE user_id IS NOT NULL").await, 2);
});

db_test!(a_changed_password_keeps_keys_with_the_sessions_and_ends_them_with_these, as_session(), async |app| {
    let ann = app.signed_up("ann").await;
    let (_, key) = made(&ann, json!({})).await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a better staple 42" });
    ann.post("/api/auth/change-password", body).await.expect(200);
    assert_eq!(enters(&app, &key).await, 200);
    let body = json!({ "currentPassword": "a better staple 42", "newPassword": PASSWORD, "revokeOtherSessions": true });
    ann.post("/api/auth/change-password", body).await.expect(200);
    by_key(&app, &key).get(SESSION).await.refused(401, "KEY_DISABLED");
});

db_test!(the_first_proof_of_a_mailbox_ends_keys_that_were_made_before, as_session().every_method(), async |app| {
    // Whoever signed up with somebody else's address made a key.
    let eve = app.signed_up_as("ann@example.com").await;
    let (_, key) = made(&eve, json!({})).await;
    assert_eq!(enters(&app, &key).await, 200);
    let ann = app.client();
    ann.post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"http\S+magic-link/verify\S+").await;
    ann.get(&path_of(&app, &link)).await;
    assert!(is_signed_in(&ann).await && !is_signed_in(&eve).await);
    by_key(&app, &key).get(SESSION).await.refused(401, "KEY_DISABLED");
});

db_test!(who_acts_as_somebody_makes_changes_and_removes_no_keys, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let (id, _) = made(&ann, json!({})).await;
    boot.admin.post("/api/auth/admin/impersonate-user", json!({ "userId": id_of(&ann).await })).await.expect(200);
    boot.admin.post(CREATE, json!({})).await.refused(403, "NOT_WHILE_IMPERSONATING");
    boot.admin.post(UPDATE, json!({ "keyId": id, "enabled": false })).await.refused(403, "NOT_WHILE_IMPERSONATING");
    boot.admin.post(DELETE, json!({ "keyId": id })).await.refused(403, "NOT_WHILE_IMPERSONATING");
    assert_eq!(boot.admin.get(LIST).await.ok()["total"], 1);
    assert_eq!(app.events_of(EventKind::SessionImpersonationRefused).await.len(), 3);
});
