//! Signing up with email and password.

use super::*;
use crate::support::*;

const PATH: &str = "/api/auth/sign-up/email";

fn ann() -> Json {
    json!({ "name": "Ann", "email": "Ann@Example.com", "password": PASSWORD })
}

db_test!(signing_up_opens_a_session, async |app| {
    let client = app.client();
    let answer = client.post(PATH, ann()).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(keys(&answer.json), ["token", "user"]);
    let wanted = [
        "banExpires",
        "banReason",
        "banned",
        "createdAt",
        "email",
        "emailVerified",
        "id",
        "image",
        "name",
        "role",
        "twoFactorEnabled",
        "updatedAt",
    ];
    assert_eq!(keys(&answer["user"]), wanted);
    assert_eq!(answer["user"]["email"], "ann@example.com");
    assert_eq!(answer["user"]["emailVerified"], false);
    assert_eq!(answer["user"]["image"], Json::Null);
    assert_eq!(answer["user"]["role"], "user");
    let created = answer["user"]["createdAt"].as_str().unwrap();
    assert!(created.len() == 24 && created.ends_with('Z') && created.contains('.'), "{created}");

    let token = answer["token"].as_str().unwrap();
    assert!(token.len() == 32 && token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    let line = answer.set_cookies()[0].to_owned();
    assert!(line.starts_with(&format!("{SESSION}={token}.")), "{line}");
    assert!(line.ends_with("; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{line}");
    assert!(answer.header("set-auth-token").unwrap().starts_with(&format!("{token}.")));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("set-auth-token"));
    assert_eq!(client.get("/api/auth/get-session").await.ok()["user"], answer["user"]);
});

db_test!(an_address_is_taken_in_any_case, async |app| {
    app.signed_up("ann").await;
    let answer = app.client().post(PATH, ann()).await.refused(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    assert_eq!(answer["message"], "User already exists. Use another email.");
    assert!(answer.set_cookies().is_empty());
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
});

db_test!(passwords_have_a_length_in_utf16_units, async |app| {
    for (password, code) in [
        ("short", "PASSWORD_TOO_SHORT"),
        (&"x".repeat(129), "PASSWORD_TOO_LONG"),
        (&"😀".repeat(65), "PASSWORD_TOO_LONG"),
    ] {
        let body = json!({ "name": "Ann", "email": "ann@example.com", "password": password });
        app.client().post(PATH, body).await.refused(400, code);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": "😀😀😀😀" });
    app.client().post(PATH, body).await.expect(200);
});

db_test!(problems_are_told_as_the_real_server_tells_them, async |app| {
    let message = |answer: Answer| answer.refused(400, "VALIDATION_ERROR")["message"].as_str().unwrap().to_owned();
    let none = app.client().post(PATH, json!({})).await;
    assert_eq!(
        message(none),
        "[body.name] Invalid input: expected string, received undefined; \
         [body.email] Invalid input: expected string, received undefined; \
         [body.password] Invalid input: expected string, received undefined"
    );
    let bad = app.client().post(PATH, json!({ "name": "A", "email": "notanemail", "password": PASSWORD })).await;
    assert_eq!(message(bad), "[body.email] Invalid email address");
    for email in
        [".a@b.example", "a..b@c.example", "a@b", "a b@c.example", "a@-b.example", "ä@b.example", "a@b.example\u{200b}"]
    {
        let bad = app.client().post(PATH, json!({ "name": "A", "email": email, "password": PASSWORD })).await;
        assert_eq!(message(bad), "[body.email] Invalid email address", "{email}");
    }
});

db_test!(nobody_makes_themselves_an_admin, async |app| {
    for (field, value) in [("role", json!("admin")), ("banned", json!(true)), ("banReason", json!("x"))] {
        let mut body = ann();
        body[field] = value;
        let answer = app.client().post(PATH, body).await.refused(400, "FIELD_NOT_ALLOWED");
        assert_eq!(answer["message"], format!("{field} is not allowed to be set"));
    }
    let mut body = ann();
    body["emailVerified"] = json!(true);
    body["id"] = json!("chosen");
    body["createdAt"] = json!("2000-01-01T00:00:00.000Z");
    let user = app.client().post(PATH, body).await.ok()["user"].clone();
    assert_eq!(user["emailVerified"], false);
    assert_ne!(user["id"], "chosen");
    assert_ne!(user["createdAt"], "2000-01-01T00:00:00.000Z");
});

db_test!(an_image_is_nothing_that_runs, async |app| {
    for image in ["javascript:alert(1)", "data:text/html,<script>", "ftp://x.example/a", "x"] {
        let mut body = ann();
        body["image"] = json!(image);
        app.client().post(PATH, body).await.refused(400, "INVALID_IMAGE");
    }
    let mut body = ann();
    body["image"] = json!("https://img.example/ann.png");
    assert_eq!(app.client().post(PATH, body).await.ok()["user"]["image"], "https://img.example/ann.png");
});

db_test!(a_form_may_sign_up, async |app| {
    let body = b"name=Ann&email=ann%40example.com&password=correct+horse+battery+staple&rememberMe=false".to_vec();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = app.client().send("POST", PATH, Some(body), &headers).await.expect(200);
    assert!(!answer.set_cookies()[0].contains("Max-Age"));
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});

db_test!(a_session_that_is_not_remembered_has_cookies_of_the_browsers_session, async |app| {
    let mut body = ann();
    body["rememberMe"] = json!(false);
    let answer = app.client().post(PATH, body).await.expect(200);
    let lines = answer.set_cookies();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(SESSION) && lines[0].ends_with("%3D; Path=/; HttpOnly; SameSite=Lax"), "{lines:?}");
    assert!(lines[1].starts_with("better-auth.dont_remember=true."), "{lines:?}");
});

db_test!(signing_up_can_be_switched_off, Options::default().settings(|s| s.sign_up.enabled = false), async |app| {
    app.client().post(PATH, ann()).await.refused(400, "EMAIL_PASSWORD_SIGN_UP_DISABLED");
});

db_test!(
    where_mailboxes_are_proven_first_nothing_tells_whether_an_address_is_taken,
    Options::default().settings(|s| s.sign_up.require_email_verification = true),
    async |app| {
        let first = app.client().post(PATH, ann()).await.expect(200);
        assert_eq!(first["token"], Json::Null);
        assert!(first.set_cookies().is_empty());
        let second = app.client().post(PATH, ann()).await.expect(200);
        assert_eq!(second["token"], Json::Null);
        assert_eq!(keys(&first["user"]), keys(&second["user"]));
        for field in ["name", "email", "emailVerified", "image", "role", "banned"] {
            assert_eq!(first["user"][field], second["user"][field], "{field}");
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
        app.client()
            .post("/api/auth/sign-in/email", json!({ "email": "ann@example.com", "password": PASSWORD }))
            .await
            .refused(403, "EMAIL_NOT_VERIFIED");
        let token = app.mail().wait("ann@example.com", r"verify-email\?token=([A-Za-z0-9]+)").await;
        app.client().get(&format!("/api/auth/verify-email?token={token}")).await.expect(200);
        assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    }
);

db_test!(two_at_once_make_one_person, async |app| {
    let (one, two, three) = (app.client(), app.client(), app.client());
    let (a, b, c) = tokio::join!(one.post(PATH, ann()), two.post(PATH, ann()), three.post(PATH, ann()));
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422, 422]);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1);
});
