//! The request log as administrators read it, and requests made again.

use std::time::Duration;

use super::{problem, within};
use crate::support::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn person(name: &str) -> Json {
    json!({
        "schemas": [USER], "userName": format!("{name}@acme.example"), "active": true, "name": {"givenName": name, "familyName": "Example"},
        "emails": [{"value": format!("{name}@acme.example"), "type": "work", "primary": true}],
    })
}

fn change(path: &str, value: &Json) -> Json {
    json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": path, "value": value}]})
}

fn requests(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}/requests{rest}", boot.directory_id))
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// Makes a person; their id.
async fn make(boot: &Boot, name: &str) -> String {
    text(&boot.scim.post("/scim/v2/Users", person(name)).await.created()["id"]).to_owned()
}

/// The newest request that a query finds.
async fn newest(boot: &Boot, query: &str) -> Json {
    boot.key.get(&requests(boot, &format!("?limit=1{query}"))).await.ok()["data"][0].clone()
}

async fn replay(boot: &Boot, logged: &Json, body: Json) -> Answer {
    boot.key.post(&requests(boot, &format!("/{}/replay", text(&logged["id"]))), body).await
}

/// All rows of all tables, as text, once the workers have nothing left to do.
async fn database(app: &App) -> Vec<(String, String)> {
    let mut last = Vec::new();
    for _ in 0..40 {
        // What workers make of earlier events is theirs to do, and is done now.
        app.events().await;
        auth_core::audit::seal(&app.core).await.expect("events are sealed");
        auth_core::features::webhooks::fan_out(&app.core).await.expect("events are handed out");
        let present = tables(app).await;
        if present == last {
            return present;
        }
        last = present;
        actix_web::rt::time::sleep(Duration::from_millis(150)).await;
    }
    panic!("the database is never at rest");
}

/// What segments of requests have packed.
async fn packed(db: &impl auth_core::db::Scope) -> auth_core::Result<Vec<String>> {
    let rows = auth_core::db::all(db, "SELECT texts FROM directory_request_segments ORDER BY last_id", []).await?;
    let texts = rows.iter().map(|row| row.get::<Vec<u8>>(0)).collect::<auth_core::Result<Vec<_>>>()?;
    // One of the tests tears them.
    let plain = texts.iter().flat_map(|texts| lz4_flex::block::decompress_size_prepended(texts));
    Ok(plain.map(|plain| String::from_utf8(plain).expect("texts")).collect())
}

pub(super) async fn tables(app: &App) -> Vec<(String, String)> {
    let sqlite = matches!(app.database, Database::Sqlite);
    let names = if sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    } else {
        "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    };
    app.look(async |db| {
        let mut all = Vec::new();
        for row in auth_core::db::all(db, names, []).await? {
            let table: String = row.get(0)?;
            let shown = if sqlite {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns = auth_core::db::all(db, columns, []).await?;
                let columns: Vec<String> = columns
                    .iter()
                    .map(|row| Ok(format!("quote(\"{}\")", row.get::<String>(0)?)))
                    .collect::<auth_core::Result<_>>()?;
                columns.join(" || ',' || ")
            } else {
                "CAST(t AS TEXT)".to_owned()
            };
            let rows = auth_core::db::all(db, format!("SELECT {shown} FROM {table} t ORDER BY 1"), []).await?;
            let mut rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<auth_core::Result<_>>()?;
            if table == "directory_request_segments" {
                rows.extend(packed(db).await?);
            }
            all.push((table, rows.join("\n")));
        }
        Ok(all)
    })
    .await
}

