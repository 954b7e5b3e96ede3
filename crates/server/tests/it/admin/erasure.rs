//! Who is erased is gone: from every table, but for what names them by an id alone.

use std::time::Duration;

use auth_core::audit;
use auth_core::features::directory::request_log;
use futures_util::future::join_all;

use super::requests::tables;
use super::{published, within};
use crate::support::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// What only she is called. Her address is made of the first.
const HERS: [&str; 2] = ["quintessa", "vanterpool"];

/// The tables in which one of these words stands, in whatever way.
async fn mentions(app: &App, words: &[&str]) -> Vec<String> {
    let hex = |word: &str| word.bytes().map(|byte| [byte >> 4, byte & 15]).collect::<Vec<_>>().concat();
    let hex =
        |word: &str| hex(word).into_iter().filter_map(|half| char::from_digit(half.into(), 16)).collect::<String>();
    let found = tables(app).await.into_iter().filter(|(_, rows)| {
        let rows = rows.to_lowercase();
        words.iter().any(|word| rows.contains(word) || rows.contains(&hex(word)))
    });
    found.map(|(table, _)| table).collect()
}

/// Forgets who was erased, as the workers do, until none of these words is anywhere.
async fn forgotten(app: &App, words: &[&str]) {
    for turn in 0.. {
        published(app).await;
        while audit::forget_step(&app.core).await.expect("a part") {}
        while request_log::forget_step(&app.core).await.expect("a part") {}
        let left = mentions(app, words).await;
        if left.is_empty() {
            return;
        }
        assert!(turn < 100, "an address or a name is still in {left:?}");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn run(app: &App, sql: &str) {
    app.logged().await;
    let ctx = auth_core::Ctx::system("test");
    app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql.to_owned(), []).await).await.expect(sql);
}

/// Somebody with an account, as `/v1` makes one: their id.
async fn account(boot: &Boot, email: &str) -> String {
    let new = json!({"email_address": email, "email_verified": true, "name": "Somebody"});
    text(&boot.key.post("/v1/users", new).await.created()["id"])
}

fn person(name: &str, family: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{name}@acme.example"), "active": true,
        "displayName": format!("{name} {family}"), "name": {"givenName": name, "familyName": family},
        "emails": [{"value": format!("{name}@acme.example"), "type": "work", "primary": true}],
    })
}

/// The id of who has an address.
async fn users(boot: &Boot, email: &str) -> String {
    let found = boot.key.get(&format!("/v1/users?email_address={}", email.replace('@', "%40"))).await.ok();
    text(&found["data"][0]["id"])
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

/// What an identity provider says of her and asks for her; the id of her resource, and that of somebody else's.
async fn spoken_of(boot: &Boot) -> (String, String) {
    let scim = &boot.scim;
    let id = text(&scim.post("/scim/v2/Users", person("quintessa", "Vanterpool")).await.created()["id"]);
    let bob = text(&scim.post("/scim/v2/Users", person("bob", "Builder")).await.created()["id"]);
    let member = json!({"value": id, "display": "quintessa Vanterpool"});
    let group = json!({"schemas": [GROUP], "displayName": "Staff", "members": [member, {"value": bob}]});
    scim.post("/scim/v2/Groups", group).await.created();
    let change = |operations: Json| json!({"schemas": [PATCH], "Operations": operations});
    let titled = json!([{"op": "replace", "path": "displayName", "value": "Dr Vanterpool"}]);
    scim.patch(&format!("/scim/v2/Users/{id}"), change(titled)).await.expect(200);
    let managed = json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "value": id}]);
    scim.patch(&format!("/scim/v2/Users/{bob}"), change(managed)).await;
    let anew = json!([{"op": "replace", "path": "title", "value": "Dr Vanterpool"}]);
    let operations = json!([{"method": "PATCH", "path": format!("/Users/{id}"), "data": change(anew)}]);
    scim.post("/scim/v2/Bulk", json!({"schemas": [BULK], "Operations": operations})).await.expect(200);
    for query in
        ["userName eq \"quintessa@acme.example\"", "displayName eq \"Dr Vanterpool\"", "userName co \"quintessa@acme\""]
    {
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": query});
        scim.post("/scim/v2/Users/.search", search).await.expect(200);
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        // So many at once that they share a row.
        let path = format!("/scim/v2/Users?filter={query}");
        join_all((0..12).map(|_| scim.get(&path))).await;
    }
    join_all((0..12).map(|_| scim.get("/scim/v2/Users"))).await;
    (id, bob)
}

