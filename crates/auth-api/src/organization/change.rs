//! Changing and deleting organizations.

use actix_web::{HttpResponse, web};
use auth_core::fields::By;
use auth_core::ids::{Id as _, OrgId};
use auth_core::orgs::{self, Changes};
use utoipa::{OpenApi, ToSchema};

use super::access::{self, meant, strangers};
use super::wire::{ChangedOut, OrganizationOut};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{Input, JsonBody, additional};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(update, delete))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/update", web::post().to(update)).route("/organization/delete", web::post().to(delete));
}

/// What is to be different about which organization.
#[derive(ToSchema)]
#[schema(as = UpdateOrganization, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateIn {
    /// What is to be different. A field that is missing stays.
    data: OrganizationChanges,
    /// Which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Fields of an organization.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct OrganizationChanges {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: Option<String>,
    /// Its name in addresses.
    #[schema(min_length = 1, max_length = 64)]
    slug: Option<String>,
    /// An http(s) address or a data image; null takes it away.
    logo: Option<String>,
    /// Whatever else is noted about it; at most 16 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
}

/// Change an organization
///
/// Needs the permission `organization:update`. The fields that the operator added (`additional_fields.organization`) are given
/// beside the others.
#[utoipa::path(
    post, path = "/api/auth/organization/update", tag = "Organizations", operation_id = "updateOrganization",
    request_body(content = UpdateIn, example = json!({"data": {"name": "Acme Inc."}})),
    responses(
        (status = 200, description = "The organization as it is now", body = ChangedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `ORGANIZATION_NOT_FOUND` (none named, none active), \
            `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there is none), `ORGANIZATION_SLUG_ALREADY_TAKEN`, \
            `INVALID_SLUG`, `INVALID_ORGANIZATION_NAME`, `INVALID_LOGO`, `METADATA_TOO_LARGE`, `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "User is not a member of the organization",
                "code": "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION`, or an origin that is not \
            trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.optional("organizationId");
    if !input.has("data") {
        input.issue("data", "Invalid input: expected object, received undefined");
    }
    let data = input.object("data");
    input.finish()?;
    let mut data = Input::new("body.data", data.unwrap_or_default());
    let fields = &caller.edge.settings().fields.organization;
    let changes = Changes {
        name: data.has("name").then(|| data.non_empty("name")),
        slug: data.has("slug").then(|| data.non_empty("slug")),
        logo: data.nullable("logo"),
        public_metadata: data.object("metadata").map(Some),
        additional_fields: additional::of_other(fields, &mut data, false, By::Member),
        ..Changes::default()
    };
    data.finish()?;
    let id = meant(&caller, id.as_deref(), access::not_found, access::stranger)?;
    let organization = caller
        .core()
        .write(&caller.ctx(), async |tx| orgs::update(tx, &id, changes.clone()).await)
        .await
        .map_err(strangers(access::stranger))?;
    Ok(reply::ok(&ChangedOut::of(organization, caller.edge.settings())))
}

/// An organization.
#[derive(ToSchema)]
#[schema(as = DeleteOrganization, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteIn {
    /// Which organization.
    organization_id: String,
}

/// Delete an organization
///
/// With its members, invitations, domains and directories. For owners only.
#[utoipa::path(
    post, path = "/api/auth/organization/delete", tag = "Organizations", operation_id = "deleteOrganization",
    request_body(content = DeleteIn, example = json!({"organizationId": "org_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 200, description = "The organization as it was", body = OrganizationOut),
        (status = 400, description = "`VALIDATION_ERROR`, `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there \
            is none)", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_ORGANIZATION`, or an origin that is not \
            trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let id = input.string("organizationId");
    input.finish()?;
    let id = OrgId::parse(&id).ok_or_else(access::stranger)?;
    let gone = caller
        .core()
        .write(&caller.ctx(), async |tx| orgs::delete(tx, &id).await)
        .await
        .map_err(strangers(access::stranger))?;
    Ok(reply::ok(&OrganizationOut::of(gone, caller.edge.settings())))
}
