//! The tokens of Better Auth's directories, which go on being good here.
//!
//! * 1.6: base64url of `token:provider[:organization]`. The token may be known as its SHA-256 alone, so that is what is kept
//!   of all of them, with what it is bound to.
//! * 1.7, managed connections: `ba_scim_credential_<id>.<secret>`, known as an HMAC-SHA-256 under a secret of their own, which
//!   the operator hands on (`directory.better_auth_credential_secret`).
//!
//! What is stored says which of them it is. A token that has one of these forms and is not stored as it is, is looked up once more.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use crate::secret::{self, Secret};

/// How the tokens of managed connections begin.
pub(super) const MANAGED: &str = "ba_scim_credential_";
/// The digests of two generations, as they are stored.
const OF_PROVIDER: &str = "better-auth-1.6:";
const OF_MANAGED: &str = "better-auth-1.7:";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is stored of a token, by what is known of it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Of 1.6: SHA-256 of the token's secret part, and what it is bound to.
    OfProvider {
        /// SHA-256.
        digest: [u8; 32],
        /// The provider.
        provider: String,
        /// The organization, if it is bound to one.
        organization: Option<String>,
    },
    /// Of 1.7: the HMAC-SHA-256 of the whole.
    OfManaged {
        /// HMAC-SHA-256.
        digest: [u8; 32],
    },
}

impl Known {
    pub(super) fn stored(&self) -> String {
        match self {
            Self::OfProvider { digest, provider, organization } => {
                let organization = organization.as_ref().map_or(String::new(), |id| format!(":{id}"));
                of_provider(digest, &format!("{provider}{organization}"))
            }
            Self::OfManaged { digest } => of_managed(digest),
        }
    }
}

fn of_provider(digest: &[u8], bound_to: &str) -> String {
    format!("{OF_PROVIDER}{}", secret::hash(&format!("{}:{bound_to}", hex::encode(digest))))
}

fn of_managed(digest: &[u8]) -> String {
    format!("{OF_MANAGED}{}", hex::encode(digest))
}

/// What is stored of a token that has one of these forms; `None` if it has neither.
pub(super) fn lookup(token: &str, managed: Option<&Secret>) -> Option<String> {
    if token.starts_with(MANAGED) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, managed?.expose().as_bytes());
        return Some(of_managed(hmac::sign(&key, token.as_bytes()).as_ref()));
    }
    let plain = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
    let (token, bound_to) = plain.split_once(':')?;
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    Some(of_provider(digest.as_ref(), bound_to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(text: &str) -> [u8; 32] {
        digest::digest(&digest::SHA256, text.as_bytes()).as_ref().try_into().unwrap()
    }

    #[test]
    fn a_token_of_1_6_is_found_with_what_it_is_bound_to_and_without_it_not() {
        let known = |organization: Option<&str>| Known::OfProvider {
            digest: sha256("abcdefghijklmnopqrstuvwx"),
            provider: "okta".to_owned(),
            organization: organization.map(str::to_owned),
        };
        let bound = lookup("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4Om9rdGE6b3JnMQ==", None).unwrap();
        assert_eq!(bound, known(Some("org1")).stored());
        assert_eq!(lookup("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4Om9rdGE6b3JnMQ", None).unwrap(), bound);
        assert_eq!(lookup("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4Om9rdGE=", None).unwrap(), known(None).stored());
        assert_ne!(known(None).stored(), bound);
    }

    #[test]
    fn a_token_of_1_7_is_found_under_its_own_secret_only() {
        let token = "ba_scim_credential_abc.def";
        let key = Secret::new("bench-hash-secret-bench-hash-secret-00");
        // Made by Node: createHmac("sha256", key).update(token).digest("hex")
        let digest = hex::decode("9f7a6cfd45bd5272911b6d3a6642ffa567c982edb81467410e5e1df2f85f8385").unwrap();
        let known = Known::OfManaged { digest: digest.try_into().unwrap() };
        assert_eq!(lookup(token, Some(&key)).unwrap(), known.stored());
        assert_ne!(lookup(token, Some(&Secret::new("another"))).unwrap(), known.stored());
        assert_eq!(lookup(token, None), None);
    }

    #[test]
    fn other_texts_have_neither_form() {
        for odd in ["", "abc", "static-okta-token-0123456789", "ä", "YWJj"] {
            assert_eq!(lookup(odd, Some(&Secret::new("s"))), None, "{odd}");
        }
    }
}
