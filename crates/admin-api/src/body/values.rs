//! What a JSON value must be to be taken.

use auth_core::ids::Id;
use serde_json::{Map, Value};

use crate::role;

/// Largest metadata object, in bytes of JSON.
const METADATA_BYTES: usize = 16 * 1024;
/// How deep metadata may nest.
const METADATA_DEPTH: usize = 16;

/// Why a value is not taken: for programs, and for people.
pub(super) type Wrong = (&'static str, String);

pub(super) fn text(value: Value, most: usize) -> Result<String, Wrong> {
    let Value::String(text) = value else { return Err(("wrong_type", "Must be a string".to_owned())) };
    if text.chars().count() > most {
        return Err(("too_long", format!("Must have at most {most} characters")));
    }
    Ok(text)
}

pub(super) fn filled(value: Value, most: usize) -> Result<String, Wrong> {
    let text = text(value, most)?;
    if text.trim().is_empty() { Err(("required", "Must not be blank".to_owned())) } else { Ok(text) }
}

pub(super) fn id<T: Id>(value: Value) -> Result<T, Wrong> {
    T::parse(&text(value, 64)?).ok_or(("not_an_id", "Cannot be an id".to_owned()))
}

pub(super) fn role_key(value: Value) -> Result<String, Wrong> {
    role::parse(&text(value, 128)?).ok_or_else(|| ("unknown_value", role::SHAPE.to_owned()))
}

pub(super) fn choice(value: &Value, words: &'static [&'static str]) -> Result<&'static str, Wrong> {
    let text = value.as_str().ok_or(("wrong_type", "Must be a string".to_owned()))?;
    let word = words.iter().find(|word| **word == text).copied();
    word.ok_or_else(|| ("unknown_value", format!("Must be one of: {}", words.join(", "))))
}

pub(super) fn object(value: Value) -> Result<Map<String, Value>, Wrong> {
    if depth(&value) > METADATA_DEPTH {
        return Err(("too_deep", format!("Must not nest deeper than {METADATA_DEPTH}")));
    }
    if value.to_string().len() > METADATA_BYTES {
        return Err(("too_long", format!("Must have at most {METADATA_BYTES} bytes of JSON")));
    }
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(("wrong_type", "Must be an object".to_owned())),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// PostgreSQL stores no zero byte in a text, so nobody gets to send one.
pub(super) fn holds_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_zero),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_zero(value)),
        _ => false,
    }
}
