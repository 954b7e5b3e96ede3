//! OAuth 2.0 over HTTP: clients that fetch tokens by themselves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::*;
use crate::support::*;

pub(super) const TOKEN: &str = "/scim/oauth2/token";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A client of a directory, as `/v1` made it.
pub(super) struct OAuthClient {
    pub id: String,
    pub secret: String,
    /// Where its administration is.
    pub path: String,
}

/// A credential of the organization's first directory.
pub(super) async fn credential(boot: &Boot, body: Json) -> Json {
    let path = format!("/v1/organizations/{}/directories/{}/credentials", boot.organization_id, boot.directory_id);
    boot.key.post(&path, body).await.created()
}

impl OAuthClient {
    pub async fn make(boot: &Boot, redirect_uris: &[&str]) -> Self {
        let made = credential(boot, json!({"name": "Okta", "type": "oauth2", "redirect_uris": redirect_uris})).await;
        let text = |field: &str| made[field].as_str().expect("a text").to_owned();
        let path = format!(
            "/v1/organizations/{}/directories/{}/credentials/{}",
            boot.organization_id,
            boot.directory_id,
            text("id")
        );
        Self { id: text("client_id"), secret: text("client_secret"), path }
    }

    /// Proves itself by HTTP Basic.
    pub fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret)))
    }

    /// Fetches tokens with these parameters.
    pub async fn fetch(&self, app: &App, parameters: &[(&str, &str)]) -> Answer {
        send(app, TOKEN, parameters, &[("authorization", &self.basic())]).await
    }
}

pub(super) fn form(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", url_encode(value))).collect();
    pairs.join("&")
}

/// Posts a form.
pub(super) async fn send(app: &App, path: &str, parameters: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<(&str, &str)> = [FORM].into_iter().chain(headers.iter().copied()).collect();
    app.http().send("POST", path, Some(form(parameters).into_bytes()), &headers).await
}

/// Checks a failure (RFC 6749, 5.2).
#[track_caller]
pub(super) fn failed(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer["error"].as_str()), (status, Some(error)), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    assert!(answer["error_description"].is_string(), "{answer:?}");
    assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer:?}");
}

/// A SCIM client with the access token of an answer.
pub(super) fn scim(app: &App, tokens: &Json) -> Client {
    app.scim(tokens["access_token"].as_str().expect("an access token"))
}

const BY_ITSELF: (&str, &str) = ("grant_type", "client_credentials");

db_test!(a_client_fetches_a_token_and_pushes_with_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[]).await;
    let answer = client.fetch(&app, &[BY_ITSELF]).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let tokens = answer.json;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(tokens["scope"], "users:read users:write groups:read groups:write");
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let ann = make(&scim(&app, &tokens), "ann").await;
    boot.scim.get(&format!("/scim/v2/Users/{ann}")).await.expect(200);

    // The same by the form, and with the secret in both encodings of HTTP Basic.
    let by_form = [BY_ITSELF, ("client_id", &client.id), ("client_secret", &client.secret), ("scope", "users:read")];
    let narrow = send(&app, TOKEN, &by_form, &[]).await.ok();
    assert_eq!(narrow["scope"], "users:read");
    scim(&app, &narrow).get("/scim/v2/Users").await.expect(200);
    scim(&app, &narrow).get("/scim/v2/Groups").await.expect(403);
    let encoded =
        format!("Basic {}", STANDARD.encode(format!("{}:{}", url_encode(&client.id), url_encode(&client.secret))));
    send(&app, TOKEN, &[BY_ITSELF], &[("authorization", &encoded)]).await.expect(200);

    // Tokens live an hour, and no longer than their client.
    app.clock.advance(3500);
    scim(&app, &tokens).get("/scim/v2/Users").await.expect(200);
    app.clock.advance(200);
    refused(&scim(&app, &tokens).get("/scim/v2/Users").await, 401, "");
    let fresh = client.fetch(&app, &[BY_ITSELF]).await.ok();
    scim(&app, &fresh).get("/scim/v2/Users").await.expect(200);
    boot.key.send("POST", &format!("{}/revoke", client.path), None, &[]).await.expect(200);
    refused(&scim(&app, &fresh).get("/scim/v2/Users").await, 401, "");
    failed(&client.fetch(&app, &[BY_ITSELF]).await, 401, "invalid_client");
});

