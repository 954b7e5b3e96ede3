//! `/v1/organizations/{organization_id}/invitations`: who was invited to an organization.

mod wire;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::Tx;
use auth_core::db::Scope;
use auth_core::ids::{InvitationId, OrgId};
use auth_core::orgs::invitations::{self, Invitation, InvitationQuery, InvitationStatus, NewInvitation};
use auth_core::roles::Definitions;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, TooMany, Unauthenticated, UnsupportedMedia};
use crate::page::{CreatedOrder, Page, PagingParams};
use crate::params::{Idempotent, InvitationPath, OrganizationPath};
use crate::resource;
use wire::{CreateInvitation, CreateInvitations, InvitationOut, InvitationRefusal, InvitationResult};

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource(
        "/organizations/{organization_id}/invitations",
        [(Method::GET, web::to(list)), (Method::POST, web::to(create))],
    ))
    .service(resource("/organizations/{organization_id}/invitations/bulk", [(Method::POST, web::to(create_bulk))]))
    .service(resource(
        "/organizations/{organization_id}/invitations/{invitation_id}/revoke",
        [(Method::POST, web::to(revoke))],
    ));
}

/// Which invitations.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
struct Wanted {
    /// Somewhere in the address, whatever the case.
    #[param(max_length = 320, example = "bob")]
    query: Option<String>,
    /// Those of this status. Pending ones that expired are not pending here.
    #[param(pattern = "^(pending|accepted|rejected|revoked)$", example = "pending")]
    status: Option<String>,
}

/// List invitations
///
/// Newest first unless `order_by` says otherwise. Needs `invitation:create`.
#[utoipa::path(
    get, path = "/v1/organizations/{organization_id}/invitations", tag = "Invitations", operation_id = "listInvitations",
    params(OrganizationPath, Wanted, CreatedOrder, PagingParams),
    responses(
        (status = 200, description = "A page of invitations", body = Page<InvitationOut>),
        BadRequest, Unauthenticated, Forbidden, NotFound
    )
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let mut query = call.query()?;
    let paging = query.paging();
    let (_, ascending) = query.order(&["created_at"]);
    let wanted = InvitationQuery {
        status: query.choice("status", &["pending", "accepted", "rejected", "revoked"]).and_then(wire::status),
        search: query.text("query"),
        descending: !ascending,
        limit: paging.limit,
        offset: paging.offset,
    };
    query.finish()?;
    let page = call
        .read(&Gate::Organization(id.clone(), "invitation:create"), async |rx| {
            let (found, total_count) = invitations::list(rx, &id, &wanted).await?;
            Ok(Page { data: shown(rx, &id, found).await?, total_count })
        })
        .await?;
    Ok(ok(&page))
}

/// Invitations with what their roles are called.
async fn shown(db: &impl Scope, organization: &OrgId, found: Vec<Invitation>) -> Result<Vec<InvitationOut>, ApiError> {
    let defined =
        Definitions::of(db, organization, found.iter().flat_map(|one| &one.roles).map(String::as_str)).await?;
    Ok(found.into_iter().map(|one| InvitationOut::new(one, &defined, db)).collect())
}

async fn show(db: &impl Scope, invitation: Invitation) -> Result<InvitationOut, ApiError> {
    let organization = invitation.organization_id.clone();
    shown(db, &organization, vec![invitation]).await?.pop().ok_or_else(ApiError::not_found)
}

/// What people may not give is for the platform.
async fn check(tx: &Tx, new: &[CreateInvitation]) -> Result<(), ApiError> {
    let declared = &tx.settings().fields.invitation;
    let fixed = new.iter().any(|new| new.additional_fields.holds_fixed(declared));
    if fixed { Gate::Platform.check(tx).await } else { Ok(()) }
}

fn command(tx: &Tx, organization: &OrgId, new: &CreateInvitation) -> NewInvitation {
    NewInvitation {
        organization_id: organization.clone(),
        email: new.email_address.clone(),
        roles: vec![new.role.clone().unwrap_or_else(|| tx.settings().organization.member_role.clone())],
        inviter_id: tx.ctx().actor.user_id().cloned(),
        directory_id: None,
        resend: new.resend.unwrap_or(false),
        additional_fields: new.additional_fields.clone(),
    }
}

/// Invite somebody
///
/// The invitation is mailed; whoever accepts needs a session of that address. Nobody offers a role above their own. Needs
/// `invitation:create`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/invitations", tag = "Invitations", operation_id = "createInvitation",
    params(OrganizationPath, Idempotent), request_body = CreateInvitation,
    responses(
        (status = 201, description = "The invitation", body = InvitationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia, TooMany
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateInvitation::read(&mut fields, &call.core.settings().fields.invitation);
    fields.finish()?;
    let gate = Gate::Organization(id.clone(), "invitation:create");
    call.once(&gate, &bytes, StatusCode::CREATED, async |tx| {
        check(tx, std::slice::from_ref(&new)).await?;
        let invited = invitations::invite(tx, command(tx, &id, &new)).await?;
        show(tx, invited).await
    })
    .await
}

/// Invite several people
///
/// Each by itself: one who cannot be invited is told in their place, and keeps nobody else from it. An address that was
/// mailed within a day is not mailed again. A body that cannot be read, or lists more than 100, invites nobody. Needs
/// `invitation:create`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/invitations/bulk", tag = "Invitations",
    operation_id = "createInvitations", params(OrganizationPath, Idempotent), request_body = CreateInvitations,
    responses(
        (status = 200, description = "What became of each, in the order of the request", body = Page<InvitationResult>),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create_bulk(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateInvitations::read(&mut fields, &call.core.settings().fields.invitation);
    fields.finish()?;
    let gate = Gate::Organization(id.clone(), "invitation:create");
    call.once(&gate, &bytes, StatusCode::OK, async |tx| {
        check(tx, &new.invitations).await?;
        let mut data = Vec::with_capacity(new.invitations.len());
        for new in &new.invitations {
            let (invitation, error) = match invitations::invite_sparingly(tx, command(tx, &id, new)).await {
                Ok(invited) => (Some(show(tx, invited).await?), None),
                // Refused before anything was written of it; what is ours, or lost a race, ends all of it.
                Err(error) if error.is_ours() => return Err(error.into()),
                Err(error) => {
                    let (code, message) = (error.code().to_owned(), error.public_message().to_owned());
                    (None, Some(InvitationRefusal { code, message }))
                }
            };
            data.push(InvitationResult { email_address: new.email_address.clone(), invitation, error });
        }
        let total_count = i64::try_from(data.len()).unwrap_or(i64::MAX);
        Ok(Page { data, total_count })
    })
    .await
}

/// Revoke an invitation
///
/// It can no longer be accepted. Revoking again changes nothing. Needs `invitation:cancel`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization_id}/invitations/{invitation_id}/revoke", tag = "Invitations",
    operation_id = "revokeInvitation", params(OrganizationPath, InvitationPath, Idempotent),
    responses(
        (status = 200, description = "The invitation", body = InvitationOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge
    )
)]
pub async fn revoke(call: Call) -> Result<HttpResponse, ApiError> {
    let id: OrgId = call.id("organization_id")?;
    let bytes = call.bytes().await?;
    call.once(&Gate::Organization(id.clone(), "invitation:cancel"), &bytes, StatusCode::OK, async |tx| {
        let invitation: InvitationId = call.id("invitation_id")?;
        let mut found = invitations::find_in(tx, &id, &invitation).await?;
        if found.status != InvitationStatus::Canceled {
            found = invitations::cancel(tx, &invitation).await?;
        }
        show(tx, found).await
    })
    .await
}
