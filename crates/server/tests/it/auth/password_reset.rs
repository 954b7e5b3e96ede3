//! Setting a new password by a mailed link.

use super::*;
use crate::support::*;

const ASK: &str = "/api/auth/request-password-reset";
const RESET: &str = "/api/auth/reset-password";
const NEW: &str = "a better staple 42";

async fn asked(app: &App, email: &str) -> String {
    let before = app.mail().to(email).len();
    let body = json!({ "email": email, "redirectTo": "/reset?x=1" });
    let answer = app.http().post(ASK, body).await.ok();
    let message = "If this email exists in our system, check your email for the reset link";
    assert_eq!(answer, json!({ "status": true, "message": message }));
    while app.mail().to(email).len() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.mail().wait(email, r"/reset-password/([A-Za-z0-9]+)\?callbackURL=%2Freset%3Fx%3D1").await
}

db_test!(a_link_sets_a_new_password_and_ends_all_sessions, async |app| {
    let ann = app.signed_up("ann").await;
    let token = asked(&app, "ann@example.com").await;
    let answer = app.http().get(&format!("{RESET}/{token}?callbackURL=%2Freset%3Fx%3D1")).await.expect(302);
    assert_eq!(answer.header("location"), Some(format!("{}/reset?x=1&token={token}", app.base).as_str()));
    let answer = app.http().post(RESET, json!({ "newPassword": NEW, "token": token })).await.expect(200);
    assert_eq!(answer.json, json!({ "status": true }));
    assert!(answer.set_cookies().is_empty());
    assert!(!is_signed_in(&ann).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    assert_eq!(try_sign_in(&app, "ann@example.com", NEW).await, 200);
    // The link was mailed, so it proved the mailbox.
    let answer =
        app.client().post("/api/auth/sign-in/email", json!({ "email": "ann@example.com", "password": NEW })).await;
    assert_eq!(answer.ok()["user"]["emailVerified"], true);
});

db_test!(a_link_is_good_once, async |app| {
    app.signed_up("ann").await;
    let (older, newer) = (asked(&app, "ann@example.com").await, asked(&app, "ann@example.com").await);
    assert_ne!(older, newer);
    let (client, body) = (app.http(), json!({ "newPassword": NEW, "token": newer }));
    let (a, b) = tokio::join!(client.post(RESET, body.clone()), client.post(RESET, body.clone()));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "one of two who bring the same link gets it");
    client.post(RESET, body).await.refused(400, "INVALID_TOKEN");
    // Whoever had an older link has nothing any more.
    let body = json!({ "newPassword": "an attackers password", "token": older });
    client.post(RESET, body).await.refused(400, "INVALID_TOKEN");
    assert_eq!(try_sign_in(&app, "ann@example.com", NEW).await, 200);
});

db_test!(a_link_that_is_not_good_leads_back_with_an_error, async |app| {
    app.signed_up("ann").await;
    for odd in ["nonsense", "%00", "%ff", "..%2f", &"x".repeat(500)] {
        let answer = app.http().get(&format!("{RESET}/{odd}?callbackURL=%2Freset")).await.expect(302);
        assert_eq!(
            answer.header("location"),
            Some(format!("{}/reset?error=INVALID_TOKEN", app.base).as_str()),
            "{odd}"
        );
    }
    let answer = app.http().get(&format!("{RESET}/nonsense")).await.expect(302);
    assert!(answer.header("location").unwrap().ends_with("/api/auth/error?error=INVALID_TOKEN"));
    for body in [
        json!({ "newPassword": NEW }),
        json!({ "newPassword": NEW, "token": "" }),
        json!({ "newPassword": NEW, "token": "x" }),
    ] {
        app.http().post(RESET, body).await.refused(400, "INVALID_TOKEN");
    }
    let token = asked(&app, "ann@example.com").await;
    app.http().post(RESET, json!({ "newPassword": "short", "token": token })).await.refused(400, "PASSWORD_TOO_SHORT");
    app.clock.advance(3601);
    app.http().post(RESET, json!({ "newPassword": NEW, "token": token })).await.refused(400, "INVALID_TOKEN");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});

db_test!(the_token_may_be_in_the_query, async |app| {
    app.signed_up("ann").await;
    let token = asked(&app, "ann@example.com").await;
    app.http().post(&format!("{RESET}?token={token}"), json!({ "newPassword": NEW })).await.expect(200);
    assert_eq!(try_sign_in(&app, "ann@example.com", NEW).await, 200);
});

db_test!(nobody_learns_which_addresses_are_known, async |app| {
    app.signed_up("ann").await;
    let known = app.http().post(ASK, json!({ "email": "ann@example.com" })).await.expect(200);
    let unknown = app.http().post(ASK, json!({ "email": "bob@example.com" })).await.expect(200);
    assert_eq!(known.text, unknown.text);
    app.mail().wait("ann@example.com", "reset-password").await;
    assert!(app.mail().to("bob@example.com").is_empty());
});

db_test!(a_link_is_no_link_for_something_else, async |app| {
    let ann = app.signed_up("ann").await;
    let reset = asked(&app, "ann@example.com").await;
    ann.post("/api/auth/send-verification-email", json!({ "email": "ann@example.com" })).await.expect(200);
    let verify = app.mail().wait("ann@example.com", r"verify-email\?token=([A-Za-z0-9]+)").await;
    app.http().get(&format!("/api/auth/verify-email?token={reset}")).await.refused(401, "INVALID_TOKEN");
    app.http().post(RESET, json!({ "newPassword": NEW, "token": verify })).await.refused(400, "INVALID_TOKEN");
    ann.get(&format!("/api/auth/delete-user/callback?token={reset}")).await.refused(404, "INVALID_TOKEN");
    assert!(is_signed_in(&ann).await);
});
