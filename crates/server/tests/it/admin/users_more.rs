//! People: locked, and what there is no way to have yet.

use auth_core::outbox::EventKind;

use super::problem;
use crate::support::*;

db_test!(a_locked_account_is_out_until_it_is_unlocked, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{id}");
    let locked = boot.key.send("POST", &format!("{path}/lock"), None, &[]).await.ok();
    assert_eq!((&locked["locked"], &locked["banned"]), (&json!(true), &json!(false)));
    assert_eq!(ann.get("/api/auth/get-session").await.json, Json::Null, "the very next request has no session");
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    app.client().post("/api/auth/sign-in/email", body.clone()).await.refused(403, "USER_LOCKED");
    let again = boot.key.send("POST", &format!("{path}/lock"), None, &[]).await.ok();
    assert_eq!(again["updated_at"], locked["updated_at"], "locking again changes nothing");

    // A lock and a ban are two things: lifting one leaves the other.
    boot.key.post(&format!("{path}/ban"), json!({})).await.ok();
    assert_eq!(boot.key.send("POST", &format!("{path}/unlock"), None, &[]).await.ok()["locked"], false);
    app.client().post("/api/auth/sign-in/email", body.clone()).await.refused(403, "BANNED_USER");
    boot.key.send("POST", &format!("{path}/unban"), None, &[]).await.ok();
    app.client().post("/api/auth/sign-in/email", body).await.expect(200);

    let updated = app.events_of(EventKind::UserUpdated).await;
    let locks = updated.iter().filter(|event| event.payload["before"]["locked"] != event.payload["after"]["locked"]);
    assert_eq!(locks.count(), 2);
    for act in ["lock", "unlock"] {
        problem(boot.key.send("POST", &format!("/v1/users/user_none/{act}"), None, &[]).await, 404, "user_not_found");
        let carl = app.signed_up(&format!("carl-{act}")).await;
        problem(carl.send("POST", &format!("{path}/{act}"), None, &[]).await, 403, "forbidden");
    }
});

db_test!(a_password_that_is_right_opens_nothing_while_locked, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    boot.key.send("POST", &format!("/v1/users/{id}/lock"), None, &[]).await.ok();
    let body = json!({"email": "ann@example.com", "password": "not the password"});
    app.client().post("/api/auth/sign-in/email", body).await.refused(401, "INVALID_EMAIL_OR_PASSWORD");
    let right = json!({"password": PASSWORD});
    let verdict = boot.key.post(&format!("/v1/users/{id}/verify-password"), right).await.ok();
    assert_eq!(verdict["verified"], true);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'ann@example.com'")
            .await,
        0
    );
});

db_test!(second_factors_are_removed_where_there_are_none, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = format!("/v1/users/{}/mfa", boot.user_id);
    boot.key.delete(&path).await.expect(204);
    boot.key.delete(&path).await.expect(204);
    problem(boot.key.delete("/v1/users/user_none/mfa").await, 404, "user_not_found");
    problem(app.signed_up("ann").await.delete(&path).await, 403, "forbidden");
});
