//! The `Authorization` header. Okta's *Header Auth* sends the text of a field as it stands, so both
//! `Bearer x` and a bare `x` occur.

/// The credential in the header. `None` if it is of another scheme, or nothing that could be one.
pub fn credential(header: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(header).ok()?.trim();
    let credential = match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim_start(),
        Some(_) => return None,
        None => text,
    };
    let plain = !credential.is_empty() && credential.bytes().all(|b| b.is_ascii_graphic());
    (plain && !credential.eq_ignore_ascii_case("bearer")).then_some(credential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_the_scheme_and_without() {
        for header in ["Bearer abc", "bearer abc", "BEARER  abc", " abc ", "abc"] {
            assert_eq!(credential(header.as_bytes()), Some("abc"), "{header}");
        }
        for header in ["", " ", "Bearer", "bearer ", "Basic abc", "Bearer a b", "ä", "Bearer a\u{7f}"] {
            assert_eq!(credential(header.as_bytes()), None, "{header}");
        }
        assert_eq!(credential(b"Bearer \xff"), None);
    }
}