db_test!(the_log_is_read_in_pages_by_those_who_may, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    make(&boot, "ann").await;
    make(&boot, "bob").await;
    for client in [&boot.key, &boot.admin] {
        let page = client.get(&requests(&boot, "?limit=1&offset=1")).await.ok();
        assert_eq!((&page["total_count"], page["data"].as_array().map(Vec::len)), (&json!(2), Some(1)));
        assert_eq!(page["data"][0]["person"]["user_name"], "ann@acme.example");
        assert_eq!((&page["data"][0]["body"], &page["data"][0]["masked"]), (&Json::Null, &json!(false)));
    }
    let answer = boot.key.get(&requests(&boot, "?limit=5")).await.expect(200).text;
    assert!(!answer.contains(&boot.scim_token) && !answer.to_lowercase().contains("password"), "{answer}");

    for query in ["?status=no", "?status=99", "?since=x", "?until=-1", "?credential_id=a%20b", "?limit=0"] {
        problem(boot.key.get(&requests(&boot, query)).await, 400, "validation_failed");
    }
    let first = newest(&boot, "").await;
    let credential = text(&first["credential_id"]);
    assert_eq!(boot.key.get(&requests(&boot, &format!("?credential_id={credential}"))).await.ok()["total_count"], 2);
    assert_eq!(boot.key.get(&requests(&boot, "?credential_id=scimt_other")).await.ok()["total_count"], 0);

    // Strangers, and directories of others.
    let other = app.boot("Beta", None).await;
    let stranger = app.signed_up("eve").await;
    let id = text(&first["id"]);
    for rest in [String::new(), format!("/{id}")] {
        problem(stranger.get(&requests(&boot, &rest)).await, 404, "organization_not_found");
        let path = within(&other, &format!("/directories/{}/requests{rest}", boot.directory_id));
        problem(other.key.get(&path).await, 404, "directory_not_found");
        problem(
            boot.key.get(&format!("/v1/directories/{}/requests{rest}", boot.directory_id)).await,
            404,
            "directory_not_found",
        );
    }
    let foreign = within(&other, &format!("/directories/{}/requests/{id}", other.directory_id));
    problem(other.key.get(&foreign).await, 404, "request_not_found");
    problem(stranger.post(&requests(&boot, &format!("/{id}/replay")), json!({})).await, 404, "organization_not_found");
});

db_test!(a_dry_run_tells_what_would_be_and_changes_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");
    boot.scim.patch(&path, change("name.familyName", &json!("Sample"))).await.expect(200);
    let renaming = newest(&boot, "&operation=user.patch").await;
    boot.scim.patch(&path, change("active", &json!(false))).await.expect(200);
    let ending = newest(&boot, "&operation=user.patch").await;
    boot.scim.patch(&path, change("active", &json!(true))).await.expect(200);
    boot.scim.patch(&path, change("name.familyName", &json!("Other"))).await.expect(200);
    let creating = newest(&boot, "&operation=user.create").await;

    let before = database(&app).await;
    assert!(before.len() > 20, "hardly any tables are compared");
    let renamed = replay(&boot, &renaming, json!({})).await.ok();
    assert_eq!((&renamed["dry_run"], &renamed["status"]), (&json!(true), &json!(200)));
    assert_eq!(renamed["differences"], json!([{"path": "name.familyName", "before": "Other", "after": "Sample"}]));
    let types = |answer: &Json| -> Vec<String> {
        answer["events"].as_array().unwrap().iter().map(|event| text(&event["type"]).to_owned()).collect()
    };
    assert!(types(&renamed).contains(&"scimUser.updated".to_owned()), "{renamed}");
    assert_eq!(renamed["body"]["name"]["familyName"], "Sample");

    let ended = replay(&boot, &ending, json!({"dry_run": true})).await.ok();
    assert!(types(&ended).contains(&"scimUser.deprovisioned".to_owned()), "{ended}");
    let codes: Vec<&str> = ended["notes"].as_array().unwrap().iter().map(|note| text(&note["code"])).collect();
    assert!(codes.contains(&"access.ended"), "{codes:?}");
    // Who is there already is there already.
    let created = replay(&boot, &creating, json!({"dry_run": true})).await.ok();
    assert_eq!((&created["status"], &created["differences"]), (&json!(409), &json!([])));
    assert_eq!(created["notes"][0]["code"], "refused.user_name_taken");

    let after = database(&app).await;
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one, other, "a dry run changed {}", one.0);
    }
    assert_eq!(boot.scim.get(&path).await.ok()["name"]["familyName"], "Other");
});

db_test!(a_dry_run_of_a_creation_makes_nobody, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let creating = newest(&boot, "&operation=user.create").await;
    boot.scim.delete(&format!("/scim/v2/Users/{ann}")).await.expect(204);
    let deleting = newest(&boot, "&operation=user.delete").await;
    let before = database(&app).await;
    let again = replay(&boot, &creating, json!({})).await.ok();
    assert_eq!(again["status"], 201, "{again}");
    assert_eq!(again["notes"][0]["code"], "linked.restored");
    assert!(again["differences"].as_array().is_some_and(|all| all.len() > 3), "{again}");
    assert_eq!(replay(&boot, &deleting, json!({})).await.ok()["status"], 404);
    let after = database(&app).await;
    assert_eq!(before, after);
});

