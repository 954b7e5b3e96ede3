//! Words that stand for something: fields, operators and directions of lists.

use auth_core::clock::Timestamp;
use auth_core::db::Operator;
use serde_json::Value;

use super::Input;

/// How a field is compared.
pub const OPERATORS: [(&str, Operator); 11] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("lt", Operator::Lt),
    ("lte", Operator::Lte),
    ("gt", Operator::Gt),
    ("gte", Operator::Gte),
    ("in", Operator::In),
    ("not_in", Operator::NotIn),
    ("contains", Operator::Contains),
    ("starts_with", Operator::StartsWith),
    ("ends_with", Operator::EndsWith),
];

/// Whether a list descends.
pub const DIRECTIONS: [(&str, bool); 2] = [("asc", false), ("desc", true)];

/// The value for which a word stands. A word that stands for nothing is a problem.
pub fn one_of<T: Copy>(input: &mut Input, key: &str, words: &[(&str, T)]) -> Option<T> {
    let word = input.optional(key).filter(|word| !word.is_empty())?;
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<String> = words.iter().map(|(known, _)| format!("\"{known}\"")).collect();
        input.issue(key, &format!("Invalid option: expected one of {}", known.join("|")));
    }
    found
}

/// One text or several.
#[must_use]
pub fn values(sent: Option<Value>) -> Vec<String> {
    match sent {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => vec![String::new()],
    }
}

/// An instant as the core compares it. Digits are milliseconds already.
#[must_use]
pub fn instant(text: &str) -> String {
    Timestamp::parse(text).map_or_else(|| text.to_owned(), |instant| instant.millis().to_string())
}
