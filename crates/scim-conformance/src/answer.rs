//! What came back, and what can be said about it.

use std::fmt;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::pattern;

/// What a check comes to.
pub(crate) type Verdict<T = ()> = Result<T, Stop>;

/// Why a check does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The server did otherwise.
    Failed(String),
    /// It cannot be said.
    Skipped(String),
}

impl Stop {
    pub(crate) fn failed<T>(what: impl Into<String>) -> Verdict<T> {
        Err(Self::Failed(what.into()))
    }

    pub(crate) fn skipped<T>(why: impl Into<String>) -> Verdict<T> {
        Err(Self::Skipped(why.into()))
    }
}

/// Fails a check unless something holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Stop::failed(otherwise()) }
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// `GET /Users/1`, for messages.
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON; `null` if it is none.
    pub json: Value,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was answered {}", self.request, self.status)
    }
}

impl Answer {
    /// A header as text; empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Wants one of some statuses: `"200|204"`, `"2xx"`.
    pub(crate) fn is(&self, statuses: &str) -> Verdict<&Self> {
        let fits = |wanted: &str| match wanted.strip_suffix("xx") {
            Some(class) => (self.status / 100).to_string() == class,
            None => self.status.to_string() == wanted,
        };
        ensure(statuses.split('|').any(fits), || format!("{self}, not {statuses}"))?;
        Ok(self)
    }

    /// Wants the body to be like a pattern: see [`pattern`].
    pub(crate) fn like(&self, wanted: &Value) -> Verdict<&Self> {
        pattern::matches(wanted, &self.json).map_err(|what| Stop::Failed(format!("{self}, but {what}")))?;
        Ok(self)
    }

    /// Wants a SCIM error of this status, of one of these types; `error` among them stands for any.
    pub(crate) fn is_error(&self, types: &str) -> Verdict<&Self> {
        let (json, wanted) = (&self.json, self.status.to_string());
        let schemas = json["schemas"].as_array().is_some_and(|all| all.iter().any(|urn| urn == crate::run::ERROR));
        ensure(schemas, || format!("{self} without the schema of errors"))?;
        ensure(json["status"] == Value::String(wanted.clone()), || {
            format!("{self}, but the body's status is {}, not the text \"{wanted}\"", json["status"])
        })?;
        let kind = json["scimType"].as_str().unwrap_or_default();
        ensure(types.split('|').any(|one| one == "error" || one == kind), || {
            format!("{self} with scimType {kind:?}, not {types}")
        })?;
        Ok(self)
    }

    /// Wants a header to be like a text: `*` is anything, and a `*` at the end stands for the rest.
    pub(crate) fn has_header(&self, name: &str, wanted: &str) -> Verdict<&Self> {
        let is = self.header(name);
        let fits = match wanted.strip_suffix('*') {
            Some(start) => !is.is_empty() && is.starts_with(start),
            None => is == wanted,
        };
        ensure(fits, || format!("{self} with {name}: {is:?}, not {wanted:?}"))?;
        Ok(self)
    }

    /// Wants SCIM's media type.
    pub(crate) fn is_scim(&self) -> Verdict<&Self> {
        let kind = self.header("content-type").split(';').next().unwrap_or_default().trim();
        ensure(kind.eq_ignore_ascii_case("application/scim+json"), || {
            format!("{self} as {kind:?}, not application/scim+json")
        })?;
        Ok(self)
    }

    /// The `Resources` of a list.
    pub(crate) fn resources(&self) -> &[Value] {
        self.json["Resources"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The ids of the `Resources`.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.resources().iter().filter_map(|one| one["id"].as_str()).collect()
    }

    /// The `id` of a resource.
    pub(crate) fn id(&self) -> Verdict<&str> {
        self.json["id"]
            .as_str()
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Stop::Failed(format!("{self} without an id")))
    }
}
