//! What names, slugs, logos and metadata of organizations may be.
//!
//! Better Auth takes any slug that is not empty. What is stored is a superset of what its clients
//! send in earnest: up to 64 characters without spaces and control characters, which no address could
//! carry. `/v1` publishes a narrower pattern and asks [`is_strict_slug`] besides.

use serde_json::{Map, Value as Json};

use super::OrgsFault;
use crate::fault::Result;

const NAME: usize = 256;
const SLUG: usize = 64;
const METADATA: usize = 16 * 1024;
const ADDRESS: usize = 2048;
const DATA_IMAGE: usize = 64 * 1024;

/// `^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`
#[must_use]
pub fn is_strict_slug(slug: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = slug.as_bytes();
    (1..=SLUG).contains(&bytes.len())
        && bytes.iter().all(|b| plain(*b) || *b == b'-')
        && bytes.first().is_some_and(|b| plain(*b))
        && bytes.last().is_some_and(|b| plain(*b))
}

/// A slug of `/v1`'s pattern made from a name, with a suffix for the case that it is taken: `acme`,
/// `acme-x7f3`. For callers that have a name only.
#[must_use]
pub fn slug_of(name: &str, suffix: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    let slug = if slug.is_empty() { "organization" } else { slug };
    if suffix.is_empty() { slug.to_owned() } else { format!("{slug}-{suffix}") }
}

pub(super) fn check_name(name: &str) -> Result<()> {
    let ok = !name.trim().is_empty() && name.chars().count() <= NAME && !name.chars().any(char::is_control);
    if ok { Ok(()) } else { Err(OrgsFault::BadName.into()) }
}

pub(super) fn check_slug(slug: &str) -> Result<()> {
    let ok =
        !slug.is_empty() && slug.chars().count() <= SLUG && !slug.chars().any(|c| c.is_control() || c.is_whitespace());
    if ok { Ok(()) } else { Err(OrgsFault::BadSlug.into()) }
}

/// The logo as it is stored. An empty one is none.
pub(super) fn checked_logo(logo: Option<String>) -> Result<Option<String>> {
    let Some(logo) = logo.filter(|logo| !logo.is_empty()) else { return Ok(None) };
    let web = (logo.starts_with("https://") || logo.starts_with("http://")) && logo.len() <= ADDRESS;
    let data = logo.starts_with("data:image/") && logo.len() <= DATA_IMAGE;
    let ok = (web || data) && !logo.chars().any(|c| c.is_control() || c.is_whitespace());
    if ok { Ok(Some(logo)) } else { Err(OrgsFault::BadLogo.into()) }
}

pub(super) fn check_metadata(metadata: Option<&Map<String, Json>>) -> Result<()> {
    let Some(metadata) = metadata else { return Ok(()) };
    if serde_json::to_string(metadata)?.len() > METADATA { Err(OrgsFault::MetadataTooLarge.into()) } else { Ok(()) }
}

pub(super) fn check_limit(limit: Option<i64>) -> Result<()> {
    if limit.is_some_and(|limit| limit < 1) { Err(OrgsFault::BadLimit.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_of_the_administration_api_are_narrower_than_those_of_portals() {
        for good in ["a", "acme", "acme-2", "0", &"a".repeat(64)] {
            assert!(is_strict_slug(good) && check_slug(good).is_ok(), "{good}");
        }
        for loose in ["Acme", "a.b", "-a", "a-", "ümlaut", "a_b"] {
            assert!(!is_strict_slug(loose) && check_slug(loose).is_ok(), "{loose}");
        }
        for bad in ["", "a b", "a\tb", "a\0", "a\u{a0}b", &"a".repeat(65)] {
            assert!(!is_strict_slug(bad) && check_slug(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_slug_made_from_any_name_is_strict() {
        for name in ["Acme", "  Acme & Söhne GmbH ", "東京", "---", "A".repeat(100).as_str()] {
            assert!(is_strict_slug(&slug_of(name, "")), "{name}");
            assert!(is_strict_slug(&slug_of(name, "x7f3")), "{name}");
        }
        assert_eq!(slug_of("Acme & Co", ""), "acme-co");
    }

    #[test]
    fn logos_are_addresses_or_data_images() {
        assert_eq!(checked_logo(Some(String::new())).unwrap(), None);
        for good in ["https://a.example/l.png", "http://a.example", "data:image/png;base64,AAAA"] {
            assert!(checked_logo(Some(good.to_owned())).unwrap().is_some());
        }
        for bad in ["javascript:alert(1)", "data:text/html,x", "https://a b", "logo.png"] {
            assert!(checked_logo(Some(bad.to_owned())).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_texts_that_can_be_seen() {
        assert!(check_name("Acme").is_ok() && check_name("東京").is_ok());
        for bad in ["", "   ", "a\0b", "a\nb", &"a".repeat(257)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
