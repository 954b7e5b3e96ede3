//! What an admin decides about a directory. Stored as JSON; what is not in it has its default.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// The settings of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own, and stored as one")]
pub struct Settings {
    /// The role of everybody whom the directory makes a member. Never `owner`.
    pub default_role: String,
    /// Whether roles given by hand return with a reactivation.
    pub restore_roles_on_reactivation: bool,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    pub restore_roles_after_delete: bool,
    /// Whether passwords that the directory sends are kept (hashed) where it is authoritative.
    pub keep_password: bool,
    /// What becomes of somebody who must accept first.
    pub link_policy: LinkPolicy,
    /// What a deletion leaves of the membership.
    pub on_deletion: OnDeletion,
    /// Whether people whom the directory makes are mailed a link by which they set a password.
    pub welcome_mail: bool,
    /// When so many people lose access that somebody should look first.
    pub breaker: BreakerSettings,
    /// For how many days the requests of the directory are kept in its log.
    pub request_log_retention_days: i64,
    /// Which roles the directory's mapping may give. Never `owner`.
    pub mapping_roles: Vec<String>,
    /// Which attributes are the address and the name, in the words of an account: `{"userName": "email"}`.
    pub user_schema: Map<String, Json>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_role: "member".to_owned(),
            restore_roles_on_reactivation: true,
            restore_roles_after_delete: false,
            keep_password: false,
            link_policy: LinkPolicy::Invite,
            on_deletion: OnDeletion::Suspend,
            welcome_mail: false,
            breaker: BreakerSettings::default(),
            request_log_retention_days: 30,
            mapping_roles: vec!["member".to_owned(), "admin".to_owned()],
            user_schema: Map::new(),
        }
    }
}

/// What becomes of a person who has an account already, outside of the domains that the organization holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPolicy {
    /// No mail goes out: the link is pending until an admin invites or adds them.
    Strict,
    /// They are invited, and linked when they accept. The last: whatever else is stored is this.
    #[serde(other)]
    Invite,
}

impl LinkPolicy {
    /// The stored name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Strict => "strict",
        }
    }
}

/// What the deletion of a user resource leaves of the person's membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDeletion {
    /// It is suspended and all of its roles are taken away, also those given by hand. The row stays: it is what
    /// keeps an invitation from bringing the person back.
    RemoveMembership,
    /// It is suspended. The last: whatever else is stored is this.
    #[serde(other)]
    Suspend,
}

impl OnDeletion {
    /// The stored name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::RemoveMembership => "remove_membership",
        }
    }
}

/// The circuit breaker: beyond both limits within the window, nobody else loses access before somebody has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BreakerSettings {
    /// Whether there is one.
    pub enabled: bool,
    /// More people than this.
    pub people: i64,
    /// More than this many of a hundred who are active.
    pub percent: i64,
    /// Within so many seconds.
    pub window_seconds: i64,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { enabled: false, people: 10, percent: 20, window_seconds: 600 }
    }
}

impl BreakerSettings {
    fn to_json(self) -> Json {
        json!({
            "enabled": self.enabled, "people": self.people, "percent": self.percent,
            "window_seconds": self.window_seconds,
        })
    }
}

impl Settings {
    /// Reads what is stored. What is not known, or is of another kind than here, is a newer version's, and passed over.
    pub(crate) fn from_stored(text: &str) -> crate::Result<Self> {
        if let Ok(settings) = serde_json::from_str(text) {
            return Ok(settings);
        }
        let mut stored: Map<String, Json> = serde_json::from_str(text)?;
        stored.retain(|name, value| serde_json::from_value::<Self>(json!({ name: value })).is_ok());
        Ok(serde_json::from_value(stored.into())?)
    }

    /// The stored form, which `/v1` shows as it is.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "default_role": self.default_role,
            "restore_roles_on_reactivation": self.restore_roles_on_reactivation,
            "restore_roles_after_delete": self.restore_roles_after_delete,
            "keep_password": self.keep_password,
            "link_policy": self.link_policy.as_str(),
            "on_deactivation": "suspend",
            "on_deletion": self.on_deletion.as_str(),
            "welcome_mail": self.welcome_mail,
            "breaker": self.breaker.to_json(),
            "request_log_retention_days": self.request_log_retention_days,
            "mapping_roles": self.mapping_roles,
            "user_schema": self.user_schema,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stored_has_its_default_and_what_is_comes_back() {
        let strange = r#"{"breaker": null, "request_log_retention_days": "x", "default_role": "admin"}"#;
        let admins = Settings { default_role: "admin".into(), ..Settings::default() };
        assert_eq!(Settings::from_stored(strange).unwrap(), admins);
        let newer = r#"{"link_policy": "later", "on_deletion": "later", "breaker": {"people": 10, "x": 1}, "y": null}"#;
        assert_eq!(Settings::from_stored(newer).unwrap(), Settings::default());
        assert_eq!(Settings::from_stored("{}").unwrap(), Settings::default());
        let other = Settings {
            keep_password: true,
            default_role: "admin".into(),
            link_policy: LinkPolicy::Strict,
            on_deletion: OnDeletion::RemoveMembership,
            breaker: BreakerSettings { enabled: true, people: 3, ..BreakerSettings::default() },
            request_log_retention_days: 7,
            mapping_roles: vec!["member".into()],
            user_schema: Map::from_iter([("userName".to_owned(), "email".into())]),
            ..Settings::default()
        };
        assert_eq!(Settings::from_stored(&other.to_json().to_string()).unwrap(), other);
    }
}
