//! Case 4: somebody whom the organization has no claim on. Nothing of theirs is touched until they
//! accept.

use auth_core::features::directory::users::Link;
use auth_core::orgs::invitations;

use super::*;
use crate::support::*;

/// The id of the open invitation to an address.
async fn invitation(app: &App, email: &str) -> Option<auth_core::ids::InvitationId> {
    let found = user(app, email).await.expect("somebody");
    let offers = app.core.read(&by(&found), async |rx| invitations::list_of_email(rx).await).await.expect("offers");
    offers.into_iter().next().map(|offer| offer.invitation.id)
}

db_test!(a_strangers_account_is_invited_and_not_touched, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let (before, token) = proven(&app, "vic@elsewhere.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("vic@elsewhere.example")).await;
    assert_eq!(made.link, Link::Pending);
    assert_eq!(user(&app, "vic@elsewhere.example").await, Some(before.clone()));
    assert!(is_in(&app, &token).await);
    assert_eq!(member(&app, &acme, &before.id).await.expect("in the books").status, Status::Awaiting);
    app.mail().wait("vic@elsewhere.example", "/invitation/").await;

    // They accept: from now on the directory says whether they are a member.
    let id = invitation(&app, "vic@elsewhere.example").await.expect("an invitation");
    app.core.write(&by(&before), async |tx| invitations::accept(tx, &id).await).await.expect("accepted");
    let now = member(&app, &acme, &before.id).await.expect("a member");
    assert_eq!((now.status, now.roles), (Status::Active, vec!["member".to_owned()]));
    let off = dir.set_active(&made.id, false).await;
    assert_eq!(off.link, Link::Linked);
    assert_eq!(member(&app, &acme, &before.id).await.expect("a member").status, Status::Suspended);
    assert!(
        is_in(&app, &token).await && sign_in(&app, "vic@elsewhere.example").await.is_ok(),
        "their account stays theirs"
    );
    dir.set_active(&made.id, true).await;
    assert_eq!(member(&app, &acme, &before.id).await.expect("a member").status, Status::Active);
});

db_test!(one_mail_a_day_whatever_the_directory_does, async |app| {
    let acme = organization(&app, "Acme", None).await;
    proven(&app, "vic@elsewhere.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let mailed = "SELECT COUNT(*) FROM invitations WHERE last_mailed_at IS NOT NULL";
    for _ in 0..3 {
        let made = dir.post(&person("vic@elsewhere.example")).await;
        dir.set_active(&made.id, false).await;
        dir.set_active(&made.id, true).await;
        dir.delete(&made.id).await;
    }
    assert_eq!(app.count(mailed).await, 1);
    app.clock.advance(86_400);
    dir.post(&person("vic@elsewhere.example")).await;
    assert_eq!(app.count(mailed).await, 2);
});

db_test!(what_the_directory_takes_back_leaves_nothing_open, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (vic, _) = proven(&app, "vic@elsewhere.example").await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("vic@elsewhere.example")).await;
    let id = invitation(&app, "vic@elsewhere.example").await.expect("an invitation");
    assert_eq!(dir.set_active(&made.id, false).await.link, Link::Pending);
    assert_eq!(member(&app, &acme, &vic.id).await, None);
    assert!(app.core.write(&by(&vic), async |tx| invitations::accept(tx, &id).await).await.is_err());
    dir.set_active(&made.id, true).await;
    assert_eq!(member(&app, &acme, &vic.id).await.expect("in the books").status, Status::Awaiting);
    dir.delete(&made.id).await;
    assert_eq!(member(&app, &acme, &vic.id).await, None);
    assert_eq!(invitation(&app, "vic@elsewhere.example").await, None);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_tombstones").await, 0, "there was no link to remember");
});

db_test!(an_offer_of_ownership_stands_and_is_no_error, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (vic, _) = proven(&app, "vic@elsewhere.example").await;
    let invite = async |tx: &mut auth_core::Tx| {
        let new = invitations::NewInvitation {
            organization_id: acme.clone(),
            email: "vic@elsewhere.example".into(),
            roles: vec!["owner".into()],
            inviter_id: None,
            directory_id: None,
            resend: false,
            additional_fields: auth_core::fields::Given::default(),
        };
        invitations::invite(tx, new).await
    };
    let offer = app.core.write(&system(), invite).await.expect("an offer");
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    assert_eq!(dir.post(&person("vic@elsewhere.example")).await.link, Link::Pending);
    app.core.write(&by(&vic), async |tx| invitations::accept(tx, &offer.id).await).await.expect("accepted");
    assert!(member(&app, &acme, &vic.id).await.expect("a member").is_owner());
});
