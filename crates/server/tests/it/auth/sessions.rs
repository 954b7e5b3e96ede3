//! Showing, listing, prolonging and ending sessions.

use super::*;
use crate::support::*;

const GET: &str = "/api/auth/get-session";
const DAY: i64 = 86_400;

db_test!(the_session_is_shown_as_the_real_server_shows_it, async |app| {
    let ann = app.signed_up("ann").await;
    let answer = ann.send("GET", GET, None, &[("user-agent", "test")]).await.expect(200);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(keys(&answer.json), ["session", "user"]);
    let wanted = [
        "activeOrganizationId",
        "activeTeamId",
        "createdAt",
        "expiresAt",
        "id",
        "impersonatedBy",
        "ipAddress",
        "token",
        "updatedAt",
        "userAgent",
        "userId",
    ];
    assert_eq!(keys(&answer["session"]), wanted);
    assert_eq!(answer["session"]["ipAddress"], "127.0.0.1");
    assert_eq!(answer["session"]["userAgent"], "");
    assert_eq!(answer["session"]["activeOrganizationId"], Json::Null);
    assert_eq!(answer["session"]["userId"], answer["user"]["id"]);
    assert!(answer.set_cookies().is_empty());
});

db_test!(without_a_session_the_answer_is_null, async |app| {
    let answer = app.http().get(GET).await.expect(200);
    assert_eq!((answer.text.as_str(), answer.header("cache-control")), ("null", Some("no-store")));
    assert!(answer.set_cookies().is_empty());
    // What we did not sign is nothing at all.
    for cookie in
        ["better-auth.session_token=bogus.sig", "better-auth.session_token=", "x=y", "better-auth.session_token"]
    {
        let answer = app.http().with("cookie", cookie).get(GET).await.expect(200);
        assert_eq!((answer.text.as_str(), answer.set_cookies().len()), ("null", 0), "{cookie}");
    }
});

db_test!(a_token_that_opens_nothing_is_taken_back, async |app| {
    let ann = app.signed_up("ann").await;
    let stale = app.http().with("cookie", &ann.cookie_header());
    ann.post("/api/auth/sign-out", json!({})).await.expect(200);
    for client in [stale, app.http().bearer("x0123456789abcdefghijklmnopqrstu")] {
        let answer = client.get(GET).await.expect(200);
        assert_eq!(answer.text, "null");
        assert_eq!(answer.set_cookies().len(), 3, "{:?}", answer.set_cookies());
        assert!(answer.set_cookies().iter().all(|line| line.contains("=; Max-Age=0; ")));
    }
});

db_test!(a_bearer_token_is_a_session, async |app| {
    let answer = app
        .client()
        .post("/api/auth/sign-up/email", json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD }))
        .await;
    let bare = answer["token"].as_str().unwrap().to_owned();
    let signed = answer.header("set-auth-token").unwrap().to_owned();
    let encoded = signed.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for header in [format!("Bearer {bare}"), format!("bearer {signed}"), format!("BEARER {encoded}")] {
        let client = app.http().with("authorization", &header);
        assert_eq!(client.get(GET).await.ok()["session"]["token"], bare, "{header}");
        // Without cookies there is nothing that a foreign page could abuse.
        client.post("/api/auth/update-user", json!({ "name": "Ann" })).await.expect(200);
    }
    let wrong = format!("{bare}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for header in [
        format!("Bearer {wrong}"),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {bare}"),
        format!("Bearer {bare} x"),
        bare.clone(),
    ] {
        let status = app.http().with("authorization", &header).get("/api/auth/list-sessions").await.status;
        assert_eq!(status, 401, "{header}");
    }
});

db_test!(use_prolongs_a_session_once_a_day, async |app| {
    let ann = app.signed_up("ann").await;
    let expires =
        async || ann.get("/api/auth/get-session?disableRefresh=true").await.ok()["session"]["expiresAt"].clone();
    let first = expires().await;
    app.clock.advance(DAY - 60);
    assert!(ann.get(GET).await.expect(200).set_cookies().is_empty());
    assert_eq!(expires().await, first);
    app.clock.advance(120);
    assert!(ann.get("/api/auth/get-session?disableRefresh=true").await.expect(200).set_cookies().is_empty());
    let answer = ann.get(GET).await.expect(200);
    assert!(answer.set_cookies()[0].contains("; Max-Age=604800; "), "{:?}", answer.set_cookies());
    assert!(answer.header("set-auth-token").is_some());
    assert_ne!(answer["session"]["expiresAt"], first);
    assert!(ann.get(GET).await.expect(200).set_cookies().is_empty());
    app.clock.advance(7 * DAY - 60);
    assert!(is_signed_in(&ann).await);
    app.clock.advance(7 * DAY + 60);
    assert!(!is_signed_in(&ann).await);
});

db_test!(a_session_that_is_not_remembered_ends_after_a_day, async |app| {
    app.signed_up("ann").await;
    let client = app.client();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD, "rememberMe": false });
    client.post("/api/auth/sign-in/email", body).await.expect(200);
    app.clock.advance(DAY - 60);
    assert!(is_signed_in(&client).await);
    app.clock.advance(120);
    assert!(!is_signed_in(&client).await);
});

