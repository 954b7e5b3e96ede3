//! The request log as the requests fill it.

use std::sync::Arc;

use auth_core::features::directory::connections;
use auth_core::features::directory::request_log::{Entry, Kept, RequestLog, paths, sweep};
use auth_core::ids::{CredentialId, DirectoryId, Id as _, OrgId};
use futures_util::future::join_all;

use super::*;
use crate::support::*;

/// The requests of the first directory that a query finds, newest first. What was answered is there at once.
pub(super) async fn logged(boot: &Boot, query: &str, count: usize) -> Vec<Json> {
    let path = format!(
        "/v1/organizations/{}/directories/{}/requests?limit=500{query}",
        boot.organization_id, boot.directory_id
    );
    let page = boot.key.get(&path).await.ok();
    assert_eq!(page["total_count"], count, "requests by {query:?}: {page}");
    page["data"].as_array().expect("data").clone()
}

async fn one(boot: &Boot, logged: &Json) -> Json {
    let path = format!(
        "/v1/organizations/{}/directories/{}/requests/{}",
        boot.organization_id,
        boot.directory_id,
        logged["id"].as_str().expect("an id")
    );
    boot.key.get(&path).await.ok()
}

pub(super) fn codes(logged: &Json) -> Vec<&str> {
    logged["notes"].as_array().expect("notes").iter().map(|note| note["code"].as_str().expect("a code")).collect()
}

/// All that so many requests left, as one text: what is shown of each, and the rows.
async fn everything(app: &App, boot: &Boot, count: usize) -> String {
    let mut texts = Vec::new();
    for shown in logged(boot, "", count).await {
        texts.push(one(boot, &shown).await.to_string());
    }
    let rows = app
        .look(async |db| {
            let columns = "COALESCE(path, '') || ' ' || COALESCE(user_agent, '') || ' ' || COALESCE(notes, '') || ' '
                || COALESCE(body, '') || ' ' || COALESCE(answer, '') || ' ' || COALESCE(user_name_key, '') || ' '
                || COALESCE(target_id, '') || ' ' || request_id || ' ' || COALESCE(actor, '')";
            let rows = auth_core::db::all(db, format!("SELECT {columns} FROM directory_requests"), []).await?;
            rows.iter().map(|row| row.get::<String>(0)).collect::<auth_core::Result<Vec<_>>>()
        })
        .await;
    texts.extend(rows);
    texts.join("\n")
}

