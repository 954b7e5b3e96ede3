//! Second factors on every way in: each asks, and what follows from a sign-in follows once the factor was shown.

use std::sync::Arc;

use auth_core::outbox::EventKind;

use super::two_factor::{SIGN_IN, WAITING, code, enrolled, two_factor};
use super::*;
use crate::support::*;

const LAST: &str = "better-auth.last_used_login_method";
const LIST: &str = "/api/auth/multi-session/list-device-sessions";
const ASKED: &str = "twoFactorRedirect=true&twoFactorMethods=";

/// With every way in, and links that sign in when they prove a mailbox.
fn on() -> Options {
    Options::default().every_method().settings(|settings| settings.sign_up.auto_sign_in_after_verification = true)
}

/// Nobody is in yet: no session, and nothing of what follows from one.
async fn waits(app: &App, browser: &Client, answer: &Answer) {
    assert!(answer.header("set-auth-token").is_none(), "{answer:?}");
    assert!(browser.cookie(WAITING).is_some() && browser.cookie(LAST).is_none());
    assert!(!browser.cookie_header().contains("session_token_multi-"), "{}", browser.cookie_header());
    assert!(!is_signed_in(browser).await);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM sessions WHERE second_factor IS NOT NULL").await,
        1,
        "the one of before"
    );
}

/// Shows a code of the app, and all of it follows.
async fn enters(app: &App, browser: &Client, uri: &str, (method, word): (&str, Option<&str>)) {
    let sessions = format!("SELECT COUNT(*) FROM sessions WHERE method = '{method}' AND second_factor = 'totp'");
    let before = app.count(&sessions).await;
    browser.post(&two_factor("verify-totp"), json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
    assert!(browser.cookie(LAST).is_none());
    let shown = browser.post(&two_factor("verify-totp"), json!({ "code": code(app, uri, 0) })).await.expect(200);
    assert!(shown.header("set-auth-token").is_some() && is_signed_in(browser).await);
    assert_eq!((browser.cookie(WAITING), browser.cookie(LAST).as_deref()), (None, word));
    assert_eq!(app.count(&sessions).await, before + 1);
    // What was good for the next period is spent, too.
    app.clock.advance(60);
}

/// What is mailed next to an address, after whatever asks for it.
async fn mailed(app: &App, email: &str, pattern: &'static str, asking: impl Future<Output = Answer>) -> String {
    // Letters about the account itself may come in between.
    let others = || app.mail().to(email).iter().filter(|mail| !mail.subject.contains("second factor")).count();
    let before = others();
    asking.await.expect(200);
    while others() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.mail().wait(email, pattern).await
}

async fn link(app: &App, callback: &str) -> String {
    let http = app.http();
    let body = json!({ "email": "ann@example.com", "callbackURL": callback });
    let pattern = r"(http://\S+/api/auth/magic-link/verify\S+)";
    path_of(app, &mailed(app, "ann@example.com", pattern, http.post("/api/auth/sign-in/magic-link", body)).await)
}

db_test!(a_link_by_mail_asks_for_the_app, on(), async |app| {
    let ann = app.proven("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let (browser, path) = (app.client(), link(&app, "/in?a=b").await);
    let answer = browser.get(&path).await.expect(302);
    // The mailbox a second time would be the same factor.
    assert_eq!(answer.header("location"), Some(format!("{}/in?a=b&{ASKED}totp", app.base).as_str()));
    waits(&app, &browser, &answer).await;
    browser.post(&two_factor("send-otp"), json!({})).await.refused(400, "OTP_NOT_ENABLED");
    let again = app.client().get(&path).await.expect(302);
    assert!(again.header("location").is_some_and(|to| to.ends_with("error=INVALID_TOKEN")), "the link is spent");
    enters(&app, &browser, &uri, ("magic-link", Some("magic-link"))).await;
    assert_eq!(browser.get(LIST).await.ok().as_array().map(Vec::len), Some(1));
    // Where nobody is led on, the answer is JSON.
    let path = link(&app, "/").await;
    let answer = app.client().get(path.split("&callbackURL").next().unwrap()).await.expect(200);
    assert_eq!(answer.json, json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp"] }));
});

db_test!(a_code_by_mail_asks_for_the_app, on(), async |app| {
    const SEND: &str = "/api/auth/email-otp/send-verification-otp";
    let ann = app.proven("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let wanted = json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp"] });
    let http = app.http();
    let asked = async |purpose: &str, path: &str| {
        let sending = http.post(SEND, json!({ "email": "ann@example.com", "type": purpose }));
        let otp = mailed(&app, "ann@example.com", r"(?m)^(\d{6})\s*$", sending).await;
        let (browser, body) = (app.client(), json!({ "email": "ann@example.com", "otp": otp }));
        let answer = browser.post(path, body.clone()).await.expect(200);
        assert_eq!(answer.json, wanted, "{purpose}");
        app.http().post(path, body).await.refused(400, "INVALID_OTP");
        waits(&app, &browser, &answer).await;
        browser.post(&two_factor("send-otp"), json!({})).await.refused(400, "OTP_NOT_ENABLED");
        browser
    };
    asked("email-verification", "/api/auth/email-otp/verify-email").await;
    let browser = asked("sign-in", "/api/auth/sign-in/email-otp").await;
    enters(&app, &browser, &uri, ("email-otp", Some("email-otp"))).await;
});

// Who set it up did so without the mailbox: if it was a stranger, its owner would be shut out.
db_test!(a_link_that_proves_a_mailbox_takes_the_factor_away_unless_it_is_the_persons, on(), async |app| {
    for (email, own) in [("ann@example.com", false), ("bob@example.com", true)] {
        let client = app.signed_up_as(email).await;
        enrolled(&app, &client).await;
        let body = json!({ "email": email, "callbackURL": "/in" });
        let pattern = r"(http://\S+/api/auth/verify-email\S+)";
        let sending = client.post("/api/auth/send-verification-email", body);
        let path = path_of(&app, &mailed(&app, email, pattern, sending).await);
        let browser = if own { client } else { app.client() };
        let answer = browser.get(&path).await.expect(302);
        assert!(answer.header("location").is_some_and(|to| to.ends_with("/in")), "{answer:?}");
        let user = browser.get("/api/auth/get-session").await.ok()["user"].clone();
        assert_eq!((&user["emailVerified"], &user["twoFactorEnabled"]), (&json!(true), &json!(own)));
    }
    assert_eq!(app.events_of(EventKind::UserTwoFactorDisabled).await.len(), 1);
});

db_test!(the_first_proof_of_a_mailbox_wipes_a_strangers_factor, on(), async |app| {
    let eve = app.signed_up("ann").await;
    enrolled(&app, &eve).await;
    let browser = app.client();
    let answer = browser.get(&link(&app, "/in").await).await.expect(302);
    assert_eq!(answer.header("location"), Some(format!("{}/in", app.base).as_str()));
    assert!(is_signed_in(&browser).await && !is_signed_in(&eve).await);
    assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["twoFactorEnabled"], json!(false));
    assert_eq!(app.count("SELECT COUNT(*) FROM two_factors").await, 0);
});

