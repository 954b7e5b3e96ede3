//! What was said in import mode is done once, by whoever has the job, and no further than an admin wants it.

use auth_core::features::directory::DirectoryActor;
use auth_core::features::directory::credentials::{self, Presented};
use auth_core::features::directory::groups::{self, DirectoryGroup, Edit, Members, NewDirectoryGroup};
use auth_core::features::directory::import::{Kind, follow, seen};
use auth_core::features::directory::jobs;
use auth_core::features::directory::users::{self, DirectoryUser, NewDirectoryUser};
use auth_core::ids::{DirectoryGroupId, DirectoryUserId, Id as _};
use auth_core::{Ctx, db};

use super::directory_imports::{GROUP, PATCH, change, foreseen, id, import, make, person, report, work};
use super::within;
use crate::support::*;

/// How many people are staged: enough for somebody to come in between.
const PEOPLE: i64 = 60;

/// A directory in import mode in which some people were made, and the job that makes them real.
async fn applying(app: &App) -> (Boot, String) {
    let boot = app.boot("Acme", Some("acme.example")).await;
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    for n in 0..PEOPLE {
        make(&boot, &format!("p{n}@acme.example")).await;
    }
    let job = boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    assert_eq!(job["total"], PEOPLE, "{job}");
    let job = within(&boot, &format!("/directories/{}/jobs/{}", boot.directory_id, id(&job)));
    (boot, job)
}

async fn real(app: &App) -> i64 {
    app.count("SELECT COUNT(*) FROM directory_users").await
}

/// Waits until somebody is made, which the job does meanwhile.
async fn begun(app: &App) {
    while real(app).await == 0 {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

async fn run(app: &App, sql: &str) {
    let ctx = Ctx::system("test");
    app.core.write(&ctx, async |tx| db::run(tx, sql, []).await.map(drop)).await.expect("a change");
}

db_test!(an_application_that_is_canceled_stops_where_it_is, Options::default().idle(), async |app| {
    let (boot, job) = applying(&app).await;
    let cancel = async {
        begun(&app).await;
        boot.key.send("POST", &format!("{job}/cancel"), None, &[]).await.ok()
    };
    let ((), canceled) = futures_util::join!(work(&app), cancel);
    assert_eq!(canceled["state"], "canceled", "{canceled}");
    // Nobody comes after the answer: who was made is who was counted.
    let made = real(&app).await;
    assert!((1..PEOPLE).contains(&made), "{made}");
    assert_eq!(canceled["done"], made, "{canceled}");
    let left = report(&boot, "?limit=1").await;
    assert_eq!((&left["import"]["state"], &left["users"]["refused"]), (&json!("collecting"), &json!(0)), "{left}");
    assert_eq!(left["users"]["created"], PEOPLE - made, "{left}");
    // The identity provider is answered again, and the rest can be applied.
    make(&boot, "late@acme.example").await;
    assert_eq!(real(&app).await, made);
    boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    assert_eq!(real(&app).await, PEOPLE + 1);
    assert_eq!(report(&boot, "").await["total_count"], 0);
});

db_test!(a_replica_whose_lease_is_over_does_nothing_more, Options::default().idle(), async |app| {
    let (boot, job) = applying(&app).await;
    let other = async {
        begun(&app).await;
        // As if the first had stopped for longer than it may.
        run(&app, "UPDATE directory_jobs SET leased_until = 0, lease = 'job_lost'").await;
        work(&app).await;
    };
    futures_util::join!(work(&app), other);
    let done = boot.key.get(&job).await.ok();
    assert_eq!((&done["state"], &done["done"], &done["failed"]), (&json!("done"), &json!(PEOPLE), &json!(0)), "{done}");
    assert_eq!(real(&app).await, PEOPLE);
    let over = report(&boot, "").await;
    assert_eq!((&over["import"], &over["total_count"]), (&Json::Null, &json!(0)), "{over}");
    // Each was told of once.
    assert_eq!(app.count("SELECT COUNT(*) FROM events WHERE kind = 'directory_user.provisioned'").await, PEOPLE);
});

db_test!(an_application_ends_with_its_directory, Options::default().idle(), async |app| {
    let (boot, _) = applying(&app).await;
    let disconnect = async {
        begun(&app).await;
        boot.key.delete(&within(&boot, &format!("/directories/{}", boot.directory_id))).await;
        real(&app).await
    };
    let ((), made) = futures_util::join!(work(&app), disconnect);
    assert!((1..PEOPLE).contains(&made), "{made}");
    app.clock.advance(61);
    work(&app).await;
    assert_eq!(real(&app).await, made);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_jobs WHERE state = 'canceled' AND failed = 0").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM staged_directory_users").await, 0);
});

