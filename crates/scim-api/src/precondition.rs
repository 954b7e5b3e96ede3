//! Entity tags (RFC 7644 section 3.14): `If-Match` before a change, `If-None-Match` before a read. What
//! stands between the quotes is the core's word for a version, and opaque here.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// The entity tag of a version. Weak, because the order of attributes may differ.
pub fn etag(tag: &str) -> String {
    format!("W/\"{tag}\"")
}

/// The versions of which the present one must be one. `None`: any. What is no tag matches none.
pub fn if_match(req: &HttpRequest) -> Option<Vec<String>> {
    let tags = tags(req, &IF_MATCH)?;
    accepted(tags.iter().map(String::as_str))
}

/// The same for the `version` of an operation of a bulk request, which is written like the header.
pub fn version_of(text: &str) -> Option<Vec<String>> {
    accepted(split(text).into_iter())
}

/// Whether the client has this version already.
pub fn is_known(req: &HttpRequest, tag: &str) -> bool {
    let Some(tags) = tags(req, &IF_NONE_MATCH) else { return false };
    accepted(tags.iter().map(String::as_str)).is_none_or(|known| known.iter().any(|known| known == tag))
}

/// What the quotes of the tags hold; `None` if a star is among them.
fn accepted<'t>(tags: impl Iterator<Item = &'t str>) -> Option<Vec<String>> {
    let mut accepted = Vec::new();
    for tag in tags {
        if tag == "*" {
            return None;
        }
        accepted.extend(opaque(tag).map(str::to_owned));
    }
    Some(accepted)
}

/// The tags of a header; `None` if it is absent.
fn tags(req: &HttpRequest, name: &HeaderName) -> Option<Vec<String>> {
    let mut tags = None;
    for header in req.headers().get_all(name) {
        let found: &mut Vec<String> = tags.get_or_insert_default();
        found.extend(split(header.to_str().unwrap_or_default()).into_iter().map(str::to_owned));
    }
    tags
}

/// Parts a list at the commas outside of quotes.
fn split(list: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = list.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.map(str::trim).filter(|tag| !tag.is_empty()).collect()
}

/// What the quotes of a tag hold, weak or strong.
fn opaque(tag: &str) -> Option<&str> {
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('"'))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn tags_are_read_weak_and_strong_one_and_many() {
        let read = |header: &str| if_match(&TestRequest::default().insert_header((IF_MATCH, header)).to_http_request());
        let these = |tags: &[&str]| Some(tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>());
        assert_eq!(read("W/\"3\""), these(&["3"]));
        assert_eq!(read("\"3\", W/\"4-1a2b3c4d\""), these(&["3", "4-1a2b3c4d"]));
        assert_eq!(read("\"a,b\",,\"c\""), these(&["a,b", "c"]));
        assert_eq!((read("*"), read("\"1\", *")), (None, None));
        for odd in ["3", "\"", "w/\"3\"", "W/3", "\"3\"4\"", ""] {
            assert_eq!(read(odd), these(&[]), "{odd}");
        }
        assert_eq!(if_match(&TestRequest::default().to_http_request()), None);
        assert_eq!((version_of("W/\"3\""), version_of("*")), (these(&["3"]), None));
    }

    #[test]
    fn a_client_has_what_it_names_or_anything() {
        let knows = |header: &str| {
            is_known(&TestRequest::default().insert_header((IF_NONE_MATCH, header)).to_http_request(), "3")
        };
        assert!(knows("W/\"3\"") && knows("\"1\", \"3\"") && knows("*"));
        assert!(!knows("W/\"4\"") && !knows("3") && !knows(""));
        assert!(!is_known(&TestRequest::default().to_http_request(), "3"));
    }
}
