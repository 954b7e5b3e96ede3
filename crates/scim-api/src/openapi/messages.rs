//! Messages that clients send and get: PATCH, searches, bulk requests.

use std::borrow::Cow;

use scim_protocol::message::{BULK_REQUEST, BULK_RESPONSE, PATCH_OP, SEARCH_REQUEST};
use scim_protocol::schema::USER;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::resources::{described, strings};

described! {
    /// A PATCH.
    PatchOp = "PatchOp", patch_op();
    /// A search by POST.
    SearchRequest = "SearchRequest", search();
    /// A bulk request.
    BulkRequest = "BulkRequest", bulk_request();
    /// The answer to a bulk request.
    BulkResponse = "BulkResponse", bulk_response();
}

fn of(kind: Type, description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind).description(Some(description))
}

fn text(description: &str) -> ObjectBuilder {
    of(Type::String, description)
}

fn anything(description: &str) -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description)).build())
}

fn patch_op() -> Object {
    let operation = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property(
            "op",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("`add`, `replace` or `remove`, in any letter case")),
        )
        .property(
            "path",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("An attribute path (RFC 7644 section 3.5.2)")),
        )
        .property("value", Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()))
        .required("op");
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of PATCH"))
        .property("Operations", ArrayBuilder::new().items(operation))
        .required("Operations")
        .examples([json!({
            "schemas": [PATCH_OP],
            "Operations": [{"op": "replace", "path": "displayName", "value": "Ann Example"}],
        })])
        .build()
}

fn search() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of searches"))
        .property("attributes", strings("Only these attributes"))
        .property("excludedAttributes", strings("Not these attributes"))
        .property("filter", text("A filter (RFC 7644 section 3.4.2.2)"))
        .property("sortBy", text("The attribute that orders the list"))
        .property("sortOrder", text("`ascending` or `descending`"))
        .property("startIndex", of(Type::Integer, "The place of the first resource, counted from 1"))
        .property("count", of(Type::Integer, "How many at most: 100 if not said, never more than 1000"))
        .property("cursor", text("A page by cursor (RFC 9865): empty for the first one"))
        .examples([json!({
            "schemas": [SEARCH_REQUEST], "filter": "displayName sw \"a\"", "sortBy": "displayName", "startIndex": 1, "count": 10,
        })])
        .build()
}

fn bulk_request() -> Object {
    let operation = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("method", text("`POST`, `PUT`, `PATCH` or `DELETE`"))
        .property("bulkId", text("How other operations refer to what a POST creates"))
        .property("path", text("`/Users`, `/Groups`, or one of them with an id"))
        .property("version", text("The version that must be the present one, as in `If-Match`"))
        .property("data", anything("The body of the operation"))
        .required("method")
        .required("path");
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of bulk requests"))
        .property("failOnErrors", of(Type::Integer, "After how many failures the rest is left undone"))
        .property("Operations", ArrayBuilder::new().items(operation).max_items(Some(crate::bulk::MAX_OPERATIONS)))
        .required("Operations")
        .examples([json!({
            "schemas": [BULK_REQUEST],
            "Operations": [{
                "method": "POST", "path": "/Users", "bulkId": "ann",
                "data": {"schemas": [USER], "userName": "ann.bulk@acme.example"},
            }],
        })])
        .build()
}

fn bulk_response() -> Object {
    let operation = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("method", text("The method of the operation"))
        .property("bulkId", text("The bulkId of the operation"))
        .property("location", text("The address of the resource; not if it was not created"))
        .property("version", text("The version of the resource"))
        .property("status", text("The HTTP status, as text"))
        .property("response", anything("The error of an operation that failed"))
        .required("status");
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("schemas", strings("The URN of answers to bulk requests"))
        .property("Operations", ArrayBuilder::new().items(operation))
        .required("schemas")
        .required("Operations")
        .examples([json!({
            "schemas": [BULK_RESPONSE],
            "Operations": [{
                "location": "https://id.example/scim/v2/Users/scimu_01h455vb4pex5vsknk084sn02q", "method": "POST",
                "bulkId": "ann", "version": "W/\"1\"", "status": "201",
            }],
        })])
        .build()
}
