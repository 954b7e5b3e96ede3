//! What a schema says about one attribute (RFC 7643 section 7).

use std::borrow::Cow;

use crate::value::fold;

/// The type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttrType {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Decimal,
    /// A whole number.
    Integer,
    /// An `xsd:dateTime`.
    DateTime,
    /// Base 64.
    Binary,
    /// A URI.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

impl AttrType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may change an attribute, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// The server only.
    ReadOnly,
    /// The client at any time.
    ReadWrite,
    /// The client once.
    Immutable,
    /// The client, but nobody reads it.
    WriteOnly,
}

impl Mutability {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Returned {
    /// Whatever was asked for.
    Always,
    /// In no case.
    Never,
    /// Unless it was excluded or others were asked for.
    Default,
    /// If it was asked for.
    Request,
}

impl Returned {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

/// Among which resources a value is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// None.
    None,
    /// Those of this service provider, which for us means: of one directory.
    Server,
    /// All in the world.
    Global,
}

impl Uniqueness {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}

/// The definition of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a characteristic of its own")]
pub struct Attribute {
    /// The canonical spelling of its name.
    pub name: Cow<'static, str>,
    /// The type of its values.
    pub kind: AttrType,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// For people.
    pub description: Cow<'static, str>,
    /// Whether a resource must have it.
    pub required: bool,
    /// Suggested values. Others are accepted too, unless [`only_canonical`](Self::only_canonical) says no.
    pub canonical_values: Vec<Cow<'static, str>>,
    /// Whether nothing but the canonical values is accepted.
    pub only_canonical: bool,
    /// Whether letter case matters when it is compared.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// Among which resources it is unique.
    pub uniqueness: Uniqueness,
    /// What a reference may point to.
    pub reference_types: Vec<Cow<'static, str>>,
    /// Those of a complex attribute.
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// A single, optional, changeable attribute that is compared without regard to letter case.
    pub fn new(name: impl Into<Cow<'static, str>>, kind: AttrType, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            kind,
            multi_valued: false,
            description: description.into(),
            required: false,
            canonical_values: Vec::new(),
            only_canonical: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    /// Text.
    pub fn string(name: &'static str, description: &'static str) -> Self {
        Self::new(name, AttrType::String, description)
    }

    /// A boolean.
    pub fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, AttrType::Boolean, description)
    }

    /// A URI that points to one of the given types.
    pub fn reference(name: &'static str, description: &'static str, types: &[&'static str]) -> Self {
        let reference_types = types.iter().map(|word| Cow::Borrowed(*word)).collect();
        Self { reference_types, case_exact: true, ..Self::new(name, AttrType::Reference, description) }
    }

    /// An object of sub-attributes.
    pub fn complex(name: &'static str, description: &'static str, sub_attributes: Vec<Self>) -> Self {
        Self { sub_attributes, ..Self::new(name, AttrType::Complex, description) }
    }

    /// A list.
    #[must_use]
    pub fn multi(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    /// Every resource must have it.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Letter case matters.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// The server only.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    /// The client once.
    #[must_use]
    pub fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    /// Written and never shown.
    #[must_use]
    pub fn write_only(self) -> Self {
        Self { mutability: Mutability::WriteOnly, returned: Returned::Never, ..self }
    }

    /// Part of every answer.
    #[must_use]
    pub fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    /// Part of an answer only if it was asked for.
    #[must_use]
    pub fn on_request(self) -> Self {
        Self { returned: Returned::Request, ..self }
    }

    /// Unique among the resources of a directory.
    #[must_use]
    pub fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    /// Suggested values.
    #[must_use]
    pub fn canonical(self, values: &[&'static str]) -> Self {
        Self { canonical_values: values.iter().map(|word| Cow::Borrowed(*word)).collect(), ..self }
    }

    /// The sub-attribute of that name, whatever its letter case.
    pub fn sub(&self, name: &str) -> Option<&Self> {
        find(&self.sub_attributes, name)
    }

    /// The sub-attribute that is meant where a complex attribute is compared as a whole: `value`.
    pub fn default_sub(&self) -> Option<&Self> {
        self.sub("value")
    }

    /// Whether text may be its value as far as the canonical values are concerned. They are compared as
    /// all values of the attribute are.
    pub fn accepts(&self, text: &str) -> bool {
        let values = &self.canonical_values;
        if !self.only_canonical || values.is_empty() || values.iter().any(|value| value == text) {
            return true;
        }
        let text = fold(text);
        !self.case_exact && values.iter().any(|value| fold(value) == text)
    }

    /// Whether it is an object or a list of objects.
    pub fn is_complex(&self) -> bool {
        self.kind == AttrType::Complex
    }
}

/// The attribute of that name, whatever its letter case.
pub(crate) fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
