//! Which pages may call with a browser's cookies, and to which addresses an answer may lead.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, ORIGIN, REFERER};
use api_kit::Settings;
pub use api_kit::origins::is_trusted;

use crate::error::{ApiError, Result};

/// The fields that hold an address to which somebody will be sent, and what is wrong with a bad one.
const URL_FIELDS: [(&str, &str, &str); 4] = [
    ("callbackURL", "INVALID_CALLBACK_URL", "Invalid callbackURL"),
    ("redirectTo", "INVALID_REDIRECT_URL", "Invalid redirectURL"),
    ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL"),
    ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL"),
];

/// Endpoints that give a browser a session, or mail somebody what does: a foreign page could have them called with no cookie
/// yet, by a plain HTML form or otherwise, so that people go on as somebody else.
const WITHOUT_COOKIE: [&str; 7] = [
    "/sign-in/",
    "/sign-up/",
    "/one-time-token/verify",
    "/email-otp/verify-email",
    "/email-otp/send-verification-otp",
    "/passkey/verify-authentication",
    "/phone-number/",
];

/// Those of them at which Better Auth takes `Sec-Fetch-Mode` alone for a browser. Programs on Node send it, browsers never
/// without `Sec-Fetch-Site`.
const MODE_IS_A_BROWSER: [&str; 4] =
    ["/sign-in/email", "/sign-up/email", "/sign-in/magic-link", "/email-otp/send-verification-otp"];

/// Where providers post what a browser brings back. It changes nothing: it leads to the same with GET, which asks for the
/// cookie that only the browser has which began.
const POSTED_FROM_ELSEWHERE: &str = "/callback/{provider}";

/// Refuses a change that a foreign page may have caused. `path` is that of the endpoint.
pub fn check_caller(settings: &Settings, headers: &HeaderMap, path: &str) -> Result<()> {
    let fetch = |name: &'static str| text(headers, &HeaderName::from_static(name));
    let (site, mode) = (fetch("sec-fetch-site"), fetch("sec-fetch-mode"));
    if path == POSTED_FROM_ELSEWHERE {
        return Ok(());
    }
    if headers.contains_key(COOKIE) {
        return check_origin(settings, headers, site);
    }
    if !WITHOUT_COOKIE.iter().any(|begins| path.starts_with(begins)) {
        return Ok(());
    }
    if site == Some("cross-site") && mode == Some("navigate") {
        return Err(ApiError::forbidden(
            "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
            "Cross-site navigation login blocked. This request appears to be a CSRF attack.",
        ));
    }
    let says_mode = mode.is_some() && MODE_IS_A_BROWSER.contains(&path);
    let from_browser = site.is_some() || fetch("sec-fetch-dest").is_some() || says_mode;
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
