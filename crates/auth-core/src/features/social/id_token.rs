//! ID tokens (OpenID Connect Core 1.0, 3.1.3.7): who signed one, for whom it is, and whether it is of now.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value as Json};

use super::SocialFault;
use super::metadata::{Metadata, Place};
use crate::clock::Timestamp;
use crate::fault::Result;
use crate::secret;
use crate::settings::{Issuer, SocialProvider};

/// Longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// How far the provider's clock and ours may be apart, in seconds.
const SKEW: i64 = 60;
/// How old a token may be that an app brings, in seconds.
const OLDEST_BROUGHT: i64 = 3600;
/// Sizes of an RSA modulus in bytes: 2048 to 8192 bits.
const RSA: std::ops::RangeInclusive<usize> = 256..=1024;
/// Whose tenant the personal accounts of Microsoft are.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// From where a token came to us.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// From the token endpoint, for a flow with this nonce, which it must name.
    Endpoint {
        /// The nonce.
        nonce: &'a str,
    },
    /// From an app, which may say which nonce it had asked for.
    App {
        /// The nonce.
        nonce: Option<&'a str>,
    },
    /// From the token endpoint, for a refresh token. It names no nonce of ours.
    Refresh,
}

/// The claims of a token, if all of it is as it must be.
///
/// # Errors
/// [`SocialFault::InvalidIdToken`] whatever is wrong with it; [`SocialFault::ProviderUnavailable`] if nobody can say.
pub(super) async fn verify(
    metadata: &Metadata,
    provider: &SocialProvider,
    place: &Place,
    jwt: &str,
    origin: Origin<'_>,
    now: Timestamp,
) -> Result<Map<String, Json>> {
    let (algorithm, kid) = header(jwt).ok_or(SocialFault::InvalidIdToken)?;
    let keys = metadata.keys(provider, place, (algorithm, kid.as_deref()), now).await?;
    let mut rules = Validation::new(algorithm);
    // What it says is looked at below, by the clock of the core.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    let signed = keys.iter().find_map(|key| jsonwebtoken::decode::<Map<String, Json>>(jwt, key, &rules).ok());
    let claims = signed.ok_or(SocialFault::InvalidIdToken)?.claims;
    match fault(provider, &claims, origin, now) {
        None => Ok(claims),
        Some(claim) => {
            tracing::info!(provider = provider.id, claim, "an ID token was refused");
            Err(SocialFault::InvalidIdToken.into())
        }
    }
}

/// What a token says that was verified when it came.
pub(super) fn said(jwt: &str) -> Option<Map<String, Json>> {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// By which algorithm a token says to be signed, and by which key: only what is on the list, and nothing that demands to
/// be understood.
fn header(jwt: &str) -> Option<(Algorithm, Option<String>)> {
    if jwt.len() > LONGEST {
        return None;
    }
    let raw = URL_SAFE_NO_PAD.decode(jwt.split('.').next()?).ok()?;
    let raw: Map<String, Json> = serde_json::from_slice(&raw).ok()?;
    if raw.contains_key("crit") || raw.contains_key("b64") {
        return None;
    }
    let algorithm = match raw.get("alg")?.as_str()? {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" => Algorithm::EdDSA,
        // `none`, and HMAC, for which a public key would be the secret.
        _ => return None,
    };
    let kid = raw.get("kid").map(|kid| kid.as_str().map(str::to_owned));
    match kid {
        Some(None) => None,
        named => Some((algorithm, named.flatten())),
    }
}

/// The keys of a set that may have made a signature of that algorithm; if the signature names one, that one alone.
pub(super) fn fitting(keys: &[Json], algorithm: Algorithm, kid: Option<&str>) -> Vec<DecodingKey> {
    let named = |key: &&Json| kid.is_none_or(|kid| key.get("kid").and_then(Json::as_str) == Some(kid));
    keys.iter().filter(named).filter_map(|key| usable(key, algorithm)).collect()
}

/// The key, if it is for signatures of that algorithm: each type of key has its own, and what a key says of itself holds.
fn usable(key: &Json, algorithm: Algorithm) -> Option<DecodingKey> {
    let text = |name: &str| key.get(name).and_then(Json::as_str);
    let size = |name: &str| text(name).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).map(|bytes| bytes.len());
    if text("use").is_some_and(|usage| usage != "sig") || text("alg").is_some_and(|own| own != name(algorithm)) {
        return None;
    }
    match (text("kty")?, text("crv"), algorithm) {
        (
            "RSA",
            _,
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) if RSA.contains(&size("n")?) && (1..=8).contains(&size("e")?) => {
            DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()
        }
        ("EC", Some("P-256"), Algorithm::ES256) if size("x")? == 32 && size("y")? == 32 => {
            DecodingKey::from_ec_components(text("x")?, text("y")?).ok()
        }
        ("EC", Some("P-384"), Algorithm::ES384) if size("x")? == 48 && size("y")? == 48 => {
            DecodingKey::from_ec_components(text("x")?, text("y")?).ok()
        }
        ("OKP", Some("Ed25519"), Algorithm::EdDSA) if size("x")? == 32 => {
            DecodingKey::from_ed_components(text("x")?).ok()
        }
        _ => None,
    }
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::PS256 => "PS256",
        Algorithm::PS384 => "PS384",
        Algorithm::PS512 => "PS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        Algorithm::EdDSA => "EdDSA",
        _ => "",
    }
}

