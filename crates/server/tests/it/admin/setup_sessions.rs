//! Sessions in which a directory is set up: listed and revoked by those who manage the directory.

use auth_core::outbox::EventKind;

use super::{problem, within};
use crate::support::*;

const PAGE: &str = "https://app.example";

fn below(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}{rest}", boot.directory_id))
}

/// A session for pages of the product: its id, and whoever has its token.
async fn embedded(app: &App, boot: &Boot) -> (String, Client) {
    let wanted = json!({ "allowed_origins": [PAGE] });
    let made = boot.key.post(&below(boot, "/setup-sessions"), wanted).await.created();
    let token = made["token"].as_str().expect("a token");
    (made["id"].as_str().expect("an id").to_owned(), app.http().bearer(token).with("origin", PAGE))
}

db_test!(setup_sessions_are_listed_without_their_tokens_and_revoked, async |app| {
    let boot = app.boot("Acme", None).await;
    let here = below(&boot, "");
    let (first, mine) = embedded(&app, &boot).await;
    app.clock.advance(1);
    let (second, other) = embedded(&app, &boot).await;
    app.clock.advance(1);
    let link = boot.key.post(&below(&boot, "/setup-links"), json!({})).await.created();
    let token = link["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a token").to_owned();
    let exchanged = app.http().post("/v1/setup-sessions", json!({ "token": token })).await.created();

    let listed = boot.key.get(&below(&boot, "/setup-sessions")).await.ok();
    assert_eq!(listed["total_count"], 3, "{listed}");
    let ids: Vec<&Json> = listed["data"].as_array().expect("a page").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&exchanged["id"], &json!(second), &json!(first)], "newest first");
    assert_eq!(listed["data"][0]["setup_link_id"], link["id"]);
    let one = &listed["data"][2];
    assert_eq!((&one["object"], &one["allowed_origins"]), (&json!("setup_session"), &json!([PAGE])), "{one}");
    assert!(one["setup_link_id"].is_null() && one["revoked_at"].is_null() && one["expires_at"].is_i64(), "{one}");
    assert!(one.get("token").is_none());
    let page = boot.key.get(&below(&boot, "/setup-sessions?limit=1&offset=1")).await.ok();
    assert_eq!((&page["data"][0]["id"], &page["total_count"]), (&json!(second), &json!(3)));

    // The next request is refused, that of others goes on; also found by the directory alone.
    mine.get(&here).await.expect(200);
    let revoke = format!("/v1/directories/{}/setup-sessions/{first}/revoke", boot.directory_id);
    let revoked = boot.key.post(&revoke, json!({})).await.ok();
    assert!(revoked["revoked_at"].is_i64(), "{revoked}");
    problem(mine.get(&here).await, 401, "unauthenticated");
    other.get(&here).await.expect(200);
    assert_eq!(boot.key.post(&revoke, json!({})).await.ok(), revoked, "again changes nothing");
    let told = app.events_of(EventKind::SetupSessionRevoked).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].organization_id.is_some() && told[0].payload["setup_session"]["id"] == json!(first), "{told:?}");

    // Nobody who sets up ends others' sessions, and no stranger knows of them.
    let revoke = below(&boot, &format!("/setup-sessions/{second}/revoke"));
    other.post(&revoke, json!({})).await.expect(403);
    other.get(&below(&boot, "/setup-sessions")).await.expect(403);
    let stranger = app.signed_up("mallory").await;
    problem(stranger.post(&revoke, json!({})).await, 404, "organization_not_found");
    let beta = app.boot("Beta", Some("beta.example")).await;
    let elsewhere = below(&beta, &format!("/setup-sessions/{second}/revoke"));
    problem(beta.key.post(&elsewhere, json!({})).await, 404, "setup_session_not_found");
    other.get(&here).await.expect(200);
});
