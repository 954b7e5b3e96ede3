//! Guesses and messages, counted in the database or in Redis: across replicas and restarts, and so that nobody is locked out by others.

use std::collections::BTreeMap;

use auth_core::settings::{Limit, ThrottleSettings};
use auth_core::{Ctx, throttles};
use futures_util::future::join_all;

use super::phone_number::{NUMBER, with_number};
use super::two_factor::{code as app_code, enrolled, two_factor};
use crate::support::*;

const SIGN_IN: &str = "/api/auth/sign-in/email";
const RESET: &str = "/api/auth/request-password-reset";
pub const HOME: &str = "198.51.100.7";

/// With these limits, without those of the process, behind a proxy that says where callers are.
pub fn with(change: impl Fn(&mut ThrottleSettings) + 'static) -> Options {
    let options = Options::default().every_method().settings(move |settings| {
        settings.throttle.enabled = true;
        settings.methods.api_key.enable_session = true;
        change(&mut settings.throttle);
    });
    options.kit(|kit| kit.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a range")])
}

pub fn usual() -> Options {
    with(|_| ())
}

pub fn few(max: i64) -> Limit {
    Limit { max, window: 900 }
}

pub fn from(app: &App, address: &str) -> Client {
    app.http().with("x-forwarded-for", address)
}

pub async fn tries(client: &Client, email: &str, password: &str) -> Answer {
    client.post(SIGN_IN, json!({ "email": email, "password": password })).await
}

/// How often each status came of so many wrong passwords, one after the other.
pub async fn guesses(client: &Client, email: &str, times: usize) -> BTreeMap<u16, usize> {
    let mut told = BTreeMap::new();
    for n in 0..times {
        *told.entry(tries(client, email, &format!("wrong password {n}")).await.status).or_default() += 1;
    }
    told
}

counted_test!(ten_guesses_of_an_account_and_no_more, usual(), async |app| {
    app.signed_up("ann").await;
    let guesser = from(&app, "203.0.113.1");
    assert_eq!(guesses(&guesser, "ann@example.com", 12).await, BTreeMap::from([(401, 10), (429, 2)]));
    let waits = tries(&guesser, "Ann@Example.com", PASSWORD).await.expect(429);
    assert_eq!(waits.json, json!({ "message": "Too many requests. Please try again later." }));
    assert_eq!(waits.header("retry-after"), waits.header("x-retry-after"));
    assert_eq!(waits.header("retry-after"), Some("900"));
    // Other accounts from there, and the account from elsewhere, are counted apart.
    tries(&guesser, "bob@example.com", PASSWORD).await.expect(401);
    tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
    // What is refused does not prolong the window.
    app.clock.advance(800);
    tries(&guesser, "ann@example.com", PASSWORD).await.expect(429);
    app.clock.advance(100);
    tries(&guesser, "ann@example.com", PASSWORD).await.expect(200);
});

counted_test!(what_nobody_has_is_counted_alike, usual(), async |app| {
    app.signed_up("ann").await;
    let mut told = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        let guesser = from(&app, "203.0.113.1");
        let mut all = Vec::new();
        for _ in 0..11 {
            let answer = tries(&guesser, email, "wrong password").await;
            all.push((answer.status, answer.header("retry-after").map(str::to_owned), answer.json));
        }
        told.push(all);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0][10].0, 429);
    // Nothing at rest tells whom or what it is about.
    let mut names: Vec<String> = app
        .look(async |db| {
            let rows = auth_core::db::all(db, "SELECT bucket FROM throttles", []).await?;
            rows.iter().map(|row| row.get(0)).collect()
        })
        .await;
    if let Some(redis) = app.redis() {
        names.extend(redis.keys().await.into_keys().map(|key| key.trim_start_matches("w:").to_owned()));
    }
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        assert!(name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    }
});

counted_test!(the_64_of_an_ipv6_address_is_one_network, usual(), async |app| {
    app.signed_up("ann").await;
    let mut statuses = BTreeMap::new();
    for n in 1..=12 {
        let guesser = from(&app, &format!("2001:db8:0:1:{n:x}::{n:x}"));
        *statuses.entry(tries(&guesser, "ann@example.com", "wrong password").await.status).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(401, 10), (429, 2)]));
    tries(&from(&app, "2001:db8:0:2::1"), "ann@example.com", PASSWORD).await.expect(200);
});

