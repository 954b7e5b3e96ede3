//! `/v1/organizations`: organizations.

pub mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::Scope;
use auth_core::ids::{OrgId, UserId};
use auth_core::orgs::members::{self, Member};
use auth_core::orgs::{self, NewOrganization, OrgOrder, OrgQuery, Summary, texts};
use auth_core::roles::DefinitionsEach;
use auth_core::{Tx, secret, users};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::page::{Page, Paging, PagingParams};
use crate::params::{Idempotent, OrganizationPath};
use crate::resource;
use wire::{CreateOrganization, OrganizationOut, UpdateOrganization};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/organizations", [(Method::GET, web::to(list)), (Method::POST, web::to(create))])).service(
        resource(
            "/organizations/{organization_id}",
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ),
    );
}

/// Which organizations, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Filter {
    /// Somewhere in the id, name or slug, whatever the case.
    #[param(max_length = 320, example = "acme")]
    query: Option<String>,
    /// Those in which this person is an active member.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: Option<String>,
    /// `created_at`, `updated_at`, `name` or `members_count`; with `-` in front descending. Newest first if it is left out.
    #[param(pattern = r"^[-+]?(created_at|updated_at|name|members_count)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List organizations
///
/// All of them for the platform; for everybody else those that they administer.
#[utoipa::path(
    get, path = "/v1/organizations", tag = "Organizations", operation_id = "listOrganizations", params(Filter, PagingParams),
    responses(
        (status = 200, description = "A page of organizations", body = Page<OrganizationOut>),
        BadRequest, Unauthenticated, Forbidden
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let Paging { limit, offset } = query.paging();
    let (column, ascending) = query.order(&["created_at", "updated_at", "name", "members_count"]);
    let order_by = match column {
        "updated_at" => OrgOrder::UpdatedAt,
        "name" => OrgOrder::Name,
        "members_count" => OrgOrder::MembersCount,
        _ => OrgOrder::CreatedAt,
    };
    let (search, user_id) = (query.text("query"), query.id("user_id"));
    let wanted = OrgQuery { search, user_id, order_by, descending: !ascending, limit, offset };
    query.finish()?;
    let page = call
        .core
        .read(&call.ctx, async |rx| {
            let whole = call.ctx.actor.is_platform();
            let (found, total_count) = match call.ctx.actor.user_id() {
                Some(user) if !whole => administered(rx, user, &wanted).await?,
                _ => orgs::list(rx, &wanted).await?,
            };
            let data = found.into_iter().map(|summary| OrganizationOut::new(summary, rx)).collect();
            Ok::<_, ApiError>(Page { data, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Which organizations a person administers.
pub async fn administered_ids(db: &impl Scope, user: &UserId) -> Result<Vec<OrgId>, ApiError> {
    let mine = members::of_user(db, user).await?;
    let defined = DefinitionsEach::of(db, &mine).await?;
    let administers = |member: &Member| {
        let defined = defined.within(&member.organization_id);
        member.is_active() && member.roles.iter().any(|role| defined.permits(role, READ))
    };
    Ok(mine.into_iter().filter(administers).map(|member| member.organization_id).collect())
}

/// The organizations that a person administers. They are few, so they are filtered and ordered here.
async fn administered(db: &impl Scope, user: &UserId, wanted: &OrgQuery) -> Result<(Vec<Summary>, i64), ApiError> {
    let ids = administered_ids(db, user).await?;
    if ids.is_empty() {
        return Err(ApiError::forbidden("You administer no organization"));
    }
    let search = wanted.search.as_ref().map(|text| text.to_lowercase());
    let mut found = orgs::summaries(db, &ids).await?;
    found.retain(|Summary { organization: o, .. }| {
        let texts = [o.id.to_string(), o.name.to_lowercase(), o.slug.to_lowercase()];
        search.as_ref().is_none_or(|search| texts.iter().any(|text| text.contains(search)))
            && wanted.user_id.as_ref().is_none_or(|other| other == user)
    });
    found.sort_by(|a, b| {
        let (x, y) = (&a.organization, &b.organization);
        let order = match wanted.order_by {
            OrgOrder::CreatedAt => x.created_at.cmp(&y.created_at),
            OrgOrder::UpdatedAt => x.updated_at.cmp(&y.updated_at),
            OrgOrder::Name => x.name.cmp(&y.name),
            OrgOrder::MembersCount => a.members_count.cmp(&b.members_count),
        };
        let order = order.then_with(|| x.id.cmp(&y.id));
        if wanted.descending { order.reverse() } else { order }
    });
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let paging = Paging { limit: wanted.limit, offset: wanted.offset };
    Ok((paging.cut(found).collect(), total))
}

/// An organization as the caller sees it.
pub async fn show(db: &impl Scope, id: &OrgId) -> Result<OrganizationOut, ApiError> {
    let summary = orgs::summaries(db, std::slice::from_ref(id)).await?.into_iter().next();
    let summary = summary.ok_or(orgs::OrgsFault::NotFound).map_err(auth_core::Error::from)?;
    Ok(OrganizationOut::new(summary, db))
}

/// Make an organization
///
/// With its first owner if `created_by` names one. Platform only.
#[utoipa::path(
    post, path = "/v1/organizations", tag = "Organizations", operation_id = "createOrganization", params(Idempotent),
    request_body = CreateOrganization,
    responses(
        (status = 201, description = "The organization", body = OrganizationOut),
        BadRequest, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateOrganization::read(&mut fields, &call.core.settings().fields.organization);
    fields.finish()?;
    call.once(&Gate::Platform, &bytes, StatusCode::CREATED, async |tx| {
        if let Some(owner) = &new.created_by
            && users::find(tx, owner).await?.is_none()
        {
            return Err(ApiError::field("created_by", "user_not_found", "There is no such person"));
        }
        let command = NewOrganization {
            name: new.name.clone(),
            slug: free_slug(tx, &new).await?,
            logo: new.image_url.clone(),
            public_metadata: new.public_metadata.clone(),
            private_metadata: new.private_metadata.clone().unwrap_or_default(),
            max_allowed_memberships: new.max_allowed_memberships,
            owner: new.created_by.clone(),
            additional_fields: new.additional_fields.clone(),
        };
        let organization = orgs::create(tx, command).await?;
        show(tx, &organization.id).await
    })
    .await
}

/// The slug that was asked for, or one made of the name that nobody has.
async fn free_slug(tx: &Tx, new: &CreateOrganization) -> Result<String, ApiError> {
    if let Some(slug) = &new.slug {
        return Ok(slug.clone());
    }
    let plain = texts::slug_of(&new.name, "");
    if orgs::find_by_slug(tx, &plain).await?.is_none() {
        return Ok(plain);
    }
    Ok(texts::slug_of(&new.name, &secret::random_text(tx.chance(), 8).to_ascii_lowercase()))
}

/// Read an organization
///
/// For the platform and the organization's own administrators.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}", tag = "Organizations", operation_id = "getOrganization",
    params(OrganizationPath),
    responses((status = 200, description = "The organization", body = OrganizationOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let organization = call.read(&Gate::Organization(id.clone(), READ), async |rx| show(rx, &id).await).await?;
    Ok(ok(&organization))
}

/// Change an organization
///
/// What is absent stays as it is, what is null is cleared. Needs `organization:update`; `private_metadata`,
/// `max_allowed_memberships` and additional fields that people may not give are for the platform.
#[utoipa::path(
    patch, path = "/v1/organizations/{organization_id}", tag = "Organizations", operation_id = "updateOrganization",
    params(OrganizationPath), request_body = UpdateOrganization,
    responses(
        (status = 200, description = "The organization", body = OrganizationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateOrganization::read(&mut fields, &call.core.settings().fields.organization);
    fields.finish()?;
    call.change(&Gate::Organization(id.clone(), "organization:update"), async |tx| {
        if changes.is_for_platform(&tx.settings().fields.organization) {
            Gate::Platform.check(tx).await?;
        }
        orgs::update(tx, &id, changes.changes()).await?;
        show(tx, &id).await
    })
    .await
}

/// Delete an organization
///
/// With its members, invitations, domains and directories. Needs `organization:delete`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}", tag = "Organizations", operation_id = "deleteOrganization",
    params(OrganizationPath),
    responses((status = 204, description = "Deleted"), Unauthenticated, Forbidden, NotFound)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    call.remove(&Gate::Organization(id.clone(), "organization:delete"), async |tx| {
        orgs::delete(tx, &id).await?;
        Ok(())
    })
    .await
}
