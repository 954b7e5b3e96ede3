//! Session tokens: JWTs (RFC 7519) by which services that do not ask us know who somebody is, for a few minutes.
//!
//! They are signed with keys of their own purpose, in the one store of signing keys: what the instance signs besides
//! (receipts, seals) is published elsewhere and verifies as no session token, and no session token as a receipt. A key is
//! replaced once it is as old as configured; the one before stays published for the time of grace, so that what it signed
//! is checked to its end. So does the key of an algorithm that is not configured any more. What a retired key would open is
//! destroyed once the last token that it can have signed has ended.
//!
//! A token is made for who has a session that counts, at that moment, and does not outlive the session. It is made for
//! nobody who acts as somebody else, because it cannot be taken back when they stop, nor for who comes by an API key.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json, json};

use super::PURPOSE;
use crate::AuthCore;
use crate::clock::{Chance, Timestamp};
use crate::ctx::Ctx;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{Id as _, SigningKeyId};
use crate::sessions::Resolved;
use crate::settings::{ClaimSource, JwtSettings, SigningAlgorithm};
use crate::sign_in::impersonation;

/// What these keys are for, in the store.
const FOR: &str = "session";
/// For how many seconds an opened key is used before it is asked again which one is current.
const KEPT: i64 = 60;
const DAY: i64 = 86_400;

/// What a dialect shows of a person and of their session, from which claims are taken.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The person.
    pub user: &'a Map<String, Json>,
    /// The session, without its token.
    pub session: &'a Map<String, Json>,
}

/// A token for who has this session. `None` for who acts as somebody else, and for who comes by an API key.
///
/// # Errors
/// Those of the database.
pub async fn token(core: &AuthCore, ctx: &Ctx, of: &Resolved, shown: Shown<'_>) -> Result<Option<String>> {
    if of.session.is_key() || impersonation::refuse(&of.actor()).is_err() {
        return Ok(None);
    }
    let settings = &core.settings().methods.jwt;
    let key = current(core, ctx).await?;
    let now = core.clock().now();
    let claims = claims(settings, &core.settings().public_url, of, shown, now);
    key.sign(&Json::Object(claims)).map(Some)
}

/// The public keys that session tokens may be signed with, as a JWK set (RFC 7517). The first is made here.
///
/// # Errors
/// Those of the database.
pub async fn published(core: &AuthCore, ctx: &Ctx) -> Result<Json> {
    current(core, ctx).await?;
    let since = core.clock().now().plus_seconds(-core.settings().methods.jwt.grace_days * DAY);
    let sql = "SELECT public_jwk FROM signing_keys WHERE purpose = $1 AND (retired_at IS NULL OR retired_at > $2)
         ORDER BY created_at DESC, id DESC LIMIT 100";
    let rows = core.read(ctx, async |rx| db::all(rx, sql, [FOR.into(), since.into()]).await).await?;
    let keys: Vec<Json> =
        rows.iter().map(|row| Ok(serde_json::from_str(&row.get::<String>(0)?)?)).collect::<Result<_>>()?;
    Ok(json!({ "keys": keys }))
}

/// For how many seconds the key of the configured algorithm is there before those of others are retired: replicas that have
/// not read the configuration yet would make theirs anew.
const SETTLED: i64 = 3600;

/// Retires the keys of algorithms that are not configured any more, and destroys what retired keys would open once nothing
/// that they signed is good. Records no event: which keys sign is nobody's access. Returns how many keys it changed.
///
/// # Errors
/// Those of the database.
pub async fn retire(core: &AuthCore) -> Result<u64> {
    let settings = &core.settings().methods.jwt;
    let (enabled, algorithm, lives) = (settings.enabled, settings.algorithm.as_str(), settings.expires_in);
    core.write(&Ctx::system("sweep"), async |tx| {
        let mut changed = 0;
        if enabled {
            let sql =
                "UPDATE signing_keys SET retired_at = $3 WHERE purpose = $1 AND algorithm <> $2 AND retired_at IS NULL
                 AND EXISTS (SELECT 1 FROM signing_keys k WHERE k.purpose = $1 AND k.algorithm = $2
                             AND k.retired_at IS NULL AND k.created_at <= $4)";
            let settled = tx.now().plus_seconds(-SETTLED);
            changed += db::run(tx, sql, [FOR.into(), algorithm.into(), tx.now().into(), settled.into()]).await?;
        }
        // A replica may have signed with it for as long as it keeps an opened key.
        let ended = tx.now().plus_seconds(-(lives + KEPT + SETTLED));
        let sql = "UPDATE signing_keys SET sealed_private_key = ''
             WHERE purpose = $1 AND retired_at <= $2 AND sealed_private_key <> ''";
        changed += db::run(tx, sql, [FOR.into(), ended.into()]).await?;
        Ok(changed)
    })
    .await
}

