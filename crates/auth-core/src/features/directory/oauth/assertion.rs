//! `private_key_jwt` (RFC 7523): a signed statement of a client about itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value as Json;

use super::keys;
use crate::clock::Timestamp;
use crate::db::{self, Tx};
use crate::fault::Result;
use crate::ids::{CredentialId, Id as _};
use crate::secret;

/// How far ahead an assertion may expire, in seconds.
const LONGEST_LIFE: i64 = 300;
/// How much the client's clock may be ahead of ours, in seconds.
const SKEW: i64 = 30;
/// Longest assertion, and longest `jti`, that is looked at.
const LONGEST: usize = 8 * 1024;
const LONGEST_JTI: usize = 256;

/// What must be remembered of an assertion so that it is used once.
pub(super) struct Seen {
    jti_hash: String,
    expires_at: Timestamp,
}

/// Whom an assertion is about. Nothing of it has been proven yet.
pub(super) fn client(jwt: &str) -> Option<String> {
    if jwt.len() > LONGEST {
        return None;
    }
    let claims = jwt.split('.').nth(1)?;
    let claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}

/// Whether the client made this assertion, for one of the audience, for now.
pub(super) fn verify(jwt: &str, client: &str, jwks: &Json, audience: &[String], now: Timestamp) -> Option<Seen> {
    let header = jsonwebtoken::decode_header(jwt).ok()?;
    // What is not in this list is refused before any key is looked at: `none`, and HMAC, for which a
    // public key would be the secret.
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) || has_critical(jwt) {
        return None;
    }
    let mut rules = Validation::new(header.alg);
    // What it says is looked at below, by the clock of the core.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    let claims = keys::fitting(jwks, header.alg, header.kid.as_deref())
        .iter()
        .find_map(|key| jsonwebtoken::decode::<Json>(jwt, key, &rules).ok())?
        .claims;
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    let seconds = |name: &str| claims.get(name).map(|at| at.as_f64().filter(|at| at.is_finite()));
    let meant = match claims.get("aud")? {
        Json::String(one) => audience.contains(one),
        Json::Array(several) => {
            several.iter().filter_map(Json::as_str).any(|one| audience.iter().any(|own| own == one))
        }
        _ => false,
    };
    let jti = text("jti").filter(|jti| (1..=LONGEST_JTI).contains(&jti.len()))?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time are exact")]
    let present = now.millis() as f64 / 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let (life, skew) = ((LONGEST_LIFE + SKEW) as f64, SKEW as f64);
    let expires = seconds("exp")??;
    let begun = |name: &str| seconds(name).is_none_or(|at| at.is_some_and(|at| at <= present + skew));
    let good = meant
        && text("iss") == Some(client)
        && text("sub") == Some(client)
        && expires > present
        && expires <= present + life
        && begun("nbf")
        && begun("iat");
    // It is good for no longer than this.
    good.then(|| Seen { jti_hash: secret::hash(jti), expires_at: now.plus_seconds(LONGEST_LIFE + SKEW + 1) })
}

/// Whether the header demands that something be understood. Nothing here is.
fn has_critical(jwt: &str) -> bool {
    let header = jwt.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let header: Option<Json> = header.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    header.is_none_or(|header| header.get("crit").is_some() || header.get("b64").is_some())
}

/// Spends an assertion. `false` if it was spent before: of two who bring it at once one gets it.
pub(super) async fn spend(tx: &Tx, client: &CredentialId, seen: &Seen) -> Result<bool> {
    let sql = "INSERT INTO directory_oauth_assertions (credential_id, jti_hash, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (credential_id, jti_hash) DO NOTHING";
    let values = [client.as_str().into(), seen.jti_hash.clone().into(), seen.expires_at.into()];
    Ok(db::run(tx, sql, values).await? == 1)
}
