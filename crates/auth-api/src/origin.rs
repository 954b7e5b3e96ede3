//! Which pages may call with a browser's cookies, and to which addresses an answer may lead.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, ORIGIN, REFERER};
use api_kit::Settings;
use url::Url;

use crate::error::{ApiError, Result};

/// The fields that hold an address to which somebody will be sent, and what is wrong with a bad one.
const URL_FIELDS: [(&str, &str, &str); 4] = [
    ("callbackURL", "INVALID_CALLBACK_URL", "Invalid callbackURL"),
    ("redirectTo", "INVALID_REDIRECT_URL", "Invalid redirectURL"),
    ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL"),
    ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL"),
];

/// Endpoints that plain HTML forms could be made to call from a foreign page, with no cookie yet.
const FORM_ENDPOINTS: [&str; 2] = ["/sign-in/email", "/sign-up/email"];

/// Refuses a change that a foreign page may have caused. `path` is that of the endpoint.
pub fn check_caller(settings: &Settings, headers: &HeaderMap, path: &str) -> Result<()> {
    let fetch = |name: &'static str| text(headers, &HeaderName::from_static(name));
    let (site, mode) = (fetch("sec-fetch-site"), fetch("sec-fetch-mode"));
    if headers.contains_key(COOKIE) {
        return check_origin(settings, headers, site);
    }
    if !FORM_ENDPOINTS.contains(&path) {
        return Ok(());
    }
    if site == Some("cross-site") && mode == Some("navigate") {
        return Err(ApiError::forbidden(
            "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
            "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
        ));
    }
    let from_browser = site.is_some() || mode.is_some() || fetch("sec-fetch-dest").is_some();
    if from_browser || headers.contains_key(ORIGIN) || headers.contains_key(REFERER) {
        return check_origin(settings, headers, site);
    }
    // Neither cookies nor any trace of a browser: a server or a command line.
    Ok(())
}

fn check_origin(settings: &Settings, headers: &HeaderMap, site: Option<&str>) -> Result<()> {
    let named = caller_origin(headers);
    match named {
        // A page without an origin of its own (a sandbox, a redirect) that the browser vouches for.
        Some("null") if site == Some("same-origin") => Ok(()),
        None | Some("null" | "") => Err(ApiError::forbidden("MISSING_OR_NULL_ORIGIN", "Missing or null Origin")),
        Some(origin) if is_trusted(settings, origin) => Ok(()),
        Some(_) => Err(ApiError::forbidden("INVALID_ORIGIN", "Invalid origin")),
    }
}

/// Who says to be calling: `Origin`, what a mobile shell says in its place, or `Referer`.
fn caller_origin(headers: &HeaderMap) -> Option<&str> {
    let header =
        |name: &HeaderName| headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap_or("null"));
    header(&ORIGIN).or_else(|| header(&HeaderName::from_static("expo-origin"))).or_else(|| header(&REFERER))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Refuses addresses that lead to strangers. The fields are looked up by name.
pub fn check_urls<'a>(settings: &Settings, field: impl Fn(&str) -> Option<&'a str>) -> Result<()> {
    for (name, code, message) in URL_FIELDS {
        if field(name).is_some_and(|url| !url.is_empty() && !is_trusted_url(settings, url)) {
            return Err(ApiError::forbidden(code, message));
        }
    }
    Ok(())
}

/// Whether somebody may be sent there: a path of ours, or an address at a trusted origin.
#[must_use]
pub fn is_trusted_url(settings: &Settings, url: &str) -> bool {
    if url.starts_with('/') { is_plain_path(url) } else { is_trusted(settings, url) }
}

/// A path that no browser takes for another host, with nothing odd in it.
fn is_plain_path(url: &str) -> bool {
    let rest = &url[1..];
    let lower = rest.get(..3).unwrap_or_default().to_ascii_lowercase();
    if rest.starts_with(['/', '\\']) || lower == "%2f" || lower == "%5c" {
        return false;
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // What a router might resolve to `//host` has no business in a path of ours.
    if path.contains("//") || path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return false;
    }
    let plain = |byte: u8, more: &[u8]| byte.is_ascii_alphanumeric() || byte == b'_' || more.contains(&byte);
    path.bytes().all(|b| plain(b, b"-.+/@")) && query.bytes().all(|b| plain(b, b"-.+/=&%@"))
}

/// Whether an origin, or the origin of an address, is our own or one of the trusted ones.
#[must_use]
pub fn is_trusted(settings: &Settings, url: &str) -> bool {
    if !is_plainly_absolute(url) {
        return false;
    }
    let Ok(parsed) = Url::parse(url) else { return false };
    let origin = origin_of(&parsed);
    origin.as_deref() == Url::parse(settings.origin()).ok().as_ref().and_then(origin_of).as_deref() && origin.is_some()
        || settings.trusted_origins.iter().any(|pattern| matches(pattern.trim(), url, &parsed, origin.as_deref()))
}

/// Whether an address says its host where everybody looks for it. Browsers forgive much, and not all of
/// them the same.
fn is_plainly_absolute(url: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    url.split_once("://").is_some_and(|(_, rest)| !rest.starts_with('/')) && !url.contains(odd)
}

