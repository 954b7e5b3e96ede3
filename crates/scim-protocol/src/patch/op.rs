//! The PATCH request and its paths.

use std::fmt;

use serde_json::Value;

use crate::filter::Parser;
use crate::normalize::{check_schemas, twice};
use crate::path::shorten;
use crate::{AttrPath, Filter, Result, ScimError};

/// How many operations one request may have.
pub const MAX_OPERATIONS: usize = 50_000;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Add to what is there.
    Add,
    /// Put in place of what is there.
    Replace,
    /// Take away.
    Remove,
}

/// One operation. Names are not looked up yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: Op,
    /// Where; `None` for the resource itself.
    pub path: Option<PatchPath>,
    /// With what. `null` and absence are different things only for those who look.
    pub value: Option<Value>,
}

/// `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, each with a URN in front or not.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchPath {
    /// The attribute, and the sub-attribute wherever it stands.
    pub attr: AttrPath,
    /// Which elements of the attribute.
    pub filter: Option<Filter>,
}

impl PatchPath {
    /// Reads a path.
    ///
    /// # Errors
    /// `invalidPath`, also where the filter inside it is malformed.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text.trim())
            .map_err(|error| ScimError::invalid_path(format!("\"{}\" is no path: {}", shorten(text), error.detail)))
    }

    fn read(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text)?;
        let mut attr = parser.path()?;
        let filter = parser.brackets(0)?;
        if filter.is_some() {
            if attr.sub.is_some() && attr.schema.is_none() {
                return Err(ScimError::invalid_path("a filter cannot follow a sub-attribute"));
            }
            // A dot where the colon belongs: `urn:…:User.emails[…]`.
            if let (Some(urn), Some(name)) = (&mut attr.schema, attr.sub.take()) {
                urn.push(':');
                urn.push_str(&std::mem::replace(&mut attr.attr, name));
            }
            if let Some(sub) = parser.dotted()? {
                attr.sub = Some(sub.attr);
            }
        }
        if parser.rest().is_empty() {
            Ok(Self { attr, filter })
        } else {
            Err(ScimError::invalid_path("it goes on after its end"))
        }
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.filter {
            None => write!(f, "{}", self.attr),
            Some(filter) => {
                let head = AttrPath { sub: None, ..self.attr.clone() };
                write!(f, "{head}[{filter}]")?;
                self.attr.sub.as_ref().map_or(Ok(()), |sub| write!(f, ".{sub}"))
            }
        }
    }
}

/// Reads the body of a PATCH. Member names and operations match whatever their letter case; the
/// `schemas` of the message may be missing, or be those of something else.
///
/// # Errors
/// `invalidSyntax` for a malformed message, `invalidPath` for a malformed path.
pub fn parse(body: Value) -> Result<Vec<Operation>> {
    let Value::Object(body) = body else {
        return Err(ScimError::invalid_syntax("the body must be a JSON object"));
    };
    let (mut schemas, mut operations) = (None, None);
    for (key, value) in body {
        let place = match &*key {
            key if key.eq_ignore_ascii_case("schemas") => &mut schemas,
            key if key.eq_ignore_ascii_case("Operations") => &mut operations,
            _ => continue,
        };
        set_once(place, &key, value)?;
    }
    check_schemas(schemas.as_ref())?;
    let Some(Value::Array(operations)) = operations else {
        return Err(ScimError::invalid_syntax("Operations must be a list"));
    };
    if operations.is_empty() {
        return Err(ScimError::invalid_syntax("Operations is empty"));
    }
    if operations.len() > MAX_OPERATIONS {
        return Err(ScimError::new(413, format!("a PATCH may have {MAX_OPERATIONS} operations at most")));
    }
    operations.into_iter().map(operation).collect()
}

/// Takes a member of the message, which may be there twice only if it says the same.
fn set_once(place: &mut Option<Value>, key: &str, value: Value) -> Result<()> {
    if place.as_ref().is_some_and(|other| *other != value) {
        return Err(twice(key));
    }
    *place = Some(value);
    Ok(())
}

fn operation(value: Value) -> Result<Operation> {
    let Value::Object(object) = value else {
        return Err(ScimError::invalid_syntax("an operation must be an object"));
    };
    let (mut op, mut path, mut argument) = (None, None, None);
    for (key, value) in object {
        let place = match &*key {
            key if key.eq_ignore_ascii_case("op") => &mut op,
            key if key.eq_ignore_ascii_case("path") => &mut path,
            key if key.eq_ignore_ascii_case("value") => &mut argument,
            _ => continue,
        };
        set_once(place, &key, value)?;
    }
    let op = match op {
        Some(Value::String(word)) if word.eq_ignore_ascii_case("add") => Op::Add,
        Some(Value::String(word)) if word.eq_ignore_ascii_case("replace") => Op::Replace,
        Some(Value::String(word)) if word.eq_ignore_ascii_case("remove") => Op::Remove,
        Some(Value::String(word)) => {
            return Err(ScimError::invalid_syntax(format!("\"{}\" is not add, replace or remove", shorten(&word))));
        }
        _ => return Err(ScimError::invalid_syntax("an operation needs op: add, replace or remove")),
    };
    let path = match path {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(PatchPath::parse(&text)?),
        Some(_) => return Err(ScimError::invalid_path("a path must be text")),
    };
    if argument.is_none() && op != Op::Remove {
        return Err(ScimError::invalid_value("add and replace need a value"));
    }
    if path.is_none() && op == Op::Remove {
        return Err(ScimError::no_target("remove needs a path"));
    }
    Ok(Operation { op, path, value: argument })
}
