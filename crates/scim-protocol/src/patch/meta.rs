//! `meta` and `schemas` in a value without path. Nobody changes them by a PATCH, but who sends a resource back as it was read
//! sends them along: they are accepted while they say nothing that was never so.

use serde_json::{Map, Value};

use super::apply::Own;
use crate::schema::{ResourceType, Target};
use crate::value::parse_date_time;

/// By how much a time may differ from what was shown, in milliseconds: clients keep whole seconds.
const ROUNDED: i64 = 1000;

/// Schemas of other products and of SCIM 1, which a body may name for ours.
const ALIASES: [&str; 2] = ["urn:scim:schemas:", "http://schemas.microsoft.com/2006/11/resourcemanagement/adscim/"];

/// Whether a `meta`, or a part of it, is that of the resource as it is or once was: of this type and address, made when it
/// was made, last changed not later than it was. A version is any entity tag, for nobody knows the old ones.
pub(super) fn is_own(kind: &ResourceType, own: &Own<'_>, target: &Target<'_>, value: &Value) -> bool {
    let says = |name: &str, value: &Value| {
        if value.is_null() {
            return true;
        }
        let Some(text) = value.as_str() else { return false };
        let time = || parse_date_time(text).map(|time| time.timestamp_millis());
        match name {
            "resourceType" => text == kind.name,
            "location" => text.strip_suffix(own.id).is_some_and(|rest| rest.ends_with(&format!("{}/", kind.endpoint))),
            "created" => time().is_some_and(|time| own.times.is_none_or(|(made, _)| (time - made).abs() < ROUNDED)),
            "lastModified" => time().is_some_and(|time| own.times.is_none_or(|(_, last)| time < last + ROUNDED)),
            "version" => is_entity_tag(text),
            _ => false,
        }
    };
    match (target.sub, value) {
        (Some(sub), value) => says(&sub.name, value),
        // What no schema knows says nothing, as elsewhere.
        (None, Value::Object(given)) => {
            given.iter().all(|(key, value)| target.attribute.sub(key).is_none_or(|sub| says(&sub.name, value)))
        }
        (None, _) => false,
    }
}

fn is_entity_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    opaque.is_some_and(|opaque| !opaque.contains('"'))
}

/// Whether all that `schemas` names is of the resource type, or stands in the same value: what no schema here knows is
/// passed over there, and so is its name.
pub(super) fn are_schemas(kind: &ResourceType, value: &Value, whole: &Map<String, Value>) -> bool {
    let is_ours = |urn: &str| {
        let alias = urn.to_lowercase();
        kind.schemas().any(|schema| schema.id.eq_ignore_ascii_case(urn))
            || ALIASES.iter().any(|prefix| alias.starts_with(prefix))
            || whole.keys().any(|key| key.eq_ignore_ascii_case(urn))
    };
    let urns = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    urns.iter().all(|urn| urn.as_str().is_some_and(is_ours))
}
