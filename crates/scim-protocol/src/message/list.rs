//! Lists (RFC 7644 section 3.4.2).

use serde_json::{Value, json};

use super::LIST_RESPONSE;

/// A page of resources.
#[derive(Clone, Debug, PartialEq)]
pub struct ListResponse {
    /// How many there are on all pages.
    pub total_results: usize,
    /// The place of the first one, counted from 1.
    pub start_index: usize,
    /// Those of this page.
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// The answer's body. Counts are numbers: clients fail over text.
    pub fn into_json(self) -> Value {
        let mut body = json!({
            "schemas": [LIST_RESPONSE],
            "totalResults": self.total_results,
            "startIndex": self.start_index,
            "itemsPerPage": self.resources.len(),
        });
        // Moved in: `json!` would copy each resource.
        body["Resources"] = Value::Array(self.resources);
        body
    }
}
