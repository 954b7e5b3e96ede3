//! The real binary, ended in every way: nothing that was answered is lost, nothing is half done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::{Ctx, db};

use crate::support::*;

/// What bootstrap printed.
fn boot(binary: &Binary) -> Json {
    let arguments = ["bootstrap", "--email", "root@acme.example", "--password", PASSWORD, "--organization", "Acme"];
    let out = binary.run(&[&arguments[..], &["--domain", "acme.example"]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("one JSON object")
}

fn person(name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@acme.example"), "externalId": name, "active": true,
        "name": { "givenName": name, "familyName": "Ex" },
        "emails": [{ "value": format!("{name}@acme.example"), "type": "work", "primary": true }],
    })
}

/// Several clients provision people one after the other until the server is gone; who was answered.
fn provision(
    binary: &Binary,
    token: &str,
    answered: &Arc<AtomicUsize>,
) -> Vec<actix_web::rt::task::JoinHandle<Vec<String>>> {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    (0..4)
        .map(|client| {
            let (http, token, answered) = (http.clone(), token.to_owned(), Arc::clone(answered));
            let url = format!("{}/scim/v2/Users", binary.base);
            actix_web::rt::spawn(async move {
                let mut names = Vec::new();
                for n in 0.. {
                    let name = format!("c{client}n{n}");
                    let request = http.post(&url).bearer_auth(&token).header("content-type", "application/scim+json");
                    let Ok(answer) = request.body(person(&name).to_string()).send().await else { break };
                    assert_eq!(answer.status(), 201);
                    if answer.bytes().await.is_err() {
                        break;
                    }
                    answered.fetch_add(1, Ordering::SeqCst);
                    names.push(name);
                }
                names
            })
        })
        .collect()
}

