//! Ending memberships: of others, and one's own.

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, MemberId, OrgId};
use auth_core::orgs::members::{self, MembersFault};
use auth_core::{roles, users};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::access::{self, meant, strangers};
use crate::organization::wire::{MemberOut, PersonOut};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(remove, leave))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/remove-member", web::post().to(remove))
        .route("/organization/leave", web::post().to(leave));
}

/// A member.
#[derive(ToSchema)]
#[schema(as = RemoveMember, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct RemoveIn {
    /// The membership's id, or the person's address.
    member_id_or_email: String,
    /// In which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// A member who was removed.
#[derive(Serialize, ToSchema)]
#[schema(as = RemovedMember)]
struct RemovedOut {
    /// The membership as it was; with the person, if they were named by their address.
    member: MemberOut,
}

/// Remove a member
///
/// Needs the permission `member:delete`; owners are removed by owners. Their sessions go on without this
/// organization at once.
#[utoipa::path(
    post, path = "/api/auth/organization/remove-member", tag = "Organizations", operation_id = "removeOrganizationMember",
    request_body(content = RemoveIn, example = json!({"memberIdOrEmail": "ben@acme.example"})),
    responses(
        (status = 200, description = "The membership as it was", body = RemovedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `MEMBER_NOT_FOUND` (the caller or \
            the other), `YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER`", body = ErrorOut,
            example = json!({"message": "Member not found", "code": "MEMBER_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`, `YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_MEMBER`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn remove(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let named = input.string("memberIdOrEmail");
    let id = input.optional("organizationId");
    input.finish()?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::no_member)?;
    let (member, person) = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            if !roles::authority(tx, &id).await?.holds("member:delete") {
                return Err(MembersFault::MayNotDelete.into());
            }
            let person = if named.contains('@') { users::find_by_email(tx, &named).await? } else { None };
            let member = match (&person, MemberId::parse(&named)) {
                (Some(person), _) => members::active(tx, &id, &person.id).await?,
                (None, Some(member)) => members::find_by_id(tx, &id, &member).await?.filter(members::Member::is_active),
                (None, None) => None,
            };
            let member = member.ok_or(MembersFault::NotFound)?;
            Ok((members::remove(tx, &id, &member.user_id).await?, person))
        })
        .await
        .map_err(strangers(access::no_member))?;
    let mut member = MemberOut::of(member, caller.edge.settings());
    member.user = person.as_ref().map(PersonOut::from);
    Ok(reply::ok(&RemovedOut { member }))
}

/// An organization.
#[derive(ToSchema)]
#[schema(as = LeaveOrganization, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct LeaveIn {
    /// Which organization.
    organization_id: String,
}

/// Leave an organization
///
/// Its last owner cannot: somebody else must become one first, or the organization is deleted.
#[utoipa::path(
    post, path = "/api/auth/organization/leave", tag = "Organizations", operation_id = "leaveOrganization",
    request_body(content = LeaveIn, example = json!({"organizationId": "org_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The membership as it was", body = MemberOut),
        (status = 400, description = "`VALIDATION_ERROR`, `MEMBER_NOT_FOUND` (also if there is no such organization), \
            `YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER`", body = ErrorOut,
            example = json!({"message": "You cannot leave the organization as the only owner",
                "code": "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn leave(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("organizationId");
    input.finish()?;
    let id = OrgId::parse(&id).ok_or_else(access::no_member)?;
    let member = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            members::active(tx, &id, caller.user_id()).await?.ok_or(MembersFault::NotFound)?;
            members::remove(tx, &id, caller.user_id()).await
        })
        .await
        .map_err(strangers(access::no_member))?;
    let member = MemberOut::of(member, caller.edge.settings());
    Ok(reply::ok(&member.with(PersonOut::from(&caller.user))))
}
