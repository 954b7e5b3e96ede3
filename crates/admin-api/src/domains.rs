//! `/v1/organizations/{organization_id}/domains`: the email domains of an organization, claimed and proven.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::clock::Timestamp;
use auth_core::db::Scope;
use auth_core::ids::{DomainId, OrgId};
use auth_core::orgs::domains::{self, Domain, ENROLLMENT_MODES};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Fields;
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{
    BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, Unavailable, UnsupportedMedia,
};
use crate::page::{NameOrder, Page, PagingParams, Search};
use crate::params::{DomainPath, Idempotent, OrganizationPath};
use crate::resource;

/// What changes an organization's domains.
const UPDATE: &str = "organization:update";

pub fn routes(cfg: &mut web::ServiceConfig) {
    const BASE: &str = "/organizations/{organization_id}/domains";
    cfg.service(resource(BASE, [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource(
            &format!("{BASE}/{{domain_id}}"),
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ))
        .service(resource(&format!("{BASE}/{{domain_id}}/verify"), [(Method::POST, web::to(verify))]));
}

/// An email domain of an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationDomain, example = json!({
    "id": "dom_01h455vb4pex5vsknk084sn02q", "object": "organization_domain", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "name": "acme.example", "verified": false, "verified_at": null, "enrollment_mode": "manual_invitation",
    "total_pending_invitations": 0, "verification": {"type": "dns_txt", "name": "_portico-challenge.acme.example",
        "value": "portico-domain-verification=3kTjC0aP9xWq7LmZ2vRb8NsYd4HfGe1U", "last_checked_at": null, "missing_since": null},
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct DomainOut {
    id: String,
    /// Always `organization_domain`.
    object: &'static str,
    organization_id: String,
    /// In small letters and ASCII (IDNA). No subdomain is implied.
    name: String,
    /// Whether the organization holds it.
    verified: bool,
    verified_at: Option<i64>,
    /// `manual_invitation`; `automatic_invitation`: once the organization holds the domain, whoever proves an address of it, or
    /// comes in with one, is invited; `automatic_suggestion`: kept for a page of your own, Portico itself suggests nothing.
    enrollment_mode: String,
    /// How many invitations to addresses of the domain can still be accepted.
    #[schema(minimum = 0)]
    total_pending_invitations: i64,
    /// How the domain is proven; null if it was asserted by the platform and needs no proof.
    verification: Option<VerificationOut>,
    created_at: i64,
    updated_at: i64,
}

/// The record that proves a domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationDomainVerification)]
pub struct VerificationOut {
    /// Always `dns_txt`.
    r#type: &'static str,
    /// Where the TXT record is looked for first; at the domain itself it will do too.
    name: String,
    /// What it says.
    value: String,
    /// When the record of a verified domain was looked for last.
    last_checked_at: Option<i64>,
    /// Since when it is missing. After fourteen days the organization holds the domain no more.
    missing_since: Option<i64>,
}

impl DomainOut {
    fn new(domain: Domain, total_pending_invitations: i64) -> Self {
        let verification = domain.record().map(|record| VerificationOut {
            r#type: "dns_txt",
            name: record.name,
            value: record.value,
            last_checked_at: domain.checked_at.map(Timestamp::millis),
            missing_since: domain.missing_since.map(Timestamp::millis),
        });
        Self {
            id: domain.id.into(),
            object: "organization_domain",
            organization_id: domain.organization_id.into(),
            name: domain.name,
            verified: domain.verified_at.is_some(),
            verified_at: domain.verified_at.map(Timestamp::millis),
            enrollment_mode: domain.enrollment_mode,
            total_pending_invitations,
            verification,
            created_at: domain.created_at.millis(),
            updated_at: domain.updated_at.millis(),
        }
    }
}

/// Domains with what is counted about them.
async fn counted(db: &impl Scope, organization: &OrgId, found: Vec<Domain>) -> Result<Vec<DomainOut>, ApiError> {
    let counts = domains::pending_invitations(db, organization, &found).await?;
    Ok(found.into_iter().zip(counts).map(|(domain, count)| DomainOut::new(domain, count)).collect())
}

async fn shown(db: &impl Scope, domain: Domain) -> Result<DomainOut, ApiError> {
    let organization = domain.organization_id.clone();
    counted(db, &organization, vec![domain]).await?.pop().ok_or_else(ApiError::not_found)
}

/// A domain to be added.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationDomainCreate, example = json!({"name": "acme.example"}))]
pub struct CreateDomain {
    #[schema(max_length = 253)]
    name: String,
    /// In which way people with addresses of the domain shall get in. `automatic_invitation` needs `invitation:create` too.
    #[schema(
        pattern = "^(manual_invitation|automatic_invitation|automatic_suggestion)$",
        default = "manual_invitation"
    )]
    enrollment_mode: Option<String>,
    /// Whether the organization holds it without any proof. For secret keys and platform administrators.
    #[schema(default = false)]
    verified: Option<bool>,
}

impl CreateDomain {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", 253),
            enrollment_mode: fields.optional_choice("enrollment_mode", ENROLLMENT_MODES).map(str::to_owned),
            verified: fields.optional_bool("verified"),
        }
    }
}

