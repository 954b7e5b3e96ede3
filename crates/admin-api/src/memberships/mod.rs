//! `/v1/organizations/{organization_id}/memberships`: who belongs to an organization, with which roles.

pub mod wire;

use std::collections::HashMap;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::{Listed, Place, Scope};
use auth_core::ids::{MemberId, OrgId, UserId};
use auth_core::orgs::members::{
    self, Filter, Member, MemberField, MemberQuery, MembersFault, NewMember, Operator, Person, Source, Status,
};
use auth_core::roles::Definitions;
use auth_core::users;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::{Gate, READ};
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::organizations::show;
use crate::page::{CursorPage, CursorParam, PagingParams, next_cursor};
use crate::params::{Idempotent, OrganizationPath, UserPath};
use crate::resource;
use crate::users::wire::PublicUserData;
pub use wire::GrantOut;
use wire::{CreateMembership, MembershipOut, UpdateMembership};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource(
        "/organizations/{organization_id}/memberships",
        [(Method::GET, web::to(list)), (Method::POST, web::to(create))],
    ))
    .service(resource(
        "/organizations/{organization_id}/memberships/{user_id}",
        [(Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
    ))
    .service(resource(
        "/organizations/{organization_id}/memberships/{user_id}/suspend",
        [(Method::POST, web::to(suspend))],
    ))
    .service(resource(
        "/organizations/{organization_id}/memberships/{user_id}/restore",
        [(Method::POST, web::to(restore))],
    ));
}

/// Which members, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Wanted {
    /// Somewhere in the name or the address, whatever the case.
    #[param(max_length = 320, example = "ann")]
    query: Option<String>,
    /// That of this person only.
    #[param(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "user_01h455vb4pex5vsknk084sn02q")]
    user_id: Option<String>,
    /// Those who have this role.
    #[param(pattern = "^org:[a-z][a-z0-9_-]{0,62}$", example = "org:admin")]
    role: Option<String>,
    /// Those of this standing; `all` for everybody.
    #[param(pattern = "^(active|awaiting|suspended|all)$", default = "active")]
    status: Option<String>,
    /// `created_at`, `role` or `user_id`; with `-` in front descending. Newest first if it is left out.
    #[param(pattern = r"^[-+]?(created_at|role|user_id)$", example = "-created_at")]
    order_by: Option<String>,
}

