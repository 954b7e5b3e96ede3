//! Decisions in words: what the log says of a request that was refused, at the door or behind it, and of what a directory
//! asked for and did not get.

use std::collections::BTreeSet;
use std::path::Path;

use api_kit::bucket::Flow;

use super::request_log::{codes, logged};
use super::*;
use crate::support::*;

/// What is below the directory of the organization.
fn directory(boot: &Boot, rest: &str) -> String {
    format!("/v1/organizations/{}/directories/{}{rest}", boot.organization_id, boot.directory_id)
}

async fn failures(boot: &Boot) -> Json {
    boot.key.get(&directory(boot, "/health")).await.ok()["requests"]["last_hour"].clone()
}

db_test!(who_is_known_and_refused_at_the_door_is_in_the_log, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot.scim, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");

    boot.key.patch(&directory(&boot, ""), json!({"state": "paused"})).await.ok();
    boot.scim.patch(&format!("{path}?why=secret"), op("replace", "title", json!("Boss"))).await.expect(503);
    let one = &logged(&boot, "&status=503", 1).await[0];
    assert_eq!((codes(one), &one["operation"]), (vec!["refused.directory_paused"], &json!("user.patch")));
    assert_eq!((&one["replayable"], &one["target"]["id"]), (&json!(false), &json!(ann)));
    assert!(!one.to_string().contains("why"), "which attributes are hidden was not read: {one}");
    // A flood of them is no work for the log: one a second.
    for _ in 0..5 {
        boot.scim.get(&path).await.expect(503);
    }
    logged(&boot, "&status=503", 1).await;
    app.clock.advance(2);
    boot.scim.get(&path).await.expect(503);
    logged(&boot, "&status=503", 2).await;
    let hour = failures(&boot).await;
    assert_eq!((&hour["total"], &hour["failed"]), (&json!(3), &json!(2)));
    boot.key.patch(&directory(&boot, ""), json!({"state": "active"})).await.ok();

    // Revoked, expired, and unknown, are answered alike; the log tells them apart, and of the last there is nothing to tell.
    let now = boot.key.get(&directory(&boot, "")).await.ok()["created_at"].as_i64().expect("an instant");
    let make = async |body: Json| boot.key.post(&directory(&boot, "/credentials"), body).await.created();
    let (brief, gone) =
        (make(json!({"name": "b", "expires_at": now + 3_600_000})).await, make(json!({"name": "g"})).await);
    let id = gone["id"].as_str().expect("an id");
    let revoked = boot.key.delete(&directory(&boot, &format!("/credentials/{id}"))).await;
    assert!(revoked.status < 300, "{revoked:?}");
    app.clock.advance(3_600);
    let answers = [&brief, &gone].map(|made| app.scim(made["token"].as_str().expect("a token")));
    let expired = answers[0].get(&path).await.expect(401);
    let ended = answers[1].delete(&path).await.expect(401);
    let unknown = app.scim(&"x".repeat(40)).delete(&path).await.expect(401);
    assert_eq!((&expired.text, &ended.text), (&unknown.text, &unknown.text));
    let both = logged(&boot, "&status=401", 2).await;
    let told: BTreeSet<(&str, &str)> =
        both.iter().map(|one| (codes(one)[0], one["operation"].as_str().expect("a word"))).collect();
    assert_eq!(told, BTreeSet::from([("refused.token_expired", "user.get"), ("refused.token_revoked", "user.delete")]));
    boot.scim.get(&path).await.expect(200);
});

db_test!(
    who_asks_too_often_is_in_the_log_once_a_second,
    Options::default().limited().kit(|kit| kit.directory_flow = Flow { rate: 1, burst: 3 }),
    async |app| {
        let boot = app.boot("Acme", None).await;
        for _ in 0..3 {
            boot.scim.get("/scim/v2/Users?count=1").await.expect(200);
        }
        for _ in 0..20 {
            boot.scim.delete("/scim/v2/Users/scimu_x").await.expect(429);
        }
        let recorded = logged(&boot, "&status=429", 1).await;
        assert_eq!(codes(&recorded[0]), ["refused.rate_limited"]);
    }
);

