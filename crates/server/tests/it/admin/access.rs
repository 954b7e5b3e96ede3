//! Who gets in: keys, sessions by header and by cookie, and from which pages.

use super::{problem, within};
use crate::support::*;

db_test!(a_session_is_taken_by_cookie_and_by_header, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.admin.get("/v1/users/count").await.ok();
    let token = boot.admin.get("/api/auth/get-session").await.ok()["session"]["token"].as_str().unwrap().to_owned();
    app.http().bearer(&token).get("/v1/users/count").await.ok();
    app.http().bearer(&token).post("/v1/organizations", json!({"name": "By header"})).await.created();
    boot.admin.post("/api/auth/sign-out", json!({})).await.ok();
    problem(app.http().bearer(&token).get("/v1/users/count").await, 401, "unauthenticated");
    problem(boot.admin.get("/v1/users/count").await, 401, "unauthenticated");
});

db_test!(a_change_by_cookie_must_come_from_our_own_pages, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"name": "Forged"});
    for origin in ["https://evil.example", "null", ""] {
        let forged = boot.admin.clone().with("origin", origin);
        problem(forged.post("/v1/organizations", body.clone()).await, 403, "invalid_origin");
        problem(forged.patch(&within(&boot, ""), body.clone()).await, 403, "invalid_origin");
        problem(forged.delete(&within(&boot, "")).await, 403, "invalid_origin");
        forged.get(&within(&boot, "")).await.ok();
    }
    assert_eq!(boot.key.get(&within(&boot, "")).await.ok()["name"], "Acme");
    boot.admin.post("/v1/organizations", body).await.created();
});

db_test!(
    an_origin_that_is_trusted_by_name_may_change_things,
    Options::default()
        .kit(|kit| kit.trusted_origins = vec!["https://console.example".into(), "https://*.wild.example".into()]),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let from = async |origin: &str| {
            boot.admin.clone().with("origin", origin).post("/v1/organizations", json!({"name": "X"})).await.status
        };
        assert_eq!(from("https://console.example").await, 201);
        assert_eq!(from("https://a.wild.example").await, 403);
    }
);

db_test!(somebody_without_a_right_anywhere_is_told_so, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    for path in ["/v1/users", "/v1/users/count", "/v1/organizations", "/v1/events", "/v1/secret-keys", "/v1/sessions"] {
        problem(ann.get(path).await, 403, "forbidden");
    }
    problem(ann.get(&format!("/v1/users/{}", boot.user_id)).await, 403, "forbidden");
    problem(ann.post("/v1/users", json!({"email_address": "x@x.example"})).await, 403, "forbidden");
    problem(ann.post("/v1/organizations", json!({"name": "Mine"})).await, 403, "forbidden");
    problem(ann.post("/v1/secret-keys", json!({"name": "Mine"})).await, 403, "forbidden");
});
