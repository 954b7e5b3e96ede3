//! Checks as text: `checks/*.scim`.
//!
//! A file begins with what holds for all of its checks (`area`, `source`, `profiles`, `needs`; each can be said anew further
//! down), then each check has a line `must|should|vendor ID: TITLE` and, indented by two spaces, its steps. A deeper indented
//! line continues the step before. `#` begins a comment.
//!
//! ```text
//! area rfc7644.3.5.2.patch
//! source RFC 7644 section 3.5.2
//! profiles rfc
//! needs patch
//!
//! must add-single: add sets an attribute that has no value
//!   POST /Users {"userName": "<n>"} => 201
//!   PATCH /Users/<1> [{"op": "add", "path": "title", "value": "x"}] => 200|204
//!   GET /Users/<1> => 200 {"title": "x"}
//! ```
//!
//! - A step is `METHOD PATH [Header: value]… BODY => STATUSES …`. `raw TEXT` sends a body as it stands; a list as the body of
//!   PATCH becomes its operations; a body without `schemas` gets those that belong there.
//! - After the statuses come, as wanted: the type of a SCIM error (`invalidFilter|invalidValue`, or `error` for any), headers
//!   of the answer (`[ETag: W/*]`), a pattern (see [`crate::pattern`]), `only` or `order` and those of the cast whom a list
//!   must hold, in any order or in this one.
//! - `let NAME = /pointer` keeps a text of the last answer; `cast` calls those who act in many checks (see [`cast`]).
//! - `<n>` is a name that nobody has; `<N>` the same in capitals; `<p>` what all names begin with; `<domain>` a domain; `<base>`
//!   the base URL; `<1>` the first resource that the check made, and so on; `<etag>` the last `ETag`.

mod cast;
mod parse;
mod play;

use crate::announced::Feature;
use crate::checks::{Check, Severity};
use crate::profile::Profile;

pub(crate) use cast::Cast;
pub(crate) use play::{percent, play};

/// What is said of a check before its steps.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub id: String,
    pub title: String,
    pub source: String,
    pub severity: Severity,
    pub profiles: Vec<Profile>,
    pub needs: Vec<Feature>,
}

/// One step of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Those who act in many checks are there.
    Cast,
    /// Keeps a text of the last answer.
    Let { name: String, pointer: String },
    /// A request and what it is answered.
    Request(Box<Request>),
}

/// A request and what it is answered, with the names in `<>` not yet filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    pub statuses: String,
    pub error: Option<String>,
    pub answer_headers: Vec<(String, String)>,
    pub pattern: Option<String>,
    pub listed: Option<Listed>,
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Body {
    #[default]
    None,
    /// JSON, completed by what every request of its kind has.
    Json(String),
    /// As it stands.
    Raw(String),
}

/// Which of the cast a list must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub names: Vec<String>,
    pub ordered: bool,
}

const FILES: &[(&str, &str)] = &[
    ("discovery.scim", include_str!("../../checks/discovery.scim")),
    ("http.scim", include_str!("../../checks/http.scim")),
    ("users.scim", include_str!("../../checks/users.scim")),
    ("groups.scim", include_str!("../../checks/groups.scim")),
    ("projection.scim", include_str!("../../checks/projection.scim")),
    ("filters.scim", include_str!("../../checks/filters.scim")),
    ("broken_filters.scim", include_str!("../../checks/broken_filters.scim")),
    ("sorting.scim", include_str!("../../checks/sorting.scim")),
    ("search.scim", include_str!("../../checks/search.scim")),
    ("put.scim", include_str!("../../checks/put.scim")),
    ("patch.scim", include_str!("../../checks/patch.scim")),
    ("patch_errors.scim", include_str!("../../checks/patch_errors.scim")),
    ("delete.scim", include_str!("../../checks/delete.scim")),
    ("etags.scim", include_str!("../../checks/etags.scim")),
    ("bulk.scim", include_str!("../../checks/bulk.scim")),
    ("security.scim", include_str!("../../checks/security.scim")),
    ("breakages.scim", include_str!("../../checks/breakages.scim")),
    ("okta.scim", include_str!("../../checks/okta.scim")),
    ("entra.scim", include_str!("../../checks/entra.scim")),
    ("providers.scim", include_str!("../../checks/providers.scim")),
];

/// The checks of all files. What is wrong with a file, a test tells.
pub(crate) fn checks() -> Vec<Check> {
    let parsed = FILES.iter().flat_map(|(_, text)| parse::file(text).unwrap_or_default());
    parsed.map(|(head, steps)| Check::scripted(head, steps)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_readable() {
        for (name, text) in FILES {
            let checks = parse::file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!checks.is_empty(), "{name}");
            for (head, steps) in checks {
                assert!(steps.iter().any(|step| matches!(step, Step::Request(_))), "{name}: {} does nothing", head.id);
                play::known(&steps).unwrap_or_else(|error| panic!("{name}: {}: {error}", head.id));
            }
        }
    }
}
