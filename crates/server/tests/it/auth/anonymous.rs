//! Visitors who have not said who they are.

use auth_core::features::anonymous;

use super::*;
use crate::support::*;

const SIGN_IN: &str = "/api/auth/sign-in/anonymous";
const DELETE: &str = "/api/auth/delete-anonymous-user";

fn on() -> Options {
    Options::default().settings(|s| {
        s.methods.anonymous.enabled = true;
        s.methods.magic_link.enabled = true;
    })
}

async fn visitor(app: &App) -> (Client, String) {
    let browser = app.client();
    let answer = browser.post(SIGN_IN, json!({})).await.ok();
    let id = answer["user"]["id"].as_str().unwrap().to_owned();
    (browser, id)
}

async fn exists(app: &App, id: &str) -> bool {
    let id = auth_core::ids::Id::parse(id).unwrap();
    app.look(async |rx| auth_core::users::find(rx, &id).await).await.is_some()
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    for path in [SIGN_IN, DELETE] {
        assert_eq!(app.http().post(path, json!({})).await.expect(404).text, "");
    }
    let ann = app.signed_up("ann").await;
    assert!(ann.get("/api/auth/get-session").await.ok()["user"].get("isAnonymous").is_none());
});

db_test!(a_visitor_has_a_session_and_no_mailbox, on(), async |app| {
    let (browser, _) = visitor(&app).await;
    let user = browser.get("/api/auth/get-session").await.ok()["user"].clone();
    assert_eq!(
        (&user["isAnonymous"], &user["name"], &user["emailVerified"]),
        (&json!(true), &json!("Anonymous"), &json!(false))
    );
    let email = user["email"].as_str().unwrap();
    assert!(email.ends_with("@anonymous.placeholder.invalid"), "{email}");
    browser.post(SIGN_IN, json!({})).await.refused(400, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY");
    // Nothing is ever mailed there.
    app.http().post("/api/auth/request-password-reset", json!({ "email": email })).await.expect(200);
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": email })).await.expect(200);
    app.signed_up("ann").await;
    app.http().post("/api/auth/request-password-reset", json!({ "email": "ann@example.com" })).await.expect(200);
    app.mail().wait("ann@example.com", "reset-password").await;
    assert!(app.mail().to(email).is_empty());
});

db_test!(a_visitor_deletes_their_account_and_nobody_else_does, on(), async |app| {
    let (browser, id) = visitor(&app).await;
    assert_eq!(browser.post(DELETE, json!({})).await.ok(), json!({ "success": true }));
    assert!(!is_signed_in(&browser).await && !exists(&app, &id).await);
    let ann = app.signed_up("ann").await;
    ann.post(DELETE, json!({})).await.refused(403, "USER_IS_NOT_ANONYMOUS");
    app.http().post(DELETE, json!({})).await.refused(401, "UNAUTHORIZED");
});

db_test!(who_signs_in_for_real_is_no_visitor_any_more, on(), async |app| {
    app.signed_up("ann").await;
    let (browser, first) = visitor(&app).await;
    let body = json!({ "email": "ann@example.com", "password": "wrong" });
    browser.post("/api/auth/sign-in/email", body).await.expect(401);
    assert!(exists(&app, &first).await, "a sign-in that failed changes nothing");
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let ann = browser.post("/api/auth/sign-in/email", body).await.ok()["user"]["id"].clone();
    assert!(!exists(&app, &first).await);
    let events = app.events().await;
    let said = events.iter().find(|event| event.payload["anonymous_user_id"] == first.as_str());
    assert_eq!(said.map(|event| event.subject.as_str()), ann.as_str());
    let (browser, second) = visitor(&app).await;
    let body = json!({ "name": "Bob", "email": "bob@example.com", "password": PASSWORD });
    browser.post("/api/auth/sign-up/email", body).await.expect(200);
    assert!(!exists(&app, &second).await && is_signed_in(&browser).await);
});

db_test!(a_real_account_is_never_taken_for_a_visitors, on(), async |app| {
    let ann = app.signed_up("ann").await;
    app.signed_up("bob").await;
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    ann.post("/api/auth/sign-in/email", body).await.expect(200);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    // Nor one that gave its address by now.
    let (browser, id) = visitor(&app).await;
    browser.post("/api/auth/change-email", json!({ "newEmail": "carol@example.com" })).await.expect(200);
    let url = app.mail().wait("carol@example.com", r"(http://\S+/api/auth/verify-email\S+)").await;
    browser.get(&path_of(&app, &url)).await.expect(302);
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    browser.post("/api/auth/sign-in/email", body).await.expect(200);
    assert!(exists(&app, &id).await);
});

db_test!(who_acts_as_a_visitor_was_never_them, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    let (browser, id) = visitor(&app).await;
    boot.admin.post("/api/auth/admin/impersonate-user", json!({ "userId": id })).await.expect(200);
    app.signed_up("ann").await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    boot.admin.post("/api/auth/sign-in/email", body).await.expect(200);
    assert!(exists(&app, &id).await && is_signed_in(&browser).await);
});

