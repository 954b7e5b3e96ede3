//! What is counted in Redis: what becomes of it when Redis goes away, comes back or forgets, and what it holds.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::Ctx;

use super::throttles::{HOME, few, from, guesses, tries, usual, with};
use crate::support::*;

fn redis(app: &App) -> &TestRedis {
    app.redis().expect("this test has one")
}

/// What the instance says of Redis.
async fn stands(app: &App) -> Json {
    app.http().get("/readyz").await.ok()["redis"].clone()
}

/// Waits until the instance has noticed that Redis is back.
async fn is_back(app: &App) {
    for _ in 0..1000 {
        if stands(app).await == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("Redis is not asked again");
}

async fn metric(app: &App, name: &str) -> u64 {
    let text = app.http().get("/metrics").await.expect(200).text;
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    line.rsplit(' ').next().expect("a value").parse().expect("a number")
}

db_test!(while_redis_is_away_the_database_counts, usual().with_redis(), async |app| {
    app.signed_up("ann").await;
    let guesser = from(&app, "203.0.113.1");
    assert_eq!(guesses(&guesser, "ann@example.com", 6).await, BTreeMap::from([(401, 6)]));
    assert_eq!(stands(&app).await, true);
    assert_eq!((metric(&app, "portico_redis_up").await, metric(&app, "portico_redis_unanswered_total").await), (1, 0));
    redis(&app).cut();
    // It begins at nothing, and ends where it is to.
    assert_eq!(guesses(&guesser, "ann@example.com", 12).await, BTreeMap::from([(401, 10), (429, 2)]));
    // Requests are served: the instance is ready, and says what it does without.
    let readiness = app.http().get("/readyz").await.expect(200);
    assert_eq!(readiness.json, json!({ "status": "ready", "database": true, "migrations": true, "redis": false }));
    assert_eq!(metric(&app, "portico_redis_up").await, 0);
    assert!(metric(&app, "portico_redis_unanswered_total").await >= 12);
    // What Redis counted before goes on.
    redis(&app).mend();
    is_back(&app).await;
    assert_eq!(metric(&app, "portico_redis_up").await, 1);
    assert_eq!(guesses(&guesser, "ann@example.com", 5).await, BTreeMap::from([(401, 4), (429, 1)]));
});

db_test!(whoever_gets_in_while_redis_is_away_begins_anew, usual().with_redis(), async |app| {
    app.signed_up("ann").await;
    redis(&app).cut();
    let home = from(&app, HOME);
    for _ in 0..3 {
        assert_eq!(guesses(&home, "ann@example.com", 9).await, BTreeMap::from([(401, 9)]));
        tries(&home, "ann@example.com", PASSWORD).await.expect(200);
    }
});

db_test!(a_redis_that_says_nothing_is_away, usual().with_redis_within(Duration::from_millis(200)), async |app| {
    app.signed_up("ann").await;
    redis(&app).hush();
    let told = guesses(&from(&app, "203.0.113.1"), "ann@example.com", 12).await;
    assert_eq!(told, BTreeMap::from([(401, 10), (429, 2)]));
    assert_eq!(stands(&app).await, false);
    redis(&app).mend();
    is_back(&app).await;
});

db_test!(a_connection_that_was_closed_is_made_anew, usual().with_redis(), async |app| {
    app.signed_up("ann").await;
    let guesser = from(&app, "203.0.113.1");
    assert_eq!(guesses(&guesser, "ann@example.com", 6).await, BTreeMap::from([(401, 6)]));
    redis(&app).hang_up().await;
    assert_eq!(guesses(&guesser, "ann@example.com", 5).await, BTreeMap::from([(401, 4), (429, 1)]));
    assert_eq!(metric(&app, "portico_redis_unanswered_total").await, 0);
});

db_test!(without_redis_and_the_table_nobody_gets_in, usual().with_redis().broken(), async |app| {
    app.signed_up("ann").await;
    let drop = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, "DROP TABLE throttles", []).await;
    app.core.write(&Ctx::system("test"), drop).await.expect("the table goes");
    redis(&app).cut();
    tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(500);
});

db_test!(
    a_redis_that_forgets_locks_nobody_out,
    with(|throttle| throttle.account_guesses = few(25)).with_redis(),
    async |app| {
        app.signed_up("ann").await;
        tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
        redis(&app).forget().await;
        for n in 1..=4 {
            guesses(&from(&app, &format!("203.0.113.{n}")), "ann@example.com", 10).await;
        }
        tries(&from(&app, "198.51.100.99"), "ann@example.com", PASSWORD).await.expect(429);
        tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
    }
);

db_test!(every_key_of_redis_expires_and_counts_lie_nowhere_else, usual().with_redis(), async |app| {
    app.signed_up("ann").await;
    let before = app.count("SELECT COUNT(*) FROM throttles").await;
    assert_eq!(guesses(&from(&app, HOME), "ann@example.com", 3).await, BTreeMap::from([(401, 3)]));
    assert_eq!(app.count("SELECT COUNT(*) FROM throttles").await, before);
    let keys = redis(&app).keys().await;
    assert!(keys.len() >= 3, "{keys:?}");
    for (key, kept) in keys {
        assert!((1..=(86_400 + 60) * 1000).contains(&kept), "{key} is kept for {kept} ms");
    }
});
