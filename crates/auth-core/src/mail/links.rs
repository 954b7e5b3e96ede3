//! The addresses that letters hold. Tokens are in them and nowhere else.
//!
//! A link opens an endpoint, which sends the browser on: to where the caller said, else to the hosted page of that name.

use url::form_urlencoded;

use crate::ids::{Id as _, InvitationId};
use crate::secret::Secret;
use crate::settings::Settings;

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A hosted page of this instance, as a path from its origin: what a redirect is resolved against.
fn hosted(settings: &Settings, page: &str) -> String {
    let host = settings.public_url.find("://").map_or(0, |at| at + 3);
    let path = settings.public_url[host..].find('/').map_or("", |at| &settings.public_url[host + at..]);
    format!("{path}{page}")
}

pub(crate) fn reset_password(settings: &Settings, token: &Secret, redirect_to: Option<&str>) -> String {
    let back = redirect_to.map_or_else(|| encoded(&hosted(settings, "/reset-password")), encoded);
    format!("{}/api/auth/reset-password/{}?callbackURL={back}", settings.public_url, token.expose())
}

pub(crate) fn verify_email(settings: &Settings, token: &Secret, callback_url: Option<&str>) -> String {
    let back = callback_url.map_or_else(|| encoded(&hosted(settings, "/verify-email")), encoded);
    format!("{}/api/auth/verify-email?token={}&callbackURL={back}", settings.public_url, token.expose())
}

pub(crate) fn delete_account(settings: &Settings, token: &Secret, callback_url: Option<&str>) -> String {
    let back = encoded(callback_url.unwrap_or("/"));
    format!("{}/api/auth/delete-user/callback?token={}&callbackURL={back}", settings.public_url, token.expose())
}

/// Where the browser of who signs in by a link goes on, as the caller asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Destinations<'a> {
    /// In the end.
    pub callback: Option<&'a str>,
    /// If the account was made by the link.
    pub new_user: Option<&'a str>,
    /// If the link is not good.
    pub error: Option<&'a str>,
}

pub(crate) fn magic_link(settings: &Settings, token: &Secret, to: Destinations<'_>) -> String {
    let back = encoded(to.callback.unwrap_or("/"));
    let mut url =
        format!("{}/api/auth/magic-link/verify?token={}&callbackURL={back}", settings.public_url, token.expose());
    for (name, place) in [("newUserCallbackURL", to.new_user), ("errorCallbackURL", to.error)] {
        if let Some(place) = place {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.push_str(&encoded(place));
        }
    }
    url
}

/// Where an invitation is looked at and accepted.
#[must_use]
pub fn invitation(settings: &Settings, id: &InvitationId) -> String {
    format!("{}/invitation/{}", settings.public_url, id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::InstanceSecret;

    #[test]
    fn what_comes_back_is_encoded() {
        let settings = Settings::new("https://id.example/", InstanceSecret::new("s"));
        let url = reset_password(&settings, &Secret::new("abc"), Some("https://app.example/a?b=c&d"));
        assert_eq!(
            url,
            "https://id.example/api/auth/reset-password/abc?callbackURL=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%26d"
        );
    }

    #[test]
    fn without_a_wish_a_hosted_page_is_next() {
        let token = Secret::new("abc");
        let at = |url| Settings::new(url, InstanceSecret::new("s"));
        let url = verify_email(&at("https://id.example"), &token, None);
        assert_eq!(url, "https://id.example/api/auth/verify-email?token=abc&callbackURL=%2Fverify-email");
        let url = reset_password(&at("https://id.example/portal/"), &token, None);
        assert_eq!(url, "https://id.example/portal/api/auth/reset-password/abc?callbackURL=%2Fportal%2Freset-password");
    }
}
