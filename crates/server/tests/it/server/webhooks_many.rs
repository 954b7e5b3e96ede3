//! Webhooks at size and in trouble: many endpoints of which one is dead, several replicas, a process that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth_core::features::webhooks::{self, Courier, Kinds, New, Outcome, Parcel, SCHEDULE, Sender, Sending};
use auth_core::ids::{DirectoryUserId, Id as _, OrgId};
use auth_core::outbox::{Event, EventKind};
use auth_core::{AuthCore, Ctx};
use server::outbound::Outbound;
use tokio::sync::{Notify, Semaphore};

use super::webhooks::{deliver, endpoint, until as until_delivered};
use crate::support::*;

/// An organization with an endpoint of its own.
async fn organization(app: &App, boot: &Boot, number: usize, url: String) -> OrgId {
    let made = boot.key.post("/v1/organizations", json!({"name": format!("Org {number}")})).await.created();
    let id = OrgId::from_text(made["id"].as_str().expect("an id").to_owned());
    let only = Kinds::of(vec![EventKind::DirectoryUserUpdated]);
    let new = New { url, kinds: only, enabled: true };
    let made =
        app.core.write(&Ctx::system("test"), async |tx| webhooks::create(tx, Some(&id), new.clone()).await).await;
    made.expect("the endpoint is made");
    id
}

/// So many events of each organization, ten subjects of each, in as many transactions as there are organizations.
async fn happen(core: &AuthCore, organizations: &[OrgId], many: usize) {
    let ctx = Ctx::system("test");
    for organization in organizations {
        let written = core.write(&ctx, async |tx| {
            for number in 0..many {
                let subject = DirectoryUserId::from_text(format!("{}-{}", organization.as_str(), number % 10));
                let payload = json!({"v": 1, "number": number});
                tx.record(Event::new(EventKind::DirectoryUserUpdated, &subject, payload).within(Some(organization)));
            }
            Ok::<_, auth_core::Error>(())
        });
        written.await.expect("events are recorded");
    }
}

/// A courier for whom what goes to `/dead` is under way until the test lets it go.
struct Held {
    outbound: Outbound,
    gate: Semaphore,
    /// How many messages to `/dead` have set out, and how many others.
    dead: AtomicUsize,
    live: AtomicUsize,
}

impl Held {
    fn new() -> Arc<Self> {
        let reach = api_kit::Reach { private: vec!["127.0.0.0/8".parse().expect("a range")], http: true };
        let outbound = Outbound::new(reach).expect("a client");
        Arc::new(Self { outbound, gate: Semaphore::new(0), dead: AtomicUsize::new(0), live: AtomicUsize::new(0) })
    }
}

impl Sender for Held {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        if parcel.url.contains("/dead") {
            self.dead.fetch_add(1, Ordering::SeqCst);
            return Box::pin(async {
                drop(self.gate.acquire().await);
                Outcome { error: Some("no answer".to_owned()), ..Outcome::default() }
            });
        }
        self.live.fetch_add(1, Ordering::SeqCst);
        self.outbound.send(parcel)
    }
}

/// Delivers beside the test, until its task is awaited.
fn delivering(core: &AuthCore, sender: &Arc<Held>) -> tokio::task::JoinHandle<usize> {
    let courier = Courier { sender: Arc::clone(sender) as Arc<dyn Sender>, render: admin_api::webhook_body };
    let core = core.clone();
    actix_web::rt::spawn(async move {
        webhooks::deliver_due(&core, &courier, &Notify::new(), || false).await.expect("they are sent")
    })
}

/// Waits for what another task does. It gives up long after everything is over.
async fn until(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not come to that");
}