counted_test!(what_no_trusted_proxy_says_is_not_believed, usual().kit(|_| ()), async |app| {
    app.signed_up("ann").await;
    let mut statuses = Vec::new();
    for n in 1..=11 {
        statuses.push(tries(&from(&app, &format!("203.0.113.{n}")), "ann@example.com", "wrong").await.status);
    }
    assert_eq!(statuses[9..], [401, 429]);
});

counted_test!(replicas_count_together_and_a_restart_forgets_nothing, usual(), async |app| {
    app.signed_up("ann").await;
    let there = Another::beside(&app).await;
    let (one, other) = (from(&app, HOME), there.http().with("x-forwarded-for", HOME));
    assert_eq!(guesses(&one, "ann@example.com", 5).await, BTreeMap::from([(401, 5)]));
    assert_eq!(guesses(&other, "ann@example.com", 6).await, BTreeMap::from([(401, 5), (429, 1)]));
    tries(&one, "ann@example.com", PASSWORD).await.expect(429);
    there.stop().await;
    let again = Another::beside(&app).await;
    tries(&again.http().with("x-forwarded-for", HOME), "ann@example.com", PASSWORD).await.expect(429);
    again.stop().await;
});

counted_test!(of_fifty_guesses_at_once_ten_are_looked_at, usual(), async |app| {
    app.signed_up("ann").await;
    let there = Another::beside(&app).await;
    let (one, other) = (from(&app, HOME), there.http().with("x-forwarded-for", HOME));
    let all = join_all((0..50).map(|n| {
        let client = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move { tries(&client, "ann@example.com", "wrong password").await.status }
    }))
    .await;
    let count = |status| all.iter().filter(|one| **one == status).count();
    assert_eq!((count(401), count(429)), (10, 40), "{all:?}");
    there.stop().await;
});

counted_test!(
    an_attack_from_many_networks_does_not_lock_the_owner_out,
    with(|throttle| throttle.account_guesses = few(25)),
    async |app| {
        app.signed_up("ann").await;
        tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
        let mut looked_at = 0;
        for n in 1..=5 {
            let told = guesses(&from(&app, &format!("203.0.113.{n}")), "ann@example.com", 10).await;
            looked_at += told.get(&401).copied().unwrap_or_default();
        }
        assert_eq!(looked_at, 25);
        // From where she has signed in before she still does, and there ten guesses are all there are.
        tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
        assert_eq!(guesses(&from(&app, HOME), "ann@example.com", 11).await, BTreeMap::from([(401, 10), (429, 1)]));
        // From a new network she waits, or comes by her mailbox.
        tries(&from(&app, "198.51.100.99"), "ann@example.com", PASSWORD).await.expect(429);
        let body = json!({ "email": "ann@example.com" });
        from(&app, "198.51.100.99").post("/api/auth/sign-in/magic-link", body).await.expect(200);
        app.clock.advance(901);
        tries(&from(&app, "198.51.100.99"), "ann@example.com", PASSWORD).await.expect(200);
    }
);

counted_test!(
    an_attack_on_a_number_does_not_lock_out_who_signs_in_otherwise,
    with(|throttle| throttle.account_guesses = few(25)),
    async |app| {
        with_number(&app, "ann").await;
        // By the address, never by the number.
        tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
        let by_number = async |address: &str, password: &str| {
            let body = json!({ "phoneNumber": NUMBER, "password": password });
            from(&app, address).post("/api/auth/sign-in/phone-number", body).await.status
        };
        let mut told = BTreeMap::new();
        for n in 0..30 {
            *told.entry(by_number(&format!("203.0.113.{}", n / 8), "wrong password").await).or_insert(0) += 1;
        }
        assert_eq!(told, BTreeMap::from([(401, 25), (429, 5)]));
        assert_eq!(by_number("198.51.100.99", PASSWORD).await, 429);
        assert_eq!(by_number(HOME, PASSWORD).await, 200);
    }
);

