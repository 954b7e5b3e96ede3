//! The caller's own membership, and roles.

use actix_web::{HttpResponse, web};
use auth_core::ids::{Id as _, UserId};
use auth_core::orgs::members;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::Query;
use crate::organization::access::{self, meant, meant_by_slug};
use crate::organization::wire::{MemberOut, PersonOut};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(get_active_member, get_active_member_role))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/get-active-member", web::get().to(get_active_member))
        .route("/organization/get-active-member-role", web::get().to(get_active_member_role));
}

/// Show my membership
///
/// In the organization in which the session works.
#[utoipa::path(
    get, path = "/api/auth/organization/get-active-member", tag = "Organizations", operation_id = "getActiveMember",
    responses(
        (status = 200, description = "The membership", body = MemberOut),
        (status = 400, description = "`NO_ACTIVE_ORGANIZATION`, `MEMBER_NOT_FOUND`", body = ErrorOut,
            example = json!({"message": "No active organization", "code": "NO_ACTIVE_ORGANIZATION"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_active_member(caller: Caller) -> Result<HttpResponse> {
    let id = meant(&caller, None, access::no_active, access::no_member)?;
    let ctx = caller.ctx();
    let member = caller.core().read(&ctx, async |rx| members::present(rx, &id).await);
    let member = member.await?.ok_or_else(access::no_member)?;
    let member = MemberOut::of(member, caller.edge.settings());
    Ok(reply::ok(&member.with(PersonOut::from(&caller.user))))
}

/// Roles.
#[derive(Serialize, ToSchema)]
#[schema(as = MemberRole)]
struct RoleOut {
    /// `owner`, `admin`, `member`; several joined by commas.
    #[schema(example = "admin")]
    role: String,
}

/// Show the roles of a member
///
/// The caller's own, or those of another member of the same organization.
#[utoipa::path(
    get, path = "/api/auth/organization/get-active-member-role", tag = "Organizations",
    operation_id = "getActiveMemberRole",
    params(
        ("userId" = Option<String>, Query, description = "Whose; otherwise the caller's"),
        ("organizationId" = Option<String>, Query, description = "Which organization; otherwise the one in which the \
            session works"),
        ("organizationSlug" = Option<String>, Query, description = "Which organization, by its slug; wins over the id"),
    ),
    responses(
        (status = 200, description = "The roles", body = RoleOut),
        (status = 400, description = "`NO_ACTIVE_ORGANIZATION`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION`: the caller or the other, or there is \
            no such organization", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_active_member_role(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let (id, slug) = (input.optional("organizationId"), input.optional("organizationSlug"));
    let other = input.optional("userId").filter(|id| !id.is_empty());
    input.finish()?;
    let refusal = access::not_yours;
    let id = meant_by_slug(&caller, id.as_deref(), slug.as_deref(), access::no_active, refusal).await?;
    let asked = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            // To somebody who is no member it is all the same whether the other is one.
            let Some(own) = members::present(rx, &id).await? else { return Ok(None) };
            match other.as_deref().map(UserId::parse) {
                None => Ok(Some(own)),
                Some(None) => Ok(None),
                Some(Some(user)) => members::fellow(rx, &own, &user).await,
            }
        })
        .await?;
    let asked = asked.ok_or_else(refusal)?;
    Ok(reply::ok(&RoleOut { role: asked.roles.join(",") }))
}
