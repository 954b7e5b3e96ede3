//! What an admin decides about a directory. Stored as JSON; what is not in it has its default.

use serde_json::{Value as Json, json};

/// The settings of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The role of everybody whom the directory makes a member. Never `owner`.
    pub default_role: String,
    /// Whether roles given by hand return with a reactivation.
    pub restore_roles_on_reactivation: bool,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    pub restore_roles_after_delete: bool,
    /// Whether passwords that the directory sends are kept (hashed) where it is authoritative.
    pub keep_password: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_role: "member".to_owned(),
            restore_roles_on_reactivation: true,
            restore_roles_after_delete: false,
            keep_password: false,
        }
    }
}

impl Settings {
    /// Reads what is stored. Unknown members are those of a newer version and are passed over.
    pub(crate) fn from_stored(text: &str) -> crate::Result<Self> {
        let stored: Json = serde_json::from_str(text)?;
        let default = Self::default();
        let flag = |name: &str, default: bool| stored.get(name).and_then(Json::as_bool).unwrap_or(default);
        Ok(Self {
            default_role: stored
                .get("default_role")
                .and_then(Json::as_str)
                .map_or_else(|| default.default_role.clone(), str::to_owned),
            restore_roles_on_reactivation: flag("restore_roles_on_reactivation", default.restore_roles_on_reactivation),
            restore_roles_after_delete: flag("restore_roles_after_delete", default.restore_roles_after_delete),
            keep_password: flag("keep_password", default.keep_password),
        })
    }

    /// The stored form, which `/v1` shows as it is.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "default_role": self.default_role,
            "restore_roles_on_reactivation": self.restore_roles_on_reactivation,
            "restore_roles_after_delete": self.restore_roles_after_delete,
            "keep_password": self.keep_password,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stored_has_its_default_and_what_is_comes_back() {
        assert_eq!(Settings::from_stored("{}").unwrap(), Settings::default());
        let other = Settings { keep_password: true, default_role: "admin".into(), ..Settings::default() };
        assert_eq!(Settings::from_stored(&other.to_json().to_string()).unwrap(), other);
    }
}
