//! The authorization code, as Okta's wizard asks for it: an administrator signs in, consents, and the client has tokens.

use super::oauth::{OAuthClient, TOKEN, failed, form, scim, send};
use super::*;
use crate::support::*;

pub(super) const BACK: &str = "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const STATE: &str = "a state with & and ä";

fn unescape(text: &str) -> String {
    let pairs = [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The value of a hidden field of a page.
#[track_caller]
fn field(page: &Answer, name: &str) -> String {
    let pattern = regex::Regex::new(&format!(r#"name="{name}" value="([^"]*)""#)).unwrap();
    let found = pattern.captures(&page.text).unwrap_or_else(|| panic!("{name} in {}", page.text));
    unescape(&found[1])
}

/// Where an answer leads: the address, and its parameters.
#[track_caller]
fn led(answer: &Answer) -> (String, Vec<(String, String)>) {
    let to = reqwest::Url::parse(answer.header("location").unwrap_or_else(|| panic!("{answer:?}"))).unwrap();
    let pairs = to.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let mut bare = to.clone();
    bare.set_query(None);
    (bare.to_string(), pairs)
}

#[track_caller]
fn parameter(answer: &Answer, name: &str) -> Option<String> {
    led(answer).1.into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
}

/// The request of a client, with other parameters; an empty one is left out.
fn request(client: &OAuthClient, other: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", client.id.as_str()),
        ("redirect_uri", BACK),
        ("state", STATE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in other {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    format!("/scim/oauth2/authorize?{}", form(&all))
}

async fn post(browser: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    browser.send("POST", path, Some(form(fields).into_bytes()), &headers).await
}

/// Presses a button of the page.
async fn decide(browser: &Client, page: &Answer, decision: &str) -> Answer {
    let (request, csrf) = (field(page, "request"), field(page, "csrf"));
    let fields = [("request", &*request), ("csrf", &csrf), ("decision", decision)];
    post(browser, "/scim/oauth2/authorize", &fields).await
}

/// Asks and allows; the code.
pub(super) async fn code(browser: &Client, client: &OAuthClient, other: &[(&str, &str)]) -> String {
    let page = browser.get(&request(client, other)).await.expect(200);
    parameter(&decide(browser, &page, "allow").await.expect(303), "code").expect("a code")
}

pub(super) async fn exchange(app: &App, client: &OAuthClient, code: &str, verifier: &str) -> Answer {
    let grant =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", verifier)];
    client.fetch(app, &grant).await
}

#[track_caller]
fn is_a_safe_page(page: &Answer) {
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let policy = page.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !page.text.contains("<script"), "{policy}");
}

db_test!(the_whole_dance_as_okta_does_it, async |app| {
    let boot = app.boot("Acme & Söhne", None).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    // Nobody is signed in: a form, which leads back to the request.
    let browser = app.client();
    let page = browser.get(&request(&client, &[])).await.expect(200);
    is_a_safe_page(&page);
    assert!(page.text.contains("type=\"password\"") && !page.text.contains("Acme"), "{}", page.text);
    let (asked, csrf) = (field(&page, "request"), field(&page, "csrf"));
    let fields = |password| [("request", &*asked), ("csrf", &*csrf), ("email", &*boot.email), ("password", password)];
    let again = post(&browser, "/scim/oauth2/sign-in", &fields("wrong password")).await.expect(401);
    is_a_safe_page(&again);
    assert!(again.text.contains("Invalid email or password") && browser.cookie_header().is_empty(), "{}", again.text);
    let entered = post(&browser, "/scim/oauth2/sign-in", &fields(PASSWORD)).await.expect(303);
    assert!(entered.header("set-auth-token").is_none());
    // The session is one like any other.
    assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["email"], boot.email);

    let page = browser.get(entered.header("location").unwrap()).await.expect(200);
    is_a_safe_page(&page);
    assert!(
        page.header("content-security-policy").unwrap().contains("form-action 'self' https://system-admin.okta.com;")
    );
    for shown in ["Acme &amp; Söhne", "Okta", &boot.email, "https://system-admin.okta.com"] {
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
    }
    let answer = decide(&browser, &page, "allow").await.expect(303);
    assert_eq!(led(&answer).0, BACK);
    assert_eq!(parameter(&answer, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&answer, "iss"), Some(format!("{}/scim/oauth2", app.base)));
    let code = parameter(&answer, "code").expect("a code");

    let tokens = exchange(&app, &client, &code, VERIFIER).await.ok();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    make(&scim(&app, &tokens), "ann").await;
    let refresh = tokens["refresh_token"].as_str().expect("a refresh token");
    let renew =
        async |token: &str| client.fetch(&app, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    app.clock.advance(3700);
    refused(&scim(&app, &tokens).get("/scim/v2/Users").await, 401, "");
    let next = renew(refresh).await.ok();
    scim(&app, &next).get("/scim/v2/Users").await.expect(200);
    // An old refresh token that comes again ends all of them.
    failed(&renew(refresh).await, 400, "invalid_grant");
    refused(&scim(&app, &next).get("/scim/v2/Users").await, 401, "");
    failed(&renew(next["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
});

db_test!(a_code_is_good_once_for_its_client_its_address_and_its_verifier, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    let other = OAuthClient::make(&boot, &[BACK]).await;
    let first = code(&boot.admin, &client, &[]).await;
    failed(&exchange(&app, &client, &first, &VERIFIER.replace('d', "e")).await, 400, "invalid_grant");
    failed(&exchange(&app, &client, &first, "").await, 400, "invalid_grant");
    failed(&exchange(&app, &other, &first, VERIFIER).await, 400, "invalid_grant");
    let elsewhere = [
        ("grant_type", "authorization_code"),
        ("code", &*first),
        ("redirect_uri", "https://system-admin.okta.com/other"),
        ("code_verifier", VERIFIER),
    ];
    failed(&client.fetch(&app, &elsewhere).await, 400, "invalid_grant");
    let tokens = exchange(&app, &client, &first, VERIFIER).await.ok();
    failed(&exchange(&app, &client, &first, VERIFIER).await, 400, "invalid_grant");
    refused(&scim(&app, &tokens).get("/scim/v2/Users").await, 401, "");

    let late = code(&boot.admin, &client, &[]).await;
    app.clock.advance(61);
    failed(&exchange(&app, &client, &late, VERIFIER).await, 400, "invalid_grant");
    // Without a challenge the secret is the proof: Okta sends none.
    let plain = code(&boot.admin, &client, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    failed(&exchange(&app, &client, &plain, VERIFIER).await, 400, "invalid_grant");
    let narrow = [("code_challenge", ""), ("code_challenge_method", ""), ("scope", "users:read")];
    let plain = code(&boot.admin, &client, &narrow).await;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", &*plain),
        ("redirect_uri", BACK),
        ("client_id", &client.id),
        ("client_secret", &client.secret),
    ];
    let tokens = send(&app, TOKEN, &grant, &[]).await.ok();
    assert_eq!(tokens["scope"], "users:read");
    scim(&app, &tokens).get("/scim/v2/Groups").await.expect(403);
});

db_test!(nobody_is_sent_where_the_client_did_not_say, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    for other in [
        &[("client_id", "scimt_none")][..],
        &[("client_id", "")],
        &[("client_id", "a b")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/")],
        &[("redirect_uri", "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback/")],
        &[("redirect_uri", "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback?x=1")],
    ] {
        let page = boot.admin.get(&request(&client, other)).await.expect(400);
        is_a_safe_page(&page);
        assert!(page.header("location").is_none() && !page.text.contains("evil"), "{page:?}");
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", request(&client, &[]));
    boot.admin.get(&twice).await.expect(400);
    boot.admin.get("/scim/oauth2/authorize?client_id=%ff").await.expect(400);
    boot.admin.get("/scim/oauth2/authorize").await.expect(400);

    // What comes after that is told to the client.
    for (other, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("scope", "everything")], "invalid_scope"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
    ] {
        for browser in [&boot.admin, &app.client()] {
            let answer = browser.get(&request(&client, other)).await.expect(302);
            assert_eq!(led(&answer).0, BACK);
            assert_eq!(parameter(&answer, "error").as_deref(), Some(error), "{other:?}");
            assert_eq!(parameter(&answer, "state").as_deref(), Some(STATE));
            assert!(parameter(&answer, "iss").is_some() && parameter(&answer, "code").is_none());
        }
    }
    let twice = boot.admin.get(&format!("{}&scope=users%3Aread&scope=x", request(&client, &[]))).await.expect(302);
    assert_eq!(parameter(&twice, "error").as_deref(), Some("invalid_request"));
    // A registered address with a query of its own keeps it.
    let own = "https://a.example/cb?tenant=1";
    let client = OAuthClient::make(&boot, &[own]).await;
    let page = boot.admin.get(&request(&client, &[("redirect_uri", own), ("state", "")])).await.expect(200);
    let answer = decide(&boot.admin, &page, "deny").await.expect(303);
    assert!(answer.header("location").unwrap().starts_with("https://a.example/cb?tenant=1&error=access_denied&"));
    assert_eq!(parameter(&answer, "state"), None);
});

db_test!(consent_takes_the_page_of_the_same_session, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    let page = boot.admin.get(&request(&client, &[])).await.expect(200);
    let (asked, csrf) = (field(&page, "request"), field(&page, "csrf"));
    let codes = async || app.count("SELECT COUNT(*) FROM directory_oauth_codes").await;
    let refused = async |browser: &Client, fields: &[(&str, &str)]| {
        let answer = post(browser, "/scim/oauth2/authorize", fields).await.expect(403);
        is_a_safe_page(&answer);
        assert_eq!(codes().await, 0);
    };
    let allow = ("decision", "allow");
    refused(&boot.admin, &[("request", &*asked), allow]).await;
    refused(&boot.admin, &[("request", &*asked), ("csrf", "x"), allow]).await;
    // For another request, by another session of the same person, without one, from a foreign page, too late.
    let other = asked.replace("code_challenge", "code_challange");
    refused(&boot.admin, &[("request", &*other), ("csrf", &csrf), allow]).await;
    let fields = [("request", &*asked), ("csrf", &csrf), allow];
    refused(&app.signed_in(&boot.email).await, &fields).await;
    refused(&app.client(), &fields).await;
    let foreign = boot.admin.clone().with("origin", "https://evil.example");
    refused(&foreign, &fields).await;
    refused(&boot.admin.clone().with("origin", "").with("sec-fetch-site", "cross-site"), &fields).await;
    app.clock.advance(901);
    refused(&boot.admin, &fields).await;

    let page = boot.admin.get(&request(&client, &[])).await.expect(200);
    let (asked, csrf) = (field(&page, "request"), field(&page, "csrf"));
    post(&boot.admin, "/scim/oauth2/authorize", &[("request", &*asked), ("csrf", &csrf)]).await.expect(400);
    let denied = decide(&boot.admin, &page, "deny").await.expect(303);
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&denied, "state").as_deref(), Some(STATE));
    // A client that is revoked while the page is open gets nothing.
    boot.key.send("POST", &format!("{}/revoke", client.path), None, &[]).await.expect(200);
    decide(&boot.admin, &page, "allow").await.expect(400);
    assert_eq!(codes().await, 0);
});

db_test!(who_may_not_manage_the_directory_may_not_consent, async |app| {
    let acme = app.boot("Acme", None).await;
    let client = OAuthClient::make(&acme, &[BACK]).await;
    // A member of the organization, and the owner of another one.
    let member = app.signed_up("carl").await;
    let id = member.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let memberships = format!("/v1/organizations/{}/memberships", acme.organization_id);
    acme.key.post(&memberships, json!({"user_id": id, "role": "org:member"})).await.created();
    let eve = app.signed_up("eve").await;
    eve.post("/api/auth/organization/create", json!({"name": "Eve", "slug": "eve"})).await.expect(200);
    for (browser, email) in [(&member, "carl@example.com"), (&eve, "eve@example.com")] {
        let page = browser.get(&request(&client, &[])).await.expect(403);
        is_a_safe_page(&page);
        assert!(
            page.text.contains(email) && !page.text.contains("Acme") && !page.text.contains("decision"),
            "{}",
            page.text
        );
        // They may be somebody else too: the page takes another sign-in.
        let (asked, csrf) = (field(&page, "request"), field(&page, "csrf"));
        let fields = [("request", &*asked), ("csrf", &csrf), ("decision", "allow")];
        post(browser, "/scim/oauth2/authorize", &fields).await.expect(403);
    }
    // An administrator of the organization may, until they are none any more.
    acme.key.patch(&format!("{memberships}/{}", id.as_str().unwrap()), json!({"role": "org:admin"})).await.expect(200);
    let page = member.get(&request(&client, &[])).await.expect(200);
    acme.key.patch(&format!("{memberships}/{}", id.as_str().unwrap()), json!({"role": "org:member"})).await.expect(200);
    let denied = decide(&member, &page, "allow").await.expect(303);
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_codes").await, 0);
});

db_test!(the_tokens_of_one_directory_open_no_other, async |app| {
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let client = OAuthClient::make(&acme, &[BACK]).await;
    let code = code(&acme.admin, &client, &[]).await;
    let tokens = exchange(&app, &client, &code, VERIFIER).await.ok();
    let bob = make(&beta.scim, "bob").await;
    let own = scim(&app, &tokens);
    refused(&own.get(&format!("/scim/v2/Users/{bob}")).await, 404, "");
    assert_eq!(own.get("/scim/v2/Users").await.ok()["totalResults"], 0);
    make(&own, "bob").await;
    // Access and refresh tokens open nothing else.
    for token in [&tokens["access_token"], &tokens["refresh_token"]] {
        let token = token.as_str().unwrap();
        app.key(token).get("/v1/organizations").await.expect(401);
        assert_eq!(app.http().bearer(token).get("/api/auth/get-session").await.ok(), Json::Null);
    }
    refused(&app.scim(tokens["refresh_token"].as_str().unwrap()).get("/scim/v2/Users").await, 401, "");
    // Who consented may leave: the grant is the directory's.
    acme.admin.post("/api/auth/sign-out", json!({})).await.expect(200);
    own.get("/scim/v2/Users").await.expect(200);
});

db_test!(the_form_to_sign_in_is_ours_and_limited, Options::default().limited(), async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[BACK]).await;
    app.clock.advance(11);
    let browser = app.client();
    let page = browser.get(&request(&client, &[])).await.expect(200);
    let (asked, csrf) = (field(&page, "request"), field(&page, "csrf"));
    let fields = [("request", &*asked), ("csrf", &csrf), ("email", &*boot.email), ("password", PASSWORD)];
    post(&browser, "/scim/oauth2/sign-in", &[fields[0], fields[2], fields[3]]).await.expect(403);
    post(&browser.clone().with("origin", "https://evil.example"), "/scim/oauth2/sign-in", &fields).await.expect(403);
    let consent = boot.admin.get(&request(&client, &[])).await.expect(200);
    let foreign = field(&consent, "csrf");
    post(&browser, "/scim/oauth2/sign-in", &[fields[0], ("csrf", &foreign), fields[2], fields[3]]).await.expect(403);
    // Three tries in ten seconds, here and elsewhere together.
    is_a_safe_page(&post(&browser, "/scim/oauth2/sign-in", &fields).await.expect(429));
    let body = json!({"email": boot.email, "password": PASSWORD});
    browser.post("/api/auth/sign-in/email", body).await.expect(429);
    app.clock.advance(11);
    post(&browser, "/scim/oauth2/sign-in", &fields).await.expect(303);
});
