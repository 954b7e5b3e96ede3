//! Session tokens: Better Auth's plugin `jwt`.

use std::collections::HashSet;

use auth_core::clock::Timestamp;
use auth_core::jwt::verify::verify;
use auth_core::settings::{ClaimSource, FieldKind, FieldSettings, SigningAlgorithm};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::*;
use crate::support::*;

const TOKEN: &str = "/api/auth/token";
const JWKS: &str = "/api/auth/jwks";
const SEEN: &str = "/api/auth/get-session";

fn on() -> Options {
    Options::default().settings(|s| s.methods.jwt.enabled = true)
}

async fn token(client: &Client) -> String {
    client.get(TOKEN).await.ok()["token"].as_str().expect("a token").to_owned()
}

async fn keys_at(app: &App, path: &str) -> Json {
    app.http().get(path).await.ok()
}

/// What the token says, if one of the keys signed it for us.
fn said(app: &App, token: &str, keys: &Json, algorithm: Algorithm) -> Option<Json> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let keys: JwkSet = serde_json::from_value(keys.clone()).expect("a key set");
    let key = DecodingKey::from_jwk(keys.find(&header.kid?)?).expect("a key");
    let mut rules = Validation::new(algorithm);
    rules.set_audience(&[&app.base]);
    rules.set_issuer(&[&app.base]);
    // The clock of tests stands elsewhere.
    rules.validate_exp = false;
    rules.required_spec_claims =
        HashSet::from(["exp".to_owned(), "aud".to_owned(), "iss".to_owned(), "sub".to_owned()]);
    jsonwebtoken::decode::<Json>(token, &key, &rules).ok().map(|token| token.claims)
}

db_test!(a_method_that_is_off_is_not_there, async |app| {
    let ann = app.signed_up("ann").await;
    for path in [TOKEN, JWKS] {
        assert_eq!(ann.get(path).await.expect(404).text, "", "{path}");
    }
    assert_eq!(ann.get(SEEN).await.header("set-auth-jwt"), None);
});

db_test!(a_token_says_who_somebody_is_to_whoever_has_the_keys, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let seen = ann.get(SEEN).await;
    let token = token(&ann).await;
    let header = jsonwebtoken::decode_header(&token).expect("a header");
    assert!(header.typ.is_none() && header.kid.is_some());
    let keys = keys_at(&app, JWKS).await;
    assert_eq!(super::keys(&keys["keys"][0]), ["alg", "crv", "kid", "kty", "x"]);
    let claims = said(&app, &token, &keys, Algorithm::EdDSA).expect("it is signed");
    let user = &seen["user"];
    assert_eq!((&claims["sub"], &claims["email"], &claims["id"]), (&user["id"], &user["email"], &user["id"]));
    assert_eq!(claims["exp"].as_i64().unwrap_or(0) - claims["iat"].as_i64().unwrap_or(0), 900);
    let expected = [
        "aud",
        "banExpires",
        "banReason",
        "banned",
        "createdAt",
        "email",
        "emailVerified",
        "exp",
        "iat",
        "id",
        "image",
        "iss",
        "name",
        "role",
        "sub",
        "twoFactorEnabled",
        "updatedAt",
    ];
    assert_eq!(super::keys(&claims), expected);
    let given = seen.header("set-auth-jwt").expect("a header");
    assert_eq!(said(&app, given, &keys, Algorithm::EdDSA).expect("it is signed")["sub"], user["id"]);
    assert_eq!(app.http().get(SEEN).await.header("set-auth-jwt"), None);
    app.http().get(TOKEN).await.refused(401, "UNAUTHORIZED");
    // Who may not come in gets none, from that moment.
    ann.post("/api/auth/revoke-sessions", json!({})).await.expect(200);
    ann.get(TOKEN).await.refused(401, "UNAUTHORIZED");
});