/// The claim for which a token is refused, if one is.
fn fault(
    provider: &SocialProvider,
    claims: &Map<String, Json>,
    origin: Origin<'_>,
    now: Timestamp,
) -> Option<&'static str> {
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    if !is_issued(&provider.issuer, text("iss"), text("tid")) {
        return Some("iss");
    }
    let brought = matches!(origin, Origin::App { .. });
    let ours = |one: &str| one == provider.client_id || (brought && provider.audiences.iter().any(|own| own == one));
    let several = match claims.get("aud") {
        Some(Json::String(one)) if ours(one) => false,
        Some(Json::Array(all)) if all.iter().filter_map(Json::as_str).any(ours) => all.len() > 1,
        _ => return Some("aud"),
    };
    match claims.get("azp") {
        None if several => return Some("azp"),
        None => {}
        // An app's own client may have asked for a token for us.
        Some(Json::String(party)) if ours(party) || (brought && !several) => {}
        Some(_) => return Some("azp"),
    }
    let present = now.millis().div_euclid(1000);
    #[expect(clippy::cast_possible_truncation, reason = "an instant far beyond is no instant")]
    let seconds =
        |name: &str| claims.get(name).map(|at| at.as_f64().filter(|at| at.abs() < 1e15).map(|at| at.floor() as i64));
    if seconds("exp").flatten().is_none_or(|at| at <= present - SKEW) {
        return Some("exp");
    }
    if seconds("nbf").is_some_and(|at| at.is_none_or(|at| at > present + SKEW)) {
        return Some("nbf");
    }
    let Some(issued) = seconds("iat").flatten() else { return Some("iat") };
    if issued > present + SKEW || (brought && issued < present - OLDEST_BROUGHT) {
        return Some("iat");
    }
    if let Some(wanted) = provider.hosted_domain.as_deref() {
        let domain = text("hd").unwrap_or_default();
        if domain.is_empty() || (wanted != "*" && domain != wanted) {
            return Some("hd");
        }
    }
    let wanted = match origin {
        Origin::Endpoint { nonce } => Some(nonce),
        Origin::App { nonce } => nonce,
        Origin::Refresh => None,
    };
    let named = text("nonce").unwrap_or_default();
    // Apple's own library sends the digest of what the app has made.
    let same = |wanted: &str| secret::same(named, wanted) || (brought && secret::same(named, &sha256(wanted)));
    if wanted.is_some_and(|wanted| !same(wanted)) {
        return Some("nonce");
    }
    None
}

