//! `/v1/organizations/{organization_id}/roles`: the roles that an organization can give, and those of its own.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::Scope as _;
use auth_core::ids::{OrgId, RoleId};
use auth_core::roles::{self, SYSTEM, Which};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{KeyOrder, Page, PagingParams, Search, cut};
use crate::params::{Idempotent, OrganizationPath, OrganizationRolePath};
use crate::resource;
use crate::roles::{CreateRole, RoleOut, Successor, UpdateRole, changeable, seeded};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource(
        "/organizations/{organization_id}/roles",
        [(Method::GET, web::to(list)), (Method::POST, web::to(create))],
    ))
    .service(resource(
        "/organizations/{organization_id}/roles/{role_id}",
        [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
    ));
}

/// List the roles of an organization
///
/// All that it can give: the seeded ones, highest first, the instance's, and its own, oldest first. Needs `ac:read`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/roles", tag = "Roles", operation_id = "listOrganizationRoles",
    params(OrganizationPath, Search, KeyOrder, PagingParams),
    responses(
        (status = 200, description = "A page of roles", body = Page<RoleOut>), BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let mut query = call.query()?;
    let wanted = query.cut();
    query.finish()?;
    let page = call
        .read(&Gate::Organization(id.clone(), "ac:read"), async |rx| {
            let mut all: Vec<RoleOut> = SYSTEM.iter().map(RoleOut::from).collect();
            all.extend(roles::list_given(rx, &id).await?.into_iter().map(|role| RoleOut::of(role, rx)));
            Ok(cut(all, &wanted, RoleOut::words))
        })
        .await?;
    Ok(ok(&page))
}

/// Make a role of an organization
///
/// It is this organization's alone, and permits nothing that the caller is not permitted there. Needs `ac:create`; additional
/// fields that people may not give are for the platform.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/roles", tag = "Roles", operation_id = "createOrganizationRole",
    params(OrganizationPath, Idempotent), request_body = CreateRole,
    responses(
        (status = 201, description = "The role", body = RoleOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateRole::read(&mut fields, &call.core.settings().fields.role);
    fields.finish()?;
    call.once(&Gate::Organization(id.clone(), "ac:create"), &bytes, StatusCode::CREATED, async |tx| {
        if new.is_for_platform(&tx.settings().fields.role) {
            Gate::Platform.check(tx).await?;
        }
        Ok(RoleOut::of(roles::create(tx, Some(&id), new.command()).await?, tx))
    })
    .await
}

/// Read a role of an organization
///
/// One that it can give. Needs `ac:read`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/roles/{role_id}", tag = "Roles", operation_id = "getOrganizationRole",
    params(OrganizationRolePath),
    responses((status = 200, description = "The role", body = RoleOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let role: RoleId = call.id("role_id")?;
    let found = call
        .read(&Gate::Organization(id.clone(), "ac:read"), async |rx| {
            if let Some(seeded) = seeded(&role) {
                return Ok(RoleOut::from(seeded));
            }
            match roles::get_own(rx, &id, &Which::Id(role.clone())).await {
                Err(error) if error.is(&roles::RolesFault::Unknown) => {
                    Ok(RoleOut::of(roles::get(rx, &role).await?, rx))
                }
                found => Ok(RoleOut::of(found?, rx)),
            }
        })
        .await?;
    Ok(ok(&found))
}

/// Change a role of an organization
///
/// One of its own, for everybody who has it, at once. The caller needs `ac:update`, and all that the role permits before and
/// after; additional fields that people may not give are for the platform.
#[utoipa::path(
    patch, path = "/v1/organizations/{organization_id}/roles/{role_id}", tag = "Roles", operation_id = "updateOrganizationRole",
    params(OrganizationRolePath), request_body = UpdateRole,
    responses(
        (status = 200, description = "The role", body = RoleOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateRole::read(&mut fields, &call.core.settings().fields.role);
    fields.finish()?;
    call.change(&Gate::Organization(id.clone(), "ac:update"), async |tx| {
        if changes.is_for_platform(&tx.settings().fields.role) {
            Gate::Platform.check(tx).await?;
        }
        Ok(RoleOut::of(roles::update(tx, Some(&id), &changeable(&call)?, changes.changes()).await?, tx))
    })
    .await
}

/// Delete a role of an organization
///
/// One of its own. What members or invitations have is in the way (`role_in_use`) unless another role is named for them, and so
/// is what a directory gives (`role_in_use_by_directory`). The caller needs `ac:delete`, and all that the role permits.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/roles/{role_id}", tag = "Roles", operation_id = "deleteOrganizationRole",
    params(OrganizationRolePath, Successor),
    responses((status = 204, description = "Deleted"), BadRequest, Unauthenticated, Forbidden, NotFound, Conflict)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let mut query = call.query()?;
    let successor = query.role("reassign_to");
    query.finish()?;
    call.remove(&Gate::Organization(id.clone(), "ac:delete"), async |tx| {
        roles::delete(tx, Some(&id), &changeable(&call)?, successor.as_deref()).await?;
        Ok(())
    })
    .await
}
