//! Bulk operations.

use std::collections::BTreeSet;

use auth_core::features::directory::CredentialScope;

use super::access::limited;
use super::*;
use crate::support::*;

const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

#[allow(clippy::needless_pass_by_value, reason = "reads as `bulk(json!([…]))`")]
fn bulk(operations: Json) -> Json {
    json!({ "schemas": [BULK], "Operations": operations })
}

#[allow(clippy::needless_pass_by_value, reason = "reads as `post(…, json!({…}))`")]
fn post(bulk_id: &str, path: &str, data: Json) -> Json {
    json!({ "method": "POST", "bulkId": bulk_id, "path": path, "data": data })
}

fn group(name: &str, members: &[&str]) -> Json {
    let members: Vec<Json> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": [GROUP], "displayName": name, "members": members })
}

/// Sends operations; what they came to.
async fn done(scim: &Client, operations: Json) -> Vec<Json> {
    let answer = scim.post("/scim/v2/Bulk", bulk(operations)).await.ok();
    assert_eq!(answer["schemas"], json!([BULK_RESPONSE]));
    answer["Operations"].as_array().expect("Operations").clone()
}

fn statuses(outcomes: &[Json]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome["status"].as_str().expect("a status as text")).collect()
}

fn made(outcome: &Json) -> String {
    assert_eq!(outcome["status"], "201", "{outcome}");
    outcome["location"].as_str().and_then(|location| location.rsplit('/').next()).expect("an id").to_owned()
}

#[track_caller]
fn failed(outcome: &Json, status: &str, scim_type: &str) {
    assert_eq!(outcome["status"], status, "{outcome}");
    let response = &outcome["response"];
    assert_eq!((&response["schemas"], &response["status"]), (&json!([ERROR]), &json!(status)), "{outcome}");
    assert_eq!(response["scimType"].as_str().unwrap_or_default(), scim_type, "{outcome}");
    assert!(outcome.get("version").is_none(), "{outcome}");
}

db_test!(every_method_does_what_its_request_does, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob, carl) = (make(scim, "ann").await, make(scim, "bob").await, make(scim, "carl").await);
    let staff = make_group(scim, "Staff", &[&ann]).await;
    for base in ["/scim/v2", "/api/auth/scim/v2"] {
        let mut dora = person("dora");
        dora["userName"] = json!(format!("dora at {base}"));
        let answer = scim
            .post(
                &format!("{base}/Bulk"),
                bulk(json!([
                    post("new", "/Users", dora.clone()),
                    {"method": "put", "path": format!("/Users/{ann}"), "data": person("ann2")},
                    // The groups of a person are part of their version, so they come first.
                    {"method": "PATCH", "path": format!("/Groups/{staff}"), "data": op("add", "members", json!([{"value": bob}]))},
                    {"method": "PATCH", "path": format!("/Users/{bob}"), "bulkId": "b", "data": op("replace", "title", json!(base))},
                    {"method": "DELETE", "path": format!("/Users/{carl}")},
                ])),
            )
            .await
            .expect(200);
        assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        let outcomes = answer["Operations"].as_array().unwrap();
        let deleted = if base == "/scim/v2" { "204" } else { "404" };
        assert_eq!(statuses(outcomes), ["201", "200", "200", "200", deleted]);
        let methods: Vec<&str> = outcomes.iter().map(|outcome| outcome["method"].as_str().unwrap()).collect();
        assert_eq!(methods, ["POST", "PUT", "PATCH", "PATCH", "DELETE"]);
        assert_eq!((&outcomes[0]["bulkId"], &outcomes[3]["bulkId"]), (&json!("new"), &json!("b")));
        for (outcome, path) in outcomes.iter().zip([
            format!("Users/{}", made(&outcomes[0])),
            format!("Users/{ann}"),
            format!("Groups/{staff}"),
            format!("Users/{bob}"),
        ]) {
            let location = format!("{}{base}/{path}", app.base);
            assert_eq!(outcome["location"], location);
            let resource = scim.get(&location).await.ok();
            assert_eq!(outcome["version"], resource["meta"]["version"], "{path}");
        }
        scim.delete(&format!("/scim/v2/Users/{}", made(&outcomes[0]))).await.expect(204);
    }
    assert_eq!(scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["userName"], "ann2@acme.example");
    refused(&scim.get(&format!("/scim/v2/Users/{carl}")).await, 404, "");
    let mut both = vec![ann, bob];
    both.sort();
    assert_eq!(members(scim, &staff).await, both);
});

