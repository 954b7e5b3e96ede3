//! People: made, found, changed, shut out, erased.

use super::{faults, problem, within};
use crate::support::*;

db_test!(a_person_is_made_read_changed_and_erased, async |app| {
    let boot = app.boot("Acme", None).await;
    let key = &boot.key;
    let body = json!({
        "email_address": "Ann@Acme.example", "first_name": "Ann", "last_name": "Ex", "external_id": "00u1",
        "public_metadata": {"department": "R&D"}, "private_metadata": {"salary": 7}
    });
    let made = key.post("/v1/users", body).await.created();
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{id}");
    let expected = json!({
        "object": "user", "email_address": "ann@acme.example", "email_verified": false, "name": "Ann Ex", "username": null,
        "image_url": null, "external_id": "00u1", "role": "user", "public_metadata": {"department": "R&D"},
        "private_metadata": {"salary": 7}, "banned": false, "ban_reason": null, "ban_expires_at": null, "locked": false, "two_factor_enabled": false,
        "last_sign_in_at": null
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    assert!(made["created_at"].is_i64() && made["updated_at"].is_i64());
    assert_eq!(key.get(&path).await.ok(), made);

    // Absent stays, null clears, a value sets.
    let changed = key.patch(&path, json!({"first_name": "Anna", "external_id": null})).await.ok();
    assert_eq!((&changed["first_name"], &changed["external_id"]), (&json!("Anna"), &Json::Null));
    assert_eq!((&changed["last_name"], &changed["public_metadata"]), (&json!("Ex"), &json!({"department": "R&D"})));

    let merge = json!({"public_metadata": {"department": null, "desk": {"floor": 3}}});
    let merged = key.patch(&format!("{path}/metadata"), merge).await.ok();
    assert_eq!(merged["public_metadata"], json!({"desk": {"floor": 3}}));
    assert_eq!(merged["private_metadata"], json!({"salary": 7}));

    key.delete(&path).await.expect(204);
    problem(key.get(&path).await, 404, "user_not_found");
    problem(key.patch(&path, json!({"name": "x"})).await, 404, "user_not_found");
    problem(key.delete(&path).await, 404, "user_not_found");
});

db_test!(people_are_found_by_address_external_id_and_search, async |app| {
    let boot = app.boot("Acme", None).await;
    let key = &boot.key;
    for n in 0..12 {
        let body = json!({"email_address": format!("p{n:02}@x.example"), "name": format!("Person {n:02}"), "external_id": format!("e{n}")});
        key.post("/v1/users", body).await.created();
    }
    let page = key.get("/v1/users").await.ok();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["total_count"]), (10, &json!(13)));
    assert_eq!(page["data"][0]["email_address"], "p11@x.example", "newest first");
    let next = key.get("/v1/users?limit=10&offset=10").await.ok();
    assert_eq!(next["data"].as_array().unwrap().len(), 3);
    let emails = async |query: &str| -> Vec<String> {
        let page = key.get(&format!("/v1/users?{query}")).await.ok();
        page["data"].as_array().unwrap().iter().map(|u| u["email_address"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(emails("email_address=P03%40x.example").await, ["p03@x.example"]);
    assert_eq!(emails("external_id=e4").await, ["p04@x.example"]);
    assert_eq!(emails("query=person+05").await, ["p05@x.example"]);
    assert_eq!(emails("query=%25").await, Vec::<String>::new(), "what is searched for is no pattern");
    assert_eq!(emails("query=x.example&order_by=email_address&limit=2").await, ["p00@x.example", "p01@x.example"]);
    assert_eq!(emails("query=x.example&order_by=-email_address&limit=1").await, ["p11@x.example"]);
    let count = key.get("/v1/users/count?query=x.example").await.ok();
    assert_eq!(count, json!({"object": "total_count", "total_count": 12}));
});

db_test!(what_is_no_person_is_refused_field_by_field, async |app| {
    let boot = app.boot("Acme", None).await;
    let key = &boot.key;
    let body = json!({"first_name": 7, "email_verified": "yes", "role": "king", "public_metadata": [], "name": " "});
    let answer = problem(key.post("/v1/users", body).await, 400, "validation_failed");
    let mut told: Vec<String> = faults(&answer).into_iter().map(|(field, code)| format!("{field}:{code}")).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "email_address:required",
            "email_verified:wrong_type",
            "first_name:wrong_type",
            "name:required",
            "public_metadata:wrong_type",
            "role:unknown_value"
        ]
    );
    for bad in ["ann", "a@b@c", "ann @x.example"] {
        let answer = problem(key.post("/v1/users", json!({"email_address": bad})).await, 400, "invalid_email");
        assert_eq!(answer["errors"][0]["field"], "email_address", "{answer:?}");
    }
    let short = key.post("/v1/users", json!({"email_address": "a@x.example", "password": "short"})).await;
    problem(short, 400, "password_too_short");
    let image = json!({"email_address": "a@x.example", "image_url": "javascript:alert(1)"});
    assert_eq!(problem(key.post("/v1/users", image).await, 400, "invalid_image")["errors"][0]["field"], "image_url");
    key.post("/v1/users", json!({"email_address": "a@x.example"})).await.created();
    let twice = key.post("/v1/users", json!({"email_address": "A@X.example"})).await;
    problem(twice, 409, "user_already_exists_use_another_email");
    assert_eq!(key.get("/v1/users/count").await.ok()["total_count"], 2);
});

db_test!(a_person_made_with_a_password_signs_in_until_banned, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"email_address": "ann@x.example", "password": PASSWORD, "email_verified": true});
    let made = boot.key.post("/v1/users", body).await.created();
    assert_eq!(made["email_verified"], true);
    let path = format!("/v1/users/{}", made["id"].as_str().unwrap());
    let check = async |password: &str| {
        let answer = boot.key.post(&format!("{path}/verify-password"), json!({"password": password})).await.ok();
        answer["verified"].as_bool().unwrap()
    };
    assert!(check(PASSWORD).await && !check("another one").await);
    let ann = app.signed_in("ann@x.example").await;
    assert!(boot.key.get(&path).await.ok()["last_sign_in_at"].is_i64());

    let banned = boot.key.post(&format!("{path}/ban"), json!({"reason": "gone"})).await.ok();
    assert_eq!((&banned["banned"], &banned["ban_reason"]), (&json!(true), &json!("gone")));
    assert_eq!(ann.get("/api/auth/get-session").await.json, Json::Null, "the very next request has no session");
    let again = json!({"email": "ann@x.example", "password": PASSWORD});
    let refused = app.client().post("/api/auth/sign-in/email", again.clone()).await;
    assert!(matches!(refused.status, 401 | 403), "{refused:?}");

    let unbanned = boot.key.send("POST", &format!("{path}/unban"), None, &[]).await.ok();
    assert_eq!((&unbanned["banned"], &unbanned["ban_reason"]), (&json!(false), &Json::Null));
    app.client().post("/api/auth/sign-in/email", again).await.expect(200);

    let past = boot.key.post(&format!("{path}/ban"), json!({"expires_at": 1})).await;
    assert_eq!(faults(&problem(past, 400, "validation_failed"))[0].0, "expires_at");
    let later = boot.key.get(&path).await.ok()["updated_at"].as_i64().unwrap() + 60_000;
    let body = json!({"expires_at": later});
    assert_eq!(boot.key.post(&format!("{path}/ban"), body).await.ok()["ban_expires_at"], later);
    app.clock.advance(120);
    assert_eq!(boot.key.get(&path).await.ok()["banned"], false, "a ban that is over is none");
});

