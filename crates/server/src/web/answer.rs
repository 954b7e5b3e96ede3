//! A file as an answer: its type, its coding, how long it may be kept, and whether it is needed at all.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use super::Site;
use super::site::File;

/// The codings that the build makes of its files, the better first: their names, and how the files end.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// A name with a digest in it is never given to anything else.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Any other may be kept, but must be asked about.
const ASK: &str = "no-cache";

/// The answer with the file of that path, in the best coding that there is and the client takes; `None` without it.
pub(super) fn file(request: &HttpRequest, site: &Site, path: &str) -> Option<HttpResponse> {
    let kind = media_type(path)?;
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let coded = CODINGS.iter().filter(|(name, _)| accepts(accepted, name)).find_map(|(name, ending)| {
        let file = site.read(&format!("{path}{ending}"))?;
        Some((Some(*name), file))
    });
    let (coding, File { bytes, digest }) = match coded {
        Some(coded) => coded,
        None => (None, site.read(path)?),
    };
    // Weak, as a proxy or our own compression may code it anew. Each coding has a digest of its own.
    let tag = format!("W/\"{digest}\"");
    let kept = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let fresh = kept.flat_map(|list| list.split(',')).map(str::trim).any(|known| known == tag || known == "*");
    let mut response = if fresh {
        HttpResponse::NotModified().finish()
    } else {
        let mut response = HttpResponse::Ok().body(bytes.into_owned());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(coding) = coding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(if is_digested(path) { FOREVER } else { ASK }));
    Some(response)
}

/// Whether a client takes a coding (RFC 9110 section 12.5.3): named, or meant by `*`, and not with a weight of zero.
fn accepts(accepted: &str, coding: &str) -> bool {
    let weight = |name: &str| {
        accepted.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let named = parts.next().is_some_and(|first| first.eq_ignore_ascii_case(name));
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            named.then(|| weight.map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0)))
        })
    };
    weight(coding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// Whether the name of a file holds a digest of it, as the build's do: `index-B3kd9_Xa.js`. A word of eight letters is
/// not taken for one; a digest that looks like a word costs no more than a question.
fn is_digested(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let Some((before, digest)) = stem.len().checked_sub(8).and_then(|at| stem.split_at_checked(at)) else {
        return false;
    };
    before.len() > 1
        && before.ends_with('-')
        && digest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && digest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// The type of a file by how its name ends. What the build does not make is not served.
fn media_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_if_it_is_named_and_not_refused() {
        for (accepted, coding, taken) in [
            ("gzip, deflate, br", "br", true),
            ("gzip, deflate", "br", false),
            ("br;q=0, *", "br", false),
            ("*", "br", true),
            ("*;q=0", "gzip", false),
            ("GZIP ; q=0.5", "gzip", true),
            ("gzip;q=many", "gzip", false),
            ("brotli", "br", false),
            ("", "gzip", false),
        ] {
            assert_eq!(accepts(accepted, coding), taken, "{accepted:?} {coding}");
        }
    }

    #[test]
    fn only_names_with_a_digest_are_kept_for_ever() {
        for path in ["console/assets/index-B3kd9_Xa.js", "elements/chunk-abcdefg1.js", "hosted/assets/a-AbCdEf-h.css"] {
            assert!(is_digested(path), "{path}");
        }
        for path in [
            "console/index.html",
            "elements/portico.js",
            "x/my-settings.js",
            "x/B3kd9_Xa.js",
            "x/index-B3kd9.js",
            "",
            "x/\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}.js",
        ] {
            assert!(!is_digested(path), "{path}");
        }
    }
}
