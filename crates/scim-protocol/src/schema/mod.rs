//! Schemas and resource types. A [`ResourceType`] is what everything else is driven by: it finds the
//! definition of an attribute by its path, and a directory may add extensions to it.

mod attribute;
#[cfg(test)]
mod characteristics;
mod common;
pub mod custom;
mod enterprise;
mod group;
mod render;
mod user;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

pub(crate) use attribute::find;
pub use attribute::{AttrType, Attribute, Mutability, Returned, Uniqueness};
pub use common::COMMON;
pub use enterprise::ENTERPRISE_USER;
pub use group::GROUP;
pub use render::{AuthenticationScheme, Bulk, Pagination, ServiceProviderConfig};
pub use user::USER;

use crate::{AttrPath, Resource};

/// A schema: a URN and the attributes it defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its URN.
    pub id: Cow<'static, str>,
    /// Its name, for people.
    pub name: Cow<'static, str>,
    /// What it describes.
    pub description: Cow<'static, str>,
    /// The attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, whatever its letter case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

/// A schema that adds to a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// What it adds.
    pub schema: Arc<Schema>,
    /// Whether every resource must have it.
    pub required: bool,
}

/// A kind of resource: its schema, its extensions, and where it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// `User` or `Group`.
    pub name: Cow<'static, str>,
    /// The path below the base: `/Users`.
    pub endpoint: Cow<'static, str>,
    /// For people.
    pub description: Cow<'static, str>,
    /// The core schema.
    pub schema: Arc<Schema>,
    /// What is added to it.
    pub extensions: Vec<Extension>,
}

static USERS: LazyLock<ResourceType> = LazyLock::new(|| ResourceType {
    name: "User".into(),
    endpoint: "/Users".into(),
    description: "User Account".into(),
    schema: Arc::clone(&user::SCHEMA),
    extensions: vec![Extension { schema: Arc::clone(&enterprise::SCHEMA), required: false }],
});

static GROUPS: LazyLock<ResourceType> = LazyLock::new(|| ResourceType {
    name: "Group".into(),
    endpoint: "/Groups".into(),
    description: "Group".into(),
    schema: Arc::clone(&group::SCHEMA),
    extensions: Vec::new(),
});

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// A schema as a whole: its URN alone.
    Schema(&'a Schema),
    /// An attribute.
    Attribute(Target<'a>),
}

/// An attribute, with where it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The extension that it belongs to; `None` for the core schema and the common attributes.
    pub extension: Option<&'a Schema>,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute that was named.
    pub sub: Option<&'a Attribute>,
}

impl Target<'_> {
    /// The path in canonical spelling.
    pub fn path(&self) -> AttrPath {
        AttrPath {
            schema: self.extension.map(|schema| schema.id.to_string()),
            attr: self.attribute.name.to_string(),
            sub: self.sub.map(|sub| sub.name.to_string()),
        }
    }

    /// The most specific definition: that of the sub-attribute, if one was named.
    pub fn leaf(&self) -> &Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}