db_test!(the_end_of_an_import_is_not_the_end_of_the_next, Options::default().idle(), async |app| {
    let (boot, job) = applying(&app).await;
    // Everything is done but the end itself, and the directory was given free without it.
    while app.count("SELECT COUNT(*) FROM directory_jobs WHERE cursor LIKE '6 %'").await == 0 {
        assert!(jobs::step(&app.core).await.expect("a batch"));
    }
    assert_eq!(boot.key.get(&job).await.ok()["state"], "running");
    run(&app, "UPDATE directories SET import_state = NULL, import_started_at = NULL").await;
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let new = make(&boot, "new@acme.example").await;
    work(&app).await;
    assert_eq!(boot.key.get(&job).await.ok()["state"], "done");
    let page = report(&boot, "?outcome=created").await;
    assert_eq!((&page["import"]["state"], &page["data"][0]["id"]), (&json!("collecting"), &json!(new)), "{page}");
    boot.scim.get(&format!("/scim/v2/Users/{new}")).await.ok();
    assert_eq!(real(&app).await, PEOPLE);
});

/// Renames somebody in import mode; the address stays.
async fn rename(boot: &Boot, id: &str, name: &str) {
    let renamed = change("replace", "userName", &json!(name));
    boot.scim.patch(&format!("/scim/v2/Users/{id}"), renamed).await.expect(200);
}

async fn user_name(boot: &Boot, id: &str) -> Json {
    boot.scim.get(&format!("/scim/v2/Users/{id}")).await.ok()["userName"].clone()
}

db_test!(names_that_move_from_one_to_another_are_free_in_time, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut people = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "x", "y", "gone"] {
        people.push(make(&boot, &format!("{name}@acme.example")).await);
    }
    let [ann, bob, carl, dora, emil, frida, xena, yves, gone] = people.try_into().expect("nine people");
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    // Those who make room come after those who need it, and before them.
    for (id, name) in [(&carl, "c2"), (&bob, "c@acme.example"), (&ann, "b@acme.example")] {
        rename(&boot, id, name).await;
    }
    for (id, name) in [(&dora, "d2"), (&emil, "d@acme.example")] {
        rename(&boot, id, name).await;
    }
    // Somebody who is deleted makes room, too, and so does somebody for a new one.
    boot.scim.delete(&format!("/scim/v2/Users/{gone}")).await.expect(204);
    rename(&boot, &frida, "gone@acme.example").await;
    let mut new = person("new@acme.example");
    new["userName"] = json!("e@acme.example");
    let new = id(&boot.scim.post("/scim/v2/Users", new).await.created());
    // Two who change places stand in each other's way: they are told.
    for (id, name) in [(&xena, "between"), (&yves, "x@acme.example"), (&xena, "y@acme.example")] {
        rename(&boot, id, name).await;
    }
    let job = boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    let done =
        boot.key.get(&within(&boot, &format!("/directories/{}/jobs/{}", boot.directory_id, id(&job)))).await.ok();
    assert_eq!((&done["state"], &done["done"], &done["failed"]), (&json!("done"), &json!(10), &json!(2)), "{done}");
    assert_eq!(done["total"], 10);
    for (id, name) in [
        (&ann, "b@acme.example"),
        (&bob, "c@acme.example"),
        (&carl, "c2"),
        (&dora, "d2"),
        (&emil, "d@acme.example"),
        (&frida, "gone@acme.example"),
        (&new, "e@acme.example"),
        (&xena, "x@acme.example"),
        (&yves, "y@acme.example"),
    ] {
        assert_eq!(user_name(&boot, id).await, name, "{id}");
    }
    let told = report(&boot, "").await;
    assert_eq!((&told["total_count"], &told["users"]["refused"]), (&json!(2), &json!(2)), "{told}");
    for entry in told["data"].as_array().unwrap() {
        assert!([&xena, &yves].contains(&&id(entry)), "{entry}");
        assert_eq!(entry["detail"]["refused"]["code"], "user_name_taken", "{entry}");
    }
});

