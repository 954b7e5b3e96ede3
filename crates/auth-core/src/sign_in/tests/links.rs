//! What links that were mailed are good for.

use super::GOOD;
use super::as_owner;
use super::house;
use super::house_with;
use super::refused;
use super::stranger;
use crate::credentials::CredentialsFault;
use crate::credentials::password;
use crate::ctx::Ctx;
use crate::sign_in::Opened;
use crate::users;
use crate::users::UsersFault;
use crate::users::erasure;
use crate::users::mailbox;
use crate::users::mailbox::Outcome;
use crate::verification::VerificationFault;

#[tokio::test]
async fn a_verification_link_expires_and_signs_in_only_where_that_is_on() {
    let house = house_with(|settings| settings.sign_up.auto_sign_in_after_verification = true, Vec::new()).await;
    let opened = house.signed_up("ann@acme.example").await;
    mailbox::send_verification(&house.core, &as_owner(&opened), "ann@acme.example", None).await.unwrap();
    let (_, token) = house.letter("ann@acme.example").await;
    house.wait(3600);
    refused(mailbox::verify_email(&house.core, &stranger(), &token).await, &VerificationFault::ExpiredLink);
    mailbox::send_verification(&house.core, &stranger(), "ann@acme.example", Some("/x")).await.unwrap();
    let (_, token) = house.letter("ann@acme.example").await;
    let verified = mailbox::verify_email(&house.core, &stranger(), &token).await.unwrap();
    assert!(house.is_open(&verified.entry.unwrap().opened().unwrap()).await);
    let send = async |ctx: &Ctx, to: &str| mailbox::send_verification(&house.core, ctx, to, None).await;
    refused(send(&as_owner(&opened), "ann@acme.example").await, &UsersFault::EmailAlreadyVerified);
    refused(send(&as_owner(&opened), "bob@acme.example").await, &UsersFault::EmailMismatch);
    let before = house.letters_to("ann@acme.example").await;
    send(&stranger(), "ann@acme.example").await.unwrap();
    send(&stranger(), "nobody@acme.example").await.unwrap();
    assert_eq!(
        (house.letters_to("ann@acme.example").await, house.letters_to("nobody@acme.example").await),
        (before, 0)
    );
}

#[tokio::test]
async fn an_unproven_address_changes_by_a_click_in_the_new_mailbox() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await;
    house.signed_up("bob@acme.example").await;
    let change = async |to: &str| mailbox::change_email(&house.core, &as_owner(&ann), &ann.user.id, to, None).await;
    refused(change("ANN@acme.example").await, &UsersFault::EmailIsTheSame);
    refused(change("nonsense").await, &UsersFault::InvalidEmail);
    change("bob@acme.example").await.unwrap();
    assert_eq!(house.letters_to("bob@acme.example").await, 0, "an address with an owner gets no link");
    change("new@acme.example").await.unwrap();
    assert_eq!(house.user("ann@acme.example").await.id, ann.user.id, "nothing changes before the click");
    let (_, token) = house.letter("new@acme.example").await;
    let done = mailbox::verify_email(&house.core, &as_owner(&ann), &token).await.unwrap();
    assert_eq!((done.outcome, done.user.email.as_str()), (Outcome::Changed, "new@acme.example"));
    assert!(done.user.email_verified && !house.is_open(&ann).await);
    assert!(
        house.is_open(&done.entry.unwrap().opened().unwrap()).await,
        "whoever clicks with the session goes on with a new one"
    );
    assert!(house.letter("ann@acme.example").await.0.contains("changed"));
    assert!(house.letter("new@acme.example").await.0.contains("changed"));
}

#[tokio::test]
async fn a_proven_address_changes_only_if_its_owner_agrees() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await;
    house.core.write(&stranger(), async |tx| users::confirm_mailbox(tx, &ann.user.id).await).await.unwrap();
    mailbox::change_email(&house.core, &as_owner(&ann), &ann.user.id, "new@acme.example", Some("/done")).await.unwrap();
    assert_eq!(house.letters_to("new@acme.example").await, 0, "the present mailbox is asked first");
    let (_, agree) = house.letter("ann@acme.example").await;
    let agreed = mailbox::verify_email(&house.core, &stranger(), &agree).await.unwrap();
    assert_eq!((agreed.outcome, agreed.user.email.as_str()), (Outcome::ChangeConfirmed, "ann@acme.example"));
    refused(mailbox::verify_email(&house.core, &stranger(), &agree).await, &VerificationFault::InvalidLink);
    let (_, token) = house.letter("new@acme.example").await;
    let done = mailbox::verify_email(&house.core, &stranger(), &token).await.unwrap();
    assert_eq!((done.user.email.as_str(), done.entry.is_none()), ("new@acme.example", true));
}

#[tokio::test]
async fn a_link_that_was_mailed_before_the_address_changed_is_void() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await;
    password::request_reset(&house.core, &stranger(), "ann@acme.example", None).await.unwrap();
    let (_, token) = house.letter("ann@acme.example").await;
    let id = &ann.user.id;
    let changed =
        house.core.write(&stranger(), async |tx| users::set_email(tx, id, "new@acme.example", true).await).await;
    assert_eq!(changed.unwrap().access_epoch, ann.user.access_epoch + 1);
    let reset = password::reset(&house.core, &stranger(), &token, "another password").await;
    refused(reset, &VerificationFault::InvalidToken);
    assert!(!house.is_open(&ann).await);
}

#[tokio::test]
async fn an_account_is_deleted_by_password_or_fresh_session_or_mail() {
    let house = house().await;
    let erase = async |opened: &Opened, password: Option<&str>| {
        let erase = erasure::Erase { session: &opened.session, password, token: None, callback_url: None };
        erasure::request(&house.core, &as_owner(opened), erase).await
    };
    let ann = house.signed_up("ann@acme.example").await;
    house.wait(86_400);
    refused(erase(&ann, None).await, &UsersFault::SessionExpired);
    refused(erase(&ann, Some("wrong password")).await, &CredentialsFault::InvalidPassword);
    assert_eq!(erase(&ann, Some(GOOD)).await.unwrap(), erasure::Erased::Done);
    assert!(!house.is_open(&ann).await);
    let again = house.signed_up("ann@acme.example").await;
    assert_eq!(erase(&again, None).await.unwrap(), erasure::Erased::Done);

    let house = house_with(|settings| settings.delete_user_by_mail = true, Vec::new()).await;
    let ann = house.signed_up("ann@acme.example").await;
    let bob = house.signed_up("bob@acme.example").await;
    let erase = erasure::Erase { session: &ann.session, password: None, token: None, callback_url: None };
    assert_eq!(erasure::request(&house.core, &as_owner(&ann), erase).await.unwrap(), erasure::Erased::LinkMailed);
    let (_, token) = house.letter("ann@acme.example").await;
    let by_bob = erasure::confirm(&house.core, &as_owner(&bob), &bob.user.id, &token).await;
    refused(by_bob, &VerificationFault::NoSuchLink);
    erasure::confirm(&house.core, &as_owner(&ann), &ann.user.id, &token).await.unwrap();
    assert!(!house.is_open(&ann).await && house.is_open(&bob).await);
}
