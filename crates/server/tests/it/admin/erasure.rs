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

fn person(name: &str, family: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{name}@acme.example"), "active": true,
        "displayName": format!("{name} {family}"), "name": {"givenName": name, "familyName": family},
        "emails": [{"value": format!("{name}@acme.example"), "type": "work", "primary": true}],
    })
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
    scim.patch(&format!("/scim/v2/Users/{id}"), change(titled.clone())).await.expect(200);
    let managed = json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", "value": id}]);
    scim.patch(&format!("/scim/v2/Users/{bob}"), change(managed)).await;
    let operations = json!([{"method": "PATCH", "path": format!("/Users/{id}"), "data": change(titled)}]);
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
    boot.scim.patch(&format!("/scim/v2/Users/{id}"), title).await.expect(200);

    let requests = within(&boot, &format!("/directories/{}/requests?limit=500", boot.directory_id));
    let mut before = Json::Null;
    for turn in 0.. {
        before = boot.key.get(&requests).await.ok();
        if before["total_count"].as_i64() >= Some(58)
            && app.count("SELECT COUNT(*) FROM directory_request_segments").await > 0
        {
            break;
        }
        assert!(turn < 200, "the requests are never recorded: {before}");
        actix_web::rt::time::sleep(Duration::from_millis(25)).await;
    }
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

    boot.key.delete(&format!("/v1/users/{user}")).await.expect(204);
    app.clock.advance(15);
    for turn in 0.. {
        published(&app).await;
        while audit::forget_step(&app.core).await.expect("a part") {}
        while request_log::forget_step(&app.core).await.expect("a part") {}
        if mentions(&app, &HERS).await.is_empty() {
            break;
        }
        assert!(turn < 100, "her address or her name is still in {:?}", mentions(&app, &HERS).await);
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
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
