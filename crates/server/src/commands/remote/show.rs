//! Answers as people read them: tables of lists, indented lines of everything else.

use std::fmt::Write as _;

use auth_core::clock::Timestamp;
use serde_json::Value;

use crate::commands::terminal::plain;

/// The widest column of a table, in characters; the last one is as wide as it is.
const WIDEST: usize = 48;

/// A table of a list's entries.
pub(super) fn table(columns: &[&str], entries: &[Value]) -> String {
    let heading = |column: &&str| column.to_uppercase().replace('_', " ");
    let mut rows = vec![columns.iter().map(heading).collect::<Vec<_>>()];
    rows.extend(entries.iter().map(|entry| columns.iter().map(|column| cell(column, at(entry, column))).collect()));
    let width = |n: usize| rows.iter().filter_map(|row| row.get(n)).map(|text| text.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (text, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{text:width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// One entry in a line, for what has no end.
pub(super) fn row(columns: &[&str], entry: &Value) -> String {
    let cells: Vec<String> = columns.iter().map(|column| cell(column, at(entry, column))).collect();
    format!("{}\n", cells.join("  "))
}

fn at<'a>(entry: &'a Value, column: &str) -> &'a Value {
    column.split('.').fold(entry, |value, name| &value[name])
}

fn cell(column: &str, value: &Value) -> String {
    let text = scalar(column, value).unwrap_or_else(|| plain(&value.to_string()));
    let text = text.replace('\n', " ");
    if text.chars().count() <= WIDEST {
        return text;
    }
    let short: String = text.chars().take(WIDEST - 1).collect();
    format!("{short}…")
}

/// A value that fits into a line; `None` for objects, and for lists of them.
fn scalar(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("-".to_owned()),
        Value::String(text) => Some(plain(text)),
        Value::Number(number) => {
            let instant =
                (name.ends_with("_at") || matches!(name, "timestamp" | "since" | "until")).then(|| number.as_i64());
            Some(instant.flatten().map_or_else(|| number.to_string(), |millis| Timestamp(millis).rfc3339()))
        }
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(values) => {
            let all: Option<Vec<String>> = values.iter().map(|value| scalar(name, value)).collect();
            all.map(|all| if all.is_empty() { "-".to_owned() } else { all.join(", ") })
        }
        Value::Object(map) => map.is_empty().then(|| "-".to_owned()),
    }
}

/// An object in lines, what is inside of it indented.
pub(super) fn lines(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let name = plain(name);
                if let Some(text) = scalar(&name, inner) {
                    let text = text.replace('\n', &format!("\n{indent}  "));
                    let _ = writeln!(out, "{indent}{name}: {text}");
                } else {
                    let _ = writeln!(out, "{indent}{name}:");
                    write(out, inner, depth + 1);
                }
            }
        }
        Value::Array(values) => {
            for inner in values {
                let mut part = String::new();
                write(&mut part, inner, depth + 1);
                // The first line bears the dash.
                let rest = part.get(indent.len() + 2..).unwrap_or_default();
                let _ = write!(out, "{indent}- {rest}");
            }
        }
        simple => {
            let _ = writeln!(out, "{indent}{}", scalar("", simple).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_tables() {
        let entries = [
            json!({"id": "a", "counts": {"users": 5}, "scopes": ["x", "y"], "used_at": 0}),
            json!({"id": "long", "counts": {}, "scopes": [], "used_at": null}),
        ];
        assert_eq!(
            table(&["id", "counts.users", "scopes", "used_at"], &entries),
            "ID    COUNTS.USERS  SCOPES  USED AT\n\
             a     5             x, y    1970-01-01T00:00:00.000Z\n\
             long  -             -       -\n"
        );
        let wide = table(&["name", "id"], &[json!({"name": "ä".repeat(60), "id": 1})]);
        assert!(wide.contains(&format!("{}…  1", "ä".repeat(47))), "{wide}");
    }

    #[test]
    fn objects_are_lines_and_nothing_steers_the_terminal() {
        let value = json!({"name": "a\u{1b}[2Jb", "at": 5, "list": [{"x": 1, "y": [{"z": null}]}, "s"], "none": {}, "deep": {"k": true}});
        assert_eq!(
            lines(&value),
            "name: a\u{fffd}[2Jb\nat: 5\nlist:\n  - x: 1\n    y:\n      - z: -\n  - s\nnone: -\ndeep:\n  k: true\n"
        );
    }
}
