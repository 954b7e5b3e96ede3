//! What a directory authenticates with: made, listed, rotated with an overlap, revoked.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::Tx;
use auth_core::db::Scope as _;
use auth_core::features::directory::connections;
use auth_core::features::directory::credentials::{self, Credential};
use auth_core::ids::{CredentialId, DirectoryId};

use super::Owner;
use super::credential::{CreateCredential, CredentialOut};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{NameOrder, Page, PagingParams, Search};
use crate::params::{CredentialPath, DirectoryPath, Idempotent, OrganizationPath};
use crate::resource;

/// Registers the operations below the path of a directory.
pub fn routes(cfg: &mut web::ServiceConfig, base: &str) {
    let base = format!("{base}/credentials");
    cfg.service(resource(&base, [(Method::GET, web::to(list)), (Method::POST, web::to(create))]));
    let base = format!("{base}/{{credential_id}}");
    cfg.service(resource(&base, [(Method::GET, web::to(get)), (Method::DELETE, web::to(delete))]));
    for (rest, route) in [
        ("revoke", web::to(revoke)),
        ("rotate", web::to(rotate)),
        ("rotate/complete", web::to(complete)),
        ("rotate/cancel", web::to(cancel)),
    ] {
        cfg.service(resource(&format!("{base}/{rest}"), [(Method::POST, route)]));
    }
}

/// List credentials
///
/// Without their secrets, newest first. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials", tag = "Directory credentials",
    operation_id = "listDirectoryCredentials", params(OrganizationPath, DirectoryPath, Search, NameOrder, PagingParams),
    responses(
        (status = 200, description = "A page of credentials", body = Page<CredentialOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let part = query.part(&credentials::LISTED);
    query.finish()?;
    let page = call
        .read(&owner.gate, async |rx| {
            let id: DirectoryId = call.id("directory_id")?;
            let (found, total_count) = credentials::list_of(rx, owner.id(), &id, &part).await?;
            let public_url = &rx.settings().public_url;
            let data = found.into_iter().map(|credential| CredentialOut::new(credential, public_url)).collect();
            Ok(Page::<CredentialOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a credential
///
/// A directory may have several of each type. The token or the secret is shown in this answer and never again. An OAuth
/// client with `jwks` gets none: it signs assertions. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials", tag = "Directory credentials",
    operation_id = "createDirectoryCredential", params(OrganizationPath, DirectoryPath, Idempotent),
    request_body = CreateCredential,
    responses(
        (status = 201, description = "The credential, with its secret", body = CredentialOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateCredential::read(&mut fields, call.core.clock().now());
    fields.finish()?;
    call.once(&owner.gate, &bytes, StatusCode::CREATED, async |tx| {
        let id: DirectoryId = call.id("directory_id")?;
        connections::get(tx, owner.id(), &id).await?;
        let issued = credentials::issue(tx, new.of(id)).await?;
        Ok(CredentialOut::issued(issued, &tx.settings().public_url))
    })
    .await
}

/// Read a credential
///
/// Without its secret. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}",
    tag = "Directory credentials", operation_id = "getDirectoryCredential",
    params(OrganizationPath, DirectoryPath, CredentialPath),
    responses((status = 200, description = "The credential", body = CredentialOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call
        .read(&owner.gate, async |rx| {
            let (directory, id) = (call.id("directory_id")?, call.id("credential_id")?);
            let credential = credentials::get(rx, owner.id(), &directory, &id).await?;
            Ok(CredentialOut::new(credential, &rx.settings().public_url))
        })
        .await?;
    Ok(ok(&found))
}

/// The credential that the path names, of the directory that it names.
async fn named(tx: &Tx, call: &Call, owner: &Owner) -> Result<CredentialId, ApiError> {
    let (directory, id) = (call.id("directory_id")?, call.id("credential_id")?);
    Ok(credentials::get(tx, owner.id(), &directory, &id).await?.id)
}

/// A change of one credential, whose answer is the credential.
async fn changed(
    call: &Call,
    change: impl AsyncFn(&mut Tx, &Owner, &CredentialId) -> auth_core::Result<Credential>,
) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let id = named(tx, call, &owner).await?;
        Ok(CredentialOut::new(change(tx, &owner, &id).await?, &tx.settings().public_url))
    })
    .await
}

/// Revoke a credential, by deleting it
///
/// The same as `revoke`: it remains in the list, and nothing opens with it. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}",
    tag = "Directory credentials", operation_id = "deleteDirectoryCredential",
    params(OrganizationPath, DirectoryPath, CredentialPath),
    responses((status = 204, description = "Revoked"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    call.remove(&owner.gate, async |tx| {
        let id = named(tx, &call, &owner).await?;
        credentials::revoke(tx, owner.id(), &id).await?;
        Ok(())
    })
    .await
}

/// Revoke a credential
///
/// The next request with it is refused, and so is the next with any token that was fetched with it. Revoking again
/// changes nothing. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}/revoke",
    tag = "Directory credentials", operation_id = "revokeDirectoryCredential",
    params(OrganizationPath, DirectoryPath, CredentialPath, Idempotent),
    responses(
        (status = 200, description = "The credential", body = CredentialOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| credentials::revoke(tx, owner.id(), id).await).await
}

/// Start a rotation
///
/// Gives the credential a second token or secret, which is shown in this answer and never again. Both are good until the
/// rotation is completed or canceled. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}/rotate",
    tag = "Directory credentials", operation_id = "rotateDirectoryCredential",
    params(OrganizationPath, DirectoryPath, CredentialPath, Idempotent),
    responses(
        (status = 200, description = "The credential, with its new secret", body = CredentialOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn rotate(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    call.once(&owner.gate, &bytes, StatusCode::OK, async |tx| {
        let id = named(tx, &call, &owner).await?;
        let issued = credentials::start_rotation(tx, owner.id(), &id).await?;
        Ok(CredentialOut::issued(issued, &tx.settings().public_url))
    })
    .await
}

/// Complete a rotation
///
/// The old secret is refused from now on. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}/rotate/complete",
    tag = "Directory credentials", operation_id = "completeDirectoryCredentialRotation",
    params(OrganizationPath, DirectoryPath, CredentialPath, Idempotent),
    responses(
        (status = 200, description = "The credential", body = CredentialOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn complete(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| credentials::complete_rotation(tx, owner.id(), id).await).await
}

/// Cancel a rotation
///
/// The new secret is refused from now on. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/credentials/{credential_id}/rotate/cancel",
    tag = "Directory credentials", operation_id = "cancelDirectoryCredentialRotation",
    params(OrganizationPath, DirectoryPath, CredentialPath, Idempotent),
    responses(
        (status = 200, description = "The credential", body = CredentialOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn cancel(call: Call) -> Result<HttpResponse, ApiError> {
    changed(&call, async |tx, owner, id| credentials::cancel_rotation(tx, owner.id(), id).await).await
}
