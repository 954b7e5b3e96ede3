//! Which attributes are part of an answer (RFC 7644 section 3.9): `attributes`, `excludedAttributes`,
//! and what the schema says about `returned`.

use serde_json::Value;

use crate::schema::{Attribute, COMMON, Resolved, ResourceType, Returned, Schema, find};
use crate::{AttrPath, Resource};

/// What a client wants to see. Unknown names were ignored when it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// Only these, if given.
    only: Option<Vec<Item>>,
    /// Not these.
    excluded: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// All attributes of the core schema.
    Core,
    /// A whole extension, by its canonical URN.
    Extension(String),
    /// An attribute, in canonical spelling.
    Attribute(AttrPath),
}

impl Projection {
    /// Reads the two parameters, each a list of paths. One that is empty is as if it were absent.
    pub fn new<'t>(
        kind: &ResourceType,
        attributes: impl IntoIterator<Item = &'t str>,
        excluded: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let mut given = false;
        let attributes = attributes.into_iter().inspect(|name| given |= !name.trim().is_empty());
        let only = items(kind, attributes);
        Self { only: given.then_some(only), excluded: items(kind, excluded) }
    }

    /// Whether nothing was asked for in particular.
    pub fn is_default(&self) -> bool {
        self.only.is_none() && self.excluded.is_empty()
    }

    /// Whether particular attributes were asked for.
    pub fn names_attributes(&self) -> bool {
        self.only.is_some()
    }

    /// Whether any part of an attribute of the core schema will be in the answer, so that what is costly
    /// is not even looked up. The name is in canonical spelling.
    pub fn wants(&self, kind: &ResourceType, name: &str) -> bool {
        kind.attribute(name).is_some_and(|attribute| self.keeps(None, attribute) != Keep::Nothing)
    }

    /// Whether a sub-attribute was asked for by its own name. Names are in canonical spelling.
    pub fn names_sub(&self, attribute: &str, sub: &str) -> bool {
        let is = |item: &Item| {
            matches!(item, Item::Attribute(path)
                if path.schema.is_none() && path.attr == attribute && path.sub.as_deref() == Some(sub))
        };
        self.only.iter().flatten().any(is) && !self.excluded.iter().any(is)
    }

    /// The resource as the client wants it. It must be canonical.
    pub fn apply(&self, kind: &ResourceType, resource: Resource) -> Resource {
        let mut out = Resource::new();
        for (key, value) in resource {
            if let Some(schema) = kind.extension(&key) {
                if let Value::Object(part) = value {
                    let part = self.object(Some(schema), &schema.attributes, part);
                    if !part.is_empty() {
                        out.insert(key, Value::Object(part));
                    }
                }
            } else if let Some(attribute) = kind.attribute(&key)
                && let Some(value) = self.value(None, attribute, value)
            {
                out.insert(key, value);
            }
        }
        out
    }

    fn object(&self, extension: Option<&Schema>, definitions: &[Attribute], object: Resource) -> Resource {
        object
            .into_iter()
            .filter_map(|(key, value)| {
                let value = self.value(extension, find(definitions, &key)?, value)?;
                Some((key, value))
            })
            .collect()
    }

    fn value(&self, extension: Option<&Schema>, attribute: &Attribute, value: Value) -> Option<Value> {
        let keep = self.keeps(extension, attribute);
        if keep == Keep::Nothing {
            return None;
        }
        if !attribute.is_complex() {
            return Some(value);
        }
        match value {
            Value::Array(elements) => Some(
                elements
                    .into_iter()
                    .map(|element| self.element(extension, attribute, keep, element))
                    .filter(|element| element.as_object().is_none_or(|object| !object.is_empty()))
                    .collect(),
            ),
            one => Some(self.element(extension, attribute, keep, one))
                .filter(|one| one.as_object().is_none_or(|object| !object.is_empty())),
        }
    }

    fn element(&self, extension: Option<&Schema>, attribute: &Attribute, keep: Keep, element: Value) -> Value {
        let Value::Object(object) = element else { return element };
        let kept = object.into_iter().filter(|(key, _)| {
            let Some(sub) = attribute.sub(key) else { return false };
            match sub.returned {
                Returned::Never => false,
                Returned::Always => true,
                returned => {
                    let named = names_sub(self.only.as_deref(), extension, attribute, sub);
                    let wanted = named || (keep == Keep::Whole && returned == Returned::Default);
                    wanted && !names_sub(Some(&self.excluded), extension, attribute, sub)
                }
            }
        });
        Value::Object(kept.collect())
    }

    fn keeps(&self, extension: Option<&Schema>, attribute: &Attribute) -> Keep {
        match attribute.returned {
            Returned::Never => return Keep::Nothing,
            Returned::Always => return Keep::Whole,
            Returned::Default | Returned::Request => {}
        }
        if names(&self.excluded, extension, attribute) {
            return Keep::Nothing;
        }
        match &self.only {
            None if attribute.returned == Returned::Default => Keep::Whole,
            Some(only) if names(only, extension, attribute) => Keep::Whole,
            Some(only) if only.iter().any(|item| item.is_within(extension, attribute)) => Keep::Parts,
            Some(_) if attribute.sub_attributes.iter().any(|sub| sub.returned == Returned::Always) => Keep::Parts,
            _ => Keep::Nothing,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Nothing,
    Parts,
    Whole,
}

impl Item {
    /// Whether it is a path to or into the attribute.
    fn is_within(&self, extension: Option<&Schema>, attribute: &Attribute) -> bool {
        matches!(self, Self::Attribute(path)
            if path.attr == attribute.name && path.schema.as_deref() == extension.map(|schema| &*schema.id))
    }
}

/// Whether the attribute as a whole is named.
fn names(items: &[Item], extension: Option<&Schema>, attribute: &Attribute) -> bool {
    items.iter().any(|item| match item {
        Item::Attribute(path) => path.sub.is_none() && item.is_within(extension, attribute),
        Item::Extension(urn) => extension.is_some_and(|schema| *urn == schema.id),
        // The core schema's URN means its attributes, not those that all resources have.
        Item::Core => extension.is_none() && find(&COMMON, &attribute.name).is_none(),
    })
}

fn names_sub(items: Option<&[Item]>, extension: Option<&Schema>, attribute: &Attribute, sub: &Attribute) -> bool {
    items.into_iter().flatten().any(|item| {
        matches!(item, Item::Attribute(path) if path.sub.as_deref() == Some(&*sub.name))
            && item.is_within(extension, attribute)
    })
}

/// What the names mean, each once: there are never more than the schemas have attributes.
fn items<'t>(kind: &ResourceType, names: impl IntoIterator<Item = &'t str>) -> Vec<Item> {
    let mut items = Vec::new();
    for item in names.into_iter().filter_map(|name| item(kind, name)) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

fn item(kind: &ResourceType, name: &str) -> Option<Item> {
    let path = AttrPath::split(name.trim())?;
    Some(match kind.lookup(&path)? {
        Resolved::Schema(schema) if schema.id == kind.schema.id => Item::Core,
        Resolved::Schema(schema) => Item::Extension(schema.id.to_string()),
        Resolved::Attribute(target) => Item::Attribute(target.path()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{ENTERPRISE_USER, USER};

    fn project(attributes: &str, excluded: &str) -> Value {
        let Value::Object(resource) = json!({
            "schemas": [USER, ENTERPRISE_USER], "id": "1", "externalId": "e", "userName": "ann",
            "name": {"givenName": "Ann", "familyName": "Ex"}, "password": "never",
            "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}],
            ENTERPRISE_USER: {"department": "D", "manager": {"value": "m", "displayName": "M"}},
            "meta": {"resourceType": "User", "version": "W/\"1\""},
        }) else {
            unreachable!()
        };
        let kind = ResourceType::user();
        Value::Object(Projection::new(kind, attributes.split(','), excluded.split(',')).apply(kind, resource))
    }

    /// The names that are there, besides `schemas` and `id`, which always are.
    fn names(attributes: &str, excluded: &str) -> String {
        let projected = project(attributes, excluded);
        let object = projected.as_object().unwrap();
        assert!(object.contains_key("id") && object.contains_key("schemas"), "{projected}");
        object.keys().filter(|key| *key != "id" && *key != "schemas").map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_what_was_asked_for() {
        let core = format!("{USER}:userName");
        for (attributes, wanted) in [
            ("", "externalId userName name emails urn:ietf:params:scim:schemas:extension:enterprise:2.0:User meta"),
            ("userName", "userName"),
            ("USERNAME,meta.version", "userName meta"),
            (&core, "userName"),
            ("userName, externalId", "externalId userName"),
            ("nothing", ""),
            ("password", ""),
            (ENTERPRISE_USER, ENTERPRISE_USER),
            (USER, "userName name emails"),
            ("id,ID,id", ""),
        ] {
            assert_eq!(names(attributes, ""), wanted, "{attributes}");
        }
        assert_eq!(project("name.givenName", "")["name"], json!({"givenName": "Ann"}));
        assert_eq!(project("emails.value", "")["emails"], json!([{"value": "a@x"}, {"value": "b@x"}]));
        assert_eq!(project("emails.type", "")["emails"], json!([{"type": "work"}]));
        let department = format!("{ENTERPRISE_USER}:department");
        assert_eq!(project(&department, "")[ENTERPRISE_USER], json!({"department": "D"}));
        let manager = format!("{ENTERPRISE_USER}:manager.value");
        assert_eq!(project(&manager, "")[ENTERPRISE_USER], json!({"manager": {"value": "m"}}));
    }

    #[test]
    fn all_but_what_was_excluded() {
        assert_eq!(names("", "emails,id,schemas,meta,name"), format!("externalId userName {ENTERPRISE_USER}"));
        assert_eq!(project("", "name.familyName")["name"], json!({"givenName": "Ann"}));
        assert_eq!(project("", "Emails.Type")["emails"], json!([{"value": "a@x"}, {"value": "b@x"}]));
        assert!(project("", ENTERPRISE_USER).get(ENTERPRISE_USER).is_none());
        assert_eq!(project("", &format!("{ENTERPRISE_USER}:manager"))[ENTERPRISE_USER], json!({"department": "D"}));
    }

    #[test]
    fn costly_attributes_are_known_before() {
        let kind = ResourceType::group();
        let wants = |attributes: &'static str, excluded: &'static str| {
            Projection::new(kind, attributes.split(','), excluded.split(',')).wants(kind, "members")
        };
        assert!(Projection::new(kind, ["MEMBERS.Display"], []).names_sub("members", "display"));
        assert!(!Projection::new(kind, ["members"], []).names_sub("members", "display"));
        assert!(wants("", "") && wants("members.value", "") && wants("displayName,MEMBERS", ""));
        assert!(!wants("", "members") && !wants("displayName", "") && !wants("", "Members"));
    }
}
