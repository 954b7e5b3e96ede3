//! Changing and checking one's own password.

use super::*;
use crate::support::*;

const CHANGE: &str = "/api/auth/change-password";
const NEW: &str = "a better staple 42";

db_test!(a_password_is_changed_and_sessions_go_on, async |app| {
    let ann = app.signed_up("ann").await;
    let other = app.signed_in("ann@example.com").await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    let answer = ann.post(CHANGE, body).await.expect(200);
    assert_eq!(keys(&answer.json), ["token", "user"]);
    assert_eq!(answer["token"], Json::Null);
    assert!(answer.set_cookies().is_empty());
    assert!(is_signed_in(&ann).await && is_signed_in(&other).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    assert_eq!(try_sign_in(&app, "ann@example.com", NEW).await, 200);
});

db_test!(other_sessions_end_if_asked_to, async |app| {
    let ann = app.signed_up("ann").await;
    let stolen = app.http().with("cookie", &ann.cookie_header());
    let other = app.signed_in("ann@example.com").await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": true });
    let answer = ann.post(CHANGE, body).await.expect(200);
    let token = answer["token"].as_str().unwrap();
    assert!(answer.set_cookies()[0].starts_with(&format!("{SESSION}={token}.")));
    assert!(is_signed_in(&ann).await && !is_signed_in(&other).await && !is_signed_in(&stolen).await);
});

db_test!(who_does_not_know_the_password_changes_nothing, async |app| {
    let ann = app.signed_up("ann").await;
    let change = async |current: &str, new: &str| {
        ann.post(CHANGE, json!({ "currentPassword": current, "newPassword": new })).await
    };
    change("wrong password", NEW).await.refused(400, "INVALID_PASSWORD");
    change(PASSWORD, "short").await.refused(400, "PASSWORD_TOO_SHORT");
    change(PASSWORD, &"x".repeat(129)).await.refused(400, "PASSWORD_TOO_LONG");
    change(&"x".repeat(129), NEW).await.expect(400);
    ann.post(CHANGE, json!({ "newPassword": NEW })).await.refused(400, "VALIDATION_ERROR");
    let body = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    app.client().post(CHANGE, body).await.refused(401, "UNAUTHORIZED");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
});

db_test!(a_password_is_checked, async |app| {
    let ann = app.signed_up("ann").await;
    let check = async |password: &str| ann.post("/api/auth/verify-password", json!({ "password": password })).await;
    assert_eq!(check(PASSWORD).await.ok(), json!({ "status": true }));
    check("wrong password").await.refused(400, "INVALID_PASSWORD");
    app.client().post("/api/auth/verify-password", json!({ "password": PASSWORD })).await.refused(401, "UNAUTHORIZED");
    // A password is set by those who run the instance, or by a link: not over HTTP without one.
    ann.post("/api/auth/set-password", json!({ "newPassword": NEW })).await.expect(404);
});

db_test!(ways_in_are_listed_without_secrets, async |app| {
    let ann = app.signed_up("ann").await;
    let list = ann.get("/api/auth/list-accounts").await.ok();
    assert_eq!(keys(&list[0]), ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"]);
    assert_eq!((&list[0]["providerId"], &list[0]["accountId"]), (&json!("credential"), &list[0]["userId"]));
    assert_eq!((list.as_array().unwrap().len(), &list[0]["scopes"]), (1, &json!([])));
    app.http().get("/api/auth/list-accounts").await.refused(401, "UNAUTHORIZED");
});
