//! `/v1/organizations/{organization_id}/scim`: what an identity provider needs to push people into an
//! organization. Addresses the organization's oldest live directory, which is made on first use.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::db::Scope as _;
use auth_core::features::directory::{CredentialScope, connections, credentials};
use auth_core::ids::OrgId;
use auth_core::roles::MANAGE_DIRECTORIES;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::{Fields, NAME};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{NameOrder, Page, PagingParams, Search};
use crate::params::{Idempotent, OrganizationPath, TokenPath};
use crate::resource;

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/organizations/{organization_id}/scim/endpoint", [(Method::GET, web::to(endpoint))]))
        .service(resource(
            "/organizations/{organization_id}/scim/tokens",
            [(Method::GET, web::to(list)), (Method::POST, web::to(create))],
        ))
        .service(resource(
            "/organizations/{organization_id}/scim/tokens/{token_id}/revoke",
            [(Method::POST, web::to(revoke))],
        ));
}

/// All that a token may be used for.
const SCOPES: &[&str] = &["users:read", "users:write", "groups:read", "groups:write"];

/// Where identity providers send people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"endpoint_url": "https://id.example/scim/v2/"}))]
pub struct ScimEndpoint {
    /// One URL for the instance: the organization comes from the token, not from the path.
    endpoint_url: String,
}

/// A token of a directory of the organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminScimToken, example = json!({
    "id": "scimt_01h455vb4pex5vsknk084sn02q", "object": "scim_token", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "name": "Okta", "prefix": "scim_7hGq2LpX",
    "scopes": ["users:read", "users:write", "groups:read", "groups:write"], "created_at": 1_714_723_000_000_i64,
    "expires_at": null, "last_used_at": null, "last_used_ip": null, "last_used_user_agent": null, "revoked_at": null
}))]
pub struct ScimTokenOut {
    id: String,
    /// Always `scim_token`.
    object: &'static str,
    organization_id: Option<String>,
    directory_id: String,
    name: String,
    /// The part of the token that may be shown.
    prefix: String,
    /// The token in plain, only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token: Option<String>,
    scopes: Vec<&'static str>,
    created_at: i64,
    expires_at: Option<i64>,
    /// To the minute.
    last_used_at: Option<i64>,
    /// From which address that was.
    last_used_ip: Option<String>,
    /// By which program, if it said so.
    last_used_user_agent: Option<String>,
    revoked_at: Option<i64>,
}

impl From<credentials::Credential> for ScimTokenOut {
    fn from(credential: credentials::Credential) -> Self {
        Self {
            id: credential.id.into(),
            object: "scim_token",
            organization_id: credential.organization_id.map(String::from),
            directory_id: credential.directory_id.into(),
            name: credential.name,
            prefix: credential.prefix,
            token: None,
            scopes: credential.scopes.iter().map(|scope| scope.as_str()).collect(),
            created_at: credential.created_at.millis(),
            expires_at: credential.expires_at.map(Timestamp::millis),
            last_used_at: credential.last_used_at.map(Timestamp::millis),
            last_used_ip: credential.last_used_ip,
            last_used_user_agent: credential.last_used_user_agent,
            revoked_at: credential.revoked_at.map(Timestamp::millis),
        }
    }
}

/// A token to be made.
#[derive(Debug, ToSchema)]
#[schema(as = AdminScimTokenCreate, example = json!({"name": "Okta"}))]
pub struct CreateScimToken {
    /// What people call it.
    #[schema(max_length = 255, pattern = r"\S")]
    name: String,
    /// What it may be used for; everything if it is left out.
    scopes: Option<Vec<String>>,
    /// Until when, in Unix milliseconds; for ever if it is left out.
    #[schema(value_type = Option<i64>)]
    expires_at: Option<Timestamp>,
}

impl CreateScimToken {
    fn read(fields: &mut Fields, now: Timestamp) -> Self {
        Self {
            name: fields.text("name", NAME),
            scopes: fields.optional_choices("scopes", SCOPES),
            expires_at: fields.optional_future("expires_at", now),
        }
    }
}

fn gate(call: &Call) -> Result<(Gate, OrgId), ApiError> {
    let id: OrgId = call.id("organization_id")?;
    Ok((Gate::Organization(id.clone(), MANAGE_DIRECTORIES), id))
}

/// Read the SCIM endpoint
///
/// The base URL to enter at the identity provider. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/scim/endpoint", tag = "SCIM", operation_id = "getScimEndpoint",
    params(OrganizationPath),
    responses((status = 200, description = "The endpoint", body = ScimEndpoint), Unauthenticated, Forbidden, NotFound)
)]
pub async fn endpoint(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, _) = gate(&call)?;
    let endpoint_url = call.read(&gate, async |rx| Ok(format!("{}/scim/v2/", rx.settings().public_url))).await?;
    Ok(ok(&ScimEndpoint { endpoint_url }))
}

/// List SCIM tokens
///
/// Of all directories of the organization, without their secrets, newest first. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/scim/tokens", tag = "SCIM", operation_id = "listScimTokens",
    params(OrganizationPath, Search, NameOrder, PagingParams),
    responses(
        (status = 200, description = "A page of tokens", body = Page<ScimTokenOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization) = gate(&call)?;
    let mut query = call.query()?;
    let part = query.part(&credentials::LISTED);
    query.finish()?;
    let page = call
        .read(&gate, async |rx| {
            let (found, total_count) = credentials::list(rx, &organization, &part).await?;
            Ok(Page { data: found.into_iter().map(ScimTokenOut::from).collect(), total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Make a SCIM token
///
/// For the organization's oldest directory, which is made on first use. The token is shown in this answer and never
/// again. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/scim/tokens", tag = "SCIM", operation_id = "createScimToken",
    params(OrganizationPath, Idempotent), request_body = CreateScimToken,
    responses(
        (status = 201, description = "The token, in plain", body = ScimTokenOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization) = gate(&call)?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateScimToken::read(&mut fields, call.core.clock().now());
    fields.finish()?;
    let scopes: Vec<CredentialScope> = match &new.scopes {
        Some(names) => names.iter().filter_map(|name| CredentialScope::parse(name)).collect(),
        None => CredentialScope::ALL.to_vec(),
    };
    call.once(&gate, &bytes, StatusCode::CREATED, async |tx| {
        let directory = connections::oldest_live(tx, &organization).await?;
        let command = credentials::NewCredential {
            scopes: scopes.clone(),
            expires_at: new.expires_at,
            ..credentials::NewCredential::bearer(directory.id, &new.name, credentials::Origin::Api)
        };
        let issued = credentials::issue(tx, command).await?;
        let token = issued.secret.map(|secret| secret.expose().to_owned());
        Ok(ScimTokenOut { token, ..issued.credential.into() })
    })
    .await
}

/// Revoke a SCIM token
///
/// The next request with it is refused. Revoking again changes nothing. Needs `org:sys_provisioning:manage`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/scim/tokens/{token_id}/revoke", tag = "SCIM",
    operation_id = "revokeScimToken", params(OrganizationPath, TokenPath, Idempotent),
    responses(
        (status = 200, description = "The token", body = ScimTokenOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    let (gate, organization) = gate(&call)?;
    let bytes = call.bytes().await?;
    call.once(&gate, &bytes, StatusCode::OK, async |tx| {
        Ok(ScimTokenOut::from(credentials::revoke(tx, &organization, &call.id("token_id")?).await?))
    })
    .await
}