async fn killed(database: Database) {
    let Some(mut binary) = Binary::new(database).await else { return };
    let boot = boot(&binary);
    let token = boot["scim_token"].as_str().expect("a token").to_owned();
    let mut known = BTreeSet::new();
    for round in 0..3 {
        binary.serve().await;
        let answered = Arc::new(AtomicUsize::new(0));
        let clients = provision(&binary, &token, &answered);
        while answered.load(Ordering::SeqCst) < 20 {
            assert!(clients.iter().any(|client| !client.is_finished()), "{}", binary.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        binary.kill();
        for client in clients {
            known.extend(client.await.expect("the client ends").into_iter().map(|name| (round, name)));
        }
        // The same names come again in the next round: only the first may have made them.
        binary.serve().await;
        let scim = Client::program(&binary.base).bearer(&token).media("application/scim+json");
        for (_, name) in &known {
            let found =
                scim.get(&format!("/scim/v2/Users?filter=userName%20eq%20%22{name}@acme.example%22")).await.ok();
            assert_eq!(found["totalResults"], 1, "{name} was answered and is gone");
            let id = found["Resources"][0]["id"].as_str().expect("an id").to_owned();
            scim.delete(&format!("/scim/v2/Users/{id}")).await.expect(204);
        }
        let left = scim.get("/scim/v2/Users?count=200").await.ok();
        for resource in left["Resources"].as_array().expect("resources") {
            let id = resource["id"].as_str().expect("an id");
            scim.delete(&format!("/scim/v2/Users/{id}")).await.expect(204);
        }
        known.clear();
        binary.kill();
        whole(&binary).await;
    }
    binary.remove().await;
}

/// The database of an instance that has ended.
async fn opened(binary: &Binary) -> auth_core::AuthCore {
    let settings = auth_core::Settings::new("http://localhost", auth_core::secret::InstanceSecret::new("x"));
    server::compose::builder(db::connect(&binary.database_url()).await.expect("the database"), settings).build()
}

/// Rows that only make sense together are there together.
async fn whole(binary: &Binary) {
    let core = opened(binary).await;
    for half in [
        "SELECT COUNT(*) FROM directory_users d WHERE d.user_id IS NULL",
        "SELECT COUNT(*) FROM directory_users d WHERE NOT EXISTS (SELECT 1 FROM directory_user_emails e WHERE e.directory_user_id = d.id)",
        "SELECT COUNT(*) FROM directory_users d WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = d.user_id)",
        "SELECT COUNT(*) FROM members m WHERE NOT EXISTS (SELECT 1 FROM member_grants g WHERE g.member_id = m.id)",
        "SELECT COUNT(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.kind = 'user.created' AND e.subject = u.id)",
    ] {
        let count: i64 = core
            .read(&Ctx::system("test"), async |rx| db::one(rx, half, []).await?.expect("a row").get(0))
            .await
            .expect("an answer");
        assert_eq!(count, 0, "{half}");
    }
    core.db().close().await.expect("closed");
}

#[test]
fn killed_during_writes_nothing_answered_is_lost_on_sqlite() {
    actix_web::rt::System::new().block_on(killed(Database::Sqlite));
}

#[test]
fn killed_during_writes_nothing_answered_is_lost_on_postgres() {
    actix_web::rt::System::new().block_on(killed(Database::Postgres));
}

/// Told to end while clients are busy, every request that was sent on an open connection is answered.
async fn ended(database: Database, signal: &str) {
    let Some(mut binary) = Binary::new(database).await else { return };
    binary.serve().await;
    let clients: Vec<_> = (0..6)
        .map(|client| {
            let url = format!("{}/api/auth/sign-up/email", binary.base);
            // One connection each, which is open before the signal.
            let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build().expect("a client");
            actix_web::rt::spawn(async move {
                for n in 0.. {
                    let email = format!("c{client}n{n}@example.com");
                    let body = json!({ "name": "Somebody", "email": email, "password": PASSWORD });
                    let request = http.post(&url).header("content-type", "application/json").body(body.to_string());
                    let answer = request.send().await.unwrap_or_else(|error| panic!("request {n} was lost: {error:?}"));
                    assert_eq!(answer.status(), 200);
                    if answer.headers().get("connection").is_some_and(|value| value == "close") {
                        return n;
                    }
                }
                unreachable!("the server ends")
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    binary.signal(signal);
    for client in clients {
        assert!(client.await.expect("no request is lost") > 0, "the client got an answer before the signal");
    }
    assert_eq!(binary.wait(), Some(0), "{}", binary.log());
    binary.remove().await;
}

#[test]
fn told_to_end_it_answers_what_it_accepted_on_sqlite() {
    actix_web::rt::System::new().block_on(ended(Database::Sqlite, "-TERM"));
}

#[test]
fn told_to_end_it_answers_what_it_accepted_on_postgres() {
    actix_web::rt::System::new().block_on(ended(Database::Postgres, "-INT"));
}

/// Told to end right after an answer, it writes into the request log what it answered.
async fn logged(database: Database) {
    let Some(mut binary) = Binary::new(database).await else { return };
    let boot = boot(&binary);
    let scim = binary.serve().await.bearer(boot["scim_token"].as_str().expect("a token"));
    let scim = scim.media("application/scim+json");
    for n in 0..12 {
        scim.post("/scim/v2/Users", person(&format!("p{n}"))).await.created();
    }
    assert_eq!(binary.stop(), Some(0), "{}", binary.log());
    let core = opened(&binary).await;
    let count = "SELECT (SELECT COUNT(*) FROM directory_requests)
        + (SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM directory_request_segments)";
    let recorded = core
        .read(&Ctx::system("test"), async |rx| db::one(rx, count, []).await?.expect("a row").get::<i64>(0))
        .await
        .expect("an answer");
    assert_eq!(recorded, 12);
    core.db().close().await.expect("closed");
    binary.remove().await;
}

#[test]
fn told_to_end_it_logs_what_it_answered_on_sqlite() {
    actix_web::rt::System::new().block_on(logged(Database::Sqlite));
}

#[test]
fn told_to_end_it_logs_what_it_answered_on_postgres() {
    actix_web::rt::System::new().block_on(logged(Database::Postgres));
}

#[test]
fn an_idle_connection_does_not_hold_the_end_up() {
    actix_web::rt::System::new().block_on(async {
        let mut binary = Binary::new(Database::Sqlite).await.expect("SQLite is there");
        let client = binary.serve().await;
        client.get("/healthz").await.expect(200);
        let begun = std::time::Instant::now();
        assert_eq!(binary.stop(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    });
}
