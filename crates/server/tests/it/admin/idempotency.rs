//! `Idempotency-Key`: a POST that is repeated is done once and gets the same answer.

use super::{faults, problem, within};
use crate::support::*;

async fn post(client: &Client, path: &str, key: &str, body: &Json) -> Answer {
    client.send("POST", path, Some(body.to_string().into_bytes()), &[("idempotency-key", key)]).await
}

db_test!(the_same_answer_comes_for_a_day_even_with_a_secret_in_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/scim/tokens");
    let body = json!({"name": "Okta"});
    let first = post(&boot.key, &path, "k1", &body).await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = post(&boot.key, &path, "k1", &body).await.expect(201);
    assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, Some("true")));
    assert_eq!(boot.key.get(&path).await.ok()["total_count"], 2, "bootstrap's and one more");
    let stored: String = app
        .look(async |db| {
            auth_core::db::one(db, "SELECT sealed_answer FROM idempotency_keys", []).await?.expect("a row").get(0)
        })
        .await;
    assert!(!stored.contains(first["token"].as_str().unwrap()));

    app.clock.advance(86_401);
    let later = post(&boot.key, &path, "k1", &body).await.expect(201);
    assert_ne!(later["id"], first["id"]);
    assert_eq!(post(&boot.key, &path, "k1", &body).await.expect(201).text, later.text);
});

db_test!(a_key_is_of_one_request_and_one_actor, async |app| {
    let boot = app.boot("Acme", None).await;
    let first = post(&boot.key, "/v1/organizations", "k1", &json!({"name": "One"})).await.expect(201);
    let other = post(&boot.key, "/v1/organizations", "k1", &json!({"name": "Two"})).await;
    problem(other, 409, "idempotency_key_reused");
    problem(post(&boot.key, "/v1/secret-keys", "k1", &json!({"name": "One"})).await, 409, "idempotency_key_reused");
    let admin = post(&boot.admin, "/v1/organizations", "k1", &json!({"name": "One"})).await.expect(201);
    assert_ne!(admin["id"], first["id"]);
    let without = boot.key.post("/v1/organizations", json!({"name": "One"})).await.created();
    assert_ne!(without["id"], first["id"]);
});

db_test!(a_refused_request_uses_no_key_up, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"email_address": "ann@x.example"});
    let made = boot.key.post("/v1/users", body.clone()).await.created();
    problem(post(&boot.key, "/v1/users", "k1", &body).await, 409, "user_already_exists_use_another_email");
    boot.key.delete(&format!("/v1/users/{}", made["id"].as_str().unwrap())).await.expect(204);
    post(&boot.key, "/v1/users", "k1", &body).await.expect(201);
    let odd = "x".repeat(256);
    for key in [" ", &odd] {
        let answer = problem(post(&boot.key, "/v1/users", key, &body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, "Idempotency-Key");
    }
});

db_test!(several_at_once_are_one, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"name": "Race"});
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (client, body) = (boot.key.clone(), body.clone());
            actix_web::rt::spawn(async move { post(&client, "/v1/organizations", "k1", &body).await })
        })
        .collect();
    let mut answers = Vec::new();
    for attempt in attempts {
        answers.push(attempt.await.expect("an attempt ends"));
    }
    let first = answers[0].clone().expect(201);
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text == first.text), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count(), 1);
    assert_eq!(boot.key.get("/v1/organizations?query=race").await.ok()["total_count"], 1);
});

db_test!(whoever_lost_the_right_does_not_get_the_answer_again, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&within(&boot, "/memberships"), json!({"user_id": id, "role": "org:admin"})).await.created();
    let path = within(&boot, "/scim/tokens");
    post(&ann, &path, "k1", &json!({"name": "Okta"})).await.expect(201);
    boot.key.delete(&within(&boot, &format!("/memberships/{}", id.as_str().unwrap()))).await.expect(204);
    problem(post(&ann, &path, "k1", &json!({"name": "Okta"})).await, 404, "organization_not_found");
});
