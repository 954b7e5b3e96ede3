//! Import mode: an identity provider walks through its people and groups and is answered as ever; an admin reads what it would
//! come to, and only then it is done.

use auth_core::features::directory::jobs;

use super::{problem, within};
use crate::support::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(super) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

pub(super) fn person(email: &str) -> Json {
    json!({
        "schemas": [USER], "userName": email, "externalId": format!("00u{email}"), "active": true,
        "name": {"givenName": "Given", "familyName": "Family"}, "emails": [{"value": email, "type": "work", "primary": true}],
    })
}

pub(super) fn change(op: &str, path: &str, value: &Json) -> Json {
    json!({"schemas": [PATCH], "Operations": [{"op": op, "path": path, "value": value}]})
}

pub(super) fn id(answer: &Json) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("a resource: {answer}")).to_owned()
}

pub(super) fn import(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}/import{rest}", boot.directory_id))
}

pub(super) async fn report(boot: &Boot, query: &str) -> Json {
    boot.key.get(&import(boot, query)).await.ok()
}

/// What would become of a resource.
pub(super) async fn foreseen(boot: &Boot, id: &str) -> Json {
    let page = report(boot, "?limit=100").await;
    let found = page["data"].as_array().unwrap().iter().find(|entry| entry["id"] == id);
    found.unwrap_or_else(|| panic!("{id} in {page}")).clone()
}

/// As Okta looks for somebody before it makes them; their id, if they are there.
async fn find(boot: &Boot, email: &str) -> Option<String> {
    let path = format!("/scim/v2/Users?filter=userName%20eq%20%22{}%22", email.replace('@', "%40"));
    let page = boot.scim.get(&path).await.ok();
    assert_eq!(page["totalResults"], page["Resources"].as_array().map_or(0, Vec::len), "{page}");
    page["Resources"].as_array().and_then(|all| all.first()).map(id)
}

pub(super) async fn make(boot: &Boot, email: &str) -> String {
    id(&boot.scim.post("/scim/v2/Users", person(email)).await.created())
}

