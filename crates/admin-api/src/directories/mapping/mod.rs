//! What the people of a directory become by their attributes: its mapping, read, replaced, restored, tried out. And the
//! same for the organization's oldest directory, under the names of `/scim`.

mod instance;
pub mod preview;
mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::features::directory::connections;
use auth_core::features::directory::mapping::{Problem, saving};
use auth_core::ids::DirectoryId;

use self::wire::{MappingOut, PutMapping, VersionOut};
use super::Owner;
use crate::body::Fields;
use crate::error::{ApiError, FieldFault};
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams};
use crate::params::{DirectoryPath, Idempotent, MappingVersionPath, OrganizationPath};
use crate::resource;

pub use instance::*;

/// The longest mapping, in bytes of JSON.
const LONGEST: usize = 64 * 1024;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    let path = format!("{base}/attribute-mappings");
    cfg.service(resource(&format!("{path}/preview"), [(Method::POST, web::to(preview::preview))]))
        .service(resource(&format!("{path}/versions"), [(Method::GET, web::to(versions))]))
        .service(resource(&format!("{path}/versions/{{version}}/restore"), [(Method::POST, web::to(restore))]))
        .service(resource(&path, [(Method::GET, web::to(get)), (Method::PUT, web::to(put))]));
}

/// Registers the operations under the names of `/scim`.
pub fn scim_routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource(
        "/organizations/{organization_id}/scim/attribute-mappings",
        [(Method::GET, web::to(get_oldest)), (Method::PUT, web::to(put_oldest))],
    ));
}

/// What is wrong with a mapping, as faults of the body's fields.
fn refused(problems: Vec<Problem>) -> ApiError {
    let fault = |Problem { path, code, message }: Problem| FieldFault {
        field: match code {
            "invalid_sample" => format!("sample{path}"),
            "request_not_found" => "request_ids".to_owned(),
            _ if path.is_empty() => "mapping".to_owned(),
            _ => format!("mapping.{path}"),
        },
        code: code.into(),
        message,
    };
    ApiError::fields(problems.into_iter().map(fault).collect())
}

fn mapping(fields: &mut Fields) -> auth_core::features::directory::mapping::Mapping {
    fields.object("mapping", LONGEST)
}

/// Read the attribute mapping
///
/// That of the organization's oldest directory. Empty where it has none of its own: then the built-in defaults are all
/// there is. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/scim/attribute-mappings", tag = "SCIM",
    operation_id = "getScimAttributeMappings", params(OrganizationPath),
    responses((status = 200, description = "The mapping", body = MappingOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get_oldest(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let (oldest, _) = connections::list(rx, owner.id(), 1, 0).await?;
            let Some(oldest) = oldest.first() else { return Ok(MappingOut::none(owner.id())) };
            let version = saving::get(rx, owner.id(), &oldest.directory.id).await?;
            Ok(MappingOut::new(owner.id(), &oldest.directory.id, version, None))
        })
        .await?;
    Ok(ok(&found))
}

/// Replace the attribute mapping
///
/// That of the organization's oldest directory, which is made on first use. See the mapping of a directory. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    put, path = "/v1/organizations/{organization_id}/scim/attribute-mappings", tag = "SCIM",
    operation_id = "putScimAttributeMappings", params(OrganizationPath), request_body = PutMapping,
    responses(
        (status = 200, description = "The stored mapping", body = MappingOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn put_oldest(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let wanted = mapping(&mut fields);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        let id = connections::oldest_live(tx, owner.id()).await?.id;
        let saved = saving::save(tx, owner.id(), &id, &wanted).await?.map_err(refused)?;
        Ok(MappingOut::new(owner.id(), &id, saved.version, saved.job))
    })
    .await
}

/// Read the attribute mapping of a directory
///
/// Empty where it has none of its own: then the built-in defaults are all there is. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-mappings",
    tag = "Directory attribute mappings", operation_id = "getDirectoryAttributeMappings",
    params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "The mapping", body = MappingOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let version = saving::get(rx, owner.id(), &id).await?;
            Ok(MappingOut::new(owner.id(), &id, version, None))
        })
        .await?;
    Ok(ok(&found))
}

/// Replace the attribute mapping of a directory
///
/// Paths (RFC 7644, with filters and URNs, or with a place: `groups[0].value`) and targets: `email_address`, `first_name`,
/// `last_name`, `name`, `image`, `external_id`, `organization_role`, `public_metadata.<key>`, each on its own or after an
/// expression of Liquid: `{{ value | downcase }}.first_name`. Of several paths to one target the first that has a value
/// gives it; where none has, the built-in default stays. In force at once; the people who are there already are mapped again
/// by a job (`job_id`). The earlier versions are kept. Needs `org:sys_provisioning:manage`, and, to give roles, the right to
/// give each role of the setting `mapping_roles`.
#[utoipa::path(
    put, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-mappings",
    tag = "Directory attribute mappings", operation_id = "putDirectoryAttributeMappings",
    params(OrganizationPath, DirectoryPath), request_body = PutMapping,
    responses(
        (status = 200, description = "The stored mapping", body = MappingOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn put(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let wanted = mapping(&mut fields);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        let saved = saving::save(tx, owner.id(), &id, &wanted).await?.map_err(refused)?;
        Ok(MappingOut::new(owner.id(), &id, saved.version, saved.job))
    })
    .await
}

/// List the versions of an attribute mapping
///
/// The newest first, with who saved them and when. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-mappings/versions",
    tag = "Directory attribute mappings", operation_id = "listDirectoryAttributeMappingVersions",
    params(OrganizationPath, DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of versions", body = Page<VersionOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn versions(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let (found, total_count) = saving::versions(rx, owner.id(), &id, paging.limit, paging.offset).await?;
            let data = found.into_iter().map(|version| VersionOut::new(&id, version)).collect();
            Ok(Page::<VersionOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Restore a version of an attribute mapping
///
/// It is saved again, as a new version. Needs what saving it needs.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/attribute-mappings/versions/{version}/restore",
    tag = "Directory attribute mappings", operation_id = "restoreDirectoryAttributeMapping",
    params(OrganizationPath, DirectoryPath, MappingVersionPath, Idempotent),
    responses(
        (status = 200, description = "The stored mapping", body = MappingOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn restore(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let number: i64 = call.text("version")?.parse().map_err(|_| ApiError::not_found())?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        let saved = saving::restore(tx, owner.id(), &id, number).await?.map_err(refused)?;
        Ok(MappingOut::new(owner.id(), &id, saved.version, saved.job))
    })
    .await
}
