//! OAuth 2.0 for directories (RFC 6749): short-lived tokens instead of a secret that lies in another
//! system's settings.
//!
//! A client is a [credential](super::credentials) of the kind `oauth2`. It fetches access tokens for
//! itself ([`client_credentials`]), or an admin consents in a browser and the client exchanges the code
//! for a pair of tokens ([`begin_authorization`], [`grant_authorization`], [`exchange_code`],
//! [`refresh`]). What the access tokens open is looked at by
//! [`authenticate`](super::credentials::authenticate), on every request.
//!
//! # The rules
//!
//! * **A client proves itself** with its secret (either one while a rotation is under way), or, if it
//!   registered keys, with an assertion (`private_key_jwt`, RFC 7523): signed with RS256, ES256 or `EdDSA` by
//!   a key of that kind, issued by and about the client, for this server, good for five minutes at most,
//!   and used once: a unique row remembers it. Every client has one of the two, so one that names itself
//!   only ([`ClientProof::None`]) is refused wherever tokens are given or ended. Unknown, revoked, expired
//!   and wrong are one answer.
//! * **Consent** takes a person with a session who may manage the directory (`org:sys_provisioning:manage`
//!   of its organization, or a platform admin). Who it was is kept with the grant. What they consented
//!   to is the directory's: it goes on if they lose the permission, leave, or are erased, as a bearer token
//!   that they had issued would. Revoking the credential, or the token, ends it.
//! * **Codes** live for a minute and are spent by one conditional statement that looks at client, address
//!   and PKCE verifier at once. A code that comes again ends the tokens that were made of it (RFC 6749,
//!   section 4.1.2): of two who bring it at once one gets tokens, and both are without them afterwards.
//! * **PKCE** (RFC 7636, `S256` only) is checked whenever a challenge was given, a verifier without a
//!   challenge is refused, and it is required of clients without a secret.
//! * **Refresh tokens** are good once: each use gives another. A used one that comes again ends the grant
//!   with all its tokens, whoever brought it first (RFC 9700, section 4.14.2): of two who refresh at once
//!   one gets tokens, and the grant has ended.
//! * **Scopes** only narrow: those of a token are among those of its grant, which are among those of the
//!   client; and at use the client's present ones count.
//! * **Revoking** (RFC 7009) a refresh token ends its grant; an access token, itself alone. A token of another
//!   client is left alone, with the answer of one that never was.
//! * **Nothing outlives its client**: an access token of a credential that is revoked, expired, or of a
//!   directory that is gone is refused by the next request.

mod assertion;
mod authorization;
mod consents;
pub(super) mod keys;
mod proof;
mod tokens;

use crate::AuthCore;
use crate::fault::{Error, Fault as _, Result};
use crate::features::directory::credentials::{self, CredentialScope};
use crate::secret::Secret;

pub use authorization::{AuthorizationRequest, Consent, begin_authorization, grant_authorization};
pub(super) use consents::end_of;
pub use proof::ClientProof;
pub use tokens::{client_credentials, exchange_code, refresh, revoke_token};

/// What stands before the underscore of an access token.
pub(super) const ACCESS_PREFIX: &str = "scimat";
/// The same of a refresh token.
pub(super) const REFRESH_PREFIX: &str = "scimrt";
/// The same of an authorization code.
pub(super) const CODE_PREFIX: &str = "scimac";
/// The stored name of an access token.
pub(super) const ACCESS: &str = "access";
/// The stored name of a refresh token.
const REFRESH: &str = "refresh";

/// How long a code lives, in seconds.
const CODE_EXPIRES_IN: i64 = 60;
/// How long a code is remembered after that, so that one that comes again is known.
const CODE_REMEMBERED: i64 = 86_400;