db_test!(a_new_address_ends_sessions_and_must_be_free, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/users/{id}");
    let alone = boot.key.patch(&path, json!({"email_verified": true})).await;
    assert_eq!(faults(&problem(alone, 400, "validation_failed"))[0].0, "email_verified");
    let taken = boot.key.patch(&path, json!({"name": "Changed", "email_address": boot.email})).await;
    problem(taken, 409, "user_already_exists_use_another_email");
    assert_eq!(boot.key.get(&path).await.ok()["name"], "Ann", "a refused change changes nothing");
    let body = json!({"email_address": "new@example.com", "email_verified": true});
    let changed = boot.key.patch(&path, body).await.ok();
    assert_eq!((&changed["email_address"], &changed["email_verified"]), (&json!("new@example.com"), &json!(true)));
    assert_eq!(ann.get("/api/auth/get-session").await.json, Json::Null);
});

db_test!(the_last_owner_of_others_is_not_erased, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/users", json!({"email_address": "ann@x.example"})).await.created();
    let body = json!({"user_id": made["id"], "role": "org:member"});
    boot.key.post(&within(&boot, "/memberships"), body).await.created();
    let refused = boot.key.delete(&format!("/v1/users/{}", boot.user_id)).await;
    problem(refused, 409, "you_cannot_leave_the_organization_as_the_only_owner");
    boot.key.get(&format!("/v1/users/{}", boot.user_id)).await.ok();
});
