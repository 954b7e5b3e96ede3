//! Inviting somebody, and withdrawing invitations.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::fields::By;
use auth_core::ids::{Id as _, InvitationId, TeamId};
use auth_core::orgs::invitations::{self, InvitationsFault, NewInvitation};
use auth_core::orgs::teams;
use auth_core::roles::RolesFault;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{Input, JsonBody, additional};
use crate::organization::access::{self, meant, strangers};
use crate::organization::members::split_roles;
use crate::organization::teams::id_of as team_of;
use crate::organization::wire::InvitationOut;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(invite, cancel))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/invite-member", web::post().to(invite))
        .route("/organization/cancel-invitation", web::post().to(cancel));
}

/// An invitation to be made.
#[derive(ToSchema)]
#[schema(as = InviteMember, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct InviteIn {
    /// Whom.
    #[schema(format = "email")]
    email: String,
    /// `owner`, `admin`, `member`: a text, several joined by commas, or a list.
    #[schema(value_type = String)]
    role: String,
    /// Into which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
    /// Whether a pending invitation of that address is prolonged and mailed again.
    resend: Option<bool>,
    /// Into which team, or a list of such, where there are teams. Needs the permission `member:update` too.
    #[schema(value_type = Option<String>)]
    team_id: Option<serde_json::Value>,
}

/// Invite somebody
///
/// Mails a link to the address. Needs the permission `invitation:create`; nobody offers a role above their
/// own. Whom a directory suspended is not invited back. The fields that the operator added (`additional_fields.invitation`) are
/// given beside the others.
#[utoipa::path(
    post, path = "/api/auth/organization/invite-member", tag = "Organizations",
    operation_id = "createOrganizationInvitation",
    request_body(content = InviteIn, example = json!({"email": "ben@acme.example", "role": "member"})),
    responses(
        (status = 200, description = "The invitation", body = InvitationOut),
        (status = 400, description = "`VALIDATION_ERROR`, `ORGANIZATION_NOT_FOUND` (none named, none active), \
            `INVALID_EMAIL`, `MEMBER_NOT_FOUND` (the caller is a stranger, also if there is none), ROLE_NOT_FOUND (in the \
            message), `USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION`, `USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION`, \
            `MEMBERSHIP_SUSPENDED`, `TEAM_NOT_FOUND`, `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "User is already invited to this organization",
                "code": "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION`, \
            `YOU_ARE_NOT_ALLOWED_TO_INVITE_USER_WITH_THIS_ROLE`, `INVITATION_LIMIT_REACHED`, \
            `YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM_MEMBER`, `TEAM_MEMBER_LIMIT_REACHED`, or an origin that is not \
            trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn invite(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let email = input.string("email");
    let roles = split_roles(&input.strings("role"));
    let id = input.optional("organizationId");
    let resend = input.boolean("resend").unwrap_or(false);
    let into = invited_into(&caller, &mut input);
    let settings = caller.edge.settings();
    let additional_fields = additional::of_other(&settings.fields.invitation, &mut input, true, By::Member);
    input.finish()?;
    let new = NewInvitation {
        organization_id: meant(&caller, id.as_deref(), access::not_found, access::no_member)?,
        email,
        roles,
        inviter_id: Some(caller.user_id().clone()),
        directory_id: None,
        resend,
        additional_fields,
    };
    let invitation = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let invitation = invitations::invite(tx, new.clone()).await?;
            if !into.is_empty() {
                teams::invite_into(tx, &invitation, &into).await?;
            }
            let into = teams::of_invitations(tx, std::slice::from_ref(&invitation)).await?;
            Ok::<_, auth_core::Error>(InvitationOut::of(invitation, settings).into_teams(&into))
        })
        .await;
    let invitation = invitation.map_err(|error| {
        if error.is(&RolesFault::NotFound(String::new())) {
            // Here, and only here, clients know this failure by its message alone.
            return ApiError::without_code(StatusCode::BAD_REQUEST, error.public_message().to_owned());
        }
        strangers(access::no_member)(error)
    })?;
    Ok(reply::ok(&invitation))
}

/// The teams that are named. Where there are no teams, the field says nothing.
fn invited_into(caller: &Caller, input: &mut Input) -> Vec<TeamId> {
    let named = input.has("teamId") && caller.core().settings().organization.teams.enabled;
    let named = if named { input.strings("teamId") } else { Vec::new() };
    named.iter().filter(|id| !id.is_empty()).map(|id| team_of(id)).collect()
}

/// An invitation.
#[derive(ToSchema)]
#[schema(as = CancelInvitation, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CancelIn {
    /// Which.
    invitation_id: String,
}

/// Withdraw an invitation
///
/// Needs the permission `invitation:cancel`. One that was answered or withdrawn is not found, and neither is
/// one of a foreign organization.
#[utoipa::path(
    post, path = "/api/auth/organization/cancel-invitation", tag = "Organizations",
    operation_id = "cancelOrganizationInvitation",
    request_body(content = CancelIn, example = json!({"invitationId": "inv_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The invitation, canceled", body = InvitationOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVITATION_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "Invitation not found", "code": "INVITATION_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CANCEL_THIS_INVITATION`, or an origin that is not trusted",
            body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn cancel(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("invitationId");
    input.finish()?;
    let id = InvitationId::parse(&id).ok_or_else(|| auth_core::Error::from(InvitationsFault::NotFound))?;
    let canceled = caller.core().write(&caller.ctx(), async |tx| invitations::cancel(tx, &id).await).await?;
    Ok(reply::ok(&InvitationOut::of(canceled, caller.edge.settings())))
}
