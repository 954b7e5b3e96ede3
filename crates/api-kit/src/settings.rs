//! What an operator decides about the edge, as plain values.

use std::fmt;

use crate::branding::Branding;
use crate::bucket::{Buckets, Flow};
use crate::cookies::Cookies;
use crate::ip::Cidr;
use crate::limit::Windows;
use crate::reach::Reach;
use crate::translations::Translations;
use crate::turnstile::Turnstile;

/// The edge's settings. The server builds them from its configuration: [`Settings::new`], then the
/// fields that differ.
pub struct Settings {
    /// The address under which people reach this instance, without a final slash.
    pub public_url: String,
    /// Origins besides our own from which browsers may call: exact (`https://app.example`), with
    /// wildcards (`https://*.example`), a host alone (`*.app.example`) or a scheme (`myapp://`).
    pub trusted_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed. None: the socket's address counts.
    pub trusted_proxies: Vec<Cidr>,
    /// The names and attributes of the session cookies.
    pub cookies: Cookies,
    /// Whether `Strict-Transport-Security` is sent.
    pub https: bool,
    /// The most bytes that a request body may have in dialects that do not say otherwise.
    pub body_limit: usize,
    /// Whether anything is limited by rate at all.
    pub rate_limit_enabled: bool,
    /// The window of paths without a rule of their own, in seconds.
    pub rate_limit_window: u32,
    /// How many requests such a window allows.
    pub rate_limit_max: u32,
    /// Where `/api/auth/error` sends people instead of showing a page of its own.
    pub error_url: Option<String>,
    /// The counters of the rate limits of this process.
    pub windows: Windows,
    /// How many operations one credential of a directory may ask for.
    pub directory_flow: Flow,
    /// The buckets of the credentials in this process.
    pub buckets: Buckets,
    /// What goes on at once in this process: those who wait for events, streams, and self-tests.
    pub at_once: Turnstile,
    /// How the hosted pages look.
    pub branding: Branding,
    /// What errors of Better Auth's wire say in other languages.
    pub translations: Translations,
    /// Which addresses may be called that somebody names.
    pub reach: Reach,
    /// Whether the requests of directories are recorded.
    pub request_log: bool,
    /// How many bytes of a body and of an answer are kept there, at the most.
    pub request_log_body_limit: usize,
}

impl Settings {
    /// The defaults for an address: secure cookies and HSTS if it is https, no proxies, no foreign
    /// origins.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        let https = public_url.starts_with("https://");
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            trusted_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            cookies: Cookies::new("better-auth", https, None),
            https,
            body_limit: 256 * 1024,
            rate_limit_enabled: true,
            rate_limit_window: 10,
            rate_limit_max: 100,
            error_url: None,
            windows: Windows::default(),
            directory_flow: Flow { rate: 100, burst: 1000 },
            buckets: Buckets::default(),
            at_once: Turnstile::default(),
            branding: Branding::default(),
            translations: Translations::default(),
            reach: Reach::default(),
            request_log: true,
            request_log_body_limit: 64 * 1024,
        }
    }

    /// Our own origin: scheme, host and port of the public address.
    #[must_use]
    pub fn origin(&self) -> &str {
        let host = self.public_url.find("://").map_or(0, |at| at + 3);
        let end = self.public_url[host..].find(['/', '?', '#']).map_or(self.public_url.len(), |at| host + at);
        &self.public_url[..end]
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("public_url", &self.public_url)
            .field("trusted_origins", &self.trusted_origins)
            .field("rate_limit_enabled", &self.rate_limit_enabled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_the_address_without_its_path() {
        assert_eq!(Settings::new("https://id.example/portal/").origin(), "https://id.example");
        assert_eq!(Settings::new("http://127.0.0.1:3000").origin(), "http://127.0.0.1:3000");
    }
}
