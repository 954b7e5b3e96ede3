//! What callers send: bodies and queries, read strictly, with the messages that Better Auth's schemas
//! give (zod 4).

pub mod additional;
mod body;
pub mod choice;
mod fields;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use api_kit::percent;
use serde_json::{Map, Value};

pub use body::{Body, JsonBody, JsonOrForm};
pub use fields::Input;

use crate::error::{ApiError, Result};

/// Pairs as an object: repeated keys become arrays.
fn object_of(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (key, value) in pairs {
        let value = Value::String(value);
        match fields.get_mut(&key) {
            None => {
                fields.insert(key, value);
            }
            Some(Value::Array(all)) => all.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields
}

/// The query of a request.
pub struct Query(Map<String, Value>);

impl Query {
    /// Reads the query. Broken escapes, broken UTF-8 and NUL are refused.
    pub fn of(req: &HttpRequest) -> Result<Self> {
        let pairs = percent::pairs(req.query_string())
            .ok_or_else(|| ApiError::validation("[query] Invalid input: expected percent-encoded UTF-8 text"))?;
        Ok(Self(object_of(pairs)))
    }

    /// Its fields, to be read.
    #[must_use]
    pub fn input(self) -> Input {
        Input::new("query", self.0)
    }
}

impl FromRequest for Query {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(req))
    }
}

/// `Invalid input: expected string, received undefined`.
pub(crate) fn expected(wanted: &str, received: Option<&Value>) -> String {
    let received = match received {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    format!("Invalid input: expected {wanted}, received {received}")
}
