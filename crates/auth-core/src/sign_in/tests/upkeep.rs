//! Tokens, letters, the signing key, the list of people.

use super::house;
use super::stranger;
use crate::credentials::password;
use crate::db::Tx;
use crate::fault::Error;
use crate::jwt;
use crate::mail;
use crate::mail::Mailer;
use crate::mail::Rendered;
use crate::mail::Sending;
use crate::users;
use crate::users::NewUser;
use crate::verification;
use crate::verification::NewToken;
use crate::verification::Purpose;
use serde_json::json;

#[tokio::test]
async fn a_token_is_spent_once_and_for_its_purpose_only() {
    let house = house().await;
    let ann = house.signed_up("ann@acme.example").await.user;
    let core = &house.core;
    let token = core
        .write(&stranger(), async |tx| {
            let purpose = Purpose::ResetPassword;
            verification::issue(
                tx,
                NewToken { purpose, user_id: Some(&ann.id), value: json!({"a": 1}), expires_in: 60 },
            )
            .await
        })
        .await
        .unwrap();
    let spend = async |purpose| {
        core.write(&stranger(), async |tx| verification::consume(tx, purpose, token.expose()).await).await.unwrap()
    };
    assert!(spend(Purpose::DeleteAccount).await.is_none());
    let (one, two) = tokio::join!(spend(Purpose::ResetPassword), spend(Purpose::ResetPassword));
    assert!(one.is_some() != two.is_some());
    assert_eq!(one.or(two).unwrap().value, json!({"a": 1}));
    house.wait(2 * 86_400);
    assert_eq!(verification::sweep(core).await.unwrap(), 0);
}

struct Broken;

impl Mailer for Broken {
    fn send<'a>(&'a self, _: &'a Rendered) -> Sending<'a> {
        Box::pin(std::future::ready(Err(Error::internal("no server"))))
    }
}

#[tokio::test]
async fn a_letter_is_tried_again_later_and_given_up_after_days() {
    let house = house().await;
    house.signed_up("ann@acme.example").await;
    let ask = async || password::request_reset(&house.core, &stranger(), "ann@acme.example", None).await.unwrap();
    let waiting = async || mail::next_due(&house.core).await.unwrap();
    ask().await;
    assert_eq!(mail::deliver_due(&house.core, &Broken).await.unwrap(), 0);
    assert_eq!(house.letters_to("ann@acme.example").await, 0, "it is not due yet");
    assert_eq!(waiting().await, Some(house.core.clock().now().plus_seconds(30)));
    house.wait(30);
    assert_eq!(house.letters_to("ann@acme.example").await, 1);
    assert_eq!(waiting().await, None, "what is delivered is gone");
    ask().await;
    house.wait(3 * 86_400);
    mail::deliver_due(&house.core, &Broken).await.unwrap();
    assert_eq!(waiting().await, None, "given up");
}

#[tokio::test]
async fn the_instance_signs_with_one_published_key() {
    let house = house().await;
    let sign = async |n: i64| {
        house.core.write(&stranger(), async |tx| jwt::sign(tx, &json!({"sub": "x", "n": n})).await).await.unwrap()
    };
    let (first, second) = (sign(1).await, sign(2).await);
    let jwks = house.core.read(&stranger(), async |rx| jwt::public_jwks(rx).await).await.unwrap();
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks).unwrap();
    assert_eq!(set.keys.len(), 1);
    for (token, n) in [(first, 1), (second, 2)] {
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        (validation.validate_exp, validation.required_spec_claims) = (false, std::collections::HashSet::default());
        let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation).unwrap().claims;
        assert_eq!(claims["n"], n);
    }
}

#[tokio::test]
async fn a_key_of_a_transaction_that_came_to_nothing_signs_nothing() {
    let house = house().await;
    let sign = async |fails: bool| {
        let signed = async |tx: &mut Tx| {
            let token = jwt::sign(tx, &json!({"sub": "x"})).await?;
            if fails { Err(Error::internal("a change of mind")) } else { Ok(token) }
        };
        house.core.write(&stranger(), signed).await
    };
    sign(true).await.unwrap_err();
    let token = sign(false).await.unwrap();
    let jwks = house.core.read(&stranger(), async |rx| jwt::public_jwks(rx).await).await.unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    assert_eq!(jwks["keys"][0]["kid"], kid);
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn people_are_found_by_parts_of_name_and_address_in_a_stable_order() {
    let house = house().await;
    for (name, email) in [("Ann Ödön", "ann@acme.example"), ("BOB 100%", "bob@acme.example"), ("Cy", "cy@x.example")]
    {
        let new = NewUser { name: name.into(), email: email.into(), ..NewUser::default() };
        house.core.write(&stranger(), async |tx| users::create(tx, new.clone()).await).await.unwrap();
        house.wait(1);
    }
    let find = async |query: &str, order_by| {
        let wanted = users::UserQuery { query: Some(query.into()), order_by, limit: 10, ..Default::default() };
        let (found, total) = house.core.read(&stranger(), async |rx| users::list(rx, &wanted).await).await.unwrap();
        assert_eq!(i64::try_from(found.len()).unwrap(), total);
        found.into_iter().map(|user| user.email[..2].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(find("ACME", users::OrderBy::Email).await, ["an", "bo"]);
    assert_eq!(find("acme", users::OrderBy::EmailDescending).await, ["bo", "an"]);
    assert_eq!(find("bob", users::OrderBy::Email).await, ["bo"]);
    assert_eq!(find("Ödön", users::OrderBy::Email).await, ["an"]);
    assert_eq!(find("0%", users::OrderBy::Email).await, ["bo"]);
    assert!(find("%", users::OrderBy::Email).await.len() == 1 && find("a\0", users::OrderBy::Email).await.is_empty());
    assert_eq!(find("", users::OrderBy::CreatedAt).await, ["an", "bo", "cy"]);
}
