//! The order of a list (RFC 7644 section 3.4.2.3): by which attribute, and the key of a resource.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Number, Value};

use crate::normalize::is_primary;
use crate::path::shorten;
use crate::schema::{AttrType, Attribute, Resolved, ResourceType, Returned, Target};
use crate::value::{fold, parse_date_time};
use crate::{AttrPath, Resource, Result, ScimError};

/// By what a list is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The attribute, or sub-attribute, in canonical spelling. Never a complex attribute as a whole.
    pub path: AttrPath,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl Sort {
    /// Reads the path of an attribute, as filters do. A complex attribute that is named as a whole is ordered by its
    /// `value`, or by its `formatted` if it has no such sub-attribute.
    ///
    /// # Errors
    /// `invalidPath`, if there is no such attribute, if it is never returned (an order must not be an
    /// oracle for passwords), or if it is complex and has neither of the two.
    pub fn resolve(kind: &ResourceType, text: &str, descending: bool) -> Result<Self> {
        let Some(Resolved::Attribute(mut target)) = kind.lookup(&AttrPath::parse(text.trim())?) else {
            return Err(ScimError::invalid_path(format!("{} has no attribute {}", kind.name, shorten(text))));
        };
        if target.leaf().is_complex() {
            target.sub = target.attribute.default_sub().or_else(|| target.attribute.sub("formatted"));
        }
        if target.leaf().is_complex() {
            return Err(ScimError::invalid_path(format!("{} has no order; name one of its parts", target.path())));
        }
        if target.attribute.returned == Returned::Never || target.leaf().returned == Returned::Never {
            return Err(ScimError::invalid_path(format!("{} cannot be sorted by", target.path())));
        }
        Ok(Self { path: target.path(), descending })
    }

    /// The key of a resource, which must be canonical and complete with `id` and `meta`. The lesser key
    /// comes first. Of a list, the primary element counts, else the first.
    pub fn key(&self, kind: &ResourceType, resource: &Resource) -> SortKey {
        let value = match kind.resolve(&self.path) {
            Some(Resolved::Attribute(target)) => {
                value_at(&target, resource).and_then(|v| SortValue::of(target.leaf(), v))
            }
            _ => None,
        };
        SortKey { value, descending: self.descending }
    }
}

/// The value that counts.
fn value_at<'a>(target: &Target<'_>, resource: &'a Resource) -> Option<&'a Value> {
    let container = match target.extension {
        Some(schema) => resource.get(&*schema.id)?.as_object()?,
        None => resource,
    };
    let value = match container.get(&*target.attribute.name)? {
        Value::Array(elements) => elements.iter().find(|element| is_primary(element)).or_else(|| elements.first())?,
        one => one,
    };
    match target.sub {
        Some(sub) => value.get(&*sub.name),
        None => Some(value),
    }
}

/// Where a resource stands in the order. Keys of one [`Sort`] compare with each other, and are turned
/// round already if the order is descending: resources without value stand last in ascending order, and
/// first in descending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    value: Option<SortValue>,
    descending: bool,
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = match (&self.value, &other.value) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(two)) => one.cmp(two),
        };
        // The second comparison keeps the order total should somebody mix the keys of two orders.
        if self.descending { order.reverse() } else { order }.then(self.descending.cmp(&other.descending))
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A value as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortValue {
    Boolean(bool),
    Number(SortNumber),
    Time(DateTime<Utc>),
    Text(String),
}

impl SortValue {
    fn of(definition: &Attribute, value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Boolean(*flag)),
            Value::Number(number) => Some(Self::Number(SortNumber::of(number))),
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(match parse_date_time(text) {
                Some(time) if definition.kind == AttrType::DateTime => Self::Time(time),
                _ if definition.case_exact => Self::Text(text.clone()),
                _ => Self::Text(fold(text)),
            }),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A number: the nearest binary fraction, and by how much a whole number is more than that, so that
/// large whole numbers stay apart.
#[derive(Clone, Copy, Debug)]
struct SortNumber {
    nearest: f64,
    more: i128,
}

impl SortNumber {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "`more` holds what is lost")]
    fn of(number: &Number) -> Self {
        match number.as_i128() {
            Some(whole) => {
                let nearest = whole as f64;
                Self { nearest, more: whole - nearest as i128 }
            }
            // Minus zero becomes zero.
            None => Self { nearest: number.as_f64().unwrap_or_default() + 0.0, more: 0 },
        }
    }
}

impl Ord for SortNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nearest.total_cmp(&other.nearest).then(self.more.cmp(&other.more))
    }
}

impl PartialOrd for SortNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortNumber {}

#[cfg(test)]
mod tests;
