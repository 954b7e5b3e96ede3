//! Notices about credentials: each once, in time, to those who can do something about it.

use auth_core::outbox::EventKind;

use super::oauth_code::{consent, exchange, request, web_client};
use super::*;
use crate::support::*;

const DAY: i64 = 86_400;

async fn expiring(app: &App, dir: &Dir, days: i64) -> String {
    let change = async |tx: &mut auth_core::Tx| {
        let new = NewCredential::bearer(dir.actor.directory.id.clone(), "Production", Origin::Api);
        let expires_at = Some(auth_core::Scope::now(tx).plus_seconds(days * DAY));
        tokens::issue(tx, NewCredential { expires_at, ..new }).await
    };
    app.core.write(&system(), change).await.expect("a credential").credential.id.to_string()
}

async fn told(app: &App, kind: EventKind) -> Vec<(String, Json)> {
    app.events_of(kind).await.into_iter().map(|event| (event.subject, event.payload)).collect()
}

/// How many notices of a kind there are after a look, and after another: the instance's own worker may have been faster.
async fn notices(app: &App, kind: EventKind) -> (usize, usize) {
    let mut counts = [0, 0];
    for count in &mut counts {
        tokens::notify(&app.core).await.expect("looked");
        *count = told(app, kind).await.len();
    }
    (counts[0], counts[1])
}

db_test!(admins_are_told_30_14_and_3_days_before_a_credential_expires, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (bob, _) = proven(&app, "bob@elsewhere.example").await;
    add_member(&app, &acme, &bob.id, "admin").await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = expiring(&app, &dir, 60).await;
    let short = expiring(&app, &dir, 10).await;
    let due = async || notices(&app, EventKind::CredentialExpiring).await;
    assert_eq!(due().await, (0, 0), "nothing is due");
    app.clock.advance(8 * DAY);
    assert_eq!(due().await, (1, 1), "the short one has two days left");
    app.clock.advance(23 * DAY);
    assert_eq!(due().await, (2, 2), "30 days before, once");
    app.clock.advance(2 * DAY);
    assert_eq!(due().await, (2, 2));
    app.clock.advance(14 * DAY);
    assert_eq!(due().await, (3, 3), "14 days before");
    app.clock.advance(11 * DAY);
    assert_eq!(due().await, (4, 4), "3 days before");
    app.clock.advance(5 * DAY);
    assert_eq!(due().await, (4, 4), "what has expired needs no notice");
    let events = told(&app, EventKind::CredentialExpiring).await;
    let days: Vec<_> =
        events.iter().map(|(subject, payload)| (subject.as_str(), payload["days_left"].as_i64().unwrap())).collect();
    assert_eq!(days, [(short.as_str(), 2), (id.as_str(), 29), (id.as_str(), 13), (id.as_str(), 2)]);
    app.mail().wait("bob@elsewhere.example", r"(expires in 13 days)").await;
    assert!(app.mail().to("ann@elsewhere.example").iter().all(|mail| !mail.subject.contains("expires")));
});

db_test!(a_replica_that_looks_at_the_same_time_tells_nobody_twice, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (bob, _) = proven(&app, "bob@elsewhere.example").await;
    add_member(&app, &acme, &bob.id, "admin").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for _ in 0..5 {
        expiring(&app, &dir, 40).await;
    }
    app.clock.advance(11 * DAY);
    let looks: Vec<_> = (0..4)
        .map(|_| {
            let core = app.core.clone();
            actix_web::rt::spawn(async move { tokens::notify(&core).await.expect("looked") })
        })
        .collect();
    for look in looks {
        look.await.expect("it ends");
    }
    assert_eq!(told(&app, EventKind::CredentialExpiring).await.len(), 5);
});

db_test!(a_credential_that_nobody_uses_is_told_of_once_until_it_is_used_again, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let due = async || notices(&app, EventKind::CredentialUnused).await;
    app.clock.advance(89 * DAY);
    assert_eq!(due().await, (0, 0));
    app.clock.advance(2 * DAY);
    assert_eq!(due().await, (1, 1));
    assert!(opens(&app, Presented::Bearer(&dir.token)).await);
    // The use is noted beside the request.
    for _ in 0..400 {
        if app.count("SELECT COUNT(*) FROM directory_credentials WHERE last_used_at > unused_notice_at").await == 1 {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(due().await, (1, 1), "it is used again");
    app.clock.advance(91 * DAY);
    assert_eq!(due().await, (2, 2));
});

db_test!(
    nobody_is_told_of_what_was_revoked_or_of_unused_ones_if_the_operator_does_not_want_that,
    Options::default().settings(|settings| settings.directory.unused_credential_days = 0),
    async |app| {
        let acme = organization(&app, "Acme", None).await;
        let dir = Dir::of(&app, Some(&acme), "okta").await;
        let id = auth_core::ids::CredentialId::from_text(expiring(&app, &dir, 40).await);
        app.core.write(&system(), async |tx| tokens::revoke(tx, &acme, &id).await).await.expect("revoked");
        app.clock.advance(100 * DAY);
        for kind in [EventKind::CredentialExpiring, EventKind::CredentialUnused] {
            assert_eq!(notices(&app, kind).await, (0, 0));
        }
    }
);

db_test!(the_documented_expression_finds_every_kind_of_token, async |app| {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let text = std::fs::read_to_string(docs).expect("the page for auditors");
    let expression = text.split("```regex\n").nth(1).and_then(|rest| rest.lines().next()).expect("an expression");
    let expression = regex::Regex::new(expression).expect("it is one");
    let boot = app.boot("Acme", None).await;
    let dir = Dir::of(&app, None, "okta").await;
    let client = web_client(&app, &dir).await;
    let (root, _) = proven(&app, "root@elsewhere.example").await;
    let root = User { role: "admin".into(), ..root };
    let code = consent(&app, &root, &request(&client)).await.expect("a code");
    let answer = exchange(&app, &client, &code).await.expect("tokens");
    let refresh = answer.refresh_token.as_ref().expect("a refresh token");
    for token in [&boot.scim_token, &boot.secret_key, &dir.token] {
        assert_eq!(
            expression.find(&format!("Authorization: Bearer {token}\n")).map(|m| m.as_str()),
            Some(token.as_str())
        );
    }
    for token in [code.expose(), answer.access_token.expose(), refresh.expose()] {
        assert_eq!(expression.find(&format!("key={token};")).map(|m| m.as_str()), Some(token));
    }
    for other in [&boot.scim_token[..boot.scim_token.len() - 1], "scim_short", "disk_usage", &boot.organization_id] {
        assert!(!expression.is_match(other), "{other}");
    }
});
