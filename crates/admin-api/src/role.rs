//! How `/v1` writes roles: `org:admin` for what the core calls `admin`.

use auth_core::roles;

const PREFIX: &str = "org:";

/// A role of the core, as `/v1` shows it.
pub fn show(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// A role as `/v1` writes it, in the words of the core; `None` if there is no such role.
pub fn parse(text: &str) -> Option<String> {
    text.strip_prefix(PREFIX).filter(|key| roles::is_known(key)).map(str::to_owned)
}

/// All roles that there are, highest first.
pub fn known() -> Vec<String> {
    roles::SYSTEM.iter().map(|role| show(role.key)).collect()
}

/// What people read.
pub fn name(key: &str) -> String {
    roles::find(key).map_or_else(|| key.to_owned(), |role| role.name.to_owned())
}