db_test!(a_receipt_is_no_session_token_and_a_session_token_no_receipt, on(), async |app| {
    let ann = app.signed_up("ann").await;
    let token = token(&ann).await;
    let sign = async |tx: &mut auth_core::Tx| auth_core::jwt::sign(tx, &json!({ "sub": "user_1", "aud": "x" })).await;
    let other = app.core.write(&auth_core::Ctx::system("test"), sign).await.expect("it is signed");
    let (ours, theirs) = (keys_at(&app, JWKS).await, keys_at(&app, "/.well-known/jwks.json").await);
    assert_eq!((ours["keys"].as_array().map(Vec::len), theirs["keys"].as_array().map(Vec::len)), (Some(1), Some(1)));
    assert_ne!(ours["keys"][0]["x"], theirs["keys"][0]["x"]);
    assert!(verify(&other, &theirs).is_ok() && verify(&other, &ours).is_err());
    assert!(verify(&token, &ours).is_ok() && verify(&token, &theirs).is_err());
    assert!(said(&app, &token, &theirs, Algorithm::EdDSA).is_none());
});

db_test!(
    a_token_outlives_no_session_and_is_for_nobody_else,
    on().settings(|s| {
        s.methods.jwt.expires_in = 86_400;
        s.methods.api_key.enabled = true;
        s.methods.api_key.enable_session = true;
    }),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let ann = app.signed_up("ann").await;
        app.clock.advance(6 * 86_400 + 80_000);
        let seen = ann.get(&format!("{SEEN}?disableRefresh=true")).await.ok();
        let end = Timestamp::parse(seen["session"]["expiresAt"].as_str().expect("an instant")).expect("an instant");
        let keys = keys_at(&app, JWKS).await;
        let claims = said(&app, &token(&ann).await, &keys, Algorithm::EdDSA).expect("it is signed");
        assert_eq!(claims["exp"], json!(end.millis() / 1000));
        let key = ann.post("/api/auth/api-key/create", json!({})).await.ok()["key"].as_str().expect("a key").to_owned();
        let program = app.http().with("x-api-key", &key);
        program.get(TOKEN).await.refused(401, "UNAUTHORIZED");
        assert_eq!(program.get(SEEN).await.expect(200).header("set-auth-jwt"), None);
        let admin = boot.admin.clone();
        admin.post("/api/auth/admin/impersonate-user", json!({ "userId": seen["user"]["id"] })).await.expect(200);
        admin.get(TOKEN).await.refused(403, "NOT_WHILE_IMPERSONATING");
        assert_eq!(admin.get(SEEN).await.expect(200).header("set-auth-jwt"), None);
    }
);