db_test!(what_was_refused_of_a_group_stays_told, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = make(&boot, "ann@acme.example").await;
    let group = json!({"schemas": [GROUP], "displayName": "Staff"});
    let staff = id(&boot.scim.post("/scim/v2/Groups", group).await.created());
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let add = change("add", "members", &json!([{"value": ann}]));
    boot.scim.patch(&format!("/scim/v2/Groups/{staff}"), add).await.expect(200);
    // What the staged tables would not have taken.
    run(&app, "UPDATE staged_directory_groups SET resource = '{}'").await;
    let job = boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    let done =
        boot.key.get(&within(&boot, &format!("/directories/{}/jobs/{}", boot.directory_id, id(&job)))).await.ok();
    assert_eq!((&done["total"], &done["done"], &done["failed"]), (&json!(1), &json!(1), &json!(1)), "{done}");
    let told = report(&boot, "").await;
    assert_eq!((&told["total_count"], &told["data"][0]["outcome"]), (&json!(1), &json!("refused")), "{told}");
    assert_eq!(told["data"][0]["detail"]["refused"]["code"], "display_name_required", "{told}");
    // Its members came all the same.
    assert_eq!(boot.scim.get(&format!("/scim/v2/Groups/{staff}")).await.ok()["members"][0]["value"], json!(ann));
});

db_test!(the_report_and_the_application_ask_no_breaker, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut people = Vec::new();
    for n in 0..56 {
        people.push(make(&boot, &format!("p{n}@acme.example")).await);
    }
    let breaker = json!({"settings": {"breaker": {"enabled": true, "people": 2, "percent": 1}}});
    boot.key.patch(&within(&boot, &format!("/directories/{}", boot.directory_id)), breaker).await.ok();
    let active = async |id: &str, active: bool| {
        boot.scim.patch(&format!("/scim/v2/Users/{id}"), change("replace", "active", &json!(active))).await
    };
    // As many have left as may.
    for id in &people[..2] {
        active(id, false).await.expect(200);
    }
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    for id in &people[2..5] {
        active(id, false).await.expect(200);
        assert_eq!(foreseen(&boot, id).await["outcome"], "deactivated");
    }
    active(&people[0], true).await.expect(200);
    assert_eq!(foreseen(&boot, &people[0]).await["outcome"], "reactivated");
    boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    assert_eq!(report(&boot, "").await["total_count"], 0, "nobody was refused");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users WHERE NOT active").await, 4);
    // Who came back counts no more, and who went with the import never did: one may leave, and not another.
    active(&people[5], false).await.expect(200);
    active(&people[6], false).await.expect(503);
});

db_test!(who_is_staged_as_inactive_becomes_so_whatever_the_resource_says, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann@acme.example").await;
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let new = make(&boot, "new@acme.example").await;
    for id in [&ann, &new] {
        let path = format!("/scim/v2/Users/{id}");
        boot.scim.patch(&path, change("replace", "active", &json!(false))).await.expect(200);
        let silent = json!({"schemas": [PATCH], "Operations": [{"op": "remove", "path": "active"}]});
        boot.scim.patch(&path, silent).await.expect(200);
    }
    let entry = foreseen(&boot, &ann).await;
    assert_eq!(entry["outcome"], "deactivated", "{entry}");
    assert!(entry["detail"]["events"].as_array().unwrap().contains(&json!("scimUser.deprovisioned")), "{entry}");
    boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    work(&app).await;
    for id in [&ann, &new] {
        assert_eq!(boot.scim.get(&format!("/scim/v2/Users/{id}")).await.ok()["active"], false);
    }
    let active = "SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id
         WHERE u.email IN ('ann@acme.example', 'new@acme.example') AND m.status = 'active'";
    assert_eq!(app.count(active).await, 0);
});

/// The directory's own requests on what is staged, as one that has just been let in makes them.
async fn let_in(app: &App, boot: &Boot) -> (DirectoryActor, DirectoryActor, Ctx) {
    let presented = Presented::Bearer(&boot.scim_token);
    let actor = credentials::authenticate(&app.core, &Ctx::system("late"), presented).await.expect("a good token");
    let staged = actor.staged().expect("import mode");
    let ctx = Ctx { staged: true, untold: true, ..Ctx::system("late").with_actor(staged.actor()) };
    (actor, staged, ctx)
}

fn new_user(email: &str) -> NewDirectoryUser {
    NewDirectoryUser { attributes: person(email).as_object().cloned().expect("a resource"), password: None }
}

/// Everything of an import as it is stored.
async fn stored(app: &App) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT id || outcome || detail || CAST(seen_at AS TEXT) FROM directory_import_entries ORDER BY 1",
        "SELECT id || resource || CAST(version AS TEXT) FROM staged_directory_users ORDER BY 1",
        "SELECT id || resource || CAST(version AS TEXT) FROM staged_directory_groups ORDER BY 1",
    ] {
        let rows = app.look(async |rx| db::all(rx, sql, []).await?.iter().map(|row| row.get(0)).collect()).await;
        let rows: Vec<String> = rows;
        all.extend(rows);
    }
    all
}