db_test!(what_is_wrong_with_a_request_for_tokens_is_said_in_the_words_of_the_rfc, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[]).await;
    let other = OAuthClient::make(&app.boot("Beta", None).await, &[]).await;
    let basic = credential(&boot, json!({"name": "x", "type": "basic"})).await;
    let basic = (basic["client_id"].as_str().unwrap(), basic["client_secret"].as_str().unwrap());
    for (parameters, status, error) in [
        (vec![], 400, "invalid_request"),
        (vec![("grant_type", "")], 400, "invalid_request"),
        (vec![("grant_type", "password")], 400, "unsupported_grant_type"),
        (vec![BY_ITSELF, BY_ITSELF], 400, "invalid_request"),
        (vec![BY_ITSELF, ("scope", "everything")], 400, "invalid_scope"),
        (vec![BY_ITSELF, ("client_id", &other.id)], 401, "invalid_client"),
        (vec![BY_ITSELF, ("client_secret", &client.secret)], 400, "invalid_request"),
        (vec![("grant_type", "authorization_code")], 400, "invalid_request"),
        (vec![("grant_type", "refresh_token")], 400, "invalid_request"),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "x")], 400, "invalid_grant"),
        (vec![BY_ITSELF, ("client_assertion", "x")], 400, "invalid_request"),
    ] {
        failed(&client.fetch(&app, &parameters).await, status, error);
    }
    for (id, secret) in [
        (client.id.as_str(), "wrong"),
        (&client.id, &other.secret),
        ("scimt_none", &client.secret),
        ("no such id!", "x"),
        // Who authenticates by Basic or by a token is no client.
        basic,
        (&client.id, &boot.scim_token),
    ] {
        let parameters = [BY_ITSELF, ("client_id", id), ("client_secret", secret)];
        failed(&send(&app, TOKEN, &parameters, &[]).await, 401, "invalid_client");
    }
    failed(&send(&app, TOKEN, &[BY_ITSELF], &[]).await, 401, "invalid_client");
    failed(&send(&app, TOKEN, &[BY_ITSELF, ("client_id", &client.id)], &[]).await, 401, "invalid_client");
    let bearer = format!("Bearer {}", boot.scim_token);
    failed(&send(&app, TOKEN, &[BY_ITSELF], &[("authorization", &bearer)]).await, 401, "invalid_client");

    let raw = async |body: &str, media: &str| {
        let headers = [("content-type", media), ("authorization", &*client.basic())];
        app.http().send("POST", TOKEN, Some(body.as_bytes().to_vec()), &headers).await
    };
    failed(&raw("{\"grant_type\": \"client_credentials\"}", "application/json").await, 400, "invalid_request");
    failed(&raw("grant_type=%ff", FORM.1).await, 400, "invalid_request");
    failed(&raw(&format!("x={}", "x".repeat(70_000)), FORM.1).await, 413, "invalid_request");
    raw("grant_type=client_credentials", "application/X-WWW-form-urlencoded; charset=UTF-8").await.expect(200);
    let refused = app.http().get(TOKEN).await.expect(405);
    assert_eq!(refused.header("allow"), Some("POST"));
    app.http().get("/scim/oauth2/other").await.expect(404);
});

db_test!(a_client_with_a_key_signs_instead_of_sending_a_secret, async |app| {
    // A key that opens nothing but this test.
    let der = STANDARD.decode("MC4CAQAwBQYDK2VwBCIEICqmCPXcStvgf/RHZnuNT/ESdoyMIYdj7hzBirf1WmsP").unwrap();
    let key = EncodingKey::from_ed_der(&der);
    let mut jwk = json!(Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap());
    jwk["kid"] = "one".into();
    let boot = app.boot("Acme", None).await;
    let made = credential(&boot, json!({"name": "Okta", "type": "oauth2", "jwks": {"keys": [jwk]}})).await;
    assert!(made.get("client_secret").is_none() && made["jwks"]["keys"][0]["kid"] == "one", "{made}");
    let id = made["client_id"].as_str().unwrap();
    let now = app.core.clock().now().millis() / 1000;
    let present = async |audience: &str, jti: &str| {
        let claims = json!({"iss": id, "sub": id, "aud": audience, "exp": now + 60, "jti": jti});
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).unwrap();
        let parameters = [
            BY_ITSELF,
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &*jwt),
        ];
        send(&app, TOKEN, &parameters, &[]).await
    };
    let token_url = made["token_url"].as_str().unwrap();
    let tokens = present(token_url, "1").await.ok();
    scim(&app, &tokens).get("/scim/v2/Users").await.expect(200);
    failed(&present(token_url, "1").await, 401, "invalid_client");
    present(&format!("{}/scim/oauth2", app.base), "2").await.expect(200);
    failed(&present("https://other.example/token", "3").await, 401, "invalid_client");
    let path = format!("/v1/organizations/{}/directories/{}/credentials/{id}", boot.organization_id, boot.directory_id);
    boot.key.send("POST", &format!("{path}/rotate"), None, &[]).await.refused(409, "nothing_to_rotate");
});

