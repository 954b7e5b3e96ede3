//! Users created, read, replaced and deleted.

use super::*;
use crate::support::*;

db_test!(what_is_created_is_what_is_read, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let made = boot.scim.post("/scim/v2/Users", person("ann")).await.expect(201);
    assert_eq!(made.header("content-type"), Some("application/scim+json"));
    let location = made["meta"]["location"].as_str().unwrap();
    assert_eq!(made.header("location"), Some(location));
    assert_eq!(made["meta"]["resourceType"], "User");
    assert!(auth_core::clock::Timestamp::parse(made["meta"]["created"].as_str().unwrap()).is_some());
    assert_eq!(made["meta"]["created"], made["meta"]["lastModified"]);
    let sent = person("ann");
    for key in ["userName", "externalId", "active", "displayName", "name", "emails", ENTERPRISE, "schemas"] {
        assert_eq!(made[key], sent[key], "{key}");
    }
    assert_eq!(boot.scim.get(location).await.ok(), made.json);
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok()["Resources"], json!([made.json]));
});

db_test!(what_the_server_owns_is_not_taken_from_the_body, async |app| {
    let boot = app.boot("Acme", None).await;
    let mut body = person("ann");
    body["id"] = json!("mine");
    body["meta"] = json!({"created": "1999-01-01T00:00:00Z", "location": "http://evil.example"});
    body["groups"] = json!([{"value": "g"}]);
    body["password"] = json!("a secret of Ann's");
    let made = boot.scim.post("/scim/v2/Users", body.clone()).await.expect(201);
    assert!(made["id"] != "mine" && made["id"] != "bulkId" && made["groups"].is_null());
    assert!(!made.text.contains("secret") && !made.text.contains("evil") && !made.text.contains("1999"));
    let path = format!("/scim/v2/Users/{}", made["id"].as_str().unwrap());
    for answer in [
        boot.scim.put(&path, body).await,
        boot.scim.patch(&path, op("replace", "password", json!("another secret"))).await,
        boot.scim.get(&format!("{path}?attributes=password,userName")).await,
        boot.scim.get("/scim/v2/Users?attributes=password").await,
    ] {
        assert!(
            answer.status == 200 && !answer.text.contains("secret") && !answer.text.contains("password"),
            "{answer:?}"
        );
    }
});

db_test!(user_names_are_unique_whatever_their_letter_case, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let first = scim.post("/scim/v2/Users", json!({"schemas": [USER], "userName": "Ann"})).await.created();
    assert_eq!(first["userName"], "Ann");
    refused(&scim.post("/scim/v2/Users", json!({"schemas": [USER], "userName": "aNN"})).await, 409, "uniqueness");
    let bob = scim.post("/scim/v2/Users", json!({"schemas": [USER], "userName": "bob"})).await.created();
    let bob = format!("/scim/v2/Users/{}", id(&bob));
    refused(&scim.put(&bob, json!({"schemas": [USER], "userName": "ANN"})).await, 409, "uniqueness");
    refused(&scim.patch(&bob, op("replace", "userName", json!("ANN"))).await, 409, "uniqueness");
    assert_eq!(scim.get(&format!("/scim/v2/Users/{}", id(&first))).await.ok(), first);
    // One's own name in other letters is no conflict.
    assert_eq!(scim.put(&bob, json!({"schemas": [USER], "userName": "BOB"})).await.ok()["userName"], "BOB");
});

db_test!(equal_requests_at_once_make_one, async |app| {
    let boot = app.boot("Acme", None).await;
    let all = (0..20).map(|_| {
        let scim = boot.scim.clone();
        actix_web::rt::spawn(async move { scim.post("/scim/v2/Users", person("ann")).await })
    });
    let mut statuses = Vec::new();
    for task in all.collect::<Vec<_>>() {
        statuses.push(task.await.expect("a status").status);
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 19][..]));
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok()["totalResults"], 1);
});

db_test!(put_clears_what_is_not_sent_but_for_active, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let before = scim.patch(&path, op("replace", "active", json!(false))).await.ok();
    app.clock.advance(1000);
    let after = scim.put(&path, json!({"schemas": [USER], "userName": "ann2", "emails": null, "id": "x"})).await.ok();
    assert_eq!((&after["userName"], &after["active"]), (&json!("ann2"), &json!(false)));
    for key in ["displayName", "name", "emails", "externalId", ENTERPRISE] {
        assert!(after[key].is_null(), "{key}: {after}");
    }
    assert_eq!(after["schemas"], json!([USER]));
    assert_eq!((&after["id"], &after["meta"]["created"]), (&before["id"], &before["meta"]["created"]));
    assert_ne!(
        (&after["meta"]["lastModified"], &after["meta"]["version"]),
        (&before["meta"]["lastModified"], &before["meta"]["version"])
    );
    assert_eq!(scim.get(&path).await.ok(), after);
    refused(&scim.put(&path, json!({"schemas": [USER]})).await, 400, "invalidValue");
    refused(&scim.put("/scim/v2/Users/scimu_nobody", person("x")).await, 404, "");
    assert_eq!(scim.get("/scim/v2/Users").await.ok()["totalResults"], 1);
});

