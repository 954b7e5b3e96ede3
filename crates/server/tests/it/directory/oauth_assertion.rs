//! `private_key_jwt`: a client that proves itself with a signature instead of a secret.

use auth_core::features::directory::credentials::{Issued, Kind};
use auth_core::features::directory::oauth::{self, AuthorizationRequest, ClientProof, OAuthFault, TokenAnswer};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::oauth::{change, fetch, good, issue_as, issue_with, proof, replica};
use super::oauth_code::{BACK, VERIFIER, admin, consent, request};
use super::*;
use crate::support::*;

/// Keys that open nothing but these tests.
const RSA: &str = "\
    MIIEowIBAAKCAQEAynibcTwrr3RWs8F0szl0Os3kyUHhVda4qcwlLcpIbuXW7UxGv6CFXGm/kg96OIN7/JcIY1QNMnbeGEZ2mMfwDBCbgO+g\
    IEf15EIegMOQr/N75Nj5iAPRsNToCBZSFkmRy0PlrISfxLfCQiZFFIWon/S/RkhGYBvnixChSUYo8lFSEwTGArQJiIV2kCT/p+Bko5gftL9/\
    mgriB8h8ntruma8kVQVr7Y5BoHtzJ3ejzVuexIcCmACQy4rjv/6+LZoM7yYvW7nmH3GYaerS4s0fu/V8XOsB8wMB+Ou0QBO7qRfmdjnPoW9d\
    arRvHIkgzC1tvphP7sR59QIELQpjP5roHwIDAQABAoIBAAFL6RWTi2VnOvrnB+ackpL3KI+QCBpdnUxxDeKPg2E6auLqycqGWPRGNRTWsTNV\
    cYt6Msfit5GVffHtLus8NIb56upWHny2bpZUmg9nBoZ/P6bagNaPIl5IhBKGhLthzeOIVBsuX5DfQF4zZ96BcJqoSDqcpzQMWbI5RrR1FOQL\
    AFanrmAG9+4Uj7SCbn/B2/hKrOQHtomfxcvAcSwafblEARx156W1+PHvdv2Tix2jSQCIz1xQ94yWk+vz46TxEM/i1HHTymuNttuQPcpEnL6m\
    WpAcy0sHHiGGxQVSgzp4vBgZyyW3iiJcjAkJv9S2GneEwnHUO9SVlQGK6SBbcfkCgYEA+qCfJgJJv/SDD9hBhanc0Lu36ye2BVGH3xQrr1mO\
    AwpU2WzfaT0Ug2O3cCQ0u4atwhJAcgmQlyX/alOVMcitSJATjLLTSYAbR3MtURQw8riqFErbtPdRfXt3Ies3B06FAuJ4kqLzSwz9L2T7ljvX\
    iUZGT1LWUr9Y5j1JatOF0BsCgYEAzs+3WQMNY5NNkCfX4ZQPiaWZ8W0m0YMWLITaQXMNlbJ+DZ9YKy8ut/17Qz3nL/FwrJ2mZmOJeWjfjDak\
    wv3OnsieiDtczWqXVhTGCOsI8+s9pzoaPJ8g2Ut+z67RY2+KNQMMUjx9Ye5HYBjg/SrpM8xdAURJDHrzLYRxdu/m8E0CgYEAhBOraxNfnDoV\
    636yoObwSEv004b85Haf3M67atAOB8olBuPaJJKcwdUF8aIS7BRAc3q83Zvux8itfnIHuNGhiBDtTINc12ocdh3bbtPuK6tnbgQ5HngLSM6M\
    7KIRQNd/PxLsKZKYFiAFOTnFX9mvb1dKbDkiWz8dcVAw5YwNA6sCgYA/XLaQ5/V/L49Q/lQPAdzs0DblGAsPn7j4dM+lw8lCtwgVxl8uA+ut\
    ZVURmfKt5qwdxsNHlXF2KCJthARg1YArd83ScVWSffjV39F4xAHfMZCXHp8RObPHv3Cf0rDGZVMTwNZSj8PecDGgCJ9OEYqXWyKXk8NJtpWw\
    uWZGCWRY9QKBgFa50wmXh/PD84NpnTHHZp0jJJVF3Zxm9Dkd1dw2RjSnVLPmROqeOeNq5+QIWcmCBzuv2yyJFzZX61aZVIIyVIRFCE11zqGI\
    gUhvm8DGp5OxJgCKbIWslFGc/Hex1bKva1/0QW2+dH50lrLeusO7lUz/tBlt7+vdzPQV3uVFBIqC";