db_test!(each_request_is_recorded_with_what_it_did_and_why, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let ann = make(scim, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");
    // Whoever looks sees what was answered.
    let created = logged(&boot, "", 1).await;
    assert_eq!(created[0]["operation"], "user.create");
    refused(&scim.post("/scim/v2/Users", person("ann")).await, 409, "uniqueness");
    scim.patch(&path, op("replace", "title", json!("Boss"))).await.expect(200);
    scim.patch(&path, op("replace", "title", json!("Boss"))).await.expect(200);
    scim.get(&path).await.expect(200);
    scim.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.expect(200);
    scim.post("/scim/v2/Users/.search", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}))
        .await
        .expect(200);
    scim.get("/scim/v2/ServiceProviderConfig").await.expect(200);
    let group = make_group(scim, "Staff", &[&ann, "scimu_nobody"]).await;
    scim.send("POST", "/scim/v2/Users", Some(b"{ not json".to_vec()), &[]).await.expect(400);
    scim.delete(&path).await.expect(204);
    // Who is not known leaves nothing.
    app.scim("nobody").get("/scim/v2/Users").await.expect(401);

    let all = logged(&boot, "", 11).await;
    let mut operations: Vec<(&str, u64)> =
        all.iter().map(|one| (one["operation"].as_str().unwrap(), one["status"].as_u64().unwrap())).collect();
    operations.sort_unstable();
    assert_eq!(
        operations,
        [
            ("discovery", 200),
            ("group.create", 201),
            ("user.create", 201),
            ("user.create", 400),
            ("user.create", 409),
            ("user.delete", 204),
            ("user.get", 200),
            ("user.list", 200),
            ("user.patch", 200),
            ("user.patch", 200),
            ("user.search", 200),
        ]
    );
    assert!(all.is_sorted_by_key(|one| std::cmp::Reverse(one["created_at"].as_i64())), "newest first");
    let of = async |query: &str, count| logged(&boot, query, count).await;
    assert_eq!(codes(&of("&operation=user.create&status=201", 1).await[0]), ["linked.created", "role.default"]);
    assert_eq!(codes(&of("&status=409", 1).await[0]), ["refused.user_name_taken"]);
    let patches = of("&operation=user.patch", 2).await;
    assert_eq!((codes(&patches[0]), codes(&patches[1]).len()), (vec!["resource.unchanged"], 0));
    assert_eq!(codes(&of("&operation=group.create", 1).await[0]), ["members.unknown"]);
    assert_eq!(codes(&of("&operation=user.delete", 1).await[0]), ["access.ended"]);
    of("&status=error", 2).await;

    // By the resource, the person and the userName, although the resource is gone.
    let user = of("&operation=user.create&status=201", 1).await[0]["person"]["user_id"].clone();
    assert_eq!(of(&format!("&person={ann}"), 5).await.len(), 5);
    // The refused creation and the search have the name as well, but no resource.
    of("&person=ANN@acme.example", 7).await;
    of(&format!("&person={}", user.as_str().unwrap()), 5).await;
    of("&person=nobody", 0).await;
    assert_eq!(of(&format!("&person={group}"), 1).await[0]["target"], json!({"type": "Group", "id": group}));

    let single = one(&boot, &of("&operation=user.create&status=201", 1).await[0]).await;
    assert_eq!((&single["body"]["userName"], &single["answer"]["id"]), (&json!("ann@acme.example"), &json!(ann)));
    assert_eq!(single["person"]["directory_user_id"], json!(ann));
    assert!(single["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{single}");
    assert_eq!((&single["replayable"], &single["body_truncated"]), (&json!(true), &json!(false)));
    let broken = one(&boot, &of("&status=400", 1).await[0]).await;
    assert_eq!(broken["body"], "{ not json");
    let discovery = one(&boot, &of("&operation=discovery", 1).await[0]).await;
    assert_eq!((&discovery["answer"], &discovery["answer_truncated"]), (&Json::Null, &json!(true)));

    // By time.
    let last = all[0]["created_at"].as_i64().unwrap();
    of(&format!("&since={}", last + 1), 0).await;
    of(&format!("&until={}", last + 1), 11).await;
    assert_eq!(of(&format!("&since={last}"), 1).await[0]["operation"], "user.delete");
});

/// What stands for every secret.
const SECRET: &str = "Sup3rS3cretValue";

db_test!(no_secret_is_ever_in_it, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let scim = &boot.scim;
    let mut ann = person("ann");
    ann["password"] = json!(SECRET);
    ann["PASSWORD2"] = json!({"deep": [SECRET]});
    let id = id(&scim.post("/scim/v2/Users", ann.clone()).await.created());
    let path = format!("/scim/v2/Users/{id}");
    scim.post("/scim/v2/Users", ann.clone()).await.expect(409);
    scim.put(&path, ann.clone()).await.expect(200);
    for operations in [
        json!([{"op": "replace", "path": "password", "value": SECRET}]),
        json!([{"op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:passWord", "value": SECRET}]),
        json!([{"op": "replace", "value": {"password": SECRET, "title": "x"}}]),
        json!([{"op": "remove", "path": format!("password[value eq \"{SECRET}\"]")}]),
        json!([{"op": "replace", "path": "title", "value": format!("Bearer {}", boot.scim_token)}]),
    ] {
        scim.patch(&path, super::operations(operations)).await;
    }
    let raw = format!(r#"{{"schemas": ["{USER}"], "userName": "bob", "p\u0061ssword": "{SECRET}"}}"#);
    scim.send("POST", "/scim/v2/Users", Some(raw.into_bytes()), &[]).await.expect(201);
    let broken = format!(r#"{{"userName": "carl", "password": "{SECRET}""#);
    scim.send("POST", "/scim/v2/Users", Some(broken.into_bytes()), &[]).await.expect(400);
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER], "userName": "dora", "password": SECRET}},
        {"method": "PATCH", "path": format!("/Users/{id}"), "data": op("replace", "password", json!(SECRET))},
    ]});
    scim.post("/scim/v2/Bulk", bulk).await.expect(200);
    scim.get(&filtered("/scim/v2/Users", &format!("password eq \"{SECRET}\""))).await;
    scim.get(&format!("/scim/v2/Users?p%61ssword={SECRET}")).await;
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": format!("password eq \"{SECRET}\"")});
    for path in ["/scim/v2/.search", "/scim/v2/Users/.search", "/scim/v2/Groups/.search"] {
        scim.post(path, search.clone()).await;
    }
    let mut staff = json!({"schemas": [GROUP], "displayName": "Staff", "secretCode": SECRET});
    let group = super::id(&scim.post("/scim/v2/Groups", staff.clone()).await.created());
    staff["apiToken"] = json!(SECRET);
    scim.put(&format!("/scim/v2/Groups/{group}"), staff).await.expect(200);
    scim.patch(&format!("/scim/v2/Groups/{group}"), op("replace", "password", json!(SECRET))).await;
    scim.send("POST", &format!("/scim/v2/Users?token={}", boot.scim_token), Some(b"{}".to_vec()), &[]).await;
    let token = &boot.scim_token;
    for written in [format!("/scim/v2/Users/{token}"), format!("/scim/v2/Users/%73{}", &token[1..])] {
        scim.get(&written).await.expect(404);
        scim.delete(&written).await.expect(404);
    }
    scim.clone().with("user-agent", &format!("program {token}")).patch(&path, op("replace", "title", json!("y"))).await;
    scim.delete(&path).await.expect(204);

    let all = everything(&app, &boot, 26).await;
    assert!(!all.contains(SECRET), "{all}");
    assert!(!all.contains(&boot.scim_token), "{all}");
    // That is no wonder of nothing having been recorded.
    assert!(all.contains("[redacted]") && all.contains("ann@acme.example"));
});

