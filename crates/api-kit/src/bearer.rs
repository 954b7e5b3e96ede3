//! The `Authorization: Bearer` header (RFC 6750, 2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

/// The credential of the header, if there is a header of that scheme. Anything odd in it is no
/// credential, and never a panic.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = std::str::from_utf8(headers.get(AUTHORIZATION)?.as_bytes()).ok()?;
    let (scheme, credential) = text.trim().split_once(' ')?;
    let credential = credential.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty() && !credential.contains(char::is_whitespace))
        .then_some(credential)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_scheme_has_no_case_and_odd_headers_are_none() {
        let read = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_bytes(bytes).unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(b"Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read(b"bEARER  abc").as_deref(), Some("abc"));
        for odd in [&b"Bearer"[..], b"Bearer ", b"abc", b"Basic abc", b"Bearer a b", b"Bearer \xff", b""] {
            assert_eq!(read(odd), None, "{odd:?}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
