//! An export of the audit in CSV (RFC 4180), read as the lines of NDJSON that it stands for.

use std::io::BufRead;

use serde_json::{Map, Value, json};

/// The most bytes of a row: more is in no export of ours, and a quote that is never closed is not to fill the memory.
const LONGEST: usize = 16 * 1024 * 1024;

/// Rows, one after the other, with the names of their columns.
pub(super) struct Rows<R> {
    input: R,
    headings: Vec<String>,
}

impl<R: BufRead> Rows<R> {
    /// Reads the headings.
    ///
    /// # Errors
    /// What is wrong with them: an earlier version had fewer, and what it wrote cannot be verified.
    pub(super) fn new(mut input: R) -> Result<Self, String> {
        let headings = record(&mut input)?.unwrap_or_default();
        for needed in ["kind", "occurred_at"] {
            if !headings.iter().any(|name| name == needed) {
                return Err(format!("it has no column {needed}: export it anew, or as NDJSON"));
            }
        }
        Ok(Self { input, headings })
    }

    /// The next row as a line of an NDJSON export; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn next(&mut self) -> Result<Option<Value>, String> {
        let Some(fields) = record(&mut self.input)? else { return Ok(None) };
        if fields.len() != self.headings.len() {
            return Err("a row has other columns than the headings".to_owned());
        }
        let mut line = Map::new();
        for (name, field) in self.headings.iter().zip(fields) {
            // The apostrophe by which a field is kept from being a formula.
            let field = field.strip_prefix('\'').map_or(field.clone(), str::to_owned);
            line.insert(name.clone(), value(name, field)?);
        }
        let who = (line.remove("actor_type"), line.remove("actor_id"));
        line.insert("actor".to_owned(), json!({ "type": who.0, "id": who.1 }));
        Ok(Some(line.into()))
    }
}

/// What a field says: nothing is null.
fn value(name: &str, field: String) -> Result<Value, String> {
    if field.is_empty() {
        return Ok(Value::Null);
    }
    let wrong = || format!("a row has something else than {name} in that column");
    match name {
        "before" | "after" | "details" => serde_json::from_str(&field).map_err(|_| wrong()),
        "timestamp" | "sequence" | "position" | "occurred_at" => {
            field.parse::<i64>().map(Value::from).map_err(|_| wrong())
        }
        _ => Ok(field.into()),
    }
}

/// The fields of the next record. Line breaks in quotes are part of a field.
fn record(input: &mut impl BufRead) -> Result<Option<Vec<String>>, String> {
    let mut raw = Vec::new();
    loop {
        let read = input.read_until(b'\n', &mut raw).map_err(|error| error.to_string())?;
        if read == 0 {
            return if raw.is_empty() { Ok(None) } else { Err("it ends within quotes".to_owned()) };
        }
        if raw.len() > LONGEST {
            return Err("a row has no end".to_owned());
        }
        // Each quote opens, closes, or is one of two that stand for one: outside of quotes their number is even.
        if raw.iter().fold(true, |even, byte| even != (*byte == b'"')) {
            break;
        }
    }
    let text = String::from_utf8(raw).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    Ok(Some(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let csv = "\"object\",\"details\",\"kind\",\"occurred_at\",\"actor_type\",\"actor_id\"\r\n\
                   \"'=a \"\"b\"\",\r\nc\",\"{\"\"v\"\":1}\",\"''x\",\"7\",\"system\",\"\"\r\n";
        let mut rows = Rows::new(csv.as_bytes()).expect("headings");
        let row = rows.next().expect("a row").expect("one");
        assert_eq!(
            row,
            json!({"object": "=a \"b\",\r\nc", "details": {"v": 1}, "kind": "'x", "occurred_at": 7,
                "actor": {"type": "system", "id": null}})
        );
        assert_eq!(rows.next(), Ok(None));
    }

    #[test]
    fn what_is_no_export_is_refused() {
        for bad in ["", "\"a\"\r\n", "\"kind\",\"occurred_at"] {
            assert!(Rows::new(bad.as_bytes()).is_err(), "{bad:?}");
        }
        for bad in ["\"x\"\r\n", "\"x\",\"y\"\r\n", "\"x\",\"1"] {
            let csv = format!("\"kind\",\"occurred_at\"\r\n{bad}");
            assert!(Rows::new(csv.as_bytes()).expect("headings").next().is_err(), "{bad:?}");
        }
    }
}
