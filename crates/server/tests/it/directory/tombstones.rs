//! What a deleted resource leaves: the memory of a link that had been accepted.

use auth_core::features::directory::DirectoryFault;
use auth_core::features::directory::users::Link;

use super::*;
use crate::support::*;

db_test!(a_deleted_person_is_shut_out_until_the_directory_brings_them_back, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@acme.example").await;
    let id = member(&app, &acme, &ann.id).await.unwrap().id;
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();

    dir.delete(&made.id).await;
    assert!(!is_in(&app, &token).await);
    assert!(sign_in(&app, "ann@acme.example").await.unwrap_err().is(&DirectoryFault::AccessSuspended));
    assert!(user(&app, "ann@acme.example").await.is_some(), "a directory never deletes a person");
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);

    let back = dir.post(&person("ann@acme.example")).await;
    assert_ne!(back.id, made.id);
    assert_eq!((back.link, back.user_id), (Link::Linked, Some(ann.id.clone())));
    let now = member(&app, &acme, &ann.id).await.unwrap();
    assert_eq!(
        (now.status, now.roles),
        (Status::Active, vec!["member".to_owned()]),
        "roles by hand do not return after a deletion"
    );
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_tombstones").await, 0);
});

db_test!(a_person_from_elsewhere_who_had_accepted_need_not_accept_again, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    dir.delete(&made.id).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);
    let back = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!((back.link, back.user_id), (Link::Linked, Some(ann.id.clone())));
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Active);
});

db_test!(the_external_id_decides_and_the_user_name_only_where_there_is_none, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let ann = dir.post(&person("ann@acme.example")).await;
    dir.delete(&ann.id).await;

    // The same userName with another externalId is another person, who has another address.
    let mut other = person("ann@acme.example");
    other["externalId"] = json!("another");
    other["emails"] = json!([{ "value": "ann2@acme.example" }]);
    let second = dir.post(&other).await;
    assert_ne!(second.user_id, ann.user_id);
    dir.delete(&second.id).await;

    // Without one, the userName names the later of the two.
    let mut bare = person("ann@acme.example");
    bare.as_object_mut().unwrap().shift_remove("externalId");
    bare["emails"] = json!([{ "value": "ann2@acme.example" }]);
    assert_eq!(dir.post(&bare).await.user_id, second.user_id);

    // The externalId finds its person under another userName.
    let mut renamed = person("ann@acme.example");
    renamed["userName"] = json!("ann.lee");
    assert_eq!(dir.post(&renamed).await.user_id, ann.user_id);
});

db_test!(a_tombstone_does_not_follow_a_person_to_another_address, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    dir.delete(&made.id).await;
    let moved = async |tx: &mut auth_core::Tx| users::set_email(tx, &ann.id, "private@elsewhere.example", true).await;
    app.core.write(&system(), moved).await.unwrap();
    let again = dir.post(&person("ann@elsewhere.example")).await;
    assert_ne!(again.user_id, Some(ann.id.clone()));
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Suspended);
});

db_test!(roles_by_hand_return_as_the_settings_say, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let mut dir = Dir::of(&app, Some(&acme), "okta").await;
    dir.actor.directory.settings.restore_roles_on_reactivation = false;
    dir.actor.directory.settings.restore_roles_after_delete = true;
    let mut made = dir.post(&person("ann@acme.example")).await;
    let ann = user(&app, "ann@acme.example").await.unwrap();
    let id = member(&app, &acme, &ann.id).await.unwrap().id;
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();
    dir.delete(&made.id).await;
    made = dir.post(&person("ann@acme.example")).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().roles, ["admin"]);
    dir.set_active(&made.id, false).await;
    dir.set_active(&made.id, true).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().roles, ["member"]);
});
