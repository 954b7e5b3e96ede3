//! The fields that an operator adds to people, organizations and what belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::fields::{LARGEST, checked};
use auth_core::settings::{FieldKind, FieldOwner, FieldSettings, FieldsSettings};
use serde_json::Value as Json;

use super::load::many;
use super::read::Reader;
use super::tokens::CLAIMS;

/// The most fields of one kind of thing.
const MOST: usize = 50;

/// Reads them all.
pub(super) fn settings(r: &mut Reader<'_>) -> FieldsSettings {
    let mut settings = FieldsSettings::default();
    for owner in many_owners(r) {
        let Some((_, kind)) = FieldOwner::ALL.into_iter().find(|(name, _)| *name == owner) else {
            let names: Vec<&str> = FieldOwner::ALL.iter().map(|(name, _)| *name).collect();
            let key = format!("additional_fields.{owner}");
            r.fault(&key, format!("{owner:?} has no such fields"), &format!("write one of {}", names.join(", ")));
            continue;
        };
        let names = many(r.values, &format!("additional_fields.{owner}.*."));
        if names.len() > MOST {
            let key = format!("additional_fields.{owner}");
            r.fault(&key, format!("there are {} of them", names.len()), &format!("declare {MOST} at most"));
        }
        for (one, other) in alike(&names) {
            let key = format!("additional_fields.{owner}.{other}");
            r.fault(&key, format!("it is {one} but for the case"), "call it something else");
        }
        let read: Vec<FieldSettings> = names.iter().filter_map(|name| field(r, &owner, kind, name)).collect();
        let defaults: usize = read.iter().filter_map(|field| Some(field.default.as_ref()?.to_string().len())).sum();
        if defaults > LARGEST / 2 {
            let key = format!("additional_fields.{owner}");
            r.fault(&key, format!("the defaults are {defaults} bytes"), "let them be 32 KiB at most together");
        }
        *settings.of(kind) = read;
    }
    settings
}

/// Names that differ in case alone, which the environment could not tell apart.
fn alike(names: &BTreeSet<String>) -> Vec<(&String, &String)> {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    names.iter().filter_map(|name| seen.insert(name.to_ascii_lowercase(), name).map(|other| (other, name))).collect()
}

/// What has fields.
fn many_owners(r: &Reader<'_>) -> Vec<String> {
    let owners = r.values.keys().filter_map(|key| key.strip_prefix("additional_fields.")?.split('.').next());
    let mut owners: Vec<String> = owners.filter(|owner| *owner != "*").map(str::to_owned).collect();
    owners.dedup();
    owners
}

fn field(r: &mut Reader<'_>, owner: &str, kind: FieldOwner, name: &str) -> Option<FieldSettings> {
    let section = format!("additional_fields.{owner}.{name}");
    let key = |setting: &str| format!("{section}.{setting}");
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        // To a program in JavaScript that copies it, `__proto__` is not a field.
        && !name.starts_with("__")
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && (1..=64).contains(&name.len());
    if !plain {
        r.fault(&section, format!("{name:?} cannot be a name"), "use letters, digits and _, no digit first, nor two _");
        return None;
    }
    if kind.reserved().contains(&name) || (kind == FieldOwner::User && CLAIMS.contains(&name)) {
        r.fault(&section, "there is something of that name already".to_owned(), "call it something else");
        return None;
    }
    let holds = r.choice(
        &key("type"),
        &[
            ("string", FieldKind::Text),
            ("number", FieldKind::Number),
            ("boolean", FieldKind::Boolean),
            ("date", FieldKind::Date),
            ("string[]", FieldKind::Texts),
            ("number[]", FieldKind::Numbers),
        ],
    );
    let mut field = FieldSettings {
        name: name.to_owned(),
        kind: holds,
        required: r.flag(&key("required")),
        default: None,
        input: r.flag(&key("input")),
        returned: r.flag(&key("returned")),
        max_length: r.number(&key("max_length"), 1, 16_384),
    };
    if let Some(text) = r.optional(&key("default")) {
        let value = if holds == FieldKind::Text || holds == FieldKind::Date {
            Some(Json::String(text))
        } else {
            serde_json::from_str(&text).ok()
        };
        field.default = value.and_then(|value| checked(holds, field.max_length, &value).ok());
        if field.default.is_none() {
            r.fault(&key("default"), "it is no value of this field".to_owned(), "write one as JSON, a text as it is");
        }
    }
    if field.required && field.default.is_none() {
        if !kind.is_made_with() {
            let said = format!("nobody is asked for the fields of a {owner}");
            r.fault(&key("required"), said, "write a default");
        } else if !field.input {
            r.fault(
                &key("required"),
                "nobody may give what must be given".to_owned(),
                "write a default, or let people give it (input)",
            );
        }
    }
    Some(field)
}
