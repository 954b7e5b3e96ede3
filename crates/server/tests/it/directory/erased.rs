//! Erasing one's account and signing up again leads nowhere that the directory does not allow.

use super::*;
use crate::support::*;

/// Somebody of the held domain whom the directory made, who erased the account and signed up again.
async fn signed_up_again(app: &App, dir: &Dir) -> (DirectoryUser, User, String) {
    let made = dir.post(&person("zed@acme.example")).await;
    let (zed, _) = owner_gets_in(app, "zed@acme.example").await;
    app.core.write(&by(&zed), async |tx| users::delete(tx, &zed.id).await).await.expect("erased");
    let (again, token) = signed_up(app, "zed@acme.example").await;
    assert_ne!(again.id, zed.id);
    (made, again, token)
}

db_test!(deactivation_reaches_who_signed_up_again, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (made, zed, token) = signed_up_again(&app, &dir).await;
    add_member(&app, &acme, &zed.id, "admin").await;
    dir.set_active(&made.id, false).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "zed@acme.example").await.is_err());
    assert_eq!(member(&app, &acme, &zed.id).await.unwrap().status, Status::Suspended);
});

db_test!(deletion_reaches_who_signed_up_again, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (made, _, token) = signed_up_again(&app, &dir).await;
    dir.delete(&made.id).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "zed@acme.example").await.is_err());
});

db_test!(who_was_shut_out_is_not_let_in_by_another_account, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for (local, delete) in [("yan", false), ("xia", true)] {
        let address = format!("{local}@acme.example");
        let made = dir.post(&person(&address)).await;
        let (one, _) = owner_gets_in(&app, &address).await;
        if delete {
            dir.delete(&made.id).await;
        } else {
            dir.set_active(&made.id, false).await;
        }
        app.core.write(&system(), async |tx| users::delete(tx, &one.id).await).await.expect("erased");
        let sign_up = SignUp {
            name: local.to_owned(),
            email: address.clone(),
            password: PASSWORD.to_owned(),
            image: None,
            remember: true,
            callback_url: None,
            naming: users::username::Naming::default(),
            additional_fields: auth_core::fields::Given::default(),
        };
        let refused = sign_in::sign_up(&app.core, &stranger(), sign_up).await;
        assert!(refused.is_err() || sign_in(&app, &address).await.is_err(), "{address} is in again");
    }
});

db_test!(who_left_comes_back_by_consent_only, async |app| {
    // No domain is held: the directory has no authority.
    let club = organization(&app, "Club", None).await;
    let dir = Dir::of(&app, Some(&club), "okta").await;
    let (vic, _) = proven(&app, "vic@elsewhere.example").await;
    add_member(&app, &club, &vic.id, "member").await;
    let mut made = dir.post(&person("vic@elsewhere.example")).await;
    app.core.write(&by(&vic), async |tx| members::remove(tx, &club, &vic.id).await).await.expect("left");
    dir.set_active(&made.id, false).await;
    dir.set_active(&made.id, true).await;
    assert_eq!(member(&app, &club, &vic.id).await.unwrap().status, Status::Awaiting);
    dir.delete(&made.id).await;
    made = dir.post(&person("vic@elsewhere.example")).await;
    assert_eq!(made.user_id, Some(vic.id.clone()));
    assert_eq!(member(&app, &club, &vic.id).await.unwrap().status, Status::Awaiting);
});

db_test!(an_owners_address_is_the_owners_own, async |app| {
    // An admin who manages the directory would otherwise get to the owner's account by a mailbox of their own.
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (ceo, token) = proven(&app, "ceo@acme.example").await;
    add_member(&app, &acme, &ceo.id, "owner").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ceo@acme.example")).await;
    dir.readdress(&made.id, "mallory2@acme.example").await;
    assert!(user(&app, "mallory2@acme.example").await.is_none_or(|other| other.id != ceo.id));
    assert_eq!(user(&app, "ceo@acme.example").await.unwrap().id, ceo.id);
    assert!(is_in(&app, &token).await);
});
