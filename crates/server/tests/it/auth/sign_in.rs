//! Signing in and out with email and password.

use auth_core::{Ctx, credentials, users};

use super::*;
use crate::support::*;

const PATH: &str = "/api/auth/sign-in/email";

db_test!(signing_in_opens_a_session, async |app| {
    app.signed_up("ann").await;
    let client = app.client();
    let answer = client.post(PATH, json!({ "email": "ANN@example.com", "password": PASSWORD })).await.expect(200);
    assert_eq!(keys(&answer.json), ["redirect", "token", "user"]);
    assert_eq!(answer["redirect"], false);
    assert!(answer.header("location").is_none());
    assert_eq!(client.get("/api/auth/get-session").await.ok()["session"]["token"], answer["token"]);
});

db_test!(a_callback_is_answered_with_redirect_and_location, async |app| {
    app.signed_up("ann").await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "callbackURL": "/dashboard" });
    let answer = app.client().post(PATH, body).await.expect(200);
    assert_eq!((&answer["redirect"], &answer["url"]), (&json!(true), &json!("/dashboard")));
    assert_eq!(answer.header("location"), Some("/dashboard"));
});

db_test!(unknown_people_and_wrong_passwords_are_answered_alike, async |app| {
    app.signed_up("ann").await;
    let wrong = app.client().post(PATH, json!({ "email": "ann@example.com", "password": "wrong password" })).await;
    let unknown = app.client().post(PATH, json!({ "email": "bob@example.com", "password": "wrong password" })).await;
    for answer in [&wrong, &unknown] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json, json!({ "message": "Invalid email or password", "code": "INVALID_EMAIL_OR_PASSWORD" }));
        assert!(answer.set_cookies().is_empty());
    }
    app.client()
        .post(PATH, json!({ "email": "nonsense", "password": "wrong password" }))
        .await
        .refused(400, "INVALID_EMAIL");
    let long = json!({ "email": "ann@example.com", "password": "x".repeat(129) });
    app.client().post(PATH, long).await.refused(400, "PASSWORD_TOO_LONG");
});

db_test!(remembering_again_takes_the_mark_of_forgetting_back, async |app| {
    app.signed_up("ann").await;
    let client = app.client();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "rememberMe": false });
    let answer = client.post(PATH, body).await.expect(200);
    assert!(answer.set_cookies().iter().all(|line| !line.contains("Max-Age")), "{:?}", answer.set_cookies());
    assert!(client.cookie("better-auth.dont_remember").is_some());
    let answer = client.post(PATH, json!({ "email": "ann@example.com", "password": PASSWORD })).await.expect(200);
    assert!(
        answer.set_cookies()[1].starts_with("better-auth.dont_remember=; Max-Age=0;"),
        "{:?}",
        answer.set_cookies()
    );
});

db_test!(a_form_may_sign_in, async |app| {
    app.signed_up("ann").await;
    let body = b"email=ann%40example.com&password=correct+horse+battery+staple".to_vec();
    let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    app.client().send("POST", PATH, Some(body), &headers).await.expect(200);
});

db_test!(whoever_is_banned_stays_outside, async |app| {
    let ann = app.signed_up("ann").await;
    let admin = Ctx::system("test");
    app.core
        .write(&admin, async |tx| {
            let user = users::find_by_email(tx, "ann@example.com").await?.expect("ann");
            users::ban(tx, &user.id, Some("spam".to_owned()), None).await
        })
        .await
        .unwrap();
    assert!(!is_signed_in(&ann).await);
    app.client()
        .post(PATH, json!({ "email": "ann@example.com", "password": PASSWORD }))
        .await
        .refused(403, "BANNED_USER");
    // Without the password nobody learns of the ban.
    app.client()
        .post(PATH, json!({ "email": "ann@example.com", "password": "wrong" }))
        .await
        .refused(401, "INVALID_EMAIL_OR_PASSWORD");
});

db_test!(passwords_of_better_auth_are_known_and_hashed_anew, async |app| {
    app.signed_up("ann").await;
    // The tests' password, by another implementation of scrypt.
    let theirs = "00112233445566778899aabbccddeeff:f5b22309b28fe412c82a4b2cab57498b8f8a42c849af16cb908974048f61c139\
                  33421858db3a8f111430bdc493c7cef90f61f904061c77206e3820a2e8b11bc2";
    app.core
        .write(&Ctx::system("test"), async |tx| {
            let user = users::find_by_email(tx, "ann@example.com").await?.expect("ann");
            credentials::set_password(tx, &user.id, theirs).await
        })
        .await
        .unwrap();
    assert_eq!(try_sign_in(&app, "ann@example.com", "wrong password").await, 401);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts WHERE password_hash LIKE '$argon2id$%'").await, 1);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});

db_test!(signing_out_ends_the_session_and_takes_its_cookies, async |app| {
    let ann = app.signed_up("ann").await;
    let stolen = app.http().with("cookie", &ann.cookie_header());
    assert!(is_signed_in(&stolen).await);
    let answer = ann.post("/api/auth/sign-out", json!({})).await.expect(200);
    assert_eq!(answer.json, json!({ "success": true }));
    assert_eq!(
        answer.set_cookies(),
        ["session_token", "session_data", "dont_remember"]
            .map(|name| format!("better-auth.{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"))
    );
    assert!(!is_signed_in(&stolen).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 0);
    // Also without a session, and without a body.
    assert_eq!(app.client().post("/api/auth/sign-out", json!({})).await.ok(), json!({ "success": true }));
    assert_eq!(app.http().send("POST", "/api/auth/sign-out", None, &[]).await.ok(), json!({ "success": true }));
});