db_test!(
    a_body_beyond_the_limit_is_kept_in_part,
    Options::default().kit(|kit| kit.request_log_body_limit = 300),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let mut ann = person("ann");
        ann["displayName"] = json!("ä".repeat(400));
        boot.scim.post("/scim/v2/Users", ann).await.created();
        let large = one(&boot, &logged(&boot, "", 1).await[0]).await;
        assert_eq!(
            (&large["body_truncated"], &large["answer_truncated"], &large["replayable"]),
            (&json!(true), &json!(true), &json!(false))
        );
        assert!(large["body_bytes"].as_u64().is_some_and(|bytes| bytes > 800), "{large}");
        assert!(
            large["body"].as_str().is_some_and(|text| text.len() <= 300 && text.contains("ann@acme.example")),
            "{large}"
        );
    }
);

db_test!(it_can_be_switched_off, Options::default().kit(|kit| kit.request_log = false), async |app| {
    let boot = app.boot("Acme", None).await;
    make(&boot.scim, "ann").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_requests").await, 0);
});

db_test!(a_log_that_cannot_be_written_fails_nobody, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ctx = auth_core::Ctx::system("test");
    let drop = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, "DROP TABLE directory_requests", []).await;
    app.core.write(&ctx, drop).await.expect("the table goes");
    make(&boot.scim, "ann").await;
    boot.scim.get("/scim/v2/Users").await.expect(200);
    app.logged().await;
    let metrics = app.http().get("/metrics").await.expect(200).text;
    let line =
        metrics.lines().find(|line| line.starts_with("portico_scim_requests_unrecorded_total ")).expect("the counter");
    assert!(line.ends_with(" 2"), "{line}");
});

db_test!(changes_at_once_are_all_recorded_for_whoever_looks_then, async |app| {
    let boot = app.boot("Acme", None).await;
    let names: Vec<String> = (0..24).map(|n| format!("p{n}")).collect();
    let made = join_all(names.iter().map(async |name| boot.scim.post("/scim/v2/Users", person(name)).await)).await;
    assert!(made.iter().all(|answer| answer.status == 201));
    // In rows of their own or in those that they share.
    let path = format!("/v1/organizations/{}/directories/{}/requests", boot.organization_id, boot.directory_id);
    let all = boot.key.get(&format!("{path}?limit=100")).await.ok();
    assert_eq!(all["total_count"], 24);
    let targets = all["data"].as_array().expect("data").iter().map(|one| one["target"]["id"].to_string());
    assert_eq!(targets.collect::<std::collections::BTreeSet<_>>().len(), 24);
});