fn claims(
    settings: &JwtSettings,
    public_url: &str,
    of: &Resolved,
    shown: Shown<'_>,
    now: Timestamp,
) -> Map<String, Json> {
    let seconds = now.millis().div_euclid(1000);
    let end = (seconds + settings.expires_in).min(of.session.expires_at.millis().div_euclid(1000));
    let origin = || origin_of(public_url).to_owned();
    let mut claims = Map::new();
    claims.insert("iat".to_owned(), seconds.into());
    if settings.user_claims {
        claims.extend(shown.user.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    for (name, source) in &settings.claims {
        let value = match source {
            ClaimSource::User(field) => shown.user.get(field).cloned().unwrap_or_default(),
            ClaimSource::Session(field) => shown.session.get(field).cloned().unwrap_or_default(),
            ClaimSource::Constant(text) => text.as_str().into(),
        };
        claims.insert(name.clone(), value);
    }
    claims.insert("sub".to_owned(), of.user.id.as_str().into());
    claims.insert("exp".to_owned(), end.into());
    claims.insert("iss".to_owned(), settings.issuer.clone().unwrap_or_else(origin).into());
    claims.insert("aud".to_owned(), settings.audience.clone().unwrap_or_else(origin).into());
    claims
}

/// The scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

enum Material {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// The current key, opened.
struct Opened {
    id: SigningKeyId,
    algorithm: SigningAlgorithm,
    material: Material,
    created_at: Timestamp,
    since: Timestamp,
}

/// The key that was opened last.
#[derive(Default)]
pub(crate) struct Signing(Mutex<Option<Arc<Opened>>>);

impl Opened {
    fn open(
        id: SigningKeyId,
        algorithm: SigningAlgorithm,
        pkcs8: &[u8],
        made: Timestamp,
        now: Timestamp,
    ) -> Result<Self> {
        let broken = || Error::internal("a signing key cannot be read");
        let material = match algorithm {
            SigningAlgorithm::EdDsa => Material::Ed(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| broken())?),
            SigningAlgorithm::Es256 => {
                Material::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| broken())?)
            }
            SigningAlgorithm::Rs256 => Material::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| broken())?),
        };
        Ok(Self { id, algorithm, material, created_at: made, since: now })
    }

    /// A compact JWS (RFC 7515) whose header names the algorithm and the key.
    fn sign(&self, claims: &Json) -> Result<String> {
        let header = json!({ "alg": self.algorithm.as_str(), "kid": self.id.as_str() });
        let encode = |value: &Json| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut text = format!("{}.{}", encode(&header), encode(claims));
        let failed = || Error::internal("a session token could not be signed");
        let random = SystemRandom::new();
        let signature = match &self.material {
            Material::Ed(key) => key.sign(text.as_bytes()).as_ref().to_vec(),
            Material::Ec(key) => key.sign(&random, text.as_bytes()).map_err(|_| failed())?.as_ref().to_vec(),
            Material::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).map_err(|_| failed())?;
                signature
            }
        };
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }
}

