//! Errors as RFC 7644 section 3.12 words them.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::ERROR;

/// The detail error keywords of RFC 7644, table 9, and of RFC 9865.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// The filter yields more than the server is willing to work through.
    TooMany,
    /// A value that must be unique is taken.
    Uniqueness,
    /// The attribute cannot be changed.
    Mutability,
    /// The body is malformed.
    InvalidSyntax,
    /// The path is malformed or names nothing.
    InvalidPath,
    /// The path yields nothing that could be operated on.
    NoTarget,
    /// A value is missing, of the wrong type, or not allowed.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// The request must not carry this in its URI.
    Sensitive,
    /// The cursor is none that this service made for this query.
    InvalidCursor,
    /// The cursor is too old.
    ExpiredCursor,
    /// The count is not the one with which the pages began.
    InvalidCount,
}

impl ScimType {
    /// The keyword on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// A refusal, with the status that HTTP gives it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {detail}")]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The keyword, where one is defined.
    pub scim_type: Option<ScimType>,
    /// What a person may read. Never holds a secret.
    pub detail: Cow<'static, str>,
}

impl ScimError {
    /// A refusal without keyword.
    pub fn new(status: u16, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// A refusal with a keyword: 409 for uniqueness, else 400.
    pub fn typed(scim_type: ScimType, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = if scim_type == ScimType::Uniqueness { 409 } else { 400 };
        Self { status, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// A malformed filter.
    pub fn invalid_filter(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::InvalidFilter, detail)
    }

    /// A malformed path, or one that names nothing.
    pub fn invalid_path(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::InvalidPath, detail)
    }

    /// A value that cannot be accepted.
    pub fn invalid_value(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::InvalidValue, detail)
    }

    /// A malformed body.
    pub fn invalid_syntax(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::InvalidSyntax, detail)
    }

    /// An attribute that cannot be changed.
    pub fn mutability(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::Mutability, detail)
    }

    /// A path that yields nothing.
    pub fn no_target(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::NoTarget, detail)
    }

    /// A value that is taken.
    pub fn uniqueness(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::typed(ScimType::Uniqueness, detail)
    }

    /// The body of the answer. `status` is text, as the RFC has it.
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR], "status": self.status.to_string() });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        body["detail"] = self.detail.as_ref().into();
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_status_as_text_and_its_keyword() {
        let body = ScimError::uniqueness("userName is taken").to_json();
        assert_eq!(
            body,
            json!({"schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": "userName is taken"})
        );
        assert!(ScimError::new(404, "no such user").to_json().get("scimType").is_none());
    }

    #[test]
    fn keywords_are_those_of_the_standards() {
        for (scim_type, word) in [
            (ScimType::InvalidFilter, "invalidFilter"),
            (ScimType::TooMany, "tooMany"),
            (ScimType::Mutability, "mutability"),
            (ScimType::InvalidSyntax, "invalidSyntax"),
            (ScimType::InvalidPath, "invalidPath"),
            (ScimType::NoTarget, "noTarget"),
            (ScimType::InvalidValue, "invalidValue"),
            (ScimType::InvalidVers, "invalidVers"),
            (ScimType::Sensitive, "sensitive"),
            (ScimType::InvalidCursor, "invalidCursor"),
            (ScimType::ExpiredCursor, "expiredCursor"),
            (ScimType::InvalidCount, "invalidCount"),
        ] {
            let body = ScimError::typed(scim_type, "x").to_json();
            assert_eq!((&body["scimType"], &body["status"]), (&json!(word), &json!("400")));
        }
    }
}
