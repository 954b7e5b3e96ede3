//! Entity tags (RFC 7644 section 3.14): `If-Match` before a change, `If-None-Match` before a read.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// The entity tag of a version. Weak, because the order of attributes may differ.
pub fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The versions of which the present one must be one. `None`: any. What is no tag of ours matches none.
pub fn if_match(req: &HttpRequest) -> Option<Vec<i64>> {
    match tags(req, &IF_MATCH) {
        Tags::Absent | Tags::Any => None,
        Tags::These(versions) => Some(versions),
    }
}

/// Whether the client has this version already.
pub fn is_known(req: &HttpRequest, version: i64) -> bool {
    match tags(req, &IF_NONE_MATCH) {
        Tags::Absent => false,
        Tags::Any => true,
        Tags::These(versions) => versions.contains(&version),
    }
}

enum Tags {
    Absent,
    Any,
    These(Vec<i64>),
}

fn tags(req: &HttpRequest, name: &HeaderName) -> Tags {
    let mut versions = None;
    for header in req.headers().get_all(name) {
        for tag in header.to_str().unwrap_or_default().split(',').map(str::trim) {
            if tag == "*" {
                return Tags::Any;
            }
            let found: &mut Vec<i64> = versions.get_or_insert_default();
            found.extend(version(tag));
        }
    }
    versions.map_or(Tags::Absent, Tags::These)
}

fn version(tag: &str) -> Option<i64> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn tags_are_read_weak_and_strong_one_and_many() {
        let read = |header: &str| if_match(&TestRequest::default().insert_header((IF_MATCH, header)).to_http_request());
        assert_eq!(read("W/\"3\""), Some(vec![3]));
        assert_eq!(read("\"3\", W/\"4\""), Some(vec![3, 4]));
        assert_eq!(read("*"), None);
        for odd in ["3", "\"x\"", "\"+3\"", "\"99999999999999999999\"", ""] {
            assert_eq!(read(odd), Some(vec![]), "{odd}");
        }
        assert_eq!(if_match(&TestRequest::default().to_http_request()), None);
    }
}
