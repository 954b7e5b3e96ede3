//! Pages on another site: codes, the sessions that they are exchanged for, and calls from over there.

use auth_core::clock::Clock as _;
use auth_core::outbox::EventKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::*;

const APP: &str = "https://app.example";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of that verifier (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn trusting() -> Options {
    Options::default().kit(|kit| {
        kit.trusted_origins = vec![APP.into(), "https://other.example".into(), "https://*.wild.example".into()];
    })
}

fn wanted() -> Json {
    json!({ "client_origin": APP, "redirect_uri": format!("{APP}/signed-in"), "code_challenge": CHALLENGE })
}

async fn code(client: &Client) -> String {
    let answer = client.post("/api/auth/portico/authorize", wanted()).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer["code"].as_str().expect("a code").to_owned()
}

/// A page of the other site: no cookies of ours, and its own origin.
fn page(app: &App) -> Client {
    app.http().with("origin", APP)
}

async fn exchange(page: &Client, code: &str, verifier: &str) -> Answer {
    page.post("/api/auth/portico/token", json!({ "code": code, "code_verifier": verifier })).await
}

db_test!(a_page_elsewhere_gets_a_session_of_its_own, trusting(), async |app| {
    let boot = app.boot("Acme", None).await;
    let before = app.count("SELECT COUNT(*) FROM sessions").await;
    let code = code(&boot.admin).await;
    let opened = exchange(&page(&app), &code, VERIFIER).await.expect(200);
    assert!(opened.set_cookies().is_empty(), "{opened:?}");
    assert_eq!(opened.header("access-control-allow-origin"), Some(APP));
    assert_eq!(opened["user"]["email"], json!(boot.email));
    let week = app.clock.now().millis() + 7 * 86_400_000;
    assert!(opened["expires_at"].as_i64().is_some_and(|at| (week - 60_000..=week).contains(&at)), "{opened:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, before + 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE method = 'handover'").await, 1);
    let created = app.events_of(EventKind::SessionCreated).await;
    assert_eq!(created.last().map(|event| event.payload["method"].clone()), Some(json!("handover")));
    // The code is stored hashed.
    let hashed = "SELECT COUNT(*) FROM handover_codes WHERE LENGTH(code_hash) = 64";
    assert_eq!(app.count(hashed).await, 1);

    // It works from over there, without any cookie, in both dialects.
    let there = page(&app).bearer(opened["token"].as_str().unwrap());
    let session = there.get("/api/auth/get-session").await.expect(200);
    assert_eq!(session["user"]["email"], json!(boot.email));
    assert_eq!(session.header("access-control-allow-origin"), Some(APP));
    let renamed = there.post("/api/auth/update-user", json!({ "name": "From afar" })).await.expect(200);
    assert_eq!(renamed.header("access-control-allow-origin"), Some(APP));
    let listed = there.get("/v1/organizations").await.expect(200);
    assert_eq!(listed.header("access-control-allow-origin"), Some(APP));
    assert_eq!(listed.header("access-control-allow-credentials"), None);
    there.post("/v1/organizations", json!({ "name": "From afar" })).await.created();
    // Its own: it ends without the other, and the other without it.
    there.post("/api/auth/sign-out", json!({})).await.expect(200);
    there.get("/v1/organizations").await.expect(401);
    assert_eq!(boot.admin.get("/api/auth/get-session").await.ok()["user"]["email"], json!(boot.email));
});

db_test!(browsers_are_told_who_may_call, trusting(), async |app| {
    let ask = async |origin: &str, path: &str, method: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        app.http().send("OPTIONS", path, None, &headers).await
    };
    for path in ["/api/auth/portico/token", "/api/auth/get-session", "/v1/organizations", "/v1/users/user_1"] {
        for origin in [APP, "https://a.wild.example"] {
            let asked = ask(origin, path, "PATCH").await.expect(204);
            assert_eq!(asked.header("access-control-allow-origin"), Some(origin), "{path}");
            let allowed = asked.header("access-control-allow-headers").unwrap_or_default();
            assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{path}: {allowed}");
            assert!(asked.header("access-control-allow-methods").unwrap_or_default().contains("PATCH"), "{path}");
            assert!(asked.header("vary").unwrap_or_default().contains("origin"), "{path}");
        }
        for origin in ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"] {
            let asked = ask(origin, path, "GET").await;
            assert_eq!(asked.header("access-control-allow-origin"), None, "{origin} {path}: {asked:?}");
            let seen = app.http().with("origin", origin).get(path).await;
            assert_eq!(seen.header("access-control-allow-origin"), None, "{origin} {path}: {seen:?}");
        }
        let seen = app.http().with("origin", APP).get(path).await;
        assert_ne!(seen.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    // What /v1 refuses can be read over there, too.
    let refused = page(&app).get("/v1/organizations").await.expect(401);
    assert_eq!(
        (refused.header("access-control-allow-origin"), &refused["code"]),
        (Some(APP), &json!("unauthenticated"))
    );
});