/// Everything of people, memberships and directories that is real.
async fn reality(app: &App) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in [
        ("users", "id || email || name || access_epoch"),
        ("members", "id || user_id || status"),
        ("member_grants", "id || member_id || role"),
        ("invitations", "id || email || status"),
        ("directory_users", "id || resource || version || link || CAST(active AS TEXT)"),
        ("directory_groups", "id || resource || version"),
        ("directory_group_members", "group_id || member_id"),
        ("directory_tombstones", "id"),
        ("receipts", "id"),
        ("mail_queue", "id"),
        ("events", "id || kind"),
    ] {
        // The import itself is an event.
        let but = if table == "events" { "WHERE kind <> 'directory.updated'" } else { "" };
        let sql = format!("SELECT {columns} FROM {table} {but} ORDER BY 1");
        let rows = app
            .look(async |db| {
                let rows = auth_core::db::all(db, sql.clone(), []).await?;
                rows.iter().map(|row| row.get::<String>(0)).collect::<auth_core::Result<Vec<_>>>()
            })
            .await;
        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

/// Does all jobs, as the worker would.
pub(super) async fn work(app: &App) {
    for _ in 0..200 {
        if !jobs::step(&app.core).await.expect("a batch") {
            return;
        }
    }
    panic!("there is no end to it");
}

struct Walk {
    boot: Boot,
    ann: String,
    bob: String,
    carl: String,
    staff: String,
    new: String,
    dora: String,
    eve: String,
    nobody: String,
    crew: String,
}

/// A directory with Ann, Bob, Carl and a group; and what Okta says in import mode.
async fn walk(app: &App) -> Walk {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let [ann, bob, carl] =
        ["ann@acme.example", "bob@acme.example", "carl@acme.example"].map(|email| make(&boot, email));
    let (ann, bob, carl) = (ann.await, bob.await, carl.await);
    let group = json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ann}]});
    let staff = id(&boot.scim.post("/scim/v2/Groups", group).await.created());
    for email in ["dora@acme.example", "eve@elsewhere.example"] {
        app.signed_up_as(email).await;
    }
    let started = boot.key.post(&import(&boot, ""), json!({})).await.ok();
    assert_eq!(started["import"]["state"], "collecting", "{started}");
    let before = reality(app).await;

    // Somebody new: looked for, made, read, replaced; and looked for again, by another walk.
    assert_eq!(find(&boot, "new@acme.example").await, None);
    let new = make(&boot, "new@acme.example").await;
    let path = format!("/scim/v2/Users/{new}");
    assert_eq!(boot.scim.get(&path).await.ok()["userName"], "new@acme.example");
    let mut titled = person("new@acme.example");
    titled["title"] = json!("Engineer");
    let replaced = boot.scim.put(&path, titled).await.expect(200);
    assert_eq!((replaced["title"].as_str(), id(&replaced.json)), (Some("Engineer"), new.clone()));
    assert_eq!(find(&boot, "NEW@acme.example").await.as_deref(), Some(new.as_str()));
    boot.scim.post("/scim/v2/Users", person("new@acme.example")).await.expect(409);
    // People with accounts of their own, and one without an address.
    let (dora, eve) = (make(&boot, "dora@acme.example").await, make(&boot, "eve@elsewhere.example").await);
    let nobody = json!({"schemas": [USER], "userName": "nobody", "active": true});
    let nobody = id(&boot.scim.post("/scim/v2/Users", nobody).await.created());
    // People who are there: Ann goes, Bob becomes another, Carl is never spoken of.
    assert_eq!(find(&boot, "ann@acme.example").await.as_deref(), Some(ann.as_str()));
    let path = format!("/scim/v2/Users/{ann}");
    let gone = boot.scim.patch(&path, change("replace", "active", &json!(false))).await.expect(200);
    assert_eq!(gone["active"], false);
    assert_eq!(boot.scim.get(&path).await.ok()["active"], false);
    let path = format!("/scim/v2/Users/{bob}");
    boot.scim.patch(&path, change("replace", "name.familyName", &json!("Other"))).await.expect(200);
    // Somebody is made and deleted again.
    let passing = make(&boot, "passing@acme.example").await;
    boot.scim.delete(&format!("/scim/v2/Users/{passing}")).await.expect(204);
    boot.scim.get(&format!("/scim/v2/Users/{passing}")).await.expect(404);
    // Groups of old and new people.
    let group = json!({"schemas": [GROUP], "displayName": "Crew", "members": [{"value": new}, {"value": bob}, {"value": staff}]});
    let crew = id(&boot.scim.post("/scim/v2/Groups", group).await.created());
    let add = change("add", "members", &json!([{"value": new}]));
    boot.scim.patch(&format!("/scim/v2/Groups/{staff}"), add).await.expect(200);
    let remove =
        json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": format!("members[value eq \"{ann}\"]")}]});
    boot.scim.patch(&format!("/scim/v2/Groups/{staff}"), remove).await.expect(200);
    let groups = boot.scim.get(&format!("/scim/v2/Users/{new}")).await.ok()["groups"].clone();
    assert_eq!(groups.as_array().map(Vec::len), Some(2), "{groups}");
    // All of them are listed, and nothing has happened.
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok()["totalResults"], 7);
    assert_eq!(boot.scim.get("/scim/v2/Groups").await.ok()["totalResults"], 2);
    assert_eq!(reality(app).await, before);
    Walk { boot, ann, bob, carl, staff, new, dora, eve, nobody, crew }
}

