//! Two secrets at once, until the other side uses the new one.

use auth_core::features::directory::credentials::Kind;
use auth_core::outbox::EventKind;

use super::oauth::{change, fetch, fetch_by, issue_as, replica, secret};
use super::*;
use crate::support::*;

db_test!(both_secrets_are_good_until_the_rotation_is_completed, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = &dir.actor.credential_id;
    let started = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    let new = secret(&started).to_owned();
    let rotation = started.credential.rotation.clone().expect("a rotation");
    assert!(new.starts_with(&rotation.prefix) && new != dir.token && !dir.token.starts_with(&rotation.prefix));
    assert!(opens(&app, Presented::Bearer(&dir.token)).await && opens(&app, Presented::Bearer(&new)).await);
    let actor = authenticated(&app, Presented::Bearer(&new)).await.unwrap();
    assert_eq!(actor.credential_id, *id, "it is the same credential");

    let again = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.unwrap_err();
    assert!(again.is(&DirectoryFault::RotationInProgress));
    assert!(opens(&app, Presented::Bearer(&new)).await, "the one that was refused changed nothing");

    let other = replica(&app);
    let done = change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.expect("completed");
    assert_eq!((done.prefix.as_str(), done.rotation), (rotation.prefix.as_str(), None));
    assert!(tokens::authenticate(&other, &stranger(), Presented::Bearer(&dir.token)).await.is_err());
    assert!(!opens(&app, Presented::Bearer(&dir.token)).await && opens(&app, Presented::Bearer(&new)).await);
    let twice = change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.unwrap_err();
    assert!(twice.is(&DirectoryFault::NoRotation));

    // And once more, from the new one on.
    let next = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.expect("completed");
    assert!(!opens(&app, Presented::Bearer(&new)).await && opens(&app, Presented::Bearer(secret(&next))).await);
});

db_test!(a_rotation_that_is_canceled_leaves_the_old_secret, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = &dir.actor.credential_id;
    let none = change(&app, async |tx| tokens::cancel_rotation(tx, &acme, id).await).await.unwrap_err();
    assert!(none.is(&DirectoryFault::NoRotation));
    let started = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    let canceled = change(&app, async |tx| tokens::cancel_rotation(tx, &acme, id).await).await.expect("canceled");
    assert!(dir.token.starts_with(&canceled.prefix) && canceled.rotation.is_none());
    assert!(opens(&app, Presented::Bearer(&dir.token)).await);
    assert!(!opens(&app, Presented::Bearer(secret(&started))).await);

    let steps: Vec<Json> = app
        .events_of(EventKind::CredentialRotated)
        .await
        .into_iter()
        .map(|event| event.payload["rotation"].clone())
        .collect();
    assert_eq!(steps, [json!("started"), json!("canceled")]);
    let texts = app.count("SELECT COUNT(*) FROM events WHERE payload LIKE '%rotation_hash%'").await;
    assert_eq!(texts, 0);
    for event in app.events().await {
        assert!(!event.payload.to_string().contains(secret(&started)), "no event holds a secret");
    }
});

db_test!(revoking_ends_both_secrets_for_good, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = &dir.actor.credential_id;
    let started = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    let revoked = change(&app, async |tx| tokens::revoke(tx, &acme, id).await).await.expect("revoked");
    assert!(revoked.rotation.is_none());
    assert!(!opens(&app, Presented::Bearer(&dir.token)).await);
    assert!(!opens(&app, Presented::Bearer(secret(&started))).await);
    let ended = DirectoryFault::CredentialEnded;
    assert!(change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.unwrap_err().is(&ended));
    assert!(change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.unwrap_err().is(&ended));
    assert!(change(&app, async |tx| tokens::cancel_rotation(tx, &acme, id).await).await.unwrap_err().is(&ended));

    let globex = organization(&app, "Globex", None).await;
    let foreign = change(&app, async |tx| tokens::start_rotation(tx, &globex, id).await).await.unwrap_err();
    assert!(foreign.is(&DirectoryFault::CredentialNotFound));
});

db_test!(a_pair_and_a_client_rotate_alike, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let basic = issue_as(&app, &dir, Kind::Basic).await;
    let id = &basic.credential.id;
    let new = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    let pair = |secret| Presented::Basic { id: id.as_str(), secret };
    assert!(opens(&app, pair(secret(&basic))).await && opens(&app, pair(secret(&new))).await);
    assert!(!opens(&app, Presented::Bearer(secret(&new))).await);
    change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.expect("completed");
    assert!(!opens(&app, pair(secret(&basic))).await && opens(&app, pair(secret(&new))).await);

    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let id = &client.credential.id;
    let held = fetch(&app, &client, None).await.expect("a token").access_token;
    let new = change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await).await.expect("started");
    assert!(fetch(&app, &client, None).await.is_ok() && fetch_by(&app, id, secret(&new), None).await.is_ok());
    change(&app, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.expect("completed");
    assert!(fetch(&app, &client, None).await.is_err() && fetch_by(&app, id, secret(&new), None).await.is_ok());
    assert!(opens(&app, Presented::Bearer(held.expose())).await, "what the client held goes on");
});

db_test!(of_parallel_rotations_one_is_under_way, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = &dir.actor.credential_id;
    let start = || change(&app, async |tx| tokens::start_rotation(tx, &acme, id).await);
    let answers = futures_util::future::join_all((0..10).map(|_| start())).await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (1, 9));
    assert!(bad.into_iter().all(|one| one.unwrap_err().is(&DirectoryFault::RotationInProgress)));
    for one in good.into_iter().flatten() {
        assert!(opens(&app, Presented::Bearer(secret(&one))).await);
    }
});
