//! `/api/auth` without organizations: Better Auth's wire format, seen from outside.

mod anonymous;
mod bad_input;
mod change_email;
mod cookies;
mod csrf;
mod delete_user;
mod email_otp;
mod email_verification;
mod handover;
mod impersonation;
mod lessons;
mod magic_link;
mod multi_session;
mod password_reset;
mod one_time_token;
mod passwords;
mod profile;
mod rate_limit;
mod service;
mod sessions;
mod sign_in;
mod sign_up;
mod username;

use crate::support::{App, Client, Json, json};

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
