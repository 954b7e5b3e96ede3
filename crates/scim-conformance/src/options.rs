//! What of the checks is run, and how much of them at most.

use std::time::Duration;

use crate::profile::Profile;

/// What is wanted of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names all that is made: letters and digits, another text for each run against a server.
    pub run: String,
    /// Whose checks; none means all of them.
    pub profiles: Vec<Profile>,
    /// Only checks whose id begins with one of these; none means all of them.
    pub only: Vec<String>,
    /// How much may be done.
    pub limits: Limits,
}

impl Options {
    /// All checks, with the usual limits, in a run of this name.
    pub fn new(run: impl Into<String>) -> Self {
        Self { run: run.into(), profiles: Vec::new(), only: Vec::new(), limits: Limits::default() }
    }
}

/// How much may be done. What is still to be deleted beyond them is deleted, within [`Limits::cleanup`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the checks may take. Those that were not begun by then are skipped.
    pub time: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long may be waited at once because the server said so (429 and `Retry-After`).
    pub wait: Duration,
    /// How many requests.
    pub requests: u32,
    /// How long what remains may be deleted after all that.
    pub cleanup: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_mins(10),
            answer: Duration::from_secs(30),
            wait: Duration::from_mins(1),
            requests: 10_000,
            cleanup: Duration::from_mins(1),
        }
    }
}