/// `scheme://host:port` of what browsers can open; other schemes have none.
fn origin_of(url: &Url) -> Option<String> {
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

fn matches(pattern: &str, url: &str, parsed: &Url, origin: Option<&str>) -> bool {
    let pattern = pattern.trim_end_matches('/');
    match (pattern.split_once("://"), origin) {
        _ if pattern.is_empty() || pattern.ends_with(':') => {
            // `myapp://`, which lost its slashes above: a scheme.
            let scheme = pattern.trim_end_matches(':');
            !scheme.is_empty() && origin.is_none() && parsed.scheme().eq_ignore_ascii_case(scheme)
        }
        (Some((scheme, _)), None) if !matches!(scheme, "http" | "https") => {
            url.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        }
        (Some(_), Some(origin)) => wildcard(pattern.as_bytes(), origin.as_bytes()),
        (None, Some(_)) => {
            let host = parsed.host_str().unwrap_or_default();
            let with_port = parsed.port().map(|port| format!("{host}:{port}"));
            wildcard(pattern.as_bytes(), host.as_bytes())
                || with_port.is_some_and(|host| wildcard(pattern.as_bytes(), host.as_bytes()))
        }
        _ => false,
    }
}

/// `*` stands for any text without a slash, `?` for one character.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            wildcard(rest, text) || text.split_first().is_some_and(|(c, tail)| *c != b'/' && wildcard(pattern, tail))
        }
        (Some((b'?', rest)), Some((c, tail))) => *c != b'/' && wildcard(rest, tail),
        (Some((p, rest)), Some((c, tail))) => p.eq_ignore_ascii_case(c) && wildcard(rest, tail),
        _ => false,
    }
}

/// An address with more in its query.
#[must_use]
pub fn with_query(url: &str, name: &str, value: &str) -> String {
    let (address, fragment) = url.split_once('#').map_or((url, None), |(a, f)| (a, Some(f)));
    let joint = if address.contains('?') { '&' } else { '?' };
    let mut out = format!("{address}{joint}{name}={}", api_kit::percent::encode(value));
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn settings(trusted: &[&str]) -> Settings {
        let mut settings = Settings::new("https://id.example");
        settings.trusted_origins = trusted.iter().map(|t| (*t).to_owned()).collect();
        settings
    }

    #[test]
    fn only_plain_paths_of_ours_are_trusted() {
        let settings = settings(&[]);
        for good in ["/", "/reset", "/a/b-c.d", "/a?b=c&d=%20e", "/@me"] {
            assert!(is_trusted_url(&settings, good), "{good}");
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "/%2fevil.example",
            "/%5Cevil",
            "/a b",
            "/a#b",
            "/a:b",
            "/a?<b>",
            "/\tevil",
            "relative",
            "",
        ] {
            assert!(!is_trusted_url(&settings, bad), "{bad}");
        }
    }

    #[test]
    fn origins_match_exactly_by_wildcard_by_host_or_by_scheme() {
        let settings = settings(&[
            "https://app.example",
            "https://*.pages.example",
            "*.host.example",
            "http://localhost:*",
            "myapp://",
        ]);
        for good in [
            "https://id.example",
            "https://id.example:443/x",
            "https://app.example/path?q",
            "https://a.pages.example",
            "http://x.host.example:8080/y",
            "http://localhost:5173",
            "myapp://callback",
        ] {
            assert!(is_trusted_url(&settings, good), "{good}");
        }
        for bad in [
            "http://id.example",
            "https://app.example.evil.example",
            "https://app.example@evil.example",
            "https://evil.example/https://app.example",
            "https://pages.example",
            "https://a.pages.example.evil.example",
            "https://evilhost.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://id.example:444",
            "myapp2://x",
            "https:///app.example",
            "https:app.example",
            "https:/app.example",
            "https://app.example\n",
            "https://evil.example\\.pages.example",
            "null",
        ] {
            assert!(!is_trusted_url(&settings, bad), "{bad}");
        }
    }

    #[test]
    fn cookies_need_an_origin_and_forms_are_guarded_without() {
        let settings = settings(&[]);
        let check = |pairs: &[(&'static str, &str)], path: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
            }
            check_caller(&settings, &headers, path).err().and_then(|e| e.code().map(str::to_owned))
        };
        let sign_in = "/sign-in/email";
        assert_eq!(check(&[("cookie", "a=b")], "/sign-out").as_deref(), Some("MISSING_OR_NULL_ORIGIN"));
        assert_eq!(
            check(&[("cookie", "a=b"), ("origin", "null")], "/sign-out").as_deref(),
            Some("MISSING_OR_NULL_ORIGIN")
        );
        assert_eq!(
            check(&[("cookie", "a=b"), ("origin", "null"), ("sec-fetch-site", "same-origin")], "/sign-out"),
            None
        );
        assert_eq!(
            check(&[("cookie", "a=b"), ("origin", "https://evil.example")], "/sign-out").as_deref(),
            Some("INVALID_ORIGIN")
        );
        assert_eq!(check(&[("cookie", "a=b"), ("referer", "https://id.example/page")], "/sign-out"), None);
        assert_eq!(
            check(&[("cookie", "a=b"), ("expo-origin", "myapp://")], "/sign-out").as_deref(),
            Some("INVALID_ORIGIN")
        );
        assert_eq!(check(&[], sign_in), None);
        assert_eq!(check(&[("origin", "https://evil.example")], "/sign-out"), None);
        assert_eq!(check(&[("origin", "https://evil.example")], sign_in).as_deref(), Some("INVALID_ORIGIN"));
        assert_eq!(check(&[("sec-fetch-site", "none")], sign_in).as_deref(), Some("MISSING_OR_NULL_ORIGIN"));
        assert_eq!(
            check(
                &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("origin", "https://id.example")],
                sign_in
            )
            .as_deref(),
            Some("CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
        );
    }

    #[test]
    fn queries_are_appended_where_they_belong() {
        assert_eq!(with_query("/a", "error", "X Y"), "/a?error=X%20Y");
        assert_eq!(with_query("/a?b=c#d", "token", "t"), "/a?b=c&token=t#d");
    }
}
