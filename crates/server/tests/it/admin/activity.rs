//! How busy a directory is, what it sends, and what has happened to a person.

use super::{problem, published, within};
use crate::support::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn person(name: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE], "userName": format!("{name}@acme.example"), "active": true,
        "name": { "givenName": name, "familyName": "Example" },
        "emails": [{ "value": format!("{name}@acme.example"), "type": "work", "primary": true }],
        ENTERPRISE: { "department": "R&D" },
    })
}

fn below(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}{rest}", boot.directory_id))
}

async fn make(boot: &Boot, name: &str) -> String {
    let made = boot.scim.post("/scim/v2/Users", person(name)).await.created();
    made["id"].as_str().expect("an id").to_owned()
}

async fn turn(boot: &Boot, id: &str, active: bool) {
    let patch = json!({
        "schemas": [PATCH], "Operations": [{ "op": "replace", "path": "active", "value": active }],
    });
    let answer = boot.scim.patch(&format!("/scim/v2/Users/{id}"), patch).await;
    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
}

db_test!(every_hour_has_a_row_and_quiet_ones_are_zero, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    make(&boot, "ann").await;
    // Another one refuses what is there already.
    boot.scim.post("/scim/v2/Users", person("ann")).await.expect(409);
    app.clock.advance(7_200);
    make(&boot, "bob").await;
    let busy = boot.key.get(&below(&boot, "/activity?hours=4")).await.ok();
    let rows = busy["data"].as_array().expect("rows");
    assert_eq!((rows.len(), &busy["total_count"], &busy["counted_since"]), (4, &json!(4), &Json::Null));
    let counts: Vec<_> = rows
        .iter()
        .map(|row| ["requests", "failures", "changes"].map(|name| row[name].as_i64().expect("a number")))
        .collect();
    assert_eq!(counts, [[0, 0, 0], [2, 1, 1], [0, 0, 0], [1, 0, 1]]);
    let at: Vec<i64> = rows.iter().map(|row| row["at"].as_i64().expect("an instant")).collect();
    assert!(
        at.iter().all(|at| at % 3_600_000 == 0) && at.windows(2).all(|pair| pair[1] - pair[0] == 3_600_000),
        "{at:?}"
    );

    let days = boot.key.get(&below(&boot, "/activity?days=90")).await.ok();
    let rows = days["data"].as_array().expect("rows");
    assert_eq!(rows.len(), 90);
    let all: i64 = rows.iter().filter_map(|row| row["requests"].as_i64()).sum();
    assert_eq!(all, 3);
    assert_eq!(boot.key.get(&below(&boot, "/activity")).await.ok()["total_count"], 24);
    for wrong in ["hours=0", "hours=169", "days=91", "days=x", "hours=1&days=1"] {
        problem(boot.key.get(&below(&boot, &format!("/activity?{wrong}"))).await, 400, "validation_failed");
    }
});

db_test!(the_paths_that_a_mapping_can_read_are_those_that_were_sent, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    assert_eq!(boot.key.get(&below(&boot, "/attribute-paths")).await.ok(), json!({ "data": [], "total_count": 0 }));
    make(&boot, "ann").await;
    let bob = make(&boot, "bob").await;
    turn(&boot, &bob, false).await;
    let found = boot.key.get(&below(&boot, "/attribute-paths?limit=100")).await.ok();
    let rows = found["data"].as_array().expect("paths");
    let seen = |path: &str| rows.iter().find(|row| row["path"] == path).unwrap_or_else(|| panic!("{path}: {found}"));
    assert_eq!((&seen("active")["count"], &seen("active")["sample"]), (&json!(3), &json!("false")));
    assert_eq!(rows[0]["path"], "active", "the most frequent first: {found}");
    assert_eq!(seen("name.givenName")["sample"], "bob", "the newest: {found}");
    assert_eq!(seen("emails[type eq \"work\"].value")["count"], 2);
    assert_eq!(seen(&format!("{ENTERPRISE}:department"))["sample"], "R&D");
    assert!(seen("userName")["last_seen_at"].is_i64());
    assert!(!rows.iter().any(|row| row["path"].as_str().is_some_and(|path| path.starts_with("schemas"))), "{found}");
    let page = boot.key.get(&below(&boot, "/attribute-paths?limit=1&offset=1")).await.ok();
    assert_eq!((&page["data"][0], &page["total_count"]), (&rows[1], &json!(rows.len())));

    // What is offered is what a mapping takes.
    for row in rows {
        let mapping = json!({ "attributes": [{ "source": row["path"], "target": "public_metadata.seen" }] });
        let answer = boot.key.post(&below(&boot, "/attribute-mappings/preview"), mapping).await;
        assert!(answer.status != 500, "{row}: {answer:?}");
    }
});