db_test!(a_user_name_asks, on(), async |app| {
    let ann = app.client();
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD, "username": "ann" });
    ann.post("/api/auth/sign-up/email", body).await.expect(200);
    let (uri, _) = enrolled(&app, &ann).await;
    let browser = app.client();
    let body = json!({ "username": "Ann", "password": PASSWORD, "callbackURL": "/in" });
    let answer = browser.post("/api/auth/sign-in/username", body).await.expect(200);
    assert_eq!(answer.json, json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"] }));
    assert!(answer.header("location").is_none(), "nobody is led on");
    waits(&app, &browser, &answer).await;
    enters(&app, &browser, &uri, ("password", Some("email"))).await;
});

/// With a provider, and every way in.
fn with_provider_and_all() -> Options {
    let (issuer, all) = (with_issuer(), on());
    let inner = Arc::clone(&issuer.settings);
    issuer.settings(move |settings| {
        (all.settings)(settings);
        inner(settings);
    })
}

db_test!(a_provider_leads_back_to_be_asked, with_provider_and_all(), async |app| {
    let issuer = Issuer::open(&app);
    let person = subject("ann-1", "ann@acme.example", true);
    let ann = app.client();
    assert_eq!(through_acme(&ann, &issuer, &person).await, "/in");
    // Who has no password sets it up in a fresh session.
    let (uri, _) = enrolled(&app, &ann).await;
    let browser = app.client();
    let url = led_to(&browser, json!({})).await;
    let answer = browser.get(&format!("/api/auth/callback/acme?{}", issuer.agree(&url, &person))).await.expect(302);
    assert_eq!(answer.header("location"), Some(format!("/in?{ASKED}totp%2Cotp").as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(browser.cookie("better-auth.state").is_none());
    waits(&app, &browser, &answer).await;
    // An app that brings an ID token is asked, too.
    let token = json!({ "token": issuer.id_token(&person, "n"), "nonce": "n" });
    let other = app.client();
    let answer =
        other.post("/api/auth/sign-in/social", json!({ "provider": "acme", "idToken": token })).await.expect(200);
    assert_eq!(answer.json, json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp", "otp"] }));
    waits(&app, &other, &answer).await;
    enters(&app, &browser, &uri, ("social:acme", Some("acme"))).await;
});

db_test!(a_one_time_token_does_not_step_over_it, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let before = app.signed_in("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let elsewhere = async |from: &Client| {
        let token = from.get("/api/auth/one-time-token/generate").await.ok()["token"].clone();
        let browser = app.client();
        let body = json!({ "token": token });
        let answer = browser.post("/api/auth/one-time-token/verify", body.clone()).await.expect(200);
        app.http().post("/api/auth/one-time-token/verify", body).await.expect(400);
        (browser, answer)
    };
    // A session from before has shown nothing: the token is as good as a first proof.
    let (browser, answer) = elsewhere(&before).await;
    // How that one was opened is not known any more: it may have been by mail.
    assert_eq!(answer.json, json!({ "twoFactorRedirect": true, "twoFactorMethods": ["totp"] }));
    waits(&app, &browser, &answer).await;
    enters(&app, &browser, &uri, ("one-time-token", None)).await;
    // What was shown before goes along.
    let (browser, answer) = elsewhere(&ann).await;
    assert_eq!(keys(&answer.json), ["session", "user"]);
    assert!(is_signed_in(&browser).await);
    let shown = "SELECT COUNT(*) FROM sessions WHERE method = 'one-time-token' AND second_factor = 'totp'";
    assert_eq!(app.count(shown).await, 2);
});

db_test!(a_browser_keeps_no_session_that_is_not_opened, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let (uri, _) = enrolled(&app, &ann).await;
    app.signed_up("bob").await;
    let browser = app.client();
    let sign_in = async |name: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        browser.post(SIGN_IN, body).await.expect(200)
    };
    let listed = async || browser.get(LIST).await.ok().as_array().expect("a list").clone();
    sign_in("bob").await;
    sign_in("ann").await;
    // Bob is still kept, and nobody else is there to be chosen.
    let kept = listed().await;
    assert_eq!((kept.len(), &kept[0]["user"]["email"]), (1, &json!("bob@example.com")));
    assert!(!is_signed_in(&browser).await);
    let waiting = browser.cookie(WAITING).expect("a cookie");
    let token = waiting.split('.').next().expect("a token");
    let set_active = "/api/auth/multi-session/set-active";
    browser.post(set_active, json!({ "sessionToken": token })).await.refused(401, "INVALID_SESSION_TOKEN");
    browser.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    assert_eq!(listed().await.len(), 2);
    app.clock.advance(60);
    // Once more the same person: the older session gives way when the new one is there, and not before.
    let of_ann = "SELECT COUNT(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'ann@example.com'";
    assert_eq!(app.count(of_ann).await, 2);
    sign_in("ann").await;
    assert_eq!((app.count(of_ann).await, listed().await.len()), (2, 2));
    browser.post(&two_factor("verify-totp"), json!({ "code": code(&app, &uri, 0) })).await.expect(200);
    assert_eq!((app.count(of_ann).await, listed().await.len()), (2, 2));
});

