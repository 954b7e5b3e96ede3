//! A row of the source, every value of which was read as text.

use std::collections::HashMap;
use std::sync::Arc;

use auth_core::arrivals::Came;
use auth_core::clock::Timestamp;
use auth_core::fields;
use auth_core::settings::{FieldKind, FieldSettings};
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value as Json};

/// Numbers below are seconds, those above milliseconds: as seconds it is the year 5138, as milliseconds 1973.
const SECONDS: i64 = 100_000_000_000;

/// A value of the source, read as text.
#[derive(Debug, PartialEq)]
pub(super) enum Cell {
    Nothing,
    Text(String),
    /// No text: what it looks like.
    Garbled(String),
}

impl Cell {
    /// What these bytes are. PostgreSQL keeps no NUL, and nobody means one.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Self::Text(text.to_owned()),
            _ => Self::Garbled(String::from_utf8_lossy(bytes).into_owned()),
        }
    }

    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) | Self::Garbled(text) => Some(text),
        }
    }
}

/// A row. What a column does not hold, or is not there at all, is `None`.
pub(super) struct Row {
    values: HashMap<Arc<str>, String>,
    /// The table and the column of a value that is no text.
    garbled: Option<Arc<str>>,
}

impl Row {
    /// `garbled`: the table and the column of a value that is no text.
    pub(super) fn new(values: impl IntoIterator<Item = (Arc<str>, Cell)>, garbled: Option<Arc<str>>) -> Self {
        let values = values.into_iter().filter_map(|(field, value)| Some((field, value.text()?))).collect();
        Self { values, garbled }
    }

    /// Why nothing is made of it. Without the value that cannot be read it would be something else: what says that somebody is
    /// banned, for instance.
    pub(super) fn unreadable(&self) -> Option<Came> {
        let place = self.garbled.as_ref()?;
        Some(Came::refused(format!("its {place} is no text: it is not UTF-8, or has a NUL in it")))
    }

    /// The text, if there is any.
    pub(super) fn text(&self, field: &str) -> Option<String> {
        self.values.get(field).filter(|text| !text.is_empty()).cloned()
    }

    /// The text, which is empty if there is none.
    pub(super) fn texts(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// Those of a list separated by commas.
    pub(super) fn list(&self, field: &str) -> Vec<String> {
        let text = self.texts(field);
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn flag(&self, field: &str) -> Option<bool> {
        match self.values.get(field)?.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" => Some(true),
            "0" | "false" | "f" => Some(false),
            text => rounded(text).map(|number| number != 0),
        }
    }

    /// The same for what keeps somebody out: what cannot be read does, too.
    pub(super) fn bar(&self, field: &str) -> bool {
        self.flag(field).unwrap_or_else(|| self.text(field).is_some())
    }

    pub(super) fn number(&self, field: &str) -> Option<i64> {
        let text = self.values.get(field)?;
        text.parse().ok().or_else(|| rounded(text))
    }

    /// An instant, however it is written.
    pub(super) fn at(&self, field: &str) -> Option<Timestamp> {
        instant(self.values.get(field)?)
    }

    /// An object. It may have been written as JSON within a text of JSON.
    pub(super) fn object(&self, field: &str) -> Option<Map<String, Json>> {
        match self.json(field)? {
            Json::Object(object) => Some(object),
            _ => None,
        }
    }

    /// What a field of the operator's is here, as far as it can be read; null if it is empty.
    pub(super) fn declared(&self, field: &FieldSettings) -> Option<Json> {
        let name = field.name.as_str();
        let Some(text) = self.values.get(name) else { return Some(Json::Null) };
        let value = match field.kind {
            FieldKind::Text => Json::String(text.clone()),
            FieldKind::Number => match text.parse::<i64>() {
                Ok(whole) => whole.into(),
                Err(_) => serde_json::Number::from_f64(text.parse().ok()?)?.into(),
            },
            FieldKind::Boolean => self.flag(name)?.into(),
            FieldKind::Date => self.at(name)?.rfc3339().into(),
            FieldKind::Texts | FieldKind::Numbers => self.json(name)?,
        };
        fields::checked(field.kind, field.max_length, &value).ok()
    }

    pub(super) fn json(&self, field: &str) -> Option<Json> {
        match serde_json::from_str(self.values.get(field)?).ok()? {
            Json::String(inner) => serde_json::from_str(&inner).ok(),
            value => Some(value),
        }
    }
}

/// A number with a fraction, without it. SQLite writes large numbers of a REAL so.
fn rounded(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    // Exactly representable whole numbers only.
    #[expect(clippy::cast_possible_truncation, reason = "bounded before")]
    (number.abs() < 9.0e15).then_some(number.trunc() as i64)
}

/// The last instant that JavaScript knows, in milliseconds.
const FARTHEST: u64 = 8_640_000_000_000_000;

fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(number) = text.parse::<i64>().ok().or_else(|| rounded(text)) {
        let at = if number.unsigned_abs() < SECONDS.unsigned_abs() { number * 1000 } else { number };
        return (at.unsigned_abs() <= FARTHEST).then_some(Timestamp(at));
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(Timestamp(at.timestamp_millis()));
    }
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| Timestamp(at.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: &str) -> Row {
        Row::new([(Arc::from("x"), Cell::Text(value.to_owned())), (Arc::from("none"), Cell::Nothing)], None)
    }

    #[test]
    fn instants_are_read_however_they_are_written() {
        for text in [
            "1700000000",
            "1700000000000",
            "1700000000000.0",
            "2023-11-14T22:13:20.000Z",
            "2023-11-14T23:13:20+01:00",
            "2023-11-14 22:13:20",
            "2023-11-14 22:13:20.000",
        ] {
            assert_eq!(row(text).at("x"), Some(Timestamp(1_700_000_000_000)), "{text}");
        }
        for odd in ["", "soon", "NaN", "inf", "2023-13-01"] {
            assert_eq!(row(odd).at("x"), None, "{odd}");
        }
    }

    #[test]
    fn flags_numbers_lists_and_objects_are_read() {
        assert_eq!((row("1").flag("x"), row("false").flag("x"), row("?").flag("x")), (Some(true), Some(false), None));
        assert_eq!((row("7").number("x"), row("7.0").number("x"), row("1e300").number("x")), (Some(7), Some(7), None));
        assert_eq!(row(" admin, billing ,,").list("x"), ["admin", "billing"]);
        assert_eq!(row(r#""{\"a\":1}""#).object("x").unwrap()["a"], 1);
        assert!(row("[1]").object("x").is_none() && row("{").object("x").is_none());
        assert_eq!((row("").text("x"), row("a").text("none")), (None, None));
    }
}
