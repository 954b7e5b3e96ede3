//! The token endpoint (RFC 6749, 4.1.3 and 6): a code or a refresh token for tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value as Json, json};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::fetch::{Fetch, Question};
use super::metadata::Place;
use crate::clock::Timestamp;
use crate::fault::{Error, Result};
use crate::secret::Secret;
use crate::settings::{ClientProof, SocialProvider};

/// Longest token that is kept.
const LONGEST: usize = 16 * 1024;
/// Longest life of a token that is believed, in seconds: ten years.
const LONGEST_LIFE: i64 = 10 * 365 * 86_400;
/// For how many seconds what we sign about ourselves is good.
const PROOF_LIFE: i64 = 300;

/// What a provider gave us for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// By which the provider is asked in the person's name.
    pub access_token: Option<Secret>,
    /// By which another one is got.
    pub refresh_token: Option<Secret>,
    /// The ID token.
    pub id_token: Option<Secret>,
    /// Until when the access token is good, if that was said.
    pub access_token_expires_at: Option<Timestamp>,
    /// Until when the refresh token is good, if that was said.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// What the provider lets us do.
    pub scopes: Vec<String>,
}

/// What is exchanged.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    /// A code of the authorization endpoint.
    Code { code: &'a str, redirect_uri: &'a str, verifier: Option<&'a str> },
    /// A refresh token.
    Refresh(&'a str),
}

/// Exchanges it. `None` if the provider refuses, cannot be reached or answers what is no answer; the log says which.
pub(super) async fn exchange(
    fetch: &dyn Fetch,
    provider: &SocialProvider,
    place: &Place,
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<Option<Tokens>> {
    let mut headers = vec![("accept", "application/json".to_owned())];
    let mut form = Serializer::new(String::new());
    match grant {
        Grant::Code { code, redirect_uri, verifier } => {
            form.append_pair("grant_type", "authorization_code");
            form.append_pair("code", code).append_pair("redirect_uri", redirect_uri);
            if let Some(verifier) = verifier {
                form.append_pair("code_verifier", verifier);
            }
        }
        Grant::Refresh(token) => {
            form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token);
        }
    }
    match &provider.proof {
        ClientProof::Auto(secret) | ClientProof::Basic(secret)
            if !(place.posts_secret && matches!(provider.proof, ClientProof::Auto(_))) =>
        {
            headers.push(("authorization", basic(&provider.client_id, secret.expose())));
        }
        ClientProof::Auto(secret) | ClientProof::Basic(secret) | ClientProof::Post(secret) => {
            form.append_pair("client_id", &provider.client_id).append_pair("client_secret", secret.expose());
        }
        ClientProof::Signed { team_id, key_id, key } => {
            let signed = sign(provider, team_id, key_id, key, now)?;
            form.append_pair("client_id", &provider.client_id).append_pair("client_secret", &signed);
        }
        ClientProof::Public => {
            form.append_pair("client_id", &provider.client_id);
        }
    }
    let question = Question { url: place.token.clone(), headers, form: Some(form.finish()) };
    let reply = match fetch.fetch(&question).await {
        Ok(reply) => reply,
        Err(why) => {
            tracing::warn!(provider = provider.id, why, "the token endpoint gave no answer");
            return Ok(None);
        }
    };
    let tokens = reply.json().as_ref().and_then(Json::as_object).and_then(|said| read(said, now));
    if tokens.is_none() {
        // Its words may repeat what was sent.
        tracing::warn!(provider = provider.id, status = reply.status, "the token endpoint gave no token");
    }
    Ok(tokens)
}

/// `client_secret_basic`: both parts are encoded as in a form first (RFC 6749, 2.3.1).
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret))))
}

/// What Apple takes for a secret: our own statement, signed with the key of the team.
fn sign(provider: &SocialProvider, team_id: &str, key_id: &str, key: &Secret, now: Timestamp) -> Result<String> {
    let der = URL_SAFE_NO_PAD.decode(key.expose()).map_err(|_| Error::internal("a client's key is not base 64"))?;
    let issued = now.millis().div_euclid(1000);
    let claims = json!({
        "iss": team_id, "iat": issued, "exp": issued + PROOF_LIFE,
        "aud": "https://appleid.apple.com", "sub": provider.client_id,
    });
    let mut header = Header::new(Algorithm::ES256);
    header.typ = None;
    header.kid = Some(key_id.to_owned());
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&der)).map_err(Error::internal)
}

/// The tokens of an answer (RFC 6749, 5.1). `None` if there is no access token that is borne.
fn read(said: &Map<String, Json>, now: Timestamp) -> Option<Tokens> {
    let token = |name: &str| {
        let text = said.get(name).and_then(Json::as_str).filter(|text| !text.is_empty() && text.len() <= LONGEST)?;
        text.bytes().all(|b| b.is_ascii_graphic()).then(|| Secret::new(text))
    };
    let kind = said.get("token_type").and_then(Json::as_str).unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") || said.contains_key("error") {
        return None;
    }
    let until = |name: &str| {
        let seconds = said.get(name).and_then(|life| life.as_i64().or_else(|| life.as_str()?.parse().ok()))?;
        (seconds > 0).then(|| now.plus_seconds(seconds.min(LONGEST_LIFE)))
    };
    Some(Tokens {
        access_token: Some(token("access_token")?),
        refresh_token: token("refresh_token"),
        id_token: token("id_token"),
        access_token_expires_at: until("expires_in"),
        refresh_token_expires_at: until("refresh_token_expires_in"),
        scopes: scopes(said.get("scope").and_then(Json::as_str).unwrap_or_default()),
    })
}

/// The scopes of a list: by blanks, as the standard has it, or by commas.
pub(super) fn scopes(text: &str) -> Vec<String> {
    let plain = |scope: &&str| (1..=256).contains(&scope.len()) && scope.bytes().all(|b| b.is_ascii_graphic());
    text.split([' ', ',']).filter(plain).take(100).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn reading(said: &Json) -> Option<Tokens> {
        read(said.as_object().unwrap(), NOW)
    }

    #[test]
    fn answers_of_all_providers_are_read() {
        let tokens = reading(&json!({
            "access_token": "a", "refresh_token": "r", "id_token": "i", "expires_in": "60", "scope": "a,b c",
            "refresh_token_expires_in": 120, "token_type": "Bearer",
        }))
        .unwrap();
        assert_eq!(tokens.scopes, ["a", "b", "c"]);
        assert_eq!(tokens.access_token_expires_at, Some(NOW.plus_seconds(60)));
        assert_eq!(tokens.refresh_token_expires_at, Some(NOW.plus_seconds(120)));
        let bare = reading(&json!({ "access_token": "a", "expires_in": i64::MAX })).unwrap();
        assert_eq!(bare.access_token_expires_at, Some(NOW.plus_seconds(LONGEST_LIFE)));
        for odd in [
            json!({}),
            json!({ "access_token": "" }),
            json!({ "access_token": 1 }),
            json!({ "access_token": "a\nb" }),
            json!({ "access_token": "a".repeat(LONGEST + 1) }),
            json!({ "access_token": "a", "token_type": "mac" }),
            json!({ "access_token": "a", "error": "bad_verification_code" }),
        ] {
            assert_eq!(reading(&odd), None, "{odd}");
        }
    }

    #[test]
    fn a_secret_in_the_header_is_encoded_first() {
        assert_eq!(basic("a b", "c:d"), format!("Basic {}", STANDARD.encode("a+b:c%3Ad")));
    }
}