db_test!(a_persons_past_is_told_newest_first, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let bob = make(&boot, "bob").await;
    turn(&boot, &ann, false).await;
    published(&app).await;
    let path = below(&boot, &format!("/users/{ann}/timeline"));
    let past = boot.key.get(&format!("{path}?limit=100")).await.ok();
    let rows = past["data"].as_array().expect("moments");
    assert_eq!(past["total_count"], rows.len());
    let at: Vec<i64> = rows.iter().map(|row| row["at"].as_i64().expect("an instant")).collect();
    assert!(at.windows(2).all(|pair| pair[0] >= pair[1]), "{at:?}");
    let types: Vec<&str> = rows.iter().map(|row| row["type"].as_str().expect("a type")).collect();
    for kind in [
        "user.create",
        "user.patch",
        "scimUser.provisioned",
        "scimUser.deprovisioned",
        "organizationMembership.created",
    ] {
        assert!(types.contains(&kind), "{kind}: {types:?}");
    }
    let created = rows.iter().find(|row| row["type"] == "user.create").expect("the creation");
    assert_eq!(
        (&created["kind"], &created["status"], &created["event_id"]),
        (&json!("request"), &json!(201), &Json::Null)
    );
    assert!(
        created["decisions"].as_array().is_some_and(|all| all.iter().any(|one| one["code"].is_string())),
        "{created}"
    );
    let request = created["request_id"].as_str().expect("a request");
    boot.key.get(&below(&boot, &format!("/requests/{request}"))).await.expect(200);
    let ended = rows.iter().find(|row| row["type"] == "scimUser.deprovisioned").expect("the end");
    assert_eq!((&ended["kind"], &ended["request_id"], &ended["decisions"]), (&json!("event"), &Json::Null, &json!([])));
    assert!(!past.to_string().contains(&bob), "nothing of somebody else's: {past}");

    // Page by page it is the same.
    let mut paged = Vec::new();
    for offset in 0..rows.len() {
        let page = boot.key.get(&format!("{path}?limit=1&offset={offset}")).await.ok();
        paged.push(page["data"][0].clone());
    }
    assert_eq!(&paged, rows);

    // Whom the directory deletes has a past still.
    boot.scim.delete(&format!("/scim/v2/Users/{ann}")).await.expect(204);
    let gone = boot.key.get(&format!("{path}?limit=100")).await.ok();
    assert!(gone["total_count"].as_i64() > past["total_count"].as_i64(), "{gone}");
    assert_eq!(gone["data"].as_array().expect("moments").iter().filter(|row| row["type"] == "user.delete").count(), 1);
    boot.key.get(&below(&boot, "/users/scimu_01h455vb4pex5vsknk084sn02q/timeline")).await.expect(404);
});

db_test!(strangers_see_nothing_and_who_may_not_see_people_sees_no_people, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann").await;
    let evil = app.boot("Evil", Some("evil.example")).await;
    let eve = app.signed_up("eve").await;
    for rest in ["/activity", "/attribute-paths", &format!("/users/{ann}/timeline")] {
        eve.get(&below(&boot, rest)).await.expect(404);
        app.http().get(&below(&boot, rest)).await.expect(401);
        // Through another organization, or as if it were the instance's.
        let foreign = format!("/v1/organizations/{}/directories/{}{rest}", evil.organization_id, boot.directory_id);
        boot.key.get(&foreign).await.expect(404);
        boot.key.get(&format!("/v1/directories/{}{rest}", boot.directory_id)).await.expect(404);
    }
    // Somebody who sees the organization, but does not manage its directories.
    let role = json!({ "name": "Looker", "key": "org:looker", "permissions": ["organization:update"] });
    boot.key.post("/v1/roles", role).await.created();
    let bob = app.signed_up("bob").await;
    let id = bob.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    boot.key.post(&within(&boot, "/memberships"), json!({ "user_id": id, "role": "org:looker" })).await.created();
    let paths = bob.get(&below(&boot, "/attribute-paths?limit=100")).await.ok();
    let rows = paths["data"].as_array().expect("paths");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["sample"] == "***"), "{paths}");
    let past = bob.get(&below(&boot, &format!("/users/{ann}/timeline"))).await.ok();
    assert!(!past.to_string().contains("ann@acme.example"), "{past}");
    assert_eq!(bob.get(&below(&boot, "/activity?hours=1")).await.ok()["data"][0]["requests"], 1);
});

