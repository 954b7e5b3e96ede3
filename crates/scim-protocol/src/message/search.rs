//! What a list request asks for, from the query of a GET or from a `SearchRequest`.

use serde_json::Value;

use crate::project::Projection;
use crate::schema::ResourceType;
use crate::{Filter, Result, ScimError, Sort};

/// A search (RFC 7644 section 3.4.2). Parameters that are not known are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// Only these attributes.
    pub attributes: Vec<String>,
    /// Not these attributes.
    pub excluded_attributes: Vec<String>,
    /// The filter, not read yet.
    pub filter: Option<String>,
    /// By which attribute the result is ordered.
    pub sort_by: Option<String>,
    /// Whether the order is the other way round.
    pub descending: bool,
    /// The place of the first resource, counted from 1.
    pub start_index: u64,
    /// How many resources at most.
    pub count: Option<u64>,
    /// The page that a cursor leads to (RFC 9865). Empty text asks for the first page of such a series.
    pub cursor: Option<String>,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            attributes: Vec::new(),
            excluded_attributes: Vec::new(),
            filter: None,
            sort_by: None,
            descending: false,
            start_index: 1,
            count: None,
            cursor: None,
        }
    }
}

impl SearchRequest {
    /// Reads the parameters of a query. Their names match whatever their letter case.
    ///
    /// # Errors
    /// `invalidValue`, if a number is none, or the order neither of the two.
    pub fn from_query<'q>(pairs: impl IntoIterator<Item = (&'q str, &'q str)>) -> Result<Self> {
        let mut this = Self::default();
        for (key, value) in pairs {
            match Parameter::of(key) {
                Some(Parameter::Attributes) => this.attributes.extend(value.split(',').map(str::to_owned)),
                Some(Parameter::Excluded) => this.excluded_attributes.extend(value.split(',').map(str::to_owned)),
                Some(Parameter::Filter) => this.filter = Some(value.to_owned()),
                Some(Parameter::SortBy) => this.sort_by = Some(value.to_owned()).filter(|path| !path.is_empty()),
                Some(Parameter::SortOrder) => this.descending = descends(key, value)?,
                Some(Parameter::StartIndex) if !value.is_empty() => this.start_index = integer(key, value)?.max(1),
                Some(Parameter::Count) if !value.is_empty() => this.count = Some(integer(key, value)?),
                Some(Parameter::Cursor) => this.cursor = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(this)
    }

    /// Reads a `SearchRequest`.
    ///
    /// # Errors
    /// `invalidSyntax` if it is no object, `invalidValue` if a member is of the wrong type, or the order neither of the two.
    pub fn from_json(body: Value) -> Result<Self> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("the body must be a JSON object"));
        };
        let mut this = Self::default();
        for (key, value) in body {
            let Some(parameter) = Parameter::of(&key) else { continue };
            if value.is_null() {
                continue;
            }
            match parameter {
                Parameter::Attributes => this.attributes = names(&key, value)?,
                Parameter::Excluded => this.excluded_attributes = names(&key, value)?,
                Parameter::Filter => this.filter = Some(text(&key, value)?),
                Parameter::SortBy => this.sort_by = Some(text(&key, value)?).filter(|path| !path.is_empty()),
                Parameter::SortOrder => this.descending = descends(&key, &text(&key, value)?)?,
                Parameter::StartIndex => this.start_index = integer(&key, &number(&value))?.max(1),
                Parameter::Count => this.count = Some(integer(&key, &number(&value))?),
                Parameter::Cursor => this.cursor = Some(text(&key, value)?),
            }
        }
        Ok(this)
    }

    /// Which attributes are part of the answer.
    pub fn projection(&self, kind: &ResourceType) -> Projection {
        let excluded = self.excluded_attributes.iter().map(String::as_str);
        Projection::new(kind, self.attributes.iter().map(String::as_str), excluded)
    }

    /// The filter, read and checked.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub fn filter(&self, kind: &ResourceType) -> Result<Option<Filter>> {
        self.filter.as_deref().map(|text| Filter::parse(text)?.resolve(kind)).transpose()
    }

    /// The order, read and checked.
    ///
    /// # Errors
    /// `invalidPath`, if there is no such attribute, or none that has an order.
    pub fn sort(&self, kind: &ResourceType) -> Result<Option<Sort>> {
        self.sort_by.as_deref().map(|text| Sort::resolve(kind, text, self.descending)).transpose()
    }
}

enum Parameter {
    Attributes,
    Excluded,
    Filter,
    SortBy,
    SortOrder,
    StartIndex,
    Count,
    Cursor,
}