db_test!(changes_that_share_a_row_are_whole, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot.scim, "ann").await;
    let organization = OrgId::parse(&boot.organization_id).expect("an id");
    let id = DirectoryId::parse(&boot.directory_id).expect("an id");
    let directory = app.look(async |rx| connections::get(rx, &organization, &id).await).await;
    let credential = CredentialId::parse("scimt_one").expect("an id");
    let log = Arc::new(RequestLog::new(app.core.clone(), Arc::new(scim_api::Replays)));
    let patch = op("replace", "urn:acme:2.0:User:badge", json!("7")).to_string();
    let entry = |n: usize| {
        let mut entry = Entry::new(&directory, &credential, &format!("req_{n}"), app.core.clock().now());
        (entry.status, entry.method, entry.operation) = (200, "PATCH".into(), "user.patch".into());
        entry.path = format!("/scim/v2/Users/{ann}");
        entry.target = Some(ann.clone());
        entry.body = Kept { length: Some(patch.len() as u64), whole: true, text: Some(patch.clone()) };
        entry
    };
    join_all((0..40).map(|n| log.record(entry(n)))).await;
    log.flush().await;
    assert_eq!(
        app.count("SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM directory_request_segments").await,
        40,
        "they waited together"
    );
    // The body is there to be made again, and to be learned from.
    let patches = logged(&boot, "&operation=user.patch", 40).await;
    let single = one(&boot, &patches[20]).await;
    assert_eq!((&single["body"]["Operations"][0]["value"], &single["replayable"]), (&json!("7"), &json!(true)));
    let seen = app.look(async |rx| paths(rx, &organization, &id).await).await;
    let of = |path: &str| seen.iter().find(|seen| seen.path == path).map(|seen| seen.count);
    assert_eq!((of("urn:acme:2.0:User:badge"), of("userName")), (Some(40), Some(1)));
});

db_test!(a_log_whose_runtime_has_ended_holds_nobody_up, async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = OrgId::parse(&boot.organization_id).expect("an id");
    let id = DirectoryId::parse(&boot.directory_id).expect("an id");
    let directory = app.look(async |rx| connections::get(rx, &organization, &id).await).await;
    let credential = CredentialId::parse("scimt_one").expect("an id");
    let core = app.core.clone();
    let short = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async { Arc::new(RequestLog::new(core, Arc::new(scim_api::Replays))) })
    });
    let log = short.join().expect("a log");
    let entry = |n: usize| Entry::new(&directory, &credential, &format!("req_{n}"), app.core.clock().now());
    log.gather(entry(0));
    log.record(entry(1)).await;
    log.record(entry(2)).await;
    log.catch_up().await;
    log.flush().await;
    assert_eq!(log.dropped(), 3);
});

db_test!(one_that_is_refused_takes_few_along, Options::default().broken(), async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = OrgId::parse(&boot.organization_id).expect("an id");
    let id = DirectoryId::parse(&boot.directory_id).expect("an id");
    let directory = app.look(async |rx| connections::get(rx, &organization, &id).await).await;
    let credential = CredentialId::parse("scimt_one").expect("an id");
    let ctx = auth_core::Ctx::system("test");
    // The database refuses whom one of them is about.
    let refuse = "CREATE UNIQUE INDEX refused ON directory_request_people (directory_id)";
    let refuse = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, refuse, []).await;
    app.core.write(&ctx, refuse).await.expect("an index");
    let log = Arc::new(RequestLog::new(app.core.clone(), Arc::new(scim_api::Replays)));
    for n in 0..300 {
        let mut entry = Entry::new(&directory, &credential, &format!("req_{n}"), app.core.clock().now());
        (entry.status, entry.method, entry.operation) = (200, "PATCH".into(), "group.patch".into());
        if n == 100 {
            entry.people = vec!["scimu_one".to_owned(), "scimu_two".to_owned()];
        }
        log.gather(entry);
    }
    log.flush().await;
    assert_eq!(log.dropped(), 64);
    logged(&boot, "", 300 - 64).await;
});

db_test!(what_is_older_than_the_directory_keeps_it_goes, async |app| {
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let path = format!("/v1/organizations/{}/directories/{}", acme.organization_id, acme.directory_id);
    acme.key.patch(&path, json!({"settings": {"request_log_retention_days": 2}})).await.ok();
    make(&acme.scim, "ann").await;
    make(&beta.scim, "bob").await;
    app.clock.advance(2 * 86_400 + 60);
    make(&acme.scim, "carl").await;
    app.logged().await;
    sweep(&app.core).await.expect("the sweep succeeds");
    assert_eq!(logged(&acme, "", 1).await[0]["person"]["user_name"], "carl@acme.example");
    logged(&beta, "", 1).await;
    app.clock.advance(30 * 86_400);
    sweep(&app.core).await.expect("the sweep succeeds");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_requests").await, 0);
});