db_test!(nothing_is_left_of_who_is_erased_but_ids, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let beta = text(&boot.key.post("/v1/organizations", json!({"name": "Beta"})).await.created()["id"]);
    let her = app.proven("quintessa@acme.example").await;
    let user = text(&her.get("/api/auth/get-session").await.ok()["user"]["id"]);
    let invitation = json!({"email_address": "quintessa@acme.example", "role": "org:member"});
    boot.key.post(&format!("/v1/organizations/{beta}/invitations"), invitation).await.created();
    let (id, bob) = spoken_of(&boot).await;
    // An import that listens copies her.
    let import = within(&boot, &format!("/directories/{}/import", boot.directory_id));
    boot.key.post(&import, json!({})).await.ok();
    let title = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "Ms Vanterpool"}]});
    // One that has a row of its own: none that is written with it.
    app.logged().await;
    boot.scim.patch(&format!("/scim/v2/Users/{id}"), title).await.expect(200);
    app.logged().await;

    let requests = within(&boot, &format!("/directories/{}/requests?limit=500", boot.directory_id));
    let before = boot.key.get(&requests).await.ok();
    assert!(before["total_count"].as_i64() >= Some(58), "{before}");
    assert!(app.count("SELECT COUNT(*) FROM directory_request_segments").await > 0);
    published(&app).await;
    let found = mentions(&app, &HERS).await;
    for table in [
        "users",
        "events",
        "invitations",
        "directory_users",
        "directory_user_emails",
        "directory_requests",
        "directory_request_segments",
        "staged_directory_users",
        "directory_import_entries",
    ] {
        assert!(found.iter().any(|one| one == table), "{table} had nothing to lose: {found:?}");
    }

    let concerned =
        |one: &str| format!("SELECT COUNT(*) FROM directory_request_people WHERE directory_user_id = '{one}'");
    let bobs = app.count(&concerned(&bob)).await;
    assert!(app.count(&concerned(&id)).await >= 2 && bobs > 0, "a group, and many changes at once");

    boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
    app.clock.advance(15);
    forgotten(&app, &HERS).await;
    assert_eq!((app.count(&concerned(&id)).await, app.count(&concerned(&bob)).await), (0, bobs));
    app.clock.advance(3_600);
    forgotten(&app, &HERS).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_erasures").await, 0, "it is done");

    // The requests are there: when, by which credential, what, with which answer, about which id.
    let after = boot.key.get(&requests).await.ok();
    let facts = |page: &Json| -> Vec<Json> {
        let one =
            |one: &Json| json!([one["id"], one["operation"], one["status"], one["credential_id"], one["body_bytes"]]);
        page["data"].as_array().expect("requests").iter().map(one).collect()
    };
    assert_eq!(facts(&after), facts(&before));
    let created: Vec<&Json> =
        after["data"].as_array().unwrap().iter().filter(|one| one["operation"] == "user.create").collect();
    assert_eq!(created.len(), 2, "{created:#?}");
    for one in created {
        let path = within(&boot, &format!("/directories/{}/requests/{}", boot.directory_id, text(&one["id"])));
        let one = boot.key.get(&path).await.ok();
        let codes: Vec<&Json> = one["notes"].as_array().expect("notes").iter().map(|note| &note["code"]).collect();
        assert!(codes.iter().any(|code| text(code).starts_with("linked.")), "{one}");
        // What was said of others is whole.
        let whose = if one["body"].is_null() { &id } else { &bob };
        assert_eq!(&one["person"]["directory_user_id"], whose, "{one}");
        assert_eq!(one["body_truncated"], one["body"].is_null(), "{one}");
        assert!(one["body"].is_null() || one["body"]["userName"] == "bob@acme.example", "{one}");
    }
    assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{id}")).await.status, 404);
    boot.scim.get(&format!("/scim/v2/Users/{bob}")).await.expect(200);
});

