//! Metadata in parts: merging into what is there (RFC 7396).

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::Fields;

/// Metadata to merge into what is there (RFC 7396): what is null is removed.
#[derive(Debug, ToSchema)]
#[schema(as = AdminUserMetadata, example = json!({"public_metadata": {"department": "Sales", "desk": null}}))]
pub struct MergeMetadata {
    #[schema(value_type = Option<Object>)]
    pub public_metadata: Option<Map<String, Value>>,
    #[schema(value_type = Option<Object>)]
    pub private_metadata: Option<Map<String, Value>>,
}

impl MergeMetadata {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self {
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
        }
    }
}

/// Merges as RFC 7396 says.
pub fn merge(into: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                into.shift_remove(key);
            }
            Value::Object(inner) => {
                let slot = into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(slot) = slot {
                    merge(slot, inner);
                }
            }
            value => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merging_follows_rfc_7396() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let mut target = map(json!({"a": "b", "c": {"d": "e", "f": "g"}, "x": 1}));
        merge(&mut target, &map(json!({"a": "z", "c": {"f": null}, "x": {"y": null, "n": 1}, "gone": null})));
        assert_eq!(Value::Object(target), json!({"a": "z", "c": {"d": "e"}, "x": {"n": 1}}));
    }
}