db_test!(what_an_identity_provider_says_is_compared_and_changes_nothing, Options::default().idle(), async |app| {
    let Walk { boot, ann, bob, carl, staff, new, dora, eve, nobody, crew } = walk(&app).await;
    for (id, outcome) in [
        (&new, "created"),
        (&dora, "linked"),
        (&eve, "invited"),
        (&nobody, "unlinked"),
        (&ann, "deactivated"),
        (&bob, "changed"),
        (&carl, "unseen"),
        (&crew, "created"),
        (&staff, "changed"),
    ] {
        let entry = foreseen(&boot, id).await;
        assert_eq!(entry["outcome"], outcome, "{entry}");
        assert_eq!(
            (&entry["object"], entry["seen_at"].is_i64()),
            (&json!("directory_import_entry"), outcome != "unseen")
        );
    }
    // Why, and what would be told of it.
    let entry = foreseen(&boot, &dora).await;
    assert_eq!(entry["detail"]["decisions"][0]["code"], "linked.domain", "{entry}");
    let session = app.signed_in("dora@acme.example").await.get("/api/auth/get-session").await.ok();
    assert_eq!(entry["user_id"], session["user"]["id"]);
    let events = foreseen(&boot, &ann).await["detail"]["events"].clone();
    assert!(events.as_array().unwrap().contains(&json!("scimUser.deprovisioned")), "{events}");
    assert_eq!(foreseen(&boot, &staff).await["members"], json!({"added": 1, "removed": 1}));
    assert_eq!(foreseen(&boot, &crew).await["members"], json!({"added": 3, "removed": 0}));
    // Counts, filters and pages.
    let page = report(&boot, "?outcome=created&limit=1").await;
    assert_eq!((&page["total_count"], page["data"].as_array().map(Vec::len)), (&json!(2), Some(1)), "{page}");
    let wanted = json!({"created": 1, "linked": 1, "invited": 1, "unlinked": 1, "changed": 1, "deactivated": 1,
        "reactivated": 0, "deleted": 0, "refused": 0, "unchanged": 0, "unseen": 1});
    assert_eq!(page["users"], wanted);
    assert_eq!((&page["groups"]["created"], &page["groups"]["changed"]), (&json!(1), &json!(1)));
    let only = report(&boot, "?kind=group&limit=1&offset=1").await;
    assert_eq!((&only["total_count"], only["data"].as_array().map(Vec::len)), (&json!(2), Some(1)), "{only}");
    // Who is only looked at has been seen.
    boot.scim.get(&format!("/scim/v2/Users/{carl}")).await.ok();
    assert_eq!(foreseen(&boot, &carl).await["outcome"], "unchanged");
    // The log has the requests, and none of them is made again for real.
    let requests = within(&boot, &format!("/directories/{}/requests", boot.directory_id));
    let logged = boot.key.get(&format!("{requests}?operation=user.patch&limit=1")).await.ok()["data"][0]["id"].clone();
    let replay = format!("{requests}/{}/replay", logged.as_str().unwrap());
    problem(boot.key.post(&replay, json!({"dry_run": false})).await, 409, "not_replayable");

    // Discarded: the directory acts as if nothing had been said, and what was made has never been.
    problem(boot.key.post(&import(&boot, ""), json!({})).await, 409, "import_running");
    let before = reality(&app).await;
    let discarded = boot.key.post(&import(&boot, "/discard"), json!({})).await.ok();
    assert_eq!(discarded["import"], Json::Null);
    assert_eq!(reality(&app).await, before);
    boot.scim.get(&format!("/scim/v2/Users/{new}")).await.expect(404);
    assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["active"], true);
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok()["totalResults"], 3);
    let empty = report(&boot, "").await;
    assert_eq!((&empty["import"], &empty["total_count"]), (&Json::Null, &json!(0)), "{empty}");
    problem(boot.key.post(&import(&boot, "/discard"), json!({})).await, 409, "no_import");
    problem(boot.key.post(&import(&boot, "/apply"), json!({})).await, 409, "no_import");
    make(&boot, "real@acme.example").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE email = 'real@acme.example'").await, 1);
});

