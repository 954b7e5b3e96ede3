//! The team in which a session works.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::orgs::teams::{self, TeamsFault};
use utoipa::{OpenApi, ToSchema};

use super::{TeamOut, id_of, where_on};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::access;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(set_active_team))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/set-active-team", web::post().guard(where_on()).to(set_active_team));
}

/// A team, or none.
#[derive(ToSchema)]
#[schema(as = SetActiveTeam, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SetActiveTeamIn {
    /// Which team; null for none.
    team_id: Option<String>,
}

/// Choose the team to work in
///
/// Of the organization in which the session works, and one in which the caller is. `null` for none; without a team, the one in
/// which the session works is confirmed. It is forgotten when the caller leaves the team or the organization.
#[utoipa::path(
    post, path = "/api/auth/organization/set-active-team", tag = "Organizations", operation_id = "setActiveTeam",
    request_body(content = SetActiveTeamIn, example = json!({"teamId": "team_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The team, or null", body = Option<TeamOut>),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `TEAM_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "Team not found", "code": "TEAM_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_IS_NOT_A_MEMBER_OF_THE_TEAM`, or an origin that is not trusted", body = ErrorOut,
            example = json!({"message": "User is not a member of the team", "code": "USER_IS_NOT_A_MEMBER_OF_THE_TEAM"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn set_active_team(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let asked = input.nullable("teamId");
    input.finish()?;
    let (core, ctx) = (caller.core(), caller.ctx());
    if asked == Some(None) {
        let mut reply = reply::ok(&None::<TeamOut>);
        if caller.session.active_team_id.is_some() {
            core.write(&ctx, async |tx| teams::choose_none(tx, &caller.session.id).await).await?;
            reply::renew_session(&mut reply, &caller);
        }
        return Ok(reply);
    }
    let named = asked.flatten().filter(|id| !id.is_empty()).map(|id| id_of(&id));
    let Some(team) = named.or_else(|| caller.session.active_team_id.clone()) else {
        return Ok(reply::ok(&None::<TeamOut>));
    };
    let organization = caller.session.active_organization_id.clone().ok_or_else(access::no_active)?;
    let chosen = core
        .write(&ctx, async |tx| teams::choose(tx, &caller.session.id, caller.user_id(), &organization, &team).await)
        .await
        .map_err(|error| {
            let outside = error.is(&TeamsFault::NotInTeam);
            let error = ApiError::from(error);
            if outside { error.with_status(StatusCode::FORBIDDEN) } else { error }
        })?;
    let mut reply = reply::ok(&TeamOut::of(chosen, caller.edge.settings()));
    reply::renew_session(&mut reply, &caller);
    Ok(reply)
}