db_test!(a_replay_for_real_is_recorded_as_what_it_is, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let path = format!("/scim/v2/Users/{ann}");
    let mut body = change("name.familyName", &json!("Sample"));
    let password = json!({"op": "replace", "path": "password", "value": "never kept 123"});
    body["Operations"].as_array_mut().unwrap().push(password);
    boot.scim.patch(&path, body).await.expect(200);
    let renaming = newest(&boot, "&operation=user.patch").await;
    boot.scim.patch(&path, change("name.familyName", &json!("Other"))).await.expect(200);

    let done = replay(&boot, &renaming, json!({"dry_run": false})).await.ok();
    assert_eq!((&done["dry_run"], &done["status"], &done["events"]), (&json!(false), &json!(200), &json!([])));
    assert_eq!(boot.scim.get(&path).await.ok()["name"]["familyName"], "Sample");
    let logged = newest(&boot, "&operation=user.patch").await;
    assert_eq!(logged["replay_of"], renaming["id"]);
    assert!(text(&logged["replayed_by"]).starts_with("key:"), "{logged}");
    let told = app.events_of(auth_core::outbox::EventKind::DirectoryRequestReplayed).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].payload["request"]["id"], renaming["id"]);
    assert!(told[0].actor.starts_with("key:"));
    // It is by the same request, whose id joins them.
    assert_eq!(json!(told[0].request_id), logged["request_id"]);

    // A directory that is paused does nothing, but may be asked what it would do.
    boot.key
        .patch(&within(&boot, &format!("/directories/{}", boot.directory_id)), json!({"state": "paused"}))
        .await
        .ok();
    problem(replay(&boot, &renaming, json!({"dry_run": false})).await, 409, "not_replayable");
    replay(&boot, &renaming, json!({"dry_run": true})).await.ok();
});

db_test!(groups_and_bulk_are_replayed_too, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"});
    let group = text(&boot.scim.post("/scim/v2/Groups", group).await.created()["id"]).to_owned();
    let path = format!("/scim/v2/Groups/{group}");
    let add = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": [{"value": ann}]}]});
    boot.scim.patch(&path, add).await.expect(200);
    let adding = newest(&boot, "&operation=group.patch").await;
    let remove =
        json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}]});
    boot.scim.patch(&path, remove).await.expect(200);
    let tried = replay(&boot, &adding, json!({})).await.ok();
    assert_eq!(tried["differences"][0]["path"], "members", "{tried}");
    assert_eq!(boot.scim.get(&path).await.ok().get("members").and_then(Json::as_array).map_or(0, Vec::len), 0);
    replay(&boot, &adding, json!({"dry_run": false})).await.ok();
    assert_eq!(boot.scim.get(&path).await.ok()["members"][0]["value"], json!(ann));

    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bob")},
    ]});
    boot.scim.post("/scim/v2/Bulk", bulk).await.expect(200);
    let logged = newest(&boot, "&operation=bulk").await;
    assert_eq!(logged["target"], Json::Null);
    let again = replay(&boot, &logged, json!({})).await.ok();
    assert_eq!(again["body"]["Operations"][0]["status"], "409", "{again}");
});

