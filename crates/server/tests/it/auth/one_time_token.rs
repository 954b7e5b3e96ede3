//! Tokens by which a session goes on elsewhere.

use super::*;
use crate::support::*;

const GENERATE: &str = "/api/auth/one-time-token/generate";
const VERIFY: &str = "/api/auth/one-time-token/verify";

fn on() -> Options {
    Options::default().settings(|s| s.methods.one_time_token.enabled = true)
}

async fn token(client: &Client) -> String {
    client.get(GENERATE).await.ok()["token"].as_str().unwrap().to_owned()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    assert_eq!(ann.get(GENERATE).await.expect(404).text, "");
    assert_eq!(ann.post(VERIFY, json!({})).await.expect(404).text, "");
});

db_test!(a_token_opens_a_session_once, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let token = token(&ann).await;
    let elsewhere = app.client();
    let answer = elsewhere.post(VERIFY, json!({ "token": token })).await.ok();
    assert_eq!(keys(&answer), ["session", "user"]);
    assert_eq!(answer["user"]["email"], "ann@example.com");
    assert!(is_signed_in(&elsewhere).await && is_signed_in(&ann).await);
    let again = app.client().post(VERIFY, json!({ "token": token })).await.expect(400);
    assert_eq!(again.json, json!({ "message": "Invalid token" }));
    app.http().get(GENERATE).await.refused(401, "UNAUTHORIZED");
    app.http().post(VERIFY, json!({})).await.refused(400, "VALIDATION_ERROR");
});

db_test!(a_token_ends_with_its_session_and_with_time, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let late = token(&ann).await;
    app.clock.advance(181);
    let answer = app.client().post(VERIFY, json!({ "token": late })).await.expect(400);
    assert_eq!(answer.json, json!({ "message": "Invalid token" }));
    let left = token(&ann).await;
    ann.post("/api/auth/sign-out", json!({})).await.expect(200);
    let answer = app.client().post(VERIFY, json!({ "token": left })).await.expect(400);
    assert_eq!(answer.json, json!({ "message": "Session not found" }));
});

db_test!(what_comes_from_a_session_is_no_fresher_than_it, on(), async |app| {
    let ann = app.signed_up("ann").await;
    app.clock.advance(24 * 3600 + 1);
    ann.post("/api/auth/delete-user", json!({})).await.refused(400, "SESSION_EXPIRED");
    let elsewhere = app.client();
    elsewhere.post(VERIFY, json!({ "token": token(&ann).await })).await.expect(200);
    elsewhere.post("/api/auth/delete-user", json!({})).await.refused(400, "SESSION_EXPIRED");
    assert!(is_signed_in(&elsewhere).await);
});

db_test!(a_changed_password_voids_tokens, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let token = token(&ann).await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "a better staple 42", "revokeOtherSessions": true });
    ann.post("/api/auth/change-password", body).await.expect(200);
    app.client().post(VERIFY, json!({ "token": token })).await.expect(400);
});

db_test!(of_many_who_bring_a_token_at_once_one_gets_in, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let token = token(&ann).await;
    let all = futures_util::future::join_all((0..6).map(|_| {
        let (client, token) = (app.http(), token.clone());
        async move { client.post(VERIFY, json!({ "token": token })).await.status }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
});