db_test!(what_was_said_is_applied_under_the_ids_that_were_answered, Options::default().idle(), async |app| {
    let Walk { boot, ann, bob, carl, staff, new, dora, eve, nobody, crew } = walk(&app).await;
    let job = boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    assert_eq!((&job["kind"], &job["state"]), (&json!("import_applied"), &json!("queued")), "{job}");
    // Until it is done the identity provider waits.
    let waits = boot.scim.get(&format!("/scim/v2/Users/{new}")).await.expect(503);
    assert!(waits.header("retry-after").is_some());
    problem(boot.key.post(&import(&boot, "/discard"), json!({})).await, 409, "import_running");
    work(&app).await;
    let path = within(&boot, &format!("/directories/{}/jobs/{}", boot.directory_id, id(&job)));
    let done = boot.key.get(&path).await.ok();
    assert_eq!((&done["state"], &done["failed"], &done["done"]), (&json!("done"), &json!(0), &json!(8)), "{done}");

    let made = boot.scim.get(&format!("/scim/v2/Users/{new}")).await.ok();
    assert_eq!((&made["userName"], &made["title"]), (&json!("new@acme.example"), &json!("Engineer")));
    assert_eq!(made["groups"].as_array().map(Vec::len), Some(2), "{made}");
    assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.ok()["active"], false);
    assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{bob}")).await.ok()["name"]["familyName"], "Other");
    boot.scim.get(&format!("/scim/v2/Users/{nobody}")).await.ok();
    let standing = async |email: &str| {
        let page = boot.key.get(&within(&boot, &format!("/memberships?query={email}"))).await.ok();
        page["data"][0]["status"].as_str().unwrap_or("none").to_owned()
    };
    for (email, status) in [
        ("new@acme.example", "active"),
        ("dora@acme.example", "active"),
        ("bob@acme.example", "active"),
        ("carl@acme.example", "active"),
    ] {
        assert_eq!(standing(email).await, status, "{email}");
    }
    let suspended = "SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id
         WHERE u.email = 'ann@acme.example' AND m.status = 'suspended'";
    assert_eq!(app.count(suspended).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations WHERE email = 'eve@elsewhere.example'").await, 1);
    let of = boot.scim.get(&format!("/scim/v2/Groups/{crew}")).await.ok();
    assert_eq!(of["members"].as_array().map(Vec::len), Some(3), "{of}");
    let of = boot.scim.get(&format!("/scim/v2/Groups/{staff}")).await.ok();
    assert_eq!(of["members"][0]["value"], json!(new), "{of}");
    // The identity provider goes on where it was.
    for (id, email) in [(&dora, "dora@acme.example"), (&eve, "eve@elsewhere.example")] {
        assert_eq!(find(&boot, email).await.as_ref(), Some(id));
        boot.scim.put(&format!("/scim/v2/Users/{id}"), person(email)).await.expect(200);
    }
    boot.scim.delete(&format!("/scim/v2/Users/{carl}")).await.expect(204);
    let over = report(&boot, "").await;
    assert_eq!((&over["import"], &over["total_count"]), (&Json::Null, &json!(0)), "{over}");
    for table in ["staged_directory_users", "staged_directory_groups", "staged_directory_group_members"] {
        let sql: &'static str = Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str());
        assert_eq!(app.count(sql).await, 0, "{table}");
    }
});

db_test!(bulk_holds_in_import_mode_and_refusals_are_told, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    boot.key.patch(&within(&boot, ""), json!({"max_allowed_memberships": 2})).await.ok();
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        {"method": "POST", "path": "/Groups", "bulkId": "g",
            "data": {"schemas": [GROUP], "displayName": "All", "members": [{"value": "bulkId:a"}, {"value": "bulkId:b"}]}},
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": person("ann@acme.example")},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": person("bob@acme.example")},
    ]});
    let answer = boot.scim.post("/scim/v2/Bulk", bulk).await.ok();
    let statuses: Vec<&Json> = answer["Operations"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["201", "201", "201"], "{answer}");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users").await, 0);
    let page = report(&boot, "?kind=group").await;
    assert_eq!(page["data"][0]["members"], json!({"added": 2, "removed": 0}), "{page}");
    assert_eq!(page["users"]["created"], 2, "each by itself is let in");
    boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    // One place was left besides the admin's: what could not be done is told, and the rest was.
    let page = report(&boot, "").await;
    assert_eq!(
        (&page["import"], &page["total_count"], &page["users"]["refused"]),
        (&Json::Null, &json!(1), &json!(1)),
        "{page}"
    );
    assert!(page["data"][0]["detail"]["refused"]["code"].is_string(), "{page}");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_group_members").await, 1);
});