db_test!(a_directory_that_only_asked_for_somebody_forgets_it_too, async |app| {
    let boot = app.boot("Acme", None).await;
    // She is in the organization by hand: its directory has no resource of hers, and its log has her address.
    let her = app.proven("quintessa@acme.example").await;
    let user = text(&her.get("/api/auth/get-session").await.ok()["user"]["id"]);
    let member = json!({"user_id": user, "role": "org:member"});
    boot.key.post(&within(&boot, "/memberships"), member).await.created();
    let query: String = url::form_urlencoded::byte_serialize(b"userName eq \"quintessa@acme.example\"").collect();
    let path = format!("/scim/v2/Users?filter={query}");
    join_all((0..12).map(|_| boot.scim.get(&path))).await;
    let recorded = async || mentions(&app, &HERS).await.into_iter().any(|table| table.starts_with("directory_request"));
    for turn in 0.. {
        if recorded().await {
            break;
        }
        assert!(turn < 200, "the requests are never recorded");
        actix_web::rt::time::sleep(Duration::from_millis(25)).await;
    }
    boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
    app.clock.advance(15);
    for turn in 0.. {
        while request_log::forget_step(&app.core).await.expect("a part") {}
        if !recorded().await {
            break;
        }
        assert!(turn < 100, "{:?}", mentions(&app, &HERS).await);
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
});

db_test!(
    what_was_answered_after_the_log_was_gone_through_is_forgotten_an_hour_later,
    Options::default().idle(),
    async |app| {
        let boot = app.boot("Acme", Some("acme.example")).await;
        boot.scim.post("/scim/v2/Users", person("quintessa", "Vanterpool")).await.created();
        run(&app, "CREATE TABLE late AS SELECT * FROM directory_requests").await;
        let user = users(&boot, "quintessa@acme.example").await;
        boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
        app.clock.advance(15);
        // The creation had begun before, and is not written yet.
        run(&app, "DELETE FROM directory_requests").await;
        while request_log::forget_step(&app.core).await.expect("a part") {}
        run(&app, "INSERT INTO directory_requests SELECT * FROM late").await;
        run(&app, "DROP TABLE late").await;
        // The identity provider brings her back: that is another account's, and stays.
        let back = text(&boot.scim.post("/scim/v2/Users", person("quintessa", "Vanterpool")).await.created()["id"]);
        let whose = "SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%quintessa%'";
        assert_eq!(app.count(whose).await, 2);
        app.clock.advance(3_600);
        while request_log::forget_step(&app.core).await.expect("a part") {}
        assert_eq!(app.count(whose).await, 1, "the late one, or that of her return");
        let hers =
            format!("SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%quintessa%' AND target_id = '{back}'");
        assert_eq!(app.count(&hers).await, 1, "what came after the erasure is forgotten");
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_erasures").await, 0);
    }
);

db_test!(one_erasure_that_cannot_be_read_stops_no_other, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut ids = Vec::new();
    for name in ["quintessa", "bob"] {
        boot.scim.post("/scim/v2/Users", person(name, "Vanterpool")).await.created();
        let id = users(&boot, &format!("{name}@acme.example")).await;
        boot.key.delete(&format!("/v1/users/{id}")).await.expect(204);
        ids.push(id);
    }
    run(&app, &format!("UPDATE directory_erasures SET sealed = 'nothing' WHERE user_id = '{}'", ids[0])).await;
    app.clock.advance(15);
    for _ in 0..20 {
        request_log::forget_step(&app.core).await.expect("it goes on");
    }
    let spoken_of = async |name: &str| {
        app.count(&format!("SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%{name}@acme.example%'")).await
    };
    assert_eq!((spoken_of("quintessa").await, spoken_of("bob").await), (1, 0));
    // It waits, and is tried again.
    assert!(!request_log::forget_step(&app.core).await.expect("nothing to do"));
    app.clock.advance(3_700);
    assert!(request_log::forget_step(&app.core).await.expect("something to do"));
    let left = format!("SELECT COUNT(*) FROM directory_erasures WHERE user_id = '{}'", ids[0]);
    assert_eq!(app.count(&left).await, 1);
});

db_test!(many_are_forgotten_in_one_walk_through_the_log, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut steps = Vec::new();
    for round in [vec!["ann"], vec!["bea", "cat", "dan", "eve", "fay"]] {
        for name in round {
            boot.scim.post("/scim/v2/Users", person(name, "Vanterpool")).await.created();
            let id = users(&boot, &format!("{name}@acme.example")).await;
            boot.key.delete(&format!("/v1/users/{id}")).await.expect(204);
        }
        app.logged().await;
        let mut count = 0;
        for wait in [15, 3_600] {
            app.clock.advance(wait);
            while request_log::forget_step(&app.core).await.expect("a part") {
                count += 1;
            }
        }
        steps.push(count);
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_erasures").await, 0);
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%anterpool%'").await, 0);
    }
    assert_eq!(steps[0], steps[1], "five cost as much as one");
});