fn sha256(text: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// Whether the issuer is the provider's.
fn is_issued(issuer: &Issuer, said: Option<&str>, tenant: Option<&str>) -> bool {
    match issuer {
        Issuer::None => false,
        Issuer::Exactly(known) => said.is_some_and(|said| known.iter().any(|one| one == said)),
        Issuer::Tenants { pattern, class } => {
            let Some(tenant) = tenant.filter(|tid| tid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')) else {
                return false;
            };
            let admitted = match class.as_str() {
                "organizations" => tenant != CONSUMERS,
                "consumers" => tenant == CONSUMERS,
                _ => true,
            };
            admitted && said == Some(pattern.replace("{tid}", tenant).as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::ClientProof;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);
    const SECONDS: i64 = 1_700_000_000;

    fn provider() -> SocialProvider {
        let mut provider = SocialProvider::openid("a", "A", "https://a.example", "us", ClientProof::Public);
        provider.audiences = vec!["our-app".to_owned()];
        provider
    }

    fn claims(changes: &Json) -> Map<String, Json> {
        let mut claims = json!({
            "iss": "https://a.example", "aud": "us", "sub": "1", "exp": SECONDS + 300, "iat": SECONDS, "nonce": "n",
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn each_claim_is_looked_at() {
        let judge = |changes: &Json| fault(&provider(), &claims(changes), Origin::Endpoint { nonce: "n" }, NOW);
        for good in [
            json!({}),
            json!({"aud": ["us"]}),
            json!({"aud": ["us", "them"], "azp": "us"}),
            json!({"azp": "us"}),
            json!({"exp": SECONDS - 30}),
            json!({"iat": SECONDS + 30, "nbf": SECONDS + 30}),
        ] {
            assert_eq!(judge(&good), None, "{good}");
        }
        for (bad, claim) in [
            (json!({"iss": "https://a.example/"}), "iss"),
            (json!({"iss": null}), "iss"),
            (json!({"aud": "them"}), "aud"),
            (json!({"aud": null}), "aud"),
            (json!({"aud": []}), "aud"),
            (json!({"aud": "our-app"}), "aud"),
            (json!({"aud": ["us", "them"]}), "azp"),
            (json!({"aud": ["us", "them"], "azp": "them"}), "azp"),
            (json!({"azp": "them"}), "azp"),
            (json!({"exp": SECONDS - 61}), "exp"),
            (json!({"exp": null}), "exp"),
            (json!({"exp": "soon"}), "exp"),
            (json!({"exp": 1e300}), "exp"),
            (json!({"nbf": SECONDS + 61}), "nbf"),
            (json!({"iat": SECONDS + 61}), "iat"),
            (json!({"iat": null}), "iat"),
            (json!({"nonce": "m"}), "nonce"),
            (json!({"nonce": null}), "nonce"),
        ] {
            assert_eq!(judge(&bad), Some(claim), "{bad}");
        }
    }

    #[test]
    fn a_token_of_an_app_is_young_and_may_be_for_the_app() {
        let judge = |changes: &Json, nonce| fault(&provider(), &claims(changes), Origin::App { nonce }, NOW);
        assert_eq!(judge(&json!({"aud": "our-app"}), None), None);
        assert_eq!(judge(&json!({"aud": "us", "azp": "android"}), Some("n")), None);
        assert_eq!(judge(&json!({"nonce": sha256("raw")}), Some("raw")), None);
        assert_eq!(judge(&json!({}), Some("other")), Some("nonce"));
        assert_eq!(judge(&json!({"iat": SECONDS - 3601}), None), Some("iat"));
    }

    #[test]
    fn hosted_domains_and_tenants_are_held_to() {
        let mut google = provider();
        google.hosted_domain = Some("corp.example".to_owned());
        let judge = |p: &SocialProvider, changes: &Json| fault(p, &claims(changes), Origin::Refresh, NOW);
        assert_eq!(judge(&google, &json!({"hd": "corp.example"})), None);
        assert_eq!(judge(&google, &json!({"hd": "other.example"})), Some("hd"));
        assert_eq!(judge(&google, &json!({})), Some("hd"));

        let tenants =
            |class: &str| Issuer::Tenants { pattern: "https://m.example/{tid}/v2.0".into(), class: class.into() };
        let of = |tid: &str| format!("https://m.example/{tid}/v2.0");
        let tenant = "11111111-2222-3333-4444-555555555555";
        assert!(is_issued(&tenants("common"), Some(&of(tenant)), Some(tenant)));
        assert!(is_issued(&tenants("consumers"), Some(&of(CONSUMERS)), Some(CONSUMERS)));
        assert!(!is_issued(&tenants("consumers"), Some(&of(tenant)), Some(tenant)));
        assert!(!is_issued(&tenants("organizations"), Some(&of(CONSUMERS)), Some(CONSUMERS)));
        assert!(!is_issued(&tenants("common"), Some(&of(tenant)), Some(CONSUMERS)));
        assert!(!is_issued(&tenants("common"), Some(&of(tenant)), None));
        assert!(!is_issued(&tenants("common"), Some("https://m.example/x/../evil/v2.0"), Some("x/../evil")));
    }

    #[test]
    fn algorithms_are_on_the_list_or_refused() {
        let jwt = |header: Json| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(header(&jwt(json!({"alg": "ES256", "kid": "k"}))).is_some());
        for odd in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS256"}),
            json!({"alg": "RS256", "crit": ["exp"]}),
            json!({"alg": "RS256", "kid": 7}),
            json!({}),
        ] {
            assert!(header(&jwt(odd.clone())).is_none(), "{odd}");
        }
        assert!(header("").is_none() && header(&"a".repeat(LONGEST + 1)).is_none());
    }

    #[test]
    fn a_key_is_used_for_what_it_is() {
        let rsa = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xc3; 256]), "e": "AQAB", "kid": "r"});
        let ec = json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode([1; 32]), "y": URL_SAFE_NO_PAD.encode([2; 32])});
        let keys = [rsa.clone(), ec];
        assert_eq!(fitting(&keys, Algorithm::RS256, None).len(), 1);
        assert_eq!(fitting(&keys, Algorithm::RS256, Some("r")).len(), 1);
        assert!(
            fitting(&keys, Algorithm::ES256, Some("r")).is_empty() && fitting(&keys, Algorithm::ES384, None).is_empty()
        );
        let with = |name: &str, value: &str| {
            let mut key = rsa.clone();
            key[name] = json!(value);
            usable(&key, Algorithm::RS256).is_some()
        };
        assert!(with("use", "sig") && with("alg", "RS256"));
        assert!(!with("use", "enc") && !with("alg", "PS256") && !with("n", "AQAB") && !with("kty", "oct"));
    }
}
