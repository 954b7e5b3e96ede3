//! What was said in import mode is done once, by whoever has the job, and no further than an admin wants it.

use auth_core::db;
use auth_core::features::directory::jobs;

use super::directory_imports::{id, import, make, report, work};
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
    let ctx = auth_core::Ctx::system("test");
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