db_test!(what_was_done_to_groups_and_many_at_once_is_in_the_past_of_whom_it_moved, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (make(&boot, "ann").await, make(&boot, "bob").await);
    let scim = &boot.scim;
    let members = |ids: &[&str]| ids.iter().map(|id| json!({ "value": id })).collect::<Json>();
    let new = json!({ "schemas": [GROUP], "displayName": "Staff", "members": members(&[&ann]) });
    let staff = scim.post("/scim/v2/Groups", new).await.created()["id"].as_str().expect("an id").to_owned();
    let at = format!("/scim/v2/Groups/{staff}");
    let patch = |op: &str, ids: &[&str]| json!({ "schemas": [PATCH], "Operations": [{ "op": op, "path": "members", "value": members(ids) }] });
    scim.patch(&at, patch("add", &[&bob])).await;
    // Who is there already was not moved, and neither was anybody by what is refused.
    scim.patch(&at, patch("add", &[&ann])).await;
    let refused = json!({ "schemas": [PATCH], "Operations": [
        { "op": "remove", "path": "members", "value": members(&[&ann]) }, { "op": "remove", "path": "displayName" },
    ] });
    scim.patch(&at, refused).await.expect(400);
    let whole = json!({ "schemas": [GROUP], "displayName": "Staff", "members": members(&[&bob]) });
    scim.put(&at, whole).await.expect(200);
    let title = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "Ms" }] });
    let bulk = json!({ "schemas": [BULK], "Operations": [
        { "method": "PATCH", "path": format!("/Users/{ann}"), "data": title },
        { "method": "PATCH", "path": format!("/Groups/{staff}"), "data": patch("add", &[&ann]) },
    ] });
    scim.post("/scim/v2/Bulk", bulk.clone()).await.expect(200);
    // The second one changes nothing.
    scim.post("/scim/v2/Bulk", bulk).await.expect(200);
    scim.delete(&at).await.expect(204);
    published(&app).await;

    let asked = async |id: &str| -> Vec<(String, String)> {
        let past = boot.key.get(&below(&boot, &format!("/users/{id}/timeline?limit=100"))).await.ok();
        let rows = past["data"].as_array().expect("moments");
        assert_eq!(past["total_count"], rows.len());
        let text = |row: &Json, name: &str| row[name].as_str().expect("a text").to_owned();
        let rows = rows.iter().filter(|row| row["kind"] == "request");
        rows.map(|row| (text(row, "type"), text(row, "request_id"))).collect()
    };
    let kinds = |asked: &[(String, String)]| asked.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>();
    let hers = asked(&ann).await;
    assert_eq!(kinds(&hers), ["group.delete", "bulk", "group.replace", "group.create", "user.create"]);
    assert_eq!(kinds(&asked(&bob).await), ["group.delete", "group.patch", "user.create"]);
    for (kind, request) in &hers {
        let logged = boot.key.get(&below(&boot, &format!("/requests/{request}"))).await.ok();
        assert_eq!(&logged["operation"], kind);
    }

    // So is one that is made again for real, and none that is only tried.
    let again = below(&boot, &format!("/requests/{}/replay", hers[3].1));
    boot.key.post(&again, json!({ "dry_run": true })).await.ok();
    assert_eq!(asked(&ann).await, hers);
    boot.key.post(&again, json!({ "dry_run": false })).await.ok();
    let hers = asked(&ann).await;
    assert_eq!((hers.len(), hers[0].0.as_str()), (6, "group.create"));

    // A push of very many is in the past of the first thousand.
    let many: Vec<String> = (0..auth_core::notes::PEOPLE + 5).map(|n| format!("p{n}")).collect();
    let ids = futures_util::future::join_all(many.iter().map(|name| make(&boot, name))).await;
    let noted = "SELECT COUNT(*) FROM directory_request_people";
    let before = app.count(noted).await;
    let new = json!({ "schemas": [GROUP], "displayName": "All", "members": members(&ids.iter().map(String::as_str).collect::<Vec<_>>()) });
    scim.post("/scim/v2/Groups", new).await.created();
    assert_eq!(app.count(noted).await, before + 1000);
});
