//! Where the server is, and what opens it.

use std::fmt;

use reqwest::{RequestBuilder, Url};

/// What is sent as `Authorization`. It is in no report.
#[derive(Clone)]
pub enum Credential {
    /// A bearer token.
    Bearer(String),
    /// A name and a password.
    Basic {
        /// The name, or a client's id.
        user: String,
        /// The password, or a client's secret.
        password: String,
    },
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer",
            Self::Basic { .. } => "Basic",
        })
    }
}

impl Credential {
    pub(crate) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Bearer(token) => request.bearer_auth(token),
            Self::Basic { user, password } => request.basic_auth(user, Some(password)),
        }
    }

    /// What must never be shown.
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Bearer(secret) | Self::Basic { password: secret, .. } => secret,
        }
    }
}

/// A server to look at.
#[derive(Clone, Debug)]
pub struct Target {
    base_url: String,
    pub(crate) credential: Credential,
}

/// Why a text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTarget(String);

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadTarget {}

impl Target {
    /// A server whose resources are below `base_url`, as in `https://host/scim/v2`.
    ///
    /// # Errors
    /// If it is no URL of `http` or `https`, or holds a user, a query or a fragment.
    pub fn new(base_url: &str, credential: Credential) -> Result<Self, BadTarget> {
        let url = Url::parse(base_url).map_err(|error| BadTarget(format!("{base_url:?} is no URL: {error}")))?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !plain || url.query().is_some() || url.fragment().is_some() {
            let detail = "must be http or https, without user, query or fragment";
            return Err(BadTarget(format!("the base URL {detail}")));
        }
        Ok(Self { base_url: base_url.trim_end_matches('/').to_owned(), credential })
    }

    /// Below which the resources are; without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_plain_http_url() {
        let bearer = || Credential::Bearer("secret".to_owned());
        let target = Target::new("https://host.example/scim/v2/", bearer()).unwrap();
        assert_eq!(target.base_url(), "https://host.example/scim/v2");
        assert!(!format!("{target:?}").contains("secret"));
        for bad in ["host/scim", "ftp://host/", "https://a:b@host/", "https://host/?x=1", "https://host/#f"] {
            assert!(Target::new(bad, bearer()).is_err(), "{bad}");
        }
    }
}
