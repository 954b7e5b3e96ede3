//! `/api/auth` without organizations: Better Auth's wire format, seen from outside.

mod additional_fields;
mod administration;
mod anonymous;
mod api_key;
mod bad_input;
mod change_email;
mod cookies;
mod csrf;
mod delete_user;
mod device;
mod email_otp;
mod email_verification;
mod erased_beside;
mod handover;
mod i18n;
mod impersonation;
mod jwt;
mod lessons;
mod magic_link;
mod multi_session;
mod one_time_token;
mod passkey;
mod password_off;
mod password_reset;
mod passwords;
mod phone_number;
mod profile;
mod rate_limit;
mod service;
mod session_fields;
mod sessions;
mod sign_in;
mod sign_up;
mod social;
mod social_accounts;
mod social_linking;
mod social_tokens;
mod sso;
mod throttles;
mod throttles_in_redis;
mod throttles_more;
mod two_factor;
mod two_factor_rules;
mod two_factor_ways;
mod username;

use crate::support::{App, Client, Issuer, Json, json};

/// The cookie of the session.
const SESSION: &str = "better-auth.session_token";

/// Whether a caller has a session that counts.
async fn is_signed_in(client: &Client) -> bool {
    !client.get("/api/auth/get-session").await.ok().is_null()
}

/// Tries to sign in; the status of the answer.
async fn try_sign_in(app: &App, email: &str, password: &str) -> u16 {
    app.http().post("/api/auth/sign-in/email", json!({ "email": email, "password": password })).await.status
}

/// The keys of an object, sorted.
fn keys(object: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The path and query of an address of this instance.
fn path_of(app: &App, url: &str) -> String {
    url.strip_prefix(&app.base).expect("an address of this instance").to_owned()
}

/// Where the browser of somebody goes who signs in through `acme`.
async fn led_to(client: &Client, more: Json) -> String {
    let mut body = json!({ "provider": "acme", "callbackURL": "/in", "errorCallbackURL": "/failed" });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    client.post("/api/auth/sign-in/social", body).await.ok()["url"].as_str().expect("an address").to_owned()
}

/// Comes back from `acme`; where that leads.
async fn back(client: &Client, query: &str) -> String {
    let answer = client.get(&format!("/api/auth/callback/acme?{query}")).await.expect(302);
    answer.header("location").expect("a location").to_owned()
}

/// Signs in through `acme` as that person; where that leads.
async fn through_acme(client: &Client, issuer: &Issuer, person: &Json) -> String {
    let url = led_to(client, json!({})).await;
    back(client, &issuer.agree(&url, person)).await
}
