//! Patterns of JSON: what an answer has to look like, as far as that matters.
//!
//! - An object is like one whose named members are like the values; others may be there.
//! - `null` is what is not there, null, an empty list, or an empty text (RFC 7643 section 2.5).
//! - A list is like one of as many elements, in any order; with the element `"..."` there may be more.
//! - A text is itself; but `"*"` is anything that is there, `"#string"`, `"#number"`, `"#boolean"`, `"#list"`, `"#object"` and
//!   `"#datetime"` are any of their kind, `"#not-true"` is anything but `true`, `"~x"` is a text that contains `x`, and `"!x"` is anything but the text `x`.

use serde_json::Value;

/// Whether a value is like the pattern; if it is not, where it is not.
pub(crate) fn matches(pattern: &Value, value: &Value) -> Result<(), String> {
    at("", pattern, value)
}

fn at(place: &str, pattern: &Value, value: &Value) -> Result<(), String> {
    let here = if place.is_empty() { "the body" } else { place };
    match (pattern, value) {
        (Value::Null, value) if unassigned(value) => Ok(()),
        (Value::Null, value) => Err(format!("{here} is {value}, and should have no value")),
        (Value::Object(wanted), Value::Object(_)) => wanted.iter().try_for_each(|(name, pattern)| {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            at(&place, pattern, &value[name])
        }),
        (Value::Array(wanted), Value::Array(values)) => list(here, wanted, values),
        (Value::Array(wanted), value) if unassigned(value) => list(here, wanted, &[]),
        (Value::String(word), value) => {
            if text(word, value) {
                Ok(())
            } else {
                Err(format!("{here} is {value}, not {pattern}"))
            }
        }
        (Value::Number(wanted), Value::Number(number)) if wanted.as_f64() == number.as_f64() => Ok(()),
        (pattern, value) if pattern == value => Ok(()),
        (pattern, value) => Err(format!("{here} is {value}, not {pattern}")),
    }
}

fn list(place: &str, wanted: &[Value], values: &[Value]) -> Result<(), String> {
    let open = wanted.iter().any(|one| one == "...");
    let wanted: Vec<&Value> = wanted.iter().filter(|one| *one != "...").collect();
    if !open && wanted.len() != values.len() {
        return Err(format!("{place} has {} elements, not {}", values.len(), wanted.len()));
    }
    let mut free: Vec<&Value> = values.iter().collect();
    for pattern in wanted {
        let Some(found) = free.iter().position(|value| at(place, pattern, value).is_ok()) else {
            return Err(format!("{place} has no element like {pattern}"));
        };
        free.swap_remove(found);
    }
    Ok(())
}

fn text(word: &str, value: &Value) -> bool {
    match word {
        "*" => !unassigned(value),
        "#string" => value.is_string(),
        "#number" => value.is_u64(),
        "#boolean" => value.is_boolean(),
        "#list" => value.is_array(),
        "#object" => value.is_object(),
        "#not-true" => *value != Value::Bool(true),
        "#datetime" => value.as_str().is_some_and(is_instant),
        _ => match word.split_at_checked(1) {
            Some(("~", part)) => value.as_str().is_some_and(|text| text.contains(part)),
            Some(("!", other)) => value.as_str() != Some(other),
            _ => value.as_str() == Some(word),
        },
    }
}

/// Whether a value is none (RFC 7643 section 2.5).
pub(crate) fn unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether a text is an instant with a zone (`xsd:dateTime`).
pub(crate) fn is_instant(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let (time, zoned) = match rest.strip_suffix('Z') {
        Some(time) => (time, true),
        None => match rest.rsplit_once(['+', '-']) {
            Some((time, zone)) => (time, shaped(zone, "00:00")),
            None => (rest, false),
        },
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    zoned && digits && shaped(date, "0000-00-00") && shaped(time, "00:00:00")
}

fn shaped(text: &str, shape: &str) -> bool {
    let same = |(byte, like): (u8, u8)| if like == b'0' { byte.is_ascii_digit() } else { byte == like };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_parts_and_lists_are_sets() {
        let value = json!({"a": 1, "b": [{"x": "1", "y": 2}, {"x": "2"}], "c": [], "d": "2026-01-01T00:00:00.5Z"});
        for good in [
            json!({"a": 1}),
            json!({"b": [{"x": "2"}, {"y": 2}]}),
            json!({"b": [{"x": "2"}, "..."]}),
            json!({"c": null, "z": null}),
            json!({"d": "#datetime", "a": "#number", "b": "#list"}),
            json!({"d": "~2026", "a": "*"}),
            json!({"d": "!2026"}),
        ] {
            matches(&good, &value).unwrap();
        }
        for bad in [
            json!({"a": 2}),
            json!({"a": null}),
            json!({"b": [{"x": "1"}]}),
            json!({"b": [{"x": "1"}, {"x": "1"}]}),
            json!({"b": [{"x": "3"}, "..."]}),
            json!({"c": "*"}),
            json!({"a": "#string"}),
            json!({"d": "~2027"}),
            json!({"z": false}),
        ] {
            assert!(matches(&bad, &value).is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_have_a_zone() {
        for good in ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456+01:00"] {
            assert!(is_instant(good), "{good}");
        }
        for bad in ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00Z", "2026-01-01T00:00:00.Z", "x"] {
            assert!(!is_instant(bad), "{bad}");
        }
    }
}