impl Parameter {
    fn of(key: &str) -> Option<Self> {
        [
            ("attributes", Self::Attributes),
            ("excludedAttributes", Self::Excluded),
            ("filter", Self::Filter),
            ("sortBy", Self::SortBy),
            ("sortOrder", Self::SortOrder),
            ("startIndex", Self::StartIndex),
            ("count", Self::Count),
            ("cursor", Self::Cursor),
        ]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, parameter)| parameter)
    }
}

/// A whole number: less than zero is zero, more than any list has is more than any list has.
fn integer(key: &str, text: &str) -> Result<u64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ScimError::invalid_value(format!("{key} must be a whole number")));
    }
    // What does not fit is beyond the end of any list.
    Ok(if negative { 0 } else { digits.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX)) })
}

fn number(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(key: &str, value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(ScimError::invalid_value(format!("{key} must be text"))),
    }
}

fn names(key: &str, value: Value) -> Result<Vec<String>> {
    match value {
        Value::String(list) => Ok(list.split(',').map(str::to_owned).collect()),
        Value::Array(list) => list.into_iter().map(|name| text(key, name)).collect(),
        _ => Err(ScimError::invalid_value(format!("{key} must be a list of names"))),
    }
}

/// Whether the greatest comes first (RFC 7644, section 3.4.2.3); nothing said is `ascending`.
fn descends(key: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "" | "ascending" => Ok(false),
        "descending" => Ok(true),
        _ => Err(ScimError::invalid_value(format!("{key} must be ascending or descending"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_and_a_message_ask_for_the_same() {
        let query = SearchRequest::from_query([
            ("attributes", "userName,name"),
            ("FILTER", "userName pr"),
            ("startIndex", "-3"),
            ("count", "99999999999999999999"),
            ("sortBy", "userName"),
            ("sortOrder", "descending"),
            ("unknown", "x"),
        ]);
        let message = SearchRequest::from_json(json!({
            "schemas": [crate::message::SEARCH_REQUEST], "attributes": ["userName", "name"], "filter": "userName pr",
            "startIndex": 0, "count": u64::MAX, "sortBy": "userName", "sortOrder": "descending", "excludedAttributes": null,
        }));
        assert_eq!(query, message);
        assert_eq!(query.unwrap().start_index, 1);
    }

    #[test]
    fn a_cursor_may_be_empty_which_is_not_the_same_as_absent() {
        let query = |text: &'static str| SearchRequest::from_query([("cursor", text)]).unwrap().cursor;
        let message = |value| SearchRequest::from_json(json!({"Cursor": value})).map(|request| request.cursor);
        assert_eq!((query("abc"), message(json!("abc"))), (Some("abc".to_owned()), Ok(Some("abc".to_owned()))));
        assert_eq!((query(""), message(json!(""))), (Some(String::new()), Ok(Some(String::new()))));
        assert_eq!((SearchRequest::default().cursor, message(json!(null))), (None, Ok(None)));
        assert!(message(json!(5)).is_err());
    }

    #[test]
    fn the_order_is_checked() {
        let sort = |by: &'static str, order: &'static str| {
            SearchRequest::from_query([("sortBy", by), ("SortOrder", order)])?.sort(ResourceType::user())
        };
        let path = |by, order| sort(by, order).unwrap().map(|sort| (sort.path.to_string(), sort.descending));
        assert_eq!(path("emails", "Descending"), Some(("emails.value".to_owned(), true)));
        assert_eq!(path("USERNAME", "ascending"), Some(("userName".to_owned(), false)));
        assert_eq!(path("userName", ""), Some(("userName".to_owned(), false)));
        assert_eq!(path("", "descending"), None);
        let message = SearchRequest::from_json(json!({"sortBy": "userName", "sortOrder": "sideways"}));
        for broken in [sort("userName", "sideways").map(drop), sort("", "desc").map(drop), message.map(drop)] {
            assert_eq!(broken.map_err(|e| e.scim_type), Err(Some(crate::ScimType::InvalidValue)));
        }
        assert_eq!(sort("nothing", "").map_err(|e| e.scim_type), Err(Some(crate::ScimType::InvalidPath)));
    }

    #[test]
    fn counts_are_whole_numbers() {
        let count = |text: &'static str| SearchRequest::from_query([("count", text)]).map(|request| request.count);
        assert_eq!(count("-5"), Ok(Some(0)));
        assert_eq!(count(""), Ok(None));
        for broken in ["x", "1.5", "1e3", "-", "٣"] {
            assert!(count(broken).is_err(), "{broken}");
        }
    }
}
