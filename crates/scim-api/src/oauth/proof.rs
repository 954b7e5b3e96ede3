//! What shows that a form was sent from a page that we made for this person: a sealed text that names the page, the
//! session, what was asked for, and until when it is good.

use auth_core::clock::Timestamp;
use auth_core::secret::{self, InstanceSecret};

use super::error::OAuthError;

/// How long somebody may look at a page, in seconds.
const PATIENCE: i64 = 900;

/// A page with a form.
#[derive(Clone, Copy, Debug)]
pub enum Page<'a> {
    /// Where one signs in: there is no session yet.
    SignIn,
    /// Where one consents, with the id of one's session.
    Consent(&'a str),
}

impl Page<'_> {
    fn purpose(self) -> &'static str {
        match self {
            Self::SignIn => "scim-oauth-sign-in",
            Self::Consent(_) => "scim-oauth-consent",
        }
    }

    fn holder(&self) -> &str {
        match self {
            Self::SignIn => "",
            Self::Consent(session) => session,
        }
    }

    /// The text that the form carries.
    pub fn seal(self, secret: &InstanceSecret, request: &str, now: Timestamp) -> Result<String, OAuthError> {
        let until = now.plus_seconds(PATIENCE).millis();
        let plain = format!("{until}\n{}\n{}", self.holder(), secret::hash(request));
        Ok(secret.seal(self.purpose(), plain.as_bytes())?)
    }

    /// Whether it is such a text, for this request, and not too old.
    pub fn is_sealed(self, secret: &InstanceSecret, request: &str, now: Timestamp, text: &str) -> bool {
        let Ok(plain) = secret.open(self.purpose(), text) else { return false };
        let Ok(plain) = String::from_utf8(plain) else { return false };
        let mut parts = plain.split('\n');
        let until = parts.next().and_then(|until| until.parse::<i64>().ok());
        until.is_some_and(|until| now.millis() <= until)
            && parts.next() == Some(self.holder())
            && parts.next() == Some(secret::hash(request).as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_good_for_its_page_its_session_and_its_request_for_a_while() {
        let (secret, now) = (InstanceSecret::new("s"), Timestamp(1_000_000));
        let text = Page::Consent("sess_1").seal(&secret, "a=1", now).unwrap();
        let good = |page: Page<'_>, request: &str, at: i64| page.is_sealed(&secret, request, Timestamp(at), &text);
        assert!(good(Page::Consent("sess_1"), "a=1", 1_000_000) && good(Page::Consent("sess_1"), "a=1", 1_900_000));
        assert!(!good(Page::Consent("sess_1"), "a=1", 1_900_001));
        assert!(!good(Page::Consent("sess_2"), "a=1", 1_000_000) && !good(Page::Consent("sess_1"), "a=2", 1_000_000));
        assert!(!good(Page::SignIn, "a=1", 1_000_000) && !good(Page::Consent(""), "a=1", 1_000_000));
        assert!(!Page::SignIn.is_sealed(&secret, "a=1", now, "") && !Page::SignIn.is_sealed(&secret, "", now, "x"));
    }
}
