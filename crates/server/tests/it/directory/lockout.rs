//! The attack: create the victim, deactivate them, delete them.

use super::*;
use crate::support::*;

db_test!(who_never_accepted_is_not_locked_out, async |app| {
    let (victim, token) = proven(&app, "victim@elsewhere.example").await;
    let evil = organization(&app, "Evil", Some("evil.example")).await;
    let dir = Dir::of(&app, Some(&evil), "okta").await;
    // 1. Create, deactivate, activate, deactivate, delete.
    let made = dir.post(&person("victim@elsewhere.example")).await;
    for active in [false, true, false] {
        dir.set_active(&made.id, active).await;
        assert!(is_in(&app, &token).await);
    }
    dir.delete(&made.id).await;
    // 2. Create inactive from the start.
    let mut resource = person("victim@elsewhere.example");
    resource["active"] = json!(false);
    dir.post(&resource).await;
    // 3. The victim notices nothing.
    assert_eq!(user(&app, "victim@elsewhere.example").await, Some(victim));
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});

db_test!(a_member_from_elsewhere_loses_the_membership_and_nothing_else, async |app| {
    let evil = organization(&app, "Evil", Some("evil.example")).await;
    let home = organization(&app, "Home", None).await;
    let (victim, token) = proven(&app, "victim@elsewhere.example").await;
    add_member(&app, &evil, &victim.id, "member").await;
    add_member(&app, &home, &victim.id, "owner").await;
    let dir = Dir::of(&app, Some(&evil), "okta").await;
    let made = dir.post(&person("victim@elsewhere.example")).await;
    dir.set_active(&made.id, false).await;
    dir.delete(&made.id).await;
    assert_eq!(member(&app, &evil, &victim.id).await.unwrap().status, Status::Suspended);
    assert_eq!(member(&app, &home, &victim.id).await.unwrap().status, Status::Active);
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});

db_test!(an_instance_directory_does_not_lock_out_who_never_accepted, async |app| {
    let (victim, token) = proven(&app, "victim@elsewhere.example").await;
    let dir = Dir::of(&app, None, "okta").await;
    let made = dir.post(&person("victim@elsewhere.example")).await;
    dir.set_active(&made.id, false).await;
    dir.delete(&made.id).await;
    assert_eq!(user(&app, "victim@elsewhere.example").await, Some(victim));
    assert!(is_in(&app, &token).await && sign_in(&app, "victim@elsewhere.example").await.is_ok());
});
