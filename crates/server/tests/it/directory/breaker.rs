//! The circuit breaker: too many at once wait for an admin, and whoever does not use it pays nothing for it.

mod displaced;

use auth_core::Kind;
use auth_core::features::directory::connections::{BreakerChanges, Changes};
use auth_core::features::directory::{State, disconnect_step, finish_disconnections, health};
use auth_core::outbox::EventKind;
use futures_util::future::join_all;

use super::*;
use crate::support::*;

const ON: BreakerChanges = BreakerChanges { enabled: Some(true), people: None, percent: None, window_seconds: None };

/// A directory whose breaker is as wanted, with so many people.
async fn guarded(app: &App, breaker: BreakerChanges, people: usize) -> (OrgId, Dir, Vec<DirectoryUserId>) {
    let acme = organization(app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(app, Some(&acme), "okta").await;
    set(app, &acme, &dir, breaker).await;
    let dir = Dir::by_token(app, &dir.token).await;
    let mut ids = Vec::new();
    for n in 0..people {
        ids.push(dir.post(&person(&format!("p{n}@acme.example"))).await.id);
    }
    (acme, dir, ids)
}

async fn set(app: &App, acme: &OrgId, dir: &Dir, breaker: BreakerChanges) {
    let changes = Changes { breaker, ..Changes::default() };
    let id = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::update(tx, acme, id, &changes).await).await.expect("changed");
}

async fn try_off(dir: &Dir, id: &DirectoryUserId) -> Result<()> {
    dir.try_patch(id, &json!({ "active": false })).await.map(drop)
}

async fn try_delete(dir: &Dir, id: &DirectoryUserId) -> Result<()> {
    let gone = async |tx: &mut auth_core::Tx| resources::delete(tx, &dir.actor, id, None).await;
    dir.app.core.write(&dir.ctx, gone).await
}

#[track_caller]
fn is_tripped(refused: &Result<()>) -> bool {
    match refused {
        Ok(()) => false,
        Err(error) => {
            assert!(error.is(&DirectoryFault::Tripped) && error.kind() == Kind::Unavailable, "{error:?}");
            true
        }
    }
}

async fn state(app: &App, acme: &OrgId, dir: &Dir) -> State {
    let id = &dir.actor.directory.id;
    app.core.read(&system(), async |rx| connections::get(rx, acme, id).await).await.expect("a directory").state
}

async fn waiting(app: &App, acme: &OrgId, dir: &Dir) -> i64 {
    let id = &dir.actor.directory.id;
    let health = app.core.read(&system(), async |rx| health::read(rx, acme, id).await).await.expect("its health");
    health.trip.expect("it has tripped").waiting
}

db_test!(beyond_both_limits_nobody_else_loses_access_before_an_admin_has_looked, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    // A fifth of sixty is twelve.
    for id in &ids[..12] {
        try_off(&dir, id).await.expect("not too many yet");
    }
    let (last, token) = owner_gets_in(&app, "p12@acme.example").await;
    assert!(is_tripped(&try_off(&dir, &ids[12]).await));
    assert!(is_in(&app, &token).await, "nothing of the request happened");
    assert!(dir.get(&ids[12]).await.unwrap().active);
    assert_eq!(member(&app, &acme, &last.id).await.unwrap().status, Status::Active);
    assert_eq!(state(&app, &acme, &dir).await, State::Tripped);

    // Whatever ends access is refused, all else goes on.
    assert!(is_tripped(&try_delete(&dir, &ids[13]).await) && is_tripped(&try_off(&dir, &ids[14]).await));
    dir.patch(&ids[13], &json!({ "title": "Boss" })).await;
    dir.set_active(&ids[0], true).await;
    dir.post(&person("new@acme.example")).await;
    assert_eq!(waiting(&app, &acme, &dir).await, 3);

    let tripped = app.events_of(EventKind::DirectoryTripped).await;
    let [event] = tripped.as_slice() else { panic!("one event: {tripped:?}") };
    assert_eq!(event.organization_id.as_ref(), Some(&acme));
    assert_eq!((&event.payload["after"]["departed"], &event.payload["after"]["active"]), (&json!(13), &json!(60)));
    assert_eq!(app.events_of(EventKind::DirectoryUserDeprovisioned).await.len(), 12);
    assert_eq!(app.count("SELECT COUNT(*) FROM receipts").await, 12);
});

db_test!(of_many_at_once_one_trips_it, async |app| {
    let boot = app.boot("Globex", None).await;
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let all = join_all(ids.iter().map(|id| try_off(&dir, id))).await;
    assert_eq!(all.iter().filter(|done| !is_tripped(done)).count(), 12);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users WHERE active").await, 48);
    assert_eq!(app.events_of(EventKind::DirectoryTripped).await.len(), 1);
    assert_eq!(waiting(&app, &acme, &dir).await, 48);
    app.mail().wait(&boot.email, "13 of 60 people").await;
    assert_eq!(app.mail().to(&boot.email).iter().filter(|mail| mail.subject.contains("too many")).count(), 1);
});

