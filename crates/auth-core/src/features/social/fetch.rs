//! The port by which providers are asked: whoever stands behind it guards which addresses are called.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value as Json;

/// What is asked of a provider. It holds secrets, and shows none of itself.
pub struct Question {
    /// Where.
    pub url: String,
    /// Headers besides those of the client itself.
    pub headers: Vec<(&'static str, String)>,
    /// The form that is posted; without one the address is only read.
    pub form: Option<String>,
}

/// What was answered.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body; longer ones than [`LONGEST`] are no answer.
    pub body: Vec<u8>,
}

/// The most bytes of an answer: documents, keys and people are shorter.
pub const LONGEST: usize = 256 * 1024;

/// What comes of asking, later: an answer, or in a few words why there is none.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Reply, String>> + 'a>>;

/// A way to ask. It follows no redirect and takes less than half a minute.
pub trait Fetch: Send + Sync {
    /// Asks.
    fn fetch<'a>(&'a self, question: &'a Question) -> Fetching<'a>;
}

/// Nobody can be asked: for an instance that is not served.
pub struct Nobody;

impl Fetch for Nobody {
    fn fetch<'a>(&'a self, _: &'a Question) -> Fetching<'a> {
        Box::pin(async { Err("this instance calls nobody".to_owned()) })
    }
}

impl Question {
    /// Reads JSON.
    pub(super) fn get(url: &str) -> Self {
        Self { url: url.to_owned(), headers: vec![("accept", "application/json".to_owned())], form: None }
    }

    /// Reads JSON in the name of somebody.
    pub(super) fn get_as(url: &str, access_token: &str) -> Self {
        let mut this = Self::get(url);
        this.headers.push(("authorization", format!("Bearer {access_token}")));
        this
    }
}

impl Reply {
    /// The JSON of a success.
    pub(super) fn json(&self) -> Option<Json> {
        if self.status == 200 { serde_json::from_slice(&self.body).ok() } else { None }
    }
}
