//! How often who may ask for what.

use crate::support::*;

const SIGN_IN: &str = "/api/auth/sign-in/email";

fn nobody() -> Json {
    json!({ "email": "nobody@example.com", "password": "wrong password" })
}

db_test!(the_fourth_sign_in_in_ten_seconds_has_to_wait, Options::default().limited(), async |app| {
    for _ in 0..3 {
        app.http().post(SIGN_IN, nobody()).await.expect(401);
    }
    let answer = app.http().post(SIGN_IN, nobody()).await.expect(429);
    assert_eq!(answer.json, json!({ "message": "Too many requests. Please try again later." }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!((answer.header("x-retry-after"), answer.header("retry-after")), (Some("10"), Some("10")));
    // Other endpoints are counted apart, and so is time that passes.
    app.http().get("/api/auth/ok").await.expect(200);
    app.clock.advance(4);
    assert_eq!(app.http().post(SIGN_IN, nobody()).await.expect(429).header("x-retry-after"), Some("6"));
    app.clock.advance(7);
    app.http().post(SIGN_IN, nobody()).await.expect(401);
});

db_test!(a_path_spelled_otherwise_is_no_other_path, Options::default().limited(), async |app| {
    for _ in 0..3 {
        app.http().post(SIGN_IN, nobody()).await.expect(401);
    }
    app.http().post("/api/auth/sign%2Din/email", nobody()).await.expect(429);
    app.http().post("/api/auth/sign-in/email?x=1", nobody()).await.expect(429);
    for odd in
        ["/api/auth//sign-in/email", "//api/auth/sign-in/email", "/api/auth/sign-in/email/", "/api/auth/sign-in//email"]
    {
        app.http().post(odd, nobody()).await.expect(404);
    }
});

db_test!(mailing_is_rarer_still, Options::default().limited(), async |app| {
    for path in ["/api/auth/request-password-reset", "/api/auth/send-verification-email"] {
        let body = json!({ "email": "nobody@example.com" });
        for _ in 0..3 {
            app.http().post(path, body.clone()).await.expect(200);
        }
        app.http().post(path, body.clone()).await.expect(429);
        app.clock.advance(50);
        app.http().post(path, body.clone()).await.expect(429);
        app.clock.advance(11);
        app.http().post(path, body.clone()).await.expect(200);
    }
});

db_test!(everything_else_has_a_hundred, Options::default().limited(), async |app| {
    for _ in 0..100 {
        app.http().get("/api/auth/ok").await.expect(200);
    }
    app.http().get("/api/auth/ok").await.expect(429);
});

db_test!(
    callers_are_told_apart_by_what_trusted_proxies_say,
    Options::default().limited().kit(|kit| kit.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]),
    async |app| {
        let from =
            async |forwarded: &str| app.http().with("x-forwarded-for", forwarded).post(SIGN_IN, nobody()).await.status;
        for _ in 0..3 {
            assert_eq!(from("198.51.100.7").await, 401);
        }
        assert_eq!(from("198.51.100.7").await, 429);
        assert_eq!(from("6.6.6.6, 198.51.100.7").await, 429);
        assert_eq!(from("::ffff:198.51.100.7").await, 429);
        assert_eq!(from("198.51.100.8").await, 401);
        for last in ["1", "2", "ffff:1"] {
            assert_eq!(from(&format!("2001:db8:0:1::{last}")).await, 401);
        }
        assert_eq!(from("2001:db8:0:1:9::9").await, 429);
        assert_eq!(from("2001:db8:0:2::1").await, 401);
    }
);

db_test!(without_trusted_proxies_nobody_changes_their_address, Options::default().limited(), async |app| {
    for (n, status) in [(1, 401), (2, 401), (3, 401), (4, 429)] {
        let client = app.http().with("x-forwarded-for", &format!("198.51.100.{n}"));
        client.post(SIGN_IN, nobody()).await.expect(status);
    }
});

db_test!(limits_can_be_switched_off, async |app| {
    for _ in 0..10 {
        app.http().post(SIGN_IN, nobody()).await.expect(401);
    }
});