db_test!(an_expired_access_token_is_in_the_log_of_its_directory, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = oauth::OAuthClient::make(&boot, &[]).await;
    let tokens = client.fetch(&app, &[("grant_type", "client_credentials")]).await.ok();
    let scim = oauth::scim(&app, &tokens);
    scim.get("/scim/v2/Users").await.expect(200);
    app.clock.advance(86_400);
    scim.get("/scim/v2/Users").await.expect(401);
    assert_eq!(codes(&logged(&boot, "&status=401", 1).await[0]), ["refused.token_expired"]);
});

db_test!(each_change_that_is_refused_says_why_in_a_word, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");
    let mut expected = Vec::new();
    let mut last = async |answer: Answer, status: u16, code: &'static str| {
        assert_eq!(answer.status, status, "{answer:?}");
        expected.push(code);
        let found = logged(&boot, "&status=error", expected.len()).await;
        assert_eq!(codes(&found[0]), [code], "{}", found[0]);
        assert!(found[0]["notes"][0]["message"].as_str().is_some_and(|words| !words.is_empty()));
    };
    last(scim.post("/scim/v2/Users", person("ann")).await, 409, "refused.user_name_taken").await;
    last(scim.post("/scim/v2/Users", json!({"schemas": [USER]})).await, 400, "refused.invalid_value").await;
    let broken = scim.send("POST", "/scim/v2/Users", Some(b"{ not json".to_vec()), &[]).await;
    last(broken, 400, "refused.invalid_syntax").await;
    last(scim.patch(&path, op("replace", "nothing[", json!(1))).await, 400, "refused.invalid_path").await;
    last(scim.patch(&path, op("replace", "id", json!("other"))).await, 400, "refused.mutability").await;
    last(scim.patch(&path, operations(json!([{"op": "remove"}]))).await, 400, "refused.no_target").await;
    last(scim.delete("/scim/v2/Users/scimu_none").await, 404, "refused.resource_not_found").await;
    last(scim.put("/scim/v2/Groups/scimg_none", json!({"displayName": "x"})).await, 404, "refused.resource_not_found")
        .await;
    last(scim.post("/scim/v2/Groups", json!({"schemas": [GROUP]})).await, 400, "refused.invalid_value").await;
    let stale = scim.send("DELETE", &path, None, &[("if-match", "W/\"99\"")]).await;
    last(stale, 412, "refused.version_mismatch").await;
    let typed = [("content-type", "text/plain")];
    let text = scim.send("POST", "/scim/v2/Users", Some(b"x".to_vec()), &typed).await;
    last(text, 415, "refused.unsupported_media_type").await;
    let body = json!({"name": "reader", "scopes": ["users:read"]});
    let reader = boot.key.post(&directory(&boot, "/credentials"), body).await.created();
    let reader = app.scim(reader["token"].as_str().expect("a token"));
    last(reader.delete(&path).await, 403, "refused.insufficient_scope").await;
});

db_test!(each_operation_of_a_bulk_request_that_is_refused_says_why, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    make(&boot.scim, "ann").await;
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": person("ann")},
        {"method": "DELETE", "path": "/Users/scimu_none"},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bob")},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": person("ann")},
    ]});
    boot.scim.post("/scim/v2/Bulk", bulk).await.expect(200);
    let one = logged(&boot, "&operation=bulk", 1).await.remove(0);
    let refusals: Vec<&str> = codes(&one).into_iter().filter(|code| code.starts_with("refused.")).collect();
    assert_eq!(refusals, ["refused.user_name_taken", "refused.resource_not_found", "refused.user_name_taken"]);
});