db_test!(one_dead_endpoint_delays_none_of_the_others, Options::default().idle(), async |app| {
    const LIVE: usize = 99;
    const EACH: usize = 100;
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let mut organizations = vec![organization(&app, &boot, 0, "http://127.0.0.1:9/dead".to_owned()).await];
    for number in 1..=LIVE {
        organizations.push(organization(&app, &boot, number, format!("{}/{number}", receiver.base)).await);
    }
    happen(&app.core, &organizations, EACH).await;
    app.events().await;
    webhooks::fan_out(&app.core).await.expect("deliveries are made");
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_deliveries").await, i64::try_from((LIVE + 1) * EACH).unwrap());
    let sender = Held::new();
    let delivery = delivering(&app.core, &sender);
    let succeeded = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'succeeded'";
    let all = i64::try_from(LIVE * EACH).unwrap();
    until(async || app.count(succeeded).await == all).await;
    // All the while the first messages to the dead one, a subject each, were under way; none of them is over.
    assert_eq!(sender.dead.load(Ordering::SeqCst), 8);
    let tried = "SELECT COUNT(*) FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
         WHERE e.url LIKE '%/dead' AND d.attempt > 0";
    assert_eq!(app.count(tried).await, 0);
    let got = receiver.got();
    assert_eq!(got.len(), LIVE * EACH, "each came once");
    let mut subjects: BTreeMap<(String, u64), Vec<u64>> = BTreeMap::new();
    for message in &got {
        let number = message.json["data"]["number"].as_u64().unwrap();
        subjects.entry((message.path.clone(), number % 10)).or_default().push(number);
    }
    assert_eq!(subjects.len(), LIVE * 10);
    assert!(subjects.values().all(|numbers| numbers.is_sorted() && numbers.len() == EACH / 10), "out of order");
    sender.gate.close();
    delivery.await.expect("it ends");
    assert!(app.count(tried).await > 0);
});

db_test!(who_failed_once_waits_for_nobody_dead, Options::default().idle(), async |app| {
    const DEAD: usize = 24;
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let mut organizations = Vec::new();
    for number in 0..DEAD {
        organizations.push(organization(&app, &boot, number, format!("http://127.0.0.1:9/dead/{number}")).await);
    }
    organizations.push(organization(&app, &boot, DEAD, format!("{}/live", receiver.base)).await);
    happen(&app.core, &organizations, 1).await;
    app.events().await;
    webhooks::fan_out(&app.core).await.expect("deliveries are made");
    let failed = "UPDATE webhook_endpoints SET failures = CASE WHEN url LIKE '%/dead/%' THEN 9 ELSE 1 END";
    let failing = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, failed, []).await;
    app.core.write(&Ctx::system("test"), failing).await.expect("they have failed before");
    let sender = Held::new();
    let delivery = delivering(&app.core, &sender);
    until(async || receiver.count() == 1).await;
    // The dead ones share their places, and hold all of them.
    until(async || sender.dead.load(Ordering::SeqCst) == 16).await;
    assert_eq!(sender.live.load(Ordering::SeqCst), 1);
    sender.gate.close();
    delivery.await.expect("it ends");
    assert_eq!(sender.dead.load(Ordering::SeqCst), DEAD, "each had its turn");
});

/// A courier that counts what it was given. It holds the first until another one has been given something too: whoever comes
/// first must leave something to the others.
struct Counted {
    outbound: Outbound,
    count: AtomicUsize,
    /// How many couriers have been given something.
    at_work: Arc<AtomicUsize>,
}

impl Sender for Counted {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            if self.count.fetch_add(1, Ordering::SeqCst) == 0 {
                self.at_work.fetch_add(1, Ordering::SeqCst);
                until(async || self.at_work.load(Ordering::SeqCst) > 1).await;
            }
            self.outbound.send(parcel).await
        })
    }
}

