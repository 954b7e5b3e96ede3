//! Disconnecting a directory: its credentials at once, its people one by one.

use auth_core::features::directory::{DirectoryFault, connections, disconnect_step, finish_disconnections};

use super::*;
use crate::support::*;

db_test!(credentials_are_refused_at_once_and_the_people_follow, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let other = Dir::of(&app, Some(&acme), "entra").await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "cyd"] {
        ids.push(dir.post(&person(&format!("{name}@acme.example"))).await);
    }
    dir.set_active(&ids[1].id, false).await;
    other.post(&person("cyd@acme.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@acme.example").await;

    let gone = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::disconnect(tx, &acme, gone).await).await.expect("disconnected");
    let refused = authenticated(&app, Presented::Bearer(&dir.token)).await.unwrap_err();
    assert!(refused.is(&DirectoryFault::InvalidToken));
    let again = async |tx: &mut auth_core::Tx| connections::disconnect(tx, &acme, gone).await;
    assert!(app.core.write(&system(), again).await.unwrap_err().is(&DirectoryFault::NotFound));

    finish_disconnections(&app.core).await.expect("all steps");
    assert!(!disconnect_step(&app.core).await.expect("a step"), "there is nothing left");
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);
    assert!(!is_in(&app, &token).await && sign_in(&app, "ann@acme.example").await.is_err());
    let cyd = user(&app, "cyd@acme.example").await.unwrap();
    assert_eq!(member(&app, &acme, &cyd.id).await.unwrap().status, Status::Active, "the other directory carries them");

    // The provider id is free again, and the next directory brings its people back.
    let next = Dir::of(&app, Some(&acme), "okta").await;
    assert_ne!(next.actor.directory.id, *gone);
    next.post(&person("ann@acme.example")).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Active);
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
});

db_test!(a_request_that_was_under_way_brings_nobody_back, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let ann = dir.post(&person("ann@acme.example")).await;
    dir.set_active(&ann.id, false).await;
    let gone = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::disconnect(tx, &acme, gone).await).await.expect("disconnected");
    finish_disconnections(&app.core).await.expect("all steps");

    // It authenticated before; it ends after.
    assert!(dir.try_patch(&ann.id, &json!({ "active": true })).await.is_err());
    let late = dir.post(&person("late@acme.example")).await;
    assert!(late.active);
    finish_disconnections(&app.core).await.expect("all steps");
    let late = user(&app, "late@acme.example").await.unwrap();
    assert_eq!(member(&app, &acme, &late.id).await.unwrap().status, Status::Suspended);
});
