//! What the instance answers outside of the dialects, and what surrounds every answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::*;

db_test!(a_healthy_instance_says_so, async |app| {
    let http = app.http();
    assert_eq!(http.get("/healthz").await.ok(), json!({ "status": "ok" }));
    assert_eq!(http.get("/readyz").await.ok(), json!({ "status": "ready", "database": true, "migrations": true }));
});

db_test!(an_instance_without_its_database_is_not_ready_and_runs, Options::default().broken(), async |app| {
    app.http().get("/readyz").await.expect(200);
    app.core.db().close().await.expect("closed");
    let http = app.http();
    assert_eq!(http.get("/readyz").await.expect(503).json["database"], false);
    http.get("/healthz").await.expect(200);
});

db_test!(what_nobody_serves_is_not_found, async |app| {
    for path in ["/nothing", "/v2", "/openapi/other.json", "/docs/nothing.js", "/api", "/metrics/x"] {
        app.http().get(path).await.expect(404);
    }
    app.http().post("/healthz", json!({})).await.expect(405);
});

db_test!(requests_are_counted_by_pattern, async |app| {
    let http = app.http();
    for id in ["one", "two"] {
        http.get(&format!("/openapi/{id}.json")).await.expect(404);
    }
    http.get("/made-up-by-a-caller").await.expect(404);
    http.send("BREW", "/healthz", None, &[]).await;
    let text = http.get("/metrics").await.expect(200).text;
    let line = r#"portico_http_requests_total{method="GET",route="/openapi/{name}.json",status="404"} 2"#;
    assert!(text.contains(line), "{text}");
    assert!(!text.contains("made-up") && !text.contains("BREW"), "a caller made a label up: {text}");
    assert!(text.contains("portico_http_request_duration_seconds_bucket"), "{text}");
});

db_test!(every_answer_carries_the_requests_id_and_safe_headers, async |app| {
    let http = app.http();
    for path in ["/healthz", "/nothing", "/docs/", "/openapi.json", "/api/auth/ok", "/scim/v2/Users", "/v1/users"] {
        let answer = http.send("GET", path, None, &[("x-request-id", "mine-0123456789")]).await;
        assert_eq!(answer.header("x-request-id"), Some("mine-0123456789"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
    }
    let given = http.get("/healthz").await;
    assert!(given.header("x-request-id").is_some_and(|id| id.len() >= 16), "{given:?}");
});

db_test!(the_documents_are_shown_without_other_hosts, async |app| {
    let http = app.http();
    assert_eq!(http.get("/").await.expect(302).header("location"), Some("/console"));
    assert_eq!(http.get("/docs").await.expect(302).header("location"), Some("/docs/"));
    let page = http.get("/docs/").await.expect(200);
    let csp = page.header("content-security-policy").expect("a policy").to_owned();
    assert!(csp.contains("script-src 'self';") && csp.contains("default-src 'none'"), "{csp}");
    // The policy allows no inline script, so there must be none.
    let scripts = regex::Regex::new(r"<script([^>]*)>").expect("a pattern");
    let source = regex::Regex::new(r#"src="\./([^"]+)""#).expect("a pattern");
    for script in scripts.captures_iter(&page.text) {
        let file =
            &source.captures(&script[1]).unwrap_or_else(|| panic!("an inline or foreign script: {}", &script[0]))[1];
        let file = http.get(&format!("/docs/{file}")).await.expect(200);
        assert!(file.header("content-type").is_some_and(|kind| kind.contains("javascript")), "{file:?}");
    }
    assert!(!page.text.contains("//unpkg") && !page.text.contains("//cdn"), "{}", page.text);
    let starter = http.get("/docs/swagger-initializer.js").await.expect(200).text;
    for document in ["/openapi.json", "/openapi/auth.json", "/openapi/scim.json", "/openapi/admin.json"] {
        assert!(starter.contains(document), "{starter}");
        http.get(document).await.expect(200);
    }
    assert!(starter.contains(r#""validatorUrl": "none""#), "the page would ask a validator elsewhere: {starter}");
});

/// Sends raw bytes and gives what came back until the connection closed.
pub(super) async fn spoken(app: &App, bytes: Vec<u8>) -> (String, Duration) {
    let base = app.base.clone();
    tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(base.trim_start_matches("http://")).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let _ = stream.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
    })
    .await
    .expect("the thread ends")
}

db_test!(headers_without_end_are_refused, async |app| {
    let long =
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {}\r\n\r\n", "x".repeat(40_000));
    let (answer, _) = spoken(&app, long.into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let endless = format!("GET /healthz HTTP/1.1\r\nx-long: {}", "x".repeat(400_000));
    let (answer, _) = spoken(&app, endless.into_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4") || answer.is_empty(), "{answer}");
    app.http().get("/healthz").await.expect(200);
});

db_test!(a_client_that_never_finishes_its_headers_is_let_go, async |app| {
    let (answer, took) = spoken(&app, b"GET /healthz HTTP/1.1\r\nhost: x\r\n".to_vec()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(took < Duration::from_secs(15), "it took {took:?}");
});

db_test!(the_public_keys_are_there_before_anything_is_signed, async |app| {
    let keys = app.http().get("/.well-known/jwks.json").await.ok();
    let [key] = keys["keys"].as_array().expect("keys").as_slice() else { panic!("one key: {keys}") };
    assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert!(key["d"].is_null() && key["kid"].is_string());
    assert_eq!(app.http().get("/.well-known/jwks.json").await.ok(), keys, "the key stays");
});
