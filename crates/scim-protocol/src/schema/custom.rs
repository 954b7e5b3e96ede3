//! Extension schemas that a directory brings along, read from their definition in JSON (RFC 7643
//! section 7). Strict: what would not be honored is refused, and the refusal names the field.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{AttrType, Attribute, Mutability, Returned, Schema, Uniqueness};
use crate::path::shorten;
use crate::{AttrPath, Result, ScimError};

/// How many attributes a schema may have, their sub-attributes counted.
pub const MAX_ATTRIBUTES: usize = 100;
/// How many canonical values an attribute may have.
pub const MAX_CANONICAL_VALUES: usize = 100;
/// The longest name of an attribute, in bytes.
pub const MAX_NAME: usize = 64;
/// The longest URN, canonical value and name of a schema, in bytes.
pub const MAX_TEXT: usize = 255;
/// The longest description, in bytes.
pub const MAX_DESCRIPTION: usize = 2000;

/// Where the standard has its own URNs.
const RESERVED: &str = "urn:ietf:params:scim:";
/// Below it: where Entra ID has an application's own extensions.
const EXTENSIONS: &str = "urn:ietf:params:scim:schemas:extension:";
/// Below that: the standard's own extension.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:";

impl Schema {
    /// Reads the definition of an extension. `meta` and `schemas`, which [`to_json`](Self::to_json) adds,
    /// say nothing; any other member that is not known is refused.
    ///
    /// # Errors
    /// `invalidValue`, naming the field, if the definition is not one that can be served.
    pub fn from_json(definition: &Value) -> Result<Self> {
        let known = ["schemas", "id", "name", "description", "attributes", "meta"];
        let fields = Fields::of(definition, String::new(), &known)?;
        let mut count = 0;
        Ok(Self {
            id: urn(&fields)?.into(),
            name: fields.required_text("name", MAX_TEXT)?.into(),
            description: fields.text("description", MAX_DESCRIPTION)?.unwrap_or_default().into(),
            attributes: attributes(&fields, "attributes", None, &mut count)?,
        })
    }
}

/// The URN. Each attribute must be reachable by a path that has it in front, and it must be a path itself.
fn urn(fields: &Fields<'_>) -> Result<String> {
    let id = fields.required_text("id", MAX_TEXT)?;
    let lower = id.to_ascii_lowercase();
    let own = lower.starts_with(EXTENSIONS) && !lower.starts_with(ENTERPRISE);
    if lower.starts_with(RESERVED) && !own {
        return Err(fields.wrong("id", format!("must not be below {RESERVED}, which is the standard's own")));
    }
    let parts: Vec<&str> = lower.split(':').collect();
    let is_part = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let is_path = AttrPath::split(&id).is_some_and(|path| path.sub.is_none());
    if parts[0] != "urn" || parts.len() < 3 || !parts.iter().all(is_part) || !is_path {
        let detail =
            "must be a URN of letters, digits and -._ that ends in a name or a version, such as urn:example:hr:User";
        return Err(fields.wrong("id", detail));
    }
    Ok(id)
}

