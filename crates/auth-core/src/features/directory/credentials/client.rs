//! What an OAuth 2.0 client registers with: addresses to be sent back to, and public keys.

use serde_json::Value as Json;
use url::{Host, Url};

use super::Kind;
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::oauth::keys;

/// How many addresses a client has at most, and how long one is.
const MOST_URIS: usize = 10;
const LONGEST_URI: usize = 2048;

/// Refuses what no client may register with, and all of it for credentials that are no clients.
pub(super) fn check(kind: Kind, redirect_uris: &[String], jwks: Option<&Json>) -> Result<()> {
    let client = kind == Kind::OAuth2;
    if redirect_uris.len() > MOST_URIS || !redirect_uris.iter().all(|uri| client && is_redirect_uri(uri)) {
        return Err(DirectoryFault::InvalidRedirectUri.into());
    }
    match jwks {
        None => Ok(()),
        Some(_) if !client => Err(DirectoryFault::InvalidKeys("only an oauth2 credential has keys").into()),
        Some(set) => keys::check(set).map_err(|why| DirectoryFault::InvalidKeys(why).into()),
    }
}

/// An absolute `https` address without a fragment and without anybody's name in it; `http` only where the
/// answer does not leave the machine (RFC 8252, section 7.3). Nothing that a browser would run.
fn is_redirect_uri(text: &str) -> bool {
    if text.len() > LONGEST_URI || !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return false;
    }
    let Ok(url) = Url::parse(text) else { return false };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let local = match url.host() {
        // Addresses are compared letter by letter: who writes a star expects something else.
        Some(Host::Domain(name)) if name.contains('*') => return false,
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    plain && !text.contains('#') && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_sent_back_over_tls_or_to_their_own_machine() {
        for good in [
            "https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback",
            "https://a.example/cb?x=1",
            "http://127.0.0.1:8080/cb",
            "http://localhost/cb",
            "http://[::1]/cb",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "https:",
            "http://a.example/cb",
            "http://localhost.a.example/cb",
            "https://a.example/cb#x",
            "https://a.example/cb#",
            "https://user@a.example/cb",
            "https://a.example/c b",
            "https://a.example\\@b.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp://cb",
            "https://ä.example/",
            "https://*.example/cb",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
    }

    #[test]
    fn only_a_client_has_addresses_and_keys() {
        let uris = vec!["https://a.example/cb".to_owned()];
        assert!(check(Kind::OAuth2, &uris, None).is_ok() && check(Kind::Bearer, &[], None).is_ok());
        assert!(check(Kind::Bearer, &uris, None).is_err() && check(Kind::Basic, &uris, None).is_err());
        assert!(check(Kind::Basic, &[], Some(&Json::Null)).is_err());
        assert!(check(Kind::OAuth2, &vec![uris[0].clone(); 11], None).is_err());
    }
}