db_test!(what_cannot_be_replayed_is_refused_with_the_reason, async |app| {
    let boot = app.boot("Acme", None).await;
    let raw = async |body: &str| {
        boot.scim.send("POST", "/scim/v2/Users", Some(body.as_bytes().to_vec()), &[]).await;
        newest(&boot, "&operation=user.create").await
    };
    for (body, word) in [
        ("{ not json", "JSON"),
        (r#"{"password": "x", not json"#, "whole"),
        (r#"{"userName": "ann", "apiToken": "x"}"#, "secrets"),
        ("", "body"),
    ] {
        let logged = raw(body).await;
        let answer = problem(replay(&boot, &logged, json!({})).await, 409, "not_replayable");
        assert!(text(&answer["detail"]).contains(word), "{answer:?}");
    }
    boot.scim.get("/scim/v2/Users").await.expect(200);
    let read = newest(&boot, "&operation=user.list").await;
    assert_eq!(read["replayable"], false);
    problem(replay(&boot, &read, json!({})).await, 409, "not_replayable");
    problem(replay(&boot, &read, json!({"dry_run": "yes"})).await, 400, "validation_failed");
    problem(boot.key.post(&requests(&boot, "/scimr_none/replay"), json!({})).await, 404, "request_not_found");
});

db_test!(what_a_credential_may_not_do_is_not_done_in_its_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let credentials = within(&boot, &format!("/directories/{}/credentials", boot.directory_id));
    let body = json!({"name": "reader", "scopes": ["users:read"]});
    let reader = boot.key.post(&credentials, body).await.created();
    let reader = app.scim(text(&reader["token"]));
    let path = format!("/scim/v2/Users/{ann}");
    reader.patch(&path, change("active", &json!(false))).await.expect(403);
    let refused = newest(&boot, "&operation=user.patch").await;
    assert_eq!((&refused["status"], &refused["replayable"]), (&json!(403), &json!(false)), "{refused}");
    for dry_run in [true, false] {
        let answer = problem(replay(&boot, &refused, json!({ "dry_run": dry_run })).await, 409, "not_replayable");
        assert!(text(&answer["detail"]).contains("refused"), "{answer:?}");
    }
    // Nor is what it could do before its scopes were taken from it.
    let body = json!({"name": "writer", "scopes": ["users:write"]});
    let writer = boot.key.post(&credentials, body).await.created();
    app.scim(text(&writer["token"])).patch(&path, change("name.familyName", &json!("Other"))).await.expect(200);
    let done = newest(&boot, "&operation=user.patch").await;
    let tried = replay(&boot, &done, json!({})).await.ok();
    assert_eq!(tried["status"], 200, "{tried}");
    let id = text(&writer["id"]).to_owned();
    let narrow = async |tx: &mut auth_core::Tx| {
        let sql = "UPDATE directory_credentials SET scopes = 'users:read' WHERE id = $1";
        auth_core::db::run(tx, sql, [id.as_str().into()]).await
    };
    app.core.write(&auth_core::Ctx::system("test"), narrow).await.expect("fewer scopes");
    for dry_run in [true, false] {
        let tried = replay(&boot, &done, json!({ "dry_run": dry_run })).await.ok();
        assert_eq!((&tried["status"], &tried["differences"]), (&json!(403), &json!([])), "{tried}");
    }
});

db_test!(what_a_credential_did_that_has_ended_is_not_done_again_in_its_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let credentials = within(&boot, &format!("/directories/{}/credentials", boot.directory_id));
    let now =
        boot.key.get(&within(&boot, &format!("/directories/{}", boot.directory_id))).await.ok()["created_at"].clone();
    let soon = now.as_i64().expect("an instant") + 3_600_000;
    for (name, body) in [("revoked", json!({})), ("expired", json!({ "expires_at": soon }))] {
        let mut wanted = json!({ "name": name });
        wanted.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let made = boot.key.post(&credentials, wanted).await.created();
        let scim = app.scim(text(&made["token"]));
        scim.patch(&format!("/scim/v2/Users/{ann}"), change("title", &json!(name))).await.expect(200);
        let done = newest(&boot, "&operation=user.patch").await;
        replay(&boot, &done, json!({"dry_run": false})).await.ok();
        if name == "revoked" {
            let gone = boot.key.delete(&format!("{credentials}/{}", text(&made["id"]))).await;
            assert!(gone.status < 300, "{gone:?}");
        } else {
            app.clock.advance(3_601);
        }
        let answer = problem(replay(&boot, &done, json!({"dry_run": false})).await, 409, "not_replayable");
        assert!(text(&answer["detail"]).contains("revoked or has expired"), "{answer:?}");
        // What it would come to may be asked.
        replay(&boot, &done, json!({"dry_run": true})).await.ok();
    }
});

