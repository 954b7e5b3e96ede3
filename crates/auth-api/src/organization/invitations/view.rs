//! Looking at invitations: those of an organization, and those to oneself.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, InvitationId};
use auth_core::orgs::invitations::{self, InvitationQuery, InvitationsFault};
use auth_core::orgs::teams;
use utoipa::OpenApi;

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::Query;
use crate::organization::access::{self, meant, strangers};
use crate::organization::view::MOST;
use crate::organization::wire::{InvitationOut, OfferOut};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(get, list, list_own))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/get-invitation", web::get().to(get))
        .route("/organization/list-invitations", web::get().to(list))
        .route("/organization/list-user-invitations", web::get().to(list_own));
}

/// Show an invitation to me
///
/// For the invited only; to anybody else there is none, and neither is there one that was answered or
/// withdrawn or that expired.
#[utoipa::path(
    get, path = "/api/auth/organization/get-invitation", tag = "Organizations",
    operation_id = "getOrganizationInvitation",
    params(("id" = String, Query, description = "Which invitation")),
    responses(
        (status = 200, description = "The invitation, and who invites", body = OfferOut),
        (status = 400, description = "`VALIDATION_ERROR`, `INVITATION_NOT_FOUND`, \
            `INVITER_IS_NO_LONGER_A_MEMBER_OF_THE_ORGANIZATION`", body = ErrorOut,
            example = json!({"message": "Invitation not found", "code": "INVITATION_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let id = input.string("id");
    input.finish()?;
    let id = InvitationId::parse(&id).ok_or_else(|| auth_core::Error::from(InvitationsFault::NotFound))?;
    let offer = caller.core().read(&caller.ctx(), async |rx| invitations::get(rx, &id).await).await?;
    Ok(reply::ok(&OfferOut::of(offer, caller.edge.settings())))
}

/// List the invitations of an organization
///
/// Needs the permission `invitation:create`, since an invitation's id opens it. The newest 1000, oldest
/// first; only owners see invitations to become an owner.
#[utoipa::path(
    get, path = "/api/auth/organization/list-invitations", tag = "Organizations",
    operation_id = "listOrganizationInvitations",
    params(("organizationId" = Option<String>, Query, description = "Which organization; otherwise the one in which \
        the session works")),
    responses(
        (status = 200, description = "The invitations", body = Vec<InvitationOut>),
        (status = 400, description = "No organization is named and none is active", body = ErrorOut,
            example = json!({"message": "Organization ID is required"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS`, or the caller is a stranger (also if \
            there is no such organization)", body = ErrorOut,
            example = json!({"message": "You are not allowed to list invitations for this organization",
                "code": "YOU_ARE_NOT_ALLOWED_TO_LIST_INVITATIONS"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let id = input.optional("organizationId");
    input.finish()?;
    let none = || ApiError::without_code(StatusCode::BAD_REQUEST, "Organization ID is required");
    let refusal = access::not_yours_uncoded;
    let id = meant(&caller, id.as_deref(), none, refusal)?;
    let newest = InvitationQuery { status: None, search: None, descending: true, limit: MOST, offset: 0 };
    let (all, into) = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            let (all, _) = invitations::list(rx, &id, &newest).await?;
            let into = teams::of_invitations(rx, &all).await?;
            Ok::<_, auth_core::Error>((all, into))
        })
        .await
        .map_err(strangers(refusal))?;
    let shown = |invitation| InvitationOut::of(invitation, caller.edge.settings()).into_teams(&into);
    let all: Vec<InvitationOut> = all.into_iter().rev().map(shown).collect();
    Ok(reply::ok(&all))
}

/// List the invitations to me
///
/// Those that can be accepted, newest first. The mailbox must be proven: an invitation's id opens it.
#[utoipa::path(
    get, path = "/api/auth/organization/list-user-invitations", tag = "Organizations",
    operation_id = "listUserInvitations",
    responses(
        (status = 200, description = "The invitations", body = Vec<OfferOut>),
        (status = 400, description = "An address was sent; the session's is used", body = ErrorOut,
            example = json!({"message": "User email cannot be passed for client side API calls."})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`EMAIL_VERIFICATION_REQUIRED_FOR_INVITATION`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_own(caller: Caller, query: Query) -> Result<HttpResponse> {
    if query.input().has("email") {
        let message = "User email cannot be passed for client side API calls.";
        return Err(ApiError::without_code(StatusCode::BAD_REQUEST, message));
    }
    let all = caller.core().read(&caller.ctx(), async |rx| invitations::list_of_email(rx).await).await?;
    let all: Vec<OfferOut> = all.into_iter().map(|offer| OfferOut::of(offer, caller.edge.settings())).collect();
    Ok(reply::ok(&all))
}
