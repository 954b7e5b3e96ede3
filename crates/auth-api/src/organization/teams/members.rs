//! Who is in a team.

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, OrgId, UserId};
use auth_core::orgs::teams;
use utoipa::{OpenApi, ToSchema};

use super::manage::page;
use super::{MessageOut, TeamMemberOut, TeamOut, id_of, where_on};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{JsonBody, Query};
use crate::organization::MOST;
use crate::organization::access::{self, meant, strangers};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list_team_members, list_user_teams, add_team_member, remove_team_member))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/list-team-members", web::get().guard(where_on()).to(list_team_members))
        .route("/organization/list-user-teams", web::get().guard(where_on()).to(list_user_teams))
        .route("/organization/add-team-member", web::post().guard(where_on()).to(add_team_member))
        .route("/organization/remove-team-member", web::post().guard(where_on()).to(remove_team_member));
}

/// List the members of a team
///
/// For those in it, and for members with the permission `team:update` or `member:update`.
#[utoipa::path(
    get, path = "/api/auth/organization/list-team-members", tag = "Organizations", operation_id = "listTeamMembers",
    params(
        ("teamId" = Option<String>, Query, description = "Which team; otherwise the one in which the session works"),
        ("limit" = Option<u64>, Query, description = "How many at most: 1000 if nothing is said, and never more"),
        ("offset" = Option<u64>, Query, description = "How many to pass over"),
    ),
    responses(
        (status = 200, description = "Who is in it, longest first", body = Vec<TeamMemberOut>),
        (status = 400, description = "`VALIDATION_ERROR`, `YOU_DO_NOT_HAVE_AN_ACTIVE_TEAM`, `TEAM_NOT_FOUND` (also strangers to the organization), \
            `USER_IS_NOT_A_MEMBER_OF_THE_TEAM`", body = ErrorOut,
            example = json!({"message": "User is not a member of the team", "code": "USER_IS_NOT_A_MEMBER_OF_THE_TEAM"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_team_members(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let team = input.optional("teamId").filter(|id| !id.is_empty());
    let (limit, offset) = page(&mut input);
    input.finish()?;
    let team = team.map(|id| id_of(&id)).or_else(|| caller.session.active_team_id.clone());
    let none = || ApiError::bad_request("YOU_DO_NOT_HAVE_AN_ACTIVE_TEAM", "You do not have an active team");
    let team = team.ok_or_else(none)?;
    let found =
        caller.core().read(&caller.ctx(), async |rx| teams::list_members(rx, &team, limit, offset).await).await?;
    let found: Vec<TeamMemberOut> = found.into_iter().map(TeamMemberOut::from).collect();
    Ok(reply::ok(&found))
}

/// List somebody's teams
///
/// One's own, of all organizations unless one is named. Those of others, of one organization, are for members with the
/// permission `member:update`.
#[utoipa::path(
    get, path = "/api/auth/organization/list-user-teams", tag = "Organizations", operation_id = "listUserTeams",
    params(
        ("userId" = Option<String>, Query, description = "Whose; otherwise one's own"),
        ("organizationId" = Option<String>, Query, description = "Of which organization; for others' the one in which the session works, \
            if nothing is said"),
    ),
    responses(
        (status = 200, description = "The teams, at most 1000", body = Vec<TeamOut>),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), \
            `YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_user_teams(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let named = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (user, id) = (named(input.optional("userId")), named(input.optional("organizationId")));
    input.finish()?;
    let user = user.map_or_else(|| caller.user_id().clone(), |id| user_of(&id));
    let refusal = access::not_yours;
    let id = match id {
        Some(id) => Some(OrgId::parse(&id).ok_or_else(refusal)?),
        None if user == *caller.user_id() => None,
        None => Some(meant(&caller, None, access::no_active, refusal)?),
    };
    let found = caller.core().read(&caller.ctx(), async |rx| teams::of_user(rx, &user, id.as_ref(), MOST).await).await;
    Ok(reply::ok(&TeamOut::all(found.map_err(strangers(refusal))?, caller.edge.settings())))
}

fn user_of(text: &str) -> UserId {
    UserId::parse(text).unwrap_or_else(|| UserId::from_text(String::new()))
}

/// Whom, and which team.
#[derive(ToSchema)]
#[schema(as = TeamMemberChange, rename_all = "camelCase")]
#[expect(dead_code, clippy::struct_field_names, reason = "read field by field, by the names of the wire")]
struct TeamMemberIn {
    /// Which team.
    team_id: String,
    /// Whom.
    user_id: String,
    /// Of which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Put somebody into a team
///
/// An active member of the organization; needs the permission `member:update`. Who is in it stays in it.
#[utoipa::path(
    post, path = "/api/auth/organization/add-team-member", tag = "Organizations", operation_id = "addTeamMember",
    request_body(content = TeamMemberIn,
        example = json!({"teamId": "team_01h455vb4pex5vsknk084sn02q", "userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The place in the team", body = TeamMemberOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (the person, or the \
            caller), `TEAM_NOT_FOUND`", body = ErrorOut, example = json!({"message": "Team not found", "code": "TEAM_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM_MEMBER`, `TEAM_MEMBER_LIMIT_REACHED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn add_team_member(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let (id, team, user) = read(&caller, body)?;
    let done = caller.core().write(&caller.ctx(), async |tx| teams::add(tx, &id, &id_of(&team), &user).await).await;
    Ok(reply::ok(&TeamMemberOut::from(done.map_err(strangers(access::stranger))?)))
}

/// Take somebody out of a team
///
/// Needs the permission `member:delete`. They stay in the organization.
#[utoipa::path(
    post, path = "/api/auth/organization/remove-team-member", tag = "Organizations", operation_id = "removeTeamMember",
    request_body(content = TeamMemberIn,
        example = json!({"teamId": "team_01h455vb4pex5vsknk084sn02q", "userId": "user_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "Taken out", body = MessageOut, example = json!({"message": "Team member removed successfully."})),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (the person, or the \
            caller), `TEAM_NOT_FOUND`, `USER_IS_NOT_A_MEMBER_OF_THE_TEAM`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_REMOVE_A_TEAM_MEMBER`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn remove_team_member(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let (id, team, user) = read(&caller, body)?;
    let done = caller.core().write(&caller.ctx(), async |tx| teams::remove(tx, &id, &id_of(&team), &user).await).await;
    done.map_err(strangers(access::stranger))?;
    Ok(reply::ok(&MessageOut { message: "Team member removed successfully." }))
}

fn read(caller: &Caller, body: JsonBody) -> Result<(OrgId, String, UserId)> {
    let mut input = body.object()?;
    let (team, user, id) = (input.string("teamId"), input.string("userId"), input.optional("organizationId"));
    input.finish()?;
    let id = meant(caller, id.as_deref(), access::no_active, access::stranger)?;
    Ok((id, team, user_of(&user)))
}
