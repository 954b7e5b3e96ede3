//! Passwords: reset, changed, upgraded.

use super::GOOD;
use super::as_owner;
use super::house;
use super::refused;
use super::stranger;
use crate::credentials;
use crate::credentials::CredentialsFault;
use crate::credentials::password;
use crate::sessions;
use crate::sign_in::SignInFault;
use crate::users;
use crate::users::NewUser;
use crate::users::UsersFault;
use crate::verification::VerificationFault;

#[tokio::test]
async fn a_reset_lets_the_mailbox_owner_in_and_everybody_else_out() {
    let house = house().await;
    let stolen = house.signed_up("ann@acme.example").await;
    let ask = async |email: &str| password::request_reset(&house.core, &stranger(), email, Some("/back")).await;
    ask("Ann@acme.example").await.unwrap();
    let (_, older) = house.letter("ann@acme.example").await;
    ask("ann@acme.example").await.unwrap();
    let (_, token) = house.letter("ann@acme.example").await;
    assert_eq!(token.len(), 24);
    assert!(password::is_reset_good(&house.core, &stranger(), &token).await.unwrap());
    let reset = async |token: &str, new: &str| password::reset(&house.core, &stranger(), token, new).await;
    refused(reset(&token, "short").await, &CredentialsFault::PasswordTooShort);
    assert!(reset(&token, "another password").await.unwrap().email_verified);
    assert!(!house.is_open(&stolen).await, "a reset ends all sessions");
    refused(reset(&token, "a third password").await, &VerificationFault::InvalidToken);
    refused(reset(&older, "a third password").await, &VerificationFault::InvalidToken);
    refused(house.sign_in("ann@acme.example", GOOD).await, &SignInFault::InvalidEmailOrPassword);
    house.sign_in("ann@acme.example", "another password").await.unwrap();
    ask("nobody@acme.example").await.unwrap();
    assert_eq!(house.letters_to("nobody@acme.example").await, 0);
    ask("ann@acme.example").await.unwrap();
    let (_, token) = house.letter("ann@acme.example").await;
    house.wait(3600);
    refused(reset(&token, "a third password").await, &VerificationFault::InvalidToken);
}

#[tokio::test]
async fn a_person_whom_a_directory_made_gets_in_by_a_reset() {
    let house = house().await;
    let new = NewUser { name: "Bob".into(), email: "bob@acme.example".into(), ..NewUser::default() };
    let bob = house.core.write(&stranger(), async |tx| users::create(tx, new.clone()).await).await.unwrap();
    refused(house.sign_in("bob@acme.example", GOOD).await, &SignInFault::InvalidEmailOrPassword);
    refused(house.sign_up("bob@acme.example").await, &UsersFault::AlreadyExists);
    password::request_reset(&house.core, &stranger(), "bob@acme.example", None).await.unwrap();
    let (_, token) = house.letter("bob@acme.example").await;
    password::reset(&house.core, &stranger(), &token, GOOD).await.unwrap();
    let opened = house.sign_in("bob@acme.example", GOOD).await.unwrap();
    assert!(opened.user.id == bob.id && opened.user.email_verified);
}

#[tokio::test]
async fn a_password_is_changed_with_and_without_the_other_sessions() {
    let house = house().await;
    let first = house.signed_up("ann@acme.example").await;
    let other = house.sign_in("ann@acme.example", GOOD).await.unwrap();
    password::request_reset(&house.core, &stranger(), "ann@acme.example", None).await.unwrap();
    let (_, link) = house.letter("ann@acme.example").await;
    let change = async |session: &sessions::Session, current: &str, new: &str, revoke_other_sessions: bool| {
        let change = password::ChangePassword { session, current, new, revoke_other_sessions };
        password::change(&house.core, &as_owner(&first), change).await
    };
    refused(
        change(&first.session, "wrong password", "second password", false).await,
        &CredentialsFault::InvalidPassword,
    );
    let (user, opened) = change(&first.session, GOOD, "second password", false).await.unwrap();
    assert!(opened.is_none() && user.access_epoch > first.user.access_epoch);
    assert!(house.is_open(&first).await && house.is_open(&other).await, "without being asked, sessions go on");
    assert!(!password::is_reset_good(&house.core, &stranger(), &link).await.unwrap());
    refused(house.sign_in("ann@acme.example", GOOD).await, &SignInFault::InvalidEmailOrPassword);
    let (_, opened) = change(&first.session, "second password", "third password", true).await.unwrap();
    assert!(!house.is_open(&first).await && !house.is_open(&other).await);
    assert!(house.is_open(&opened.unwrap()).await);
    password::confirm(&house.core, &stranger(), &user.id, "third password").await.unwrap();
    let wrong = password::confirm(&house.core, &stranger(), &user.id, "second password").await;
    refused(wrong, &CredentialsFault::InvalidPassword);
}

#[tokio::test]
async fn a_hash_of_better_auth_is_upgraded_at_the_next_sign_in() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await.user;
    let old = concat!("000102030405060708090a0b0c0d0e0f:", include_str!("scrypt_key.txt"));
    house.core.write(&stranger(), async |tx| credentials::set_password(tx, &ann.id, old).await).await.unwrap();
    let in_use = async || house.core.read(&stranger(), async |rx| credentials::foreign_in_use(rx).await).await.unwrap();
    assert!(in_use().await, "as long as it is there, every refusal takes what one of it takes");
    refused(house.sign_in("ann@acme.example", "wrong password").await, &SignInFault::InvalidEmailOrPassword);
    refused(house.sign_in("bob@acme.example", "wrong password").await, &SignInFault::InvalidEmailOrPassword);
    assert!(in_use().await);
    house.sign_in("ann@acme.example", GOOD).await.unwrap();
    assert!(!in_use().await);
    let kept = house.core.read(&stranger(), async |rx| credentials::find_password(rx, &ann.id).await).await;
    assert!(kept.unwrap().unwrap().1.starts_with("$argon2id$"));
    house.sign_in("ann@acme.example", GOOD).await.unwrap();
}