db_test!(the_operations_of_a_bulk_dry_run_build_on_one_another, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let staff = |members: &[&str]| {
        let members: Vec<_> = members.iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect();
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": members})
    };
    // A group before the person in it, somebody twice, a change of what was just created.
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": staff(&["b"])},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bob")},
        {"method": "POST", "path": "/Users", "bulkId": "again", "data": person("bob")},
        {"method": "PATCH", "path": "/Users/bulkId:b", "data": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "path": "active", "value": false}]}},
    ]});
    let statuses = |answer: &Json| -> Vec<String> {
        answer["Operations"].as_array().unwrap().iter().map(|done| text(&done["status"]).to_owned()).collect()
    };
    let real = boot.scim.post("/scim/v2/Bulk", bulk).await.ok();
    assert_eq!(statuses(&real), ["201", "201", "409", "200"], "{real}");
    let logged = newest(&boot, "&operation=bulk").await;
    // As it stands now Bob is there already, and what refers to whom this request creates has nobody to refer to.
    let tried = replay(&boot, &logged, json!({"dry_run": true})).await.ok();
    assert_eq!(statuses(&tried["body"]), ["400", "409", "409", "400"], "{tried}");
    for done in [&real["Operations"][0], &real["Operations"][1]] {
        let path = text(&done["location"]).split_once("/scim/v2").unwrap().1.to_owned();
        boot.scim.delete(&format!("/scim/v2{path}")).await.expect(204);
    }
    let before = database(&app).await;
    let tried = replay(&boot, &logged, json!({"dry_run": true})).await.ok();
    assert_eq!((&tried["status"], statuses(&tried["body"])), (&json!(200), statuses(&real)), "{tried}");
    let kinds: Vec<_> = tried["events"].as_array().unwrap().iter().map(|event| text(&event["type"])).collect();
    assert!(kinds.contains(&"scimGroup.created") && kinds.contains(&"scimUser.deprovisioned"), "{kinds:?}");
    let after = database(&app).await;
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one, other, "a dry run changed {}", one.0);
    }
    let done = replay(&boot, &logged, json!({"dry_run": false})).await.ok();
    assert_eq!(statuses(&done["body"]), statuses(&real), "{done}");
});

db_test!(no_secret_gets_into_the_log_by_any_name, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let schema = json!({"resource_type": "User", "name": "Badge", "attributes": [
        {"name": "pin", "type": "string", "returned": "never"},
        {"name": "color", "type": "string"},
    ]});
    let urn = "urn:acme:params:scim:schemas:extension:badge:2.0:User";
    let path = within(&boot, &format!("/directories/{}/schemas/{urn}", boot.directory_id));
    boot.key.put(&path, schema).await.expect(200);
    let mut ann = person("ann");
    ann["schemas"] = json!([USER, urn]);
    ann[urn] = json!({"pin": "S3cret!", "color": "red"});
    for name in
        ["password", "apiKey", "api_key", "pwd", "privateKey", "private_key", "passphrase", "Authorization", "bearer"]
    {
        ann[name] = json!("S3cret!");
    }
    let id = text(&boot.scim.post("/scim/v2/Users", ann).await.created()["id"]).to_owned();
    let change = json!({"schemas": [PATCH], "Operations": [
        {"op": "replace", "path": format!("{urn}:pin"), "value": "S3cret!"},
        {"op": "replace", "value": {urn: {"pin": "S3cret!"}}},
    ]});
    boot.scim.patch(&format!("/scim/v2/Users/{id}"), change).await.expect(200);
    for operation in ["user.create", "user.patch"] {
        let logged = newest(&boot, &format!("&operation={operation}")).await;
        let whole = boot.key.get(&requests(&boot, &format!("/{}", text(&logged["id"])))).await.ok();
        assert!(whole["body"].to_string().contains("[redacted]"), "{whole}");
        assert!(!whole.to_string().contains("S3cret"), "{whole}");
    }
    let sql = "SELECT COUNT(*) FROM directory_requests WHERE body LIKE '%S3cret%' OR answer LIKE '%S3cret%' OR notes LIKE '%S3cret%' OR path LIKE '%S3cret%'";
    assert_eq!(app.count(sql).await, 0);
    let created = newest(&boot, "&operation=user.create").await;
    let whole = boot.key.get(&requests(&boot, &format!("/{}", text(&created["id"])))).await.ok();
    assert!(whole["body"].to_string().contains("red"), "what is no secret stays: {whole}");
});
