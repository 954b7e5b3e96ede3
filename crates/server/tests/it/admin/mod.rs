//! The administration API, `/v1`, as its callers see it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what these tests expect is what they test")]

mod access;
mod activity;
mod api_keys;
mod attribute_mappings;
mod audit;
mod directories;
mod directory_imports;
mod directory_imports_applying;
mod domains;
mod erasure;
mod errors;
mod events;
mod events_stream;
mod idempotency;
mod instance;
mod invitations;
mod invitations_bulk;
mod isolation;
mod lists;
mod me;
mod memberships;
mod organization_roles;
mod organizations;
mod receipts;
mod requests;
mod role_rules;
mod roles;
mod scim_tokens;
mod secret_keys;
mod self_test;
mod sessions;
mod sessions_more;
mod setup;
mod setup_guide;
mod setup_sessions;
mod users;
mod users_more;
mod webhooks;

use std::time::Duration;

use crate::support::{Answer, App, Boot, Database, Json};

/// The path of something of an organization.
fn within(boot: &Boot, rest: &str) -> String {
    format!("/v1/organizations/{}{rest}", boot.organization_id)
}

/// The field and code of each fault of a problem.
#[track_caller]
fn faults(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("a problem with errors: {answer:?}"));
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    errors.iter().map(|fault| (text(&fault["field"]), text(&fault["code"]))).collect()
}

/// Checks the shape of a problem (RFC 9457).
#[track_caller]
fn problem(answer: Answer, status: u16, code: &str) -> Answer {
    let answer = answer.refused(status, code);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert_eq!(answer["status"], status, "{answer:?}");
    assert_eq!(answer["type"], "about:blank", "{answer:?}");
    assert!(answer["title"].is_string() && answer["detail"].is_string() && answer["errors"].is_array(), "{answer:?}");
    assert_eq!(answer["trace_id"].as_str(), answer.header("x-request-id"), "{answer:?}");
    answer
}

/// Waits until all events are readable. On PostgreSQL they are not while any transaction of the server is open that
/// began before: there another test's is enough.
async fn published(app: &App) {
    if matches!(app.database, Database::Sqlite) {
        return;
    }
    for _ in 0..500 {
        app.core.publish_events().await.expect("events are published");
        if app.count("SELECT COUNT(*) FROM events WHERE position IS NULL").await == 0 {
            return;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("some events are never published");
}
