//! How `/v1` writes roles: `org:admin` for what the core calls `admin`.

use auth_core::roles;

const PREFIX: &str = "org:";

/// What a text must be to name a role, for people.
pub const SHAPE: &str = "Must be org: and a word in small letters, such as org:member";

/// A role of the core, as `/v1` shows it.
pub fn show(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// A role as `/v1` writes it, in the words of the core; `None` if it cannot be one. Whether there is such a role, the core
/// knows.
pub fn parse(text: &str) -> Option<String> {
    text.strip_prefix(PREFIX).filter(|key| roles::is_key(key)).map(str::to_owned)
}
