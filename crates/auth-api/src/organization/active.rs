//! The organization in which a session works.

use actix_web::{HttpResponse, web};
use auth_core::orgs;
use auth_core::orgs::members;
use utoipa::{OpenApi, ToSchema};

use super::access::{self, meant_by_slug};
use super::view::leave;
use super::wire::OrganizationOut;
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(set_active))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/set-active", web::post().to(set_active));
}

/// An organization, or none.
#[derive(ToSchema)]
#[schema(as = SetActiveOrganization, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct SetActiveIn {
    /// Which organization; null for none.
    organization_id: Option<String>,
    /// Which organization, by its slug; the id wins over it.
    organization_slug: Option<String>,
}

/// Choose the organization to work in
///
/// `null` for none. Without an id and a slug, the one in which the session works is confirmed. Asking for
/// one of which the caller is no member makes the session work in none.
#[utoipa::path(
    post, path = "/api/auth/organization/set-active", tag = "Organizations", operation_id = "setActiveOrganization",
    request_body(content = SetActiveIn, example = json!({"organizationId": "org_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The organization, or null", body = Option<OrganizationOut>),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there is none), or an origin \
            that is not trusted", body = ErrorOut,
            example = json!({"message": "User is not a member of the organization",
                "code": "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn set_active(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.nullable("organizationId");
    let slug = input.optional("organizationSlug");
    input.finish()?;
    let named = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if id == Some(None) {
        let mut reply = reply::ok(&None::<OrganizationOut>);
        if caller.session.active_organization_id.is_some() {
            leave(&caller).await?;
            reply::renew_session(&mut reply, &caller);
        }
        return Ok(reply);
    }
    let id = id.flatten();
    if !named(&id) && !named(&slug) && caller.session.active_organization_id.is_none() {
        return Ok(reply::ok(&None::<OrganizationOut>));
    }
    // Here the id wins over the slug.
    let slug = slug.filter(|_| !named(&id));
    let refusal = access::stranger_forbidden;
    let id = match meant_by_slug(&caller, id.as_deref(), slug.as_deref(), refusal, refusal).await {
        Ok(id) => id,
        Err(error) => {
            leave(&caller).await?;
            return Err(error);
        }
    };
    let entered = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            if members::enter(tx, &caller.session.id, caller.user_id(), &id).await? {
                return orgs::find(tx, &id).await;
            }
            Ok(None)
        })
        .await?;
    let organization = entered.ok_or_else(refusal)?;
    let mut reply = reply::ok(&OrganizationOut::of(organization, caller.edge.settings()));
    reply::renew_session(&mut reply, &caller);
    Ok(reply)
}