const EC: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJaCTHV9R3e/07tYwyI4Lv3m0UheBRftfsm1tVDh+YQuhRANCAAQhFVQtMMOb\
    IX0OTr34FbLru4uESfYHhSycZsF/pglvyKHCuE9mPHUipWJQUoE/wvnEATdnK84P+ObX4zuAQY0U";
const ED: &str = "MC4CAQAwBQYDK2VwBCIEICqmCPXcStvgf/RHZnuNT/ESdoyMIYdj7hzBirf1WmsP";
const OTHER: &str = "MC4CAQAwBQYDK2VwBCIEIO/jYaTyMS6ObzCqzKAe7DNKXCyRS4W+zKa+lSe0oG91";

/// For whom the assertions are.
const AUDIENCE: &str = "https://portico.example/scim/oauth2/token";

fn key(algorithm: Algorithm, text: &str) -> EncodingKey {
    let der = STANDARD.decode(text).expect("base64");
    match algorithm {
        Algorithm::RS256 | Algorithm::RS512 | Algorithm::PS256 => EncodingKey::from_rsa_der(&der),
        Algorithm::ES256 => EncodingKey::from_ec_der(&der),
        _ => EncodingKey::from_ed_der(&der),
    }
}

/// The public half, as the client registers it.
fn public(algorithm: Algorithm, text: &str, kid: &str) -> Json {
    let jwk = Jwk::from_encoding_key(&key(algorithm, text), algorithm).expect("a key");
    let mut jwk = json!(jwk);
    jwk["kid"] = kid.into();
    jwk["use"] = "sig".into();
    jwk
}

/// A client with three keys and no secret, which may ask for consent.
async fn keyed(app: &App, dir: &Dir) -> Issued {
    let jwks = json!({ "keys": [
        public(Algorithm::RS256, RSA, "rsa"), public(Algorithm::ES256, EC, "ec"), public(Algorithm::EdDSA, ED, "ed"),
    ] });
    let uris = vec![BACK.to_owned()];
    let new = |new| NewCredential { kind: Kind::OAuth2, redirect_uris: uris.clone(), jwks: Some(jwks.clone()), ..new };
    issue_with(app, dir, new).await.expect("a client")
}

/// Seconds since the epoch, as the server sees them.
fn now(app: &App) -> i64 {
    app.core.clock().now().millis() / 1000
}

/// What a good client says.
fn claims(app: &App, client: &Issued, jti: &str) -> Json {
    let id = client.credential.id.as_str();
    json!({ "iss": id, "sub": id, "aud": AUDIENCE, "iat": now(app), "exp": now(app) + 60, "jti": jti })
}

fn signed(algorithm: Algorithm, text: &str, kid: Option<&str>, claims: &Json) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &key(algorithm, text)).expect("a signature")
}

async fn present(app: &App, jwt: &str) -> Result<TokenAnswer> {
    let audience = [AUDIENCE.to_owned(), "https://portico.example".to_owned()];
    let proof = ClientProof::Assertion { jwt, audience: &audience };
    oauth::client_credentials(&app.core, &stranger(), proof, None).await
}

db_test!(a_signature_of_each_kind_of_key_proves_the_client, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = keyed(&app, &dir).await;
    assert!(client.secret.is_none() && client.credential.prefix.is_empty());
    for (n, (algorithm, text, kid)) in [
        (Algorithm::RS256, RSA, Some("rsa")),
        (Algorithm::ES256, EC, Some("ec")),
        (Algorithm::EdDSA, ED, Some("ed")),
        (Algorithm::EdDSA, ED, None),
    ]
    .into_iter()
    .enumerate()
    {
        let jwt = signed(algorithm, text, kid, &claims(&app, &client, &format!("jti-{n}")));
        let answer = present(&app, &jwt).await.expect("a token");
        assert!(good(&app, &answer).await);
        assert!(present(&app, &jwt).await.unwrap_err().is(&OAuthFault::InvalidClient), "it was used");
        let elsewhere = ClientProof::Assertion { jwt: &jwt, audience: &[AUDIENCE.to_owned()] };
        assert!(oauth::client_credentials(&replica(&app), &stranger(), elsewhere, None).await.is_err());
    }
    // Several audiences, of which we are one; the issuer instead of the endpoint; as far ahead as may be.
    let mut good = claims(&app, &client, "several");
    good["aud"] = json!(["https://other.example", "https://portico.example"]);
    good["exp"] = json!(now(&app) + 299);
    good["nbf"] = json!(now(&app));
    assert!(present(&app, &signed(Algorithm::EdDSA, ED, None, &good)).await.is_ok());
});

