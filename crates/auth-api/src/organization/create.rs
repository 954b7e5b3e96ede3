//! Making organizations, and asking whether a slug is free.

use actix_web::{HttpResponse, web};
use auth_core::fields::By;
use auth_core::orgs::{self, NewOrganization, OrgsFault, members, teams};
use utoipa::{OpenApi, ToSchema};

use super::wire::{ChangedOut, CreatedOut, MemberOut};
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{JsonBody, additional};
use crate::reply::{self, StatusOut};

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(create, check_slug))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/create", web::post().to(create))
        .route("/organization/check-slug", web::post().to(check_slug));
}

/// An organization to be made.
#[derive(ToSchema)]
#[schema(as = CreateOrganization, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CreateIn {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// Its name in addresses, without spaces.
    #[schema(min_length = 1, max_length = 64)]
    slug: String,
    /// An http(s) address or a data image.
    logo: Option<String>,
    /// Whatever else is noted about it; at most 16 KiB.
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
    /// Whether the session goes on working where it does.
    keep_current_active_organization: Option<bool>,
}

/// Make an organization
///
/// The caller becomes its owner, and the session works in it from now on. Where there are teams, it has a first one with the
/// caller in it. The fields that the operator added (`additional_fields.organization`) are given beside the others.
#[utoipa::path(
    post, path = "/api/auth/organization/create", tag = "Organizations", operation_id = "createOrganization",
    request_body(content = CreateIn, example = json!({"name": "Acme", "slug": "acme"})),
    responses(
        (status = 200, description = "The organization and its owner", body = CreatedOut),
        (status = 400, description = "`VALIDATION_ERROR`, `ORGANIZATION_ALREADY_EXISTS`, `INVALID_SLUG`, \
            `INVALID_ORGANIZATION_NAME`, `INVALID_LOGO`, `METADATA_TOO_LARGE`, `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "Organization already exists", "code": "ORGANIZATION_ALREADY_EXISTS"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_ORGANIZATION`, \
            `YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS`, or an origin that is not trusted", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn create(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let fields = &caller.edge.settings().fields.organization;
    let new = NewOrganization {
        name: input.non_empty("name"),
        slug: input.non_empty("slug"),
        logo: input.nullable("logo").flatten(),
        public_metadata: input.object("metadata"),
        owner: Some(caller.user_id().clone()),
        additional_fields: additional::of_other(fields, &mut input, true, By::Member),
        ..NewOrganization::default()
    };
    let keep = input.boolean("keepCurrentActiveOrganization").unwrap_or(false);
    input.finish()?;
    let (organization, owner) = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let organization = orgs::create(tx, new.clone()).await?;
            let owner = members::active(tx, &organization.id, caller.user_id()).await?;
            let team = teams::found(tx, &organization, caller.user_id()).await?;
            if !keep {
                members::enter(tx, &caller.session.id, caller.user_id(), &organization.id).await?;
                if let Some(team) = team {
                    teams::choose(tx, &caller.session.id, caller.user_id(), &organization.id, &team.id).await?;
                }
            }
            Ok::<_, auth_core::Error>((organization, owner))
        })
        .await?;
    let settings = caller.edge.settings();
    let members = owner.into_iter().map(|owner| MemberOut::of(owner, settings)).collect();
    let organization = ChangedOut::of(organization, settings);
    Ok(reply::ok(&CreatedOut { organization, members }))
}

/// A slug.
#[derive(ToSchema)]
#[schema(as = CheckSlug)]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CheckSlugIn {
    /// The slug that is wanted.
    slug: String,
}

/// Ask whether a slug is free
///
/// For forms. The answer may be outdated by the time that the organization is made.
#[utoipa::path(
    post, path = "/api/auth/organization/check-slug", tag = "Organizations", operation_id = "checkOrganizationSlug",
    request_body(content = CheckSlugIn, example = json!({"slug": "acme"})),
    responses(
        (status = 200, description = "It is free", body = StatusOut),
        (status = 400, description = "`ORGANIZATION_SLUG_ALREADY_TAKEN`, `VALIDATION_ERROR`", body = ErrorOut,
            example = json!({"message": "Organization slug already taken", "code": "ORGANIZATION_SLUG_ALREADY_TAKEN"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn check_slug(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let slug = input.string("slug");
    input.finish()?;
    let taken = caller.core().read(&caller.ctx(), async |rx| orgs::find_by_slug(rx, &slug).await).await?;
    if taken.is_some() {
        return Err(auth_core::Error::from(OrgsFault::SlugTaken).into());
    }
    Ok(reply::done())
}
