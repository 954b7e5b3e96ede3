//! The layers of the configuration: the default file, a file of the operator's, the environment.
//!
//! The default file is also the schema: a setting that it does not have is unknown, and its value there says which
//! type the setting has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use config::{FileFormat, Source, Value, ValueKind};

use super::Fault;

/// The default file.
pub const DEFAULT: &str = include_str!("../../config.default.toml");

/// The sections of the default file that stand for as many as an operator wants: `oidc.acme.issuer` is a setting if
/// `oidc.*.issuer` is.
const MANY: [&str; 2] = ["oidc.*.", "additional_fields.*.*."];

/// What the environment's names begin with.
const PREFIX: &str = "PORTICO__";

/// The value of every setting, by its dotted name. All have the type of their default.
pub(super) type Values = BTreeMap<String, ValueKind>;

/// Reads the layers. What is wrong in them is added to the faults, and the default stands in its place.
pub(super) fn layers(
    file: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
    faults: &mut Vec<Fault>,
) -> Values {
    let mut values = match parse(DEFAULT) {
        Ok(values) => values.into_iter().filter(|(_, value)| !matches!(value, ValueKind::Table(_))).collect(),
        Err(error) => {
            faults.push(Fault::new("config.default.toml", error, "this is a fault of the build"));
            Values::new()
        }
    };
    if let Some(path) = file {
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| parse(&text));
        match read {
            Ok(own) => own.into_iter().for_each(|(key, value)| put(&mut values, &key, &key, value, faults)),
            Err(error) => {
                faults.push(Fault::new(&path.display().to_string(), error, "name a readable TOML file with --config"));
            }
        }
    }
    for (name, text) in env {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = as_declared(&values, rest.to_lowercase().replace("__", "."));
        put(&mut values, &name, &key, ValueKind::String(text), faults);
    }
    // What one of many does not say is as in the section that stands for all.
    for pattern in MANY {
        let defaults: Vec<_> = values
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(pattern)?.to_owned(), value.clone())))
            .collect();
        for section in sections(&values, pattern) {
            for (setting, value) in &defaults {
                values.entry(format!("{section}{setting}")).or_insert_with(|| value.clone());
            }
        }
    }
    values
}

/// The names that stand in the place of the last asterisk of a pattern in which the others are filled in.
pub(super) fn many(values: &Values, pattern: &str) -> BTreeSet<String> {
    let name = |section: &String| Some(section.trim_end_matches('.').rsplit('.').next()?.to_owned());
    sections(values, pattern).iter().filter_map(name).collect()
}

/// The sections that fall under a pattern, each with its final dot.
fn sections(values: &Values, pattern: &str) -> BTreeSet<String> {
    values.keys().filter(|key| !key.contains('*')).filter_map(|key| under(pattern, key)).map(str::to_owned).collect()
}

/// The section of a setting, if it falls under a pattern.
fn under<'k>(pattern: &str, key: &'k str) -> Option<&'k str> {
    let mut rest = key;
    for part in pattern.trim_end_matches('.').split('.') {
        let (name, more) = rest.split_once('.')?;
        if part != "*" && part != name {
            return None;
        }
        rest = more;
    }
    key.strip_suffix(rest)
}

/// The setting of the default file that a name is one of many of.
fn one_of_many(key: &str) -> Option<String> {
    MANY.iter().find_map(|pattern| Some(format!("{pattern}{}", key.strip_prefix(under(pattern, key)?)?)))
}

/// The name of a setting from the environment, where case says nothing, as the file spells the section it is of.
fn as_declared(values: &Values, key: String) -> String {
    let declared = MANY.iter().find_map(|pattern| {
        let section = under(pattern, &key)?;
        let known = sections(values, pattern).into_iter().find(|known| known.eq_ignore_ascii_case(section))?;
        Some(format!("{known}{}", &key[section.len()..]))
    });
    declared.unwrap_or(key)
}