/// The key to sign with: made if there is none, replaced if it is due.
async fn current(core: &AuthCore, ctx: &Ctx) -> Result<Arc<Opened>> {
    let settings = &core.settings().methods.jwt;
    let algorithm = settings.algorithm;
    let now = core.clock().now();
    let due = |made: Timestamp| settings.rotation_days > 0 && made.plus_seconds(settings.rotation_days * DAY) <= now;
    let signing = &core.shared().session_signing.0;
    let kept = signing.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(kept) = kept
        && kept.since <= now
        && now < kept.since.plus_seconds(KEPT)
        && !due(kept.created_at)
    {
        return Ok(kept);
    }
    let mut found = core.read(ctx, async |rx| find(rx, algorithm).await).await?;
    let stale = found.as_ref().filter(|(.., made)| due(*made)).map(|(id, ..)| id.clone());
    if found.is_none() || stale.is_some() {
        // It takes its time: before the transaction, and beside the requests.
        let chance = Arc::clone(&core.shared().chance);
        let made =
            tokio::task::spawn_blocking(move || generate(algorithm, &*chance)).await.map_err(Error::internal)??;
        core.write(ctx, async |tx| replace(tx, algorithm, stale.as_ref(), &made).await).await?;
        found = core.read(ctx, async |rx| find(rx, algorithm).await).await?;
    }
    let Some((id, pkcs8, made)) = found else { return Err(Error::internal("a signing key was made and is not there")) };
    let opened = Arc::new(Opened::open(id, algorithm, &pkcs8, made, now)?);
    *signing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&opened));
    Ok(opened)
}

async fn find(db: &impl Scope, algorithm: SigningAlgorithm) -> Result<Option<(SigningKeyId, Vec<u8>, Timestamp)>> {
    let sql = "SELECT id, sealed_private_key, created_at FROM signing_keys
         WHERE purpose = $1 AND algorithm = $2 AND retired_at IS NULL";
    let Some(row) = db::one(db, sql, [FOR.into(), algorithm.as_str().into()]).await? else { return Ok(None) };
    let pkcs8 = db.settings().secret.open(PURPOSE, &row.get::<String>(1)?)?;
    Ok(Some((row.get(0)?, pkcs8, row.get(2)?)))
}

/// A new key: what is sealed, and what is published of it.
struct Made {
    pkcs8: Vec<u8>,
    jwk: Map<String, Json>,
}

/// Retires the key that is due, if nobody has, and puts the new one there, unless somebody has put theirs.
async fn replace(tx: &Tx, algorithm: SigningAlgorithm, due: Option<&SigningKeyId>, made: &Made) -> Result<()> {
    if let Some(due) = due {
        let sql = "UPDATE signing_keys SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
        db::run(tx, sql, [due.as_str().into(), tx.now().into()]).await?;
    }
    let id: SigningKeyId = tx.new_id();
    let mut jwk = made.jwk.clone();
    jwk.insert("kid".to_owned(), id.as_str().into());
    let sealed = tx.settings().secret.seal(PURPOSE, &made.pkcs8)?;
    let sql = "INSERT INTO signing_keys (id, algorithm, purpose, public_jwk, sealed_private_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (purpose, algorithm) WHERE retired_at IS NULL DO NOTHING";
    let values = [
        id.as_str().into(),
        algorithm.as_str().into(),
        FOR.into(),
        Json::Object(jwk).to_string().into(),
        sealed.into(),
        tx.now().into(),
    ];
    db::run(tx, sql, values).await?;
    Ok(())
}

fn generate(algorithm: SigningAlgorithm, chance: &dyn Chance) -> Result<Made> {
    let failed = |_| Error::internal("a signing key could not be made");
    let text = |bytes: &[u8]| Json::from(URL_SAFE_NO_PAD.encode(bytes));
    let (pkcs8, public) = match algorithm {
        SigningAlgorithm::EdDsa => {
            let mut seed = [0; 32];
            chance.fill(&mut seed);
            let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
                .map_err(|_| Error::internal("a signing key could not be made"))?;
            let pkcs8 = pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec();
            (pkcs8, json!({ "crv": "Ed25519", "x": text(pair.public_key().as_ref()), "kty": "OKP" }))
        }
        SigningAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
            let pkcs8 = pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec();
            // An uncompressed point (SEC 1, 2.3.3): 4, then x and y of 32 bytes each.
            let point = pair.public_key().as_ref();
            let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
                return Err(Error::internal("a public key of another shape"));
            };
            (pkcs8, json!({ "crv": "P-256", "x": text(x), "y": text(y), "kty": "EC" }))
        }
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            let public = pair.public_key();
            let (n, e) = (public.modulus(), public.exponent());
            let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
            (pkcs8.as_ref().to_vec(), json!({ "n": text(n), "e": text(e), "kty": "RSA" }))
        }
    };
    let mut jwk = Map::new();
    jwk.insert("alg".to_owned(), algorithm.as_str().into());
    if let Json::Object(public) = public {
        jwk.extend(public);
    }
    Ok(Made { pkcs8, jwk })
}
