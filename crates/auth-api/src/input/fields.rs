//! Reading the fields of an object, with the problems told together.

use std::fmt::Write as _;

use auth_core::users::email;
use serde_json::{Map, Value};

use super::expected;
use crate::error::{ApiError, Result};

/// The most UTF-16 code units of a text that has no limit of its own.
const LONGEST: usize = 4096;

/// The fields of an object, read one by one. Problems are gathered and told together by
/// [`finish`](Self::finish), which must be called before any value is used: until then a missing text
/// is an empty one.
pub struct Input {
    place: &'static str,
    fields: Map<String, Value>,
    issues: String,
}

impl Input {
    /// Over an object. `place` is `body` or `query`.
    #[must_use]
    pub fn new(place: &'static str, fields: Map<String, Value>) -> Self {
        Self { place, fields, issues: String::new() }
    }

    /// Tells all problems at once.
    pub fn finish(self) -> Result<()> {
        if self.issues.is_empty() { Ok(()) } else { Err(ApiError::validation(self.issues)) }
    }

    /// Notes a problem with a field.
    pub fn issue(&mut self, key: &str, problem: &str) {
        let between = if self.issues.is_empty() { "" } else { "; " };
        let _ = write!(self.issues, "{between}[{}.{key}] {problem}", self.place);
    }

    /// Whether the field was sent, even as null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// Takes a field as it is.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.shift_remove(key)
    }

    /// All fields that were not taken.
    #[must_use]
    pub fn rest(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A text that must be there.
    pub fn string(&mut self, key: &str) -> String {
        match self.take(key) {
            Some(Value::String(text)) => self.bounded(key, text),
            other => {
                self.issue(key, &expected("string", other.as_ref()));
                String::new()
            }
        }
    }

    /// A text that must be there and not be empty.
    pub fn non_empty(&mut self, key: &str) -> String {
        self.non_empty_or(key, "Too small: expected string to have >=1 characters")
    }

    /// The same, in words of its own for what is empty.
    pub fn non_empty_or(&mut self, key: &str, problem: &str) -> String {
        let given = self.fields.get(key).is_some_and(Value::is_string);
        let text = self.string(key);
        if given && text.is_empty() {
            self.issue(key, problem);
        }
        text
    }

    /// An email address that must be there.
    pub fn email(&mut self, key: &str) -> String {
        let given = self.fields.get(key).is_some_and(Value::is_string);
        let text = self.string(key);
        if given && !email::is_valid(&text) {
            self.issue(key, "Invalid email address");
        }
        text
    }

    /// A text that may be missing.
    pub fn optional(&mut self, key: &str) -> Option<String> {
        self.has(key).then(|| self.string(key))
    }

    /// A text that may be missing (`None`) or null (`Some(None)`).
    pub fn nullable(&mut self, key: &str) -> Option<Option<String>> {
        if self.fields.get(key).is_some_and(Value::is_null) {
            self.take(key);
            return Some(None);
        }
        self.optional(key).map(Some)
    }

    /// A boolean that may be missing. In a query it is a text.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if self.place == "query" => Some(!matches!(text.as_str(), "" | "0" | "false")),
            other => {
                self.issue(key, &expected("boolean", Some(&other)));
                None
            }
        }
    }

    /// A whole number of at least 0 that may be missing. In a query it is a text.
    pub fn count(&mut self, key: &str) -> Option<u64> {
        let value = self.take(key)?;
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if self.place == "query" => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            // As JavaScript reads a text.
            let nan = value.as_str().is_some_and(|text| self.place == "query" && text.trim().parse::<f64>().is_err());
            let problem = expected("number", Some(&value));
            self.issue(key, if nan { "Invalid input: expected number, received NaN" } else { &problem });
        }
        number
    }

    /// An object that may be missing.
    pub fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.take(key)? {
            Value::Object(fields) => Some(fields),
            other => {
                self.issue(key, &expected("object", Some(&other)));
                None
            }
        }
    }

    /// A text or a list of texts, which must be there: always a list.
    pub fn strings(&mut self, key: &str) -> Vec<String> {
        match self.fields.get(key) {
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                let Some(Value::Array(items)) = self.take(key) else { return Vec::new() };
                let texts =
                    items.into_iter().filter_map(|item| if let Value::String(text) = item { Some(text) } else { None });
                texts.map(|text| self.bounded(key, text)).collect()
            }
            Some(Value::String(_)) => vec![self.string(key)],
            _ => {
                self.take(key);
                self.issue(key, "Invalid input");
                Vec::new()
            }
        }
    }

    fn bounded(&mut self, key: &str, text: String) -> String {
        // Images may hold themselves; their own limit is the core's.
        let longest = if key == "image" || key == "logo" { LONGEST * 32 } else { LONGEST };
        if text.len() > longest && text.encode_utf16().count() > longest {
            self.issue(key, &format!("Too big: expected string to have <={longest} characters"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(value: Value) -> Input {
        let Value::Object(fields) = value else { panic!("an object") };
        Input::new("body", fields)
    }

    #[test]
    fn problems_are_told_together_in_zods_words() {
        let mut empty = input(json!({}));
        let _ = (empty.string("name"), empty.email("email"), empty.non_empty("password"));
        assert_eq!(
            empty.finish().unwrap_err().message(),
            "[body.name] Invalid input: expected string, received undefined; \
             [body.email] Invalid input: expected string, received undefined; \
             [body.password] Invalid input: expected string, received undefined"
        );
        let mut odd = input(json!({"email": "notanemail", "password": "", "image": 1, "rememberMe": "yes"}));
        let _ = (odd.email("email"), odd.non_empty("password"), odd.nullable("image"), odd.boolean("rememberMe"));
        assert_eq!(
            odd.finish().unwrap_err().message(),
            "[body.email] Invalid email address; [body.password] Too small: expected string to have >=1 characters; \
             [body.image] Invalid input: expected string, received number; \
             [body.rememberMe] Invalid input: expected boolean, received string"
        );
    }

    #[test]
    fn missing_null_and_given_are_three_things() {
        let mut read = input(json!({"a": null, "b": "x", "c": ["x", "y"]}));
        assert_eq!(
            (read.nullable("a"), read.nullable("b"), read.nullable("z")),
            (Some(None), Some(Some("x".into())), None)
        );
        assert_eq!(read.strings("c"), ["x", "y"]);
        read.finish().unwrap();
        let mut read = input(json!({"c": 1, "d": ["x", 1]}));
        assert_eq!((read.strings("c"), read.strings("d"), read.strings("e")), (vec![], vec![], vec![]));
        let refused = read.finish().unwrap_err();
        assert_eq!(refused.message(), "[body.c] Invalid input; [body.d] Invalid input; [body.e] Invalid input");
    }
}