db_test!(both_secrets_of_a_rotation_fetch_tokens, async |app| {
    let boot = app.boot("Acme", None).await;
    let mut client = OAuthClient::make(&boot, &[]).await;
    let held = client.fetch(&app, &[BY_ITSELF]).await.ok();
    let begun = boot.key.send("POST", &format!("{}/rotate", client.path), None, &[]).await.ok();
    client.fetch(&app, &[BY_ITSELF]).await.expect(200);
    boot.key.send("POST", &format!("{}/rotate/complete", client.path), None, &[]).await.expect(200);
    failed(&client.fetch(&app, &[BY_ITSELF]).await, 401, "invalid_client");
    client.secret = begun["client_secret"].as_str().unwrap().to_owned();
    client.fetch(&app, &[BY_ITSELF]).await.expect(200);
    // What was fetched before lives out its hour.
    scim(&app, &held).get("/scim/v2/Users").await.expect(200);
});

db_test!(a_token_is_revoked_by_its_client_only, async |app| {
    let boot = app.boot("Acme", None).await;
    let (client, other) = (OAuthClient::make(&boot, &[]).await, OAuthClient::make(&boot, &[]).await);
    let tokens = client.fetch(&app, &[BY_ITSELF]).await.ok();
    let token = tokens["access_token"].as_str().unwrap();
    let revoke = async |client: &OAuthClient, parameters: &[(&str, &str)]| {
        send(&app, "/scim/oauth2/revoke", parameters, &[("authorization", &client.basic())]).await
    };
    revoke(&other, &[("token", token)]).await.expect(200);
    scim(&app, &tokens).get("/scim/v2/Users").await.expect(200);
    revoke(&client, &[("token", token), ("token_type_hint", "access_token")]).await.expect(200);
    refused(&scim(&app, &tokens).get("/scim/v2/Users").await, 401, "");
    revoke(&client, &[("token", token)]).await.expect(200);
    revoke(&client, &[("token", "nothing")]).await.expect(200);
    failed(&revoke(&client, &[]).await, 400, "invalid_request");
    failed(&send(&app, "/scim/oauth2/revoke", &[("token", token)], &[]).await, 401, "invalid_client");
});

db_test!(a_directory_that_is_paused_gives_no_tokens, async |app| {
    let boot = app.boot("Acme", None).await;
    let client = OAuthClient::make(&boot, &[]).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    boot.key.patch(&path, json!({"state": "paused"})).await.expect(200);
    let answer = client.fetch(&app, &[BY_ITSELF]).await;
    failed(&answer, 503, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    boot.key.delete(&path).await.expect(204);
    failed(&client.fetch(&app, &[BY_ITSELF]).await, 401, "invalid_client");
});

db_test!(the_metadata_says_what_is_served, async |app| {
    let base = format!("{}/scim/oauth2", app.base);
    let found = app.http().get("/.well-known/oauth-authorization-server/scim/oauth2").await.ok();
    for (field, value) in [
        ("issuer", base.clone()),
        ("authorization_endpoint", format!("{base}/authorize")),
        ("token_endpoint", format!("{base}/token")),
        ("revocation_endpoint", format!("{base}/revoke")),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(found["authorization_response_iss_parameter_supported"], true);
    app.http().get("/.well-known/oauth-authorization-server").await.expect(404);
    app.http().get("/.well-known/oauth-authorization-server/other").await.expect(404);
});

db_test!(asking_for_tokens_is_limited_by_address, Options::default().limited(), async |app| {
    for _ in 0..100 {
        send(&app, TOKEN, &[BY_ITSELF], &[]).await.expect(401);
    }
    let answer = send(&app, TOKEN, &[BY_ITSELF], &[]).await;
    failed(&answer, 429, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some_and(|seconds| (1..=10).contains(&seconds.parse::<u32>().unwrap())));
    // Others are counted apart.
    app.http().get("/.well-known/oauth-authorization-server/scim/oauth2").await.expect(200);
    app.clock.advance(11);
    send(&app, TOKEN, &[BY_ITSELF], &[]).await.expect(401);
});
