//! Who comes in, who does not, and how long they stay.

use super::GOOD;
use super::as_owner;
use super::house;
use super::house_with;
use super::refused;
use super::stranger;
use crate::credentials;
use crate::credentials::CredentialsFault;
use crate::db::Tx;
use crate::sessions;
use crate::sign_in::Opened;
use crate::sign_in::Opening;
use crate::sign_in::Passing;
use crate::sign_in::SignInFault;
use crate::sign_in::SignInGate;
use crate::sign_in::by_password;
use crate::sign_in::open_session;
use crate::users;
use crate::users::User;
use crate::users::UsersFault;
use crate::users::mailbox;
use crate::users::mailbox::Outcome;
use crate::verification::VerificationFault;
use std::sync::Arc;

#[tokio::test]
async fn a_person_signs_up_out_and_in_again() {
    let house = house().await;
    let opened = house.signed_up("Ann@Acme.example").await;
    assert_eq!((opened.user.email.as_str(), opened.user.email_verified), ("ann@acme.example", false));
    assert!(house.is_open(&opened).await);
    let ended = house
        .core
        .write(&as_owner(&opened), async |tx| {
            sessions::revoke_by_token(tx, &opened.user.id, opened.token.expose()).await
        })
        .await
        .unwrap();
    assert!(ended && !house.is_open(&opened).await);
    assert!(house.is_open(&house.sign_in("ann@acme.EXAMPLE", GOOD).await.unwrap()).await);
    refused(house.sign_in("ann@acme.example", "correct horse batterY").await, &SignInFault::InvalidEmailOrPassword);
    refused(house.sign_in("bob@acme.example", GOOD).await, &SignInFault::InvalidEmailOrPassword);
    refused(house.sign_in("ann@acme.example", &"x".repeat(129)).await, &CredentialsFault::PasswordTooLong);
    refused(house.sign_up("ANN@acme.example").await, &UsersFault::AlreadyExists);
}

#[tokio::test]
async fn where_verification_is_required_existing_addresses_are_not_told() {
    let house = house_with(|settings| settings.sign_up.require_email_verification = true, Vec::new()).await;
    let first = house.sign_up("ann@acme.example").await.unwrap();
    assert!(first.entry.is_none());
    refused(house.sign_in("ann@acme.example", GOOD).await, &SignInFault::EmailNotVerified);
    refused(house.sign_in("ann@acme.example", "another password").await, &SignInFault::InvalidEmailOrPassword);
    let (_, token) = house.letter("ann@acme.example").await;
    let again = house.sign_up("ann@acme.example").await.unwrap();
    assert!(again.entry.is_none() && again.user.id != first.user.id && again.user.email == first.user.email);
    assert!(house.letter("ann@acme.example").await.0.contains("already have"));
    let verified = mailbox::verify_email(&house.core, &stranger(), &token).await.unwrap();
    assert!(verified.outcome == Outcome::Proven && verified.user.email_verified && verified.entry.is_none());
    house.sign_in("ann@acme.example", GOOD).await.unwrap();
    let second = mailbox::verify_email(&house.core, &stranger(), &token).await.unwrap();
    assert_eq!(second.outcome, Outcome::Proven);
    refused(mailbox::verify_email(&house.core, &stranger(), "nonsense").await, &VerificationFault::InvalidLink);
}

