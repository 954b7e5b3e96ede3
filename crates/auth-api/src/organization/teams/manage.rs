//! Making, changing, deleting and listing teams.

use actix_web::{HttpResponse, web};
use auth_core::fields::By;
use auth_core::orgs::teams;
use utoipa::{OpenApi, ToSchema};

use super::{MessageOut, TeamOut, id_of, where_on};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{Input, JsonBody, Query, additional};
use crate::organization::MOST;
use crate::organization::access::{self, meant, strangers};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(create_team, remove_team, update_team, list_teams))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/create-team", web::post().guard(where_on()).to(create_team))
        .route("/organization/remove-team", web::post().guard(where_on()).to(remove_team))
        .route("/organization/update-team", web::post().guard(where_on()).to(update_team))
        .route("/organization/list-teams", web::get().guard(where_on()).to(list_teams));
}

/// A team to be made.
#[derive(ToSchema)]
#[schema(as = CreateTeam, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CreateTeamIn {
    /// What people call it.
    #[schema(max_length = 256)]
    name: String,
    /// In which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Make a team
///
/// Needs the permission `team:create`. Whoever makes it is not in it by that. The fields that the operator added
/// (`additional_fields.team`) are given beside the others.
#[utoipa::path(
    post, path = "/api/auth/organization/create-team", tag = "Organizations", operation_id = "createTeam",
    request_body(content = CreateTeamIn, example = json!({"name": "Sales"})),
    responses(
        (status = 200, description = "The team", body = TeamOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `INVALID_TEAM_NAME`, \
            `YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS`, `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CREATE_TEAMS_IN_THIS_ORGANIZATION`, \
            `YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION` (the caller is a stranger, also if there is none)",
            body = ErrorOut, example = json!({"message": "You are not allowed to create teams in this organization",
                "code": "YOU_ARE_NOT_ALLOWED_TO_CREATE_TEAMS_IN_THIS_ORGANIZATION"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn create_team(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let (name, id) = (input.string("name"), input.optional("organizationId"));
    let settings = caller.edge.settings();
    let given = additional::of_other(&settings.fields.team, &mut input, true, By::Member);
    input.finish()?;
    let refusal = access::stranger_to_teams;
    let id = meant(&caller, id.as_deref(), access::no_active, refusal)?;
    let made = caller.core().write(&caller.ctx(), async |tx| teams::create(tx, &id, &name, &given).await).await;
    Ok(reply::ok(&TeamOut::of(made.map_err(strangers(refusal))?, settings)))
}

/// Which team.
#[derive(ToSchema)]
#[schema(as = RemoveTeam, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RemoveTeamIn {
    /// Which.
    team_id: String,
    /// Of which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Delete a team
///
/// Needs the permission `team:delete`. Its members stay in the organization. Neither the team in which the session works is
/// deleted, nor the last one, unless the operator allows that.
#[utoipa::path(
    post, path = "/api/auth/organization/remove-team", tag = "Organizations", operation_id = "removeTeam",
    request_body(content = RemoveTeamIn, example = json!({"teamId": "team_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "Deleted", body = MessageOut, example = json!({"message": "Team removed successfully."})),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `TEAM_NOT_FOUND`, `UNABLE_TO_REMOVE_LAST_TEAM`", body = ErrorOut,
            example = json!({"message": "Team not found", "code": "TEAM_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_DELETE_TEAMS_IN_THIS_ORGANIZATION`, `YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM` (also \
            strangers to the organization)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn remove_team(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let (team, id) = (input.string("teamId"), input.optional("organizationId"));
    input.finish()?;
    let refusal = access::no_deleter_of_teams;
    let id = meant(&caller, id.as_deref(), access::no_active, refusal)?;
    let active = caller.session.active_team_id.as_ref();
    let done = caller.core().write(&caller.ctx(), async |tx| teams::delete(tx, &id, &id_of(&team), active).await).await;
    done.map_err(strangers(refusal))?;
    Ok(reply::ok(&MessageOut { message: "Team removed successfully." }))
}

/// What to change of which team.
#[derive(ToSchema)]
#[schema(as = UpdateTeam, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateTeamIn {
    /// Which.
    team_id: String,
    /// `name`, fields that the operator added; and `organizationId`, if it is not the one in which the session works.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// Change a team
///
/// Needs the permission `team:update`.
#[utoipa::path(
    post, path = "/api/auth/organization/update-team", tag = "Organizations", operation_id = "updateTeam",
    request_body(content = UpdateTeamIn,
        example = json!({"teamId": "team_01h455vb4pex5vsknk084sn02q", "data": {"name": "Sales"}})),
    responses(
        (status = 200, description = "The team", body = TeamOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `TEAM_NOT_FOUND`, `INVALID_TEAM_NAME`, \
            `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "Team not found", "code": "TEAM_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_TEAM` (also strangers to the organization)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_team(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let team = input.string("teamId");
    let given = input.has("data");
    let data = input.object("data");
    if !given {
        input.issue("data", "Invalid input: expected object, received undefined");
    }
    input.finish()?;
    let mut data = Input::new("body.data", data.unwrap_or_default());
    let (name, id) = (data.optional("name"), data.optional("organizationId"));
    let settings = caller.edge.settings();
    let additional_fields = additional::of_other(&settings.fields.team, &mut data, false, By::Member);
    data.finish()?;
    let refusal = access::no_updater_of_teams;
    let id = meant(&caller, id.as_deref(), access::no_active, refusal)?;
    let changes = teams::Changes { name, additional_fields };
    let done =
        caller.core().write(&caller.ctx(), async |tx| teams::update(tx, &id, &id_of(&team), &changes).await).await;
    Ok(reply::ok(&TeamOut::of(done.map_err(strangers(refusal))?, settings)))
}

/// List teams
///
/// The teams of an organization, oldest first, for its members.
#[utoipa::path(
    get, path = "/api/auth/organization/list-teams", tag = "Organizations", operation_id = "listTeams",
    params(
        ("organizationId" = Option<String>, Query, description = "Which organization; otherwise the one in which the session works"),
        ("limit" = Option<u64>, Query, description = "How many at most: 1000 if nothing is said, and never more"),
        ("offset" = Option<u64>, Query, description = "How many to pass over"),
    ),
    responses(
        (status = 200, description = "The teams", body = Vec<TeamOut>),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_ACCESS_THIS_ORGANIZATION` (also if there is none)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_teams(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let id = input.optional("organizationId");
    let (limit, offset) = page(&mut input);
    input.finish()?;
    let refusal = access::no_access;
    let id = meant(&caller, id.as_deref(), access::no_active, refusal)?;
    let found = caller.core().read(&caller.ctx(), async |rx| teams::list(rx, &id, limit, offset).await).await;
    Ok(reply::ok(&TeamOut::all(found.map_err(strangers(refusal))?, caller.edge.settings())))
}

/// Which part of a list.
pub fn page(input: &mut Input) -> (u64, u64) {
    let limit = input.count("limit").filter(|limit| *limit > 0).unwrap_or(MOST).min(MOST);
    (limit, input.count("offset").unwrap_or(0))
}
