//! What is counted beside guesses at a sign-in: sign-ups by every way.

use super::throttles::{HOME, few, from, with};
use super::{path_of, through_acme};
use crate::support::*;

const PHONE: &str = "/api/auth/phone-number";

/// The newest of what is mailed to an address that matches, after a letter was asked for.
async fn mailed(app: &App, http: &Client, path: &str, body: Json, pattern: &str) -> String {
    let email = body["email"].as_str().expect("an address").to_owned();
    let before = app.mail().to(&email).len();
    http.post(path, body).await.expect(200);
    while app.mail().to(&email).len() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.mail().wait(&email, pattern).await
}

async fn by_code(app: &App, http: &Client, name: &str) -> Answer {
    let email = format!("{name}@example.com");
    let body = json!({ "email": email, "type": "sign-in" });
    let otp = mailed(app, http, "/api/auth/email-otp/send-verification-otp", body, r"(?m)^(\d{6})\s*$").await;
    http.post("/api/auth/sign-in/email-otp", json!({ "email": email, "otp": otp })).await
}

async fn by_link(app: &App, http: &Client, name: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.com") });
    let pattern = r"(http://\S+/api/auth/magic-link/verify\S+)";
    let link = path_of(app, &mailed(app, http, "/api/auth/sign-in/magic-link", body, pattern).await);
    http.get(link.split("&callbackURL").next().expect("a link")).await
}

async fn by_number(app: &App, http: &Client, number: &str) -> Answer {
    let before = app.telephones().count();
    http.post(&format!("{PHONE}/send-otp"), json!({ "phoneNumber": number })).await.expect(200);
    let message = app.telephones().wait(before + 1).await.pop().expect("a message");
    http.post(&format!("{PHONE}/verify"), json!({ "phoneNumber": number, "code": message.json["code"] })).await
}

async fn by_password(http: &Client) -> Answer {
    let body = json!({ "name": "Kim", "email": "kim@example.com", "password": PASSWORD });
    http.post("/api/auth/sign-up/email", body).await
}

/// One person from each network.
fn one_each() -> Options {
    with(|throttle| throttle.sign_ups = few(1))
}

db_test!(sign_ups_by_codes_are_counted, one_each(), async |app| {
    let http = from(&app, HOME);
    by_code(&app, &http, "ann").await.expect(200);
    let refused = by_code(&app, &http, "bob").await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("900"));
    by_password(&http).await.expect(429);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
    // Who is here already comes in.
    by_code(&app, &http, "ann").await.expect(200);
    by_code(&app, &from(&app, "203.0.113.1"), "bob").await.expect(200);
});

db_test!(sign_ups_by_links_are_counted, one_each(), async |app| {
    let http = from(&app, HOME);
    by_link(&app, &http, "ann").await.expect(200);
    let refused = by_link(&app, &http, "bob").await.expect(302);
    let to = refused.header("location").expect("a location");
    assert!(to.ends_with("/?error=too_many_requests"), "{to}");
    by_password(&http).await.expect(429);
    by_link(&app, &http, "ann").await.expect(200);
    by_link(&app, &from(&app, "203.0.113.1"), "bob").await.expect(200);
});

db_test!(sign_ups_by_numbers_are_counted, one_each(), async |app| {
    let http = from(&app, HOME);
    by_number(&app, &http, "+4915112345678").await.expect(200);
    by_number(&app, &http, "+4915187654321").await.expect(429);
    by_password(&http).await.expect(429);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
    by_number(&app, &http, "+4915112345678").await.expect(200);
});

db_test!(
    sign_ups_through_services_are_counted,
    with_issuer().settings(|settings| {
        settings.throttle.enabled = true;
        settings.throttle.sign_ups = few(1);
    }),
    async |app| {
        let issuer = Issuer::open(&app);
        let ann = subject("ann-1", "ann@acme.example", true);
        assert_eq!(through_acme(&app.client(), &issuer, &ann).await, "/in");
        let bob = subject("bob-1", "bob@acme.example", true);
        let to = through_acme(&app.client(), &issuer, &bob).await;
        assert!(to.ends_with("/failed?error=too_many_requests"), "{to}");
        assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
        assert_eq!(through_acme(&app.client(), &issuer, &ann).await, "/in");
    }
);