db_test!(what_fails_fails_by_itself_and_says_why, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let path = format!("/Users/{ann}");
    let before = scim.get(&format!("/scim/v2{path}")).await.ok();
    let outcomes = done(
        scim,
        json!([
            post("dup", "/Users", person("ann")),
            post("no", "/Users", json!({"schemas": [USER]})),
            {"method": "PUT", "path": "/Users/scimu_nobody", "data": person("x")},
            {"method": "PATCH", "path": path, "data": op("replace", "id", json!("y"))},
            {"method": "PATCH", "path": path, "data": {"schemas": [PATCH]}},
            {"method": "DELETE", "path": "/Groups/scimg_nobody"},
            post("nowhere", "/Things", json!({})),
            post("one", &path, json!({})),
            {"method": "DELETE", "path": "/Users"},
            {"method": "GET", "path": path},
            {"method": "POST", "path": "/Users", "data": person("x")},
            {"path": "/Users"},
            {"method": "PATCH", "path": path},
            5,
            post("me", "/Me", json!({})),
            post("good", "/Users", person("good")),
            post("good", "/Users", person("twice")),
        ]),
    )
    .await;
    let wanted = [
        ("409", "uniqueness"),
        ("400", "invalidValue"),
        ("404", ""),
        ("400", "mutability"),
        ("400", "invalidSyntax"),
        ("404", ""),
        ("404", ""),
        ("405", ""),
        ("405", ""),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", "invalidValue"),
        ("400", "invalidSyntax"),
        ("501", ""),
    ];
    assert_eq!(outcomes.len(), 17);
    for (outcome, (status, scim_type)) in outcomes.iter().zip(wanted) {
        failed(outcome, status, scim_type);
    }
    made(&outcomes[15]);
    failed(&outcomes[16], "400", "invalidValue");
    assert_eq!(outcomes[0]["bulkId"], "dup");
    assert!(outcomes[0].get("location").is_none(), "nothing was created");
    assert!(outcomes[3]["location"].as_str().is_some_and(|location| location.ends_with(&path)));
    assert_eq!(scim.get(&format!("/scim/v2{path}")).await.ok(), before);
    assert_eq!(scim.get("/scim/v2/Users?count=0").await.ok()["totalResults"], 2);
});

db_test!(references_stand_for_what_is_created, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let mut bob = person("bob");
    bob[ENTERPRISE]["manager"] = json!({"value": "bulkId:ann"});
    let outcomes = done(
        scim,
        json!([
            // Before what it refers to, and after it.
            post("staff", "/Groups", group("Staff", &["bulkId:bob", "bulkId:ann"])),
            post("ann", "/Users", person("ann")),
            post("bob", "/Users", bob),
            post("crew", "/Groups", group("Crew", &["bulkId:bob", "bulkId:staff"])),
            {"method": "PATCH", "path": "/Users/bulkId:ann", "data": op("replace", "title", json!("Dr"))},
            {"method": "PATCH", "path": "/Groups/bulkId:crew", "data": op("add", "members", json!([{"value": "bulkId:ann"}]))},
            {"method": "PATCH", "path": "/Groups/bulkId:crew", "data": operations(json!([{"op": "remove", "path": "members[value eq \"bulkId:bob\"]"}]))},
        ]),
    )
    .await;
    assert_eq!(statuses(&outcomes), ["201", "201", "201", "201", "200", "200", "200"]);
    let id = |place: usize| made(&outcomes[place]);
    let mut both = vec![id(1), id(2)];
    both.sort();
    assert_eq!(members(scim, &id(0)).await, both);
    let mut crew = vec![id(0), id(1)];
    crew.sort();
    assert_eq!(members(scim, &id(3)).await, crew);
    let bob = scim.get(&format!("/scim/v2/Users/{}", id(2))).await.ok();
    assert_eq!(bob[ENTERPRISE]["manager"]["value"], id(1));
    assert_eq!(scim.get(&format!("/scim/v2/Users/{}", id(1))).await.ok()["title"], "Dr");

    let outcomes = done(
        scim,
        json!([
            post("a", "/Groups", group("A", &["bulkId:nobody"])),
            post("b", "/Users", person("ann")),
            post("c", "/Groups", group("C", &["bulkId:b"])),
            {"method": "DELETE", "path": "/Users/bulkId:b"},
        ]),
    )
    .await;
    // Unknown, and of what could not be created.
    failed(&outcomes[0], "400", "invalidValue");
    failed(&outcomes[1], "409", "uniqueness");
    failed(&outcomes[2], "400", "invalidValue");
    failed(&outcomes[3], "400", "invalidValue");
    assert_eq!(scim.get("/scim/v2/Groups?count=0").await.ok()["totalResults"], 2);
});

