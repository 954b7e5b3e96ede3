//! What a directory may change of a person, and what not.

use auth_core::features::directory::users::Link;
use auth_core::users::Changes;

use super::*;
use crate::support::*;

db_test!(the_directory_of_the_domain_changes_name_image_and_address, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let (ann, token) = owner_gets_in(&app, "ann@acme.example").await;
    let photo = "https://img.example/ann.png";
    dir.patch(&made.id, &json!({ "displayName": "Ann Lee", "photos": [{ "value": photo }] })).await;
    let now = user(&app, "ann@acme.example").await.expect("ann");
    assert_eq!((now.name.as_str(), now.image.as_deref()), ("Ann Lee", Some(photo)));
    assert!(is_in(&app, &token).await);

    let moved = dir.readdress(&made.id, "ann.lee@acme.example").await;
    assert_eq!((moved.link, moved.user_id), (Link::Linked, Some(ann.id.clone())));
    let now = user(&app, "ann.lee@acme.example").await.expect("ann under the new address");
    assert_eq!((now.id, now.email_verified), (ann.id, true));
    assert!(user(&app, "ann@acme.example").await.is_none());
    assert!(!is_in(&app, &token).await, "a change of the address ends sessions");
    app.mail().wait("ann@acme.example", "ann.lee@acme.example").await;
    app.mail().wait("ann.lee@acme.example", "ann@acme.example").await;
});

db_test!(what_a_person_changed_themselves_is_not_undone_by_another_attribute, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let ann = user(&app, "ann@acme.example").await.expect("ann");
    let changes = Changes { name: Some("Annie".into()), ..Changes::default() };
    app.core.write(&system(), async |tx| users::update(tx, &ann.id, changes.clone()).await).await.unwrap();
    dir.patch(&made.id, &json!({ "title": "Boss", "name": { "givenName": "ann", "familyName": "Lee" } })).await;
    let now = user(&app, "ann@acme.example").await.expect("ann");
    assert_eq!((now.name.as_str(), now.last_name.as_deref()), ("Annie", Some("Lee")));
});

db_test!(without_the_domain_only_the_resource_and_the_membership_change, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    let before = user(&app, "ann@elsewhere.example").await;
    let now = dir.readdress(&made.id, "new@elsewhere.example").await;
    let now = dir.patch(&now.id, &json!({ "displayName": "Somebody else" })).await;
    assert_eq!(now.attributes["displayName"], "Somebody else");
    assert_eq!(user(&app, "ann@elsewhere.example").await, before);
    assert!(user(&app, "new@elsewhere.example").await.is_none());
});

db_test!(no_address_of_a_domain_that_the_organization_does_not_hold, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    dir.readdress(&made.id, "ann@elsewhere.example").await;
    assert_eq!(user(&app, "ann@acme.example").await.map(|ann| ann.id), made.user_id);
    assert!(user(&app, "ann@elsewhere.example").await.is_none());
});

db_test!(an_address_that_somebody_else_has_moves_the_link, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("old@acme.example")).await;
    let (old, token) = owner_gets_in(&app, "old@acme.example").await;
    let (new, _) = proven(&app, "new@acme.example").await;
    let moved = dir.readdress(&made.id, "new@acme.example").await;
    assert_eq!((moved.link, moved.user_id), (Link::Linked, Some(new.id.clone())));
    assert_eq!(member(&app, &acme, &new.id).await.expect("a member").status, Status::Active);
    assert_eq!(member(&app, &acme, &old.id).await.expect("a member").status, Status::Suspended);
    assert!(!is_in(&app, &token).await && sign_in(&app, "old@acme.example").await.is_err());

    // And back again: the tombstone remembers.
    let back = dir.readdress(&made.id, "old@acme.example").await;
    assert_eq!(back.user_id, Some(old.id.clone()));
    assert_eq!(member(&app, &acme, &old.id).await.expect("a member").status, Status::Active);
    assert_eq!(member(&app, &acme, &new.id).await.expect("a member").status, Status::Suspended);
    assert!(sign_in(&app, "old@acme.example").await.is_ok());
});

