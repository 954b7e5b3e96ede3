//! Which origins are trusted: our own, and those that the operator named.

use url::Url;

use crate::Settings;

/// Whether an origin, or the origin of an address, is our own or one of the trusted ones.
#[must_use]
pub fn is_trusted(settings: &Settings, url: &str) -> bool {
    if !is_plainly_absolute(url) {
        return false;
    }
    let Ok(parsed) = Url::parse(url) else { return false };
    // What stands before an @ is read as the host by people.
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return false;
    }
    let origin = origin_of(&parsed);
    origin.as_deref() == Url::parse(settings.origin()).ok().as_ref().and_then(origin_of).as_deref() && origin.is_some()
        || settings.trusted_origins.iter().any(|pattern| matches(pattern.trim(), url, &parsed, origin.as_deref()))
}

/// Whether a text is an origin as browsers write it, and a trusted one: nothing after the host, and no more spellings than
/// one.
#[must_use]
pub fn is_trusted_origin(settings: &Settings, text: &str) -> bool {
    let same = Url::parse(text).ok().as_ref().and_then(origin_of).is_some_and(|origin| origin == text);
    same && is_trusted(settings, text)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(trusted: &[&str]) -> Settings {
        let mut settings = Settings::new("https://id.example");
        settings.trusted_origins = trusted.iter().map(|t| (*t).to_owned()).collect();
        settings
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
            assert!(is_trusted(&settings, good), "{good}");
        }
        for bad in [
            "http://id.example",
            "https://app.example.evil.example",
            "https://app.example@evil.example",
            "https://evil.example@app.example/",
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
            assert!(!is_trusted(&settings, bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_one_spelling() {
        let settings = settings(&["https://app.example", "http://localhost:*"]);
        for good in ["https://app.example", "https://id.example", "http://localhost:5173"] {
            assert!(is_trusted_origin(&settings, good), "{good}");
        }
        for bad in [
            "https://app.example/",
            "https://app.example:443",
            "https://APP.example",
            "https://app.example/x",
            "null",
            "https://a@app.example",
        ] {
            assert!(!is_trusted_origin(&settings, bad), "{bad}");
        }
    }
}
