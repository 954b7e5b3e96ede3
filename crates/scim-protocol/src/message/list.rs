//! Lists (RFC 7644 section 3.4.2).

use serde_json::{Value, json};

use super::LIST_RESPONSE;

/// A page of resources.
#[derive(Clone, Debug, PartialEq)]
pub struct ListResponse {
    /// How many there are on all pages.
    pub total_results: usize,
    /// The place of the first one, counted from 1; absent on pages that a cursor leads to.
    pub start_index: Option<usize>,
    /// What leads to the next page, if there is one (RFC 9865).
    pub next_cursor: Option<String>,
    /// What leads to the page before, if there is one.
    pub previous_cursor: Option<String>,
    /// Those of this page.
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// The answer's body. Counts are numbers: clients fail over text.
    pub fn into_json(self) -> Value {
        let mut body = json!({ "schemas": [LIST_RESPONSE], "totalResults": self.total_results });
        if let Some(start_index) = self.start_index {
            body["startIndex"] = start_index.into();
        }
        body["itemsPerPage"] = self.resources.len().into();
        if let Some(cursor) = self.next_cursor {
            body["nextCursor"] = cursor.into();
        }
        if let Some(cursor) = self.previous_cursor {
            body["previousCursor"] = cursor.into();
        }
        // Moved in: `json!` would copy each resource.
        body["Resources"] = Value::Array(self.resources);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> ListResponse {
        ListResponse {
            total_results: 3,
            start_index: Some(2),
            next_cursor: None,
            previous_cursor: None,
            resources: vec![json!({"id": "a"})],
        }
    }

    #[test]
    fn a_page_by_index_counts_in_numbers() {
        let wanted = json!({
            "schemas": [LIST_RESPONSE], "totalResults": 3, "startIndex": 2, "itemsPerPage": 1, "Resources": [{"id": "a"}],
        });
        assert_eq!(page().into_json(), wanted);
        let empty =
            ListResponse { total_results: 0, start_index: Some(1), resources: Vec::new(), ..page() }.into_json();
        assert_eq!((&empty["Resources"], &empty["itemsPerPage"]), (&json!([]), &json!(0)));
    }

    #[test]
    fn a_page_by_cursor_has_no_index_and_the_last_one_leads_nowhere() {
        let next = ListResponse { start_index: None, next_cursor: Some("n".to_owned()), ..page() }.into_json();
        assert_eq!(
            next,
            json!({"schemas": [LIST_RESPONSE], "totalResults": 3, "itemsPerPage": 1, "nextCursor": "n", "Resources": [{"id": "a"}]})
        );
        let last = ListResponse { start_index: None, previous_cursor: Some("p".to_owned()), ..page() }.into_json();
        assert_eq!((last.get("nextCursor"), &last["previousCursor"]), (None, &json!("p")));
    }
}
