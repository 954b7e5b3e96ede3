//! How many operations a credential may ask for.

use api_kit::bucket::Flow;
use auth_core::db::WAITING;

use super::groups_large::people;
use super::oauth::{OAuthClient, credential, scim};
use super::*;
use crate::support::*;

/// One a second, five at once: the clock of the tests goes on by some milliseconds with each request.
fn few() -> Options {
    Options::default().limited().kit(|kit| kit.directory_flow = FEW)
}

const FEW: Flow = Flow { rate: 1, burst: 5 };

const USERS: &str = "/scim/v2/Users?count=1";

fn number(answer: &Answer, name: &str) -> i64 {
    let text = answer.header(name).unwrap_or_else(|| panic!("{name} in {answer:?}"));
    text.parse().unwrap_or_else(|_| panic!("{name}: {text}"))
}

counted_test!(a_credential_that_asks_too_much_waits_and_no_other_does, few(), async |app| {
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let first = acme.scim.get(USERS).await.expect(200);
    assert_eq!((number(&first, "ratelimit-limit"), number(&first, "ratelimit-remaining")), (5, 4));
    assert_eq!((number(&first, "ratelimit-reset"), first.header("ratelimit-policy")), (1, Some("5;w=5")));
    let mut last = first;
    for _ in 0..4 {
        last = acme.scim.get(USERS).await.expect(200);
    }
    assert_eq!((number(&last, "ratelimit-remaining"), number(&last, "ratelimit-reset")), (0, 5));
    let waits = acme.scim.get(USERS).await;
    refused(&waits, 429, "");
    assert!(waits["detail"].as_str().unwrap().contains("rate_limited"), "{waits:?}");
    assert_eq!((number(&waits, "retry-after"), number(&waits, "ratelimit-remaining")), (1, 0));
    // Before the body is read, and in discovery too.
    let post = acme.scim.send("POST", "/scim/v2/Users", Some(b"{ not json".to_vec()), &[]).await;
    refused(&post, 429, "");
    refused(&acme.scim.get("/scim/v2/Schemas").await, 429, "");
    // Another directory, another credential of this one, and who has none, wait for nobody.
    assert_eq!(number(&beta.scim.get(USERS).await.expect(200), "ratelimit-remaining"), 4);
    let second = credential(&acme, json!({"name": "second"})).await;
    app.scim(second["token"].as_str().unwrap()).get(USERS).await.expect(200);
    assert!(app.http().get("/scim/v2/Schemas").await.expect(200).header("ratelimit-limit").is_none());
    // What is refused is told with what is left as well, and one second gives one operation.
    app.clock.advance(1);
    let missing = acme.scim.get("/scim/v2/Users/scimu_none").await;
    refused(&missing, 404, "");
    assert_eq!(number(&missing, "ratelimit-remaining"), 0);
    refused(&acme.scim.get(USERS).await, 429, "");
    app.clock.advance(60);
    assert_eq!(number(&acme.scim.get(USERS).await.expect(200), "ratelimit-remaining"), 4);
});

counted_test!(the_tokens_of_a_client_share_its_bucket, few(), async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[]).await;
    let fetch = async || client.fetch(&app, &[("grant_type", "client_credentials")]).await.ok();
    let (one, two) = (fetch().await, fetch().await);
    for _ in 0..5 {
        scim(&app, &one).get(USERS).await.expect(200);
    }
    refused(&scim(&app, &two).get(USERS).await, 429, "");
    boot.scim.get(USERS).await.expect(200);
});

counted_test!(each_operation_of_a_bulk_request_counts, few(), async |app| {
    let boot = app.boot("Acme", None).await;
    let operations: Vec<Json> = (0..9)
        .map(|n| json!({"method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": person(&format!("p{n}"))}))
        .collect();
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let bulk = boot.scim.post("/scim/v2/Bulk", body.clone()).await.expect(200);
    assert_eq!(number(&bulk, "ratelimit-remaining"), 0);
    let waits = boot.scim.get(USERS).await;
    refused(&waits, 429, "");
    assert_eq!(number(&waits, "retry-after"), 5);
    // A bulk request that comes meanwhile is refused before any of it is done.
    refused(&boot.scim.post("/scim/v2/Bulk", body).await, 429, "");
    app.clock.advance(5);
    assert_eq!(boot.scim.get(USERS).await.ok()["totalResults"], 9);
});