#[tokio::test]
async fn the_first_proof_wipes_what_a_stranger_set() {
    let house = house().await;
    let evil = house.signed_up("ceo@acme.example").await;
    let proven = house.core.write(&stranger(), async |tx| users::prove_mailbox(tx, &evil.user.id).await).await.unwrap();
    assert!(proven.email_verified && !house.is_open(&evil).await);
    refused(house.sign_in("ceo@acme.example", GOOD).await, &SignInFault::InvalidEmailOrPassword);
    // What is set after the proof stays.
    house.core.write(&stranger(), async |tx| credentials::set_password(tx, &evil.user.id, "$x").await).await.unwrap();
    house.core.write(&stranger(), async |tx| users::prove_mailbox(tx, &evil.user.id).await).await.unwrap();
    let accounts = house.core.read(&stranger(), async |rx| credentials::list_accounts(rx, &evil.user.id).await).await;
    assert_eq!(accounts.unwrap().len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_races_the_end_of_access_opens_nothing() {
    let house = house().await;
    let opened = house.signed_up("ann@acme.example").await;
    let seen = opened.user.access_epoch;
    house.core.write(&stranger(), async |tx| users::end_access(tx, &opened.user.id).await).await.unwrap();
    let late = async |tx: &mut Tx| open_session(tx, Opening::now(&opened.user.id, seen, "password", true)).await;
    refused(house.core.write(&stranger(), late).await, &SignInFault::AccessEnded);
    assert!(!house.is_open(&opened).await);
    house.sign_in("ann@acme.example", GOOD).await.unwrap();
}

#[tokio::test]
async fn a_session_of_a_passed_epoch_is_refused_even_if_its_row_is_left() {
    let house = house().await;
    let opened = house.signed_up("ann@acme.example").await;
    house.core.write(&stranger(), async |tx| users::raise_epoch(tx, &opened.user.id).await).await.unwrap();
    assert!(!house.is_open(&opened).await);
}

#[tokio::test]
async fn a_ban_ends_sessions_and_refuses_new_ones_until_it_ends() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await;
    let until = house.core.clock().now().plus_seconds(60);
    let ban = async |tx: &mut Tx| users::ban(tx, &ann.user.id, Some("spam".into()), Some(until)).await;
    let banned = house.core.write(&stranger(), ban).await.unwrap();
    assert!(banned.is_banned(house.core.clock().now()) && !house.is_open(&ann).await);
    refused(house.sign_in("ann@acme.example", GOOD).await, &SignInFault::Banned);
    refused(house.sign_in("ann@acme.example", "wrong password").await, &SignInFault::InvalidEmailOrPassword);
    house.wait(60);
    let back = house.sign_in("ann@acme.example", GOOD).await.unwrap();
    house.core.write(&stranger(), async |tx| users::unban(tx, &ann.user.id).await).await.unwrap();
    assert!(house.is_open(&back).await);
}

struct Closed;

impl SignInGate for Closed {
    fn check<'a>(&'a self, _: &'a Tx, user: &'a User) -> Passing<'a> {
        let refused = user.email.starts_with("out@");
        Box::pin(async move { if refused { Err(SignInFault::Banned.into()) } else { Ok(()) } })
    }
}

#[tokio::test]
async fn a_gate_refuses_whatever_the_way_and_nothing_is_left_behind() {
    let house = house_with(|_| (), vec![Arc::new(Closed)]).await;
    house.signed_up("in@acme.example").await;
    refused(house.sign_up("out@acme.example").await, &SignInFault::Banned);
    let found = house.core.read(&stranger(), async |rx| users::find_by_email(rx, "out@acme.example").await).await;
    assert!(found.unwrap().is_none(), "a refused sign-up leaves nobody behind");
}

#[tokio::test]
async fn sessions_slide_expire_and_are_ended_by_handle_by_their_owner_only() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await;
    let bob = house.signed_up("bob@acme.example").await;
    let short = by_password(&house.core, &stranger(), "ann@acme.example", GOOD, false).await.unwrap().opened().unwrap();
    let resolved = async |opened: &Opened| {
        house.core.read(&stranger(), async |rx| sessions::resolve(rx, opened.token.expose()).await).await.unwrap()
    };
    let renew = async |opened: &Opened| {
        sessions::renew_if_due(&house.core, &stranger(), &resolved(opened).await.unwrap()).await.unwrap()
    };
    assert!(renew(&ann).await.is_none());
    house.wait(86_399);
    assert!(resolved(&short).await.is_some() && renew(&short).await.is_none());
    house.wait(1);
    assert!(resolved(&short).await.is_none(), "a session that is not remembered lives a day");
    let renewed = renew(&ann).await.unwrap();
    assert_eq!(renewed.expires_at, house.core.clock().now().plus_seconds(7 * 86_400));
    assert_eq!(resolved(&ann).await.unwrap().session, renewed);
    let end = async |whose: &Opened, token: &str| {
        house.core.write(&stranger(), async |tx| sessions::revoke_by_token(tx, &whose.user.id, token).await).await
    };
    assert!(!end(&bob, ann.token.expose()).await.unwrap() && !end(&bob, &ann.session.id.to_string()).await.unwrap());
    assert!(!end(&ann, "x\0y").await.unwrap());
    assert!(end(&ann, &ann.session.id.to_string()).await.unwrap() && resolved(&ann).await.is_none());
    assert!(resolved(&bob).await.is_some());
    assert_eq!(sessions::sweep(&house.core).await.unwrap(), 1);
    house.wait(7 * 86_400);
    assert!(resolved(&bob).await.is_none());
}
