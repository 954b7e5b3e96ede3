//! Whose habits are checked: those of the RFCs, or of one identity provider.

use std::fmt;
use std::str::FromStr;

macro_rules! profiles {
    ($($variant:ident $word:literal $name:literal,)*) => {
        /// A set of checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Profile {
            $(#[doc = concat!($name, ".")] $variant,)*
        }

        impl Profile {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its word on the command line and in reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Its name for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

profiles! {
    Rfc "rfc" "RFC 7643, 7644 and 9865",
    Okta "okta" "Okta",
    Entra "entra" "Microsoft Entra ID",
    OneLogin "onelogin" "OneLogin",
    JumpCloud "jumpcloud" "JumpCloud",
    Ping "ping" "Ping",
    Google "google" "Google Workspace",
    Rippling "rippling" "Rippling",
    CyberArk "cyberark" "CyberArk Identity",
    Authentik "authentik" "authentik",
    Rauthy "rauthy" "rauthy",
    Keycloak "keycloak" "Keycloak",
}

/// No profile has that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.as_str()).collect();
        write!(f, "there is no profile {:?}; there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let found = Self::ALL.iter().find(|profile| profile.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