/// Sets one value, if the setting exists and the value has its type.
fn put(values: &mut Values, said: &str, key: &str, value: ValueKind, faults: &mut Vec<Fault>) {
    if matches!(value, ValueKind::Table(_)) {
        return declare(values, key);
    }
    let known = values.get(key).or_else(|| values.get(&one_of_many(key)?));
    let Some(known) = known.filter(|_| !key.contains('*')) else {
        let remedy = match nearest(key, values) {
            Some(close) => format!("did you mean {}?", spelled_like(said, close)),
            None => "see config.default.toml for the settings that there are".to_owned(),
        };
        faults.push(Fault::new(said, "no such setting", remedy));
        return;
    };
    match coerce(known, value) {
        Ok(value) => {
            values.insert(key.to_owned(), value);
        }
        Err((problem, remedy)) => faults.push(Fault::new(said, problem, remedy)),
    }
}

/// A section in which nothing is said. One of many is there by its name alone: with one of its settings, which is as in the section
/// that stands for all, it has the others.
fn declare(values: &mut Values, section: &str) {
    let any = format!("{section}.any");
    let is_one_of = |pattern: &&&str| under(pattern, &any).is_some_and(|found| found.len() == section.len() + 1);
    let Some(pattern) = MANY.iter().find(is_one_of) else { return };
    let default = values.iter().find_map(|(key, value)| Some((key.strip_prefix(pattern)?.to_owned(), value.clone())));
    if let Some((setting, value)) = default {
        values.entry(format!("{section}.{setting}")).or_insert(value);
    }
}

/// The value in the type of the known one. The environment has only text.
fn coerce(known: &ValueKind, value: ValueKind) -> Result<ValueKind, (String, &'static str)> {
    let shown = value.to_string();
    let value = match (known, value) {
        (ValueKind::Boolean(_), ValueKind::Boolean(flag)) => Some(ValueKind::Boolean(flag)),
        (ValueKind::Boolean(_), ValueKind::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(ValueKind::Boolean(true)),
            "false" | "0" | "no" | "off" => Some(ValueKind::Boolean(false)),
            _ => None,
        },
        (ValueKind::I64(_), ValueKind::I64(number)) => Some(ValueKind::I64(number)),
        (ValueKind::I64(_), ValueKind::String(text)) => text.trim().parse().ok().map(ValueKind::I64),
        (ValueKind::String(_), ValueKind::String(text)) => Some(ValueKind::String(text)),
        (ValueKind::Array(_), ValueKind::Array(items)) => {
            items.iter().all(|item| matches!(item.kind, ValueKind::String(_))).then_some(ValueKind::Array(items))
        }
        (ValueKind::Array(_), ValueKind::String(text)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(ValueKind::Array(items.map(|item| Value::new(None, item)).collect()))
        }
        _ => None,
    };
    value.ok_or_else(|| match known {
        ValueKind::Boolean(_) => (format!("{shown:?} is neither true nor false"), "write true or false"),
        ValueKind::I64(_) => (format!("{shown:?} is not a whole number"), "write a whole number"),
        ValueKind::Array(_) => (format!("{shown:?} is not a list of texts"), "write a list of texts"),
        // It may be a secret: it is not repeated.
        _ => ("it is not a text".to_owned(), "write a text in quotation marks"),
    })
}

/// A TOML text as dotted names and values.
fn parse(text: &str) -> Result<Values, String> {
    let tables = config::File::from_str(text, FileFormat::Toml).collect().map_err(|error| error.to_string())?;
    let mut values = Values::new();
    flatten("", tables, &mut values);
    Ok(values)
}

fn flatten(prefix: &str, tables: config::Map<String, Value>, values: &mut Values) {
    for (name, value) in tables {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value.kind {
            ValueKind::Table(inner) if !inner.is_empty() => flatten(&key, inner, values),
            kind => {
                values.insert(key, kind);
            }
        }
    }
}

/// The known name that differs from a wrong one in the fewest letters, if it is a few.
fn nearest<'v>(key: &str, values: &'v Values) -> Option<&'v str> {
    let close = values.keys().map(|known| (distance(key, known), known)).min()?;
    (close.0 <= 1 + key.len() / 4).then_some(close.1)
}

/// The name in the spelling of the place where the wrong one stood.
fn spelled_like(said: &str, key: &str) -> String {
    if said.starts_with(PREFIX) { variable(key) } else { key.to_owned() }
}

/// The environment variable of a setting.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// How many letters must be added, removed or replaced (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}
