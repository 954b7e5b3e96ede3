//! Checking what an instance signed, with nothing but its published keys: no database, no network, no secret.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value as Json;

/// Why a signature proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is not a compact JWS.
    #[error("it is not a compact JWS")]
    Unreadable,
    /// The key that its header names is not in the set.
    #[error("the key {0} is not in the key set")]
    UnknownKey(String),
    /// The key cannot be used: not Ed25519, or broken.
    #[error("the key {0} is not one for EdDSA")]
    UnusableKey(String),
    /// The signature was not made by that key, or the text was changed since.
    #[error("the signature does not match")]
    Refused,
}

/// What a compact JWS says, if a key of the set signed it with `EdDSA`. The key is the one that the header names, so that
/// a retired key proves what it signed; the header chooses nothing else.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(jws: &str, keys: &Json) -> Result<Json, Unproven> {
    let header = jsonwebtoken::decode_header(jws).map_err(|_| Unproven::Unreadable)?;
    if header.alg != Algorithm::EdDSA {
        return Err(Unproven::Refused);
    }
    let kid = header.kid.unwrap_or_default();
    let published = keys["keys"].as_array().into_iter().flatten().find(|key| key["kid"] == kid.as_str());
    let Some(published) = published.filter(|_| !kid.is_empty()) else { return Err(Unproven::UnknownKey(kid)) };
    let unusable = || Unproven::UnusableKey(kid.clone());
    if published["kty"] != "OKP" || published["crv"] != "Ed25519" {
        return Err(unusable());
    }
    let key: Jwk = serde_json::from_value(published.clone()).map_err(|_| unusable())?;
    let key = DecodingKey::from_jwk(&key).map_err(|_| unusable())?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    // What is signed says when it was, not until when it holds.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let said = jsonwebtoken::decode::<Json>(jws, &key, &rules).map_err(|_| Unproven::Refused)?.claims;
    if said.is_object() { Ok(said) } else { Err(Unproven::Unreadable) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 8037, appendix A.4: its JWS over a text that is no JSON object, and its key.
    const JWS: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    #[test]
    fn what_names_no_known_key_proves_nothing() {
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "sig_1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] });
        assert_eq!(verify(JWS, &keys), Err(Unproven::UnknownKey(String::new())));
        assert_eq!(verify(JWS, &json!({})), Err(Unproven::UnknownKey(String::new())));
        for odd in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(verify(odd, &keys), Err(Unproven::Unreadable), "{odd}");
        }
    }
}