db_test!(
    keys_take_turns_and_the_one_before_stays_for_a_while,
    on().settings(|s| {
        s.methods.jwt.rotation_days = 7;
        s.methods.jwt.grace_days = 30;
        s.session.expires_in = 90 * 86_400;
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let first = token(&ann).await;
        app.clock.advance(7 * 86_400);
        let second = token(&ann).await;
        let keys = keys_at(&app, JWKS).await;
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
        assert!([&first, &second].into_iter().all(|token| said(&app, token, &keys, Algorithm::EdDSA).is_some()));
        let kid = |token: &str| jsonwebtoken::decode_header(token).expect("a header").kid;
        assert_ne!(kid(&first), kid(&second));
        app.clock.advance(30 * 86_400);
        let keys = keys_at(&app, JWKS).await;
        assert!(said(&app, &first, &keys, Algorithm::EdDSA).is_none(), "{keys}");
    }
);

db_test!(
    other_algorithms_and_claims_are_configured,
    on().settings(|s| {
        let jwt = &mut s.methods.jwt;
        jwt.algorithm = SigningAlgorithm::Es256;
        (jwt.set_header, jwt.user_claims) = (false, false);
        jwt.claims = vec![
            ("mail".into(), ClaimSource::User("email".into())),
            ("sid".into(), ClaimSource::Session("id".into())),
            ("secret".into(), ClaimSource::Session("token".into())),
            ("tier".into(), ClaimSource::Constant("gold".into())),
        ];
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let seen = ann.get(SEEN).await;
        assert_eq!(seen.header("set-auth-jwt"), None);
        let token = token(&ann).await;
        let claims = said(&app, &token, &keys_at(&app, JWKS).await, Algorithm::ES256).expect("it is signed");
        assert_eq!(keys(&claims), ["aud", "exp", "iat", "iss", "mail", "secret", "sid", "sub", "tier"]);
        assert_eq!(
            (&claims["mail"], &claims["sid"], &claims["tier"], &claims["secret"]),
            (&json!("ann@example.com"), &seen["session"]["id"], &json!("gold"), &Json::Null)
        );
    }
);

db_test!(
    an_operators_fields_of_a_session_are_claims_as_they_are_shown,
    on().settings(|s| {
        let field = FieldSettings::new;
        s.fields.session = vec![
            FieldSettings { default: Some(json!("light")), ..field("theme", FieldKind::Text) },
            FieldSettings { returned: false, default: Some(json!("hush")), ..field("note", FieldKind::Text) },
        ];
        s.methods.jwt.claims = vec![
            ("theme".into(), ClaimSource::Session("theme".into())),
            ("note".into(), ClaimSource::Session("note".into())),
        ];
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let keys = keys_at(&app, JWKS).await;
        let claims = async || said(&app, &token(&ann).await, &keys, Algorithm::EdDSA).expect("it is signed");
        let begun = claims().await;
        assert_eq!((&begun["theme"], &begun["note"]), (&json!("light"), &Json::Null));
        ann.post("/api/auth/update-session", json!({ "theme": "dark" })).await.expect(200);
        let changed = claims().await;
        assert_eq!((&changed["theme"], &changed["note"]), (&json!("dark"), &Json::Null));
        let seen = ann.get(SEEN).await;
        let given = said(&app, seen.header("set-auth-jwt").expect("a header"), &keys, Algorithm::EdDSA);
        assert_eq!(given.expect("it is signed")["theme"], "dark");
    }
);

db_test!(rsa_is_for_who_needs_it, on().settings(|s| s.methods.jwt.algorithm = SigningAlgorithm::Rs256), async |app| {
    let ann = app.signed_up("ann").await;
    let token = token(&ann).await;
    assert!(said(&app, &token, &keys_at(&app, JWKS).await, Algorithm::RS256).is_some());
    let (head, rest) = token.split_once('.').expect("three parts");
    let changed = format!("{head}.{}", rest.replacen(&rest[..4], "eyJx", 1));
    assert!(said(&app, &changed, &keys_at(&app, JWKS).await, Algorithm::RS256).is_none());
});

db_test!(
    the_key_of_another_algorithm_is_retired_and_destroyed_in_the_end,
    on().settings(|s| {
        s.methods.jwt.grace_days = 30;
        s.session.expires_in = 90 * 86_400;
    }),
    async |app| {
        let ann = app.signed_up("ann").await;
        let before = token(&ann).await;
        // As if another algorithm had been configured until now.
        let sql = "UPDATE signing_keys SET algorithm = 'ES256' WHERE purpose = 'session'";
        let ctx = auth_core::Ctx::system("test");
        app.core.write(&ctx, async |tx| auth_core::db::run(tx, sql, []).await).await.expect("the statement");
        app.clock.advance(120);
        let after = token(&ann).await;
        assert_eq!(auth_core::jwt::sessions::retire(&app.core).await.expect("a sweep"), 0, "not before all know");
        app.clock.advance(3600);
        assert_eq!(auth_core::jwt::sessions::retire(&app.core).await.expect("a sweep"), 1);
        let published = async || keys_at(&app, JWKS).await["keys"].as_array().map(Vec::len);
        let sealed = "SELECT COUNT(*) FROM signing_keys WHERE purpose = 'session' AND sealed_private_key <> ''";
        assert_eq!((published().await, app.count(sealed).await), (Some(2), 2));
        app.clock.advance(900 + 60 + 3600);
        assert_eq!(auth_core::jwt::sessions::retire(&app.core).await.expect("a sweep"), 1);
        assert_eq!((published().await, app.count(sealed).await), (Some(2), 1), "still there to check by");
        app.clock.advance(30 * 86_400);
        let keys = keys_at(&app, JWKS).await;
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
        let kid = |token: &str| jsonwebtoken::decode_header(token).expect("a header").kid;
        assert_eq!(keys["keys"][0]["kid"].as_str().map(str::to_owned), kid(&after));
        assert_ne!(kid(&before), kid(&after));
    }
);
