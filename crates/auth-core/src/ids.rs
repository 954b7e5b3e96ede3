//! Identifiers: one newtype for each kind of thing, from one list.
//!
//! What Portico makes is a TypeID, `user_01h455vb4pex5vsknk084sn02q`: a prefix and a `UUIDv7` in
//! Crockford's base 32. What it accepts is any `[A-Za-z0-9_-]{1,64}`, because imported databases keep
//! the ids they came with.

use sea_orm::DeriveValueType;
use uuid::{Builder, Uuid};

use crate::clock::{Chance, Timestamp};

/// How many random bytes an identifier is made of.
pub const RANDOM: usize = 10;

/// An identifier that can be made and read.
pub trait Id: Sized {
    /// What stands before the underscore.
    const PREFIX: &'static str;
    /// Wraps text that is known to be an identifier.
    fn from_text(text: String) -> Self;
    /// The identifier as text.
    fn as_str(&self) -> &str;

    /// Makes a new one from the instant and random bytes (RFC 9562, version 7).
    fn generate(now: Timestamp, chance: &dyn Chance) -> Self {
        let mut random = [0; RANDOM];
        chance.fill(&mut random);
        Self::made_of(now, random)
    }

    /// The same of random bytes that were drawn already.
    fn made_of(now: Timestamp, random: [u8; RANDOM]) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or_default();
        let uuid = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let suffix = base32(uuid);
        // Invariant: the letters are ASCII.
        Self::from_text([Self::PREFIX, "_", std::str::from_utf8(&suffix).unwrap_or_default()].concat())
    }

    /// Reads an identifier that somebody sent. `None` if it cannot be one, so that no query is made
    /// for it.
    #[must_use]
    fn parse(text: &str) -> Option<Self> {
        let ok =
            (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        ok.then(|| Self::from_text(text.to_owned()))
    }
}

/// The 26 characters of a TypeID's suffix: 128 bits, most significant first, two zero bits in front.
fn base32(uuid: Uuid) -> [u8; 26] {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = uuid.as_u128();
    std::array::from_fn(|place| ALPHABET[((bits >> ((25 - place) * 5)) & 31) as usize])
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(String);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_text(text: String) -> Self { Self(text) }
            fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }

        impl crate::db::Column for $name {
            fn of(cell: &rusqlite::types::Value) -> Option<Self> { String::of(cell).map(Self) }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self { id.0 }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

ids! {
    /// A person.
    UserId = "user";
    /// One way in of a person.
    AccountId = "acct";
    /// A passkey of a person.
    PasskeyId = "pk";
    /// A session. It names a session without opening it: the token does that.
    SessionId = "sess";
    /// A single-use token that was mailed.
    VerificationId = "ver";
    /// An organization.
    OrgId = "org";
    /// A person's membership of an organization.
    MemberId = "mem";
    /// One role of a member, with where it came from.
    GrantId = "grant";
    /// An invitation to an organization.
    InvitationId = "inv";
    /// A domain of an organization.
    DomainId = "dom";
    /// A directory.
    DirectoryId = "dir";
    /// A credential of a directory (a "SCIM token" in `/v1`).
    CredentialId = "scimt";
    /// What an admin consented to: the tokens that an OAuth 2.0 client got by it.
    OAuthGrantId = "scimog";
    /// A user resource of a directory.
    DirectoryUserId = "scimu";
    /// A group resource of a directory.
    DirectoryGroupId = "scimg";
    /// What is left of a deleted user resource.
    TombstoneId = "tomb";
    /// The proof that access ended.
    ReceiptId = "rcpt";
    /// An event.
    EventId = "evt";
    /// A mail that waits to be sent.
    MailId = "mail";
    /// A secret key of the administration API. It names the key without opening anything.
    SecretKeyId = "key";
    /// An API key of a person or of an organization. It names the key without opening anything.
    ApiKeyId = "apikey";
    /// A signing key of the instance.
    SigningKeyId = "sig";
    /// A rule that gives the members of a directory's group roles.
    RoleRuleId = "rule";
    /// A SCIM request as the log keeps it.
    RequestLogId = "scimr";
    /// Work on many people that goes on beside the requests, and can be resumed.
    JobId = "job";
    /// An address to which events are sent.
    WebhookId = "whe";
    /// One sending of an event to an address.
    DeliveryId = "whd";
    /// A role that was made beside the seeded ones.
    RoleId = "role";
    /// A team of an organization.
    TeamId = "team";
    /// A member's place in a team.
    TeamMemberId = "tmem";
    /// A link by which somebody without an account sets up a directory. It names the link without opening anything.
    SetupLinkId = "setl";
    /// What such a link was exchanged for.
    SetupSessionId = "sets";
    /// A device on which a second factor is not asked for. It names the device without vouching for it.
    TrustedDeviceId = "dev";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_of_a_typeid_is_encoded_alike() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(&base32(uuid), b"01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn foreign_ids_are_taken_and_odd_ones_are_not() {
        assert!(UserId::parse("8K2a1BIIYJfQ4qCyFOsQe4ys1fMTXj5x").is_some());
        for odd in ["", "a b", "a'b", "ä", "a\0", &"x".repeat(65)] {
            assert!(UserId::parse(odd).is_none(), "{odd:?}");
        }
    }
}
