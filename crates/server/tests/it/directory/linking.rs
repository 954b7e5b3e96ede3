//! Whose account is it? The five cases, and a resource without an address.

use auth_core::features::directory::DirectoryFault;
use auth_core::features::directory::users::Link;

use super::*;
use crate::support::*;

db_test!(nobody_has_the_address_so_a_person_is_made, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    assert_eq!((made.link, made.version, made.active), (Link::Linked, 1, true));
    let ann = user(&app, "ann@acme.example").await.expect("a person");
    assert_eq!(made.user_id.as_ref(), Some(&ann.id));
    assert!(ann.email_verified, "the organization holds the domain");
    assert_eq!((ann.name.as_str(), ann.first_name.as_deref()), ("ann of the directory", Some("ann")));
    assert_eq!(ann.created_by_directory_id.as_ref(), Some(&dir.actor.directory.id));
    let member = member(&app, &acme, &ann.id).await.expect("a member");
    assert_eq!((member.status, member.roles), (Status::Active, vec!["member".to_owned()]));

    let far = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!(far.link, Link::Linked);
    assert!(!user(&app, "ann@elsewhere.example").await.expect("a person").email_verified);
});

db_test!(a_member_with_that_address_is_linked_and_nothing_of_theirs_is_wiped, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (ann, token) = signed_up(&app, "ann@acme.example").await;
    add_member(&app, &acme, &ann.id, "admin").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ANN@acme.example")).await;
    assert_eq!((made.link, made.user_id), (Link::Linked, Some(ann.id.clone())));
    assert!(is_in(&app, &token).await && sign_in(&app, "ann@acme.example").await.is_ok());
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").roles, ["admin"]);
});

db_test!(somebody_of_the_held_domain_is_linked_and_made_a_member, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (ann, token) = proven(&app, "ann@acme.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    assert_eq!((made.link, made.user_id), (Link::Linked, Some(ann.id.clone())));
    assert!(is_in(&app, &token).await, "a proven account keeps what is its own");
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Active);
    assert_eq!(user(&app, "ann@acme.example").await.expect("ann").name, "ann of the directory");
});

db_test!(a_resource_without_an_address_is_linked_to_nobody_until_one_arrives, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&json!({ "userName": "ann", "displayName": "Ann" })).await;
    assert_eq!((made.link, made.user_id.clone()), (Link::NoAddress, None));
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    dir.set_active(&made.id, false).await;
    dir.set_active(&made.id, true).await;

    let linked = dir.patch(&made.id, &json!({ "emails": [{ "value": "ann@acme.example" }] })).await;
    assert_eq!((linked.link, linked.version), (Link::Linked, 4));
    let ann = user(&app, "ann@acme.example").await.expect("a person");
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Active);

    // An address that disappears ends nothing.
    let without = dir.patch(&made.id, &json!({ "emails": null })).await;
    assert_eq!((without.link, without.user_id), (Link::Linked, Some(ann.id.clone())));
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Active);
});

db_test!(a_person_may_be_created_inactive, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "ping").await;
    let mut resource = person("ann@acme.example");
    resource["active"] = json!(false);
    let made = dir.post(&resource).await;
    let ann = user(&app, "ann@acme.example").await.expect("a person");
    assert_eq!((made.active, made.link), (false, Link::Linked));
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Suspended);
    dir.set_active(&made.id, true).await;
    assert_eq!(member(&app, &acme, &ann.id).await.expect("a member").status, Status::Active);
});

db_test!(a_user_name_is_taken_whatever_its_case_and_only_in_its_own_directory, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let first = okta.post(&person("ann@acme.example")).await;
    let again = okta.try_post(&person("ANN@acme.example")).await.unwrap_err();
    assert!(again.is(&DirectoryFault::UserNameTaken));
    assert_eq!(okta.get(&first.id).await.unwrap(), first);
    let bob = okta.post(&person("bob@acme.example")).await;
    let taken = okta.try_patch(&bob.id, &json!({ "userName": "Ann@Acme.example" })).await.unwrap_err();
    assert!(taken.is(&DirectoryFault::UserNameTaken));
    assert_eq!(okta.get(&bob.id).await.unwrap().version, 1);
    // Its own name in another case is none.
    let renamed = okta.patch(&bob.id, &json!({ "userName": "BOB@acme.example" })).await;
    assert_eq!(renamed.attributes["userName"], "BOB@acme.example");

    let entra = Dir::of(&app, Some(&acme), "entra").await;
    let other = entra.post(&person("ann@acme.example")).await;
    assert_eq!(other.user_id, first.user_id);
    assert!(entra.get(&first.id).await.unwrap_err().is(&DirectoryFault::ResourceNotFound));
});

db_test!(what_is_not_different_changes_neither_version_nor_time, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let events = app.count("SELECT COUNT(*) FROM events").await;
    let same =
        dir.try_patch(&made.id, &json!({ "active": true, "displayName": "ann of the directory" })).await.unwrap();
    assert!(!same.changed);
    assert_eq!((same.resource.version, same.resource.updated_at), (1, made.updated_at));
    assert_eq!(app.count("SELECT COUNT(*) FROM events").await, events);
    let other = dir.try_patch(&made.id, &json!({ "title": "Boss" })).await.unwrap();
    assert!(other.changed && other.resource.version == 2 && other.resource.updated_at > made.updated_at);
});

db_test!(an_old_version_is_refused, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    dir.patch(&made.id, &json!({ "title": "Boss" })).await;
    let edit = |present: &DirectoryUser| Ok::<_, Error>(present.attributes.clone());
    let stale = async |tx: &mut auth_core::Tx| {
        resources::change(tx, &dir.actor, &made.id, Some(&["1".to_owned()]), None, edit).await
    };
    assert!(app.core.write(&dir.ctx, stale).await.unwrap_err().is(&DirectoryFault::Stale));
    let stale =
        async |tx: &mut auth_core::Tx| resources::delete(tx, &dir.actor, &made.id, Some(&["1".to_owned()])).await;
    assert!(app.core.write(&dir.ctx, stale).await.unwrap_err().is(&DirectoryFault::Stale));
    let good = async |tx: &mut auth_core::Tx| {
        resources::delete(tx, &dir.actor, &made.id, Some(&["1".to_owned(), "2".to_owned()])).await
    };
    app.core.write(&dir.ctx, good).await.unwrap();
    assert!(dir.get(&made.id).await.unwrap_err().is(&DirectoryFault::ResourceNotFound));
});
