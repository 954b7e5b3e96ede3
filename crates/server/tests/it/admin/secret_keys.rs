//! Secret keys: shown once, refused from the moment they are revoked.

use auth_core::ids::{Id as _, SessionId};
use auth_core::outbox::EventKind;
use auth_core::{Actor, Ctx, secret_keys, users};

use super::problem;
use crate::support::*;

db_test!(a_key_is_shown_once_and_works_until_it_is_revoked, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/secret-keys", json!({"name": "Backend"})).await.created();
    let (id, secret) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(
        id.starts_with("key_") && secret.starts_with("sk_") && secret.starts_with(made["prefix"].as_str().unwrap())
    );
    assert_eq!(
        (&made["object"], &made["revoked_at"], &made["last_used_at"]),
        (&json!("secret_key"), &Json::Null, &Json::Null)
    );
    assert!(made["created_at"].as_i64().unwrap() > 1_000_000_000_000);

    let other = app.key(secret);
    other.get("/v1/users/count").await.ok();
    let read = boot.key.get(&format!("/v1/secret-keys/{id}")).await.ok();
    assert!(read.get("key").is_none() && read["last_used_at"].is_i64(), "{read}");
    let listed = boot.key.get("/v1/secret-keys?limit=500").await;
    assert!(!listed.text.contains(secret), "{}", listed.text);
    assert_eq!(listed["total_count"], 2);
    assert_eq!(listed["data"][0]["id"], id, "newest first");

    let revoked = boot.key.post(&format!("/v1/secret-keys/{id}/revoke"), json!({})).await.ok();
    assert!(revoked["revoked_at"].is_i64());
    problem(other.get("/v1/users/count").await, 401, "unauthenticated");
    let again = boot.key.post(&format!("/v1/secret-keys/{id}/revoke"), json!({})).await.ok();
    assert_eq!(again["revoked_at"], revoked["revoked_at"], "revoking again changes nothing");
});

db_test!(the_last_use_is_written_at_most_once_a_minute, async |app| {
    let boot = app.boot("Acme", None).await;
    let list = async || boot.key.get("/v1/secret-keys").await.ok()["data"][0]["last_used_at"].clone();
    let first = list().await;
    assert!(first.is_i64());
    app.clock.advance(30);
    assert_eq!(list().await, first);
    app.clock.advance(40);
    assert_ne!(list().await, first);
});

db_test!(what_is_no_key_is_refused_and_a_key_opens_nothing_else, async |app| {
    let boot = app.boot("Acme", None).await;
    let mut wrong = boot.secret_key.clone();
    let last = if wrong.pop() == Some('x') { 'y' } else { 'x' };
    wrong.push(last);
    for bad in [wrong.as_str(), "sk_", "sk_abc", "nonsense", &boot.scim_token, &format!("x{}", boot.secret_key)] {
        let answer = problem(app.key(bad).get("/v1/secret-keys").await, 401, "unauthenticated");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "), "{answer:?}");
    }
    problem(app.http().get("/v1/secret-keys").await, 401, "unauthenticated");
    // A cookie does not make up for a header that is no good.
    let admin = boot.admin.clone().bearer("nonsense");
    problem(admin.get("/v1/secret-keys").await, 401, "unauthenticated");
    assert_eq!(boot.key.get("/api/auth/get-session").await.json, Json::Null);
    boot.key.get("/scim/v2/Users").await.expect(401);
});

