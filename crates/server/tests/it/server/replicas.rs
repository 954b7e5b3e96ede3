//! Three processes on one PostgreSQL: what one of them ended is refused by the next request to each.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::*;

/// A process beside the first, with the same environment.
struct Replica {
    base: String,
    child: Child,
}

impl Replica {
    async fn start(binary: &Binary) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
        let base = format!("http://127.0.0.1:{port}");
        let mut command = binary.command(&["serve"]);
        command.env("PORTICO__SERVER__LISTEN", format!("127.0.0.1:{port}"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut this = Self { base, child };
        let end = Instant::now() + Duration::from_mins(1);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        while !http.get(format!("{}/readyz", this.base)).send().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(this.child.try_wait().expect("its state").is_none(), "a replica ended");
            assert!(Instant::now() < end, "a replica is not ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        this
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn person(name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"),
        "active": true, "name": { "givenName": name, "familyName": "Ex" },
        "emails": [{ "value": format!("{name}@acme.example"), "type": "work", "primary": true }],
    })
}

fn active(active: bool) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": active }]
    })
}

/// A provisioned person chooses a password by the mail that proves their mailbox, and signs in: the session's token.
async fn gets_in(binary: &Binary, email: &str) -> String {
    let client = Client::browser(&binary.base);
    client.post("/api/auth/request-password-reset", json!({ "email": email, "redirectTo": "/" })).await.expect(200);
    let token = binary.mailbox.wait(email, r"reset-password/([A-Za-z0-9._~-]+)").await;
    let body = json!({ "token": token, "newPassword": PASSWORD });
    client.post("/api/auth/reset-password", body).await.expect(200);
    let signed_in = client.post("/api/auth/sign-in/email", json!({ "email": email, "password": PASSWORD })).await.ok();
    signed_in["token"].as_str().expect("a token").to_owned()
}

/// Whether a session is one, at each of them at once.
async fn is_in(bases: &[&str], token: &str) -> Vec<bool> {
    let asked = bases.iter().map(|base| {
        let client = Client::program(base).bearer(token);
        async move { client.get("/api/auth/get-session").await.ok()["user"].is_object() }
    });
    futures_util::future::join_all(asked).await
}

/// What each of them answers to a program's GET, asked at once.
async fn statuses(bases: &[&str], token: &str, path: &str) -> Vec<u16> {
    let asked = bases.iter().map(|base| {
        let client = Client::program(base).bearer(token);
        async move { client.get(path).await.status }
    });
    futures_util::future::join_all(asked).await
}

/// A key that the person of a session makes for themselves.
async fn makes_a_key(base: &str, session: &str) -> String {
    let made =
        Client::program(base).bearer(session).post("/api/auth/api-key/create", json!({ "name": "own" })).await.ok();
    made["key"].as_str().expect("a key").to_owned()
}

/// Whether a key is good, as each of them tells a back end, and whether it stands for a session of its owner's there; asked at
/// once.
async fn opens(bases: &[&str], secret_key: &str, key: &str) -> Vec<(bool, bool)> {
    let asked = bases.iter().map(|base| {
        let (server, owner) = (Client::program(base).bearer(secret_key), Client::program(base).with("x-api-key", key));
        async move {
            let (told, entered) = futures_util::future::join(
                server.post("/v1/api-keys/verify", json!({ "key": key })),
                owner.get("/api/auth/get-session"),
            )
            .await;
            (told.ok()["valid"] == true, entered.status == 200)
        }
    });
    futures_util::future::join_all(asked).await
}

