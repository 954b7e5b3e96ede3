//! Signing in by a link that is mailed.

use super::*;
use crate::support::*;

const SEND: &str = "/api/auth/sign-in/magic-link";
const PATTERN: &str = r"(http://\S+/api/auth/magic-link/verify\S+)";

fn on() -> Options {
    Options::default().settings(|s| s.methods.magic_link.enabled = true)
}

/// Asks for a link; its path.
async fn link(app: &App, body: Json) -> String {
    let email = body["email"].as_str().unwrap().to_lowercase();
    let before = app.mail().to(&email).len();
    assert_eq!(app.http().post(SEND, body).await.ok(), json!({ "status": true }));
    while app.mail().to(&email).len() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    path_of(app, &app.mail().wait(&email, PATTERN).await)
}

/// The same link without where it leads.
fn bare(link: &str) -> &str {
    link.split("&callbackURL").next().unwrap()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    for (method, path) in [("POST", SEND), ("GET", "/api/auth/magic-link/verify?token=x")] {
        let body = (method == "POST").then(|| b"{}".to_vec());
        let answer = app.http().send(method, path, body, &[]).await.expect(404);
        assert_eq!(answer.text, "");
    }
    let methods = &app.http().get("/v1/instance").await.ok()["methods"];
    assert_eq!(methods["magic_link"], json!({ "enabled": false, "sign_up_enabled": false }));
});

db_test!(a_link_signs_in_and_is_good_once, on(), async |app| {
    app.signed_up("ann").await;
    let link = link(&app, json!({ "email": "Ann@Example.com", "callbackURL": "/in?a=b" })).await;
    assert!(link.ends_with("&callbackURL=%2Fin%3Fa%3Db"), "{link}");
    let browser = app.client();
    let answer = browser.get(&link).await.expect(302);
    assert_eq!(answer.header("location"), Some(format!("{}/in?a=b", app.base).as_str()));
    assert!(answer.set_cookies()[0].starts_with("better-auth.session_token="), "{:?}", answer.set_cookies());
    let session = browser.get("/api/auth/get-session").await.ok();
    assert_eq!(session["user"]["email"], "ann@example.com");
    assert_eq!(session["user"]["emailVerified"], true);
    let again = app.client().get(&link).await.expect(302);
    assert_eq!(again.header("location"), Some(format!("{}/in?a=b&error=INVALID_TOKEN", app.base).as_str()));
    assert!(again.set_cookies().is_empty());
    let methods = &app.http().get("/v1/instance").await.ok()["methods"];
    assert_eq!(methods["magic_link"], json!({ "enabled": true, "sign_up_enabled": true }));
});

db_test!(without_a_callback_the_answer_is_json, on(), async |app| {
    let link = link(&app, json!({ "email": "new@example.com", "name": "New", "metadata": { "a": 1 } })).await;
    assert!(link.ends_with("&callbackURL=%2F"), "{link}");
    let answer = app.http().get(bare(&link)).await.ok();
    assert_eq!(keys(&answer), ["session", "token", "user"]);
    assert_eq!(answer["session"]["token"], answer["token"]);
    assert_eq!((&answer["user"]["name"], &answer["user"]["emailVerified"]), (&json!("New"), &json!(true)));
    let mine = app.http().bearer(answer["token"].as_str().unwrap()).get("/api/auth/get-session").await.ok();
    assert_eq!(mine["user"]["email"], "new@example.com");
});

db_test!(a_new_person_is_led_elsewhere_and_an_error_too, on(), async |app| {
    let body = json!({ "email": "new@example.com", "callbackURL": "/in", "newUserCallbackURL": "/new", "errorCallbackURL": "/bad" });
    let link = link(&app, body.clone()).await;
    let to = |path: &str| format!("{}{path}", app.base);
    assert_eq!(app.client().get(&link).await.expect(302).header("location"), Some(to("/new").as_str()));
    assert_eq!(
        app.client().get(&link).await.expect(302).header("location"),
        Some(to("/bad?error=INVALID_TOKEN").as_str())
    );
    let link = self::link(&app, body).await;
    app.clock.advance(301);
    assert_eq!(
        app.client().get(&link).await.expect(302).header("location"),
        Some(to("/bad?error=INVALID_TOKEN").as_str())
    );
});

db_test!(nobody_is_led_to_strangers, on(), async |app| {
    for (field, code) in [
        ("callbackURL", "INVALID_CALLBACK_URL"),
        ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
        ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"),
    ] {
        for evil in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
            app.http().post(SEND, json!({ "email": "ann@example.com", field: evil })).await.refused(403, code);
            let path = format!("/api/auth/magic-link/verify?token=x&{field}={}", evil.replace(':', "%3A"));
            app.http().get(&path).await.refused(403, code);
        }
    }
    let foreign = app.http().with("origin", "https://evil.example");
    foreign.post(SEND, json!({ "email": "ann@example.com" })).await.refused(403, "INVALID_ORIGIN");
});