/// What to change of a domain.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationDomainUpdate, example = json!({"enrollment_mode": "automatic_suggestion"}))]
pub struct UpdateDomain {
    #[schema(pattern = "^(manual_invitation|automatic_invitation|automatic_suggestion)$")]
    enrollment_mode: Option<String>,
}

impl UpdateDomain {
    fn read(fields: &mut Fields) -> Self {
        Self { enrollment_mode: fields.optional_choice("enrollment_mode", ENROLLMENT_MODES).map(str::to_owned) }
    }
}

/// List domains
///
/// The email domains of an organization, by name. For the platform and the organization's own administrators.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/domains", tag = "Organizations", operation_id = "listOrganizationDomains",
    params(OrganizationPath, Search, NameOrder, PagingParams),
    responses(
        (status = 200, description = "A page of domains", body = Page<DomainOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let mut query = call.query()?;
    let part = query.part(&domains::LISTED);
    query.finish()?;
    let page = call
        .read(&Gate::Organization(id.clone(), READ), async |rx| {
            let (found, total_count) = domains::page(rx, &id, &part).await?;
            Ok(Page { data: counted(rx, &id, found).await?, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Add a domain
///
/// It is only claimed until it is verified; the answer says which TXT record to publish. Several organizations may claim
/// a domain, one can hold it. Domains of mail providers are refused. Needs `organization:update`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/domains", tag = "Organizations",
    operation_id = "createOrganizationDomain", params(OrganizationPath, Idempotent), request_body = CreateDomain,
    responses(
        (status = 201, description = "The domain", body = DomainOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateDomain::read(&mut fields);
    fields.finish()?;
    call.once(&Gate::Organization(id.clone(), UPDATE), &bytes, StatusCode::CREATED, async |tx| {
        let mut domain = if new.verified == Some(true) {
            domains::assert_domain(tx, &id, &new.name).await?
        } else {
            domains::add(tx, &id, &new.name).await?
        };
        if let Some(mode) = &new.enrollment_mode {
            domain = domains::set_enrollment_mode(tx, &id, &domain.id, mode).await?;
        }
        shown(tx, domain).await
    })
    .await
}

/// Read a domain
///
/// With the record that proves it. For the platform and the organization's own administrators.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/domains/{domain_id}", tag = "Organizations",
    operation_id = "getOrganizationDomain", params(OrganizationPath, DomainPath),
    responses((status = 200, description = "The domain", body = DomainOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let domain = call
        .read(&Gate::Organization(id.clone(), READ), async |rx| {
            shown(rx, domains::get(rx, &id, &call.id("domain_id")?).await?).await
        })
        .await?;
    Ok(ok(&domain))
}

/// Change a domain
///
/// Says what happens to people with addresses of the domain. Needs `organization:update`, and for `automatic_invitation`
/// `invitation:create` and the right to give the role that is offered.
#[utoipa::path(
    patch, path = "/v1/organizations/{organization_id}/domains/{domain_id}", tag = "Organizations",
    operation_id = "updateOrganizationDomain", params(OrganizationPath, DomainPath), request_body = UpdateDomain,
    responses(
        (status = 200, description = "The domain", body = DomainOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateDomain::read(&mut fields);
    fields.finish()?;
    call.change(&Gate::Organization(id.clone(), UPDATE), async |tx| {
        let domain: DomainId = call.id("domain_id")?;
        let domain = match &changes.enrollment_mode {
            Some(mode) => domains::set_enrollment_mode(tx, &id, &domain, mode).await?,
            None => domains::get(tx, &id, &domain).await?,
        };
        shown(tx, domain).await
    })
    .await
}

/// Remove a domain
///
/// The organization's directories lose the authority over accounts with addresses of the domain at once; memberships
/// stay. Needs `organization:update`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/domains/{domain_id}", tag = "Organizations",
    operation_id = "deleteOrganizationDomain", params(OrganizationPath, DomainPath),
    responses((status = 204, description = "Removed"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    call.remove(&Gate::Organization(id.clone(), UPDATE), async |tx| {
        domains::remove(tx, &id, &call.id("domain_id")?).await?;
        Ok(())
    })
    .await
}

/// Verify a domain
///
/// Looks up the TXT record. If it is there, the organization holds the domain from now on, unless another does
/// (`domain_already_held`); if not, `domain_not_verified`. Verifying again changes nothing. The record must stay: it is
/// looked for every day, and fourteen days without it end the holding. Needs `organization:update`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/domains/{domain_id}/verify", tag = "Organizations",
    operation_id = "verifyOrganizationDomain", params(OrganizationPath, DomainPath, Idempotent),
    responses(
        (status = 200, description = "The domain", body = DomainOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, Unavailable
    )
)]
pub async fn verify(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let domain: DomainId = call.id("domain_id")?;
    let bytes = call.bytes().await?;
    // Looked for before the transaction; what was seen is judged inside, so that a repeated request gets its old answer.
    let seen = domains::look_for(&call.core, &call.ctx, &id, &domain).await?;
    call.once(&Gate::Organization(id.clone(), UPDATE), &bytes, StatusCode::OK, async |tx| {
        let domain = domains::prove(tx, &id, &domain, &seen).await?;
        shown(tx, domain).await
    })
    .await
}
