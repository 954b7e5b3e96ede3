//! Which endpoints may be called how often. The counting is `api_kit::limit`'s.

use api_kit::Settings;
use api_kit::limit::Rule;

/// Guessing and account making.
const FEW: Rule = Rule { window: 10, max: 3 };
/// What sends mail.
const MAILING: Rule = Rule { window: 60, max: 3 };

/// Links to sign in by, asked for and followed.
const LINKS: Rule = Rule { window: 60, max: 5 };

/// Codes that are sent to telephones.
const TELEPHONE: Rule = Rule { window: 60, max: 10 };

/// What writes a row for a stranger: as often as somebody looks at a page to sign in.
const CHALLENGES: Rule = Rule { window: 10, max: 20 };

/// The rule of an endpoint's path.
pub fn rule_of(settings: &Settings, path: &str) -> Rule {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    if matches!(path, "/sign-in/magic-link" | "/magic-link/verify") {
        LINKS
    } else if begins(&["/phone-number/"]) {
        TELEPHONE
    } else if path == "/passkey/generate-authenticate-options" {
        CHALLENGES
    } else if matches!(path, "/sign-in/email-otp" | "/two-factor/send-otp") {
        MAILING
    } else if begins(&["/sign-in", "/sign-up", "/change-password", "/change-email", "/two-factor/"])
        || matches!(
            path,
            "/verify-password" | "/delete-user" | "/device" | "/device/code" | "/device/approve" | "/device/deny"
        )
    {
        FEW
    } else if matches!(path, "/request-password-reset" | "/send-verification-email")
        || begins(&["/forget-password", "/email-otp/"])
    {
        MAILING
    } else {
        Rule { window: settings.rate_limit_window, max: settings.rate_limit_max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_and_mailing_are_rarer_than_the_rest() {
        let settings = Settings::new("http://localhost");
        assert_eq!(rule_of(&settings, "/sign-in/email"), FEW);
        assert_eq!(rule_of(&settings, "/send-verification-email"), MAILING);
        assert_eq!(rule_of(&settings, "/get-session"), Rule { window: 10, max: 100 });
    }
}