/// Makes every sort of change of what is staged, and expects all of them to be told to come back.
async fn comes_too_late(
    app: &App,
    (actor, staged, ctx): &(DirectoryActor, DirectoryActor, Ctx),
    ann: &str,
    staff: &str,
) {
    let before = stored(app).await;
    let (user, group) = (DirectoryUserId::parse(ann).expect("an id"), DirectoryGroupId::parse(staff).expect("an id"));
    let core = &app.core;
    let named = json!({"schemas": [GROUP], "displayName": "Late"}).as_object().cloned().expect("a resource");
    let new = NewDirectoryGroup { attributes: named, members: Vec::new() };
    let same = |user: &DirectoryUser| Ok::<_, auth_core::Error>(user.attributes.clone());
    let edit = |_: &DirectoryGroup| Ok::<_, auth_core::Error>(Edit::default());
    for refused in [
        core.write(ctx, async |tx| users::create(tx, staged, &new_user("late@acme.example")).await.map(drop)).await,
        core.write(ctx, async |tx| users::change(tx, staged, &user, None, None, same).await.map(drop)).await,
        core.write(ctx, async |tx| users::delete(tx, staged, &user, None).await).await,
        core.write(ctx, async |tx| groups::create(tx, staged, &new, Members::Omit).await.map(drop)).await,
        core.write(ctx, async |tx| groups::change(tx, staged, &group, None, Members::Omit, edit).await.map(drop)).await,
        core.write(ctx, async |tx| groups::delete(tx, staged, &group, None).await).await,
    ] {
        assert_eq!(refused.expect_err("nothing is staged any more").code(), "import_applying");
    }
    // Nor is anything found out or noted.
    for (kind, id) in [(Kind::User, ann), (Kind::Group, staff)] {
        Box::pin(follow(core, actor, ctx, kind, id)).await.expect("nothing happens");
        seen(core, actor, ctx, kind, &[id]).await.expect("nothing happens");
    }
    assert_eq!(stored(app).await, before);
}

db_test!(who_was_let_in_before_is_not_answered_about_what_is_gone, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = make(&boot, "ann@acme.example").await;
    let staff =
        id(&boot.scim.post("/scim/v2/Groups", json!({"schemas": [GROUP], "displayName": "Staff"})).await.created());
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let late = let_in(&app, &boot).await;
    // What was staged is applied, even if nobody came to find out what that would be.
    let (_, staged, ctx) = &late;
    let create = async |tx: &mut auth_core::Tx| users::create(tx, staged, &new_user("new@acme.example")).await;
    let new = app.core.write(ctx, create).await.expect("a staged person").id;
    let delete = async |tx: &mut auth_core::Tx| {
        users::delete(tx, staged, &DirectoryUserId::parse(&ann).expect("an id"), None).await
    };
    app.core.write(ctx, delete).await.expect("gone");
    assert_eq!(foreseen(&boot, new.as_str()).await["outcome"], "created");
    assert_eq!(foreseen(&boot, &ann).await["name"], "ann@acme.example");

    boot.key.post(&import(&boot, "/apply"), json!({})).await.ok();
    Box::pin(comes_too_late(&app, &late, &ann, &staff)).await;
    work(&app).await;
    assert_eq!(user_name(&boot, new.as_str()).await, "new@acme.example");
    boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(404);
    Box::pin(comes_too_late(&app, &late, new.as_str(), &staff)).await;
    // One that was discarded is no other.
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let late = let_in(&app, &boot).await;
    boot.key.post(&import(&boot, "/discard"), json!({})).await.ok();
    Box::pin(comes_too_late(&app, &late, new.as_str(), &staff)).await;
});

db_test!(a_page_of_people_is_seen_at_once, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let mut people = Vec::new();
    for n in 0..5 {
        people.push(make(&boot, &format!("p{n}@acme.example")).await);
    }
    boot.key.post(&import(&boot, ""), json!({})).await.ok();
    let (actor, _, ctx) = let_in(&app, &boot).await;
    let ids: Vec<&str> = people[..4].iter().map(String::as_str).chain(["scimu_none"]).collect();
    for _ in 0..2 {
        seen(&app.core, &actor, &ctx, Kind::User, &ids).await.expect("seen");
        let page = report(&boot, "").await;
        assert_eq!((&page["users"]["unchanged"], &page["users"]["unseen"]), (&json!(4), &json!(1)), "{page}");
    }
});
