//! The relying party: who we are to authenticators. It is configured; nothing of a request decides about it.

use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::fault::{Error, Result};
use crate::settings::Settings;

/// The relying party of the settings.
pub(super) fn of(settings: &Settings) -> Result<Webauthn> {
    build(settings).map_err(Error::internal)
}

/// Whether passkeys can be had with these settings; what is wrong with them if not.
///
/// # Errors
/// What is wrong, in words.
pub fn check_settings(settings: &Settings) -> Result<(), String> {
    build(settings).map(|_| ())
}

/// The origins whose pages may ask for passkeys, as browsers write them; none where there are no passkeys.
#[must_use]
pub fn origins(settings: &Settings) -> Vec<String> {
    if !settings.methods.passkey.enabled {
        return Vec::new();
    }
    configured(settings)
        .iter()
        .filter_map(|text| Url::parse(text).ok())
        .map(|url| url.origin().ascii_serialization())
        .collect()
}

/// The origins as they are configured: that of the public address if none are.
fn configured(settings: &Settings) -> &[String] {
    let wanted = &settings.methods.passkey.origins;
    if wanted.is_empty() { std::slice::from_ref(&settings.public_url) } else { wanted }
}

fn build(settings: &Settings) -> Result<Webauthn, String> {
    let wanted = &settings.methods.passkey;
    let own = Url::parse(&settings.public_url).map_err(|error| format!("{:?}: {error}", settings.public_url))?;
    let rp_id = wanted.rp_id.as_deref().or_else(|| own.host_str()).unwrap_or_default();
    let rp_name = wanted.rp_name.as_deref().unwrap_or(&settings.application_name);
    let origins = configured(settings).iter().map(|text| origin(text, rp_id)).collect::<Result<Vec<Url>, String>>()?;
    let Some((first, others)) = origins.split_first() else { return Err("there is no origin".to_owned()) };
    let builder = WebauthnBuilder::new(rp_id, first).map_err(|error| error.to_string())?;
    let builder = others.iter().fold(builder, WebauthnBuilder::append_allowed_origin);
    builder.rp_name(rp_name).timeout(std::time::Duration::from_mins(1)).build().map_err(|error| error.to_string())
}

/// An origin whose pages may use passkeys of a domain: in it, and over TLS unless it is this machine.
fn origin(text: &str, rp_id: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no origin: {error}"))?;
    let Some(domain) = url.domain() else {
        return Err(format!("{text:?} has no domain, and passkeys are bound to one"));
    };
    if domain != rp_id && !domain.ends_with(&format!(".{rp_id}")) {
        return Err(format!("{text:?} is not in the domain {rp_id:?}"));
    }
    let is_local = domain == "localhost" || domain.ends_with(".localhost");
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
        return Err(format!("{text:?} is not https: browsers have passkeys on no other pages"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;

    fn with(public_url: &str, rp_id: Option<&str>, origins: &[&str]) -> Result<(), String> {
        let mut settings = Settings::new(public_url, InstanceSecret::new("s"));
        settings.methods.passkey.rp_id = rp_id.map(str::to_owned);
        settings.methods.passkey.origins = origins.iter().map(|text| (*text).to_owned()).collect();
        check_settings(&settings)
    }

    #[test]
    fn a_relying_party_is_a_domain_with_its_origins() {
        assert!(with("https://id.example.com", None, &[]).is_ok());
        assert!(with("http://localhost:3000", None, &[]).is_ok());
        assert!(with("https://id.example.com", Some("example.com"), &["https://app.example.com"]).is_ok());
        for (url, rp_id, origins) in [
            ("http://127.0.0.1:3000", None, &[][..]),
            ("http://id.example.com", None, &[]),
            ("https://id.example.com", Some("other.example"), &[]),
            ("https://id.example.com", Some("example.com"), &["https://evilexample.com"]),
            ("https://id.example.com", Some("example.com"), &["https://id.example.com", "nothing"]),
        ] {
            assert!(with(url, rp_id, origins).is_err(), "{url} {rp_id:?} {origins:?}");
        }
    }

    #[test]
    fn origins_are_told_as_browsers_write_them_and_only_where_there_are_passkeys() {
        let mut settings = Settings::new("https://id.example.com", InstanceSecret::new("s"));
        assert!(origins(&settings).is_empty());
        settings.methods.passkey.enabled = true;
        assert_eq!(origins(&settings), ["https://id.example.com"]);
        settings.methods.passkey.origins = vec!["https://App.example.com:443/".to_owned()];
        assert_eq!(origins(&settings), ["https://app.example.com"]);
    }
}
