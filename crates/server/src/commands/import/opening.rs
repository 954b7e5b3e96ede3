//! Opening what Better Auth has encrypted or hashed under its secret.

use auth_core::secret::Secret;
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of a nonce of `XChaCha20` (draft-irtf-cfrg-xchacha-03), and of a tag of Poly1305.
const NONCE: usize = 24;
const TAG: usize = 16;

/// SHA-256.
pub(super) fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

/// A digest of 32 bytes as Better Auth writes one: base64url without padding.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// What a text says that was encrypted by Better Auth's `symmetricEncrypt` under this secret: XChaCha20-Poly1305 under the
/// secret's SHA-256, in hex after the nonce, and in 1.7 after `$ba$<version>$` if there are several secrets.
pub(super) fn open(secret: &Secret, sealed: &str) -> Option<Secret> {
    let sealed = match sealed.strip_prefix("$ba$") {
        Some(rest) => rest.split_once('$')?.1,
        None => sealed,
    };
    let bytes = hex::decode(sealed).ok().filter(|bytes| bytes.len() >= NONCE + TAG)?;
    let (nonce, sealed) = bytes.split_at(NONCE);
    let head: [u8; 16] = nonce[..16].try_into().ok()?;
    let subkey = chacha20::hchacha::<chacha20::R20>(&sha256(secret.expose()).into(), &head.into());
    let mut short = [0; 12];
    short[4..].copy_from_slice(&nonce[16..]);
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &subkey).ok()?);
    let mut text = sealed.to_vec();
    let plain = key.open_in_place(Nonce::assume_unique_for_key(short), Aad::empty(), &mut text).ok()?;
    Some(Secret::new(String::from_utf8(plain.to_vec()).ok()?))
}

/// Whether a text could be one that [`open`] opens.
pub(super) fn looks_sealed(text: &str) -> bool {
    let bare = text.strip_prefix("$ba$").and_then(|rest| rest.split_once('$')).map_or(text, |(_, bare)| bare);
    bare.len() >= 2 * (NONCE + TAG) && bare.len().is_multiple_of(2) && bare.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Better Auth 1.7.5: `symmetricEncrypt({ key: SECRET, data: "a key of an app" })`.
    const SECRET: &str = "better-auth-secret-for-tests-0123456789";
    const SEALED: &str = "3840343eac3db688bd089f5b2b7e6da56fcc9deee82f3775cd025a2ba6871f74ed632157a020cb92033a4abff9ac2ec84de367e68c09a1";
    /// Made by Better Auth 1.7.5 with versioned secrets, of which SECRET is the second.
    const ENVELOPED: &str = "$ba$2$5cdee9e7642dcc4cfbe5f70cc27664482769a61b5a836844589bb15aaf08ee48c3d9dbaedfb75eae85a1046558bc19898a6b2330acf0d5";

    #[test]
    fn what_better_auth_has_encrypted_opens_under_its_secret_only() {
        let secret = Secret::new(SECRET);
        for sealed in [SEALED, ENVELOPED] {
            assert!(looks_sealed(sealed));
            assert_eq!(open(&secret, sealed).unwrap().expose(), "a key of an app");
            assert!(open(&Secret::new("another"), sealed).is_none());
        }
        let mut changed = SEALED.to_owned();
        changed.replace_range(60..61, if &SEALED[60..61] == "0" { "1" } else { "0" });
        assert!(open(&secret, &changed).is_none());
    }

    #[test]
    fn what_is_not_encrypted_does_not_open() {
        for odd in ["", "00", "$ba$", "$ba$1$", "zz", &"0".repeat(78), &"ä".repeat(80)] {
            assert!(open(&Secret::new(SECRET), odd).is_none() && !looks_sealed(odd), "{odd}");
        }
    }

    #[test]
    fn digests_are_base64url_of_thirty_two_bytes() {
        // SHA-256 of the empty text.
        let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(digest(empty), Some(sha256("")));
        assert_eq!(digest("abc"), None);
    }
}