db_test!(a_platform_admin_keeps_their_address_and_is_never_shut_out, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (root, token) = signed_up(&app, "root@acme.example").await;
    let changes = Changes { role: Some("admin".into()), ..Changes::default() };
    app.core.write(&system(), async |tx| users::update(tx, &root.id, changes.clone()).await).await.unwrap();
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("root@acme.example")).await;
    assert_eq!(made.link, Link::Linked);
    assert!(is_in(&app, &token).await, "not wiped, although the mailbox was never proven");
    dir.readdress(&made.id, "other@acme.example").await;
    assert!(user(&app, "root@acme.example").await.is_some());
    dir.set_active(&made.id, false).await;
    assert_eq!(member(&app, &acme, &root.id).await.expect("a member").status, Status::Suspended);
    assert!(is_in(&app, &token).await && sign_in(&app, "root@acme.example").await.is_ok());
});

db_test!(authority_ends_with_the_domain, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    owner_gets_in(&app, "ann@acme.example").await;
    dir.set_active(&made.id, false).await;
    assert!(sign_in(&app, "ann@acme.example").await.is_err());
    let change = async |tx: &mut auth_core::Tx| {
        let domain = domains::list(tx, &acme).await?.remove(0);
        domains::remove(tx, &acme, &domain.id).await
    };
    app.core.write(&system(), change).await.expect("the domain is given up");
    assert!(sign_in(&app, "ann@acme.example").await.is_ok(), "the block was never stored");
});

db_test!(a_password_is_dropped_unless_the_setting_keeps_it_and_the_domain_is_held, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let mut dir = Dir::of(&app, Some(&acme), "okta").await;
    assert!(resources::keep_password(&app.core, &dir.actor, PASSWORD).await.unwrap().is_none());
    dir.actor.directory.settings.keep_password = true;
    assert!(resources::keep_password(&app.core, &dir.actor, "short").await.unwrap().is_none());
    let kept = resources::keep_password(&app.core, &dir.actor, PASSWORD).await.unwrap();
    assert!(!format!("{kept:?}").contains('$'), "the hash does not show itself");
    for email in ["ann@acme.example", "ann@elsewhere.example"] {
        let mut resource = person(email);
        resource["password"] = json!(PASSWORD);
        let new = NewDirectoryUser { attributes: attributes(&resource), password: kept.clone() };
        let made = app.core.write(&dir.ctx, async |tx| resources::create(tx, &dir.actor, &new).await).await.unwrap();
        assert!(!made.attributes.contains_key("password"));
    }
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
    assert!(sign_in(&app, "ann@elsewhere.example").await.is_err());
});

db_test!(an_owners_password_is_never_a_directorys_to_set, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (olga, _) = proven(&app, "olga@acme.example").await;
    add_member(&app, &acme, &olga.id, "owner").await;
    let (ann, _) = proven(&app, "ann@acme.example").await;
    add_member(&app, &acme, &ann.id, "admin").await;
    let mut dir = Dir::of(&app, Some(&acme), "okta").await;
    dir.actor.directory.settings.keep_password = true;
    let other = "another password of the directory";
    let by_password = async |email: &str, password: &str| {
        sign_in::by_password(&app.core, &stranger(), email, password, true).await.is_ok()
    };
    for email in ["olga@acme.example", "ann@acme.example"] {
        let kept = resources::keep_password(&app.core, &dir.actor, other).await.unwrap();
        assert!(kept.is_some());
        let new = NewDirectoryUser { attributes: attributes(&person(email)), password: kept.clone() };
        let made = app.core.write(&dir.ctx, async |tx| resources::create(tx, &dir.actor, &new).await).await.unwrap();
        let again = async |tx: &mut auth_core::Tx| {
            let same = |present: &DirectoryUser| Ok::<_, Error>(present.attributes.clone());
            resources::change(tx, &dir.actor, &made.id, None, kept.as_ref(), same).await
        };
        app.core.write(&dir.ctx, again).await.unwrap();
    }
    assert!(by_password("olga@acme.example", PASSWORD).await && !by_password("olga@acme.example", other).await);
    assert!(by_password("ann@acme.example", other).await, "an admin's is, where the domain is held");
});
