//! Devices that wait for somebody to let them in elsewhere (RFC 8628).

use auth_core::outbox::EventKind;

use super::*;
use crate::support::*;

const CODE: &str = "/api/auth/device/code";
const TOKEN: &str = "/api/auth/device/token";
const LOOK: &str = "/api/auth/device";
const APPROVE: &str = "/api/auth/device/approve";
const DENY: &str = "/api/auth/device/deny";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn on() -> Options {
    Options::default().settings(|s| {
        s.methods.device.enabled = true;
        s.methods.device.client_ids = vec!["cli".to_owned(), "tv".to_owned()];
    })
}

/// The codes of a device that waits: its own, and the one that it shows.
async fn waiting(app: &App) -> (String, String) {
    let codes = app.http().post(CODE, json!({ "client_id": "cli", "scope": "a b" })).await.ok();
    let text = |name: &str| codes[name].as_str().expect("a code").to_owned();
    (text("device_code"), text("user_code"))
}

async fn poll(app: &App, device_code: &str) -> Answer {
    app.http().post(TOKEN, json!({ "grant_type": GRANT, "client_id": "cli", "device_code": device_code })).await
}

async fn look(client: &Client, user_code: &str) -> Answer {
    client.get(&format!("{LOOK}?user_code={user_code}")).await
}

#[track_caller]
fn told(answer: Answer, status: u16, error: &str) {
    let answer = answer.expect(status);
    assert_eq!(answer["error"], error, "{}", answer.text);
    assert!(answer["error_description"].is_string(), "{}", answer.text);
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    assert_eq!(ann.get(LOOK).await.expect(404).text, "");
    for path in [CODE, TOKEN, APPROVE, DENY] {
        assert_eq!(ann.post(path, json!({})).await.expect(404).text, "");
    }
});

db_test!(a_device_gets_a_session_of_who_lets_it_in, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let answer = app.http().post(CODE, json!({ "client_id": "cli", "scope": "a b" })).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let codes = answer.json;
    assert_eq!((&codes["expires_in"], &codes["interval"]), (&json!(1800), &json!(5)));
    assert_eq!(codes["verification_uri"], format!("{}/device", app.base));
    let (device_code, user_code) = (codes["device_code"].as_str().unwrap(), codes["user_code"].as_str().unwrap());
    assert_eq!((device_code.len(), user_code.len()), (40, 8));
    assert!(user_code.bytes().all(|b| b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789".contains(&b)), "{user_code}");
    assert_eq!(codes["verification_uri_complete"], format!("{}/device?user_code={user_code}", app.base));

    told(poll(&app, device_code).await, 400, "authorization_pending");
    // As people type.
    let typed = format!("{}-{}", user_code[..4].to_lowercase(), &user_code[4..]);
    let shown = look(&ann, &typed).await.ok();
    assert_eq!(shown, json!({ "user_code": typed, "status": "pending", "client_id": "cli", "scope": "a b" }));
    assert_eq!(ann.post(APPROVE, json!({ "userCode": typed })).await.ok(), json!({ "success": true }));
    app.clock.advance(6);
    let got = poll(&app, device_code).await.expect(200);
    assert_eq!(got.header("cache-control"), Some("no-store"));
    assert_eq!(keys(&got.json), ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((&got["token_type"], &got["scope"]), (&json!("Bearer"), &json!("a b")));
    assert!(got.set_cookies().is_empty());
    let device = app.http().bearer(got["access_token"].as_str().unwrap());
    assert_eq!(device.get("/api/auth/get-session").await.ok()["user"]["email"], "ann@example.com");
    assert_eq!(app.events_of(EventKind::SessionCreated).await.last().unwrap().payload["method"], "device");
    // Once.
    app.clock.advance(60);
    told(poll(&app, device_code).await, 400, "invalid_grant");
});

db_test!(codes_are_hashed, on(), async |app| {
    let (device_code, user_code) = waiting(&app).await;
    let stored: Vec<String> = app
        .look(async |db| {
            let sql = "SELECT device_code_hash || ' ' || user_code_hash FROM device_codes";
            auth_core::db::all(db, sql, []).await?.iter().map(|row| row.get(0)).collect()
        })
        .await;
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].contains(&device_code) && !stored[0].contains(&user_code));
});

db_test!(of_many_polls_at_once_one_gets_the_session, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    ann.post(APPROVE, json!({ "userCode": user_code })).await.expect(200);
    let all = futures_util::future::join_all((0..6).map(|_| poll(&app, &device_code))).await;
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
});

db_test!(impatience_is_counted, on(), async |app| {
    let (device_code, _) = waiting(&app).await;
    told(poll(&app, &device_code).await, 400, "authorization_pending");
    told(poll(&app, &device_code).await, 400, "slow_down");
    // Five seconds are not enough any more.
    app.clock.advance(6);
    told(poll(&app, &device_code).await, 400, "slow_down");
    app.clock.advance(16);
    told(poll(&app, &device_code).await, 400, "authorization_pending");
});

