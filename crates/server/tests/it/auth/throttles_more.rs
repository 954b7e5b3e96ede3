//! What is counted beside guesses at a sign-in: sign-ups by every way, passwords that a back end was given, invitations.

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

counted_test!(sign_ups_by_codes_are_counted, one_each(), async |app| {
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

counted_test!(sign_ups_by_links_are_counted, one_each(), async |app| {
    let http = from(&app, HOME);
    by_link(&app, &http, "ann").await.expect(200);
    let refused = by_link(&app, &http, "bob").await.expect(302);
    let to = refused.header("location").expect("a location");
    assert!(to.ends_with("/?error=too_many_requests"), "{to}");
    by_password(&http).await.expect(429);
    by_link(&app, &http, "ann").await.expect(200);
    by_link(&app, &from(&app, "203.0.113.1"), "bob").await.expect(200);
});

counted_test!(sign_ups_by_numbers_are_counted, one_each(), async |app| {
    let http = from(&app, HOME);
    by_number(&app, &http, "+4915112345678").await.expect(200);
    by_number(&app, &http, "+4915187654321").await.expect(429);
    by_password(&http).await.expect(429);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
    by_number(&app, &http, "+4915112345678").await.expect(200);
});

counted_test!(
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

counted_test!(
    a_back_end_guesses_no_more_than_others_but_for_many,
    with(|throttle| throttle.network_guesses = few(3)),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let guess = async |id: &str, password: &str| {
            boot.key.post(&format!("/v1/users/{id}/verify-password"), json!({ "password": password })).await
        };
        let id = boot.user_id.as_str();
        for _ in 0..10 {
            assert_eq!(guess(id, "wrong password").await.ok()["verified"], false);
        }
        let refused = guess(id, "wrong password").await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("900"));
        assert_eq!(refused["code"], "too_many_requests");
        // Others behind the same back end go on; right ones count for nothing.
        let made = json!({ "email_address": "ann@example.com", "password": PASSWORD });
        let ann = boot.key.post("/v1/users", made).await.created();
        for _ in 0..12 {
            assert_eq!(guess(ann["id"].as_str().unwrap(), PASSWORD).await.ok()["verified"], true);
        }
        // Nor do they make up for wrong ones.
        for n in 0..10 {
            assert_eq!(guess(ann["id"].as_str().unwrap(), "wrong password").await.ok()["verified"], false);
            if n == 8 {
                assert_eq!(guess(ann["id"].as_str().unwrap(), PASSWORD).await.ok()["verified"], true);
            }
        }
        guess(ann["id"].as_str().unwrap(), "wrong password").await.expect(429);
    }
);

counted_test!(invitations_do_not_fill_a_mailbox, with(|throttle| throttle.messages = few(2)), async |app| {
    let ann = app.signed_up("ann").await;
    let made = ann.post("/api/auth/organization/create", json!({ "name": "A", "slug": "a" })).await.ok();
    let invite = async |email: &str| {
        let body = json!({ "email": email, "role": "member", "organizationId": made["id"], "resend": true });
        ann.post("/api/auth/organization/invite-member", body).await.status
    };
    assert_eq!(
        [invite("eve@example.com").await, invite("eve@example.com").await, invite("EVE@example.com").await],
        [200, 200, 429]
    );
    assert_eq!(invite("bob@example.com").await, 200);
});

counted_test!(
    of_many_invitations_those_that_are_too_many_are_told,
    with(|throttle| {
        throttle.network_messages = few(2);
        throttle.recipient_messages = few(1);
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let made = ann.post("/api/auth/organization/create", json!({ "name": "A", "slug": "a" })).await.ok();
        let id = made["id"].as_str().expect("an id");
        let bulk = async |client: &Client| {
            let all = ["a@x.example", "b@x.example", "c@x.example"].map(|email| json!({ "email_address": email }));
            let page =
                client.post(&format!("/v1/organizations/{id}/invitations/bulk"), json!({ "invitations": all })).await;
            let told = |one: &Json| one["error"]["code"].as_str().unwrap_or_default().to_owned();
            page.ok()["data"].as_array().expect("a list").iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(bulk(&ann.clone().with("x-forwarded-for", HOME)).await, ["", "", "too_many_requests"]);
        assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 2);
        // What was refused was not counted for the recipient either.
        let already = "user_is_already_invited_to_this_organization";
        assert_eq!(bulk(&ann.clone().with("x-forwarded-for", "203.0.113.1")).await, [already, already, ""]);
    }
);