db_test!(a_visitor_is_one_until_the_factor_is_shown, on(), async |app| {
    let ann = app.proven("ann@example.com").await;
    let (uri, _) = enrolled(&app, &ann).await;
    let visits = async || {
        let browser = app.client();
        let answer = browser.post("/api/auth/sign-in/anonymous", json!({})).await.ok();
        (browser, answer["user"]["id"].as_str().expect("an id").to_owned())
    };
    let who = async |browser: &Client| browser.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let (by_password, by_link) = (visits().await, visits().await);
    by_password.0.post(SIGN_IN, json!({ "email": "ann@example.com", "password": PASSWORD })).await.expect(200);
    by_link.0.get(&link(&app, "/in").await).await.expect(302);
    for (browser, visitor) in [by_password, by_link] {
        assert_eq!(who(&browser).await, visitor.as_str(), "they can go on as they were");
        let path = two_factor("verify-totp");
        browser.post(&path, json!({ "code": "000000" })).await.refused(401, "INVALID_CODE");
        assert_eq!(who(&browser).await, visitor.as_str());
        let shown = browser.post(&path, json!({ "code": code(&app, &uri, 0) })).await.expect(200);
        assert_eq!(shown["user"]["isAnonymous"], json!(false));
        assert_eq!(who(&browser).await, shown["user"]["id"]);
        let id = auth_core::ids::Id::parse(&visitor).expect("an id");
        assert!(app.look(async |rx| auth_core::users::find(rx, &id).await).await.is_none());
        let events = app.events().await;
        assert!(events.iter().any(|event| event.payload["anonymous_user_id"] == visitor.as_str()));
        app.clock.advance(60);
    }
});

db_test!(a_visitor_sets_none_up, on(), async |app| {
    let browser = app.client();
    browser.post("/api/auth/sign-in/anonymous", json!({})).await.expect(200);
    for body in [json!({}), json!({ "method": "otp" })] {
        let refused = browser.post(&two_factor("enable"), body).await;
        refused.refused(403, "ANONYMOUS_USERS_HAVE_NO_SECOND_FACTOR");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM two_factors").await, 0);
    assert!(is_signed_in(&browser).await);
});

db_test!(a_changed_address_keeps_what_was_shown, on(), async |app| {
    let ann = app.signed_up("ann").await;
    enrolled(&app, &ann).await;
    let request = ann.post("/api/auth/email-otp/request-email-change", json!({ "newEmail": "ann@new.example" }));
    let otp = mailed(&app, "ann@new.example", r"(?m)^(\d{6})\s*$", request).await;
    let body = json!({ "newEmail": "ann@new.example", "otp": otp });
    ann.post("/api/auth/email-otp/change-email", body).await.expect(200);
    assert!(is_signed_in(&ann).await);
    let shown = "SELECT COUNT(*) FROM sessions WHERE method = 'email-change' AND second_factor = 'totp'";
    assert_eq!(app.count(shown).await, 1);
});