// A stranger may have asked for the link, and sent it to the visitor.
db_test!(a_link_that_a_visitor_follows_ends_no_account, on(), async |app| {
    app.signed_up("ann").await;
    let (browser, id) = visitor(&app).await;
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"(http://\S+/api/auth/magic-link/verify\S+)").await;
    browser.get(&path_of(&app, &link)).await.expect(302);
    assert!(is_signed_in(&browser).await && exists(&app, &id).await);
    assert!(app.events().await.iter().all(|event| event.payload.get("anonymous_user_id").is_none()));
});

db_test!(who_cannot_come_back_leaves_no_account_behind, on(), async |app| {
    app.signed_up("ann").await;
    let sweep = async || anonymous::sweep(&app.core).await.expect("a sweep");
    let (follower, follower_id) = visitor(&app).await;
    let (leaver, left) = visitor(&app).await;
    let (founder, founder_id) = visitor(&app).await;
    let (stayer, stays) = visitor(&app).await;
    founder.post("/api/auth/organization/create", json!({ "name": "Theirs", "slug": "theirs" })).await.expect(200);
    app.http().post("/api/auth/sign-in/magic-link", json!({ "email": "ann@example.com" })).await.expect(200);
    let link = app.mail().wait("ann@example.com", r"(http://\S+/api/auth/magic-link/verify\S+)").await;
    follower.get(&path_of(&app, &link)).await.expect(302);
    leaver.post("/api/auth/sign-out", json!({})).await.expect(200);
    sweep().await;
    assert!(exists(&app, &follower_id).await && exists(&app, &stays).await && !exists(&app, &left).await);

    // The session of whoever followed the link ends with time; who is there meanwhile goes on.
    app.clock.advance(5 * 86_400);
    assert!(is_signed_in(&stayer).await);
    app.clock.advance(3 * 86_400);
    sweep().await;
    assert!(!exists(&app, &follower_id).await && exists(&app, &stays).await && is_signed_in(&stayer).await);
    assert!(exists(&app, &founder_id).await, "somebody owns the organization");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE is_anonymous = FALSE").await, 1);
});

// Whoever erases a visitor locks what is theirs in the same order as whoever else does.
db_test!(a_visitor_who_goes_by_several_doors_at_once_is_gone, on(), async |app| {
    let boot = app.boot("Acme", None).await;
    for _ in 0..6 {
        let (browser, id) = visitor(&app).await;
        let made = browser.post("/api/auth/organization/create", json!({ "name": "X", "slug": id })).await.ok();
        let organization = made["id"].as_str().unwrap();
        let (door, path, user) = (
            "/v1/organizations",
            format!("/v1/organizations/{organization}/memberships/{id}"),
            format!("/v1/users/{id}"),
        );
        let theirs = format!("{door}/{organization}");
        let renamed = boot.key.patch(&theirs, json!({ "name": "Y" }));
        let (own, admin, removed, renamed) =
            tokio::join!(browser.post(DELETE, json!({})), boot.key.delete(&user), boot.key.delete(&path), renamed);
        for answer in [own, admin, removed, renamed] {
            assert!(answer.status < 500, "{answer:?}");
        }
        assert!(!exists(&app, &id).await);
    }
});

fn closed() -> Options {
    on().settings(|s| s.sign_up.enabled = false)
}

db_test!(where_nobody_signs_up_nobody_visits_either, closed(), async |app| {
    app.client().post(SIGN_IN, json!({})).await.refused(400, "NEW_USER_SIGNUP_DISABLED");
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    let methods = app.http().get("/v1/instance").await.ok()["methods"].clone();
    assert_eq!(methods["anonymous"], json!({ "enabled": false }));
});
