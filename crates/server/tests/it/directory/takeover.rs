//! The attack: create or adopt the victim, change the address, reset the password.

use auth_core::features::directory::users::Link;

use super::*;
use crate::support::*;

db_test!(a_foreign_account_is_not_taken_over, async |app| {
    // 1. The victim has an account, proven and in use, of a domain that nobody holds.
    let (victim, token) = proven(&app, "victim@elsewhere.example").await;
    // 2. An attacker owns an organization with a domain and a directory of its own.
    let evil = organization(&app, "Evil", Some("evil.example")).await;
    let dir = Dir::of(&app, Some(&evil), "okta").await;
    // 3. They provision the victim's address. The IdP gets its answer; nobody is adopted.
    let made = dir.post(&person("victim@elsewhere.example")).await;
    assert_eq!(made.link, Link::Pending);
    // 4. They change the address to one of theirs, name and all.
    let moved = dir.readdress(&made.id, "mine@evil.example").await;
    dir.patch(&made.id, &json!({ "displayName": "Mine" })).await;
    // 5. The victim's account is what it was; the resource is about a new person.
    assert_eq!(user(&app, "victim@elsewhere.example").await, Some(victim.clone()));
    assert_eq!(member(&app, &evil, &victim.id).await, None);
    assert_ne!(moved.user_id, Some(victim.id.clone()));
    let mine = user(&app, "mine@evil.example").await.expect("the new person");
    assert_ne!(mine.id, victim.id);
    // 6. Back to the victim's address, and their password does not change hands.
    assert_eq!(dir.readdress(&made.id, "victim@elsewhere.example").await.link, Link::Pending);
    assert_eq!(user(&app, "victim@elsewhere.example").await, Some(victim));
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});

db_test!(a_member_from_elsewhere_keeps_their_address, async |app| {
    // 1. The victim is a member by their own will, with an address elsewhere.
    let evil = organization(&app, "Evil", Some("evil.example")).await;
    let (victim, token) = proven(&app, "victim@elsewhere.example").await;
    add_member(&app, &evil, &victim.id, "member").await;
    // 2. The directory is linked with them, and gives them an address of its own domain.
    let dir = Dir::of(&app, Some(&evil), "okta").await;
    let made = dir.post(&person("victim@elsewhere.example")).await;
    assert_eq!(made.link, Link::Linked);
    dir.readdress(&made.id, "mine@evil.example").await;
    // 3. So that a reset would be mailed to the attacker: it is not.
    assert!(user(&app, "mine@evil.example").await.is_none());
    assert_eq!(
        user(&app, "victim@elsewhere.example").await.map(|user| (user.name, user.email)),
        Some((victim.name, victim.email))
    );
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});

db_test!(an_account_that_the_directory_made_is_its_owners_once_proven, async |app| {
    // 1. The attacker makes the victim's account before the victim does.
    let evil = organization(&app, "Evil", Some("evil.example")).await;
    let dir = Dir::of(&app, Some(&evil), "okta").await;
    let made = dir.post(&person("victim@elsewhere.example")).await;
    // 2. The victim gets in by their mailbox.
    let (victim, token) = owner_gets_in(&app, "victim@elsewhere.example").await;
    // 3. The attacker changes address, name and password.
    dir.readdress(&made.id, "mine@evil.example").await;
    dir.patch(&made.id, &json!({ "displayName": "Mine" })).await;
    let kept = resources::keep_password(&app.core, &dir.actor, "attackers password").await.unwrap();
    assert!(kept.is_none(), "passwords are dropped");
    // 4. The account is still the victim's.
    let now = user(&app, "victim@elsewhere.example").await.expect("the victim");
    assert_eq!((now.id, now.name), (victim.id, victim.name));
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});
