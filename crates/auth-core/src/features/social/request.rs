//! The authorization request and its answer (RFC 6749, 4.1.1; RFC 7636; RFC 9207).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::metadata::Place;
use super::{Flow, SocialFault};
use crate::fault::{Error, Result};
use crate::secret::Secret;
use crate::settings::{Issuer, SocialProvider};

/// What nobody else adds to a request: what makes it ours, and what would put something in its place.
const RESERVED: [&str; 16] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "nonce",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "web_message_uri",
];
/// How many scopes and parameters may be added, and how long each may be.
const MOST: usize = 30;
const LONGEST: usize = 512;

/// What a caller adds to the request.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// More scopes.
    pub scopes: Vec<String>,
    /// Who is expected: `login_hint`.
    pub login_hint: Option<String>,
    /// More parameters.
    pub parameters: Vec<(String, String)>,
}

impl Extras {
    /// Refuses what is not fit to be sent, or not the caller's to say.
    pub(super) fn check(&self) -> Result<()> {
        // RFC 6749, 3.3.
        let is_scope = |text: &String| {
            (1..=LONGEST).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
        };
        let is_free = |(name, value): &(String, String)| {
            let plain = (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
            plain && value.len() <= LONGEST && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
        };
        let good = self.scopes.len() <= MOST
            && self.parameters.len() <= MOST
            && self.scopes.iter().all(is_scope)
            && self.parameters.iter().all(is_free)
            && self.login_hint.as_ref().is_none_or(|hint| hint.len() <= LONGEST);
        if good { Ok(()) } else { Err(SocialFault::InvalidParameter.into()) }
    }
}

/// Where the browser goes.
pub(super) fn url(
    provider: &SocialProvider,
    place: &Place,
    flow: &Flow,
    state: &Secret,
    extras: &Extras,
) -> Result<String> {
    let mut url = Url::parse(&place.authorization).map_err(Error::internal)?;
    let mut scopes: Vec<&str> = Vec::new();
    for scope in provider.scopes.iter().chain(&extras.scopes) {
        if !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    let mut pairs: Vec<(&str, String)> = vec![
        ("response_type", "code".to_owned()),
        ("client_id", provider.client_id.clone()),
        ("state", state.expose().to_owned()),
        ("redirect_uri", flow.redirect_uri.clone()),
    ];
    if !scopes.is_empty() {
        pairs.push(("scope", scopes.join(" ")));
    }
    if provider.has_id_tokens() {
        pairs.push(("nonce", flow.nonce.clone()));
    }
    if provider.pkce {
        pairs.push(("code_challenge_method", "S256".to_owned()));
        pairs.push(("code_challenge", challenge(flow.verifier.expose())));
    }
    if let Some(hint) = &extras.login_hint {
        pairs.push(("login_hint", hint.clone()));
    }
    // What the caller says comes before what is configured.
    for (name, value) in extras.parameters.iter().chain(&provider.parameters) {
        if !pairs.iter().any(|(known, _)| known == name) {
            pairs.push((name, value.clone()));
        }
    }
    if let Some(domain) = &provider.hosted_domain
        && !pairs.iter().any(|(known, _)| *known == "hd")
    {
        pairs.push(("hd", domain.clone()));
    }
    url.query_pairs_mut().extend_pairs(pairs);
    Ok(url.into())
}

/// What a verifier is bound by (RFC 7636, 4.2).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// Whether an answer is of the issuer that was asked (RFC 9207, 2.4). Where none is named, the document says whether one
/// must be; the paths to which providers answer are each one's own in any case.
pub(super) fn check_issuer(provider: &SocialProvider, place: &Place, said: Option<&str>) -> Result<()> {
    let Some(said) = said else {
        return if place.names_issuer { Err(SocialFault::IssuerMissing.into()) } else { Ok(()) };
    };
    let right = match &provider.issuer {
        Issuer::Exactly(known) => known.iter().any(|one| one == said),
        Issuer::Tenants { pattern, .. } => {
            let (before, after) = pattern.split_once("{tid}").unwrap_or((pattern, ""));
            said.starts_with(before) && said.ends_with(after)
        }
        // Of whom nothing is known, nothing is checked (GitHub names itself).
        Issuer::None => true,
    };
    if right { Ok(()) } else { Err(SocialFault::IssuerMismatch.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn nobody_puts_something_in_the_place_of_ours() {
        let with =
            |name: &str, value: &str| Extras { parameters: vec![(name.into(), value.into())], ..Extras::default() };
        for good in ["prompt", "hd", "ui_locales", "acr_values"] {
            assert!(with(good, "x").check().is_ok(), "{good}");
        }
        for bad in RESERVED.iter().copied().chain(["STATE", "", "a b", "a&b"]) {
            assert!(with(bad, "x").check().is_err(), "{bad}");
        }
        let scoped = |scope: &str| Extras { scopes: vec![scope.into()], ..Extras::default() };
        assert!(scoped("https://www.googleapis.com/auth/calendar").check().is_ok());
        for bad in ["", "a b", "a\"", "ä"] {
            assert!(scoped(bad).check().is_err(), "{bad}");
        }
    }
}