async fn story(binary: Binary) {
    let mut binary = binary
        .env("PORTICO__METHODS__API_KEY__ENABLED", "true")
        .env("PORTICO__METHODS__API_KEY__ENABLE_SESSION", "true")
        .env("PORTICO__METHODS__JWT__ENABLED", "true");
    let arguments = ["bootstrap", "--email", "root@other.example", "--password", PASSWORD, "--organization", "Acme"];
    let out = binary.run(&[&arguments[..], &["--domain", "acme.example"]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let boot: Json = serde_json::from_slice(&out.stdout).expect("one JSON object");
    let text = |name: &str| boot[name].as_str().expect("a text").to_owned();
    let (token, key, organization) = (text("scim_token"), text("secret_key"), text("organization_id"));
    binary.serve().await;
    let others = [Replica::start(&binary).await, Replica::start(&binary).await];
    let bases = [binary.base.as_str(), &others[0].base, &others[1].base];
    let scim = |at: usize| Client::program(bases[at]).bearer(&token).media("application/scim+json");

    for (round, name) in ["ann", "bob", "cat", "dan", "eve", "fay"].into_iter().enumerate() {
        let made = scim(0).post("/scim/v2/Users", person(name)).await.created();
        let id = made["id"].as_str().expect("an id");
        let session = gets_in(&binary, &format!("{name}@acme.example")).await;
        let own_key = makes_a_key(bases[(round + 1) % 3], &session).await;
        assert_eq!(is_in(&bases, &session).await, [true; 3], "each of them has seen the session");
        assert_eq!(statuses(&bases, &session, "/api/auth/token").await, [200; 3], "and gives a token for it");
        assert_eq!(opens(&bases, &key, &own_key).await, [(true, true); 3], "each of them has seen the key");
        // Each of them ends somebody's access, by deactivation and by deletion.
        let at = round % 3;
        if round < 3 {
            let answer = scim(at).patch(&format!("/scim/v2/Users/{id}"), active(false)).await;
            assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        } else {
            scim(at).delete(&format!("/scim/v2/Users/{id}")).await.expect(204);
        }
        // What is asked first, the session or the key, is each's first request after the answer.
        let ((is_in_now, tokens), opened) = futures_util::future::join(
            futures_util::future::join(is_in(&bases, &session), statuses(&bases, &session, "/api/auth/token")),
            opens(&bases, &key, &own_key),
        )
        .await;
        assert_eq!(is_in_now, [false; 3], "{name}: the first request after the answer");
        assert_eq!(tokens, [401; 3], "{name}: nobody gets a token any more");
        assert_eq!(opened, [(false, false); 3], "{name}: the key");
        if round < 3 {
            scim((at + 1) % 3).patch(&format!("/scim/v2/Users/{id}"), active(true)).await;
            assert_eq!(is_in(&bases, &session).await, [false; 3], "coming back brings no session back");
            assert_eq!(opens(&bases, &key, &own_key).await, [(false, false); 3], "nor a key");
        }
    }

    let users = "/scim/v2/Users?count=1";
    assert_eq!(statuses(&bases, &token, users).await, [200; 3]);
    let admin = Client::program(bases[1]).bearer(&key);
    let tokens = format!("/v1/organizations/{organization}/scim/tokens");
    let listed = admin.get(&tokens).await.ok();
    let id = listed["data"][0]["id"].as_str().expect("an id");
    admin.post(&format!("{tokens}/{id}/revoke"), json!({})).await.expect(200);
    assert_eq!(statuses(&bases, &token, users).await, [401; 3], "the directory's credential");

    assert_eq!(statuses(&bases, &key, "/v1/secret-keys").await, [200; 3]);
    let keys = admin.get("/v1/secret-keys").await.ok();
    let id = keys["data"][0]["id"].as_str().expect("an id");
    admin.post(&format!("/v1/secret-keys/{id}/revoke"), json!({})).await.expect(200);
    assert_eq!(statuses(&bases, &key, "/v1/secret-keys").await, [401; 3], "a secret key");
    drop(others);
    binary.remove().await;
}

#[test]
fn three_replicas_refuse_the_first_request_after_the_answer() {
    actix_web::rt::System::new().block_on(async {
        if let Some(binary) = Binary::new(Database::Postgres).await {
            story(binary).await;
        }
    });
}