counted_test!(
    what_no_index_answers_costs_by_how_much_is_looked_at,
    Options::default().limited().kit(|kit| kit.directory_flow = Flow { rate: 1, burst: 50 }),
    async |app| {
        let boot = app.boot("Acme", None).await;
        people(&app, &boot, 1_000).await;
        let left = async |path: &str| number(&boot.scim.get(path).await.expect(200), "ratelimit-remaining");
        assert_eq!(left(&filtered("/scim/v2/Users", "userName eq \"u7\"")).await, 49);
        // Ten for a thousand people, whether or not anybody is found, and also to put them in an order.
        app.clock.advance(60);
        assert_eq!(left(&filtered("/scim/v2/Users", "title co \"x\"")).await, 39);
        app.clock.advance(60);
        assert_eq!(left("/scim/v2/Users?sortBy=title&count=1").await, 39);
        // Where a column narrows it down, little is looked at.
        app.clock.advance(60);
        assert_eq!(left(&filtered("/scim/v2/Users", "userName eq \"u7\" and title co \"x\"")).await, 49);
        // It is done, and owed: the next request waits for that.
        app.clock.advance(60);
        for _ in 0..5 {
            boot.scim.get("/scim/v2/Users?sortBy=title&count=1").await;
        }
        let waits = boot.scim.get(USERS).await;
        refused(&waits, 429, "");
        assert!((1..=10).contains(&number(&waits, "retry-after")), "{waits:?}");
    }
);

db_test!(replicas_share_the_buckets_where_there_is_a_redis, few().with_redis(), async |app| {
    let boot = app.boot("Acme", None).await;
    let there = Another::limited(&app, FEW).await;
    let other = there.http().bearer(&boot.scim_token).media("application/scim+json");
    for _ in 0..2 {
        boot.scim.get(USERS).await.expect(200);
        other.get(USERS).await.expect(200);
    }
    assert_eq!(number(&boot.scim.get(USERS).await.expect(200), "ratelimit-remaining"), 0);
    refused(&other.get(USERS).await, 429, "");
    refused(&boot.scim.get(USERS).await, 429, "");
    let redis = app.redis().expect("this test has one");
    assert!(redis.keys().await.iter().any(|(key, kept)| key.starts_with("b:") && *kept > 0));
    // Without it each has its own, from the full.
    redis.cut();
    for client in [&boot.scim, &other] {
        let answer = client.get(USERS).await.expect(200);
        assert_eq!(number(&answer, "ratelimit-remaining"), 4);
    }
    there.stop().await;
});

db_test!(who_scans_waits_for_nobody_but_themselves, async |app| {
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let ann = make(&acme.scim, "ann").await;
    people(&app, &acme, 600).await;
    let scan = filtered("/scim/v2/Users", "title co \"x\"");
    let (turns, name) = (app.core.db().turns(), acme.directory_id.as_str());
    let turn = turns.take(name).await.expect("nobody else scans");
    let waiting: Vec<_> = (0..WAITING)
        .map(|_| {
            let (scim, scan) = (acme.scim.clone(), scan.clone());
            actix_web::rt::spawn(async move { scim.get(&scan).await.status })
        })
        .collect();
    while turns.taken(name) <= WAITING {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The line is full, and goes nowhere: one more is sent away, everybody else is answered.
    let away = acme.scim.get(&scan).await;
    refused(&away, 429, "");
    assert_eq!(number(&away, "retry-after"), 5);
    beta.scim.get(&scan).await.expect(200);
    beta.scim.post("/scim/v2/Users", person("bob")).await.expect(201);
    acme.scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(200);
    acme.scim.get(&filtered("/scim/v2/Users", "userName eq \"ann@acme.example\"")).await.expect(200);
    acme.scim.get("/scim/v2/Groups").await.expect(200);
    // Little is looked at where a column narrows it down.
    let few = filtered("/scim/v2/Users", &format!("id eq \"{ann}\" and manager eq \"x\""));
    acme.scim.get(&few).await.expect(200);
    drop(turn);
    for task in waiting {
        assert_eq!(task.await.expect("a status"), 200);
    }
    acme.scim.get(&scan).await.expect(200);
});

db_test!(
    with_limits_switched_off_nothing_is_counted,
    Options::default().kit(|kit| kit.directory_flow = Flow { rate: 1, burst: 1 }),
    async |app| {
        let boot = app.boot("Acme", None).await;
        for _ in 0..10 {
            assert!(boot.scim.get(USERS).await.expect(200).header("ratelimit-limit").is_none());
        }
    }
);
