//! The attack: sign up as the future employee, wait to be provisioned.

use auth_core::sign_in::SignInFault;

use super::*;
use crate::support::*;

db_test!(what_was_set_without_proof_is_wiped, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    // 1. The attacker signs up with the address and cannot prove it.
    let (account, token) = signed_up(&app, "ceo@acme.example").await;
    let second = sign_in(&app, "ceo@acme.example").await.unwrap().token.expose().to_owned();
    // 2. The directory provisions the person.
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ceo@acme.example")).await;
    assert_eq!(made.user_id, Some(account.id.clone()));
    // 3. Sessions and password of the attacker are gone.
    assert!(!is_in(&app, &token).await && !is_in(&app, &second).await);
    let refused = sign_in(&app, "ceo@acme.example").await.unwrap_err();
    assert!(refused.is(&SignInFault::InvalidEmailOrPassword), "{refused:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
    // 4. The mailbox's owner gets in, and is a member.
    let (ceo, _) = owner_gets_in(&app, "ceo@acme.example").await;
    assert_eq!(member(&app, &acme, &ceo.id).await.expect("a member").status, Status::Active);
});

db_test!(a_sign_in_that_was_under_way_does_not_survive_the_wipe, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (account, _) = signed_up(&app, "ceo@acme.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    dir.post(&person("ceo@acme.example")).await;
    let late = async |tx: &mut auth_core::Tx| {
        sign_in::open_session(tx, sign_in::Opening::of(&account, sign_in::PASSWORD)).await
    };
    let refused = app.core.write(&stranger(), late).await.unwrap_err();
    assert!(refused.is(&SignInFault::AccessEnded), "{refused:?}");
});

db_test!(an_address_that_arrives_later_is_wiped_too, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (_, token) = signed_up(&app, "ceo@acme.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&json!({ "userName": "ceo" })).await;
    assert!(is_in(&app, &token).await);
    dir.patch(&made.id, &json!({ "emails": [{ "value": "ceo@acme.example" }] })).await;
    assert!(!is_in(&app, &token).await);
});