db_test!(an_assertion_that_is_not_quite_right_is_refused, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = keyed(&app, &dir).await;
    let other = keyed(&app, &dir).await;
    let secret_one = issue_as(&app, &dir, Kind::OAuth2).await;
    let at = now(&app);
    let theirs = other.credential.id.as_str();
    let mut wrong: Vec<(String, String)> = Vec::new();
    for (why, name, value) in [
        ("another audience", "aud", json!("https://other.example/token")),
        ("no audience of ours", "aud", json!(["https://other.example", 7])),
        ("an audience like ours", "aud", json!(format!("{AUDIENCE}/"))),
        ("audience of another type", "aud", json!({})),
        ("no audience", "aud", Json::Null),
        ("expired", "exp", json!(at - 1)),
        ("far ahead", "exp", json!(at + 360)),
        ("for years", "exp", json!(at * 2)),
        ("endless", "exp", Json::Null),
        ("expiry as a text", "exp", json!((at + 60).to_string())),
        ("not yet", "nbf", json!(at + 120)),
        ("from the future", "iat", json!(at + 120)),
        ("another issuer", "iss", json!(theirs)),
        ("no issuer", "iss", Json::Null),
        ("about another", "sub", json!(theirs)),
        ("about nobody", "sub", Json::Null),
        ("about a client with a secret", "sub", json!(secret_one.credential.id.as_str())),
        ("about an unknown client", "sub", json!("scimt_01h455vb4pex5vsknk084sn02q")),
        ("no id", "jti", Json::Null),
        ("an empty id", "jti", json!("")),
        ("a long id", "jti", json!("x".repeat(257))),
        ("an id of another type", "jti", json!(7)),
    ] {
        let mut claims = claims(&app, &client, why);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        wrong.push((why.to_owned(), signed(Algorithm::EdDSA, ED, Some("ed"), &claims)));
    }
    let fine = claims(&app, &client, "fine");
    wrong.push(("another key".into(), signed(Algorithm::EdDSA, OTHER, None, &fine)));
    wrong.push(("the name of another key".into(), signed(Algorithm::EdDSA, ED, Some("rsa"), &fine)));
    wrong.push(("an unknown name".into(), signed(Algorithm::EdDSA, ED, Some("x"), &fine)));
    wrong.push(("another hash".into(), signed(Algorithm::RS512, RSA, Some("rsa"), &fine)));
    wrong.push(("another padding".into(), signed(Algorithm::PS256, RSA, Some("rsa"), &fine)));

    // A signature that nobody made, and the public key as a shared secret.
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    for alg in ["none", "None", "NONE", "nOnE"] {
        let head = part(&json!({ "alg": alg, "typ": "JWT" }));
        wrong.push((format!("alg {alg}"), format!("{head}.{}.", part(&fine))));
        wrong.push((format!("alg {alg}, signed"), format!("{head}.{}.AAAA", part(&fine))));
    }
    let published = public(Algorithm::RS256, RSA, "rsa");
    for secret in [published["n"].as_str().unwrap().to_owned(), published.to_string()] {
        let header = Header { kid: Some("rsa".into()), ..Header::new(Algorithm::HS256) };
        let forged = jsonwebtoken::encode(&header, &fine, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
        wrong.push(("HMAC with the public key".into(), forged));
    }
    let ed = public(Algorithm::EdDSA, ED, "ed");
    let raw = URL_SAFE_NO_PAD.decode(ed["x"].as_str().unwrap()).unwrap();
    let header = Header { kid: Some("ed".into()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&header, &fine, &EncodingKey::from_secret(&raw)).unwrap();
    wrong.push(("HMAC with the bytes of the public key".into(), forged));

    // What was changed after it was signed.
    let good_one = signed(Algorithm::EdDSA, ED, Some("ed"), &fine);
    let parts: Vec<&str> = good_one.split('.').collect();
    let mut more = fine.clone();
    more["exp"] = json!(at + 120);
    wrong.push(("changed".into(), format!("{}.{}.{}", parts[0], part(&more), parts[2])));
    wrong.push(("unsigned".into(), format!("{}.{}.", parts[0], parts[1])));
    wrong.push(("two parts".into(), format!("{}.{}", parts[0], parts[1])));
    let critical = part(&json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false }));
    wrong.push(("critical".into(), format!("{critical}.{}.{}", parts[1], parts[2])));
    for nonsense in ["", ".", "..", "...", "a.b.c", "x"] {
        wrong.push((format!("{nonsense:?}"), nonsense.to_owned()));
    }
    wrong.push(("endless".into(), format!("{good_one}{}", "A".repeat(10_000))));

    for (why, jwt) in &wrong {
        let refused = present(&app, jwt).await.expect_err(why);
        assert!(refused.is(&OAuthFault::InvalidClient), "{why}: {refused:?}");
        assert_eq!(refused.public_message(), OAuthFault::InvalidClient.to_string(), "{why}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_assertions").await, 0, "none of them spent anything");
    assert!(present(&app, &good_one).await.is_ok());
});

