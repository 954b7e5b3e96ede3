//! What the instance signs: an Ed25519 key of its own, made on first use, sealed at rest, and published
//! so that anybody can check a signature without asking (RFC 7515, RFC 7517, RFC 8037).

pub mod sessions;
pub mod verify;

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::clock::Timestamp;
use crate::db::{self, Scope, Tx};
use crate::fault::{Error, Result};
use crate::ids::{Id as _, SigningKeyId};

/// For what the key that seals is derived.
const PURPOSE: &str = "signing-key";
const ALGORITHM: &str = "EdDSA";

/// Signs claims as a compact JWS whose header names the algorithm and the key. No network, and no
/// wait but for whoever makes the first key at the same time.
pub async fn sign(tx: &Tx, claims: &Json) -> Result<String> {
    let opened = match tx.shared.signing.get(tx.now()) {
        Some(opened) => opened,
        None => open(tx).await?,
    };
    let mut text = opened.header.clone();
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut text);
    let signature = opened.pair.sign(text.as_bytes());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}

async fn open(tx: &Tx) -> Result<Arc<Opened>> {
    let (id, pkcs8, created_at) = match current(tx).await? {
        Some(key) => key,
        None => make(tx).await?,
    };
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map_err(|_| Error::internal("a signing key"))?;
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": ALGORITHM, "kid": id.as_str() }).to_string());
    let opened = Arc::new(Opened { header, pair, since: tx.now() });
    // A key that is younger may belong to a transaction that comes to nothing: to this one, on SQLite to one whose commit it
    // shares, or to a step of the same rehearsal.
    if created_at.plus_seconds(SETTLED) < tx.now() {
        tx.shared.signing.keep(&opened);
    }
    Ok(opened)
}

/// For how many seconds an opened key is used before it is asked again which one is current. One that was
/// retired meanwhile stays published, so that what it signed can be checked.
const KEPT: i64 = 60;

/// After how many seconds a key that is seen has been committed.
const SETTLED: i64 = 10;
const _: () = assert!(db::LONGEST_REHEARSAL.as_secs() < SETTLED.unsigned_abs(), "a rehearsal sees keys of its own");

/// The current key, opened: to parse it for each signature would cost as much as to sign.
struct Opened {
    /// The header of what it signs, encoded.
    header: String,
    pair: Ed25519KeyPair,
    since: Timestamp,
}

/// The key that was opened last: to unseal it for each signature would cost more than to sign.
#[derive(Default)]
pub(crate) struct Signing(Mutex<Option<Arc<Opened>>>);

impl Signing {
    fn get(&self, now: Timestamp) -> Option<Arc<Opened>> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.as_ref().filter(|opened| opened.since <= now && now < opened.since.plus_seconds(KEPT)).cloned()
    }

    fn keep(&self, opened: &Arc<Opened>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(opened));
    }
}

/// The public keys, as a JWK set. Empty until something was signed.
pub async fn public_jwks(db: &impl Scope) -> Result<Json> {
    // Retired keys stay: what they signed is still to be checked.
    let rows = db::all(
        db,
        "SELECT public_jwk FROM signing_keys WHERE purpose = 'instance' ORDER BY created_at DESC, id DESC LIMIT 100",
        [],
    )
    .await?;
    let keys: Vec<Json> =
        rows.iter().map(|row| Ok(serde_json::from_str(&row.get::<String>(0)?)?)).collect::<Result<_>>()?;
    Ok(json!({ "keys": keys }))
}

/// Makes the first key, if there is none. For those who publish the keys before anything is signed.
pub async fn ensure_key(tx: &Tx) -> Result<()> {
    if current(tx).await?.is_none() {
        make(tx).await?;
    }
    Ok(())
}

async fn current(tx: &Tx) -> Result<Option<(SigningKeyId, Vec<u8>, Timestamp)>> {
    let sql = "SELECT id, sealed_private_key, created_at FROM signing_keys WHERE purpose = 'instance' AND algorithm = $1 AND retired_at IS NULL";
    let Some(row) = db::one(tx, sql, [ALGORITHM.into()]).await? else { return Ok(None) };
    let pkcs8 = tx.settings().secret.open(PURPOSE, &row.get::<String>(1)?)?;
    Ok(Some((row.get(0)?, pkcs8, row.get(2)?)))
}

/// Makes a key. The unique index admits one that is not retired; who comes second waits for the first
/// and takes theirs.
async fn make(tx: &Tx) -> Result<(SigningKeyId, Vec<u8>, Timestamp)> {
    let mut seed = [0; 32];
    tx.chance().fill(&mut seed);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Error::internal("a signing key"))?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| Error::internal("a signing key could not be written down"))?;
    let id: SigningKeyId = tx.new_id();
    let jwk = json!({
        "alg": ALGORITHM,
        "crv": "Ed25519",
        "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        "kty": "OKP",
        "kid": id.as_str(),
    });
    let sealed = tx.settings().secret.seal(PURPOSE, pkcs8.as_ref())?;
    let sql = "INSERT INTO signing_keys (id, algorithm, public_jwk, sealed_private_key, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (purpose, algorithm) WHERE retired_at IS NULL DO NOTHING";
    let values = [id.as_str().into(), ALGORITHM.into(), jwk.to_string().into(), sealed.into(), tx.now().into()];
    db::run(tx, sql, values).await?;
    current(tx).await?.ok_or_else(|| Error::internal("a signing key was made and is not there"))
}
