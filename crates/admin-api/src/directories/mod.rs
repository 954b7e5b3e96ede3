//! `/v1/organizations/{organization_id}/directories` and `/v1/directories`: outside systems that may push people and
//! groups, and what they authenticate with.
//!
//! What is below an organization's path belongs to that organization; what is below `/v1/directories/{directory_id}`
//! belongs to the instance. Both are the same operations, told apart by whether the path names an organization.

pub mod activity;
mod credential;
pub mod credentials;
pub mod drift;
pub mod guide;
pub mod health;
pub mod import;
pub mod instance;
pub mod jobs;
pub mod mapping;
pub mod overview;
mod request;
pub mod requests;
pub mod role_rules;
pub mod schemas;
pub mod self_test;
pub mod states;
mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::{Part, Scope};
use auth_core::features::directory::connections::{self, Of};
use auth_core::features::directory::request_log::RequestLog;
use auth_core::ids::{DirectoryId, OrgId};
use auth_core::orgs::texts::slug_of;
use auth_core::roles::MANAGE_DIRECTORIES;
use auth_core::{Actor, Tx, secret};

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{NameOrder, Page, PagingParams, Search};
use crate::params::{DirectoryPath, Idempotent, OrganizationPath};
use crate::{receipts, resource};
use wire::{CreateDirectory, DirectoryOut, UpdateDirectory};

pub fn routes(cfg: &mut web::ServiceConfig) {
    mapping::scim_routes(cfg);
    cfg.service(resource(
        "/organizations/{organization_id}/directories",
        [(Method::GET, web::to(list)), (Method::POST, web::to(create))],
    ))
    .service(resource("/directories", [(Method::GET, web::to(instance::list)), (Method::POST, web::to(create))]));
    for base in ["/organizations/{organization_id}/directories/{directory_id}", "/directories/{directory_id}"] {
        cfg.service(resource(
            base,
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ));
        credentials::routes(cfg, base);
        schemas::routes(cfg, base);
        mapping::routes(cfg, base);
        jobs::routes(cfg, base);
        receipts::below(cfg, base);
        role_rules::routes(cfg, base);
        overview::routes(cfg, base);
        requests::routes(cfg, base);
        activity::routes(cfg, base);
        states::routes(cfg, base);
        health::routes(cfg, base);
        drift::routes(cfg, base);
        import::routes(cfg, base);
        guide::routes(cfg, base);
        self_test::routes(cfg, base);
    }
}

/// Whose directories a request is about.
struct Owner {
    gate: Gate,
    organization: Option<OrgId>,
}

impl Owner {
    /// The organization that the path names, or the instance.
    fn of(call: &Call) -> Result<Self, ApiError> {
        if !call.names("organization_id") {
            // Who sets up a directory may name it alone: it is the only one for them.
            if let Actor::Setup { organization_id, .. } = &call.ctx.actor {
                let gate = Gate::Organization(organization_id.clone(), MANAGE_DIRECTORIES);
                return Ok(Self { gate, organization: Some(organization_id.clone()) });
            }
            return Ok(Self { gate: Gate::Platform, organization: None });
        }
        let id: OrgId = call.id("organization_id")?;
        Ok(Self { gate: Gate::Organization(id.clone(), MANAGE_DIRECTORIES), organization: Some(id) })
    }

    /// The same, once what this process has answered its directories is in their logs: for whoever reads there.
    async fn with_log(self, call: &Call) -> Result<Self, ApiError> {
        call.shared::<RequestLog>()?.catch_up().await;
        Ok(self)
    }

    fn id(&self) -> Option<&OrgId> {
        self.organization.as_ref()
    }
}

async fn one(db: &impl Scope, owner: &Owner, id: &DirectoryId) -> Result<DirectoryOut, ApiError> {
    let listed = connections::look(db, owner.id(), id).await?;
    Ok(DirectoryOut::new(listed, &db.settings().public_url))
}

