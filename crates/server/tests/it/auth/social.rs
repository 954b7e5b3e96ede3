//! Signing in through another service: the way there and back, and what is refused on it.

use auth_core::outbox::EventKind;

use super::{back, is_signed_in, keys, led_to, path_of, through_acme};
use crate::support::*;

/// What is done to the claims of an ID token before it is signed.
type Fault = fn(&mut Json);

/// The cookie that binds a browser to a flow.
const STATE: &str = "better-auth.state";

db_test!(somebody_new_comes_in_through_a_provider, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let started = browser
        .post(
            "/api/auth/sign-in/social",
            json!({ "provider": "acme", "callbackURL": "/in", "newUserCallbackURL": "/welcome" }),
        )
        .await
        .expect(200);
    let url = started["url"].as_str().unwrap();
    assert_eq!((started["redirect"].as_bool(), started.header("location")), (Some(true), Some(url)));
    let cookie = started.set_cookies().join("\n");
    assert!(cookie.contains("better-auth.state=") && cookie.contains("Max-Age=600"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let asked = query(url);
    assert_eq!(asked["redirect_uri"], format!("{}/api/auth/callback/acme", app.base));
    assert_eq!((asked["code_challenge_method"].as_str(), asked["code_challenge"].len()), ("S256", 43));
    assert_eq!(asked["scope"], "openid profile email");
    assert!(asked["nonce"].len() >= 32 && asked["state"].len() >= 32 && asked["nonce"] != asked["state"]);
    // Neither the state nor what goes with it lies there to be read.
    assert_eq!(app.count("SELECT COUNT(*) FROM social_flows WHERE LENGTH(state_hash) = 64").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM social_flows WHERE sealed LIKE '%/welcome%'").await, 0);

    let ann = subject("ann-1", "Ann@Acme.example", true);
    let answer = browser.get(&format!("/api/auth/callback/acme?{}", issuer.agree(url, &ann))).await.expect(302);
    assert_eq!(answer.header("location"), Some("/welcome"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(browser.cookie(STATE), None, "the cookie is taken back");
    assert_eq!(app.count("SELECT COUNT(*) FROM social_flows").await, 0);
    let session = browser.get("/api/auth/get-session").await.ok();
    assert_eq!(session["user"]["email"], "ann@acme.example");
    assert_eq!(session["user"]["emailVerified"], true);
    assert_eq!(
        (&session["user"]["name"], &session["user"]["image"]),
        (&json!("Ann Lee"), &json!("https://i.example/a.png"))
    );
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE method = 'social:acme'").await, 1);
    let linked = app.events_of(EventKind::AccountLinked).await;
    assert_eq!((linked.len(), &linked[0].payload["provider_id"]), (1, &json!("acme")));

    // What the provider gave is sealed.
    let sealed =
        "SELECT COUNT(*) FROM account_tokens WHERE sealed NOT LIKE '%access-%' AND sealed NOT LIKE '%refresh%'";
    assert_eq!(app.count(sealed).await, 1);
    let accounts = browser.get("/api/auth/list-accounts").await.ok();
    assert_eq!((&accounts[0]["providerId"], &accounts[0]["accountId"]), (&json!("acme"), &json!("ann-1")));
    assert_eq!(accounts[0]["scopes"], json!(["openid", "email", "profile"]));
    assert_eq!(keys(&accounts[0]), ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"]);

    // The second time she is nobody new, from another browser and under another address.
    let other = app.client();
    assert_eq!(through_acme(&other, &issuer, &subject("ann-1", "ann@new.example", true)).await, "/in");
    assert_eq!(other.get("/api/auth/get-session").await.ok()["user"]["id"], session["user"]["id"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 1);
    assert_eq!(issuer.asked("document"), 1, "the document is kept");
});

db_test!(a_state_is_good_once_and_in_its_browser_only, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let ann = subject("ann-1", "ann@acme.example", true);
    let (browser, other) = (app.client(), app.client());
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &ann);
    let own_page = |code: &str| format!("{}/api/auth/error?error={code}", app.base);

    // Login CSRF: a victim's browser is sent on with the attacker's state and code.
    assert_eq!(back(&other, &query).await, own_page("state_mismatch"));
    led_to(&other, json!({})).await;
    assert_eq!(back(&other, &query).await, own_page("state_mismatch"), "another flow's cookie is none of this one");
    let forged = app.client();
    forged.set_cookie(STATE, &crate::support::query(&url)["state"]);
    assert_eq!(back(&forged, &query).await, own_page("state_mismatch"), "the cookie is signed");
    assert!(!is_signed_in(&other).await && !is_signed_in(&forged).await);
    assert_eq!(back(&browser, "code=x").await, own_page("state_not_found"));

    // None of it used anything up; and then it is used up, also for somebody who kept the cookie.
    let kept = browser.cookie(STATE).unwrap();
    assert_eq!(back(&browser, &query).await, "/in");
    assert!(is_signed_in(&browser).await);
    let replay = app.client();
    replay.set_cookie(STATE, &kept);
    assert_eq!(back(&replay, &query).await, own_page("state_mismatch"));
    assert_eq!(issuer.asked("token"), 1);

    // Ten minutes, and no longer.
    let late = led_to(&browser, json!({})).await;
    app.clock.advance(601);
    assert_eq!(back(&browser, &issuer.agree(&late, &ann)).await, own_page("state_mismatch"));
});

db_test!(two_who_come_back_at_once_get_one_session, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &subject("ann-1", "ann@acme.example", true));
    let path = format!("/api/auth/callback/acme?{query}");
    let (one, two) = (browser.clone(), browser.clone());
    let (one, two) = futures_util::join!(one.get(&path), two.get(&path));
    let good = [&one, &two].into_iter().filter(|answer| answer.header("location") == Some("/in")).count();
    assert_eq!(good, 1, "{one:?} {two:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1);
});

db_test!(an_answer_is_of_the_provider_that_was_asked, two_providers(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let ann = subject("ann-1", "ann@acme.example", true);
    // Mix-up (RFC 9207): an answer that comes to another provider's address, or names another issuer, or none.
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &ann);
    let elsewhere = browser.get(&format!("/api/auth/callback/other?{query}")).await.expect(302);
    assert!(elsewhere.header("location").unwrap().ends_with("error=state_mismatch"));
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &ann).replace("iss=", "iss=https%3A%2F%2Fevil.example&x=");
    assert_eq!(back(&browser, &query).await, "/failed?error=issuer_mismatch");
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &ann).replace("iss=", "x=");
    assert_eq!(back(&browser, &query).await, "/failed?error=issuer_missing");
    assert_eq!(issuer.asked("token"), 0, "no code is given to anybody");
    // Nor does the older address end what the newer one began.
    let url = led_to(&browser, json!({})).await;
    let older = browser.get(&format!("/api/auth/oauth2/callback/acme?{}", issuer.agree(&url, &ann))).await.expect(302);
    assert!(older.header("location").unwrap().ends_with("error=state_mismatch"));
});

