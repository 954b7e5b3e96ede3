//! Looking at organizations.

use actix_web::{HttpResponse, web};
use auth_core::db::Scope as _;
use auth_core::ids::OrgId;
use auth_core::orgs::invitations::{self, InvitationQuery, InvitationsFault};
use auth_core::orgs::members::{self, MemberQuery};
use auth_core::orgs::{self, OrgsFault, teams};
use auth_core::sessions;
use utoipa::OpenApi;

use super::access::{self, meant_by_slug};
use super::teams::TeamOut;
use super::wire::{FullOut, InvitationOut, MemberOut, OrganizationOut};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::Query;
use crate::reply;

/// The most members and invitations that one answer holds.
pub const MOST: u64 = 1000;
/// How many members an answer holds if nothing is said.
pub const USUAL: u64 = 100;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list, get, get_full))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/list", web::get().to(list))
        .route("/organization/get-organization", web::get().to(get))
        .route("/organization/get-full-organization", web::get().to(get_full));
}

/// List my organizations
///
/// Those of which the caller is a member, oldest first.
#[utoipa::path(
    get, path = "/api/auth/organization/list", tag = "Organizations", operation_id = "listOrganizations",
    responses(
        (status = 200, description = "The organizations", body = Vec<OrganizationOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list(caller: Caller) -> Result<HttpResponse> {
    let all = caller.core().read(&caller.ctx(), async |rx| orgs::list_of_user(rx, caller.user_id()).await).await?;
    let all: Vec<OrganizationOut> =
        all.into_iter().map(|one| OrganizationOut::of(one, caller.edge.settings())).collect();
    Ok(reply::ok(&all))
}

/// Show an organization
///
/// The one that is named by slug or id, else the one in which the session works; `null` if there is
/// neither. Asking for one of which the caller is no member makes the session work in none.
#[utoipa::path(
    get, path = "/api/auth/organization/get-organization", tag = "Organizations", operation_id = "getOrganization",
    params(
        ("organizationId" = Option<String>, Query, description = "Which organization"),
        ("organizationSlug" = Option<String>, Query, description = "Which organization, by its slug; wins over the id"),
    ),
    responses(
        (status = 200, description = "The organization, or null", body = Option<OrganizationOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there is none)", body = ErrorOut,
            example = json!({"message": "User is not a member of the organization",
                "code": "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut query = query.input();
    let (id, slug) = (query.optional("organizationId"), query.optional("organizationSlug"));
    query.finish()?;
    let Some(id) = shown(&caller, id, slug).await? else { return Ok(reply::ok(&None::<OrganizationOut>)) };
    let organization = caller.core().read(&caller.ctx(), async |rx| orgs::get(rx, &id).await).await?;
    Ok(reply::ok(&OrganizationOut::of(organization, caller.edge.settings())))
}

/// Show an organization with its members
///
/// Like `/organization/get-organization`, with members, and with invitations for members who may invite.
/// Only owners see invitations to become an owner.
#[utoipa::path(
    get, path = "/api/auth/organization/get-full-organization", tag = "Organizations",
    operation_id = "getFullOrganization",
    params(
        ("organizationId" = Option<String>, Query, description = "Which organization"),
        ("organizationSlug" = Option<String>, Query, description = "Which organization, by its slug; wins over the id"),
        ("membersLimit" = Option<u64>, Query, description = "How many members at most: 100 if nothing is said, never \
            more than 1000"),
    ),
    responses(
        (status = 200, description = "The organization, or null", body = Option<FullOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there is none)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_full(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut query = query.input();
    let (id, slug) = (query.optional("organizationId"), query.optional("organizationSlug"));
    let limit = query.count("membersLimit").filter(|limit| *limit > 0).unwrap_or(USUAL).min(MOST);
    query.finish()?;
    let Some(id) = shown(&caller, id, slug).await? else { return Ok(reply::ok(&None::<FullOut>)) };
    let full = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            let organization = orgs::get(rx, &id).await?;
            let (members, _) = members::list(rx, &id, &MemberQuery { limit, ..MemberQuery::default() }).await?;
            let newest = InvitationQuery { status: None, search: None, descending: true, limit: MOST, offset: 0 };
            let invitations = match invitations::list(rx, &id, &newest).await {
                Ok((invitations, _)) => invitations,
                Err(error) if error.is(&InvitationsFault::MayNotList) => Vec::new(),
                Err(error) => return Err(error),
            };
            let into = teams::of_invitations(rx, &invitations).await?;
            let settings = caller.edge.settings();
            let of_it = if rx.settings().organization.teams.enabled {
                Some(TeamOut::all(teams::list(rx, &id, MOST, 0).await?, settings))
            } else {
                None
            };
            let shown = |invitation| InvitationOut::of(invitation, settings).into_teams(&into);
            Ok(FullOut {
                organization: OrganizationOut::of(organization, settings),
                teams: of_it,
                invitations: invitations.into_iter().rev().map(shown).collect(),
                members: MemberOut::all(members, settings),
            })
        })
        .await?;
    Ok(reply::ok(&full))
}

/// The organization that a view shows, if one is named or active and the caller is a member; otherwise
/// the session works in none from now on.
async fn shown(caller: &Caller, id: Option<String>, slug: Option<String>) -> Result<Option<OrgId>> {
    let named = [&id, &slug].into_iter().flatten().any(|text| !text.is_empty());
    if !named && caller.session.active_organization_id.is_none() {
        return Ok(None);
    }
    let refusal = access::stranger_forbidden;
    let found = match meant_by_slug(caller, id.as_deref(), slug.as_deref(), refusal, refusal).await {
        Ok(id) => caller
            .core()
            .read(&caller.ctx(), async |rx| {
                let member = members::present(rx, &id).await?;
                member.map(|member| member.organization_id).ok_or_else(|| OrgsFault::NotFound.into())
            })
            .await
            .map_err(access::strangers(refusal)),
        Err(error) => Err(error),
    };
    if found.is_err() {
        leave(caller).await?;
    }
    found.map(Some)
}

/// Makes the caller's session work in no organization.
pub async fn leave(caller: &Caller) -> Result<()> {
    if caller.session.active_organization_id.is_some() {
        let (user, session) = (&caller.session.user_id, &caller.session.id);
        caller
            .core()
            .write(&caller.ctx(), async |tx| sessions::set_active_organization(tx, user, session, None).await)
            .await?;
    }
    Ok(())
}
