//! The `Authorization` header. Okta's *Header Auth* sends the text of a field as it stands, so both
//! `Bearer x` and a bare `x` occur; its *Basic Auth* is RFC 7617.

use std::borrow::Cow;

use api_kit::percent;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 as clients write it, whether or not they fill it up.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a request authenticates with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given<'a> {
    /// A token of the directory, or an access token.
    Bearer(&'a str),
    /// A client id and its secret.
    Basic {
        /// The client id.
        id: String,
        /// The secret.
        secret: String,
    },
}

/// The credential in the header. `None` if it is of another scheme, or nothing that could be one.
pub fn credential(header: &[u8]) -> Option<Given<'_>> {
    let text = std::str::from_utf8(header).ok()?.trim();
    let credential = match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim_start(),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => return basic(rest.trim_start()),
        Some(_) => return None,
        None => text,
    };
    let plain = !credential.is_empty() && credential.bytes().all(|b| b.is_ascii_graphic());
    let scheme = ["bearer", "basic"].iter().any(|scheme| credential.eq_ignore_ascii_case(scheme));
    (plain && !scheme).then_some(Given::Bearer(credential))
}

/// A client id and a secret. Ids have no colon; the secret may. Clients of OAuth encode both for forms first
/// (RFC 6749, 2.3.1), others send them as they are: ours hold no `%` and no `+`, so that both are understood.
fn basic(encoded: &str) -> Option<Given<'_>> {
    let decoded = String::from_utf8(BASE64.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let plain = |text: &str| percent::decode(text).map_or_else(|| text.to_owned(), Cow::into_owned);
    let (id, secret) = (plain(id), plain(secret));
    let odd = |text: &str| text.is_empty() || text.chars().any(char::is_control);
    (!odd(&id) && !odd(&secret)).then_some(Given::Basic { id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_the_scheme_and_without() {
        for header in ["Bearer abc", "bearer abc", "BEARER  abc", " abc ", "abc"] {
            assert_eq!(credential(header.as_bytes()), Some(Given::Bearer("abc")), "{header}");
        }
        for header in ["", " ", "Bearer", "bearer ", "Digest abc", "Bearer a b", "ä", "Bearer a\u{7f}", "basic"] {
            assert_eq!(credential(header.as_bytes()), None, "{header}");
        }
        assert_eq!(credential(b"Bearer \xff"), None);
    }

    #[test]
    fn basic_as_clients_send_it() {
        let read = |pair: &[u8]| {
            let header = format!("bAsIc  {}", BASE64.encode(pair));
            let given = credential(header.as_bytes())?;
            let Given::Basic { id, secret } = given else { panic!("{given:?}") };
            Some((id, secret))
        };
        let both = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(read(b"scimt_1:scim_x"), both("scimt_1", "scim_x"));
        assert_eq!(read(b"scimt%5F1:scim%5fx"), both("scimt_1", "scim_x"));
        assert_eq!(read("id:a:ä%".as_bytes()), both("id", "a:ä%"));
        for odd in [&b"nothing"[..], b":", b"id:", b":secret", b"id:\xff", b"id:a\0", b"i\nd:a", b""] {
            assert_eq!(read(odd), None, "{odd:?}");
        }
        for odd in ["Basic", "Basic ", "Basic !!!", "Basic c2NpbXQ", "Basic YTpi YTpi"] {
            assert_eq!(credential(odd.as_bytes()), None, "{odd}");
        }
        assert_eq!(credential(b"Basic YTpi"), Some(Given::Basic { id: "a".into(), secret: "b".into() }));
        assert_eq!(credential(b"Basic YTpiYw"), credential(b"Basic YTpiYw=="));
    }
}
