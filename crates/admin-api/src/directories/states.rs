//! Stopping a directory and letting it go on, and what becomes of a circuit breaker that has tripped.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::Tx;
use auth_core::db::Scope as _;
use auth_core::features::directory::connections::{self, Listed};
use auth_core::ids::DirectoryId;

use super::Owner;
use super::wire::DirectoryOut;
use crate::error::ApiError;
use crate::extract::Call;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated};
use crate::params::{DirectoryPath, Idempotent, OrganizationPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    cfg.service(resource(&format!("{base}/pause"), [(Method::POST, web::to(pause))]))
        .service(resource(&format!("{base}/resume"), [(Method::POST, web::to(resume))]))
        .service(resource(&format!("{base}/release"), [(Method::POST, web::to(release))]))
        .service(resource(&format!("{base}/reject"), [(Method::POST, web::to(reject))]));
}

async fn changed(
    call: &Call,
    change: impl AsyncFn(&mut Tx, &Owner, &DirectoryId) -> auth_core::Result<Listed>,
) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let listed = change(tx, &owner, &call.id("directory_id")?).await?;
        Ok(DirectoryOut::new(listed, &tx.settings().public_url))
    })
    .await
}

/// Pause a directory
///
/// Its requests are answered with 503 and `Retry-After` from now on; whoever has access keeps it. Pausing a directory that
/// was disconnected stops the suspension of its people. Pausing again changes nothing. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/pause", tag = "Directories",
    operation_id = "pauseDirectory", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn pause(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| connections::pause(tx, owner.id(), id).await).await
}

/// Resume a directory
///
/// One that was paused takes requests again; if its circuit breaker had tripped, it is tripped still. One whose waiting
/// requests were rejected takes them again, and the breaker counts from the beginning. A breaker that has tripped and that
/// nobody has decided about is not passed over: 409. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/resume", tag = "Directories",
    operation_id = "resumeDirectory", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn resume(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| connections::resume(tx, owner.id(), id).await).await
}

/// Release what waits
///
/// Of a directory whose circuit breaker has tripped. The people whose end of access was refused are let go when the identity
/// provider asks again, without being counted; for everybody else the breaker counts from the beginning. Of a directory that
/// was disconnected all people are let go. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/release", tag = "Directories",
    operation_id = "releaseDirectory", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn release(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| connections::release(tx, owner.id(), id).await).await
}

/// Reject what waits
///
/// Of a directory whose circuit breaker has tripped: deactivations and deletions stay refused until it is resumed, so that
/// there is time to correct the identity provider. All else goes on. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/reject", tag = "Directories",
    operation_id = "rejectDirectory", params(OrganizationPath, DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn reject(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| connections::reject(tx, owner.id(), id).await).await
}

/// Pause a directory of the instance
///
/// Its requests are answered with 503 and `Retry-After` from now on. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/pause", tag = "Directories", operation_id = "pauseInstanceDirectory",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn pause_of_instance() {}

/// Resume a directory of the instance
///
/// It takes requests again, as for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/resume", tag = "Directories", operation_id = "resumeInstanceDirectory",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn resume_of_instance() {}

/// Release what waits in a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/release", tag = "Directories", operation_id = "releaseInstanceDirectory",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn release_of_instance() {}

/// Reject what waits in a directory of the instance
///
/// As for directories of organizations. Platform only.
#[utoipa::path(
    post, path = "/v1/directories/{directory_id}/reject", tag = "Directories", operation_id = "rejectInstanceDirectory",
    params(DirectoryPath, Idempotent),
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
#[expect(dead_code, reason = "documentation: it is the operation of organizations")]
pub fn reject_of_instance() {}