db_test!(who_came_back_does_not_count_and_nobody_counts_twice, async |app| {
    let (_, dir, ids) = guarded(&app, ON, 60).await;
    for id in &ids[..12] {
        try_off(&dir, id).await.expect("not too many yet");
    }
    dir.set_active(&ids[0], true).await;
    try_delete(&dir, &ids[1]).await.expect("they were counted before");
    try_off(&dir, &ids[0]).await.expect("they count once");
    // Deleted and made anew: the same person.
    try_delete(&dir, &ids[0]).await.expect("they were counted before");
    dir.post(&person("p0@acme.example")).await;
    try_off(&dir, &ids[20]).await.expect("one came back for them");
    assert!(is_tripped(&try_off(&dir, &ids[21]).await));
});

db_test!(a_window_passes_and_the_count_with_it, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    for some in ids[..36].chunks(9) {
        for id in some {
            try_off(&dir, id).await.expect("not too many at once");
        }
        app.clock.advance(601);
    }
    assert_eq!(state(&app, &acme, &dir).await, State::Active);
});

db_test!(a_small_team_may_well_leave_at_once, async |app| {
    let (acme, dir, ids) = guarded(&app, BreakerChanges { people: Some(1), percent: Some(1), ..ON }, 49).await;
    for id in &ids {
        try_off(&dir, id).await.expect("fewer than fifty people");
    }
    assert_eq!(state(&app, &acme, &dir).await, State::Active);
});

db_test!(what_waits_is_released_and_the_window_begins_anew, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let id = &dir.actor.directory.id;
    let early = async |tx: &mut auth_core::Tx| connections::release(tx, &acme, id).await;
    assert!(app.core.write(&system(), early).await.unwrap_err().is(&DirectoryFault::NotTripped));
    for id in &ids[..30] {
        let _ = try_off(&dir, id).await;
    }
    assert_eq!(waiting(&app, &acme, &dir).await, 18);
    let undecided = async |tx: &mut auth_core::Tx| connections::resume(tx, &acme, id).await;
    assert!(app.core.write(&system(), undecided).await.unwrap_err().is(&DirectoryFault::Undecided));

    let listed = app.core.write(&system(), early).await.expect("released");
    assert_eq!(listed.directory.state, State::Active);
    assert_eq!(app.events_of(EventKind::DirectoryReleased).await[0].payload["after"]["released"], 18);
    for id in &ids[12..30] {
        try_off(&dir, id).await.expect("they were released");
    }
    // Thirty are left, which are too few to be held back.
    for id in &ids[30..] {
        try_off(&dir, id).await.expect("fewer than fifty people");
    }
});

db_test!(what_is_rejected_stays_refused_until_the_directory_is_resumed, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let id = &dir.actor.directory.id;
    for id in &ids[..13] {
        let _ = try_off(&dir, id).await;
    }
    let reject = async |tx: &mut auth_core::Tx| connections::reject(tx, &acme, id).await;
    assert_eq!(app.core.write(&system(), reject).await.expect("rejected").directory.state, State::Tripped);
    assert!(is_tripped(&try_off(&dir, &ids[12]).await));
    assert_eq!(waiting(&app, &acme, &dir).await, 0, "nobody waits for what was rejected");
    let resume = async |tx: &mut auth_core::Tx| connections::resume(tx, &acme, id).await;
    assert_eq!(app.core.write(&system(), resume).await.expect("resumed").directory.state, State::Active);
    try_off(&dir, &ids[12]).await.expect("the count began anew");
    assert_eq!(app.events_of(EventKind::DirectoryReleased).await.len(), 0);
});

db_test!(pausing_does_not_make_the_breaker_forget_and_turning_it_off_does, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 60).await;
    let id = &dir.actor.directory.id;
    for id in &ids[..13] {
        let _ = try_off(&dir, id).await;
    }
    let pause = async |tx: &mut auth_core::Tx| connections::pause(tx, &acme, id).await;
    let resume = async |tx: &mut auth_core::Tx| connections::resume(tx, &acme, id).await;
    assert_eq!(app.core.write(&system(), pause).await.expect("paused").directory.state, State::Paused);
    assert_eq!(app.core.write(&system(), resume).await.expect("resumed").directory.state, State::Tripped);
    set(&app, &acme, &dir, BreakerChanges { enabled: Some(false), ..BreakerChanges::default() }).await;
    assert_eq!(state(&app, &acme, &dir).await, State::Active);
    try_off(&dir, &ids[12]).await.expect("nobody is held back");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_departures").await, 0);
});

