//! Attribute paths: `userName`, `name.givenName`, and the same with a schema's URN in front.
//!
//! Paths with a value filter in brackets belong to [`crate::patch`].

use std::fmt;

use crate::schema::{Resolved, ResourceType, Target};
use crate::{Result, ScimError};

/// The longest path that is read, in bytes.
const MAX_LENGTH: usize = 1024;

/// The name of an attribute, as it was written or, after [`resolving`](crate::ResourceType::canonical),
/// in canonical spelling: attributes of the core schema without URN, those of extensions with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The schema's URN, without the colon.
    pub schema: Option<String>,
    /// The attribute.
    pub attr: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl AttrPath {
    /// An attribute of the core schema.
    pub fn new(attr: impl Into<String>) -> Self {
        Self { schema: None, attr: attr.into(), sub: None }
    }

    /// The same with a sub-attribute.
    #[must_use]
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        Self { sub: Some(sub.into()), ..self }
    }

    /// Reads a path. Letter case is kept.
    ///
    /// # Errors
    /// `invalidPath`, if it is none.
    pub fn parse(text: &str) -> Result<Self> {
        Self::split(text).ok_or_else(|| ScimError::invalid_path(format!("\"{}\" is no attribute path", shorten(text))))
    }

    /// Takes a path apart. A URN holds dots and colons of its own, so it is split at its last colon;
    /// `urn:…:User.manager.value` (a dot where the colon belongs) is understood as well.
    pub(crate) fn split(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (mut schema, rest) = match text.rsplit_once(':') {
            Some((schema, rest)) if is_schema(schema) => (Some(schema.to_owned()), rest),
            Some(_) => return None,
            None => (None, text),
        };
        // A URN alone that ends in a version is no name, but it is the whole path.
        if schema.is_some() && is_version(rest) {
            return Some(Self { schema, attr: rest.to_owned(), sub: None });
        }
        let mut names = rest.split('.');
        let mut attr = names.next()?;
        let mut sub = names.next();
        if let (Some(third), Some(urn), true) = (names.next(), schema.as_mut(), is_name(attr)) {
            urn.push(':');
            urn.push_str(attr);
            attr = sub?;
            sub = Some(third);
        } else if rest.split('.').count() > 2 {
            return None;
        }
        let ok = names.next().is_none() && is_name(attr) && sub.is_none_or(is_name);
        ok.then(|| Self { schema, attr: attr.to_owned(), sub: sub.map(str::to_owned) })
    }
}

impl ResourceType {
    /// What a path means, where [`resolve`](Self::resolve) takes it by the letter: a name without URN that
    /// the core schema does not have is looked for in the extensions, the first of which that has it is
    /// meant. Entra ID asks for `manager eq "x"`.
    pub fn lookup(&self, path: &AttrPath) -> Option<Resolved<'_>> {
        if let Some(resolved) = self.resolve(path) {
            return Some(resolved);
        }
        match (&path.schema, &path.sub) {
            // The URN of one extension may continue that of another.
            (Some(urn), None) => self.extension(&format!("{urn}:{}", path.attr)).map(Resolved::Schema),
            (Some(_), Some(_)) => None,
            (None, _) => self.extensions.iter().find_map(|extension| {
                let attribute = extension.schema.attribute(&path.attr)?;
                let sub = match &path.sub {
                    Some(name) => Some(attribute.sub(name)?),
                    None => None,
                };
                Some(Resolved::Attribute(Target { extension: Some(&extension.schema), attribute, sub }))
            }),
        }
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attr)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// `ATTRNAME` of RFC 7643 section 2.1, with the `$` of `$ref`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '$')
        && text[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b"_-$".contains(&b))
}

/// Whether the last part of a URN is a version: `1.0`.
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether text can be the URI of a schema.
fn is_schema(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.contains(':') && text.bytes().all(is_path_byte)
}

/// The bytes a path may consist of. Everything else ends it.
pub(crate) fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-:$/%~+#?=&@!*,;'".contains(&byte)
}

/// Text of others for a message: short, without what could break a log line.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn path(schema: Option<&str>, attr: &str, sub: Option<&str>) -> AttrPath {
        AttrPath { schema: schema.map(str::to_owned), attr: attr.to_owned(), sub: sub.map(str::to_owned) }
    }

    #[test]
    fn paths_are_taken_apart() {
        let urn = |rest: &str| format!("{ENTERPRISE}{rest}");
        for (text, wanted) in [
            ("userName".to_owned(), path(None, "userName", None)),
            ("name.givenName".to_owned(), path(None, "name", Some("givenName"))),
            ("manager.$ref".to_owned(), path(None, "manager", Some("$ref"))),
            (urn(":department"), path(Some(ENTERPRISE), "department", None)),
            (urn(":manager.value"), path(Some(ENTERPRISE), "manager", Some("value"))),
            (urn(".manager.value"), path(Some(ENTERPRISE), "manager", Some("value"))),
            ("urn:acme:hr:1.0".to_owned(), path(Some("urn:acme:hr"), "1.0", None)),
            ("urn:acme:hr:1.0:badge".to_owned(), path(Some("urn:acme:hr:1.0"), "badge", None)),
            (urn(""), path(Some(&ENTERPRISE[..ENTERPRISE.len() - 5]), "User", None)),
        ] {
            assert_eq!(AttrPath::parse(&text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn names_without_urn_are_looked_for_in_the_extensions() {
        let custom = |id: &'static str, name: &'static str| crate::schema::Schema {
            id: id.into(),
            name: "Custom".into(),
            description: "Custom".into(),
            attributes: vec![
                crate::schema::Attribute::string(name, "x"),
                crate::schema::Attribute::string("manager", "x"),
            ],
        };
        let kind = ResourceType::user()
            .clone()
            .with_extension(custom("urn:acme:hr", "badge").into(), false)
            .with_extension(custom("urn:acme:hr:1.0", "badge").into(), false);
        let found = |text: &str| match kind.lookup(&AttrPath::parse(text).unwrap())? {
            Resolved::Attribute(target) => Some(target.path().to_string()),
            Resolved::Schema(schema) => Some(schema.id.to_string()),
        };
        for (text, wanted) in [
            ("title", Some("title")),
            ("Department", Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")),
            ("manager.VALUE", Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value")),
            ("badge", Some("urn:acme:hr:badge")),
            ("URN:acme:hr", Some("urn:acme:hr")),
            ("urn:acme:hr:1.0", Some("urn:acme:hr:1.0")),
            ("urn:acme:hr:1.0:Badge", Some("urn:acme:hr:1.0:badge")),
            ("manager.nothing", None),
            ("nothing", None),
            ("urn:acme:nothing", None),
            ("urn:acme:hr:2.0", None),
        ] {
            assert_eq!(found(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let long = "a".repeat(2000);
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a.b.c",
            "1a",
            "1.0",
            "a b",
            "a:b",
            "ä",
            "a\0",
            "urn:x:",
            "urn:x:a.b.c.d",
            "urn:x:1a",
            "urn:x: .a.b",
            "7urn:x:a",
            &long,
        ] {
            assert!(AttrPath::parse(text).is_err(), "{text:?}");
        }
    }
}
