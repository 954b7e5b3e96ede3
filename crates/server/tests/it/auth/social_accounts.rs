//! Adding an account of another service to one's own, taking it away, and coming in by an ID token.

use auth_core::outbox::EventKind;

use super::{back, is_signed_in, through_acme};
use crate::support::*;

/// Begins to add an account; where the browser goes.
async fn linking(client: &Client) -> String {
    let body = json!({ "provider": "acme", "callbackURL": "/in", "errorCallbackURL": "/failed" });
    client.post("/api/auth/link-social", body).await.ok()["url"].as_str().expect("an address").to_owned()
}

db_test!(an_account_is_added_and_taken_away, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let ann = app.proven("ann@acme.example").await;
    let none = ann.get("/api/auth/list-accounts").await.ok();
    let only = none[0]["id"].clone();
    ann.post("/api/auth/unlink-account", json!({ "accountId": only }))
        .await
        .refused(400, "FAILED_TO_UNLINK_LAST_ACCOUNT");
    let url = linking(&ann).await;
    let query = issuer.agree(&url, &subject("ann-1", "ann@acme.example", true));
    assert_eq!(back(&ann, &query).await, "/in");
    let accounts = ann.get("/api/auth/list-accounts").await.ok();
    assert_eq!((accounts.as_array().unwrap().len(), &accounts[1]["providerId"]), (2, &json!("acme")));
    let linked = app.events_of(EventKind::AccountLinked).await;
    assert!(linked[0].actor.starts_with("user:"), "whoever was signed in did it: {}", linked[0].actor);

    // It is a way in, and adding it again changes nothing.
    assert_eq!(through_acme(&app.client(), &issuer, &subject("ann-1", "ann@acme.example", true)).await, "/in");
    let url = linking(&ann).await;
    assert_eq!(back(&ann, &issuer.agree(&url, &subject("ann-1", "ann@acme.example", true))).await, "/in");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 2);

    // A stranger's id is nobody's.
    let bob = app.proven("bob@acme.example").await;
    assert_eq!(through_acme(&app.client(), &issuer, &subject("bob-1", "bob@acme.example", true)).await, "/in");
    let acme = accounts[1]["id"].clone();
    bob.post("/api/auth/unlink-account", json!({ "accountId": acme })).await.refused(400, "ACCOUNT_NOT_FOUND");
    ann.post("/api/auth/unlink-account", json!({ "accountId": acme })).await.expect(200);
    assert_eq!(app.events_of(EventKind::AccountUnlinked).await.len(), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM account_tokens").await, 1, "Bob's alone");
    ann.post("/api/auth/unlink-account", json!({ "providerId": "credential" }))
        .await
        .refused(400, "FAILED_TO_UNLINK_LAST_ACCOUNT");
    // In the words of the older generation.
    let body = json!({ "providerId": "acme", "accountId": "bob-1" });
    assert_eq!(bob.post("/api/auth/unlink-account", body).await.ok()["status"], true);
});

db_test!(of_two_who_take_away_the_last_two_one_does, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let ann = app.signed_up_as("ann@acme.example").await;
    let url = linking(&ann).await;
    back(&ann, &issuer.agree(&url, &subject("ann-1", "ann@acme.example", true))).await;
    let (one, two) = (json!({ "providerId": "acme" }), json!({ "providerId": "credential" }));
    let (one, two) =
        futures_util::join!(ann.post("/api/auth/unlink-account", one), ann.post("/api/auth/unlink-account", two));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
});