db_test!(whose_link_is_pending_is_not_told, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let vic = app.proven("vic@elsewhere.example").await;
    let vic = vic.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned();
    let mut stranger = person("vic");
    stranger["userName"] = json!("vic@elsewhere.example");
    stranger["emails"] = json!([{"value": "vic@elsewhere.example", "type": "work", "primary": true}]);
    let id = boot.scim.post("/scim/v2/Users", stranger).await.created()["id"].as_str().expect("an id").to_owned();
    boot.scim.patch(&format!("/scim/v2/Users/{id}"), op("replace", "title", json!("Boss"))).await.expect(200);
    for one in logged(&boot, "", 2).await {
        assert!(!one.to_string().contains(&vic), "{one}");
    }
    let created = logged(&boot, "&operation=user.create", 1).await;
    assert_eq!(codes(&created[0])[0], "linked.pending");
    assert_eq!(created[0]["person"]["user_name"], "vic@elsewhere.example");
});

/// Reads that came at once, so that they share a row: 20 of each of these people, and a failure.
async fn reads_at_once(app: &App, boot: &Boot, people: [&str; 2]) {
    let organization = OrgId::parse(&boot.organization_id).expect("an id");
    let id = DirectoryId::parse(&boot.directory_id).expect("an id");
    let directory = app.look(async |rx| connections::get(rx, &organization, &id).await).await;
    let credential = CredentialId::parse("scimt_one").expect("an id");
    let log = Arc::new(RequestLog::new(app.core.clone(), Arc::new(scim_api::Replays)));
    for n in 0..41 {
        let target = *people.get(n / 20).unwrap_or(&"scimu_nobody");
        let answer = json!({"id": target, "userName": "somebody@acme.example"}).to_string();
        let mut entry = Entry::new(&directory, &credential, &format!("req_{n}"), app.core.clock().now());
        (entry.status, entry.duration) = (if n == 40 { 404 } else { 200 }, 1500);
        (entry.method, entry.operation) = ("GET".into(), "user.get".into());
        entry.path = format!("/scim/v2/Users/{target}");
        entry.target = Some(target.to_owned());
        entry.user_name = Some("Somebody@acme.example".to_owned());
        entry.answer = Kept { length: Some(answer.len() as u64), whole: true, text: Some(answer) };
        log.gather(entry);
    }
    log.flush().await;
    let packed = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM directory_request_segments";
    assert_eq!(app.count(packed).await, 41);
}

db_test!(who_reads_on_upwards_passes_over_nobody_who_is_written_later, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let organization = OrgId::parse(&boot.organization_id).expect("an id");
    let id = DirectoryId::parse(&boot.directory_id).expect("an id");
    let directory = app.look(async |rx| connections::get(rx, &organization, &id).await).await;
    let credential = CredentialId::parse("scimt_one").expect("an id");
    // Reads that came at the beginning and wait to be written, and a change that is in the log before them.
    let log = Arc::new(RequestLog::new(app.core.clone(), Arc::new(scim_api::Replays)));
    for n in 0..20 {
        let mut entry = Entry::new(&directory, &credential, &format!("req_{n}"), app.core.clock().now());
        (entry.status, entry.method, entry.operation) = (200, "GET".into(), "user.list".into());
        log.gather(entry);
    }
    app.clock.advance(1);
    make(&boot.scim, "ann").await;
    let upwards = format!(
        "/v1/organizations/{}/directories/{}/requests?order_by=created_at&limit=1",
        boot.organization_id, boot.directory_id
    );
    app.clock.advance(3);
    // Whoever saw the change now would go on behind it.
    let page = boot.key.get(&upwards).await.ok();
    assert_eq!((&page["total_count"], &page["next_cursor"]), (&json!(0), &Json::Null), "{page}");
    logged(&boot, "&operation=user.create", 1).await;
    log.flush().await;
    app.clock.advance(3);
    let (mut seen, mut query) = (0, String::new());
    let last = loop {
        let page = boot.key.get(&format!("{upwards}{query}")).await.ok();
        seen += 1;
        let Some(next) = page["next_cursor"].as_str() else { break page["data"][0]["operation"].clone() };
        query = format!("&cursor={next}");
    };
    assert_eq!((seen, last), (21, json!("user.create")));
});