db_test!(who_was_banned_meanwhile_makes_no_key, async |app| {
    // The last administrator would not be banned.
    app.boot("Chief", None).await;
    let boot = app.boot("Acme", None).await;
    let session = boot.admin.get("/api/auth/get-session").await.ok();
    let id = auth_core::ids::UserId::from_text(session["user"]["id"].as_str().unwrap().to_owned());
    // Their request was let in before the ban was.
    let actor = Actor::User {
        user_id: id.clone(),
        session_id: SessionId::from_text(session["session"]["id"].as_str().unwrap().to_owned()),
        platform_admin: true,
        impersonated_by: None,
    };
    let ctx = Ctx::system("test").with_actor(actor);
    let issue = async || app.core.write(&ctx, async |tx| secret_keys::issue(tx, "Mine").await).await;
    issue().await.expect("so far they may");
    let ban = async |tx: &mut auth_core::Tx| users::ban(tx, &id, None, None).await;
    app.core.write(&Ctx::system("test"), ban).await.unwrap();
    assert_eq!(issue().await.unwrap_err().code(), "forbidden");
    assert_eq!(app.count("SELECT COUNT(*) FROM secret_keys WHERE name = 'Mine'").await, 1, "none was made since");
});

db_test!(a_key_has_a_name, async |app| {
    let boot = app.boot("Acme", None).await;
    for body in
        [json!({}), json!({"name": ""}), json!({"name": null}), json!({"name": 7}), json!({"name": "x".repeat(256)})]
    {
        let answer = problem(boot.key.post("/v1/secret-keys", body).await, 400, "validation_failed");
        assert_eq!(answer["errors"][0]["field"], "name", "{answer:?}");
    }
    problem(boot.key.get("/v1/secret-keys/key_none").await, 404, "secret_key_not_found");
    problem(boot.key.post("/v1/secret-keys/key_none/revoke", json!({})).await, 404, "secret_key_not_found");
});

db_test!(a_key_ends_with_its_makers_access, async |app| {
    let boot = app.boot("Acme", None).await;
    let chief = app.boot("Chief", Some("chief.example")).await;
    let user = format!("/v1/users/{}", boot.user_id);
    let directory = format!("/v1/organizations/{}/directories/{}", chief.organization_id, chief.directory_id);
    let make = async || {
        let admin = app.signed_in(&boot.email).await;
        let made = admin.post("/v1/secret-keys", json!({"name": "Mine"})).await.created();
        let key = app.key(made["key"].as_str().unwrap());
        key.get("/v1/users/count").await.ok();
        key
    };
    let told = async || app.events_of(EventKind::SecretKeyRevoked).await.len();
    // Banned for a while, or locked: the next request is refused, and what was ended stays so.
    for (away, body, back) in [("ban", json!({}), "unban"), ("lock", json!({}), "unlock")] {
        let key = make().await;
        let before = told().await;
        let link = key.post(&format!("{directory}/setup-links"), json!({})).await.created();
        let token = link["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        chief.key.post(&format!("{user}/{away}"), body).await.expect(200);
        problem(key.get("/v1/users/count").await, 401, "unauthenticated");
        let exchanged = app.http().post("/v1/setup-sessions", json!({"token": token})).await;
        problem(exchanged, 404, "setup_link_ended");
        assert_eq!(told().await, before + 1, "{away}");
        chief.key.post(&format!("{user}/{back}"), json!({})).await.expect(200);
        problem(key.get("/v1/users/count").await, 401, "unauthenticated");
    }
    // Who does not administer the instance has no key to it, for as long as that is so.
    let key = make().await;
    chief.key.patch(&user, json!({"role": "user"})).await.expect(200);
    problem(key.get("/v1/users/count").await, 401, "unauthenticated");
    chief.key.patch(&user, json!({"role": "admin"})).await.expect(200);
    key.get("/v1/users/count").await.ok();
    // Erased: also if nobody had revoked it.
    let before = told().await;
    chief.key.delete(&user).await.expect(204);
    problem(key.get("/v1/users/count").await, 401, "unauthenticated");
    assert_eq!(told().await, before + 1);
    let sql = "UPDATE secret_keys SET revoked_at = NULL WHERE created_by = $1";
    let values = [boot.user_id.as_str().into()];
    let alive = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, sql, values.clone()).await;
    assert!(app.core.write(&Ctx::system("test"), alive).await.unwrap() > 0);
    problem(key.get("/v1/users/count").await, 401, "unauthenticated");
    // What a command made is nobody's.
    boot.key.get("/v1/users/count").await.ok();
});