db_test!(several_replicas_share_the_work_and_send_nothing_twice, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    let mut organizations = Vec::new();
    for number in 0..20 {
        organizations.push(organization(&app, &boot, number, format!("{}/{number}", receiver.base)).await);
    }
    let happening = async {
        for _ in 0..25 {
            happen(&app.core, &organizations, 2).await;
        }
    };
    let (begun, at_work) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let replica = async || {
        let reach = api_kit::Reach { private: vec!["127.0.0.0/8".parse().expect("a range")], http: true };
        let outbound = Outbound::new(reach).expect("a client");
        let sender = Arc::new(Counted { outbound, count: AtomicUsize::new(0), at_work: Arc::clone(&at_work) });
        let courier = Courier { sender: Arc::clone(&sender) as Arc<dyn Sender>, render: admin_api::webhook_body };
        while receiver.count() < 1_000 {
            assert!(begun.elapsed() < Duration::from_mins(2), "{} of 1000", receiver.count());
            app.core.publish_events().await.expect("events are published");
            webhooks::fan_out(&app.core).await.expect("deliveries are made");
            webhooks::deliver_due(&app.core, &courier, &Notify::new(), || false).await.expect("they are sent");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sender.count.load(Ordering::SeqCst)
    };
    let sent = tokio::join!(replica(), replica(), replica(), happening);
    let got = receiver.got();
    assert_eq!(app.count("SELECT COUNT(*) FROM webhook_deliveries").await, 1_000, "each event was looked at once");
    let once: BTreeSet<(&str, &str)> = got.iter().map(|got| (got.path.as_str(), got.id())).collect();
    assert_eq!((once.len(), got.len()), (1_000, 1_000), "something was sent twice");
    assert_eq!(sent.0 + sent.1 + sent.2, 1_000);
    assert!(at_work.load(Ordering::SeqCst) > 1, "the work was not shared: {sent:?}");
});

async fn killed(database: Database) {
    let Some(binary) = Binary::new(database).await else { return };
    let mut binary =
        binary.env("PORTICO__OUTBOUND__ALLOW_PRIVATE", "127.0.0.0/8").env("PORTICO__OUTBOUND__ALLOW_HTTP", "true");
    let arguments = ["bootstrap", "--email", "root@acme.example", "--password", PASSWORD, "--organization", "Acme"];
    let out = binary.run(&arguments);
    let boot: Json = serde_json::from_slice(&out.stdout).expect("what bootstrap printed");
    let receiver = Receiver::open();
    // Until it is killed, nothing is accepted.
    receiver.answer(503);
    binary.serve().await;
    let key = Client::program(&binary.base).bearer(boot["secret_key"].as_str().expect("a key"));
    let body = json!({"url": receiver.base, "enabled_event_types": ["organization.created"]});
    key.post("/v1/webhooks/endpoints", body).await.created();
    let mut committed = BTreeSet::new();
    for number in 0..20 {
        let made = key.post("/v1/organizations", json!({"name": format!("Org {number}")})).await.created();
        committed.insert(made["id"].as_str().expect("an id").to_owned());
    }
    // Right after the last commit: some are sent, some are not, some are not even deliveries.
    binary.kill();
    receiver.answer(200);
    let before = receiver.got().len();
    binary.serve().await;
    let begun = Instant::now();
    loop {
        let told: BTreeSet<String> = receiver.got()[before..]
            .iter()
            .map(|got| got.json["data"]["organization"]["id"].as_str().unwrap_or_default().to_owned())
            .collect();
        if told.is_superset(&committed) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(3), "{} of 20: {}", told.len(), binary.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    binary.remove().await;
}

#[test]
fn killed_between_commit_and_delivery_nothing_is_lost_on_sqlite() {
    actix_web::rt::System::new().block_on(killed(Database::Sqlite));
}

#[test]
fn killed_between_commit_and_delivery_nothing_is_lost_on_postgres() {
    actix_web::rt::System::new().block_on(killed(Database::Postgres));
}

db_test!(what_was_under_way_when_a_worker_died_is_sent_again_when_its_lease_is_over, async |app| {
    let boot = app.boot("Acme", None).await;
    let receiver = Receiver::open();
    endpoint(&boot, &receiver, &["organization.created"]).await;
    // As a worker leaves it that died with the endpoint in its hands.
    let taken = "UPDATE webhook_endpoints SET leased_until = $1";
    let lease = auth_core::clock::Clock::now(&*app.clock).plus_seconds(60);
    app.core
        .write(&Ctx::system("test"), async |tx| auth_core::db::run(tx, taken, [lease.into()]).await)
        .await
        .expect("the lease is written");
    boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created();
    deliver(&app).await;
    assert!(receiver.got().is_empty(), "somebody else has the endpoint");
    app.clock.advance(61);
    deliver(&app).await;
    receiver.wait(1).await;
});

/// Accepts connections, reads what comes, and says nothing until it is told to. How many connections it has accepted.
fn mute() -> (String, Arc<AtomicBool>, Arc<AtomicUsize>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (speaks, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (told, count) = (Arc::clone(&speaks), Arc::clone(&accepted));
    actix_web::rt::spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let told = Arc::clone(&told);
            // Held until the other side lets go.
            actix_web::rt::spawn(async move {
                let mut heard = [0; 4096];
                while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {
                    if told.load(Ordering::SeqCst) {
                        let said = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                        return said.unwrap_or_default();
                    }
                }
            });
        }
    });
    (url, speaks, accepted)
}

