//! Deleting one's own account.

use super::*;
use crate::support::*;

const PATH: &str = "/api/auth/delete-user";

db_test!(an_account_is_deleted_with_all_that_is_its_own, async |app| {
    let ann = app.signed_up("ann").await;
    let stolen = app.http().with("cookie", &ann.cookie_header());
    app.signed_up("bob").await;
    let answer = ann.post(PATH, json!({ "password": PASSWORD })).await.expect(200);
    assert_eq!(answer.json, json!({ "success": true, "message": "User deleted" }));
    assert_eq!(answer.set_cookies().len(), 3);
    assert!(!is_signed_in(&stolen).await);
    stolen.get("/api/auth/list-sessions").await.refused(401, "UNAUTHORIZED");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    for table in ["SELECT COUNT(*) FROM users", "SELECT COUNT(*) FROM accounts", "SELECT COUNT(*) FROM sessions"] {
        assert_eq!(app.count(table).await, 1, "{table}");
    }
    app.signed_up("ann").await;
});

db_test!(it_takes_the_password_or_a_fresh_session, async |app| {
    let ann = app.signed_up("ann").await;
    ann.post(PATH, json!({ "password": "wrong password" })).await.refused(400, "INVALID_PASSWORD");
    app.clock.advance(86_400 + 60);
    let stale = ann.post(PATH, json!({})).await.refused(400, "SESSION_EXPIRED");
    assert_eq!(stale["message"], "Session expired. Re-authenticate to perform this action.");
    assert!(is_signed_in(&ann).await);
    app.signed_in("ann@example.com").await.send("POST", PATH, None, &[]).await.expect(200);
    assert!(!is_signed_in(&ann).await);
    app.client().post(PATH, json!({})).await.refused(401, "UNAUTHORIZED");
});

db_test!(
    where_a_link_is_asked_for_it_takes_the_link_and_the_session,
    Options::default().settings(|s| s.delete_user_by_mail = true),
    async |app| {
        let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
        let answer = ann.post(PATH, json!({ "callbackURL": "/bye" })).await.ok();
        assert_eq!(answer, json!({ "success": true, "message": "Verification email sent" }));
        let link = app.mail().wait("ann@example.com", r"(http://\S+/delete-user/callback\S+)").await;
        let link = path_of(&app, &link);
        app.http().get(&link).await.refused(404, "FAILED_TO_GET_USER_INFO");
        bob.get(&link).await.refused(404, "INVALID_TOKEN");
        ann.get("/api/auth/delete-user/callback?token=x").await.refused(404, "INVALID_TOKEN");
        assert!(is_signed_in(&ann).await && is_signed_in(&bob).await);
        let answer = ann.get(&link).await.expect(302);
        assert_eq!((answer.header("location"), answer.set_cookies().len()), (Some("/bye"), 3));
        assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
        assert!(is_signed_in(&bob).await);
    }
);

db_test!(deleting_can_be_switched_off, Options::default().settings(|s| s.delete_user = false), async |app| {
    let ann = app.signed_up("ann").await;
    let answer = ann.post(PATH, json!({ "password": PASSWORD })).await.expect(404);
    assert_eq!((answer.text.as_str(), answer.header("content-type")), ("", None));
    assert!(is_signed_in(&ann).await);
});
