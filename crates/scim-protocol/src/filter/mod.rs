//! The filter language (RFC 7644 section 3.4.2.2).
//!
//! [`Filter::parse`] reads, [`Filter::resolve`] checks against a resource type and gives canonical
//! names, [`Filter::matches`] evaluates, and `Display` prints. All are linear in the size of the
//! filter; nothing is ever expanded to a normal form.

mod eval;
mod parse;
mod print;
mod resolve;

pub use eval::matches_element;
pub(crate) use parse::Parser;
pub use parse::{MAX_DEPTH, MAX_LENGTH, MAX_TERMS};
pub use resolve::resolve_element;
use serde_json::{Number, Value};

use crate::AttrPath;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them; two at least.
    And(Vec<Filter>),
    /// Any of them; two at least.
    Or(Vec<Filter>),
    /// Not it.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(AttrPath),
    /// The attribute compares with the literal.
    Compare(AttrPath, CompareOp, Literal),
    /// One element of the attribute satisfies the filter, whose names are sub-attributes.
    /// `emails[type eq "work"].value eq "x"` is read as `emails[type eq "work" and value eq "x"]`.
    ValuePath(AttrPath, Box<Filter>),
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl CompareOp {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Whether it asks for an order.
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether it looks into text.
    pub fn is_textual(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text.
    String(String),
    /// A number.
    Number(Number),
    /// A boolean.
    Boolean(bool),
    /// Nothing: the attribute is unassigned.
    Null,
}

impl Literal {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::String(text) => Value::String(text.clone()),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Boolean(flag) => Value::Bool(*flag),
            Self::Null => Value::Null,
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Filter {
    /// The parts that must all hold: those of an `and`, or the filter itself.
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::And(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// How many parts it has: its evaluation looks at each of them once at most.
    pub fn size(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
            Self::Not(inner) | Self::ValuePath(_, inner) => 1 + inner.size(),
            Self::Present(_) | Self::Compare(..) => 1,
        }
    }

    /// What the filter demands, if all it says is that some attributes equal some literals.
    pub fn equalities(&self) -> Option<Vec<(&AttrPath, &Literal)>> {
        self.conjuncts()
            .iter()
            .map(|part| match part {
                Self::Compare(path, CompareOp::Eq, literal) => Some((path, literal)),
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
