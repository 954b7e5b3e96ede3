//! The addresses that letters hold. Tokens are in them and nowhere else.

use url::form_urlencoded;

use crate::ids::{Id as _, InvitationId};
use crate::secret::Secret;
use crate::settings::Settings;

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(crate) fn reset_password(settings: &Settings, token: &Secret, redirect_to: Option<&str>) -> String {
    let back = encoded(redirect_to.unwrap_or("/"));
    format!("{}/api/auth/reset-password/{}?callbackURL={back}", settings.public_url, token.expose())
}

pub(crate) fn verify_email(settings: &Settings, token: &Secret, callback_url: Option<&str>) -> String {
    let back = encoded(callback_url.unwrap_or("/"));
    format!("{}/api/auth/verify-email?token={}&callbackURL={back}", settings.public_url, token.expose())
}

pub(crate) fn delete_account(settings: &Settings, token: &Secret, callback_url: Option<&str>) -> String {
    let back = encoded(callback_url.unwrap_or("/"));
    format!("{}/api/auth/delete-user/callback?token={}&callbackURL={back}", settings.public_url, token.expose())
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
        assert!(verify_email(&settings, &Secret::new("abc"), None).ends_with("?token=abc&callbackURL=%2F"));
    }
}