db_test!(import_mode_is_for_those_who_manage_the_directory, async |app| {
    let (boot, other) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let stranger = app.signed_up("eve").await;
    for rest in ["", "/apply", "/discard"] {
        problem(stranger.post(&import(&boot, rest), json!({})).await, 404, "organization_not_found");
        let foreign = within(&other, &format!("/directories/{}/import{rest}", boot.directory_id));
        problem(other.key.post(&foreign, json!({})).await, 404, "directory_not_found");
    }
    for query in ["?kind=x", "?outcome=x", "?limit=0"] {
        problem(boot.key.get(&import(&boot, query)).await, 400, "validation_failed");
    }
    // A directory that is disconnected keeps nothing staged.
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    make(&boot, "ann@acme.example").await;
    boot.key.delete(&within(&boot, &format!("/directories/{}", boot.directory_id))).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM staged_directory_users").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_import_entries").await, 0);
});

db_test!(a_rehearsal_does_not_tell_who_has_an_account, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    app.signed_up("eve").await;
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let (there, nobody) = (make(&boot, "eve@example.com").await, make(&boot, "nobody@example.com").await);
    let (known, unknown) = (foreseen(&boot, &there).await, foreseen(&boot, &nobody).await);
    assert_eq!((&known["outcome"], &known["user_id"]), (&json!("invited"), &Json::Null), "{known}");
    assert_eq!((&known["outcome"], &known["user_id"]), (&unknown["outcome"], &unknown["user_id"]));
    assert_eq!(known["detail"], unknown["detail"]);
    // Where the organization holds the domain, it is told.
    let own = make(&boot, "new@acme.example").await;
    assert_eq!(foreseen(&boot, &own).await["detail"]["decisions"][0]["code"], "linked.created");
    // Nor is it told by trying a request again that was never done.
    boot.key.post(&import(&boot, "/discard"), json!({})).await.ok();
    let requests = within(&boot, &format!("/directories/{}/requests", boot.directory_id));
    let tried = async |email: &str| {
        for _ in 0..100 {
            let page =
                boot.key.get(&format!("{requests}?operation=user.create&person={}", email.replace('@', "%40"))).await;
            if let Some(one) = page.ok()["data"][0]["id"].as_str() {
                let replay = format!("{requests}/{one}/replay");
                return boot.key.post(&replay, json!({"dry_run": true})).await.ok();
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the request of {email} is never recorded");
    };
    let (known, unknown) = (tried("eve@example.com").await, tried("nobody@example.com").await);
    assert_eq!(known["status"], 201, "{known}");
    for part in ["status", "notes", "events"] {
        assert!(!known[part].is_null(), "{part} of {known}");
        assert_eq!(known[part], unknown[part], "{part}");
    }
});

db_test!(nobody_applies_what_came_after_they_looked, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let begun = boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let revision = |page: &Json| page["import"]["revision"].as_i64().unwrap_or_else(|| panic!("a revision: {page}"));
    let ann = make(&boot, "ann@acme.example").await;
    let read = revision(&report(&boot, "").await);
    assert!(read > revision(&begun), "what is said raises it");
    // Looking does not, neither by the identity provider nor by an admin.
    find(&boot, "ann@acme.example").await.expect("her");
    assert_eq!(revision(&report(&boot, "").await), read);

    // More is said: somebody new, and then something else of the same person.
    let apply = async |revision: i64| boot.key.post(&import(&boot, "/apply"), json!({ "revision": revision })).await;
    make(&boot, "bob@acme.example").await;
    problem(apply(read).await, 409, "import_report_changed");
    let read = revision(&report(&boot, "").await);
    let off = change("replace", "active", &json!(false));
    boot.scim.patch(&format!("/scim/v2/Users/{ann}"), off).await.expect(200);
    problem(apply(read).await, 409, "import_report_changed");
    assert_eq!(report(&boot, "").await["import"]["state"], "collecting");
    for wrong in [json!({ "revision": "7" }), json!({ "revision": -1 }), json!({ "revision": 1.5 })] {
        problem(boot.key.post(&import(&boot, "/apply"), wrong).await, 400, "validation_failed");
    }
    // That of an earlier import is none of the next.
    let read = revision(&report(&boot, "").await);
    boot.key.post(&import(&boot, "/discard"), json!({})).await.ok();
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    problem(apply(read).await, 409, "import_report_changed");
    make(&boot, "carol@acme.example").await;
    let job = apply(revision(&report(&boot, "").await)).await.ok();
    assert_eq!(job["total"], 1, "{job}");
    work(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users").await, 1);
});