db_test!(a_disconnection_is_counted_stopped_and_let_go, async |app| {
    let (acme, dir, _) = guarded(&app, ON, 60).await;
    let id = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::disconnect(tx, &acme, id).await).await.expect("disconnected");
    finish_disconnections(&app.core).await.expect("all steps");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users WHERE active").await, 48);
    assert_eq!(app.count("SELECT COUNT(*) FROM directories WHERE state = 'tripped'").await, 1);
    assert!(!disconnect_step(&app.core).await.expect("a step"), "it waits");
    let release = async |tx: &mut auth_core::Tx| connections::release(tx, &acme, id).await;
    app.core.write(&system(), release).await.expect("released");
    let pause = async |tx: &mut auth_core::Tx| connections::pause(tx, &acme, id).await;
    let resume = async |tx: &mut auth_core::Tx| connections::resume(tx, &acme, id).await;
    // A worker of the server may have gone on before it was paused, but goes no further.
    app.core.write(&system(), pause).await.expect("paused");
    let left = app.count("SELECT COUNT(*) FROM directory_users WHERE active").await;
    assert!(!disconnect_step(&app.core).await.expect("a step"));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users WHERE active").await, left);
    app.core.write(&system(), resume).await.expect("resumed");
    finish_disconnections(&app.core).await.expect("all steps");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_users WHERE active").await, 0);
    let gone = app.core.write(&system(), pause).await.unwrap_err();
    assert!(gone.is(&DirectoryFault::NotFound), "nothing of it is left to stop: {gone:?}");
});

db_test!(a_breaker_that_is_off_is_never_asked, async |app| {
    let (acme, dir, ids) = guarded(&app, ON, 2).await;
    set(&app, &acme, &dir, BreakerChanges { enabled: Some(false), ..BreakerChanges::default() }).await;
    let dir = Dir::by_token(&app, &dir.token).await;
    // No statement can ask for what is not there.
    let gone = async |tx: &mut auth_core::Tx| {
        for table in ["directory_departures", "directory_breakers"] {
            auth_core::db::run(tx, format!("DROP TABLE {table}"), []).await?;
        }
        Ok::<_, Error>(())
    };
    app.core.write(&system(), gone).await.expect("the tables are gone");
    try_off(&dir, &ids[0]).await.expect("deactivated");
    dir.set_active(&ids[0], true).await;
    try_delete(&dir, &ids[0]).await.expect("deleted");
    dir.post(&person("p0@acme.example")).await;
    try_delete(&dir, &ids[1]).await.expect("deleted");
});

db_test!(over_the_wire_it_is_a_503_that_says_when_to_come_back_in_bulk_too, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    let small = json!({"settings": {"breaker": {"enabled": true, "people": 2, "percent": 1}}});
    let changed = boot.key.patch(&path, small).await.ok();
    assert_eq!(
        changed["settings"]["breaker"],
        json!({"enabled": true, "people": 2, "percent": 1, "window_seconds": 600})
    );
    let post = |n: usize| json!({"method": "POST", "path": "/Users", "bulkId": format!("u{n}"), "data": person(&format!("p{n}@acme.example"))});
    let made = bulk(&boot.scim, (0..55).map(post).collect()).await;
    let ids: Vec<String> = made.iter().map(id_of).collect();
    let off = |id: &String| {
        let inactive = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"active": false}}]});
        json!({"method": "PATCH", "path": format!("/Users/{id}"), "data": inactive})
    };
    let answers = bulk(&boot.scim, ids[..5].iter().map(off).collect()).await;
    let statuses: Vec<&Json> = answers.iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["200", "200", "503", "503", "503"]);
    let refused = boot.scim.delete(&format!("/scim/v2/Users/{}", ids[7])).await.expect(503);
    assert_eq!(refused.header("retry-after"), Some("300"));
    assert_eq!(refused["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    boot.scim.get(&format!("/scim/v2/Users/{}", ids[7])).await.expect(200);
    assert_eq!(boot.key.get(&path).await.ok()["state"], "tripped");

    let send = async |action: &str| boot.key.send("POST", &format!("{path}/{action}"), None, &[]).await;
    assert_eq!(send("resume").await.refused(409, "directory_tripped_undecided")["status"], 409);
    assert_eq!(send("release").await.ok()["state"], "active");
    send("release").await.refused(409, "directory_not_tripped");
    send("reject").await.refused(409, "directory_not_tripped");
    boot.scim.delete(&format!("/scim/v2/Users/{}", ids[7])).await.expect(204);
    app.mail().wait(&boot.email, "3 of 55 people").await;
});

/// The places of a bulk request's answer.
async fn bulk(scim: &Client, operations: Vec<Json>) -> Vec<Json> {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    scim.post("/scim/v2/Bulk", body).await.ok()["Operations"].as_array().expect("operations").clone()
}

fn id_of(place: &Json) -> String {
    place["location"].as_str().and_then(|at| at.rsplit('/').next()).expect("a location").to_owned()
}