db_test!(put_of_the_same_changes_nothing, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.scim.post("/scim/v2/Users", person("ann")).await.created();
    app.clock.advance(1000);
    let path = format!("/scim/v2/Users/{}", id(&made));
    assert_eq!(boot.scim.put(&path, made.clone()).await.ok(), made);
});

db_test!(delete_leaves_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let bob = make(scim, "bob").await;
    let group = make_group(scim, "Staff", &[&ann, &bob]).await;
    let path = format!("/scim/v2/Users/{ann}");
    let gone = scim.delete(&path).await.expect(204);
    assert!(gone.text.is_empty());
    refused(&scim.get(&path).await, 404, "");
    refused(&scim.put(&path, person("ann")).await, 404, "");
    refused(&scim.patch(&path, op("replace", "active", json!(true))).await, 404, "");
    refused(&scim.delete(&path).await, 404, "");
    assert_eq!(names(&scim.get("/scim/v2/Users").await.ok()), ["bob@acme.example"]);
    assert_eq!(members(scim, &group).await, [bob]);
    assert_ne!(make(scim, "ann").await, ann);
});

db_test!(ids_are_exact_and_of_one_kind, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot.scim, "ann").await;
    let group = make_group(&boot.scim, "Staff", &[]).await;
    for path in [
        format!("Users/{}", ann.to_uppercase()),
        format!("Users/{group}"),
        format!("Groups/{ann}"),
        "Users/%00".to_owned(),
        "Users/%zz".to_owned(),
        "Users/a'b".to_owned(),
        format!("Users/{}", "x".repeat(300)),
    ] {
        refused(&boot.scim.get(&format!("/scim/v2/{path}")).await, 404, "");
        refused(&boot.scim.delete(&format!("/scim/v2/{path}")).await, 404, "");
    }
});

db_test!(inactive_people_stay_readable, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let mut body = person("ann");
    body["active"] = json!("False");
    let made = scim.post("/scim/v2/Users", body).await.created();
    assert_eq!(made["active"], json!(false));
    assert_eq!(scim.get(&format!("/scim/v2/Users/{}", id(&made))).await.ok()["active"], json!(false));
    assert_eq!(scim.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.ok()["totalResults"], 1);
    assert_eq!(scim.get(&filtered("/scim/v2/Users", "active eq false")).await.ok()["totalResults"], 1);
});

db_test!(what_means_nothing_for_one_resource_is_not_read, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    for query in ["count=abc", "startIndex=x&sortOrder=sideways", "foo=%zz", "cursor=x&attributes=userName"] {
        let answer = scim.get(&format!("/scim/v2/Users/{ann}?{query}")).await.expect(200);
        assert_eq!(answer.header("location"), answer["meta"]["location"].as_str().or(answer.header("location")));
    }
    assert!(scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(200).header("location").is_some());
});

db_test!(empty_text_for_what_has_parts_says_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let body = json!({
        "schemas": [USER, ENTERPRISE], "userName": "ann@acme.example", "name": "", "addresses": [""], "emails": "", "x509Certificates": "",
        ENTERPRISE: "",
    });
    let made = scim.post("/scim/v2/Users", body).await.created();
    assert!(made["name"].is_null() && made["addresses"].is_null() && made[ENTERPRISE].is_null(), "{made}");
    let path = format!("/scim/v2/Users/{}", id(&made));
    for (at, value) in [("name", json!("")), (ENTERPRISE, json!("")), (ENTERPRISE, json!([])), ("addresses", json!(""))]
    {
        let nothing = operations(json!([{"op": "replace", "path": at, "value": value}]));
        scim.patch(&path, nothing).await.expect(200);
    }
});

db_test!(each_change_says_a_later_time, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "ann").await);
    let mut last = scim.get(&path).await.ok()["meta"]["lastModified"].as_str().unwrap().to_owned();
    for n in 0..5 {
        // The clock of a test stands still.
        let change = operations(json!([{"op": "replace", "path": "title", "value": format!("T{n}")}]));
        let now = scim.patch(&path, change).await.expect(200)["meta"]["lastModified"].as_str().unwrap().to_owned();
        assert!(now > last, "{now} is not after {last}");
        last = now;
    }
});
