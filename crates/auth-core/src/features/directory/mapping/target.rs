//! What a mapping gives a person, and how an admin writes it: `target`, or `{{ expression }}.target`.

/// What is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The address.
    EmailAddress,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The name that is shown.
    Name,
    /// The address of an image.
    Image,
    /// The integrator's id.
    ExternalId,
    /// A role in the directory's organization.
    OrganizationRole,
    /// A member of the public metadata.
    PublicMetadata(String),
    /// Whether the person is active: written in some tables of mappings, and always so.
    Active,
}

/// What stands before the key of public metadata.
const PUBLIC_METADATA: &str = "public_metadata.";
/// The longest key, in bytes.
const LONGEST_KEY: usize = 64;

impl Target {
    /// Reads the name of a target.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "email_address" => Self::EmailAddress,
            "first_name" => Self::FirstName,
            "last_name" => Self::LastName,
            "name" => Self::Name,
            "image" => Self::Image,
            "external_id" => Self::ExternalId,
            "organization_role" => Self::OrganizationRole,
            "active" => Self::Active,
            _ => {
                let key = text.strip_prefix(PUBLIC_METADATA).ok_or_else(|| {
                    "The target is one of email_address, first_name, last_name, name, image, external_id, \
                     organization_role, public_metadata.<key>"
                        .to_owned()
                })?;
                let ok = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
                if !(1..=LONGEST_KEY).contains(&key.len()) || !key.bytes().all(ok) {
                    return Err(format!("A key of public metadata has 1 to {LONGEST_KEY} letters, digits, _ . and -"));
                }
                Self::PublicMetadata(key.to_owned())
            }
        })
    }

    /// Whether it belongs to the person themselves.
    pub(super) fn is_profile(&self) -> bool {
        !matches!(self, Self::OrganizationRole | Self::PublicMetadata(_) | Self::Active)
    }

    /// The name of the target.
    pub(super) fn text(&self) -> String {
        match self {
            Self::EmailAddress => "email_address",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Name => "name",
            Self::Image => "image",
            Self::ExternalId => "external_id",
            Self::OrganizationRole => "organization_role",
            Self::Active => "active",
            Self::PublicMetadata(key) => return format!("{PUBLIC_METADATA}{key}"),
        }
        .to_owned()
    }
}

/// Takes what an admin wrote apart: the expression, if there is one, and the name of the target. An expression may
/// itself hold what ends one, in a text, so it ends where the last one does.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(super) fn split(text: &str) -> Result<(Option<&str>, &str), String> {
    match text.rfind("}}.") {
        Some(at) => Ok((Some(&text[..at + 2]), &text[at + 3..])),
        None if text.contains("{{") || text.contains("{%") => {
            Err("An expression is followed by a dot and the target: {{ value | downcase }}.first_name".to_owned())
        }
        None => Ok((None, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_written_alike() {
        for text in ["email_address", "name", "organization_role", "public_metadata.a.b-C_9", "active"] {
            assert_eq!(Target::parse(text).unwrap().text(), text);
        }
        for text in ["", "email", "public_metadata", "public_metadata.", "public_metadata.a b", "private_metadata.x"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
        assert!(Target::parse(&format!("public_metadata.{}", "x".repeat(65))).is_err());
    }

    #[test]
    fn an_expression_ends_where_the_last_one_does() {
        assert_eq!(split("name").unwrap(), (None, "name"));
        assert_eq!(split("{{ value }}.name").unwrap(), (Some("{{ value }}"), "name"));
        let odd = r#"{{ value | append: "}}.x" }}-{{ value }}.public_metadata.a.b"#;
        let (expression, target) = split(odd).unwrap();
        assert_eq!((expression, target), (odd.strip_suffix(".public_metadata.a.b"), "public_metadata.a.b"));
        assert!(split("{{ value }}").is_err() && split("{{ value }} .name").is_err() && split("{% x %}").is_err());
    }
}
