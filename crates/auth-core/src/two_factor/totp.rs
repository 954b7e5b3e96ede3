//! Codes of an app: TOTP (RFC 6238) as everybody's apps compute it, and the address from which an app reads the secret.

use aws_lc_rs::{constant_time, hmac};

/// How many seconds a code is shown.
const PERIOD: i64 = 30;
/// How many digits a code has.
const DIGITS: usize = 6;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code of a time step (RFC 4226, 5.3).
fn code(key: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let number = bytes[at..at + 4].iter().fold(0, |all, byte| (all << 8) | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:0DIGITS$}", number % 1_000_000)
}

/// The time step whose code this is: the one of now (in Unix milliseconds), the one before or the one after.
pub(super) fn step_of(key: &[u8], given: &str, now: i64) -> Option<i64> {
    let present = now.div_euclid(1000 * PERIOD);
    let same =
        |step: &i64| constant_time::verify_slices_are_equal(code(key, *step).as_bytes(), given.as_bytes()).is_ok();
    // All are computed, so that the time tells nothing.
    [present, present - 1, present + 1].into_iter().filter(same).fold(None, |found, step| found.or(Some(step)))
}

/// The address that an app reads (the key URI format of Google Authenticator), letter by letter as Better Auth writes it.
pub(super) fn uri(key: &[u8], issuer: &str, account: &str) -> String {
    format!(
        "otpauth://totp/{}:{}?secret={}&issuer={}&digits={DIGITS}&period={PERIOD}",
        component(issuer),
        component(account),
        base32(key),
        url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect::<String>(),
    )
}

/// As `encodeURIComponent` has it.
fn component(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

/// RFC 4648, 6, without padding.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let letters = (chunk.len() * 8).div_ceil(5);
        out.extend((0..letters).map(|at| char::from(BASE32[usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or(0)])));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, of which the last six digits.
        let key = b"12345678901234567890";
        for (seconds, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(key, seconds / 30), expected);
            let step = seconds / 30;
            for (off, found) in [(-60_000, None), (-30_000, Some(step)), (0, Some(step)), (30_000, Some(step))] {
                assert_eq!(step_of(key, expected, seconds * 1000 + off), found, "{seconds} {off}");
            }
        }
        for odd in ["", "28708", "2870820", "２８７０８２", "      "] {
            assert_eq!(step_of(key, odd, 59_000), None);
        }
    }

    #[test]
    fn an_app_reads_the_secret() {
        // RFC 4648, 10.
        for (plain, encoded) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
        assert_eq!(
            uri(b"foobar", "Acme & Co", "ann+1@acme.example"),
            "otpauth://totp/Acme%20%26%20Co:ann%2B1%40acme.example?secret=MZXW6YTBOI&issuer=Acme+%26+Co&digits=6&period=30"
        );
    }
}