db_test!(what_an_import_would_make_of_somebody_goes_with_them, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let import = within(&boot, &format!("/directories/{}/import", boot.directory_id));
    // She has accounts at the domain and beyond it, and belongs nowhere.
    for (host, told) in [("acme.example", true), ("elsewhere.example", false)] {
        let address = format!("quintessa@{host}");
        let user = account(&boot, &address).await;
        boot.key.post(&import, json!({})).await.ok();
        let mut hers = person("quintessa", "Vanterpool");
        hers["userName"] = json!("qvanterpool");
        hers["emails"] = json!([{"value": address, "primary": true}]);
        let id = text(&boot.scim.post("/scim/v2/Users", hers).await.created()["id"]);
        // Bob has her address beside his own.
        let mut bob = person("bob", "Builder");
        bob["emails"] = json!([{"value": "bob@acme.example", "primary": true}, {"value": address, "type": "other"}]);
        let bob = text(&boot.scim.post("/scim/v2/Users", bob).await.created()["id"]);
        let group = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": id}, {"value": bob}]});
        boot.scim.post("/scim/v2/Groups", group).await.created();
        let report = boot.key.get(&format!("{import}?limit=100")).await.ok();
        let entry = report["data"].as_array().unwrap().iter().find(|entry| entry["id"] == id.as_str()).unwrap();
        assert_eq!(entry["user_id"] == user.as_str(), told, "{entry}");

        boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
        boot.scim.get(&format!("/scim/v2/Users/{id}")).await.expect(404);
        boot.scim.get(&format!("/scim/v2/Users/{bob}")).await.expect(200);
        for (table, column) in [
            ("staged_directory_users", "id"),
            ("staged_directory_group_members", "member_id"),
            ("directory_import_entries", "id"),
        ] {
            let left = |id: &str| format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{id}'");
            assert_eq!((app.count(&left(&id)).await, app.count(&left(&bob)).await), (0, 1), "{table}");
        }
        boot.key.post(&format!("{import}/discard"), json!({})).await.ok();
        // Nor does the log tell of her, to whom it belonged or not.
        app.clock.advance(15);
        while request_log::forget_step(&app.core).await.expect("a part") {}
        assert_eq!(app.count("SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%anterpool%'").await, 0);
        app.clock.advance(3_600);
        while request_log::forget_step(&app.core).await.expect("a part") {}
    }
});

db_test!(what_is_staged_of_an_address_that_nobody_proved_stays, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mallory = app.signed_up_as("quintessa@acme.example").await;
    boot.key.post(&within(&boot, &format!("/directories/{}/import", boot.directory_id)), json!({})).await.ok();
    let id = text(&boot.scim.post("/scim/v2/Users", person("quintessa", "Vanterpool")).await.created()["id"]);
    mallory.post("/api/auth/delete-user", json!({"password": PASSWORD})).await.expect(200);
    boot.scim.get(&format!("/scim/v2/Users/{id}")).await.expect(200);
});

db_test!(a_part_of_the_log_that_cannot_be_read_is_set_aside_and_what_is_behind_it_is_forgotten, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    boot.scim.post("/scim/v2/Users", person("quintessa", "Vanterpool")).await.created();
    let user = users(&boot, "quintessa@acme.example").await;
    let query: String = url::form_urlencoded::byte_serialize(b"userName eq \"quintessa@acme.example\"").collect();
    let path = format!("/scim/v2/Users?filter={query}");
    let segments = "SELECT COUNT(*) FROM directory_request_segments";
    let requests = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM directory_request_segments";
    for turn in 0.. {
        // Beside those of the beginning, so many at once that they share a row.
        if app.count(segments).await >= 2 {
            break;
        }
        join_all((0..12).map(|_| boot.scim.get(&path))).await;
        app.logged().await;
        assert!(turn < 50, "no two segments");
    }
    let all = app.count(requests).await;
    let first = "SELECT requests FROM directory_request_segments WHERE last_id = (SELECT MIN(last_id) FROM directory_request_segments)";
    let torn = app.count(first).await;
    // Of the first, the texts are gone and the last head ends too early: all but that one can be read.
    let cut = if app.database == Database::Postgres {
        "heads = substr(heads, 1, length(heads) - 3), texts = ''"
    } else {
        "heads = CAST(substr(heads, 1, length(heads) - 3) AS BLOB), texts = x''"
    };
    run(&app, &format!("UPDATE directory_request_segments SET {cut} WHERE last_id = (SELECT MIN(last_id) FROM directory_request_segments)")).await;

    boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
    app.clock.advance(15);
    let step = async || while request_log::forget_step(&app.core).await.expect("a part") {};
    for _ in 0..3 {
        step().await;
        assert_eq!(app.count(requests).await, all, "it is tried again");
        assert!(mentions(&app, &HERS).await.iter().any(|table| table == "directory_request_segments"));
        app.clock.advance(3_600);
    }
    forgotten(&app, &HERS).await;
    app.clock.advance(3_600);
    step().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_erasures").await, 0, "it is done");
    // Of the others nothing is lost; of this one, what could not be read.
    let kept = app.count(requests).await;
    assert!(torn > 1 && kept == all - 1, "{kept} of {all}, {torn} of which were torn");
    let log = within(&boot, &format!("/directories/{}/requests?limit=100", boot.directory_id));
    boot.key.get(&log).await.expect(200);
});