crate::faults! {
    /// What can go wrong with OAuth 2.0. The codes are the words of RFC 6749.
    pub enum OAuthFault {
        /// Something is missing, or is no such thing.
        InvalidRequest(&'static str) => Invalid, "invalid_request", "The request is not valid: {0}";
        /// A client that nobody knows, or that could not prove that it is one.
        InvalidClient => Unauthenticated, "invalid_client", "Client authentication failed";
        /// Where to send the answer is not what the client registered. The person must not be sent there.
        InvalidRedirectUri => Invalid, "invalid_request", "The redirect URI is not one of the client's", field "redirect_uri";
        /// A code or refresh token that is not good, whatever is wrong with it.
        InvalidGrant => Invalid, "invalid_grant", "The code or token is invalid, has expired, was used, or is another client's";
        /// The client may not use this way.
        UnauthorizedClient => Invalid, "unauthorized_client", "The client may not use this grant type";
        /// No such way to a token.
        UnsupportedGrantType => Invalid, "unsupported_grant_type", "The grant type is not supported";
        /// No such way to an authorization.
        UnsupportedResponseType => Invalid, "unsupported_response_type", "The response type is not supported";
        /// More than the client, or the grant, has.
        InvalidScope => Invalid, "invalid_scope", "The scope is unknown, or exceeds what the client may have";
        /// The person may not consent.
        AccessDenied => Forbidden, "access_denied", "You are not allowed to connect this directory";
        /// Nobody is signed in who could consent.
        LoginRequired => Unauthenticated, "login_required", "Sign in to continue";
    }
}

/// Whether the person's browser may be sent back to the client with this failure. Not if it is uncertain
/// who the client is: then it would be sent wherever a stranger likes.
#[must_use]
pub fn may_redirect(error: &Error) -> bool {
    let stays = error.is(&OAuthFault::InvalidClient) || error.field() == OAuthFault::InvalidRedirectUri.field();
    !stays && !error.is(&OAuthFault::LoginRequired) && OAuthFault::CODES.contains(&(error.kind(), error.code()))
}

/// Tokens that were just made.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    /// What opens the directory: here and never again.
    pub access_token: Secret,
    /// For how many seconds.
    pub expires_in: i64,
    /// What gets the next pair, where an admin has consented.
    pub refresh_token: Option<Secret>,
    /// What the access token may be used for.
    pub scopes: Vec<CredentialScope>,
}

impl TokenAnswer {
    /// The scopes as RFC 6749 writes them.
    #[must_use]
    pub fn scope(&self) -> String {
        credentials::scopes_text(&self.scopes)
    }
}

/// The scopes that somebody asks for, out of those that they may have: all if they name none.
fn narrowed(asked: Option<&str>, may: &[CredentialScope]) -> Result<Vec<CredentialScope>> {
    let words: Vec<&str> = asked.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Ok(may.to_vec());
    }
    let wanted = words.iter().map(|word| CredentialScope::parse(word)).collect::<Option<Vec<_>>>();
    match wanted {
        Some(wanted) if wanted.iter().all(|scope| may.contains(scope)) => {
            Ok(may.iter().copied().filter(|scope| wanted.contains(scope)).collect())
        }
        _ => Err(OAuthFault::InvalidScope.into()),
    }
}

/// Removes what has expired: tokens, grants, codes, and what is known of assertions. Records no event: it was
/// good for nothing.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    let mut gone = 0;
    for (table, key, remembered) in [
        ("directory_oauth_tokens", "token_hash", 0),
        ("directory_oauth_grants", "id", 0),
        ("directory_oauth_codes", "code_hash", CODE_REMEMBERED),
        ("directory_oauth_assertions", "credential_id, jti_hash", 0),
    ] {
        gone += core.forget_expired(table, key, "expires_at", remembered).await?;
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use CredentialScope::{GroupsRead, UsersRead, UsersWrite};

    #[test]
    fn scopes_only_narrow() {
        let may = [UsersRead, UsersWrite];
        assert_eq!(narrowed(None, &may).unwrap(), may);
        assert_eq!(narrowed(Some("  "), &may).unwrap(), may);
        assert_eq!(narrowed(Some("users:write users:write"), &may).unwrap(), [UsersWrite]);
        for more in ["groups:read", "users:read groups:read", "everything", "users:read\tusers:write"] {
            assert!(narrowed(Some(more), &may).unwrap_err().is(&OAuthFault::InvalidScope), "{more}");
        }
        assert!(narrowed(Some("groups:read"), &[GroupsRead]).is_ok());
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_the_client_did_not_name() {
        for stays in [OAuthFault::InvalidClient, OAuthFault::InvalidRedirectUri, OAuthFault::LoginRequired] {
            assert!(!may_redirect(&stays.into()));
        }
        for goes in [OAuthFault::InvalidScope, OAuthFault::AccessDenied, OAuthFault::InvalidRequest("x")] {
            assert!(may_redirect(&goes.into()));
        }
        assert!(!may_redirect(&Error::internal("x")));
    }
}
