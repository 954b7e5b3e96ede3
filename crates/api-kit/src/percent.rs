//! Percent-encoding (RFC 3986, 2.1) as JavaScript's `encodeURIComponent` does it, and its strict
//! reverse.

use std::borrow::Cow;

/// Encodes everything but letters, digits and `-_.!~*'()`.
#[must_use]
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Decodes. `None` if an escape is broken or the result is not UTF-8.
#[must_use]
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let high = char::from(*bytes.get(at + 1)?).to_digit(16)?;
            let low = char::from(*bytes.get(at + 2)?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

/// The pairs of a query or of a form (`application/x-www-form-urlencoded`), in their order. `None` if
/// an escape is broken, the text is not UTF-8, or a NUL hides in it.
#[must_use]
pub fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let plain = |part: &str| {
        let spaced = part.replace('+', " ");
        let decoded = decode(&spaced)?.into_owned();
        (!decoded.contains('\0')).then_some(decoded)
    };
    Some((plain(name)?, plain(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_and_broken_escapes_are_refused() {
        assert_eq!(encode("a+b/c= ä'"), "a%2Bb%2Fc%3D%20%C3%A4'");
        assert_eq!(decode("a%2Bb%2fc%3D").as_deref(), Some("a+b/c="));
        for broken in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_query_is_read_in_order_and_strictly() {
        let read = pairs("a=1&b=x+y&a=%2f&&c").unwrap();
        assert_eq!(read, [("a", "1"), ("b", "x y"), ("a", "/"), ("c", "")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(pairs("a=%00"), None);
        assert_eq!(pairs("a=%C3"), None);
    }
}
