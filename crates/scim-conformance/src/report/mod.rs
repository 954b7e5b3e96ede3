//! What a run came to, as data and in three forms: for people, for programs, for continuous integration.

mod json;
mod junit;
mod text;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::checks::Severity;

/// A request and its answer. No header is kept, so no credential is in here.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Method and path.
    pub request: String,
    /// What was sent, cut if it was long.
    pub body: Option<String>,
    /// `None` if there was no answer.
    pub status: Option<u16>,
    /// What came, cut if it was long.
    pub answer: String,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server does so.
    Passed,
    /// It does otherwise, and how.
    Failed(String),
    /// It was not looked at, and why.
    Skipped(String),
}

/// One check and what it came to.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Its id, which stays.
    pub id: String,
    /// What is wanted.
    pub title: String,
    /// Who wants it.
    pub source: String,
    /// How much.
    pub severity: Severity,
    /// What it came to.
    pub outcome: Outcome,
    /// How long it took, its cleaning up included.
    pub took: Duration,
    /// What was said; only of checks that failed.
    pub exchanges: Vec<Exchange>,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Against which base URL.
    pub base_url: String,
    /// How long it took.
    pub took: Duration,
    /// With how many requests.
    pub requests: u32,
    /// What could not be deleted again: paths below the base URL.
    pub leftovers: Vec<String>,
    /// The checks, in their order.
    pub checks: Vec<CheckReport>,
}

impl Report {
    /// How many passed, failed, and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(&Outcome) -> bool| self.checks.iter().filter(|check| wanted(&check.outcome)).count();
        (
            count(|outcome| matches!(outcome, Outcome::Passed)),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        )
    }

    /// Whether nothing failed that the standards demand.
    pub fn conforms(&self) -> bool {
        let broken =
            |check: &CheckReport| check.severity == Severity::Must && matches!(check.outcome, Outcome::Failed(_));
        !self.checks.iter().any(broken)
    }

    /// The report in one of its forms, with a line feed at the end.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::render(self),
            Format::Json => json::render(self),
            Format::Junit => junit::render(self),
        }
    }
}

/// A form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// `JUnit` XML, for continuous integration.
    Junit,
}

/// There is no such form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no format {:?}; there are text, json, junit", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            other => Err(UnknownFormat(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
