//! What the invited do with an invitation.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, InvitationId};
use auth_core::orgs::invitations::{self, InvitationsFault};
use auth_core::orgs::{members, requirements, teams};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::wire::{InvitationOut, MemberOut};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(accept, reject))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/accept-invitation", web::post().to(accept))
        .route("/organization/reject-invitation", web::post().to(reject));
}

/// An invitation.
#[derive(ToSchema)]
#[schema(as = AnswerInvitation, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct AnswerIn {
    /// Which.
    invitation_id: String,
}

/// An answered invitation.
#[derive(Serialize, ToSchema)]
#[schema(as = AnsweredInvitation)]
struct AnsweredOut {
    /// The invitation.
    invitation: InvitationOut,
    /// The membership that came of it; null if it was declined.
    member: Option<MemberOut>,
}

/// Accept an invitation
///
/// The caller becomes a member, and the session works in the organization from now on. An invitation of
/// somebody else, one that was answered or withdrawn and one that expired are not found.
#[utoipa::path(
    post, path = "/api/auth/organization/accept-invitation", tag = "Organizations",
    operation_id = "acceptOrganizationInvitation",
    request_body(content = AnswerIn, example = json!({"invitationId": "inv_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The invitation and the membership", body = AnsweredOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVITATION_NOT_FOUND`, \
            `USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION`, `INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION`, \
            `MEMBERSHIP_SUSPENDED`", body = ErrorOut,
            example = json!({"message": "Invitation not found", "code": "INVITATION_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`EMAIL_VERIFICATION_REQUIRED_BEFORE_ACCEPTING_OR_REJECTING_INVITATION`, \
            `ORGANIZATION_MEMBERSHIP_LIMIT_REACHED`, `TEAM_MEMBER_LIMIT_REACHED`, `NOT_WHILE_IMPERSONATING`, or an origin that is not trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn accept(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let id = read(body)?;
    let accepted = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let accepted = invitations::accept(tx, &id).await?;
            let organization = &accepted.member.organization_id;
            match members::enter(tx, &caller.session.id, caller.user_id(), organization).await {
                // Whoever has to show something first is a member all the same.
                Err(error) if requirements::is_demand(&error) => return Ok(accepted),
                entered => entered?,
            };
            // Into one team: then the session works in it.
            if let [team] = accepted.teams.as_slice() {
                teams::choose(tx, &caller.session.id, caller.user_id(), organization, team).await?;
            }
            Ok::<_, auth_core::Error>(accepted)
        })
        .await?;
    let into = HashMap::from([(accepted.invitation.id.clone(), accepted.teams)]);
    let settings = caller.edge.settings();
    let invitation = InvitationOut::of(accepted.invitation, settings).into_teams(&into);
    let member = MemberOut::of(accepted.member, settings);
    Ok(reply::ok(&AnsweredOut { invitation, member: Some(member) }))
}

/// Decline an invitation
#[utoipa::path(
    post, path = "/api/auth/organization/reject-invitation", tag = "Organizations",
    operation_id = "rejectOrganizationInvitation",
    request_body(content = AnswerIn, example = json!({"invitationId": "inv_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The invitation, rejected", body = AnsweredOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVITATION_NOT_FOUND`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`EMAIL_VERIFICATION_REQUIRED_BEFORE_ACCEPTING_OR_REJECTING_INVITATION`, or an \
            origin that is not trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn reject(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let id = read(body)?;
    let rejected = caller.core().write(&caller.ctx(), async |tx| invitations::reject(tx, &id).await).await?;
    Ok(reply::ok(&AnsweredOut { invitation: InvitationOut::of(rejected, caller.edge.settings()), member: None }))
}

fn read(body: JsonBody) -> Result<InvitationId> {
    let mut input = body.object()?;
    let id = input.string("invitationId");
    input.finish()?;
    Ok(InvitationId::parse(&id).ok_or_else(|| auth_core::Error::from(InvitationsFault::NotFound))?)
}
