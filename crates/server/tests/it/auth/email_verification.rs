//! Proving a mailbox.

use super::*;
use crate::support::*;

const SEND: &str = "/api/auth/send-verification-email";

async fn link(app: &App, email: &str) -> String {
    let url = app.mail().wait(email, r"(http://\S+/api/auth/verify-email\S+)").await;
    path_of(app, &url)
}

db_test!(a_link_proves_the_mailbox, async |app| {
    let ann = app.signed_up("ann").await;
    let body = json!({ "email": "ann@example.com", "callbackURL": "/welcome" });
    assert_eq!(ann.post(SEND, body).await.ok(), json!({ "status": true }));
    let link = link(&app, "ann@example.com").await;
    assert!(link.ends_with("&callbackURL=%2Fwelcome"), "{link}");
    let answer = app.http().get(&link).await.expect(302);
    assert_eq!((answer.header("location"), answer.text.as_str()), (Some("/welcome"), ""));
    assert!(answer.set_cookies().is_empty());
    let session = ann.get("/api/auth/get-session").await.ok();
    assert_eq!(session["user"]["emailVerified"], true);
    ann.post(SEND, json!({ "email": "ann@example.com" })).await.refused(400, "EMAIL_ALREADY_VERIFIED");
});

db_test!(without_a_callback_the_answer_is_json, async |app| {
    let ann = app.signed_up("ann").await;
    ann.post(SEND, json!({ "email": "ann@example.com" })).await.expect(200);
    let link = link(&app, "ann@example.com").await;
    let bare = link.split("&callbackURL").next().unwrap();
    assert_eq!(app.http().get(bare).await.ok(), json!({ "status": true, "user": null }));
});

db_test!(a_link_that_is_not_good_says_so, async |app| {
    let refused = app.http().get("/api/auth/verify-email?token=nonsense").await.refused(401, "INVALID_TOKEN");
    assert_eq!(refused["message"], "Invalid token");
    let answer = app.http().get("/api/auth/verify-email?token=nonsense&callbackURL=%2Fx%3Fa%3Db").await.expect(302);
    assert_eq!(answer.header("location"), Some("/x?a=b&error=INVALID_TOKEN"));
    app.http().get("/api/auth/verify-email").await.refused(400, "VALIDATION_ERROR");
    app.http().get("/api/auth/verify-email?token=%00").await.refused(400, "VALIDATION_ERROR");

    let ann = app.signed_up("ann").await;
    ann.post(SEND, json!({ "email": "ann@example.com" })).await.expect(200);
    let link = link(&app, "ann@example.com").await;
    app.clock.advance(3601);
    let answer = app.http().get(&link).await.expect(302);
    assert_eq!(answer.header("location"), Some("/verify-email?error=TOKEN_EXPIRED"));
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["emailVerified"], false);
});

db_test!(nobody_learns_which_addresses_are_known, async |app| {
    app.signed_up("ann").await;
    app.proven("bob@example.com").await;
    let before = app.mail().to("bob@example.com").len();
    for email in ["nobody@example.com", "ann@example.com", "bob@example.com"] {
        assert_eq!(app.http().post(SEND, json!({ "email": email })).await.ok(), json!({ "status": true }));
    }
    link(&app, "ann@example.com").await;
    assert!(app.mail().to("nobody@example.com").is_empty());
    assert_eq!(app.mail().to("bob@example.com").len(), before);
});

db_test!(with_a_session_one_asks_for_ones_own_mailbox, async |app| {
    let ann = app.signed_up("ann").await;
    ann.post(SEND, json!({ "email": "bob@example.com" })).await.refused(400, "EMAIL_MISMATCH");
    ann.post(SEND, json!({ "email": "not an email" })).await.refused(400, "VALIDATION_ERROR");
});

db_test!(
    a_link_may_sign_in,
    Options::default().settings(|s| {
        s.sign_up.require_email_verification = true;
        s.sign_up.auto_sign_in_after_verification = true;
    }),
    async |app| {
        let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD, "callbackURL": "/in" });
        app.client().post("/api/auth/sign-up/email", body).await.expect(200);
        let browser = app.client();
        let answer = browser.get(&link(&app, "ann@example.com").await).await.expect(302);
        assert_eq!(answer.header("location"), Some("/in"));
        assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["emailVerified"], true);
    }
);