/// List memberships
///
/// Active members unless `status` says otherwise. For the platform and the organization's own administrators.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/memberships", tag = "Memberships", operation_id = "listMemberships",
    params(OrganizationPath, Wanted, CursorParam, PagingParams),
    responses(
        (status = 200, description = "A page of memberships", body = CursorPage<MembershipOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let mut query = call.query()?;
    let paging = query.paging();
    let (column, ascending) = query.order(&["created_at", "role", "user_id"]);
    let wanted = MemberQuery {
        status: match query.choice("status", &["active", "awaiting", "suspended", "all"]) {
            Some("all") => None,
            Some(word) => Some(Status::from_stored(word)),
            None => Some(Status::Active),
        },
        user_id: query.id("user_id"),
        search: query.text("query"),
        filter: query.role("role").map(|role| Filter {
            field: MemberField::Role,
            operator: Operator::Eq,
            values: vec![role],
        }),
        order_by: match column {
            "role" => MemberField::Role,
            "user_id" => MemberField::UserId,
            _ => MemberField::CreatedAt,
        },
        descending: !ascending,
        beyond: query.cursor(column == "created_at"),
        // One more, which tells whether there are more.
        limit: paging.limit + 1,
        offset: paging.offset,
    };
    query.finish()?;
    let page = call
        .read(&Gate::Organization(id.clone(), READ), async |rx| {
            let (found, total_count) = members::list(rx, &id, &wanted).await?;
            let found = Listed::of_one_more(found, total_count, paging.limit);
            let next_cursor =
                next_cursor(&found, column, |(member, _)| Place { at: member.created_at, id: member.id.to_string() });
            Ok(CursorPage { data: with_grants(rx, &id, found.entries).await?, total_count, next_cursor })
        })
        .await?;
    Ok(ok(&page))
}

/// Members with where their roles came from, as the caller sees them.
async fn with_grants(
    db: &impl Scope,
    organization: &OrgId,
    found: Vec<(Member, Person)>,
) -> Result<Vec<MembershipOut>, ApiError> {
    let ids: Vec<MemberId> = found.iter().map(|(member, _)| member.id.clone()).collect();
    let mut grants: HashMap<MemberId, Vec<GrantOut>> = HashMap::new();
    for grant in members::grants_of(db, organization, &ids).await? {
        grants.entry(grant.member_id.clone()).or_default().push(grant.into());
    }
    let roles = found.iter().flat_map(|(member, _)| &member.roles).map(String::as_str);
    let defined = Definitions::of(db, organization, roles).await?;
    let shown = show(db, organization).await?;
    let out = found.into_iter().map(|(member, person)| {
        let grants = grants.remove(&member.id).unwrap_or_default();
        MembershipOut::new(member, grants, shown.clone(), person.into(), &defined, db)
    });
    Ok(out.collect())
}

/// The membership of one person.
async fn one(db: &impl Scope, organization: &OrgId, user: &UserId) -> Result<MembershipOut, ApiError> {
    let wanted = MemberQuery { status: None, user_id: Some(user.clone()), limit: 1, ..MemberQuery::default() };
    let (found, _) = members::list(db, organization, &wanted).await?;
    with_grants(db, organization, found).await?.pop().ok_or_else(unknown)
}

fn unknown() -> ApiError {
    auth_core::Error::from(MembersFault::NotFound).into()
}

impl From<Person> for PublicUserData {
    fn from(person: Person) -> Self {
        Self::new(person.id.into(), person.email, person.first_name, person.last_name, person.image)
    }
}

/// Add a member
///
/// Without asking the person: for the platform only. Administrators of an organization invite people instead.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/memberships", tag = "Memberships", operation_id = "createMembership",
    params(OrganizationPath, Idempotent), request_body = CreateMembership,
    responses(
        (status = 201, description = "The membership", body = MembershipOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateMembership::read(&mut fields, &call.core.settings().fields.member);
    fields.finish()?;
    call.once(&Gate::Organization(id.clone(), "member:create"), &bytes, StatusCode::CREATED, async |tx| {
        if !tx.ctx().actor.is_platform() {
            return Err(ApiError::forbidden("Invite the person: only the platform adds members without asking them"));
        }
        if users::find(tx, &new.user_id).await?.is_none() {
            return Err(ApiError::field("user_id", "user_not_found", "There is no such person"));
        }
        let command = NewMember {
            organization_id: id.clone(),
            user_id: new.user_id.clone(),
            status: Status::Active,
            role: new.role.clone().unwrap_or_else(|| tx.settings().organization.member_role.clone()),
            source: Source::Manual,
            additional_fields: new.additional_fields.clone(),
        };
        members::add(tx, command).await?;
        one(tx, &id, &new.user_id).await
    })
    .await
}

/// Change a membership
///
/// Nobody gives a role above their own, and the last owner stays one. Only an owner or the platform brings back whom a
/// directory suspended. Needs `member:update`; `private_metadata` and
/// additional fields that people may not give are for the platform.
#[utoipa::path(
    patch, path = "/v1/organizations/{organization_id}/memberships/{user_id}", tag = "Memberships",
    operation_id = "updateMembership", params(OrganizationPath, UserPath), request_body = UpdateMembership,
    responses(
        (status = 200, description = "The membership", body = MembershipOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateMembership::read(&mut fields, &call.core.settings().fields.member);
    fields.finish()?;
    call.change(&Gate::Organization(id.clone(), "member:update"), async |tx| {
        if changes.is_for_platform(&tx.settings().fields.member) {
            Gate::Platform.check(tx).await?;
        }
        let user: UserId = call.id("user_id")?;
        let member = members::find(tx, &id, &user).await?.ok_or_else(unknown)?;
        if changes.status.is_some() {
            members::restore(tx, &id, &user).await?;
        }
        if let Some(role) = &changes.role {
            members::change_roles(tx, &id, &member.id, std::slice::from_ref(role)).await?;
        }
        let noted = changes.changes();
        if !noted.is_empty() {
            members::change(tx, &id, &user, noted).await?;
        }
        one(tx, &id, &user).await
    })
    .await
}

/// Suspend a member
///
/// Ends what they can do in the organization before it is answered: their sessions go on without it, the API keys that they made
/// for it end. Their roles stay for their return, which no directory brings about. Nobody suspends themselves, somebody above
/// them, or the last owner. Doing so again changes nothing. Needs `member:update`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/memberships/{user_id}/suspend", tag = "Memberships",
    operation_id = "suspendMembership", params(OrganizationPath, UserPath),
    responses(
        (status = 200, description = "The membership", body = MembershipOut), Unauthenticated, Forbidden, NotFound, Conflict
    )
)]
pub async fn suspend(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let user: UserId = call.id("user_id")?;
    call.change(&Gate::Organization(id.clone(), "member:update"), async |tx| {
        members::suspend_by_hand(tx, &id, &user).await?;
        one(tx, &id, &user).await
    })
    .await
}

/// Restore a member
///
/// Brings back somebody who was suspended, with their roles, not with their sessions or keys. Whom a directory suspended, only an
/// owner or the platform brings back. Who is active stays as they are. Needs `member:update`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/memberships/{user_id}/restore", tag = "Memberships",
    operation_id = "restoreMembership", params(OrganizationPath, UserPath),
    responses(
        (status = 200, description = "The membership", body = MembershipOut), Unauthenticated, Forbidden, NotFound, Conflict
    )
)]
pub async fn restore(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let user: UserId = call.id("user_id")?;
    call.change(&Gate::Organization(id.clone(), "member:update"), async |tx| {
        members::restore(tx, &id, &user).await?;
        one(tx, &id, &user).await
    })
    .await
}

/// Remove a member
///
/// Their sessions go on without the organization. The last owner stays. Needs `member:delete`.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization_id}/memberships/{user_id}", tag = "Memberships",
    operation_id = "deleteMembership", params(OrganizationPath, UserPath),
    responses((status = 204, description = "Removed"), Unauthenticated, Forbidden, NotFound, Conflict)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    call.remove(&Gate::Organization(id.clone(), "member:delete"), async |tx| {
        members::remove(tx, &id, &call.id("user_id")?).await?;
        Ok(())
    })
    .await
}
