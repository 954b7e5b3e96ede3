//! The instance directory: people without membership or role.

use auth_core::features::directory::users::Link;
use auth_core::features::directory::{DirectoryFault, connections};
use auth_core::users::Changes;

use super::*;
use crate::support::*;

db_test!(it_makes_people_and_is_authoritative_over_them, async |app| {
    let dir = Dir::of(&app, None, "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!(made.link, Link::Linked);
    assert_eq!(app.count("SELECT COUNT(*) FROM members").await, 0);
    assert!(!user(&app, "ann@elsewhere.example").await.unwrap().email_verified);
    let (ann, token) = owner_gets_in(&app, "ann@elsewhere.example").await;

    dir.patch(&made.id, &json!({ "displayName": "Ann Lee" })).await;
    assert_eq!(user(&app, "ann@elsewhere.example").await.unwrap().name, "Ann Lee");
    dir.readdress(&made.id, "ann.lee@elsewhere.example").await;
    assert_eq!(user(&app, "ann.lee@elsewhere.example").await.map(|user| user.id), Some(ann.id));
    assert!(!is_in(&app, &token).await);

    let (_, token) = owner_gets_in(&app, "ann.lee@elsewhere.example").await;
    dir.set_active(&made.id, false).await;
    assert!(!is_in(&app, &token).await);
    assert!(sign_in(&app, "ann.lee@elsewhere.example").await.unwrap_err().is(&DirectoryFault::AccessSuspended));
    dir.set_active(&made.id, true).await;
    assert!(sign_in(&app, "ann.lee@elsewhere.example").await.is_ok());
    dir.delete(&made.id).await;
    assert!(sign_in(&app, "ann.lee@elsewhere.example").await.is_err());
    dir.post(&person("ann.lee@elsewhere.example")).await;
    assert!(sign_in(&app, "ann.lee@elsewhere.example").await.is_ok());
});

db_test!(who_never_proved_their_mailbox_is_adopted_and_wiped, async |app| {
    let (ann, token) = signed_up(&app, "ann@elsewhere.example").await;
    let dir = Dir::of(&app, None, "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!((made.link, made.user_id), (Link::Linked, Some(ann.id)));
    assert!(!is_in(&app, &token).await);
});

db_test!(who_has_proven_their_mailbox_accepts_first, async |app| {
    let (ann, token) = proven(&app, "ann@elsewhere.example").await;
    let dir = Dir::of(&app, None, "okta").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!(made.link, Link::Pending);
    assert_eq!(user(&app, "ann@elsewhere.example").await, Some(ann.clone()));
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 0);

    let (bob, _) = proven(&app, "bob@elsewhere.example").await;
    let others = app.core.write(&by(&bob), async |tx| resources::accept_link(tx, &made.id).await).await;
    assert!(others.unwrap_err().is(&DirectoryFault::ResourceNotFound));
    app.core.write(&by(&ann), async |tx| resources::accept_link(tx, &made.id).await).await.expect("accepted");
    dir.set_active(&made.id, false).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "ann@elsewhere.example").await.is_err());
});

db_test!(people_of_a_held_domain_and_platform_admins_are_not_its_own, async |app| {
    organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, None, "okta").await;
    signed_up(&app, "ann@acme.example").await;
    assert_eq!(dir.post(&person("ann@acme.example")).await.link, Link::Pending);
    let (root, token) = signed_up(&app, "root@elsewhere.example").await;
    let changes = Changes { role: Some("admin".into()), ..Changes::default() };
    app.core.write(&system(), async |tx| users::update(tx, &root.id, changes.clone()).await).await.unwrap();
    let made = dir.post(&person("root@elsewhere.example")).await;
    assert_eq!(made.link, Link::Pending);
    dir.set_active(&made.id, false).await;
    assert!(is_in(&app, &token).await && sign_in(&app, "root@elsewhere.example").await.is_ok());
});

db_test!(only_platform_admins_make_one, async |app| {
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    let make = async |tx: &mut auth_core::Tx| connections::make_or_find(tx, None, "okta").await;
    assert!(app.core.write(&by(&ann), make).await.unwrap_err().is(&DirectoryFault::PlatformAdminOnly));
    assert!(app.core.write(&system(), make).await.is_ok());
});

db_test!(
    the_operator_may_forbid_it,
    Options::default().settings(|settings| settings.directory.require_organization = true),
    async |app| {
        let make = async |tx: &mut auth_core::Tx| connections::make_or_find(tx, None, "okta").await;
        assert!(app.core.write(&system(), make).await.unwrap_err().is(&DirectoryFault::OrganizationRequired));
        let acme = organization(&app, "Acme", None).await;
        Dir::of(&app, Some(&acme), "okta").await;
    }
);
