//! Erasing one's account and signing up again leads nowhere that the directory does not allow.

use super::*;
use crate::support::*;

/// Whether somebody who signs up with an address gets in.
async fn gets_in(app: &App, address: &str) -> bool {
    let sign_up = SignUp {
        name: "somebody".to_owned(),
        email: address.to_owned(),
        password: PASSWORD.to_owned(),
        image: None,
        remember: true,
        callback_url: None,
        naming: users::username::Naming::default(),
        additional_fields: auth_core::fields::Given::default(),
    };
    let signed_up = sign_in::sign_up(&app.core, &stranger(), sign_up).await;
    signed_up.is_ok_and(|done| done.entry.is_some()) || sign_in(app, address).await.is_ok()
}

db_test!(who_erases_themselves_comes_back_by_their_directory_alone, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (dir, other) = (Dir::of(&app, Some(&acme), "okta").await, Dir::of(&app, Some(&acme), "entra").await);
    let mut resource = person("zed@acme.example");
    resource["emails"] = json!([
        {"value": "zed@acme.example", "primary": true}, {"value": "z.other@acme.example", "type": "other"},
    ]);
    let made = dir.post(&resource).await;
    let (zed, _) = owner_gets_in(&app, "zed@acme.example").await;
    app.core.write(&by(&zed), async |tx| users::delete(tx, &zed.id).await).await.expect("erased");
    // The resource went with the account, and nobody who has the address of it gets in.
    assert!(dir.get(&made.id).await.is_err());
    for address in ["zed@acme.example", "ZED@acme.example", "z.other@acme.example"] {
        assert!(!gets_in(&app, address).await, "{address} is in again");
    }
    // Another person of the domain does, and so does everybody beyond it.
    assert!(gets_in(&app, "yan@acme.example").await && gets_in(&app, "zed@elsewhere.example").await);

    // A directory of the organization brings them back, and lets them go again.
    let again = other.post(&person("zed@acme.example")).await;
    let (back, token) = owner_gets_in(&app, "zed@acme.example").await;
    assert_eq!((again.user_id, is_in(&app, &token).await), (Some(back.id.clone()), true));
    assert_ne!(back.id, zed.id);
    other.set_active(&again.id, false).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "zed@acme.example").await.is_err());
    assert_eq!(member(&app, &acme, &back.id).await.unwrap().status, Status::Suspended);
});

db_test!(nobody_takes_away_what_waits_for_an_address_that_they_never_proved, async |app| {
    let club = organization(&app, "Club", None).await;
    let dir = Dir::of(&app, Some(&club), "okta").await;
    let (mallory, _) = signed_up(&app, "vic@elsewhere.example").await;
    let (carol, _) = proven(&app, "carol@elsewhere.example").await;
    let waiting = dir.post(&person("vic@elsewhere.example")).await;
    let hers = dir.post(&person("carol@elsewhere.example")).await;
    for user in [&mallory, &carol] {
        app.core.write(&by(user), async |tx| users::delete(tx, &user.id).await).await.expect("erased");
    }
    assert_eq!(dir.get(&waiting.id).await.expect("the resource").user_id, None);
    assert!(dir.get(&hers.id).await.is_err(), "it was about her");
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