db_test!(a_stolen_code_is_worth_nothing, trusting(), async |app| {
    let ann = app.signed_up("ann").await;
    let code = code(&ann).await;
    let other = "A".repeat(43);
    // Without the verifier, with another, from another page, from none, or sent elsewhere.
    exchange(&page(&app), &code, &other).await.refused(400, "INVALID_CODE");
    exchange(&page(&app), &code, "short").await.refused(400, "INVALID_CODE");
    exchange(&page(&app), &code, CHALLENGE).await.refused(400, "INVALID_CODE");
    page(&app).post("/api/auth/portico/token", json!({ "code": code })).await.refused(400, "VALIDATION_ERROR");
    let elsewhere = app.http().with("origin", "https://other.example");
    exchange(&elsewhere, &code, VERIFIER).await.refused(400, "INVALID_CODE");
    for origin in ["", "null", "https://evil.example", "https://app.example/"] {
        exchange(&app.http().with("origin", origin), &code, VERIFIER).await.refused(403, "INVALID_CLIENT_ORIGIN");
    }
    let sent = json!({ "code": code, "code_verifier": VERIFIER, "redirect_uri": format!("{APP}/other") });
    page(&app).post("/api/auth/portico/token", sent).await.refused(400, "INVALID_CODE");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1);
    // None of that has spoiled it for its owner.
    let sent = json!({ "code": code, "code_verifier": VERIFIER, "redirect_uri": format!("{APP}/signed-in") });
    page(&app).post("/api/auth/portico/token", sent).await.ok();
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 2);
    // A code that nobody made, and texts that are none.
    for odd in ["x", "", &"B".repeat(43), &"B".repeat(4000)] {
        exchange(&page(&app), odd, VERIFIER).await.refused(400, "INVALID_CODE");
    }
});

db_test!(a_code_that_comes_twice_ends_what_it_opened, trusting(), async |app| {
    let ann = app.signed_up("ann").await;
    let used = code(&ann).await;
    let token = exchange(&page(&app), &used, VERIFIER).await.ok()["token"].as_str().unwrap().to_owned();
    let there = page(&app).bearer(&token);
    assert!(there.get("/api/auth/get-session").await.ok().is_object());
    exchange(&page(&app), &used, VERIFIER).await.refused(400, "INVALID_CODE");
    assert!(there.get("/api/auth/get-session").await.ok().is_null(), "the session stands");
    assert_eq!(app.events_of(EventKind::SessionRevoked).await.len(), 1);
    assert!(ann.get("/api/auth/get-session").await.ok().is_object(), "her own session is another");
    // Of many at once, at most one is answered, and what it opened does not outlive the others.
    let (raced, app_ref) = (code(&ann).await, &app);
    let tries = (0..8).map(async |_| exchange(&page(app_ref), &raced, VERIFIER).await.status);
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 400)), "{statuses:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE method = 'handover'").await, 0);
});

db_test!(a_code_ends_with_its_minute_and_with_its_session, trusting(), async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let late = code(&ann).await;
    app.clock.advance(61);
    exchange(&page(&app), &late, VERIFIER).await.refused(400, "INVALID_CODE");
    // Signed out meanwhile.
    let again = app.signed_in("ann@example.com").await;
    let left = code(&again).await;
    again.post("/api/auth/sign-out", json!({})).await.expect(200);
    exchange(&page(&app), &left, VERIFIER).await.refused(400, "INVALID_CODE");
    // Banned meanwhile: by the one function that opens sessions, or by the sessions that it ended.
    let banned = code(&ann).await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    boot.key.post(&format!("/v1/users/{id}/ban"), json!({})).await.ok();
    let refused = exchange(&page(&app), &banned, VERIFIER).await;
    assert!(matches!(refused.status, 400 | 401 | 403), "{refused:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE method = 'handover'").await, 0);
    // An admin who acts as somebody takes that nowhere.
    let bob = app.signed_up("bob").await;
    let id = bob.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let admin = boot.admin.clone();
    admin.post("/api/auth/admin/impersonate-user", json!({ "userId": id })).await.expect(200);
    assert_eq!(admin.get("/api/auth/get-session").await.ok()["user"]["id"], id);
    admin.post("/api/auth/portico/authorize", wanted()).await.refused(403, "IMPERSONATED_SESSION");
});

db_test!(codes_are_made_for_trusted_pages_alone, trusting(), async |app| {
    let ann = app.signed_up("ann").await;
    let ask = async |change: Json| {
        let mut body = wanted();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        ann.post("/api/auth/portico/authorize", body).await
    };
    for origin in [
        "https://evil.example",
        "https://app.example/",
        "null",
        "",
        "*",
        "https://APP.example",
        "https://app.example:443",
    ] {
        ask(json!({ "client_origin": origin, "redirect_uri": "" })).await.refused(403, "INVALID_CLIENT_ORIGIN");
    }
    for redirect in [
        "https://evil.example/",
        "/path",
        "https://app.example/#x",
        "https://app.example@evil.example/",
        "https://other.example/",
    ] {
        ask(json!({ "redirect_uri": redirect })).await.refused(400, "INVALID_REDIRECT_URI");
    }
    let short = URL_SAFE_NO_PAD.encode([0; 31]);
    for challenge in ["", "x", VERIFIER.trim_end_matches('k'), short.as_str(), &"=".repeat(43)] {
        ask(json!({ "code_challenge": challenge })).await.refused(400, "INVALID_CODE_CHALLENGE");
    }
    ask(json!({ "code_challenge_method": "plain" })).await.refused(400, "INVALID_CODE_CHALLENGE");
    ask(json!({ "client_origin": 7 })).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(app.count("SELECT COUNT(*) FROM handover_codes").await, 0);
    ask(json!({ "code_challenge_method": "S256", "redirect_uri": "" })).await.expect(200);
    ask(json!({ "client_origin": "https://a.wild.example", "redirect_uri": "https://a.wild.example/x" }))
        .await
        .expect(200);
    // Nobody without a session, and nobody with a cookie from a foreign page.
    app.http().post("/api/auth/portico/authorize", wanted()).await.refused(401, "UNAUTHORIZED");
    let forged = ann.clone().with("origin", "https://evil.example");
    forged.post("/api/auth/portico/authorize", wanted()).await.refused(403, "INVALID_ORIGIN");
});
