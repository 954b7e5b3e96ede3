//! References from one operation to what another one creates (RFC 7644 section 3.7.2).
//!
//! A reference is text that says `bulkId:x` and nothing else, wherever it stands in a body; the end of an
//! address (`/Users/bulkId:x`) in the path of an operation and in a `$ref`; and text in quotes in the path
//! of a PATCH (`members[value eq "bulkId:x"]`). A password is never one.

use std::ops::Range;

use serde_json::{Map, Value};

use super::unknown;
use crate::Result;

/// How a reference begins.
pub(super) const PREFIX: &str = "bulkId:";

/// Where text stands, which tells how references look in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A value: all of it, or nothing.
    Value,
    /// An address: its end.
    Address,
    /// The path of a PATCH operation: text in quotes.
    PatchPath,
}

/// A reference in a text, and what of the text it stands for.
struct Reference {
    range: Range<usize>,
    bulk_id: String,
}

impl Place {
    fn references(self, text: &str) -> Vec<Reference> {
        if !text.contains(PREFIX) {
            return Vec::new();
        }
        match self {
            Self::Value => text
                .strip_prefix(PREFIX)
                .map(|bulk_id| Reference { range: 0..text.len(), bulk_id: bulk_id.to_owned() })
                .into_iter()
                .collect(),
            Self::Address => in_address(text).into_iter().collect(),
            Self::PatchPath => in_quotes(text),
        }
    }

    /// An id as it is written in this place.
    fn written(self, id: String) -> String {
        match self {
            Self::Value | Self::Address => id,
            Self::PatchPath => Value::String(id).to_string(),
        }
    }

    /// The text with ids for references, if there were any.
    fn resolved(self, text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>> {
        let references = self.references(text);
        if references.is_empty() {
            return Ok(None);
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for Reference { range, bulk_id } in references {
            let id = lookup(&bulk_id).ok_or_else(|| unknown(&bulk_id))?;
            out.push_str(&text[done..range.start]);
            out.push_str(&self.written(id));
            done = range.end;
        }
        out.push_str(&text[done..]);
        Ok(Some(out))
    }
}

/// The last part of an address, up to a query.
fn in_address(text: &str) -> Option<Reference> {
    let start = if text.starts_with(PREFIX) { 0 } else { text.find(&format!("/{PREFIX}"))? + 1 };
    let rest = &text[start..];
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let rest = rest.trim_end_matches('/');
    Some(Reference { range: start..start + rest.len(), bulk_id: rest.get(PREFIX.len()..)?.to_owned() })
}

/// Text in quotes, as the literals of a filter are written.
fn in_quotes(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('"').map(|offset| at + offset) {
        let mut escaped = false;
        let end = text[start + 1..].bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let Some(end) = end.map(|offset| start + offset + 2) else { break };
        if let Ok(literal) = serde_json::from_str::<String>(&text[start..end])
            && let Some(bulk_id) = literal.strip_prefix(PREFIX)
        {
            found.push(Reference { range: start..end, bulk_id: bulk_id.to_owned() });
        }
        at = end;
    }
    found
}

/// Which member of a body holds what: `None` if references are not looked for in it.
fn place_of(key: &str) -> Option<Place> {
    if key.eq_ignore_ascii_case("password") || key.rsplit([':', '.']).next()?.eq_ignore_ascii_case("password") {
        None
    } else if key.eq_ignore_ascii_case("$ref") {
        Some(Place::Address)
    } else {
        Some(Place::Value)
    }
}

/// The same in an operation of a PATCH.
fn place_in_patch(key: &str, sets_password: bool) -> Option<Place> {
    if key.eq_ignore_ascii_case("path") {
        Some(Place::PatchPath)
    } else if sets_password {
        None
    } else {
        place_of(key)
    }
}

/// Whether an operation of a PATCH is on the password alone.
fn sets_password(operation: &Map<String, Value>) -> bool {
    let path = operation.iter().find(|(key, _)| key.eq_ignore_ascii_case("path"));
    path.and_then(|(_, path)| path.as_str()).is_some_and(|path| place_of(path.trim()).is_none())
}

fn is_operations(key: &str) -> bool {
    key.eq_ignore_ascii_case("Operations")
}

/// Calls `f` with each bulkId that a body refers to.
pub(super) fn each(data: &Value, f: &mut dyn FnMut(String)) {
    let Value::Object(body) = data else { return };
    for (key, value) in body {
        match value {
            Value::Array(operations) if is_operations(key) => {
                for operation in operations.iter().filter_map(Value::as_object) {
                    let secret = sets_password(operation);
                    operation.iter().for_each(|(key, value)| each_in(place_in_patch(key, secret), value, f));
                }
            }
            value => each_in(place_of(key), value, f),
        }
    }
}

/// The same for a part of a body.
fn each_in(place: Option<Place>, value: &Value, f: &mut dyn FnMut(String)) {
    let Some(place) = place else { return };
    match value {
        Value::String(text) => place.references(text).into_iter().for_each(|reference| f(reference.bulk_id)),
        Value::Array(elements) => elements.iter().for_each(|element| each_in(Some(place), element, f)),
        Value::Object(object) => object.iter().for_each(|(key, value)| each_in(place_of(key), value, f)),
        _ => {}
    }
}

/// Whether a part of a body, which is the value of `key`, refers to one of some bulkIds.
pub(super) fn refers(key: &str, value: &Value, is_one: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    each_in(place_of(key), value, &mut |bulk_id| found |= is_one(&bulk_id));
    found
}

/// Calls `f` with each bulkId that the path of an operation refers to.
pub(super) fn each_of_path(path: &str, f: &mut dyn FnMut(String)) {
    each_in(Some(Place::Address), &Value::String(path.to_owned()), f);
}

/// Puts ids in the place of all references in the body of an operation.
///
/// # Errors
/// `invalidValue`, if a reference is not known. The body is half done then, and of no use.
pub fn resolve(data: &mut Value, lookup: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let Value::Object(body) = data else { return Ok(()) };
    for (key, value) in body.iter_mut() {
        match value {
            Value::Array(operations) if is_operations(key) => {
                for operation in operations.iter_mut().filter_map(Value::as_object_mut) {
                    let secret = sets_password(operation);
                    for (key, value) in operation.iter_mut() {
                        resolve_in(place_in_patch(key, secret), value, lookup)?;
                    }
                }
            }
            value => resolve_in(place_of(key), value, lookup)?,
        }
    }
    Ok(())
}

fn resolve_in(place: Option<Place>, value: &mut Value, lookup: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    let Some(place) = place else { return Ok(()) };
    match value {
        Value::String(text) => {
            if let Some(resolved) = place.resolved(text, lookup)? {
                *text = resolved;
            }
            Ok(())
        }
        Value::Array(elements) => elements.iter_mut().try_for_each(|value| resolve_in(Some(place), value, lookup)),
        Value::Object(object) => {
            object.iter_mut().try_for_each(|(key, value)| resolve_in(place_of(key), value, lookup))
        }
        _ => Ok(()),
    }
}

/// Puts the id in the place of the reference in the path of an operation, if there is one.
///
/// # Errors
/// `invalidValue`, if the reference is not known.
pub fn resolve_path(path: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String> {
    Ok(Place::Address.resolved(path, lookup)?.unwrap_or_else(|| path.to_owned()))
}

#[cfg(test)]
mod tests;