db_test!(reads_that_share_a_row_are_found_like_others, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (make(&boot.scim, "ann").await, make(&boot.scim, "bob").await);
    reads_at_once(&app, &boot, [&ann, &bob]).await;
    let all = logged(&boot, "", 43).await;
    assert!(all.is_sorted_by_key(|one| std::cmp::Reverse(one["id"].as_str())), "newest first");

    // As in any list: by person, status and operation, and in pages across rows and segments.
    logged(&boot, &format!("&person={bob}"), 21).await;
    logged(&boot, "&person=ann@acme.example", 21).await;
    logged(&boot, "&status=error", 1).await;
    logged(&boot, "&operation=user.get&status=200", 40).await;
    logged(&boot, "&query=users/scimu_NOBODY", 1).await;
    let path = format!("/v1/organizations/{}/directories/{}/requests", boot.organization_id, boot.directory_id);
    let mut seen = Vec::new();
    let mut query = "?limit=7".to_owned();
    loop {
        let page = boot.key.get(&format!("{path}{query}")).await.ok();
        seen.extend(page["data"].as_array().expect("data").iter().map(|one| one["id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=7&cursor={next}");
    }
    assert_eq!(seen, all.iter().map(|one| one["id"].clone()).collect::<Vec<_>>());

    // One of them, with what was answered; it reads and is not made again.
    let get = logged(&boot, &format!("&operation=user.get&person={ann}"), 20).await[7].clone();
    let single = one(&boot, &get).await;
    assert_eq!((&single["answer"]["id"], &single["masked"]), (&json!(ann), &json!(false)));
    assert_eq!((&single["replayable"], &single["duration_ms"]), (&json!(false), &json!(1.5)));
    let replay = format!("{path}/{}/replay", get["id"].as_str().expect("an id"));
    assert_eq!(boot.key.post(&replay, json!({})).await.status, 409);

    // Who sees the organization, but does not manage its directories, sees nobody in it.
    let role = json!({"name": "Looker", "key": "org:looker", "permissions": ["organization:update"]});
    boot.key.post("/v1/roles", role).await.created();
    let bob = app.signed_up("bob").await;
    let id = bob.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let members = format!("/v1/organizations/{}/memberships", boot.organization_id);
    boot.key.post(&members, json!({"user_id": id, "role": "org:looker"})).await.created();
    for rest in ["?limit=50".to_owned(), format!("/{}", get["id"].as_str().expect("an id"))] {
        let seen = bob.get(&format!("{path}{rest}")).await.ok();
        assert!(seen.to_string().contains("***") && !seen.to_string().contains("acme.example"), "{seen}");
    }
    assert_eq!(bob.get(&format!("{path}?person=somebody@acme.example")).await.ok()["total_count"], 0);
    assert_eq!(bob.get(&format!("{path}?person={ann}")).await.ok()["total_count"], 21);

    // They go with their organization.
    let gone = boot.key.delete(&format!("/v1/organizations/{}", boot.organization_id)).await;
    assert!(gone.status < 300, "{gone:?}");
    sweep(&app.core).await.expect("the sweep succeeds");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_request_segments").await, 0);
});

db_test!(a_request_is_in_the_log_although_the_database_had_no_time_for_it, async |app| {
    if app.database == Database::Sqlite {
        // Nothing there can be made to say so at will.
        return;
    }
    let boot = app.boot("Acme", Some("acme.example")).await;
    for sql in [
        "CREATE SEQUENCE attempts",
        "CREATE FUNCTION busy() RETURNS trigger AS $$ BEGIN
            IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'locked' USING ERRCODE = '55P03'; END IF;
            RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER busy BEFORE INSERT ON directory_requests FOR EACH ROW EXECUTE FUNCTION busy()",
    ] {
        let ctx = auth_core::Ctx::system("test");
        app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, []).await).await.expect(sql);
    }
    make(&boot.scim, "ann").await;
    logged(&boot, "&operation=user.create", 1).await;
    assert_eq!(app.count("SELECT last_value FROM attempts").await, 3);
});