db_test!(a_client_with_keys_has_no_other_way, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = keyed(&app, &dir).await;
    let (id, hash) = (client.credential.id.as_str(), format!("none:{}", client.credential.id));
    for secret in ["", "none", hash.as_str()] {
        let guess = ClientProof::Secret { id, secret };
        assert!(oauth::client_credentials(&app.core, &stranger(), guess, None).await.is_err());
        assert!(!opens(&app, Presented::Basic { id, secret }).await && !opens(&app, Presented::Bearer(secret)).await);
    }
    let rotate = change(&app, async |tx| tokens::start_rotation(tx, &acme, &client.credential.id).await).await;
    assert!(rotate.unwrap_err().is(&DirectoryFault::NothingToRotate));
    // And one with a secret has no keys.
    let plain = issue_as(&app, &dir, Kind::OAuth2).await;
    let mut about = claims(&app, &client, "x");
    about["iss"] = json!(plain.credential.id.as_str());
    about["sub"] = about["iss"].clone();
    assert!(present(&app, &signed(Algorithm::EdDSA, ED, None, &about)).await.is_err());
    assert!(fetch(&app, &plain, None).await.is_ok() && matches!(proof(&plain), ClientProof::Secret { .. }));
});

db_test!(of_ten_who_bring_an_assertion_one_gets_a_token, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, other) = (keyed(&app, &dir).await, keyed(&app, &dir).await);
    let jwt = signed(Algorithm::EdDSA, ED, None, &claims(&app, &client, "one"));
    let answers = join_all((0..10).map(|_| present(&app, &jwt))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    // Another client's may have the same id.
    let theirs = signed(Algorithm::EdDSA, ED, None, &claims(&app, &other, "one"));
    assert!(present(&app, &theirs).await.is_ok());
    // It is remembered for as long as it could be good.
    oauth::sweep(&app.core).await.expect("swept");
    assert!(present(&app, &jwt).await.is_err());
    app.clock.advance(400);
    oauth::sweep(&app.core).await.expect("swept");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_assertions").await, 0);
    assert!(present(&app, &jwt).await.is_err(), "expired");
});

db_test!(a_client_with_keys_needs_pkce_and_renews_with_assertions, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, bob) = (keyed(&app, &dir).await, admin(&app, &acme).await);
    let bare = AuthorizationRequest { code_challenge: None, code_challenge_method: None, ..request(&client) };
    assert!(consent(&app, &bob, &bare).await.unwrap_err().is(&OAuthFault::InvalidRequest("")));
    let code = consent(&app, &bob, &request(&client)).await.expect("a code");
    let audience = [AUDIENCE.to_owned()];
    let jwt = |jti: &str| signed(Algorithm::ES256, EC, None, &claims(&app, &client, jti));
    let first = jwt("1");
    let by = ClientProof::Assertion { jwt: &first, audience: &audience };
    let answer = oauth::exchange_code(&app.core, &stranger(), by, code.expose(), BACK, Some(VERIFIER)).await;
    let token = answer.expect("tokens").refresh_token.expect("a refresh token");
    // The assertion was spent by the exchange.
    assert!(oauth::refresh(&app.core, &stranger(), by, token.expose(), None).await.is_err());
    let second = jwt("2");
    let by = ClientProof::Assertion { jwt: &second, audience: &audience };
    let answer = oauth::refresh(&app.core, &stranger(), by, token.expose(), None).await.expect("tokens");
    let third = jwt("3");
    let by = ClientProof::Assertion { jwt: &third, audience: &audience };
    oauth::revoke_token(&app.core, &stranger(), by, answer.access_token.expose()).await.expect("revoked");
    assert!(!good(&app, &answer).await);
});
