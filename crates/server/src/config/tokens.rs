//! API keys and session tokens.

use auth_core::settings::{ApiKeySettings, ClaimSource, JwtSettings, SigningAlgorithm};

use super::read::Reader;

/// Keys by which programs show themselves.
pub(super) fn api_keys(r: &mut Reader<'_>, keys: &mut ApiKeySettings) {
    keys.enabled = r.flag("methods.api_key.enabled");
    keys.enable_session = r.flag("methods.api_key.enable_session");
    keys.metadata = r.flag("methods.api_key.metadata");
    keys.require_name = r.flag("methods.api_key.require_name");
    keys.default_expires_in_days = r.number("methods.api_key.default_expires_in_days", 0, 36_500);
    keys.min_expires_in_days = r.number("methods.api_key.min_expires_in_days", 0, 36_500);
    keys.max_expires_in_days = r.number("methods.api_key.max_expires_in_days", 1, 36_500);
    if keys.min_expires_in_days > keys.max_expires_in_days {
        r.fault(
            "methods.api_key.min_expires_in_days",
            "is more than methods.api_key.max_expires_in_days".to_owned(),
            "make it as small or smaller",
        );
    }
    keys.rate_limit_enabled = r.flag("methods.api_key.rate_limit_enabled");
    keys.rate_limit_window = r.number("methods.api_key.rate_limit_window", 1, 31_536_000);
    keys.rate_limit_max = r.number("methods.api_key.rate_limit_max", 1, 1_000_000_000);
}

/// Claims that say what they must, whatever is configured.
pub(super) const CLAIMS: [&str; 8] = ["iss", "aud", "sub", "iat", "exp", "nbf", "jti", "act"];

/// Tokens by which other services know who somebody is.
pub(super) fn session_tokens(r: &mut Reader<'_>, jwt: &mut JwtSettings) {
    jwt.enabled = r.flag("methods.jwt.enabled");
    jwt.set_header = r.flag("methods.jwt.set_header");
    jwt.algorithm = r.choice(
        "methods.jwt.algorithm",
        &[("EdDSA", SigningAlgorithm::EdDsa), ("ES256", SigningAlgorithm::Es256), ("RS256", SigningAlgorithm::Rs256)],
    );
    jwt.issuer = r.optional("methods.jwt.issuer");
    jwt.audience = r.optional("methods.jwt.audience");
    jwt.expires_in = r.number("methods.jwt.expires_in", 30, 86_400);
    jwt.rotation_days = r.number("methods.jwt.rotation_days", 0, 3650);
    jwt.grace_days = r.number("methods.jwt.grace_days", 1, 3650);
    jwt.user_claims = r.flag("methods.jwt.user_claims");
    for said in r.list("methods.jwt.claims") {
        match claim(&said) {
            Some(claim) => jwt.claims.push(claim),
            None => r.fault(
                "methods.jwt.claims",
                format!("{said:?} is no claim, or one that has its own meaning"),
                "write name=user.email, name=session.activeOrganizationId or name='a text'",
            ),
        }
    }
}

/// `name=user.email`, `name=session.id` or `name='a text'`.
fn claim(said: &str) -> Option<(String, ClaimSource)> {
    let (name, source) = said.split_once('=')?;
    let (name, source) = (name.trim(), source.trim());
    if name.is_empty() || CLAIMS.contains(&name) {
        return None;
    }
    let text = source.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let source = match (text, source.split_once('.')) {
        (Some(text), _) => ClaimSource::Constant(text.to_owned()),
        (None, Some(("user", field))) if !field.is_empty() => ClaimSource::User(field.to_owned()),
        (None, Some(("session", field))) if !field.is_empty() && field != "token" => {
            ClaimSource::Session(field.to_owned())
        }
        _ => return None,
    };
    Some((name.to_owned(), source))
}
