//! What a provider lets us do in somebody's name: given to them alone, replaced in time, once.

use super::through_acme;
use crate::support::*;

async fn signed_in(app: &App, issuer: &Issuer) -> (Client, String) {
    let browser = app.client();
    assert_eq!(through_acme(&browser, issuer, &subject("ann-1", "ann@acme.example", true)).await, "/in");
    let id = browser.get("/api/auth/list-accounts").await.ok()[0]["id"].as_str().unwrap().to_owned();
    (browser, id)
}

db_test!(tokens_are_given_to_their_owner_and_replaced_in_time, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let (ann, id) = signed_in(&app, &issuer).await;
    let path = "/api/auth/get-access-token";
    let got = ann.post(path, json!({ "accountId": id })).await.expect(200);
    assert_eq!(got.header("cache-control"), Some("no-store"));
    let first = got["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(got["scopes"], json!(["openid", "email", "profile"]));
    assert!(first.starts_with("access-") && got["idToken"].is_string() && got["accessTokenExpiresAt"].is_string());
    // In the words of the older generation.
    for older in [json!({ "providerId": "acme" }), json!({ "providerId": "acme", "accountId": "ann-1" })] {
        assert_eq!(ann.post(path, older).await.ok()["accessToken"], json!(first));
    }
    for odd in [json!({ "accountId": id, "more": 1 }), json!({}), json!({ "accountId": id, "useAccountCookie": true })]
    {
        ann.post(path, odd).await.refused(400, "VALIDATION_ERROR");
    }
    for none in [json!({ "accountId": "acct_none" }), json!({ "useAccountCookie": true })] {
        ann.post(path, none).await.refused(400, "ACCOUNT_NOT_FOUND");
    }
    for none in ["x", "credential"] {
        ann.post(path, json!({ "providerId": none })).await.refused(400, "PROVIDER_NOT_SUPPORTED");
    }
    // Nobody else's, whatever they say of themselves.
    let bob = app.signed_up_as("bob@acme.example").await;
    let user_id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    bob.post(path, json!({ "accountId": id, "userId": user_id })).await.refused(400, "ACCOUNT_NOT_FOUND");
    app.client().post(path, json!({ "accountId": id, "userId": user_id })).await.refused(401, "UNAUTHORIZED");
    let own = bob.get("/api/auth/list-accounts").await.ok()[0]["id"].clone();
    bob.post(path, json!({ "accountId": own })).await.refused(400, "PROVIDER_NOT_SUPPORTED");

    // Four seconds before its end it is replaced.
    app.clock.advance(3597);
    let second = ann.post(path, json!({ "accountId": id })).await.ok()["accessToken"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let refreshed = ann.post("/api/auth/refresh-token", json!({ "accountId": id })).await.ok();
    assert_ne!(refreshed["accessToken"], json!(second));
    assert_eq!((&refreshed["providerId"], &refreshed["accountId"]), (&json!("acme"), &json!(id)));
    assert_eq!(refreshed["scope"], "openid,email,profile");
    let older = ann.post("/api/auth/refresh-token", json!({ "providerId": "acme" })).await.ok();
    assert_eq!(older["accountId"], "ann-1");

    // The provider takes it back.
    issuer.forget();
    ann.post("/api/auth/refresh-token", json!({ "accountId": id }))
        .await
        .refused(400, "FAILED_TO_REFRESH_ACCESS_TOKEN");
    app.clock.advance(3700);
    ann.post(path, json!({ "accountId": id })).await.refused(400, "FAILED_TO_GET_ACCESS_TOKEN");
});

// GHSA-392p-2q2v-4372, from the client's side: a refresh token that is used twice looks stolen.
db_test!(a_refresh_token_is_used_once_however_many_ask, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let (ann, id) = signed_in(&app, &issuer).await;
    app.clock.advance(3700);
    let body = json!({ "accountId": id });
    let path = "/api/auth/get-access-token";
    let asks = (0..6).map(|_| ann.post(path, body.clone()));
    let answers = futures_util::future::join_all(asks).await;
    let tokens: Vec<Json> = answers.into_iter().map(|answer| answer.ok()["accessToken"].clone()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    let refreshes = issuer.forms().iter().filter(|form| form["grant_type"] == "refresh_token").count();
    assert_eq!(refreshes, 1);
});

db_test!(a_provider_is_asked_who_somebody_is, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    issuer.tamper(|claims| drop(claims.as_object_mut().unwrap().remove("email")));
    let (ann, id) = signed_in(&app, &issuer).await;
    assert_eq!(issuer.asked("userinfo"), 1, "what the ID token does not say is asked for");
    for query in [format!("accountId={id}"), "accountId=ann-1".to_owned(), "providerId=acme".to_owned()] {
        let info = ann.get(&format!("/api/auth/account-info?{query}")).await.ok();
        assert_eq!(info["user"]["email"], "ann@acme.example");
        assert_eq!(info["account"], json!({ "id": id, "providerId": "acme", "accountId": "ann-1" }));
        assert_eq!(info["data"]["name"], "Ann Lee");
    }
    app.client().get(&format!("/api/auth/account-info?accountId={id}")).await.refused(401, "UNAUTHORIZED");
});

db_test!(who_acts_as_somebody_gets_nothing_of_theirs, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let boot = app.boot("Acme", None).await;
    let (ann, id) = signed_in(&app, &issuer).await;
    let user_id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.admin.post("/api/auth/admin/impersonate-user", json!({ "userId": user_id })).await.expect(200);
    let acting = &boot.admin;
    for (path, body) in [
        ("/api/auth/get-access-token", json!({ "accountId": id })),
        ("/api/auth/refresh-token", json!({ "accountId": id })),
        ("/api/auth/unlink-account", json!({ "accountId": id })),
        ("/api/auth/link-social", json!({ "provider": "acme" })),
        ("/api/auth/oauth2/link", json!({ "providerId": "acme" })),
    ] {
        acting.post(path, body).await.expect(403);
    }
    acting.get(&format!("/api/auth/account-info?accountId={id}")).await.expect(403);
});

/// GitHub's way: no ID token, no discovery, addresses from a list of their own.
fn like_github() -> Options {
    with_provider(|provider| {
        let base = provider.discovery_url.clone().expect("a document");
        let base = base.trim_end_matches("/.well-known/openid-configuration").to_owned();
        let mut known = auth_core::settings::SocialProvider::known("github", "", CLIENT, provider.proof.clone())
            .expect("a known provider");
        "acme".clone_into(&mut known.id);
        known.authorization_url = Some(format!("{base}/authorize"));
        known.token_url = Some(format!("{base}/token"));
        known.userinfo_url = Some(format!("{base}/userinfo"));
        known.trusted = true;
        *provider = known;
    })
}

db_test!(a_provider_without_id_tokens_is_asked, like_github(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let octocat = json!({ "sub": "-", "id": 42, "login": "octocat", "email": "cat@acme.example", "avatar_url": "https://i.example/c" });
    assert_eq!(through_acme(&browser, &issuer, &octocat).await, "/in");
    let session = browser.get("/api/auth/get-session").await.ok();
    assert_eq!((&session["user"]["name"], &session["user"]["email"]), (&json!("octocat"), &json!("cat@acme.example")));
    assert_eq!(session["user"]["emailVerified"], false, "no list said that it is proven");
    assert_eq!(browser.get("/api/auth/list-accounts").await.ok()[0]["accountId"], "42");
    assert_eq!((issuer.asked("document"), issuer.asked("jwks")), (0, 0));
});