db_test!(what_a_directory_may_not_do_and_what_came_back_is_said, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.proven("ann@acme.example").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let members = format!("/v1/organizations/{}/memberships", boot.organization_id);
    boot.key.post(&members, json!({"user_id": id, "role": "org:admin"})).await.created();
    // The organization does not hold the domain: it is the resource that has the name.
    let made = make(&boot.scim, "ann").await;
    let path = format!("/scim/v2/Users/{made}");
    let created = logged(&boot, "&operation=user.create", 1).await;
    let has = |one: &Json, code: &str| codes(one).contains(&code);
    assert!(has(&created[0], "linked.member") && has(&created[0], "withheld.name"), "{}", created[0]);
    assert!(has(&created[0], "withheld.external_id"), "{}", created[0]);
    let photos = json!([{"value": "https://acme.example/ann.png", "type": "photo"}]);
    boot.scim.patch(&path, op("add", "photos", photos)).await.expect(200);
    assert_eq!(codes(&logged(&boot, "&operation=user.patch", 1).await[0]), ["withheld.image"]);
    boot.scim
        .patch(&path, op("replace", "emails[type eq \"work\"].value", json!("new@acme.example")))
        .await
        .expect(200);
    let moved = logged(&boot, "&operation=user.patch", 2).await.remove(0);
    let note = &moved["notes"][0];
    assert_eq!((&note["code"], &note["details"]), (&json!("withheld.email"), &json!({"reason": "no_authority"})));

    // What comes back with a reactivation, and what does not.
    for (settings, back, gone) in [
        (json!({}), json!(["admin"]), json!([])),
        (json!({"restore_roles_on_reactivation": false}), json!([]), json!(["admin"])),
    ] {
        boot.key.patch(&directory(&boot, ""), json!({ "settings": settings })).await.ok();
        boot.scim.patch(&path, op("replace", "active", json!(false))).await.expect(200);
        boot.scim.patch(&path, op("replace", "active", json!(true))).await.expect(200);
        let newest = boot.key.get(&directory(&boot, "/requests?limit=1")).await.ok()["data"][0].clone();
        let notes = newest["notes"].as_array().expect("notes");
        let note = notes.iter().find(|note| note["code"] == "access.restored").unwrap_or_else(|| panic!("{newest}"));
        assert_eq!((&note["details"]["roles_by_hand"], &note["details"]["roles_withdrawn"]), (&back, &gone), "{note}");
        assert_eq!((&note["details"]["user_id"], &note["details"]["after"]), (&id, &json!("deactivation")));
    }
});

/// The codes of notes that are written in the sources, and those that the documentation explains.
#[test]
fn each_decision_that_is_written_is_explained() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_to_string(top.join("docs/directories.md")).expect("the documentation");
    let table = docs.split("### Decisions").nth(1).and_then(|rest| rest.split("### ").next()).expect("the table");
    let code = regex::Regex::new(r"`([a-z]+\.[a-z_]+)`").expect("a pattern");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let explained: BTreeSet<String> = rows
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| code.captures_iter(cell).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .collect();
    let topics = "linked|pending|role|access|mapping|members|membership|resource|withheld|refused|team";
    let written = regex::Regex::new(&format!("\"((?:{topics})\\.[a-z_]+)\"")).expect("a pattern");
    let mut found = BTreeSet::new();
    let mut open = vec![top.join("crates/auth-core/src/features/directory")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source");
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(written.captures_iter(text).map(|found| found[1].to_owned()));
        }
    }
    // At the door they are put together from a word.
    let door = ["token_revoked", "token_expired", "directory_paused", "import_applying", "rate_limited"];
    found.extend(door.map(|why| format!("refused.{why}")));
    let missing: Vec<&String> = found.difference(&explained).collect();
    assert!(missing.is_empty(), "not in docs/directories.md: {missing:?}");
    // Other refusals have the codes of the core's failures, or SCIM's own words.
    let unknown: Vec<&String> = explained.difference(&found).filter(|code| !code.starts_with("refused.")).collect();
    assert!(unknown.is_empty(), "explained and never written: {unknown:?}");
}