/// List directories
///
/// Those of the organization, newest first unless `order_by` says otherwise. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories", tag = "Directories", operation_id = "listDirectories",
    params(OrganizationPath, Search, NameOrder, PagingParams),
    responses(
        (status = 200, description = "A page of directories", body = Page<DirectoryOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let mut query = call.query()?;
    let part = query.part(&connections::LISTED);
    query.finish()?;
    page(&call, &owner.gate, Of::Owner(owner.id()), &part).await
}

async fn page(call: &Call, gate: &Gate, of: Of<'_>, part: &Part) -> Result<HttpResponse, ApiError> {
    let page = call
        .read(gate, async |rx| {
            let (found, total_count) = connections::page(rx, of, part).await?;
            let public_url = &rx.settings().public_url;
            let data = found.into_iter().map(|listed| DirectoryOut::new(listed, public_url)).collect();
            Ok(Page::<DirectoryOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a directory
///
/// It takes no requests before it has a credential. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories", tag = "Directories", operation_id = "createDirectory",
    params(OrganizationPath, Idempotent), request_body = CreateDirectory,
    responses(
        (status = 201, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateDirectory::read(&mut fields);
    fields.finish()?;
    call.once(&owner.gate, &bytes, StatusCode::CREATED, async |tx| {
        let provider_id = match &new.provider_id {
            Some(given) => given.clone(),
            None => free_provider_id(tx, owner.id(), &new.name).await?,
        };
        let made = connections::create(tx, owner.id(), &provider_id, &new.name).await?;
        if let Some(changes) = new.changes() {
            connections::update(tx, owner.id(), &made.id, &changes).await?;
        }
        one(tx, &owner, &made.id).await
    })
    .await
}

/// A provider id made from a name, that no directory of the owner has.
async fn free_provider_id(tx: &Tx, owner: Option<&OrgId>, name: &str) -> Result<String, ApiError> {
    let plain = if name.chars().any(|c| c.is_ascii_alphanumeric()) { name } else { "directory" };
    let id = slug_of(plain, "");
    if connections::find_by_provider(tx, owner, &id).await?.is_none() {
        return Ok(id);
    }
    Ok(slug_of(plain, &secret::random_text(tx.chance(), 8).to_lowercase()))
}

/// Read a directory
///
/// With what it holds. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}", tag = "Directories",
    operation_id = "getDirectory", params(OrganizationPath, DirectoryPath),
    responses((status = 200, description = "The directory", body = DirectoryOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let found = call.read(&owner.gate, async |rx| one(rx, &owner, &call.id("directory_id")?).await).await?;
    Ok(ok(&found))
}

/// Change a directory
///
/// Its name, its product, whether it takes requests, and its settings; what is absent stays. Nobody lets it give a role
/// above their own, and nobody that of owners. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    patch, path = "/v1/organizations/{organization_id}/directories/{directory_id}", tag = "Directories",
    operation_id = "updateDirectory", params(OrganizationPath, DirectoryPath), request_body = UpdateDirectory,
    responses(
        (status = 200, description = "The directory", body = DirectoryOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateDirectory::read(&mut fields);
    fields.finish()?;
    call.change(&owner.gate, async |tx| {
        let id = call.id("directory_id")?;
        connections::update(tx, owner.id(), &id, &changes).await?;
        one(tx, &owner, &id).await
    })
    .await
}

/// Disconnect a directory
///
/// Its credentials are refused at once; the people whom it pushed are suspended shortly after, one by one. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/directories/{directory_id}", tag = "Directories",
    operation_id = "deleteDirectory", params(OrganizationPath, DirectoryPath),
    responses((status = 204, description = "Disconnected"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let owner = Owner::of(&call)?;
    call.remove(&owner.gate, async |tx| {
        connections::disconnect(tx, owner.id(), &call.id("directory_id")?).await?;
        Ok(())
    })
    .await
}