db_test!(other_sessions_are_listed_by_a_handle_that_opens_nothing, async |app| {
    let ann = app.signed_up("ann").await;
    let other = app.signed_in("ann@example.com").await;
    app.signed_up("bob").await;
    let own = ann.get(GET).await.ok()["session"].clone();
    let list = ann.get("/api/auth/list-sessions").await.ok();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert!(list.contains(&own));
    let foreign = list.iter().find(|session| session["id"] != own["id"]).unwrap();
    assert_eq!(keys(foreign), keys(&own));
    let handle = foreign["token"].as_str().unwrap();
    assert_eq!(foreign["token"], foreign["id"]);
    assert_eq!(app.http().bearer(handle).get(GET).await.ok(), Json::Null);

    let answer = ann.post("/api/auth/revoke-session", json!({ "token": handle })).await.expect(200);
    assert_eq!(answer.json, json!({ "status": true }));
    assert!(answer.set_cookies().is_empty());
    assert!(!is_signed_in(&other).await && is_signed_in(&ann).await);
    app.http().get("/api/auth/list-sessions").await.refused(401, "UNAUTHORIZED");
});

db_test!(nobody_ends_the_sessions_of_others, async |app| {
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let session = bob.get(GET).await.ok()["session"].clone();
    for token in [&session["token"], &session["id"], &json!("unknown"), &json!("")] {
        let answer = ann.post("/api/auth/revoke-session", json!({ "token": token })).await;
        assert_eq!(answer.ok(), json!({ "status": true }));
    }
    assert!(is_signed_in(&bob).await && is_signed_in(&ann).await);
    ann.post("/api/auth/revoke-session", json!({})).await.refused(400, "VALIDATION_ERROR");
});

db_test!(ending_ones_own_session_takes_the_cookies, async |app| {
    let ann = app.signed_up("ann").await;
    let token = ann.get(GET).await.ok()["session"]["token"].clone();
    let answer = ann.post("/api/auth/revoke-session", json!({ "token": token })).await.expect(200);
    assert_eq!(answer.set_cookies().len(), 3);
    assert!(ann.cookie(SESSION).is_none());

    let (here, there) = (app.signed_in("ann@example.com").await, app.signed_in("ann@example.com").await);
    assert_eq!(here.post("/api/auth/revoke-other-sessions", json!({})).await.ok(), json!({ "status": true }));
    assert!(is_signed_in(&here).await && !is_signed_in(&there).await);
    let answer = here.post("/api/auth/revoke-sessions", json!({})).await.expect(200);
    assert_eq!(answer.set_cookies().len(), 3);
    assert!(!is_signed_in(&here).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 0);
});

db_test!(what_asks_for_a_fresh_session_gets_one, async |app| {
    let ann = app.signed_up("ann").await;
    app.clock.advance(DAY + 60);
    ann.get("/api/auth/list-sessions").await.refused(403, "SESSION_NOT_FRESH");
    app.signed_in("ann@example.com").await.get("/api/auth/list-sessions").await.expect(200);
});

db_test!(sessions_have_nothing_to_update, async |app| {
    let ann = app.signed_up("ann").await;
    let answer = ann.post("/api/auth/update-session", json!({ "theme": "dark" })).await.expect(400);
    assert_eq!(answer.json, json!({ "message": "No fields to update" }));
    let body = json!({ "activeOrganizationId": "org_1" });
    ann.post("/api/auth/update-session", body).await.refused(400, "FIELD_NOT_ALLOWED");
    app.client().post("/api/auth/update-session", json!({})).await.refused(401, "UNAUTHORIZED");
    ann.post(GET, json!({})).await.refused(405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");
});

db_test!(where_it_was_opened_is_kept_with_a_session, async |app| {
    app.signed_up("ann").await;
    let client = app.client().with("user-agent", "Agent/1.0 (tëst)");
    client
        .post("/api/auth/sign-in/email", json!({ "email": "ann@example.com", "password": PASSWORD }))
        .await
        .expect(200);
    let session = client.get(GET).await.ok()["session"].clone();
    assert_eq!((&session["userAgent"], &session["ipAddress"]), (&json!("Agent/1.0 (tëst)"), &json!("127.0.0.1")));
});

db_test!(signing_out_while_acting_as_somebody_ends_the_admins_own_session_too, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let own = format!("SELECT COUNT(*) FROM sessions WHERE user_id = '{}'", boot.user_id);
    let own: &'static str = own.leak();
    let elsewhere = app.count(own).await;
    let admin = app.signed_in(&boot.email).await;
    admin.post("/api/auth/admin/impersonate-user", json!({ "userId": id })).await.expect(200);
    assert_eq!(app.count(own).await, elsewhere + 1);
    admin.post("/api/auth/sign-out", json!({})).await.expect(200);
    assert_eq!(app.count(own).await, elsewhere, "nothing is left in the browser that opens anything");
    assert_eq!(admin.get("/api/auth/get-session").await.ok(), Json::Null);
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["id"], id, "hers goes on");
});