pub fn two_providers() -> Options {
    let with = with_issuer();
    let first = with.settings.clone();
    with.settings(move |settings| {
        first(settings);
        let mut other = settings.social.providers[0].clone();
        "other".clone_into(&mut other.id);
        settings.social.providers.push(other);
    })
}

db_test!(id_tokens_are_verified, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let ann = subject("ann-1", "ann@acme.example", true);
    let refused = "/failed?error=invalid_code";
    for signing in [Signing::None, Signing::Shared, Signing::Stranger, Signing::Unpublished] {
        issuer.sign(signing);
        assert_eq!(through_acme(&browser, &issuer, &ann).await, refused, "{signing:?}");
        app.clock.advance(61);
    }
    issuer.sign(Signing::Good);
    let faults: [(&str, Fault); 9] = [
        ("nonce", |claims| claims["nonce"] = json!("of another flow")),
        ("no nonce", |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("aud", |claims| claims["aud"] = json!("somebody else")),
        ("azp", |claims| claims["azp"] = json!("somebody else")),
        ("several aud", |claims| claims["aud"] = json!([CLIENT, "somebody else"])),
        ("iss", |claims| claims["iss"] = json!("https://evil.example")),
        ("exp", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 120)),
        ("iat", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 3600)),
        ("nbf", |claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 3600)),
    ];
    for (name, fault) in faults {
        issuer.tamper(fault);
        assert_eq!(through_acme(&browser, &issuer, &ann).await, refused, "{name}");
    }
    issuer.tamper(|claims| drop(claims.as_object_mut().unwrap().remove("sub")));
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/failed?error=unable_to_get_user_info");
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    issuer.tamper(|_| ());
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");
});

