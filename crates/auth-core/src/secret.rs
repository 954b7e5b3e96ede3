//! Secrets: how they are made, recognized, hashed, derived and sealed.
//!
//! A credential is `<kind>_<8 public><43 secret><6 checksum>`, all `[0-9A-Za-z]`: 256 random bits, a
//! prefix that may be shown, and a checksum by which a typing error or a leak scanner's false alarm
//! is told without a query. Only its SHA-256 is stored.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Chance;
use crate::fault::{Error, Result};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC: usize = 8;
const SECRET: usize = 43;
const CHECKSUM: usize = 6;

/// A text that opens something. It never shows itself by accident: `Debug` is redacted, and there is
/// no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one answer that may hold it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Random text of `[0-9A-Za-z]`, each character equally likely.
pub fn random_text(chance: &dyn Chance, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        chance.fill(&mut bytes);
        // 248 = 4 * 62: bytes above would favor the first characters of the alphabet.
        let wanted = length - text.len();
        text.extend(bytes.iter().filter(|b| **b < 248).take(wanted).map(|b| char::from(BASE62[usize::from(*b) % 62])));
    }
    text
}

/// Random letters, each equally likely.
pub fn random_letters(chance: &dyn Chance, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 96];
        chance.fill(&mut bytes);
        // 208 = 4 * 52. The letters are the last 52 of the alphabet.
        let wanted = length - text.len();
        let letter = |b: &u8| char::from(BASE62[10 + usize::from(*b) % 52]);
        text.extend(bytes.iter().filter(|b| **b < 208).take(wanted).map(letter));
    }
    text
}

/// Random digits, each equally likely.
pub fn random_digits(chance: &dyn Chance, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 16];
        chance.fill(&mut bytes);
        let wanted = length - text.len();
        text.extend(bytes.iter().filter(|b| **b < 250).take(wanted).map(|b| char::from(b'0' + *b % 10)));
    }
    text
}

/// A new credential of a kind (`scim`, `sk`): the whole, and the part that may be shown.
pub fn credential(chance: &dyn Chance, kind: &str) -> (Secret, String) {
    let body = random_text(chance, PUBLIC + SECRET);
    let head = format!("{kind}_{body}");
    let prefix = head[..kind.len() + 1 + PUBLIC].to_owned();
    let sum = checksum(&head);
    (Secret(head + &sum), prefix)
}

/// How many bytes a credential of a kind has.
#[must_use]
pub const fn credential_length(kind: &str) -> usize {
    kind.len() + 1 + PUBLIC + SECRET + CHECKSUM
}

/// Whether a text has the shape and the checksum of a credential of that kind. Says nothing about
/// whether it exists.
#[must_use]
pub fn looks_like_credential(kind: &str, text: &str) -> bool {
    let Some(body) = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('_')) else { return false };
    body.len() == PUBLIC + SECRET + CHECKSUM
        && body.bytes().all(|b| b.is_ascii_alphanumeric())
        && constant_time::verify_slices_are_equal(
            checksum(&text[..text.len() - CHECKSUM]).as_bytes(),
            &text.as_bytes()[text.len() - CHECKSUM..],
        )
        .is_ok()
}

fn checksum(head: &str) -> String {
    let hash = digest::digest(&digest::SHA256, head.as_bytes());
    hash.as_ref()[..CHECKSUM].iter().map(|b| char::from(BASE62[usize::from(*b) % 62])).collect()
}

/// What is stored of a secret: SHA-256 in hex. Enough for secrets of 190 random bits and more;
/// passwords have a module of their own.
#[must_use]
pub fn hash(secret: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

/// Whether two texts are the same, in a time that depends on their lengths only.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// The secret of the instance. Cookies are signed with it as it is (so that the cookies of a Better
/// Auth instance with the same secret stay good); everything at rest uses keys derived from it.
#[derive(Clone)]
pub struct InstanceSecret(String);

impl InstanceSecret {
    /// Wraps the configured secret. How long it must be is checked with the configuration.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// HMAC-SHA-256 under the secret itself, as Better Auth signs cookies.
    #[must_use]
    pub fn sign(&self, value: &str) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        hmac::sign(&key, value.as_bytes()).as_ref().to_vec()
    }

    /// Whether the signature is [`sign`](Self::sign)'s, in constant time.
    #[must_use]
    pub fn verify(&self, value: &str, signature: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        hmac::verify(&key, value.as_bytes(), signature).is_ok()
    }

    /// A 256-bit key for one purpose (HKDF-SHA-256, RFC 5869).
    fn derive(&self, purpose: &str) -> Result<[u8; 32]> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portico");
        let prk = salt.extract(self.0.as_bytes());
        let info = [purpose.as_bytes()];
        let mut key = [0; 32];
        prk.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| Error::internal("a key could not be derived"))?;
        Ok(key)
    }

    /// HMAC-SHA-256 in hex under a key of one purpose: what is stored of secrets that could be guessed from a mere hash.
    ///
    /// # Errors
    /// Internal only.
    pub fn mac(&self, purpose: &str, text: &str) -> Result<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose)?);
        Ok(hex::encode(hmac::sign(&key, text.as_bytes())))
    }

    /// Seals bytes for one purpose (AES-256-GCM, random nonce), as text.
    ///
    /// # Errors
    /// Internal only.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.derive(purpose)?)
            .map_err(|_| Error::internal("a sealing key"))?;
        let mut bytes = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut bytes)
            .map_err(|_| Error::internal("sealing failed"))?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend(bytes);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose.
    ///
    /// # Errors
    /// Internal, if it was sealed under another secret or was changed.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>> {
        let broken = || Error::internal("a sealed value cannot be opened: was the secret changed?");
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| broken())?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.derive(purpose)?).map_err(|_| broken())?;
        let mut rest = rest.to_vec();
        let plain = key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut rest).map_err(|_| broken())?;
        Ok(plain.to_vec())
    }
}

impl fmt::Debug for InstanceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[test]
    fn a_credential_is_recognized_and_one_wrong_letter_is_not() {
        let (secret, prefix) = credential(&SystemChance, "scim");
        let text = secret.expose();
        assert!(text.starts_with(&prefix) && prefix.len() == 13);
        assert!(looks_like_credential("scim", text) && !looks_like_credential("sk", text));
        let other = if text.ends_with('x') { 'y' } else { 'x' };
        assert!(!looks_like_credential("scim", &format!("{}{other}", &text[..text.len() - 1])));
        assert_eq!(format!("{secret:?}"), "[redacted]");
    }

    #[test]
    fn a_sealed_value_opens_for_its_purpose_and_secret_only() {
        let secret = InstanceSecret::new("one");
        let sealed = secret.seal("mail", b"a live link").unwrap();
        assert_eq!(secret.open("mail", &sealed).unwrap(), b"a live link");
        assert!(secret.open("key", &sealed).is_err());
        assert!(InstanceSecret::new("two").open("mail", &sealed).is_err());
    }
}
