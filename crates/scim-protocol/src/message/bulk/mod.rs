//! Bulk operations (RFC 7644 section 3.7): reading the request and wording the answer. The order in which
//! operations are done is in `plan`, the references from one to another in `references`.

mod plan;
mod references;
mod split;

use serde_json::{Value, json};

use self::references::PREFIX;
use super::{BULK_REQUEST, BULK_RESPONSE};
use crate::path::shorten;
use crate::{Resource, Result, ScimError};

pub use plan::{Step, plan};
pub use references::{resolve, resolve_path};
pub use split::{Split, split};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Delete.
    Delete,
}

impl BulkMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word))
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What it does.
    pub method: BulkMethod,
    /// How others refer to what a POST creates. Every POST has one; with other methods it is only
    /// repeated in the answer.
    pub bulk_id: Option<String>,
    /// Of what, relative to the base: `/Users`, `/Users/ID`, `/Users/bulkId:x`.
    pub path: String,
    /// The version that must be the present one, as in `If-Match`.
    pub version: Option<String>,
    /// The body, an object. DELETE has none.
    pub data: Option<Value>,
}

/// An operation that is malformed, with what the answer repeats of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedOperation {
    /// The method as it was sent, if it was text.
    pub method: Option<String>,
    /// The bulkId, if there was one.
    pub bulk_id: Option<String>,
    /// Why.
    pub error: ScimError,
}

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// After how many errors the rest is left undone; at least 1. Zero, which accepts no error, is read
    /// as 1.
    pub fail_on_errors: Option<usize>,
    /// The operations in the order of the request.
    pub operations: Vec<Result<BulkOperation, RefusedOperation>>,
}

impl BulkRequest {
    /// Reads the request. Names match whatever their letter case. A malformed operation is refused by
    /// itself.
    ///
    /// # Errors
    /// `invalidSyntax` if the envelope is malformed; 413 if there are too many operations.
    pub fn parse(body: Value, max_operations: usize) -> Result<Self> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("the body must be a JSON object"));
        };
        let (mut fail_on_errors, mut operations) = (None, None);
        for (key, value) in body {
            if key.eq_ignore_ascii_case("schemas") {
                check_schemas(&value)?;
            } else if key.eq_ignore_ascii_case("failOnErrors") {
                fail_on_errors = errors(&value)?;
            } else if key.eq_ignore_ascii_case("Operations") {
                operations = Some(value);
            }
        }
        let Some(Value::Array(operations)) = operations else {
            return Err(ScimError::invalid_syntax("Operations must be a list"));
        };
        if operations.is_empty() {
            return Err(ScimError::invalid_syntax("Operations is empty"));
        }
        if operations.len() > max_operations {
            let detail = format!("a bulk request may have {max_operations} operations at most");
            return Err(ScimError::new(413, detail));
        }
        Ok(Self { fail_on_errors, operations: operations.into_iter().map(Parts::read).collect() })
    }
}

/// The URN of the message must be among the schemas, if they are there at all.
fn check_schemas(schemas: &Value) -> Result<()> {
    let is_bulk = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(BULK_REQUEST));
    if schemas.is_null() || schemas.as_array().is_some_and(|urns| urns.iter().any(is_bulk)) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!("schemas must name {BULK_REQUEST}")))
}

fn errors(value: &Value) -> Result<Option<usize>> {
    match value {
        Value::Null => Ok(None),
        other => match other.as_u64() {
            Some(number) => Ok(Some(usize::try_from(number).unwrap_or(usize::MAX).max(1))),
            None => Err(ScimError::invalid_syntax("failOnErrors must be a whole number and not negative")),
        },
    }
}

/// The members of an operation as they were sent.
#[derive(Default)]
struct Parts {
    method: Value,
    bulk_id: Value,
    path: Value,
    version: Value,
    data: Value,
}

impl Parts {
    fn read(value: Value) -> Result<BulkOperation, RefusedOperation> {
        let mut parts = Self::default();
        let Value::Object(object) = value else {
            return Err(parts.refused(ScimError::invalid_syntax("an operation must be an object")));
        };
        for (key, value) in object {
            let place = match key.to_ascii_lowercase().as_str() {
                "method" => &mut parts.method,
                "bulkid" => &mut parts.bulk_id,
                "path" => &mut parts.path,
                "version" => &mut parts.version,
                "data" => &mut parts.data,
                _ => continue,
            };
            *place = value;
        }
        match parts.checked() {
            Ok(operation) => Ok(operation),
            Err(error) => Err(parts.refused(error)),
        }
    }

    fn refused(&self, error: ScimError) -> RefusedOperation {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        RefusedOperation { method: text(&self.method), bulk_id: text(&self.bulk_id), error }
    }

    /// The operation. What it takes is gone from the parts only if nothing is wrong.
    fn checked(&mut self) -> Result<BulkOperation> {
        let method = match &self.method {
            Value::Null => return Err(ScimError::invalid_value("method is required")),
            Value::String(word) => BulkMethod::parse(word).ok_or_else(|| {
                ScimError::invalid_value(format!("\"{}\" is not POST, PUT, PATCH or DELETE", shorten(word)))
            })?,
            _ => return Err(ScimError::invalid_value("method must be text")),
        };
        let bulk_id = optional("bulkId", &self.bulk_id)?;
        if method == BulkMethod::Post && bulk_id.is_none() {
            return Err(ScimError::invalid_value("a POST needs a bulkId"));
        }
        let path = optional("path", &self.path)?.ok_or_else(|| ScimError::invalid_value("path is required"))?;
        let version = optional("version", &self.version)?;
        let data = match (method, &mut self.data) {
            (BulkMethod::Delete, _) => None,
            (_, data @ Value::Object(_)) => Some(data.take()),
            (_, Value::Null) => return Err(ScimError::invalid_value(format!("{} needs data", method.as_str()))),
            _ => return Err(ScimError::invalid_syntax("data must be an object")),
        };
        Ok(BulkOperation { method, bulk_id, path, version, data })
    }
}

/// Text; `null`, absence and empty text are none.
fn optional(name: &str, value: &Value) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok((!text.is_empty()).then(|| text.clone())),
        _ => Err(ScimError::invalid_value(format!("{name} must be text"))),
    }
}

fn unknown(bulk_id: &str) -> ScimError {
    ScimError::invalid_value(format!("{PREFIX}{} is no resource that this request has created", shorten(bulk_id)))
}

/// What became of one operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkOutcome {
    /// The address of the resource; absent if a POST failed.
    pub location: Option<String>,
    /// The method as it is repeated.
    pub method: Option<String>,
    /// The bulkId as it is repeated.
    pub bulk_id: Option<String>,
    /// The version that the resource has now.
    pub version: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The body: always that of an error, else as the service likes.
    pub response: Option<Value>,
}

impl BulkOutcome {
    /// The outcome on the wire. `status` is text, as that of an error is.
    pub fn into_json(self) -> Value {
        let texts = [
            ("location", self.location),
            ("method", self.method),
            ("bulkId", self.bulk_id),
            ("version", self.version),
            ("status", Some(self.status.to_string())),
        ];
        let mut json: Resource =
            texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))).collect();
        if let Some(response) = self.response {
            json.insert("response".to_owned(), response);
        }
        Value::Object(json)
    }
}

/// The answer to a bulk request.
pub fn response(outcomes: Vec<BulkOutcome>) -> Value {
    let mut body = json!({ "schemas": [BULK_RESPONSE] });
    // Moved in: `json!` would copy each resource.
    body["Operations"] = outcomes.into_iter().map(BulkOutcome::into_json).collect();
    body
}

#[cfg(test)]
mod tests;