db_test!(keys_may_change_and_are_asked_for_with_measure, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let ann = subject("ann-1", "ann@acme.example", true);
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");
    assert_eq!(issuer.asked("jwks"), 1);
    app.clock.advance(61);
    issuer.rotate("key-2");
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in", "a key that is new is looked for");
    assert_eq!(issuer.asked("jwks"), 2);
    // Names that nobody knows make us ask once a minute, however many there are.
    issuer.sign(Signing::Unpublished);
    for _ in 0..5 {
        assert_eq!(through_acme(&browser, &issuer, &ann).await, "/failed?error=invalid_code");
    }
    assert_eq!(issuer.asked("jwks"), 2);
    app.clock.advance(61);
    for _ in 0..5 {
        through_acme(&browser, &issuer, &ann).await;
    }
    assert_eq!(issuer.asked("jwks"), 3);
    // And those who are known come in meanwhile.
    issuer.sign(Signing::Good);
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");
    assert_eq!(issuer.asked("jwks"), 3);
});

db_test!(what_the_provider_refuses_leads_to_the_page_for_errors, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let state = async || query(&led_to(&browser, json!({})).await)["state"].clone();
    let said = format!("error=access_denied&error_description=No%20%3Cb%3E&state={}", state().await);
    assert_eq!(back(&browser, &said).await, "/failed?error=access_denied&error_description=No%20%3Cb%3E");
    let odd = format!("error=%3Cscript%3E&state={}", state().await);
    assert_eq!(back(&browser, &odd).await, "/failed?error=UNKNOWN");
    assert_eq!(back(&browser, &format!("state={}", state().await)).await, "/failed?error=no_code");
    let wrong = format!("code=never-given&iss={}&state={}", issuer.base, state().await);
    assert_eq!(back(&browser, &wrong).await, "/failed?error=invalid_code");
    assert_eq!(
        back(&browser, "state=%ff").await,
        format!("{}/api/auth/error?error=invalid_callback_request", app.base)
    );
    // Somebody whom the provider knows without an address.
    assert_eq!(through_acme(&browser, &issuer, &json!({ "sub": "x" })).await, "/failed?error=email_not_found");
    // A code is good once at the provider too.
    let url = led_to(&browser, json!({})).await;
    let query_of_ann = issuer.agree(&url, &subject("ann-1", "ann@acme.example", true));
    assert_eq!(back(&browser, &query_of_ann).await, "/in");
    let code = query(&format!("/?{query_of_ann}"))["code"].clone();
    let again = format!("code={code}&iss={}&state={}", issuer.base, state().await);
    assert_eq!(back(&browser, &again).await, "/failed?error=invalid_code");
});

db_test!(people_are_sent_to_trusted_places_only, with_issuer(), async |app| {
    let _issuer = Issuer::open(&app);
    let browser = app.client();
    for (field, code) in [
        ("callbackURL", "INVALID_CALLBACK_URL"),
        ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"),
        ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
    ] {
        for bad in ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
            let body = json!({ "provider": "acme", field: bad });
            browser.post("/api/auth/sign-in/social", body).await.refused(403, code);
            let body = json!({ "providerId": "acme", field: bad });
            browser.post("/api/auth/sign-in/oauth2", body).await.refused(403, code);
        }
        led_to(&browser, json!({ field: "https://app.example/there" })).await;
    }
    for (field, value) in [
        ("additionalParams", json!({ "redirect_uri": "https://evil.example" })),
        ("additionalParams", json!({ "STATE": "mine" })),
        ("scopes", json!(["a b"])),
    ] {
        let body = json!({ "provider": "acme", field: value });
        browser.post("/api/auth/sign-in/social", body).await.refused(400, "INVALID_AUTHORIZATION_PARAMETER");
    }
    let more = json!({ "additionalParams": { "prompt": "login" }, "scopes": ["calendar"], "loginHint": "ann@acme.example", "disableRedirect": true });
    let asked = query(&led_to(&browser, more).await);
    assert_eq!((asked["prompt"].as_str(), asked["login_hint"].as_str()), ("login", "ann@acme.example"));
    assert_eq!(asked["scope"], "openid profile email calendar");
    let none = browser.post("/api/auth/sign-in/social", json!({ "provider": "nobody" })).await;
    none.refused(404, "PROVIDER_NOT_FOUND");
    let none = browser.post("/api/auth/sign-in/oauth2", json!({ "providerId": "nobody" })).await.expect(400);
    assert_eq!(none["message"], "No config found for provider nobody");
});