db_test!(circles_are_closed, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let managed = |name: &str, manager: &str| {
        let mut body = person(name);
        body[ENTERPRISE]["manager"] = json!({"value": format!("bulkId:{manager}")});
        body
    };
    let outcomes = done(
        scim,
        json!([
            post("a", "/Groups", group("A", &["bulkId:b", "bulkId:ann"])),
            post("b", "/Groups", group("B", &["bulkId:a"])),
            post("ann", "/Users", managed("ann", "bob")),
            post("bob", "/Users", managed("bob", "ann")),
            post("self", "/Users", managed("self", "self")),
        ]),
    )
    .await;
    assert_eq!(statuses(&outcomes), ["201"; 5]);
    let id = |place: usize| made(&outcomes[place]);
    let mut of_a = vec![id(1), id(2)];
    of_a.sort();
    assert_eq!((members(scim, &id(0)).await, members(scim, &id(1)).await), (of_a, vec![id(0)]));
    for (place, manager) in [(2, 3), (3, 2), (4, 4)] {
        let user = scim.get(&format!("/scim/v2/Users/{}", id(place))).await.ok();
        assert_eq!(user[ENTERPRISE]["manager"]["value"], id(manager));
        // Ann is in a group since, which is part of her version.
        assert_eq!(outcomes[place]["version"] == user["meta"]["version"], place != 2);
    }
});

db_test!(versions_guard_operations, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let ann = scim.post("/scim/v2/Users", person("ann")).await.created();
    let path = format!("/Users/{}", id(&ann));
    let version = ann["meta"]["version"].clone();
    let retitle = |version: &Json, title: &str| json!({"method": "PATCH", "path": path, "version": version, "data": op("replace", "title", json!(title))});
    let outcomes = done(
        scim,
        json!([
            retitle(&version, "first"),
            retitle(&version, "second"),
            {"method": "PUT", "path": path, "version": version, "data": person("ann")},
            {"method": "DELETE", "path": path, "version": version},
            retitle(&json!("*"), "third"),
            retitle(&json!("nonsense"), "fourth"),
        ]),
    )
    .await;
    assert_eq!(statuses(&outcomes), ["200", "412", "412", "412", "200", "412"]);
    assert_eq!(scim.get(&format!("/scim/v2{path}")).await.ok()["title"], "third");
});

db_test!(it_stops_after_so_many_failures, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let wrong = |bulk_id: &str| post(bulk_id, "/Users", json!({"schemas": [USER]}));
    let all = |prefix: &str| {
        json!([
            post("1", "/Users", person(&format!("{prefix}1"))),
            wrong("2"),
            post("3", "/Users", person(&format!("{prefix}3"))),
            wrong("4"),
            post("5", "/Users", person(&format!("{prefix}5"))),
        ])
    };
    for (prefix, most, wanted) in [
        ("a", json!(null), vec!["201", "400", "201", "400", "201"]),
        ("b", json!(1), vec!["201", "400"]),
        ("c", json!(2), vec!["201", "400", "201", "400"]),
        ("d", json!(3), vec!["201", "400", "201", "400", "201"]),
    ] {
        let mut body = bulk(all(prefix));
        body["failOnErrors"] = most.clone();
        let answer = scim.post("/scim/v2/Bulk", body).await.ok();
        let outcomes = answer["Operations"].as_array().unwrap();
        assert_eq!(statuses(outcomes), wanted, "failOnErrors {most}");
        let filter = url_encode(&format!("userName sw \"{prefix}\""));
        let stands = scim.get(&format!("/scim/v2/Users?filter={filter}")).await.ok()["totalResults"].clone();
        assert_eq!(stands, wanted.iter().filter(|status| **status == "201").count());
    }
});

