//! The public keys of clients that prove themselves by `private_key_jwt` (RFC 7517, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value as Json};

/// How many keys a client has at most, and how large all of them are.
const MOST: usize = 10;
const LARGEST: usize = 32 * 1024;
/// Sizes of an RSA modulus in bytes: 2048 to 8192 bits.
const RSA: std::ops::RangeInclusive<usize> = 256..=1024;

/// Refuses a set of which not every member is a public key that can be used here.
pub(in crate::features::directory) fn check(set: &Json) -> Result<(), &'static str> {
    let Some(keys) = set.get("keys").and_then(Json::as_array) else { return Err("there is no array \"keys\"") };
    if keys.is_empty() || keys.len() > MOST || set.to_string().len() > LARGEST {
        return Err("there must be 1 to 10 keys, of 32 kB together");
    }
    let mut names = Vec::new();
    for key in keys {
        let Some(key) = key.as_object() else { return Err("a key is an object") };
        let algorithm = public(key)?.0;
        if key.get("alg").is_some_and(|alg| *alg != name(algorithm)) {
            return Err("\"alg\" is RS256, ES256 or EdDSA, as the key says");
        }
        if key.get("use").is_some_and(|usage| usage != "sig") {
            return Err("\"use\" is sig");
        }
        match key.get("kid") {
            None => {}
            Some(Json::String(kid)) if !names.contains(&kid) => names.push(kid),
            Some(_) => return Err("\"kid\" is a text of the key's own"),
        }
    }
    Ok(())
}

/// The keys of a set that was checked, which may have made a signature of that algorithm. If the signature
/// names its key and the set knows names, only that one.
pub(super) fn fitting(set: &Json, algorithm: Algorithm, kid: Option<&str>) -> Vec<DecodingKey> {
    let keys = set.get("keys").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = |key: &Map<String, Json>| match (key.get("kid").and_then(Json::as_str), kid) {
        (Some(own), Some(wanted)) => own == wanted,
        _ => true,
    };
    keys.iter()
        .filter_map(Json::as_object)
        .filter(|key| named(key))
        .filter_map(|key| public(key).ok())
        .filter_map(|(own, key)| (own == algorithm).then_some(key))
        .collect()
}

/// The algorithm that a key is for, and the key.
fn public(key: &Map<String, Json>) -> Result<(Algorithm, DecodingKey), &'static str> {
    const BROKEN: &str = "a key is not complete";
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|part| key.contains_key(*part)) {
        return Err("a key is not public; it has to be replaced, since others have seen it now");
    }
    let text = |name: &str| key.get(name).and_then(Json::as_str).ok_or(BROKEN);
    let size = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).map(|bytes| bytes.len()).map_err(|_| BROKEN);
    match (text("kty")?, key.get("crv").and_then(Json::as_str)) {
        ("RSA", _) => {
            if !RSA.contains(&size("n")?) || !(1..=8).contains(&size("e")?) {
                return Err("an RSA key has 2048 to 8192 bits");
            }
            let key = DecodingKey::from_rsa_components(text("n")?, text("e")?).map_err(|_| BROKEN)?;
            Ok((Algorithm::RS256, key))
        }
        ("EC", Some("P-256")) if size("x")? == 32 && size("y")? == 32 => {
            let key = DecodingKey::from_ec_components(text("x")?, text("y")?).map_err(|_| BROKEN)?;
            Ok((Algorithm::ES256, key))
        }
        ("OKP", Some("Ed25519")) if size("x")? == 32 => {
            Ok((Algorithm::EdDSA, DecodingKey::from_ed_components(text("x")?).map_err(|_| BROKEN)?))
        }
        _ => Err("a key is RSA, EC of P-256 or OKP of Ed25519"),
    }
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        _ => "EdDSA",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ed(extra: &Json) -> Json {
        let mut key = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([7; 32]) });
        for (name, value) in extra.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    }

    #[test]
    fn public_keys_of_three_kinds_are_taken() {
        let set = json!({ "keys": [
            ed(&json!({ "kid": "a", "alg": "EdDSA", "use": "sig" })),
            { "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode([1; 32]), "y": URL_SAFE_NO_PAD.encode([2; 32]) },
            { "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xc3; 256]), "e": "AQAB", "kid": "b" },
        ] });
        assert_eq!(check(&set), Ok(()));
        assert_eq!(fitting(&set, Algorithm::EdDSA, Some("a")).len(), 1);
        assert_eq!(fitting(&set, Algorithm::EdDSA, None).len(), 1);
        assert!(fitting(&set, Algorithm::EdDSA, Some("b")).is_empty(), "a name of another key");
        assert!(fitting(&set, Algorithm::HS256, None).is_empty(), "a public key is no shared secret");
    }

    #[test]
    fn other_keys_are_refused() {
        for bad in [
            json!({}),
            json!({ "keys": [] }),
            json!({ "keys": ["x"] }),
            json!({ "keys": [ed(&json!({ "d": "AAAA" }))] }),
            json!({ "keys": [ed(&json!({ "alg": "RS256" }))] }),
            json!({ "keys": [ed(&json!({ "alg": "none" }))] }),
            json!({ "keys": [ed(&json!({ "use": "enc" }))] }),
            json!({ "keys": [ed(&json!({ "x": "AAAA" }))] }),
            json!({ "keys": [ed(&json!({ "kid": "a" })), ed(&json!({ "kid": "a" }))] }),
            json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }),
            json!({ "keys": [{ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([1; 128]), "e": "AQAB" }] }),
            json!({ "keys": [{ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" }] }),
            json!({ "keys": vec![ed(&json!({})); 11] }),
        ] {
            assert!(check(&bad).is_err(), "{bad}");
        }
    }
}
