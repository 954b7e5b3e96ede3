//! Passkeys that come from another system: the public key, the authenticator's own id, and how often it has signed.
//!
//! What their authenticators call the person is not known there. It is learned from them and decides about nothing: whose
//! a passkey is says the id by which it is looked up, and that it is theirs says the signature.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use webauthn_rs::prelude as webauthn;

use super::store::{self, Stored};
use super::{MOST, Passkey, check_name};
use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{Scope as _, Tx};
use crate::fault::Result;
use crate::ids::{Id as _, PasskeyId};
use crate::users;

const KIND: &str = "passkey";
/// Longest id that an authenticator may give (W3C Web Authentication, 4, Credential ID).
const CREDENTIAL_ID: usize = 1023;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A passkey as it is there.
#[derive(Clone, Debug, Default)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// What they call it.
    pub name: Option<String>,
    /// The public key (COSE, RFC 9052), in base64.
    pub public_key: String,
    /// The authenticator's id of it, in base64url.
    pub credential_id: String,
    /// How often it has signed, if it counts.
    pub sign_count: i64,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// How the authenticator is reached, separated by commas.
    pub transports: Option<String>,
    /// The kind of authenticator, as a UUID.
    pub aaguid: Option<String>,
    /// Since when.
    pub created_at: Option<Timestamp>,
}

/// Takes a passkey over.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = PasskeyId::parse(&there.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "passkeys", id.as_str()).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    let user = match users::arrived(tx, &there.user_id).await? {
        Ok(user) => user,
        Err(refused) => return Ok(refused),
    };
    if store::list(tx, &user.id).await?.len() >= MOST {
        return Ok(Came::refused("its person has a hundred passkeys here"));
    }
    let Some((credential, key, credential_id)) = credential(&there) else {
        return Ok(Came::refused("its key or its id is none that authenticators make"));
    };
    let passkey = Passkey {
        id,
        user_id: user.id,
        name: there.name.filter(|name| check_name(name).is_ok()),
        credential_id: URL_SAFE_NO_PAD.encode(credential_id),
        public_key: STANDARD.encode(key),
        aaguid: there.aaguid.and_then(|text| uuid::Uuid::parse_str(&text).ok()).unwrap_or_default().to_string(),
        transports: there.transports.filter(|text| is_list(text)),
        sign_count: there.sign_count.clamp(0, i64::from(u32::MAX)),
        backup_eligible: there.backup_eligible,
        backed_up: there.backed_up,
        created_at: there.created_at.unwrap_or(tx.now()),
        last_used_at: None,
    };
    let new = Stored { passkey, user_handle: String::new(), credential: serde_json::to_string(&credential)? };
    if !store::insert(tx, &new).await? {
        return Ok(Came::refused("somebody has this passkey here already"));
    }
    arrivals::note(tx, KIND, new.passkey.id.as_str());
    Ok(Came::whole())
}

fn is_list(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || matches!(b, b'-' | b',');
    (1..=256).contains(&text.len()) && text.bytes().all(word)
}

/// What verifies the passkey, its key, and the authenticator's id.
fn credential(there: &Arriving) -> Option<(webauthn::Passkey, Vec<u8>, Vec<u8>)> {
    let id = URL.decode(&there.credential_id).ok().filter(|id| (1..=CREDENTIAL_ID).contains(&id.len()))?;
    let key = PLAIN.decode(&there.public_key).or_else(|_| URL.decode(&there.public_key)).ok()?;
    let value: serde_cbor_2::Value = serde_cbor_2::from_slice(&key).ok()?;
    let cose = webauthn::COSEKey::try_from(&value).ok()?;
    // What was not kept there is what a registration without attestation and extensions leaves. Whoever shows it is verified
    // at each sign-in, whatever was asked then.
    let plain = serde_json::json!({
        "cred_id": URL_SAFE_NO_PAD.encode(&id),
        "cred": cose,
        "counter": u32::try_from(there.sign_count.max(0)).unwrap_or(u32::MAX),
        "transports": null,
        "user_verified": true,
        "backup_eligible": there.backup_eligible,
        "backup_state": there.backed_up,
        "registration_policy": "required",
        "extensions": {},
        "attestation": { "data": "None", "metadata": "None" },
        "attestation_format": "none",
    });
    let credential: webauthn::Passkey = serde_json::from_value(serde_json::json!({ "cred": plain })).ok()?;
    Some((credential, key, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ES256 key on P-256, as it is kept for Better Auth by `@simplewebauthn/server`.
    const KEY: &str =
        "pQECAyYgASFYIF57Wpj2CR3LL93FFVYZdXH78V8USee/9utlpNvK+bt/Ilggf++a3ez+ERl5cNp7BRrbyYJ+yCrwEuFFeiuR76S+vek=";

    fn there(public_key: &str, credential_id: &str) -> Arriving {
        Arriving { public_key: public_key.into(), credential_id: credential_id.into(), ..Arriving::default() }
    }

    #[test]
    fn a_key_is_read_whatever_base64_it_is_in() {
        let (passkey, key, id) = credential(&there(KEY, "AAECAw")).unwrap();
        assert_eq!((id.as_slice(), key.len()), ([0, 1, 2, 3].as_slice(), 77));
        assert_eq!(passkey.cred_id().as_slice(), [0, 1, 2, 3]);
        let url = KEY.replace('+', "-").replace('/', "_").replace('=', "");
        assert_eq!(credential(&there(&url, "AAECAw==")).unwrap().1, key);
    }

    #[test]
    fn what_is_no_key_is_not_taken() {
        for (key, id) in [("", "AAAA"), ("AAAA", "AAAA"), (KEY, ""), (KEY, "ä"), ("pQECAyYgASE=", "AAAA")] {
            assert!(credential(&there(key, id)).is_none(), "{key} {id}");
        }
    }
}