db_test!(
    an_endpoint_that_accepts_and_says_nothing_is_waited_for_no_longer_than_it_may,
    Options::default().idle(),
    async |app| {
        let boot = app.boot("Acme", None).await;
        app.events().await;
        let (url, speaks, accepted) = mute();
        let body = json!({"url": url, "enabled_event_types": ["organization.created"]});
        boot.key.post("/v1/webhooks/endpoints", body).await.created();
        boot.key.post("/v1/organizations", json!({"name": "Later"})).await.created();
        let reach = api_kit::Reach { private: vec!["127.0.0.0/8".parse().expect("a range")], http: true };
        // What waits a quarter of a minute waits a quarter of a second here.
        let outbound = Outbound::with_patience(reach, Duration::from_millis(250)).expect("a client");
        let courier = server::worker::courier(outbound);
        let deliver = async || {
            app.events().await;
            webhooks::fan_out(&app.core).await.expect("deliveries are made");
            webhooks::deliver_due(&app.core, &courier, &Notify::new(), || false).await.expect("what is due is sent")
        };
        assert_eq!(deliver().await, 1);
        let failed = until_delivered(&boot, "", |found| found.len() == 1).await.remove(0);
        assert_eq!((&failed["state"], &failed["attempt"]), (&json!("failed"), &json!(1)));
        assert_eq!((&failed["error"], &failed["response_status"]), (&json!("no answer in time"), &Json::Null));
        assert!(failed["next_retry_at"].as_i64() > failed["attempted_at"].as_i64(), "{failed}");
        assert_eq!(accepted.load(Ordering::SeqCst), 1, "it was reached");
        assert_eq!(deliver().await, 0, "not before it is due");

        // The endpoint is not taken for busy for ever, and what it was not told comes again.
        app.clock.advance(SCHEDULE[0] * 2);
        assert_eq!(deliver().await, 1);
        let again = until_delivered(&boot, "", |found| found.len() == 1).await.remove(0);
        assert_eq!((&again["state"], &again["attempt"], &again["id"]), (&json!("failed"), &json!(2), &failed["id"]));
        speaks.store(true, Ordering::SeqCst);
        app.clock.advance(SCHEDULE[1] * 11 / 10 + 301);
        assert_eq!(deliver().await, 1);
        let taken = until_delivered(&boot, "", |found| found.len() == 1).await.remove(0);
        assert_eq!(
            (&taken["state"], &taken["attempt"], &taken["next_retry_at"]),
            (&json!("succeeded"), &json!(3), &Json::Null)
        );
    }
);