db_test!(only_who_claimed_a_request_decides_about_it_once, on(), async |app| {
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let (device_code, user_code) = waiting(&app).await;
    let body = json!({ "userCode": user_code });
    told(app.http().post(APPROVE, body.clone()).await, 401, "unauthorized");
    // Not before they have looked at it, and looking without a session claims nothing.
    assert_eq!(look(&app.http(), &user_code).await.ok(), json!({ "user_code": user_code, "status": "pending" }));
    told(ann.post(APPROVE, body.clone()).await, 400, "invalid_request");
    look(&ann, &user_code).await.expect(200);
    // Somebody else learns nothing and decides nothing (GHSA-cq3f-vc6p-68fh).
    assert_eq!(look(&bob, &user_code).await.ok(), json!({ "user_code": user_code, "status": "pending" }));
    told(bob.post(APPROVE, body.clone()).await, 403, "access_denied");
    told(bob.post(DENY, body.clone()).await, 403, "access_denied");
    ann.post(DENY, body.clone()).await.expect(200);
    told(ann.post(APPROVE, body).await, 400, "invalid_request");
    told(poll(&app, &device_code).await, 400, "access_denied");
    app.clock.advance(60);
    told(poll(&app, &device_code).await, 400, "invalid_grant");
    told(look(&ann, "ABCDEFGH").await, 400, "invalid_request");
});

db_test!(codes_expire, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    app.clock.advance(1801);
    told(look(&ann, &user_code).await, 400, "expired_token");
    told(ann.post(APPROVE, json!({ "userCode": user_code })).await, 400, "expired_token");
    told(poll(&app, &device_code).await, 400, "expired_token");
});

db_test!(a_code_is_its_clients_alone, on(), async |app| {
    told(app.http().post(CODE, json!({ "client_id": "evil" })).await, 400, "invalid_client");
    told(app.http().post(CODE, json!({})).await, 400, "invalid_request");
    told(app.http().post(CODE, json!({ "client_id": "cli", "scope": "a\"b" })).await, 400, "invalid_scope");
    let (device_code, _) = waiting(&app).await;
    let body =
        |client: &str, grant: &str| json!({ "grant_type": grant, "client_id": client, "device_code": device_code });
    told(app.http().post(TOKEN, body("tv", GRANT)).await, 400, "invalid_grant");
    told(app.http().post(TOKEN, body("evil", GRANT)).await, 400, "invalid_client");
    told(app.http().post(TOKEN, body("cli", "password")).await, 400, "unsupported_grant_type");
    told(app.http().post(TOKEN, json!({ "grant_type": GRANT })).await, 400, "invalid_request");
    // A form, as RFC 8628 has it.
    let form = format!("grant_type={GRANT}&client_id=cli&device_code={device_code}").into_bytes();
    let answer = app.http().media("application/x-www-form-urlencoded").send("POST", TOKEN, Some(form), &[]).await;
    told(answer, 400, "authorization_pending");
});

db_test!(what_ends_access_ends_an_approval_that_waits, on(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    ann.post(APPROVE, json!({ "userCode": user_code })).await.expect(200);
    let change =
        json!({ "currentPassword": PASSWORD, "newPassword": "a better staple 42", "revokeOtherSessions": true });
    ann.post("/api/auth/change-password", change).await.expect(200);
    told(poll(&app, &device_code).await, 400, "access_denied");
    // And the ban of who let it in.
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    ann.post(APPROVE, json!({ "userCode": user_code })).await.expect(200);
    boot.key.post(&format!("/v1/users/{id}/ban"), json!({})).await.expect(200);
    told(poll(&app, &device_code).await, 400, "access_denied");
    boot.key.post(&format!("/v1/users/{id}/unban"), json!({})).await.expect(200);
    app.clock.advance(60);
    told(poll(&app, &device_code).await, 400, "invalid_grant");
});

db_test!(a_devices_session_is_no_fresher_than_who_let_it_in, on(), async |app| {
    let ann = app.signed_up("ann").await;
    app.clock.advance(24 * 3600 + 1);
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    ann.post(APPROVE, json!({ "userCode": user_code })).await.expect(200);
    let got = poll(&app, &device_code).await.ok();
    let device = app.http().bearer(got["access_token"].as_str().unwrap());
    device.post("/api/auth/delete-user", json!({})).await.refused(400, "SESSION_EXPIRED");
});

db_test!(nobody_lets_a_device_in_for_whom_they_act_as, on(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    boot.admin.post("/api/auth/admin/impersonate-user", json!({ "userId": id })).await.expect(200);
    let refused = "not_while_impersonating";
    told(look(&boot.admin, &user_code).await, 403, refused);
    told(boot.admin.post(APPROVE, json!({ "userCode": user_code })).await, 403, refused);
    told(boot.admin.post(DENY, json!({ "userCode": user_code })).await, 403, refused);
    told(poll(&app, &device_code).await, 400, "authorization_pending");
    assert_eq!(app.events_of(EventKind::SessionImpersonationRefused).await.len(), 3);
});

db_test!(an_approval_ends_with_the_session_that_gave_it, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let elsewhere = app.signed_in("ann@example.com").await;
    let (device_code, user_code) = waiting(&app).await;
    look(&ann, &user_code).await.expect(200);
    ann.post(APPROVE, json!({ "userCode": user_code })).await.expect(200);
    ann.post("/api/auth/sign-out", json!({})).await.expect(200);
    told(poll(&app, &device_code).await, 400, "access_denied");
    elsewhere.get("/api/auth/get-session").await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE method = 'device'").await, 0);
});