impl ResourceType {
    /// Users with the enterprise extension.
    pub fn user() -> &'static Self {
        &USERS
    }

    /// Groups.
    pub fn group() -> &'static Self {
        &GROUPS
    }

    /// The same with one more extension.
    #[must_use]
    pub fn with_extension(mut self, schema: Arc<Schema>, required: bool) -> Self {
        self.extensions.push(Extension { schema, required });
        self
    }

    /// All schemas, the core one first.
    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        std::iter::once(&self.schema).chain(self.extensions.iter().map(|extension| &extension.schema))
    }

    /// The extension of that URN, whatever its letter case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().map(|extension| &*extension.schema).find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The attribute of the core schema, or the common attribute, of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.schema.attribute(name).or_else(|| find(&COMMON, name))
    }

    /// The schema of that URN, if it is the core one or an extension.
    fn schema_of(&self, urn: &str) -> Option<&Schema> {
        if self.schema.id.eq_ignore_ascii_case(urn) { Some(&self.schema) } else { self.extension(urn) }
    }

    /// What the path leads to. Names match whatever their letter case.
    pub fn resolve(&self, path: &AttrPath) -> Option<Resolved<'_>> {
        let sub = path.sub.as_deref();
        let Some(urn) = &path.schema else { return self.target(None, &path.attr, sub) };
        if let Some(schema) = self.schema_of(urn) {
            return self.target(Some(schema), &path.attr, sub);
        }
        // The URN may be the whole path, or be joined to the attribute by a dot.
        let schema = self.schema_of(&format!("{urn}:{}", path.attr))?;
        match sub {
            None => Some(Resolved::Schema(schema)),
            Some(attr) => self.target(Some(schema), attr, None),
        }
    }

    fn target<'a>(&'a self, schema: Option<&'a Schema>, attr: &str, sub: Option<&str>) -> Option<Resolved<'a>> {
        let extension = schema.filter(|schema| schema.id != self.schema.id);
        let attribute = match extension {
            Some(extension) => extension.attribute(attr)?,
            None => self.attribute(attr)?,
        };
        let sub = match sub {
            Some(name) => Some(attribute.sub(name)?),
            None => None,
        };
        Some(Resolved::Attribute(Target { extension, attribute, sub }))
    }

    /// The path in canonical spelling, if it leads to an attribute.
    pub fn canonical(&self, path: &AttrPath) -> Option<AttrPath> {
        match self.resolve(path)? {
            Resolved::Attribute(target) => Some(target.path()),
            Resolved::Schema(_) => None,
        }
    }

    /// The value of `schemas` for a resource: the core schema and those extensions that it has.
    pub fn schemas_of(&self, resource: &Resource) -> Vec<&str> {
        std::iter::once(&*self.schema.id)
            .chain(
                self.extensions.iter().map(|extension| &*extension.schema.id).filter(|urn| resource.contains_key(*urn)),
            )
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(path: &str) -> Option<String> {
        ResourceType::user().canonical(&AttrPath::parse(path).unwrap()).map(|path| path.to_string())
    }

    #[test]
    fn paths_resolve_whatever_their_letter_case() {
        let manager = format!("{ENTERPRISE_USER}:manager.value");
        for (path, wanted) in [
            ("USERNAME", "userName"),
            ("Name.GIVENname", "name.givenName"),
            ("emails.Value", "emails.value"),
            ("meta.lastmodified", "meta.lastModified"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName"),
            ("URN:IETF:params:scim:schemas:core:2.0:user:Name.familyname", "name.familyName"),
            ("urn:ietf:params:scim:schemas:core:2.0:User.title", "title"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:Manager.VALUE", &manager),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value", &manager),
        ] {
            assert_eq!(name_of(path).as_deref(), Some(wanted), "{path}");
        }
        for path in ["department", "name.nothing", "userName.value", "urn:other:2.0:User:userName", "nothing"] {
            assert_eq!(name_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_urn_alone_is_a_schema() {
        let path = AttrPath::parse("URN:ietf:params:scim:schemas:extension:enterprise:2.0:User").unwrap();
        assert!(matches!(ResourceType::user().resolve(&path), Some(Resolved::Schema(s)) if s.id == ENTERPRISE_USER));
        assert_eq!(ResourceType::group().resolve(&path), None);
    }

    #[test]
    fn the_core_attributes_are_all_there() {
        let names =
            |schema: &Schema| schema.attributes.iter().map(|a| a.name.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(
            names(&ResourceType::user().schema),
            "userName name displayName nickName profileUrl title userType preferredLanguage locale timezone active password \
             emails phoneNumbers ims photos addresses groups entitlements roles x509Certificates"
        );
        assert_eq!(
            names(&ResourceType::user().extensions[0].schema),
            "employeeNumber costCenter organization division department manager"
        );
        assert_eq!(names(&ResourceType::group().schema), "displayName members");
    }
}
