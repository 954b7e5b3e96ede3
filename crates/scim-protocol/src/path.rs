//! Attribute paths: `userName`, `name.givenName`, and the same with a schema's URN in front.
//!
//! Paths with a value filter in brackets belong to [`crate::patch`].

use std::fmt;

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
        let mut names = rest.split('.');
        let mut attr = names.next()?;
        let mut sub = names.next();
        if let (Some(third), Some(urn)) = (names.next(), schema.as_mut()) {
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
        && text[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Whether text can be the URI of a schema.
fn is_schema(text: &str) -> bool {
    text.contains(':') && text.bytes().all(is_path_byte)
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
            (urn(""), path(Some(&ENTERPRISE[..ENTERPRISE.len() - 5]), "User", None)),
        ] {
            assert_eq!(AttrPath::parse(&text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in
            ["", ".", "a.", ".a", "a.b.c", "1a", "a b", "a:b", "ä", "a\0", "urn:x:", "urn:x:a.b.c.d", &"a".repeat(2000)]
        {
            assert!(AttrPath::parse(text).is_err(), "{text:?}");
        }
    }
}