counted_test!(whoever_gets_in_begins_anew, usual(), async |app| {
    app.signed_up("ann").await;
    let home = from(&app, HOME);
    for _ in 0..3 {
        assert_eq!(guesses(&home, "ann@example.com", 9).await, BTreeMap::from([(401, 9)]));
        tries(&home, "ann@example.com", PASSWORD).await.expect(200);
    }
    // Somebody else's success forgives nothing.
    app.signed_up("bob").await;
    assert_eq!(guesses(&home, "ann@example.com", 10).await, BTreeMap::from([(401, 10)]));
    tries(&home, "bob@example.com", PASSWORD).await.expect(200);
    tries(&home, "ann@example.com", PASSWORD).await.expect(429);
});

counted_test!(one_network_does_not_try_everybody, with(|throttle| throttle.network_guesses = few(20)), async |app| {
    app.signed_up("ann").await;
    let sprayer = from(&app, "203.0.113.1");
    // Those who get in are not counted.
    for _ in 0..5 {
        tries(&sprayer, "ann@example.com", PASSWORD).await.expect(200);
    }
    let mut statuses = Vec::new();
    for n in 0..22 {
        statuses.push(tries(&sprayer, &format!("person{n}@example.com"), "Summer2026!").await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 20);
    assert_eq!(statuses[20..], [429, 429]);
    tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
});

db_test!(where_nothing_can_be_counted_nobody_gets_in, usual().broken(), async |app| {
    app.signed_up("ann").await;
    let drop = async |tx: &mut auth_core::Tx| auth_core::db::run(tx, "DROP TABLE throttles", []).await;
    app.core.write(&Ctx::system("test"), drop).await.expect("the table goes");
    tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(500);
});

counted_test!(user_names_are_counted_too, usual(), async |app| {
    let ann = app.signed_up("ann").await;
    ann.post("/api/auth/update-user", json!({ "username": "ann_example" })).await.expect(200);
    let mut statuses = Vec::new();
    for _ in 0..11 {
        let body = json!({ "username": "ANN_example", "password": "wrong password" });
        statuses.push(from(&app, HOME).post("/api/auth/sign-in/username", body).await.status);
    }
    assert_eq!(statuses[9..], [401, 429]);
});

counted_test!(a_stolen_session_does_not_find_the_password_nor_lock_its_owner_out, usual(), async |app| {
    let thief = app.signed_up("ann").await.with("x-forwarded-for", HOME);
    let verify =
        async |password: &str| thief.post("/api/auth/verify-password", json!({ "password": password })).await.status;
    for _ in 0..3 {
        // The right one costs nothing.
        assert_eq!(verify(PASSWORD).await, 200);
    }
    for _ in 0..6 {
        assert_eq!(verify("wrong password").await, 400);
    }
    let change = json!({ "currentPassword": "wrong password", "newPassword": "another password" });
    for _ in 0..2 {
        thief.post("/api/auth/change-password", change.clone()).await.refused(400, "INVALID_PASSWORD");
    }
    let erase = json!({ "password": "wrong password" });
    thief.post("/api/auth/delete-user", erase).await.refused(400, "INVALID_PASSWORD");
    let enable = json!({ "password": "wrong password" });
    thief.post(&two_factor("enable"), enable).await.refused(400, "INVALID_PASSWORD");
    assert_eq!(verify(PASSWORD).await, 429);
    thief.post("/api/auth/change-password", change).await.expect(429);
    tries(&from(&app, HOME), "ann@example.com", PASSWORD).await.expect(200);
});

counted_test!(letters_to_one_mailbox_are_few_whoever_has_it, with(|t| t.recipient_messages = few(25)), async |app| {
    app.signed_up("ann").await;
    let paths = [RESET, "/api/auth/send-verification-email", "/api/auth/sign-in/magic-link"];
    for email in ["ann@example.com", "nobody@example.com"] {
        let mut statuses = Vec::new();
        for n in 0..12 {
            // One count for all kinds of letters.
            let body = json!({ "email": email });
            statuses.push(from(&app, "203.0.113.1").post(paths[n % 3], body).await.status);
        }
        assert_eq!(statuses, [[200; 10].as_slice(), &[429; 2]].concat(), "{email}");
        let mut sent = 0;
        for n in 2..5 {
            for _ in 0..10 {
                let answer = from(&app, &format!("203.0.113.{n}")).post(RESET, json!({ "email": email })).await;
                sent += usize::from(answer.status == 200);
            }
        }
        assert_eq!(sent, 15, "{email}");
    }
});

counted_test!(one_network_does_not_write_to_everybody, with(|t| t.network_messages = few(5)), async |app| {
    let mut statuses = Vec::new();
    for n in 0..6 {
        let body = json!({ "email": format!("person{n}@example.com"), "type": "sign-in" });
        let path = "/api/auth/email-otp/send-verification-otp";
        statuses.push(from(&app, "203.0.113.1").post(path, body).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    from(&app, HOME).post(RESET, json!({ "email": "person1@example.com" })).await.expect(200);
});

counted_test!(new_codes_bring_no_new_guesses, usual(), async |app| {
    app.signed_up("ann").await;
    let guesser = from(&app, "203.0.113.1");
    let send = json!({ "email": "ann@example.com", "type": "sign-in" });
    let mut looked_at = 0;
    for _ in 0..5 {
        guesser.post("/api/auth/email-otp/send-verification-otp", send.clone()).await.expect(200);
        for path in ["/api/auth/sign-in/email-otp", "/api/auth/email-otp/check-verification-otp"] {
            let body = json!({ "email": "ann@example.com", "otp": "no code", "type": "sign-in" });
            looked_at += usize::from(guesser.post(path, body).await.status != 429);
        }
    }
    assert_eq!(looked_at, 10);
    // The letters before have come, so that the next one is the last.
    let delivered = async || {
        while app.count("SELECT COUNT(*) FROM mail_queue").await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    delivered().await;
    guesser.post("/api/auth/email-otp/send-verification-otp", send).await.expect(200);
    delivered().await;
    let code = app.mail().wait("ann@example.com", r"(?m)^(\d{6})\s*$").await;
    let body = json!({ "email": "ann@example.com", "otp": code });
    guesser.post("/api/auth/sign-in/email-otp", body.clone()).await.expect(429);
    // The owner, elsewhere, types it in, looks at it first, and begins anew.
    let check = json!({ "email": "ann@example.com", "otp": code, "type": "sign-in" });
    from(&app, HOME).post("/api/auth/email-otp/check-verification-otp", check).await.expect(200);
    from(&app, HOME).post("/api/auth/sign-in/email-otp", body).await.expect(200);
});

counted_test!(
    second_factors_are_tried_a_few_times_from_one_network,
    with(|t| t.network_guesses = few(3)),
    async |app| {
        let ann = app.signed_up("ann").await;
        let (uri, _) = enrolled(&app, &ann).await;
        let waits = app.client().with("x-forwarded-for", HOME);
        let body = json!({ "email": "ann@example.com", "password": PASSWORD });
        waits.post(SIGN_IN, body).await.expect(200);
        for _ in 0..3 {
            waits.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
        }
        let right = json!({ "code": app_code(&app, &uri, 0) });
        waits.post(&two_factor("verify-totp"), right.clone()).await.expect(429);
        waits.with("x-forwarded-for", "198.51.100.8").post(&two_factor("verify-totp"), right).await.expect(200);
    }
);

counted_test!(codes_of_devices_are_not_tried_out, with(|throttle| throttle.network_guesses = few(4)), async |app| {
    let ann = app.signed_up("ann").await.with("x-forwarded-for", HOME);
    let codes = app.http().post("/api/auth/device/code", json!({ "client_id": "cli" })).await.ok();
    let code = codes["user_code"].as_str().expect("a code").to_owned();
    let look = format!("/api/auth/device?user_code={code}");
    for _ in 0..2 {
        ann.get(&look).await.expect(200);
        ann.get("/api/auth/device?user_code=AAAAAAAA").await.expect(400);
        ann.post("/api/auth/device/approve", json!({ "userCode": "BBBBBBBB" })).await.expect(400);
    }
    let waits = ann.get(&look).await.expect(429);
    assert_eq!(waits["error"], "too_many_requests");
    assert_eq!(waits.header("retry-after"), Some("900"));
    ann.post("/api/auth/device/approve", json!({ "userCode": code })).await.expect(429);
    let elsewhere = ann.with("x-forwarded-for", "198.51.100.8");
    elsewhere.post("/api/auth/device/approve", json!({ "userCode": code })).await.expect(200);
});

counted_test!(keys_are_not_tried_out, with(|throttle| throttle.network_guesses = few(3)), async |app| {
    let ann = app.signed_up("ann").await;
    let key = ann.post("/api/auth/api-key/create", json!({})).await.ok()["key"].as_str().expect("a key").to_owned();
    let good = from(&app, HOME).with("x-api-key", &key);
    let bad = from(&app, HOME).with("x-api-key", &"x".repeat(64));
    for _ in 0..3 {
        good.get("/api/auth/get-session").await.expect(200);
        bad.get("/api/auth/get-session").await.refused(401, "INVALID_API_KEY");
    }
    bad.get("/api/auth/get-session").await.expect(429);
    // Behind the same gateway, say: a good key is none that somebody guesses.
    good.get("/api/auth/get-session").await.expect(200);
});

counted_test!(one_network_does_not_sign_up_a_crowd, with(|throttle| throttle.sign_ups = few(3)), async |app| {
    let sign_up = async |n: usize, address: &str| {
        let body = json!({ "name": "X", "email": format!("x{n}@example.com"), "password": PASSWORD });
        from(&app, address).post("/api/auth/sign-up/email", body).await.status
    };
    for n in 0..3 {
        assert_eq!(sign_up(n, HOME).await, 200);
    }
    assert_eq!(sign_up(3, HOME).await, 429);
    assert_eq!(sign_up(3, "203.0.113.1").await, 200);
});

counted_test!(
    whether_an_address_has_an_owner_is_not_told_by_what_is_refused,
    usual().settings(|settings| settings.sign_up.require_email_verification = true),
    async |app| {
        app.signed_up("ann").await;
        for email in ["ann@example.com", "new@example.com"] {
            let mut statuses = Vec::new();
            for _ in 0..11 {
                let body = json!({ "name": "X", "email": email, "password": PASSWORD });
                statuses.push(from(&app, HOME).post("/api/auth/sign-up/email", body).await.status);
            }
            assert_eq!(statuses[9..], [200, 429], "{email}");
        }
    }
);

counted_test!(
    what_comes_to_nothing_is_not_counted,
    with(|throttle| {
        throttle.sign_ups = few(1);
        throttle.messages = few(3);
    })
    .settings(|settings| settings.sign_up.require_email_verification = true),
    async |app| {
        let home = from(&app, HOME);
        let sign_up = async |email: &str| {
            let body = json!({ "name": "X", "email": email, "password": PASSWORD });
            home.post("/api/auth/sign-up/email", body).await.status
        };
        assert_eq!(sign_up("bob@example.com").await, 200);
        // No letter is sent: the sign-up that would have sent it is one too many.
        for _ in 0..5 {
            assert_eq!(sign_up("ann@example.com").await, 429);
        }
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(home.post(RESET, json!({ "email": "ann@example.com" })).await.status);
        }
        assert_eq!(statuses, [200, 200, 200, 429]);
    }
);

db_test!(windows_that_have_ended_are_removed, usual().idle(), async |app| {
    app.signed_up("ann").await;
    guesses(&from(&app, HOME), "ann@example.com", 3).await;
    assert!(app.count("SELECT COUNT(*) FROM throttles").await >= 3);
    // Where somebody has come in stays familiar for a month.
    app.clock.advance(31 * 86_400);
    assert!(throttles::sweep(&app.core).await.expect("it is swept") >= 3);
    assert_eq!(app.count("SELECT COUNT(*) FROM throttles").await, 0);
});