/// The definitions of a schema, or of the complex attribute that is given.
fn attributes(fields: &Fields<'_>, key: &str, parent: Option<&str>, count: &mut usize) -> Result<Vec<Attribute>> {
    let Some(Value::Array(definitions)) = fields.get(key) else {
        return Err(fields.wrong(key, "must be a list of attribute definitions"));
    };
    if definitions.is_empty() {
        return Err(fields.wrong(key, "must not be empty"));
    }
    let mut seen = HashSet::new();
    let mut attributes = Vec::with_capacity(definitions.len().min(MAX_ATTRIBUTES));
    for (index, definition) in definitions.iter().enumerate() {
        *count += 1;
        if *count > MAX_ATTRIBUTES {
            let detail = format!("must not bring the schema above {MAX_ATTRIBUTES} attributes, sub-attributes counted");
            return Err(fields.wrong(key, detail));
        }
        let at = format!("{}[{index}]", fields.name(key));
        let (attribute, at) = attribute(definition, at, parent, count)?;
        if !seen.insert(attribute.name.to_ascii_lowercase()) {
            return Err(wrong(&format!("{at}.name"), "is there twice; letter case makes no difference"));
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

/// One definition, and the name of its place.
fn attribute(definition: &Value, at: String, parent: Option<&str>, count: &mut usize) -> Result<(Attribute, String)> {
    let known = [
        "name",
        "type",
        "multiValued",
        "description",
        "required",
        "canonicalValues",
        "caseExact",
        "mutability",
        "returned",
        "uniqueness",
        "referenceTypes",
        "subAttributes",
    ];
    let fields = Fields::of(definition, at, &known)?;
    let name = name(&fields, parent.is_some())?;
    let kind = fields.word("type", &KINDS)?.ok_or_else(|| fields.wrong("type", "is required"))?;
    let references = kind == AttrType::Reference;
    let attribute = Attribute {
        kind,
        multi_valued: fields.flag("multiValued")?.unwrap_or_default(),
        description: fields.text("description", MAX_DESCRIPTION)?.unwrap_or_default().into(),
        required: fields.flag("required")?.unwrap_or_default(),
        canonical_values: fields.texts("canonicalValues")?,
        only_canonical: true,
        // URIs and binary data have only one spelling (RFC 7643 sections 2.3.6 and 2.3.7).
        case_exact: fields.flag("caseExact")?.unwrap_or(references || kind == AttrType::Binary),
        mutability: fields.word("mutability", &MUTABILITIES)?.unwrap_or(Mutability::ReadWrite),
        returned: fields.word("returned", &RETURNED)?.unwrap_or(Returned::Default),
        uniqueness: fields.word("uniqueness", &[("none", Uniqueness::None)])?.unwrap_or(Uniqueness::None),
        reference_types: fields.texts("referenceTypes")?,
        sub_attributes: Vec::new(),
        name: name.into(),
    };
    check(&fields, &attribute, parent)?;
    let sub_attributes = match (attribute.is_complex(), fields.get("subAttributes")) {
        (true, _) => attributes(&fields, "subAttributes", Some(&attribute.name), count)?,
        (false, None) => Vec::new(),
        (false, Some(Value::Array(none))) if none.is_empty() => Vec::new(),
        (false, Some(_)) => return Err(fields.wrong("subAttributes", "belongs to the type complex only")),
    };
    Ok((Attribute { sub_attributes, ..attribute }, fields.at))
}

const KINDS: [(&str, AttrType); 8] = [
    ("string", AttrType::String),
    ("boolean", AttrType::Boolean),
    ("decimal", AttrType::Decimal),
    ("integer", AttrType::Integer),
    ("dateTime", AttrType::DateTime),
    ("reference", AttrType::Reference),
    ("binary", AttrType::Binary),
    ("complex", AttrType::Complex),
];

/// Not `writeOnly`: secrets of a client are not kept.
const MUTABILITIES: [(&str, Mutability); 3] =
    [("readWrite", Mutability::ReadWrite), ("immutable", Mutability::Immutable), ("readOnly", Mutability::ReadOnly)];

const RETURNED: [(&str, Returned); 4] = [
    ("default", Returned::Default),
    ("always", Returned::Always),
    ("request", Returned::Request),
    ("never", Returned::Never),
];

/// `[A-Za-z][A-Za-z0-9_$-]{0,63}`, and `$ref` within a complex attribute.
fn name(fields: &Fields<'_>, is_sub: bool) -> Result<String> {
    let name = fields.required_text("name", MAX_NAME)?;
    let is_rest = |byte: u8| byte.is_ascii_alphanumeric() || b"_$-".contains(&byte);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(is_rest);
    if is_name || (is_sub && name == "$ref") {
        return Ok(name);
    }
    Err(fields.wrong("name", "must be a letter, followed by letters, digits and _$- only"))
}

/// What does not go together.
fn check(fields: &Fields<'_>, attribute: &Attribute, parent: Option<&str>) -> Result<()> {
    let kind = attribute.kind;
    if let Some(parent) = parent {
        if kind == AttrType::Complex {
            return Err(fields.wrong("type", format!("must not be complex within {parent}")));
        }
        if attribute.multi_valued {
            return Err(fields.wrong("multiValued", format!("must not be true within {parent}")));
        }
    }
    if !attribute.canonical_values.is_empty() && !matches!(kind, AttrType::String | AttrType::Reference) {
        return Err(fields.wrong("canonicalValues", "belongs to the types string and reference only"));
    }
    if !attribute.reference_types.is_empty() && kind != AttrType::Reference {
        return Err(fields.wrong("referenceTypes", "belongs to the type reference only"));
    }
    if attribute.required && attribute.mutability == Mutability::ReadOnly {
        return Err(fields.wrong("required", "must not be true where nobody can write: mutability is readOnly"));
    }
    Ok(())
}

/// The members of an object in a definition. Names match whatever their letter case; `null` is absence.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// Where the object stands: empty, or as `attributes[2]`.
    at: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, at: String, known: &[&str]) -> Result<Self> {
        let Value::Object(object) = value else {
            let name = if at.is_empty() { "the definition" } else { &at };
            return Err(wrong(name, "must be an object"));
        };
        let fields = Self { object, at };
        let mut seen = HashSet::new();
        for key in object.keys() {
            if !known.iter().any(|name| name.eq_ignore_ascii_case(key)) {
                return Err(fields.wrong(&shorten(key), "is not known here"));
            }
            if !seen.insert(key.to_ascii_lowercase()) {
                return Err(fields.wrong(&shorten(key), "is there twice"));
            }
        }
        Ok(fields)
    }

    /// The name of a field in full.
    fn name(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    fn wrong(&self, key: &str, what: impl AsRef<str>) -> ScimError {
        wrong(&self.name(key), what.as_ref())
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let (_, value) = self.object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        (!value.is_null()).then_some(value)
    }

    fn text(&self, key: &str, longest: usize) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if is_fine(text, longest) => Ok(Some(text.clone())),
            Some(Value::String(_)) => {
                Err(self.wrong(key, format!("must have {longest} bytes at most and no control characters")))
            }
            Some(_) => Err(self.wrong(key, "must be text")),
        }
    }

    fn required_text(&self, key: &str, longest: usize) -> Result<String> {
        let text = self.text(key, longest)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| self.wrong(key, "is required"))
    }

    fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(key, "must be true or false")),
        }
    }

    /// One of some words, in the letter case of the standard.
    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| value.as_str() == Some(word)).map(|(_, meaning)| *meaning);
        found.map(Some).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(key, format!("must be {}", words.join(", ")))
        })
    }

    fn texts(&self, key: &str) -> Result<Vec<Cow<'static, str>>> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let Value::Array(values) = value else { return Err(self.wrong(key, "must be a list of texts")) };
        if values.len() > MAX_CANONICAL_VALUES {
            return Err(self.wrong(key, format!("must have {MAX_CANONICAL_VALUES} values at most")));
        }
        let mut texts: Vec<Cow<'static, str>> = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let at = format!("{key}[{index}]");
            match value {
                Value::String(text) if text.is_empty() => return Err(self.wrong(&at, "must not be empty")),
                Value::String(text) if !is_fine(text, MAX_TEXT) => {
                    return Err(
                        self.wrong(&at, format!("must have {MAX_TEXT} bytes at most and no control characters"))
                    );
                }
                Value::String(text) if texts.iter().any(|other| other == text) => {
                    return Err(self.wrong(&at, "is there twice"));
                }
                Value::String(text) => texts.push(text.clone().into()),
                _ => return Err(self.wrong(&at, "must be text")),
            }
        }
        Ok(texts)
    }
}

/// Line breaks may be in descriptions; other control characters are good for nothing, and U+0000 cannot
/// be stored.
fn is_fine(text: &str, longest: usize) -> bool {
    text.len() <= longest && !text.chars().any(|c| c.is_control() && c != '\n')
}

fn wrong(name: &str, what: &str) -> ScimError {
    ScimError::invalid_value(format!("{name} {what}"))
}

#[cfg(test)]
mod everywhere;
#[cfg(test)]
mod tests;
