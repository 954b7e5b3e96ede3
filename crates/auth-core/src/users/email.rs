//! Email addresses: how they are compared, and which ones people may enter.

use unicode_normalization::UnicodeNormalization as _;

/// Longest address that is accepted (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_LENGTH: usize = 254;

/// The form in which addresses are stored and compared: NFC, small letters, and the domain as the DNS
/// knows it (UTS 46), so that no two accounts look like one mailbox.
#[must_use]
pub fn key(address: &str) -> String {
    if address.is_ascii() {
        return address.to_ascii_lowercase();
    }
    let folded: String = address.nfc().flat_map(char::to_lowercase).nfc().collect();
    match folded.rsplit_once('@') {
        Some((local, domain)) => match url::Host::parse(domain) {
            Ok(url::Host::Domain(ascii)) => format!("{local}@{ascii}"),
            _ => folded,
        },
        None => folded,
    }
}

/// Whether a person may enter this address: the pattern that the official client checks as well.
/// A local part of letters, digits and `_'+-.` that neither begins nor ends with a dot nor holds two
/// in a row; labels of letters, digits and hyphens; a last label of two letters or more.
#[must_use]
pub fn is_valid(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let local_ok = local.bytes().all(|b| b.is_ascii_alphanumeric() || b"_'+-.".contains(&b))
        && local.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
        && !local.starts_with('.')
        && !local.contains("..");
    let Some((labels, last)) = domain.rsplit_once('.') else { return false };
    let labels_ok = labels.split('.').all(|label| {
        label.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    let last_ok = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    address.len() <= MAX_LENGTH && local_ok && labels_ok && last_ok
}

/// Whether a text can be an address at all. Directories send addresses that people may not enter;
/// what they send must still name one mailbox at one domain, without blanks or control characters.
#[must_use]
pub fn is_plausible(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !domain.ends_with('.')
        && !local.chars().any(is_invisible)
        && address.len() <= MAX_LENGTH
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;:\"\\".contains(c))
}

/// Characters that are not seen: two addresses that differ in them only look alike.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The domain of an address, in the form in which domains are compared.
#[must_use]
pub fn domain(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    (!domain.is_empty()).then(|| key(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_pattern_is_kept() {
        for good in ["a@b.co", "ann.b+c@acme.example", "o'neil@x.io", "A_1-@a-b.c-d.example", "a@1a.example"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            "a@b",
            "a@b.c",
            ".a@b.co",
            "a.@b.co",
            "a..b@b.co",
            "a@-b.co",
            "a@b..co",
            "a b@c.de",
            "a@b.c1",
            "ä@b.co",
            "a'@b.co",
            "a@b@c.de",
            "a\0@b.co",
            "a@b.co\n",
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
        assert!(!is_valid(&format!("{}@b.co", "a".repeat(250))));
    }

    #[test]
    fn case_and_composition_do_not_make_another_address() {
        assert_eq!(key("Ann@ACME.example"), "ann@acme.example");
        for alike in
            ["ann@\u{ff41}cme.example", "ann@acme\u{ad}.example", "ann@acme.example\u{200b}", "ann@acme\u{3002}example"]
        {
            assert_eq!(key(alike), "ann@acme.example", "{alike:?}");
        }
        for odd in ["ann@acme.example.", "an\u{200b}n@acme.example"] {
            assert!(!is_plausible(odd), "{odd:?}");
        }
        assert_eq!(key("A\u{308}rzte@x.de"), key("\u{e4}rzte@x.de"));
        assert_eq!(domain("Ann@ACME.Example").as_deref(), Some("acme.example"));
        assert_eq!(domain("ann"), None);
    }

    #[test]
    fn a_directory_may_send_what_people_may_not_enter() {
        assert!(is_plausible("jörg@bücher.example") && is_plausible("x@localhost"));
        for bad in ["x", "@x", "x@", "a@b@c", "a b@c", "a\0@b.c", "a\r\n@b.c", "<a@b.c>"] {
            assert!(!is_plausible(bad), "{bad:?}");
        }
    }
}
