//! Changing the roles of members.

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, MemberId};
use auth_core::orgs::members::{self, MembersFault};
use auth_core::roles;
use utoipa::{OpenApi, ToSchema};

use super::split_roles;
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::access::{self, meant, strangers};
use crate::organization::wire::MemberOut;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(update_member_role))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/update-member-role", web::post().to(update_member_role));
}

/// A member and the roles they are to have.
#[derive(ToSchema)]
#[schema(as = UpdateMemberRole, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateRoleIn {
    /// `owner`, `admin`, `member`: a text, several joined by commas, or a list.
    #[schema(value_type = String)]
    role: String,
    /// The membership's id.
    member_id: String,
    /// In which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Change the roles of a member
///
/// Needs the permission `member:update`. Nobody gives a role above their own, only owners change owners,
/// and the last owner stays one. Roles that a directory gives are not touched, and shown with the others.
#[utoipa::path(
    post, path = "/api/auth/organization/update-member-role", tag = "Organizations",
    operation_id = "updateOrganizationMemberRole",
    request_body(content = UpdateRoleIn, example = json!({"memberId": "mem_01h455vb4pex5vsknk084sn02q", "role": "admin"})),
    responses(
        (status = 200, description = "The membership as it is now", body = MemberOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `MEMBER_NOT_FOUND` (the caller or \
            the other), `ROLE_NOT_FOUND`, `YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER`", body = ErrorOut,
            example = json!({"message": "ROLE_NOT_FOUND: king", "code": "ROLE_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER`, or an origin that is not trusted",
            body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_member_role(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let sent = input.has("role");
    let wanted = split_roles(&input.strings("role"));
    if sent && wanted.is_empty() {
        input.issue("role", "Too small: expected at least one role");
    }
    let member = input.string("memberId");
    let id = input.optional("organizationId");
    input.finish()?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::no_member)?;
    let changed = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            roles::authority(tx, &id).await?;
            let member = match MemberId::parse(&member) {
                Some(member) => members::find_by_id(tx, &id, &member).await?.filter(members::Member::is_active),
                None => None,
            };
            let member = member.ok_or(MembersFault::NotFound)?;
            members::change_roles(tx, &id, &member.id, &wanted).await
        })
        .await
        .map_err(strangers(access::no_member))?;
    Ok(reply::ok(&MemberOut::of(changed, caller.edge.settings())))
}
