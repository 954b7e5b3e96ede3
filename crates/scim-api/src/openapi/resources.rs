//! Bodies, described from the SCIM schemas.

use std::borrow::Cow;

use scim_protocol::ResourceType;
use scim_protocol::schema::{AttrType, Attribute, ENTERPRISE_USER, GROUP, Mutability, USER};
use serde_json::{Value, json};
use utoipa::openapi::schema::{Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Declares bodies, each with its component's name and what builds it.
macro_rules! described {
    ($($(#[doc = $doc:literal])* $name:ident = $component:literal, $build:expr;)*) => {$(
        $(#[doc = $doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($build))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $component.into()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $crate::openapi::resources::parts($component, schemas);
            }
        }
    )*};
}

pub(super) use described;

described! {
    /// A user.
    User = "User", resource(ResourceType::user(), user());
    /// A group.
    Group = "Group", resource(ResourceType::group(), group());
    /// A page of users.
    UserList = "UserList", list(Some("User"), &user());
    /// A page of groups.
    GroupList = "GroupList", list(Some("Group"), &group());
    /// A list of discovery documents.
    List = "List", list(None, &document());
    /// A discovery document.
    Document = "Document", free(document());
    /// An error.
    Error = "Error", error();
}

/// What a component refers to.
pub fn parts(component: &str, schemas: &mut Vec<(String, RefOr<Schema>)>) {
    match component {
        "UserList" => schemas.push(("User".to_owned(), User::schema())),
        "GroupList" => schemas.push(("Group".to_owned(), Group::schema())),
        _ => {}
    }
}

fn resource(kind: &ResourceType, example: Value) -> Object {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(kind.description.as_ref()))
        .property("schemas", strings("The URNs of the schemas whose attributes the resource has"))
        .property(
            "id",
            ObjectBuilder::new().schema_type(Type::String).read_only(true).description(Some("Given by the service")),
        )
        .property(
            "externalId",
            ObjectBuilder::new().schema_type(Type::String).description(Some("Given by the client")),
        );
    for attribute in &kind.schema.attributes {
        object = object.property(attribute.name.as_ref(), schema(attribute));
    }
    for extension in &kind.extensions {
        let part = object_of(&extension.schema.attributes).description(Some(extension.schema.description.as_ref()));
        object = object.property(extension.schema.id.as_ref(), part);
    }
    if let Some(meta) = kind.attribute("meta") {
        object = object.property("meta", schema(meta));
    }
    object.required("schemas").examples([example]).build()
}

fn object_of(attributes: &[Attribute]) -> ObjectBuilder {
    attributes.iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, attribute| {
        object.property(attribute.name.as_ref(), schema(attribute))
    })
}

fn schema(attribute: &Attribute) -> RefOr<Schema> {
    let object = match attribute.kind {
        AttrType::Complex => object_of(&attribute.sub_attributes),
        AttrType::Boolean => ObjectBuilder::new().schema_type(Type::Boolean),
        AttrType::Integer => ObjectBuilder::new().schema_type(Type::Integer),
        AttrType::Decimal => ObjectBuilder::new().schema_type(Type::Number),
        AttrType::DateTime => ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        AttrType::String | AttrType::Reference | AttrType::Binary => ObjectBuilder::new().schema_type(Type::String),
    };
    let object = object.description(Some(attribute.description.as_ref()));
    if attribute.multi_valued {
        let items = object.build();
        return ArrayBuilder::new().items(items).description(Some(attribute.description.as_ref())).into();
    }
    let (read_only, write_only) = (Mutability::ReadOnly, Mutability::WriteOnly);
    object.read_only(attribute.mutability == read_only).write_only(attribute.mutability == write_only).into()
}

pub fn strings(description: &str) -> Array {
    ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String)).description(Some(description)).build()
}

fn list(of: Option<&str>, example: &Value) -> Object {
    let resources = match of {
        Some(name) => ArrayBuilder::new().items(Ref::from_schema_name(name)),
        None => ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::Object)),
    };
    let count = |description: &str| ObjectBuilder::new().schema_type(Type::Integer).description(Some(description));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of lists"))
        .property("totalResults", count("How many there are on all pages"))
        .property("startIndex", count("The place of the first one, counted from 1; not on pages by cursor"))
        .property("itemsPerPage", count("How many are on this page"))
        .property("nextCursor", cursor())
        .property("Resources", resources)
        .required("schemas")
        .required("totalResults")
        .examples([json!({
            "schemas": [scim_protocol::message::LIST_RESPONSE], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [example],
        })])
        .build()
}

fn cursor() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What leads to the next page, on pages by cursor that are not the last"))
}

fn free(example: Value) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of the document's schema"))
        .examples([example])
        .build()
}

fn error() -> Object {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of errors"))
        .property("status", text("The HTTP status, as text"))
        .property("scimType", text("A keyword of RFC 7644, table 9"))
        .property("detail", text("What went wrong, for people"))
        .required("schemas")
        .required("status")
        .required("detail")
        .build()
}

fn user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE_USER],
        "userName": "ann@acme.example",
        "externalId": "00u1",
        "active": true,
        "displayName": "Ann Example",
        "name": {"givenName": "Ann", "familyName": "Example"},
        "emails": [{"value": "ann@acme.example", "type": "work", "primary": true}],
        ENTERPRISE_USER: {"department": "Engineering", "employeeNumber": "7"},
    })
}

fn group() -> Value {
    json!({ "schemas": [GROUP], "displayName": "Engineers", "members": [{"value": "scimu_01h455vb4pex5vsknk084sn02q"}] })
}

fn document() -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User", "endpoint": "/Users", "schema": USER })
}
