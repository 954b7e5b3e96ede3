//! Erasing one's account and signing up again leads nowhere that the directory does not allow.

use auth_core::orgs::invitations::{self, NewInvitation};

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
    for address in ["zed@acme.example", "ZED@acme.example"] {
        assert!(!gets_in(&app, address).await, "{address} is in again");
    }
    // Another person of the domain does, one who has an address that was the resource's too, and everybody beyond it.
    for address in ["yan@acme.example", "z.other@acme.example", "zed@elsewhere.example"] {
        assert!(gets_in(&app, address).await, "{address} is not in");
    }

    // A directory of the organization brings them back, and lets them go again.
    let again = other.post(&person("zed@acme.example")).await;
    let (back, token) = owner_gets_in(&app, "zed@acme.example").await;
    assert_eq!((again.user_id, is_in(&app, &token).await), (Some(back.id.clone()), true));
    assert_ne!(back.id, zed.id);
    other.set_active(&again.id, false).await;
    assert!(!is_in(&app, &token).await && sign_in(&app, "zed@acme.example").await.is_err());
    assert_eq!(member(&app, &acme, &back.id).await.unwrap().status, Status::Suspended);
});

db_test!(who_shares_an_address_with_somebody_who_is_erased_stays, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (bob, token) = proven(&app, "office@acme.example").await;
    // Zed's resource has the address of Bob's account too, as its second one, its name and its external id.
    let mut resource = person("zed@acme.example");
    resource["userName"] = json!("office@acme.example");
    resource["externalId"] = json!("office@acme.example");
    resource["emails"] = json!([
        {"value": "zed@acme.example", "primary": true}, {"value": "office@acme.example", "type": "other"},
    ]);
    let made = dir.post(&resource).await;
    let (zed, _) = owner_gets_in(&app, "zed@acme.example").await;
    assert_eq!(made.user_id, Some(zed.id.clone()));
    app.core.write(&by(&zed), async |tx| users::delete(tx, &zed.id).await).await.expect("erased");
    assert!(is_in(&app, &token).await, "a session ended");
    assert_eq!(sign_in(&app, "office@acme.example").await.expect("a session").user.id, bob.id);
    assert!(!gets_in(&app, "zed@acme.example").await);
});

db_test!(an_address_that_another_one_has_by_now_is_not_marked, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("desk@acme.example")).await;
    let (zed, _) = owner_gets_in(&app, "desk@acme.example").await;
    dir.delete(&made.id).await;
    // Zed leaves the desk to Bob, and is erased.
    let (bob, _) = proven(&app, "bob@acme.example").await;
    let change = async |tx: &mut auth_core::Tx| {
        users::set_email(tx, &zed.id, "zed@elsewhere.example", true).await?;
        users::set_email(tx, &bob.id, "desk@acme.example", true).await
    };
    app.core.write(&system(), change).await.expect("other addresses");
    let blocked = sign_in(&app, "desk@acme.example").await;
    assert!(blocked.is_ok(), "before the erasure: {blocked:?}");
    app.core.write(&system(), async |tx| users::delete(tx, &zed.id).await).await.expect("erased");
    assert!(sign_in(&app, "desk@acme.example").await.is_ok(), "Bob is taken for Zed");
});

db_test!(a_directory_of_the_instance_is_not_walked_around_either, async |app| {
    let dir = Dir::of(&app, None, "okta").await;
    let made = dir.post(&person("zed@elsewhere.example")).await;
    let (zed, _) = owner_gets_in(&app, "zed@elsewhere.example").await;
    app.core.write(&by(&zed), async |tx| users::delete(tx, &zed.id).await).await.expect("erased");
    assert!(dir.get(&made.id).await.is_err());
    // Its identity provider could not shut out this account: it knows of none.
    assert!(!gets_in(&app, "zed@elsewhere.example").await);
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

db_test!(an_erasure_lets_nobody_be_invited_twice_a_day, Options::default().idle(), async |app| {
    let acme = organization(&app, "Acme", None).await;
    let letters = async |email: &str| {
        let before = app.count("SELECT COUNT(*) FROM mail_queue").await;
        let new = NewInvitation {
            organization_id: acme.clone(),
            email: email.to_owned(),
            roles: vec!["member".to_owned()],
            inviter_id: None,
            directory_id: None,
            resend: true,
            additional_fields: auth_core::fields::Given::default(),
        };
        let invite = async |tx: &mut auth_core::Tx| invitations::invite_sparingly(tx, new.clone()).await;
        app.core.write(&system(), invite).await.expect("an invitation");
        app.count("SELECT COUNT(*) FROM mail_queue").await - before
    };
    let marks = "SELECT COUNT(*) FROM invitation_marks";
    let (carol, _) = proven(&app, "carol@elsewhere.example").await;
    assert_eq!(letters("carol@elsewhere.example").await, 1);
    app.core.write(&by(&carol), async |tx| users::delete(tx, &carol.id).await).await.expect("erased");
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 0);
    assert_eq!((letters("Carol@elsewhere.example").await, letters("dan@elsewhere.example").await), (0, 1));
    invitations::sweep(&app.core).await.expect("swept");
    assert_eq!(app.count(marks).await, 1);
    app.clock.advance(86_401);
    assert_eq!(letters("carol@elsewhere.example").await, 1);
    invitations::sweep(&app.core).await.expect("swept");
    assert_eq!(app.count(marks).await, 0);
});
