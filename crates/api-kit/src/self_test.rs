//! How an instance is tried as an identity provider would try it. Who composes the instance knows how; who serves `/v1` asks.

use std::pin::Pin;

use serde_json::Value;

/// What a test comes to: a report, or why there is none.
pub type Outcome = Pin<Box<dyn Future<Output = Result<Value, String>>>>;

/// Runs checks against this instance itself, over HTTP.
pub trait SelfTest: Send + Sync {
    /// Checks SCIM with this token of a directory that provisions nobody. It ends within a minute, and deletes what it made.
    fn run(&self, token: &str) -> Outcome;
}

/// The self-test of an instance, as it is shared with those who serve it.
pub struct SelfTests(pub Box<dyn SelfTest>);
