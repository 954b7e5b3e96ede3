//! What the server says that it can do. What it does not announce is not held against it.

use serde_json::Value;

/// A part of the protocol that a server may leave out if it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Patch,
    Bulk,
    Filter,
    Sort,
    Etag,
    Cursor,
    Groups,
    Enterprise,
    Search,
}

impl Feature {
    pub(crate) const ALL: &[(&str, Self)] = &[
        ("patch", Self::Patch),
        ("bulk", Self::Bulk),
        ("filter", Self::Filter),
        ("sort", Self::Sort),
        ("etag", Self::Etag),
        ("cursor", Self::Cursor),
        ("groups", Self::Groups),
        ("enterprise", Self::Enterprise),
        ("search", Self::Search),
    ];

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, feature)| *feature)
    }

    /// Why a check that needs it was skipped.
    pub(crate) const fn absent(self) -> &'static str {
        match self {
            Self::Patch => "the server announces no PATCH",
            Self::Bulk => "the server announces no bulk requests",
            Self::Filter => "the server announces no filters",
            Self::Sort => "the server announces no sorting",
            Self::Etag => "the server announces no entity tags",
            Self::Cursor => "the server announces no cursors",
            Self::Groups => "the server announces no groups",
            Self::Enterprise => "the server announces no enterprise users",
            Self::Search => "the server has no /.search (404, 405 or 501)",
        }
    }
}

/// The announcements, as they were answered. What could not be read is `null`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Announced {
    /// `/ServiceProviderConfig`.
    pub config: Value,
    /// The `Resources` of `/ResourceTypes`.
    pub types: Vec<Value>,
    /// Whether `/.search` is there.
    pub search: bool,
}

impl Announced {
    /// Whether it is announced. A server that announces nothing is taken to have what identity providers cannot do without.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        let silent = self.config.is_null();
        let supported = |name: &str| self.config[name]["supported"].as_bool();
        match feature {
            Feature::Patch => supported("patch").unwrap_or(silent),
            Feature::Filter => supported("filter").unwrap_or(silent),
            Feature::Bulk => supported("bulk").unwrap_or(false),
            Feature::Sort => supported("sort").unwrap_or(false),
            Feature::Etag => supported("etag").unwrap_or(false),
            Feature::Cursor => self.config["pagination"]["cursor"].as_bool().unwrap_or(false),
            Feature::Groups => self.types.is_empty() || self.types.iter().any(|kind| kind["endpoint"] == "/Groups"),
            Feature::Enterprise => {
                let user = self.types.iter().find(|kind| kind["endpoint"] == "/Users");
                let extensions = user.and_then(|kind| kind["schemaExtensions"].as_array());
                extensions.is_some_and(|list| list.iter().any(|one| one["schema"] == crate::run::ENTERPRISE))
            }
            Feature::Search => self.search,
        }
    }

    /// A number of the configuration, as in `number("/bulk/maxOperations")`.
    pub(crate) fn number(&self, pointer: &str) -> Option<u64> {
        self.config.pointer(pointer)?.as_u64()
    }
}
