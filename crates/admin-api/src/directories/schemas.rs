//! Extension schemas of a directory's own: which attributes it may send besides those of the standard.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::schemas::{self, DirectorySchema, Extends, NewSchema};
use auth_core::ids::DirectoryId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Owner;
use crate::body::{Fields, NAME};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams};
use crate::params::{DirectoryPath, OrganizationPath, SchemaPath};
use crate::resource;

/// Longest description, in characters.
const DESCRIPTION: usize = 2000;
const TYPES: &[&str] = &["User", "Group"];

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/schemas"), [(Method::GET, web::to(list))])).service(resource(
        &format!("{base}/schemas/{{urn}}"),
        [(Method::PUT, web::to(put)), (Method::DELETE, web::to(delete))],
    ));
}

/// An extension schema of a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySchema, example = json!({
    "urn": "urn:example:scim:schemas:hr:2.0:User", "object": "directory_schema", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "resource_type": "User", "required": false, "name": "HR", "description": "What HR knows", "attributes": [{
        "name": "badge", "type": "string", "multiValued": false, "description": "The number of the badge", "required": false,
        "caseExact": true, "mutability": "readWrite", "returned": "default", "uniqueness": "none"
    }], "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct SchemaOut {
    /// What names it in `schemas`, and in the paths of its attributes.
    urn: String,
    /// Always `directory_schema`.
    object: &'static str,
    directory_id: String,
    /// What it extends: `User` or `Group`.
    resource_type: &'static str,
    /// Whether every resource must have it.
    required: bool,
    name: String,
    description: String,
    /// The definitions, as RFC 7643 section 7 writes them.
    #[schema(value_type = Vec<Object>)]
    attributes: Value,
    created_at: i64,
    updated_at: i64,
}

impl SchemaOut {
    fn new(saved: &DirectorySchema, directory: &DirectoryId) -> Self {
        Self {
            urn: saved.schema.id.to_string(),
            object: "directory_schema",
            directory_id: directory.to_string(),
            resource_type: saved.extends.as_str(),
            required: saved.required,
            name: saved.schema.name.to_string(),
            description: saved.schema.description.to_string(),
            attributes: saved.attributes(),
            created_at: saved.created_at.millis(),
            updated_at: saved.updated_at.millis(),
        }
    }
}

/// An extension schema as it shall be.
#[derive(Debug, ToSchema)]
#[schema(as = DirectorySchemaPut, example = json!({"name": "HR", "attributes": [
    {"name": "badge", "type": "string", "caseExact": true},
    {"name": "site", "type": "string", "canonicalValues": ["Berlin", "Oslo"]},
    {"name": "skills", "type": "complex", "multiValued": true, "subAttributes": [
        {"name": "value", "type": "string"}, {"name": "level", "type": "integer"}
    ]}
]}))]
#[expect(dead_code, reason = "documentation: the body is read field by field")]
pub struct PutSchema {
    /// What it extends: `User` if it is left out. It stays what it was at first.
    #[schema(pattern = "^(User|Group)$")]
    resource_type: Option<String>,
    /// Whether every resource must have it; `false` if it is left out.
    required: Option<bool>,
    #[schema(max_length = 255, pattern = r"\S")]
    name: String,
    #[schema(max_length = 2000)]
    description: Option<String>,
    /// The definitions, as RFC 7643 section 7 writes them: `name`, `type`, `multiValued`, `required`, `canonicalValues` (no
    /// others are accepted), `caseExact`, `mutability` (not `writeOnly`), `returned`, `uniqueness` (only `none`),
    /// `subAttributes` of one level. Up to 100, sub-attributes counted.
    #[schema(value_type = Vec<Object>)]
    attributes: Vec<Value>,
}

fn read(fields: &mut Fields, urn: String) -> NewSchema {
    NewSchema {
        urn,
        extends: fields.optional_choice("resource_type", TYPES).and_then(Extends::parse).unwrap_or(Extends::User),
        required: fields.optional_bool("required").unwrap_or_default(),
        name: fields.text("name", NAME),
        description: fields.patch_text("description", DESCRIPTION).flatten().unwrap_or_default(),
        attributes: fields.list("attributes").into(),
    }
}

/// List schemas
///
/// All that the directory has of its own, oldest first. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/schemas", tag = "Directory schemas",
    operation_id = "listDirectorySchemas", params(OrganizationPath, DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of schemas", body = Page<SchemaOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let found = schemas::list(rx, owner.id(), &id).await?;
            let total_count = i64::try_from(found.len()).unwrap_or(i64::MAX);
            let data = paging.cut(found).map(|saved| SchemaOut::new(&saved, &id)).collect();
            Ok(Page::<SchemaOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make or replace a schema
///
/// From now on the directory may send these attributes under the URN, and finds them in `/Schemas`. Attributes and values may
/// be added at any time. What would refuse or lose a value of a resource that stands is refused: `schema_in_use`. A directory
/// has up to 20. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    put, path = "/v1/organizations/{organization_id}/directories/{directory_id}/schemas/{urn}", tag = "Directory schemas",
    operation_id = "putDirectorySchema", params(OrganizationPath, DirectoryPath, SchemaPath), request_body = PutSchema,
    responses(
        (status = 200, description = "The schema", body = SchemaOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn put(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let urn = call.text("urn")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = read(&mut fields, urn);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        Ok(SchemaOut::new(&schemas::put(tx, owner.id(), &id, &new).await?, &id))
    })
    .await
}

/// Remove a schema
///
/// Only while no resource has values of it: `schema_in_use` otherwise. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/directories/{directory_id}/schemas/{urn}", tag = "Directory schemas",
    operation_id = "deleteDirectorySchema", params(OrganizationPath, DirectoryPath, SchemaPath),
    responses((status = 204, description = "Removed"), Unauthenticated, Forbidden, NotFound, Conflict)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let urn = call.text("urn")?;
    call.remove(&owner.gate, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        Ok(schemas::remove(tx, owner.id(), &id, &urn).await?)
    })
    .await
}

/// List schemas of a directory of the instance
///
/// All that it has of its own, oldest first. Platform only.
#[utoipa::path(
    get, path = "/v1/directories/{directory_id}/schemas", tag = "Directory schemas", operation_id = "listInstanceDirectorySchemas",
    params(DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of schemas", body = Page<SchemaOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn list_of_instance() {}

/// Make or replace a schema of a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    put, path = "/v1/directories/{directory_id}/schemas/{urn}", tag = "Directory schemas", operation_id = "putInstanceDirectorySchema",
    params(DirectoryPath, SchemaPath), request_body = PutSchema,
    responses(
        (status = 200, description = "The schema", body = SchemaOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn put_of_instance() {}

/// Remove a schema of a directory of the instance
///
/// Only while no resource has values of it. Platform only.
#[utoipa::path(
    delete, path = "/v1/directories/{directory_id}/schemas/{urn}", tag = "Directory schemas",
    operation_id = "deleteInstanceDirectorySchema", params(DirectoryPath, SchemaPath),
    responses((status = 204, description = "Removed"), Unauthenticated, Forbidden, NotFound, Conflict)
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn delete_of_instance() {}