db_test!(an_account_is_added_to_whoever_asked_and_is_still_there, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let ann = app.signed_up_as("ann@acme.example").await;
    let her = subject("ann-1", "ann@acme.example", true);
    // Another address.
    let url = linking(&ann).await;
    let query = issuer.agree(&url, &subject("eve-1", "eve@acme.example", true));
    assert_eq!(back(&ann, &query).await, "/failed?error=email_does_not_match");
    // Signed out meanwhile.
    let url = linking(&ann).await;
    let state = ann.cookie("better-auth.state").unwrap();
    ann.post("/api/auth/sign-out", json!({})).await.expect(200);
    ann.set_cookie("better-auth.state", &state);
    assert_eq!(back(&ann, &issuer.agree(&url, &her)).await, "/failed?error=unable_to_link_account");
    // Somebody else's.
    assert_eq!(through_acme(&app.client(), &issuer, &subject("x-1", "x@acme.example", true)).await, "/in");
    let ann = app.signed_in("ann@acme.example").await;
    let url = linking(&ann).await;
    let query = issuer.agree(&url, &subject("x-1", "ann@acme.example", true));
    assert_eq!(back(&ann, &query).await, "/failed?error=account_already_linked_to_different_user");
    // Strangers begin nothing.
    let body = json!({ "provider": "acme" });
    app.client().post("/api/auth/link-social", body).await.refused(401, "UNAUTHORIZED");
    let body = json!({ "providerId": "acme", "callbackURL": "/in" });
    app.client().post("/api/auth/oauth2/link", body.clone()).await.refused(401, "UNAUTHORIZED");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 2);
    // In the words of the older generation it works as well.
    let url = ann.post("/api/auth/oauth2/link", body).await.ok()["url"].as_str().unwrap().to_owned();
    let path = format!("/api/auth/oauth2/callback/acme?{}", issuer.agree(&url, &her));
    assert_eq!(ann.get(&path).await.expect(302).header("location"), Some("/in"));
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 3);
});

db_test!(an_app_brings_an_id_token, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let her = subject("ann-1", "ann@acme.example", true);
    let bring = async |client: &Client, token: &str, nonce: Option<&str>| {
        let mut id_token = json!({ "token": token, "accessToken": "brought" });
        if let Some(nonce) = nonce {
            id_token["nonce"] = json!(nonce);
        }
        client.post("/api/auth/sign-in/social", json!({ "provider": "acme", "idToken": id_token })).await
    };
    let browser = app.client();
    let token = issuer.id_token(&her, "n");
    let answer = bring(&browser, &token, Some("n")).await.expect(200);
    assert_eq!((&answer["redirect"], &answer["user"]["email"]), (&json!(false), &json!("ann@acme.example")));
    assert!(answer["token"].is_string() && answer.json.get("url").is_none());
    assert!(is_signed_in(&browser).await);
    bring(&browser, &token, Some("m")).await.refused(401, "INVALID_TOKEN");
    bring(&browser, "a.b.c", None).await.refused(401, "INVALID_TOKEN");
    app.clock.advance(3700);
    issuer.tamper(|claims| claims["exp"] = json!(i64::MAX / 4));
    bring(&browser, &token, Some("n")).await.refused(401, "INVALID_TOKEN");
    issuer.tamper(|claims| claims["aud"] = json!("another app"));
    bring(&browser, &issuer.id_token(&her, ""), None).await.refused(401, "INVALID_TOKEN");
    issuer.tamper(|_| ());
    app.signed_up_as("bob@acme.example").await;
    let bob = issuer.id_token(&subject("bob-1", "bob@acme.example", true), "");
    bring(&browser, &bob, None).await.refused(401, "OAUTH_LINK_ERROR");
    bring(&browser, &issuer.id_token(&json!({ "sub": "x" }), ""), None).await.refused(401, "USER_EMAIL_NOT_FOUND");

    // And adds it to their own.
    let client = app.signed_in("bob@acme.example").await;
    let link = async |token: String| {
        client.post("/api/auth/link-social", json!({ "provider": "acme", "idToken": { "token": token } })).await
    };
    assert_eq!(link(bob).await.ok(), json!({ "url": "", "redirect": false, "status": true }));
    link(issuer.id_token(&her, "")).await.refused(401, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED");
    let theirs = issuer.id_token(&subject("ann-1", "bob@acme.example", true), "");
    link(theirs).await.refused(409, "SOCIAL_ACCOUNT_ALREADY_LINKED");
});

// Otherwise a stranger who took the address would have a way in that stays when its owner proves it.
db_test!(nothing_is_added_to_an_address_that_nobody_has_proven, with_provider(|_| ()), async |app| {
    let issuer = Issuer::open(&app);
    let attacker = app.signed_up_as("victim@acme.example").await;
    let url = linking(&attacker).await;
    let query = issuer.agree(&url, &subject("evil-1", "victim@acme.example", true));
    let landed = back(&attacker, &query).await;
    assert!(landed.contains("error=unable_to_link_account"), "{landed}");
    assert_eq!(attacker.get("/api/auth/list-accounts").await.ok().as_array().unwrap().len(), 1);
});
