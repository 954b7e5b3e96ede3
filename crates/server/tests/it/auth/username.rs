//! User names to sign in with.

use super::*;
use crate::support::*;

const SIGN_UP: &str = "/api/auth/sign-up/email";
const SIGN_IN: &str = "/api/auth/sign-in/username";
const AVAILABLE: &str = "/api/auth/is-username-available";
const UPDATE: &str = "/api/auth/update-user";

fn on() -> Options {
    Options::default().settings(|s| s.methods.username.enabled = true)
}

fn new(email: &str, more: &Json) -> Json {
    let mut body = json!({ "name": "Ann", "email": email, "password": PASSWORD });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

db_test!(where_there_are_none_the_fields_are_unknown_ones, async |app| {
    for path in [SIGN_IN, AVAILABLE] {
        assert_eq!(app.http().post(path, json!({})).await.expect(404).text, "");
    }
    let ann = app.client();
    let answer = ann.post(SIGN_UP, new("ann@example.com", &json!({ "username": "!" }))).await.ok();
    assert!(answer["user"].get("username").is_none());
    ann.post(UPDATE, json!({ "username": "ann" })).await.expect(400);
});

db_test!(a_name_is_chosen_at_sign_up_and_signs_in, on(), async |app| {
    let answer = app.client().post(SIGN_UP, new("ann@example.com", &json!({ "username": "Ann_E.1" }))).await.ok();
    assert_eq!(
        (&answer["user"]["username"], &answer["user"]["displayUsername"]),
        (&json!("ann_e.1"), &json!("Ann_E.1"))
    );
    let browser = app.client();
    let body = json!({ "username": "ANN_e.1", "password": PASSWORD, "callbackURL": "/in" });
    let answer = browser.post(SIGN_IN, body).await.expect(200);
    assert_eq!(keys(&answer.json), ["redirect", "token", "url", "user"]);
    assert_eq!((answer.header("location"), &answer["redirect"]), (Some("/in"), &json!(true)));
    let session = browser.get("/api/auth/get-session").await.ok();
    assert_eq!(session["user"]["username"], "ann_e.1");
    // Without a name it is null.
    let bob = app.signed_up("bob").await;
    let session = bob.get("/api/auth/get-session").await.ok();
    assert_eq!(
        (session["user"].get("username"), session["user"].get("displayUsername")),
        (Some(&Json::Null), Some(&Json::Null))
    );
    // One alone stands for both, as far as it can.
    let carol = app.client().post(SIGN_UP, new("carol@example.com", &json!({ "displayUsername": "Carol" }))).await.ok();
    assert_eq!(carol["user"]["username"], "carol");
    let dan =
        app.client().post(SIGN_UP, new("dan@example.com", &json!({ "displayUsername": "Dan the Man" }))).await.ok();
    assert_eq!((&dan["user"]["username"], &dan["user"]["displayUsername"]), (&Json::Null, &json!("Dan the Man")));
});

db_test!(unknown_names_and_wrong_passwords_are_answered_alike, on(), async |app| {
    app.client().post(SIGN_UP, new("ann@example.com", &json!({ "username": "ann" }))).await.expect(200);
    let wrong = app.http().post(SIGN_IN, json!({ "username": "ann", "password": "not the password" })).await;
    let unknown = app.http().post(SIGN_IN, json!({ "username": "nobody", "password": PASSWORD })).await;
    let wrong = wrong.refused(401, "INVALID_USERNAME_OR_PASSWORD");
    assert_eq!(wrong.text, unknown.refused(401, "INVALID_USERNAME_OR_PASSWORD").text);
    for body in [json!({ "username": "", "password": "x" }), json!({ "username": "ann", "password": "" })] {
        app.http().post(SIGN_IN, body).await.refused(401, "INVALID_USERNAME_OR_PASSWORD");
    }
    let long = json!({ "username": "ann", "password": "x".repeat(129) });
    app.http().post(SIGN_IN, long).await.refused(400, "PASSWORD_TOO_LONG");
});

db_test!(names_have_rules, on(), async |app| {
    let long = "a".repeat(31);
    for (name, code) in
        [("an", "USERNAME_TOO_SHORT"), (long.as_str(), "USERNAME_TOO_LONG"), ("ann e", "INVALID_USERNAME")]
    {
        app.http().post(AVAILABLE, json!({ "username": name })).await.refused(422, code);
        app.http().post(SIGN_IN, json!({ "username": name, "password": "x" })).await.refused(422, code);
        app.http().post(SIGN_UP, new("ann@example.com", &json!({ "username": name }))).await.refused(400, code);
    }
    app.http().post(AVAILABLE, json!({ "username": "" })).await.refused(422, "INVALID_USERNAME");
    app.http().post(AVAILABLE, json!({})).await.refused(400, "VALIDATION_ERROR");
    // A hook of upstream answers 500 to this.
    app.http().send("POST", SIGN_UP, None, &[]).await.expect(400);
});

db_test!(a_name_is_one_persons_in_any_case, on(), async |app| {
    assert_eq!(app.http().post(AVAILABLE, json!({ "username": "Ann" })).await.ok(), json!({ "available": true }));
    let ann = app.client();
    ann.post(SIGN_UP, new("ann@example.com", &json!({ "username": "ann" }))).await.expect(200);
    assert_eq!(app.http().post(AVAILABLE, json!({ "username": "Ann" })).await.ok(), json!({ "available": false }));
    let taken = app.http().post(SIGN_UP, new("other@example.com", &json!({ "username": "ANN" }))).await;
    taken.refused(400, "USERNAME_IS_ALREADY_TAKEN");
    assert_eq!(try_sign_in(&app, "other@example.com", PASSWORD).await, 401, "nothing was made");
    let bob = app.signed_up("bob").await;
    bob.post(UPDATE, json!({ "username": "aNN" })).await.refused(400, "USERNAME_IS_ALREADY_TAKEN");
    bob.post(UPDATE, json!({ "username": "x" })).await.refused(400, "USERNAME_TOO_SHORT");
    // One's own is no conflict.
    ann.post(UPDATE, json!({ "username": "ANN", "displayUsername": "Ann E." })).await.expect(200);
    let user = ann.get("/api/auth/get-session").await.ok()["user"].clone();
    assert_eq!((&user["username"], &user["displayUsername"]), (&json!("ann"), &json!("Ann E.")));
    ann.post(UPDATE, json!({ "username": null })).await.expect(200);
    bob.post(UPDATE, json!({ "username": "ann" })).await.expect(200);
});

db_test!(
    a_taken_name_does_not_tell_whether_an_address_is_known,
    Options::default().settings(|s| {
        s.methods.username.enabled = true;
        s.sign_up.require_email_verification = true;
    }),
    async |app| {
        app.client().post(SIGN_UP, new("ann@example.com", &json!({ "username": "ann" }))).await.expect(200);
        for email in ["ann@example.com", "new@example.com"] {
            let taken = app.http().post(SIGN_UP, new(email, &json!({ "username": "ann" }))).await;
            taken.refused(400, "USERNAME_IS_ALREADY_TAKEN");
        }
        let invented = app.http().post(SIGN_UP, new("ann@example.com", &json!({ "username": "Other" }))).await.ok();
        assert_eq!((&invented["token"], &invented["user"]["username"]), (&Json::Null, &json!("other")));
        // The mailbox is asked for here as well.
        app.http()
            .post(SIGN_IN, json!({ "username": "ann", "password": PASSWORD }))
            .await
            .refused(403, "EMAIL_NOT_VERIFIED");
    }
);

db_test!(of_many_who_want_a_name_at_once_one_gets_it, on(), async |app| {
    let all = futures_util::future::join_all((0..6).map(|n| {
        let client = app.http();
        async move {
            let body = new(&format!("p{n}@example.com"), &json!({ "username": "wanted" }));
            client.post(SIGN_UP, body).await
        }
    }))
    .await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|answer| answer["code"] == "USERNAME_IS_ALREADY_TAKEN").count(), 5);
});

// The real server answers this with 500: what reads the names takes the body for granted.
db_test!(a_sign_up_without_a_body_is_a_400_where_there_are_names, on(), async |app| {
    for body in [None, Some(b"".to_vec()), Some(b"null".to_vec()), Some(b"[]".to_vec()), Some(b"{".to_vec())] {
        for path in ["sign-up/email", "sign-in/username", "is-username-available"] {
            let answer = app.http().send("POST", &format!("/api/auth/{path}"), body.clone(), &[]).await;
            assert!(matches!(answer.status, 400 | 415), "{path} {body:?}: {answer:?}");
        }
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
});