db_test!(what_cannot_be_read_is_refused_before_any_work, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = "/scim/v2/Bulk";
    for body in [json!([]), json!("x"), json!({}), json!({"Operations": {}}), json!({"Operations": []})] {
        refused(&scim.post(path, body).await, 400, "invalidSyntax");
    }
    refused(&scim.send("POST", path, Some(b"{ not json".to_vec()), &[]).await, 400, "invalidSyntax");
    refused(&scim.send("POST", path, Some(b"{}".to_vec()), &[("content-type", "text/plain")]).await, 415, "");
    refused(&app.http().send("POST", path, Some(b"{ not json".to_vec()), &[]).await, 401, "");
    let answer = scim.get(path).await;
    refused(&answer, 405, "");
    assert_eq!(answer.header("allow"), Some("POST"));

    let config = scim.get("/scim/v2/ServiceProviderConfig").await.ok();
    let most = usize::try_from(config["bulk"]["maxOperations"].as_u64().unwrap()).unwrap();
    let many = |number: usize| {
        let all: Vec<Json> = (0..number).map(|n| post(&n.to_string(), "/Users", person(&format!("m{n}")))).collect();
        bulk(json!(all))
    };
    refused(&scim.post(path, many(most + 1)).await, 413, "");
    let bytes = usize::try_from(config["bulk"]["maxPayloadSize"].as_u64().unwrap()).unwrap();
    let mut body = bulk(json!([post("a", "/Users", person("big"))])).to_string().into_bytes();
    body.resize(bytes, b' ');
    body.push(b' ');
    refused(&scim.send("POST", path, Some(body.clone()), &[]).await, 413, "");
    assert_eq!(scim.get("/scim/v2/Users?count=0").await.ok()["totalResults"], 0);
    body.pop();
    scim.send("POST", path, Some(body), &[]).await.expect(200);
});

db_test!(each_operation_is_authorized_like_a_request, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let stranger = make(&other.scim, "stranger").await;
    let ann = make(&boot.scim, "ann").await;
    let writer = limited(&app, &boot, &[CredentialScope::UsersWrite]).await;
    let outcomes = done(
        &writer,
        json!([
            post("g", "/Groups", group("Staff", &[])),
            post("u", "/Users", person("bob")),
            {"method": "DELETE", "path": format!("/Users/{ann}")},
            {"method": "DELETE", "path": format!("/Users/{stranger}")},
            {"method": "PUT", "path": format!("/Users/{stranger}"), "data": person("mine")},
        ]),
    )
    .await;
    assert_eq!(statuses(&outcomes), ["403", "201", "204", "404", "404"]);
    failed(&outcomes[0], "403", "");
    other.scim.get(&format!("/scim/v2/Users/{stranger}")).await.expect(200);
    assert_eq!(boot.scim.get("/scim/v2/Groups?count=0").await.ok()["totalResults"], 0);
    // A reader may do nothing, and is told so in each place.
    let reader = limited(&app, &boot, &[CredentialScope::UsersRead]).await;
    let outcomes = done(&reader, json!([post("u", "/Users", person("carl"))])).await;
    failed(&outcomes[0], "403", "");
    // What the bulk did is told like what requests do.
    let events = app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_user.provisioned'").await;
    assert_eq!(events, 3);
});

db_test!(reads_go_on_while_a_thousand_operations_are_done, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot.scim, "ann").await;
    let operations: Vec<Json> = (0..1000)
        .map(|n| {
            let body = json!({"schemas": [USER], "userName": format!("bulk{n}"), "active": n % 2 == 0});
            post(&n.to_string(), "/Users", body)
        })
        .collect();
    let scim = boot.scim.clone();
    let running = actix_web::rt::spawn(async move { scim.post("/scim/v2/Bulk", bulk(json!(operations))).await.ok() });
    // How far it has come, as others see it who read meanwhile. Who had to wait for its end would see the beginning and the end.
    let mut seen = BTreeSet::new();
    while !running.is_finished() {
        boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(200);
        let total = boot.scim.get("/scim/v2/Users?count=0").await.ok()["totalResults"].as_i64().expect("a number");
        assert!(seen.last().is_none_or(|last| *last <= total), "{total} after {seen:?}");
        seen.insert(total);
    }
    let answer = running.await.expect("the bulk ends");
    let outcomes = answer["Operations"].as_array().unwrap();
    assert!(outcomes.len() == 1000 && outcomes.iter().all(|outcome| outcome["status"] == "201"));
    let amid = seen.iter().filter(|total| (2..=1000).contains(*total)).count();
    assert!(amid >= 3, "nobody read while it was under way: {seen:?}");
    assert_eq!(boot.scim.get("/scim/v2/Users?count=0").await.ok()["totalResults"], 1001);
});
