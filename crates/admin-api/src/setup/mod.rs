//! Setting up a directory without an account: `…/setup-links` and `…/setup-sessions` of a directory for those who manage
//! it, `/v1/setup-sessions` for whoever was given a link. What such a session is let through to is in [`open`].

pub mod open;
mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use api_kit::limit::Rule;
use auth_core::db::Scope as _;
use auth_core::features::directory::setup;
use auth_core::ids::{DirectoryId, Id as _, OrgId};
use auth_core::roles::MANAGE_DIRECTORIES;

use self::wire::{
    CreateSetupLink, CreateSetupSession, ListedSetupSessionOut, SetupLinkOut, SetupSessionOut, UseSetupLink,
};
use crate::error::ApiError;
use crate::extract::{Call, Guest, json, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, TooMany, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, PagingParams};
use crate::params::{DirectoryPath, Idempotent, OrganizationPath, SetupLinkPath, SetupSessionPath};
use crate::resource;

/// How often links may be tried from one address.
const TRIES: Rule = Rule { window: 60, max: 10 };

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/setup-sessions", [(Method::POST, web::to(exchange))]));
    for base in ["/organizations/{organization_id}/directories/{directory_id}", "/directories/{directory_id}"] {
        let links = format!("{base}/setup-links");
        cfg.service(resource(&links, [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
            .service(resource(&format!("{links}/{{link_id}}/revoke"), [(Method::POST, web::to(revoke))]))
            .service(resource(
                &format!("{base}/setup-sessions"),
                [(Method::GET, web::to(sessions)), (Method::POST, web::to(embed))],
            ))
            .service(resource(
                &format!("{base}/setup-sessions/{{setup_session_id}}/revoke"),
                [(Method::POST, web::to(revoke_session))],
            ));
    }
}

/// Whose directory a request is about. Where the path names no organization, it is the one that has the directory.
async fn owner(call: &Call) -> Result<(Gate, OrgId, DirectoryId), ApiError> {
    let id: DirectoryId = call.id("directory_id")?;
    let organization = if call.names("organization_id") {
        call.id("organization_id")?
    } else {
        // What nobody has, and what the instance has, is told like what a stranger asks for.
        let found = call.core.read(&call.ctx, async |rx| setup::organization_of(rx, &id).await).await?;
        found.unwrap_or_else(|| OrgId::from_text("none".to_owned()))
    };
    Ok((Gate::Organization(organization.clone(), MANAGE_DIRECTORIES), organization, id))
}

/// List setup links
///
/// Those of the directory, newest first, without their addresses. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-links", tag = "Directory setup",
    operation_id = "listSetupLinks", params(OrganizationPath, DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of links", body = Page<SetupLinkOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    let page = call
        .read(&gate, async |rx| {
            let (found, total_count) = setup::list(rx, &organization, &id, paging.limit, paging.offset).await?;
            Ok(Page::<SetupLinkOut> { data: found.into_iter().map(SetupLinkOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a setup link
///
/// Whoever opens its address, once, sets up this directory without an account: they reach nothing else, and give no role
/// above `org:admin`. The link stands on the caller's right: it ends with it. The address is in this answer and never
/// again. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-links", tag = "Directory setup",
    operation_id = "createSetupLink", params(OrganizationPath, DirectoryPath, Idempotent), request_body = CreateSetupLink,
    responses(
        (status = 201, description = "The link, with its address", body = SetupLinkOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.optional_fields(&bytes)?;
    let new = CreateSetupLink::read(&mut fields);
    fields.finish()?;
    call.once(&gate, &bytes, StatusCode::CREATED, async |tx| {
        let made = setup::create(tx, &organization, &id, new.expires_in_hours).await?;
        Ok(SetupLinkOut::made(made, &tx.settings().public_url))
    })
    .await
}

/// Revoke a setup link
///
/// It cannot be used any more, and the next request with a session that was made of it is refused. Credentials that were
/// made with it stay. Revoking again changes nothing. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-links/{link_id}/revoke",
    tag = "Directory setup", operation_id = "revokeSetupLink",
    params(OrganizationPath, DirectoryPath, SetupLinkPath, Idempotent),
    responses(
        (status = 200, description = "The link", body = SetupLinkOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let bytes = call.bytes().await?;
    call.once(&gate, &bytes, StatusCode::OK, async |tx| {
        Ok(SetupLinkOut::from(setup::revoke(tx, &organization, &id, &call.id("link_id")?).await?))
    })
    .await
}

/// Open a setup session for pages of your own
///
/// Its token is good for an hour, for this directory alone, and in browsers on pages of the named origins alone: every
/// request must come from one of them. It stands on the caller's right, and ends with it. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-sessions", tag = "Directory setup",
    operation_id = "createEmbeddedSetupSession", params(OrganizationPath, DirectoryPath, Idempotent),
    request_body = CreateSetupSession,
    responses(
        (status = 201, description = "The session, with its token", body = SetupSessionOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn embed(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateSetupSession::read(&mut fields);
    fields.finish()?;
    call.once(&gate, &bytes, StatusCode::CREATED, async |tx| {
        Ok(SetupSessionOut::from(setup::embed(tx, &organization, &id, &new.allowed_origins).await?))
    })
    .await
}

/// List setup sessions
///
/// Those of the directory, opened by a link or for pages of your own, newest first, without their tokens; those that have ended
/// are told for 90 days. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-sessions", tag = "Directory setup",
    operation_id = "listSetupSessions", params(OrganizationPath, DirectoryPath, PagingParams),
    responses(
        (status = 200, description = "A page of sessions", body = Page<ListedSetupSessionOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn sessions(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let mut query = call.query()?;
    let paging = query.paging();
    query.finish()?;
    let page = call
        .read(&gate, async |rx| {
            let (found, total_count) = setup::sessions(rx, &organization, &id, paging.limit, paging.offset).await?;
            let data = found.into_iter().map(ListedSetupSessionOut::from).collect();
            Ok(Page::<ListedSetupSessionOut> { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Revoke a setup session
///
/// The next request with its token is refused. Credentials that were made with it stay. Revoking again changes nothing. Needs
/// `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/directories/{directory_id}/setup-sessions/{setup_session_id}/revoke",
    tag = "Directory setup", operation_id = "revokeSetupSession",
    params(OrganizationPath, DirectoryPath, SetupSessionPath, Idempotent),
    responses(
        (status = 200, description = "The session", body = ListedSetupSessionOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke_session(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization, id) = owner(&call).await?;
    let bytes = call.bytes().await?;
    call.once(&gate, &bytes, StatusCode::OK, async |tx| {
        let session = setup::revoke_session(tx, &organization, &id, &call.id("setup_session_id")?).await?;
        Ok(ListedSetupSessionOut::from(session))
    })
    .await
}

/// Use a setup link
///
/// Exchanges the token of a link for a session of a day, once. A link that is unknown, used, expired or revoked is
/// answered alike. Needs no credentials; ten tries a minute from one address.
#[utoipa::path(
    post, path = "/v1/setup-sessions", tag = "Directory setup", operation_id = "useSetupLink", request_body = UseSetupLink,
    security(()),
    responses(
        (status = 201, description = "The session, with its token", body = SetupSessionOut),
        BadRequest, NotFound, TooLarge, UnsupportedMedia, TooMany
    )
)]
pub async fn exchange(guest: Guest) -> Result<HttpResponse, ApiError> {
    guest.count("/v1/setup-sessions", TRIES)?;
    let Guest(call) = guest;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let link = UseSetupLink::read(&mut fields);
    fields.finish()?;
    let opened = call.core.write(&call.ctx, async |tx| setup::exchange(tx, &link.token).await).await?;
    Ok(json(StatusCode::CREATED, &SetupSessionOut::from(opened)))
}

/// Describes operations that find the organization by the directory.
macro_rules! described {
    ($(#[$meta:meta] $name:ident;)*) => {$(
        #[$meta]
        #[expect(dead_code, reason = "documentation: it is the operation whose path names the organization")]
        pub fn $name() {}
    )*};
}

described! {
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/setup-links", tag = "Directory setup",
        operation_id = "listSetupLinksOfDirectory", summary = "List setup links by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, PagingParams),
        responses(
            (status = 200, description = "A page of links", body = Page<SetupLinkOut>),
            BadRequest, Unauthenticated, Forbidden, NotFound
        )
    )]
    list_by_directory;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/setup-links", tag = "Directory setup",
        operation_id = "createSetupLinkOfDirectory", summary = "Make a setup link by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, Idempotent), request_body = CreateSetupLink,
        responses(
            (status = 201, description = "The link, with its address", body = SetupLinkOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
        )
    )]
    create_by_directory;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/setup-links/{link_id}/revoke", tag = "Directory setup",
        operation_id = "revokeSetupLinkOfDirectory", summary = "Revoke a setup link by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, SetupLinkPath, Idempotent),
        responses(
            (status = 200, description = "The link", body = SetupLinkOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    revoke_by_directory;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/setup-sessions", tag = "Directory setup",
        operation_id = "createEmbeddedSetupSessionOfDirectory",
        summary = "Open a setup session for pages of your own, by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, Idempotent), request_body = CreateSetupSession,
        responses(
            (status = 201, description = "The session, with its token", body = SetupSessionOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
        )
    )]
    embed_by_directory;
    #[utoipa::path(
        get, path = "/v1/directories/{directory_id}/setup-sessions", tag = "Directory setup",
        operation_id = "listSetupSessionsOfDirectory", summary = "List setup sessions by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, PagingParams),
        responses(
            (status = 200, description = "A page of sessions", body = Page<ListedSetupSessionOut>),
            BadRequest, Unauthenticated, Forbidden, NotFound
        )
    )]
    sessions_by_directory;
    #[utoipa::path(
        post, path = "/v1/directories/{directory_id}/setup-sessions/{setup_session_id}/revoke", tag = "Directory setup",
        operation_id = "revokeSetupSessionOfDirectory", summary = "Revoke a setup session by the directory alone",
        description = "As where the path names the organization, which is found by the directory.",
        params(DirectoryPath, SetupSessionPath, Idempotent),
        responses(
            (status = 200, description = "The session", body = ListedSetupSessionOut),
            BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
        )
    )]
    revoke_session_by_directory;
}