db_test!(an_issuer_speaks_for_itself_and_is_reached_where_it_may_be, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let start = async || browser.post("/api/auth/sign-in/social", json!({ "provider": "acme" })).await;
    issuer.document(|document| document["issuer"] = json!("https://evil.example"));
    start().await.refused(503, "PROVIDER_UNAVAILABLE");
    issuer.document(|document| document["authorization_endpoint"] = json!("javascript:alert(1)"));
    start().await.refused(503, "PROVIDER_UNAVAILABLE");
    issuer.document(|document| document["jwks_uri"] = Json::Null);
    start().await.refused(503, "PROVIDER_UNAVAILABLE");
    issuer.document(|document| document["padding"] = json!("x".repeat(300_000)));
    start().await.refused(503, "PROVIDER_UNAVAILABLE");
    issuer.document(|_| ());
    start().await.expect(200);
    // It is there still when its document is not to be read for a while.
    app.clock.advance(3700);
    issuer.document(|document| document["issuer"] = json!("https://evil.example"));
    start().await.expect(200);
    app.clock.advance(86_400);
    start().await.refused(503, "PROVIDER_UNAVAILABLE");
});

db_test!(an_issuer_inside_is_not_reached, inside(), async |app| {
    let issuer = Issuer::open(&app);
    let answer = app.client().post("/api/auth/sign-in/social", json!({ "provider": "acme" })).await;
    answer.refused(503, "PROVIDER_UNAVAILABLE");
    assert_eq!(issuer.asked("document"), 0);
});

fn inside() -> Options {
    with_issuer().kit(|kit| kit.reach = api_kit::Reach { private: Vec::new(), http: true })
}

db_test!(the_older_generation_goes_its_own_way, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let begin = async || {
        let body = json!({ "providerId": "acme", "callbackURL": "/in", "errorCallbackURL": "/failed", "newUserCallbackURL": "/welcome" });
        let started = browser.post("/api/auth/sign-in/oauth2", body).await.ok();
        assert_eq!(started["redirect"], true);
        started["url"].as_str().unwrap().to_owned()
    };
    let end = async |query: &str| {
        let answer = browser.get(&format!("/api/auth/oauth2/callback/acme?{query}")).await.expect(302);
        answer.header("location").unwrap().to_owned()
    };
    let url = begin().await;
    assert_eq!(query(&url)["redirect_uri"], format!("{}/api/auth/oauth2/callback/acme", app.base));
    assert_eq!(end(&issuer.agree(&url, &subject("ann-1", "ann@acme.example", true))).await, "/welcome");
    assert!(is_signed_in(&browser).await);
    let state = async || query(&begin().await)["state"].clone();
    assert_eq!(end(&format!("state={}", state().await)).await, "/failed?error=oAuth_code_missing");
    let wrong = format!("code=x&iss={}&state={}", issuer.base, state().await);
    assert_eq!(end(&wrong).await, "/failed?error=oauth_code_verification_failed");
    let url = begin().await;
    assert_eq!(end(&issuer.agree(&url, &json!({ "sub": "x" }))).await, "/failed?error=email_is_missing");
});

db_test!(a_form_is_led_to_the_same_with_get, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let url = led_to(&browser, json!({})).await;
    let query = issuer.agree(&url, &subject("ann-1", "ann@acme.example", true));
    // As a page of the provider posts it: with its origin, and whatever cookies come along.
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://appleid.apple.com"),
        ("cookie", "other=1"),
    ];
    let body = format!("{query}&user=%7B%22name%22%3A%7B%7D%7D&more=x");
    let posted =
        app.http().send("POST", "/api/auth/callback/acme", Some(body.into_bytes()), &headers).await.expect(302);
    let to = posted.header("location").unwrap().to_owned();
    assert!(to.starts_with(&format!("{}/api/auth/callback/acme?code=", app.base)) && !to.contains("more"), "{to}");
    assert!(posted.set_cookies().is_empty());
    let landed = browser.get(&path_of(&app, &to)).await.expect(302);
    assert_eq!(landed.header("location"), Some("/in"));
    assert!(is_signed_in(&browser).await);
});

db_test!(pages_are_told_which_providers_there_are, with_issuer(), async |app| {
    let instance = app.http().get("/v1/instance").await.ok();
    assert_eq!(instance["methods"]["social"], json!([{ "id": "acme", "name": "Acme", "sign_up_enabled": true }]));
});
