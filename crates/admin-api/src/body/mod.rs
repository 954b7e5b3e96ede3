//! JSON bodies, read field by field, so that everything that is wrong is told at once and by name.
//!
//! Absent, `null` and a value are three things: in a PATCH they mean unchanged, cleared and set.
//! Fields that nobody knows are passed over, so that a client of a newer version is understood.

#![expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]

mod additional;
mod values;

use auth_core::clock::Timestamp;
use auth_core::ids::Id;
use serde_json::{Map, Value};

use crate::error::{ApiError, FieldFault};
use values::{Wrong, choice, filled, holds_zero, id, object, role_key, text};

/// Longest name of anything, in characters.
pub const NAME: usize = 255;
/// Longest address of an image, which may hold the image itself, in characters.
pub const IMAGE: usize = 64 * 1024;

/// A place in something that goes on: a number, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The number of a thing.
    Number(i64),
    /// An instant.
    Instant(Timestamp),
}

/// A JSON object in the middle of being read.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
    within: String,
    faults: Vec<FieldFault>,
}

impl Fields {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let malformed = |detail| ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, "malformed_json", detail);
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(Self::of(map, String::new())),
            Ok(_) => Err(malformed("The body must be a JSON object")),
            Err(_) => Err(malformed("The body cannot be read as JSON")),
        }
    }

    /// An object without fields, for bodies that may be left out.
    pub fn none() -> Self {
        Self::of(Map::new(), String::new())
    }

    fn of(map: Map<String, Value>, within: String) -> Self {
        let mut this = Self { map, within, faults: Vec::new() };
        let odd: Vec<String> = this
            .map
            .iter()
            .filter(|(key, value)| key.contains('\0') || holds_zero(value))
            .map(|(key, _)| key.replace('\0', "?"))
            .collect();
        for name in odd {
            this.fault(&name, "invalid_character", "Holds a zero byte");
        }
        this
    }

    /// Notes that a field is at fault.
    pub fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let field = format!("{}{name}", self.within);
        self.faults.push(FieldFault { field, code: code.into(), message: message.into() });
    }

    /// What was wrong, if anything was.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ApiError::fields(self.faults)) }
    }

    /// A field that may be absent (`None`), `null` (`Some(None)`) or a value.
    fn patch<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Result<T, Wrong>) -> Option<Option<T>> {
        match self.map.remove(name)? {
            Value::Null => Some(None),
            value => match read(value) {
                Ok(value) => Some(Some(value)),
                Err((code, message)) => {
                    self.fault(name, code, message);
                    None
                }
            },
        }
    }

    /// A field that must be there, and `fallback` after it was noted that it is not.
    fn required<T>(&mut self, name: &str, fallback: T, read: impl FnOnce(Value) -> Result<T, Wrong>) -> T {
        let before = self.faults.len();
        let value = self.patch(name, read).flatten();
        if value.is_none() && self.faults.len() == before {
            self.fault(name, "required", "Is required");
        }
        value.unwrap_or(fallback)
    }

    /// A field that may be absent but not `null`.
    fn present<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Result<T, Wrong>) -> Option<T> {
        let value = self.patch(name, read);
        if let Some(None) = value {
            self.fault(name, "required", "Cannot be null");
        }
        value.flatten()
    }

    /// A text that must be there and not be blank.
    pub fn text(&mut self, name: &str, most: usize) -> String {
        self.required(name, String::new(), |value| filled(value, most))
    }

    /// A text that may be absent, but neither `null` nor blank.
    pub fn present_text(&mut self, name: &str, most: usize) -> Option<String> {
        self.present(name, |value| filled(value, most))
    }

    /// A text that may be absent or `null`.
    pub fn patch_text(&mut self, name: &str, most: usize) -> Option<Option<String>> {
        self.patch(name, |value| text(value, most))
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, name: &str, most: usize) -> Option<String> {
        self.patch_text(name, most).flatten()
    }

    /// A password that may be left out. How long it must be is the core's to say.
    pub fn optional_password(&mut self, name: &str) -> Option<String> {
        self.patch(name, |value| text(value, 4096)).flatten()
    }

    /// A password that must be there.
    pub fn password(&mut self, name: &str) -> String {
        self.required(name, String::new(), |value| text(value, 4096))
    }

    /// A yes or no that may be left out.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        self.patch(name, |value| value.as_bool().ok_or(("wrong_type", "Must be true or false".to_owned()))).flatten()
    }

    /// A whole number that may be absent or `null`.
    pub fn patch_number(&mut self, name: &str, least: i64, most: i64) -> Option<Option<i64>> {
        self.patch(name, |value| {
            let number = value.as_i64().ok_or(("wrong_type", "Must be a whole number".to_owned()))?;
            let fits = (least..=most).contains(&number);
            if fits { Ok(number) } else { Err(("out_of_range", format!("Must be between {least} and {most}"))) }
        })
    }

    /// A whole number from 0, or an instant as text (RFC 3339), which must be there.
    pub fn place(&mut self, name: &str) -> Place {
        self.required(name, Place::Number(0), |value| match &value {
            Value::Number(number) => {
                let number = number.as_i64().filter(|number| *number >= 0).map(Place::Number);
                number.ok_or(("out_of_range", "Must be a whole number from 0, or an instant (RFC 3339)".to_owned()))
            }
            Value::String(text) => {
                let instant = Timestamp::parse(text).map(Place::Instant);
                instant.ok_or(("invalid", "Must be an instant such as 2026-01-01T00:00:00Z".to_owned()))
            }
            _ => Err(("wrong_type", "Must be a whole number or an instant (RFC 3339)".to_owned())),
        })
    }

    /// An instant in Unix milliseconds that may be left out, and must be after `now`.
    pub fn optional_future(&mut self, name: &str, now: Timestamp) -> Option<Timestamp> {
        // The end of the year 9999, the last one that every date format can say.
        let instant = self.patch_number(name, 0, 253_402_300_799_999).flatten().map(Timestamp)?;
        if instant <= now {
            self.fault(name, "out_of_range", "Must be in the future, in Unix milliseconds");
        }
        Some(instant)
    }

    /// Metadata that may be absent; `null` clears it.
    pub fn patch_object(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.patch(name, object).map(Option::unwrap_or_default)
    }

    /// An object that must be there, of so many bytes of JSON at most.
    pub fn object(&mut self, name: &str, most: usize) -> Map<String, Value> {
        self.required(name, Map::new(), |value| match value {
            Value::Object(map) if Value::Object(map.clone()).to_string().len() <= most => Ok(map),
            Value::Object(_) => Err(("too_long", format!("Must have at most {most} bytes of JSON"))),
            _ => Err(("wrong_type", "Must be an object".to_owned())),
        })
    }

    /// Whether a field was sent as `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(Value::is_null)
    }

    /// Anything, which may be left out.
    pub fn optional_value(&mut self, name: &str) -> Option<Value> {
        self.patch(name, Ok).flatten()
    }

    /// A role as `/v1` writes it, which must be there, in the words of the core.
    pub fn role(&mut self, name: &str) -> String {
        self.required(name, String::new(), role_key)
    }

    /// A role that may be left out.
    pub fn optional_role(&mut self, name: &str) -> Option<String> {
        self.patch(name, role_key).flatten()
    }

    /// Whether a field is there as a list without entries.
    pub fn is_empty_list(&self, name: &str) -> bool {
        self.map.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty)
    }

    /// Some roles as `/v1` writes them, in the words of the core; `None` if the field is absent or `null`.
    pub fn optional_roles(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        self.patch(name, |value| {
            let Value::Array(values) = value else { return Err(("wrong_type", "Must be a list".to_owned())) };
            if values.len() > most {
                return Err(("too_long", format!("Must have at most {most} entries")));
            }
            values.into_iter().map(role_key).collect()
        })
        .flatten()
    }

    /// An id that must be there.
    pub fn id<T: Id>(&mut self, name: &str) -> T {
        self.required(name, T::from_text(String::new()), id)
    }

    /// An id that may be left out.
    pub fn optional_id<T: Id>(&mut self, name: &str) -> Option<T> {
        self.patch(name, id).flatten()
    }

    /// One of the given words, which may be left out.
    pub fn optional_choice(&mut self, name: &str, words: &'static [&'static str]) -> Option<&'static str> {
        self.patch(name, |value| choice(&value, words)).flatten()
    }

    /// Some of the given words; `None` if the field is absent or `null`.
    pub fn optional_choices(&mut self, name: &str, words: &'static [&'static str]) -> Option<Vec<String>> {
        self.patch(name, |value| {
            let Value::Array(values) = value else { return Err(("wrong_type", "Must be a list".to_owned())) };
            let mut chosen: Vec<String> = Vec::new();
            for value in &values {
                let word = choice(value, words)?;
                if !chosen.iter().any(|c| c == word) {
                    chosen.push(word.to_owned());
                }
            }
            if chosen.is_empty() { Err(("required", "Must not be empty".to_owned())) } else { Ok(chosen) }
        })
        .flatten()
    }

    /// Some texts; `None` if the field is absent or `null`.
    pub fn optional_texts(&mut self, name: &str, most: usize, longest: usize) -> Option<Vec<String>> {
        self.patch(name, |value| {
            let Value::Array(values) = value else { return Err(("wrong_type", "Must be a list".to_owned())) };
            if values.len() > most {
                return Err(("too_long", format!("Must have at most {most} entries")));
            }
            values.into_iter().map(|value| filled(value, longest)).collect()
        })
        .flatten()
    }

    /// A list that must be there, of anything.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        self.required(name, Vec::new(), |value| match value {
            Value::Array(values) => Ok(values),
            _ => Err(("wrong_type", "Must be a list".to_owned())),
        })
    }

    /// An object that may be absent, read by `read`; what is wrong in it is told with its place.
    pub fn nested<T>(&mut self, name: &str, read: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let map = self.present(name, |value| match value {
            Value::Object(map) => Ok(map),
            _ => Err(("wrong_type", "Must be an object".to_owned())),
        })?;
        let mut inner = Self { map, within: format!("{}{name}.", self.within), faults: Vec::new() };
        let value = read(&mut inner);
        self.faults.append(&mut inner.faults);
        Some(value)
    }

    /// Roles as `/v1` writes them, at least one, in the words of the core.
    pub fn roles(&mut self, name: &str, most: usize) -> Vec<String> {
        let mut roles = Vec::new();
        for (place, value) in self.list(name).into_iter().enumerate() {
            match role_key(value) {
                _ if place >= most => {
                    self.fault(name, "too_long", format!("Must have at most {most} entries"));
                    return roles;
                }
                Ok(role) => roles.push(role),
                Err((code, message)) => self.fault(&format!("{name}[{place}]"), code, message),
            }
        }
        if roles.is_empty() && !self.faults.iter().any(|fault| fault.field.contains(name)) {
            self.fault(name, "required", "Must not be empty");
        }
        roles
    }

    /// A list of objects that must be there, each read by `read`; what is wrong in one is told with
    /// its place.
    pub fn objects<T>(&mut self, name: &str, most: usize, read: impl FnMut(&mut Fields) -> T) -> Vec<T> {
        self.some_objects(name, 1, most, read)
    }

    /// The same, but there may be none.
    pub fn objects_or_none<T>(&mut self, name: &str, most: usize, read: impl FnMut(&mut Fields) -> T) -> Vec<T> {
        self.some_objects(name, 0, most, read)
    }

    fn some_objects<T>(
        &mut self,
        name: &str,
        least: usize,
        most: usize,
        mut read: impl FnMut(&mut Fields) -> T,
    ) -> Vec<T> {
        let list = self.required(name, Vec::new(), |value| match value {
            Value::Array(values) if values.len() < least => Err(("required", "Must not be empty".to_owned())),
            Value::Array(values) if values.len() > most => {
                Err(("too_long", format!("Must have at most {most} entries")))
            }
            Value::Array(values) => Ok(values),
            _ => Err(("wrong_type", "Must be a list".to_owned())),
        });
        let mut read_all = Vec::with_capacity(list.len());
        for (place, value) in list.into_iter().enumerate() {
            let Value::Object(map) = value else {
                self.fault(&format!("{name}[{place}]"), "wrong_type", "Must be an object");
                continue;
            };
            let mut inner = Self::of(map, format!("{}{name}[{place}].", self.within));
            read_all.push(read(&mut inner));
            self.faults.append(&mut inner.faults);
        }
        read_all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::parse(json.as_bytes()).unwrap()
    }

    fn codes(fields: &Fields) -> Vec<(&str, &str)> {
        fields.faults.iter().map(|f| (f.field.as_str(), f.code.as_ref())).collect()
    }

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        let mut f = fields(r#"{"a": null, "b": "x"}"#);
        assert_eq!(f.patch_text("a", 9), Some(None));
        assert_eq!(f.patch_text("b", 9), Some(Some("x".to_owned())));
        assert_eq!(f.patch_text("c", 9), None);
        assert!(f.finish().is_ok());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut f = fields(r#"{"name": 7, "role": "admin", "flag": "yes", "blank": " ", "long": "abc", "gone": null}"#);
        f.text("name", 9);
        f.role("role");
        f.optional_bool("flag");
        f.text("blank", 9);
        f.text("long", 2);
        f.text("missing", 9);
        f.present_text("gone", 9);
        assert_eq!(
            codes(&f),
            [
                ("name", "wrong_type"),
                ("role", "unknown_value"),
                ("flag", "wrong_type"),
                ("blank", "required"),
                ("long", "too_long"),
                ("missing", "required"),
                ("gone", "required")
            ]
        );
    }

    #[test]
    fn zero_bytes_are_refused_wherever_they_are() {
        assert_eq!(codes(&fields(r#"{"metadata": {"a": ["\u0000"]}}"#)), [("metadata", "invalid_character")]);
        assert_eq!(codes(&fields(r#"{"a\u0000b": 1}"#)), [("a?b", "invalid_character")]);
    }

    #[test]
    fn faults_in_a_list_are_told_with_their_place() {
        let mut f = fields(r#"{"list": [{"n": "x"}, 5, {"n": 1}]}"#);
        let read = f.objects("list", 9, |inner| inner.text("n", 9));
        assert_eq!(read, ["x", ""]);
        assert_eq!(codes(&f), [("list[1]", "wrong_type"), ("list[2].n", "wrong_type")]);
    }

    #[test]
    fn metadata_is_an_object_of_bounded_depth() {
        let deep = format!(r#"{{"m": {}1{}}}"#, r#"{"a":"#.repeat(20), "}".repeat(20));
        let mut f = fields(&deep);
        assert_eq!(f.patch_object("m"), None);
        assert_eq!(codes(&f), [("m", "too_deep")]);
        let mut f = fields(r#"{"m": [], "n": null}"#);
        assert_eq!(f.patch_object("m"), None);
        assert_eq!(f.patch_object("n"), Some(Map::new()));
        assert_eq!(codes(&f), [("m", "wrong_type")]);
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for bad in ["", "[]", "null", "{", "\u{0}", "{\"a\": 1} x"] {
            assert!(Fields::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(Fields::parse(b"{\"a\": \"\xff\"}").is_err());
    }
}