// GHSA-qq9h-g4jm-xgf3.
db_test!(the_first_link_wipes_what_a_stranger_set, on(), async |app| {
    let stranger = app.signed_up("ann").await;
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    let link = link(&app, json!({ "email": "ann@example.com" })).await;
    let owner = app.client();
    owner.get(&link).await.expect(302);
    assert!(is_signed_in(&owner).await && !is_signed_in(&stranger).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
});

db_test!(
    who_may_not_sign_up_gets_no_letter_and_the_same_answer,
    Options::default().settings(|s| {
        s.methods.magic_link.enabled = true;
        s.methods.magic_link.sign_up = false;
    }),
    async |app| {
        for email in ["nobody@example.com", "else@example.com"] {
            assert_eq!(app.http().post(SEND, json!({ "email": email })).await.ok(), json!({ "status": true }));
        }
        app.proven("bob@example.com").await;
        link(&app, json!({ "email": "bob@example.com" })).await;
        assert!(app.mail().to("nobody@example.com").is_empty());
        let methods = &app.http().get("/v1/instance").await.ok()["methods"];
        assert_eq!(methods["magic_link"], json!({ "enabled": true, "sign_up_enabled": false }));
    }
);

db_test!(who_is_banned_does_not_get_in_by_a_link, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    app.signed_up("ann").await;
    let link = link(&app, json!({ "email": "ann@example.com" })).await;
    let users = boot.key.get("/v1/users?query=ann@example.com").await.ok();
    let id = users["data"][0]["id"].as_str().unwrap().to_owned();
    boot.key.post(&format!("/v1/users/{id}/ban"), json!({})).await.expect(200);
    let answer = app.client().get(&link).await.expect(302);
    let location = answer.header("location").unwrap();
    assert!(location.contains("error="), "{location}");
    assert!(answer.set_cookies().is_empty());
    let link = self::link(&app, json!({ "email": "ann@example.com" })).await;
    let answer = app.client().get(&link).await.expect(302);
    assert!(answer.header("location").unwrap().ends_with("error=BANNED_USER"));
});

db_test!(a_changed_address_voids_links, on(), async |app| {
    app.proven("ann@example.com").await;
    let link = link(&app, json!({ "email": "ann@example.com" })).await;
    let id = app
        .core
        .read(&auth_core::Ctx::system("test"), async |rx| auth_core::users::find_by_email(rx, "ann@example.com").await)
        .await
        .unwrap()
        .unwrap()
        .id;
    app.core
        .write(&auth_core::Ctx::system("test"), async |tx| {
            auth_core::users::set_email(tx, &id, "ann@other.example", true).await
        })
        .await
        .unwrap();
    let answer = app.client().get(&link).await.expect(302);
    assert!(answer.header("location").unwrap().ends_with("error=INVALID_TOKEN"));
});

// GHSA-hc7v-rggr-4hvx.
db_test!(of_many_who_follow_a_link_at_once_one_gets_in, on(), async |app| {
    app.signed_up("ann").await;
    let link = link(&app, json!({ "email": "ann@example.com" })).await;
    let all = futures_util::future::join_all((0..8).map(|_| {
        let (client, link) = (app.http(), link.clone());
        async move { client.get(bare(&link)).await.status }
    }))
    .await;
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 1, "{all:?}");
});

db_test!(bad_input_is_told_so, on(), async |app| {
    for body in
        [json!({}), json!({ "email": "no" }), json!({ "email": 1 }), json!({ "email": "a@b.co", "metadata": 1 })]
    {
        app.http().post(SEND, body).await.refused(400, "VALIDATION_ERROR");
    }
    app.http().post(SEND, json!({ "email": "a@b.co", "name": "x".repeat(300) })).await.refused(400, "INVALID_NAME");
    app.http().get("/api/auth/magic-link/verify").await.refused(400, "VALIDATION_ERROR");
    app.http().get("/api/auth/magic-link/verify?token=%00").await.refused(400, "VALIDATION_ERROR");
});

db_test!(links_are_asked_for_five_times_a_minute, on().limited(), async |app| {
    for _ in 0..5 {
        app.http().post(SEND, json!({ "email": "ann@example.com" })).await.expect(200);
    }
    app.http().post(SEND, json!({ "email": "ann@example.com" })).await.expect(429);
});

db_test!(a_link_from_before_the_account_is_nobodys_then, on(), async |app| {
    let first = link(&app, json!({ "email": "new@example.com" })).await;
    let second = link(&app, json!({ "email": "new@example.com" })).await;
    let browser = app.client();
    browser.get(&first).await.expect(302);
    assert!(is_signed_in(&browser).await);
    // What ends the person's access could not void it.
    let late = app.client();
    let answer = late.get(&second).await.expect(302);
    assert!(answer.header("location").is_some_and(|to| to.contains("error=INVALID_TOKEN")), "{answer:?}");
    assert!(!is_signed_in(&late).await);
});
