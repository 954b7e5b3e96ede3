//! Issuing a token to a directory, which is made if there is none of that provider id.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::features::directory::connections;
use auth_core::features::directory::credentials::{self, NewCredential, Origin};
use auth_core::ids::{Id as _, OrgId};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{stranger, told};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(generate_token))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/scim/generate-token", web::post().to(generate_token));
}

/// Names by which accounts are told apart here: a directory of that name would be taken for one.
const RESERVED: &[&str] = &["anonymous", "credential", "email-otp", "magic-link", "phone-number", "siwe"];

/// Which directory is to get a token.
#[derive(ToSchema)]
#[schema(as = GenerateScimToken, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct GenerateIn {
    /// What the directory is called here; unique within its organization, without `:`.
    #[schema(min_length = 1, max_length = 255)]
    provider_id: String,
    /// Into which organization it pushes people; without one it is a directory of the instance.
    organization_id: Option<String>,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScimToken)]
struct GeneratedOut {
    /// The token: here and never again.
    scim_token: String,
}

/// Issue a SCIM token
///
/// Makes the directory if there is none of that provider id, and replaces the token that was issued here
/// for it before; its other credentials stay. In an organization it needs the permission
/// `org:sys_provisioning:manage`, without one a platform admin.
#[utoipa::path(
    post, path = "/api/auth/scim/generate-token", tag = "Directory connections", operation_id = "generateSCIMToken",
    request_body(content = GenerateIn,
        example = json!({"providerId": "okta", "organizationId": "org_01h455vb4pex5vsknk084sn02q"})),
    responses(
        (status = 201, description = "The token", body = GeneratedOut, example = json!({"scimToken": "scim_…"})),
        (status = 400, description = "The provider id is empty, too long, reserved or has a `:`; or `VALIDATION_ERROR`",
            body = ErrorOut, example = json!({"message": "Provider id contains forbidden characters"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "The caller is a stranger to the organization (also if there is none), has not the \
            role, or is no platform admin; or an origin that is not trusted", body = ErrorOut,
            example = json!({"message": "Insufficient role for this operation"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn generate_token(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let provider = input.string("providerId");
    let organization = input.nullable("organizationId").flatten().filter(|id| !id.is_empty());
    input.finish()?;
    check_provider(&provider)?;
    let organization = organization.map(|id| OrgId::parse(&id).ok_or_else(stranger)).transpose()?;
    let token = caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let directory = connections::make_or_find(tx, organization.as_ref(), &provider).await?;
            let new = NewCredential::bearer(directory.id, &provider, Origin::GenerateToken);
            credentials::issue(tx, new).await?.into_secret()
        })
        .await
        .map_err(told)?;
    Ok(HttpResponse::Created().json(GeneratedOut { scim_token: token.expose().to_owned() }))
}

fn check_provider(provider: &str) -> Result<()> {
    let odd = |message: &'static str| Err(ApiError::without_code(StatusCode::BAD_REQUEST, message));
    if provider.contains(':') {
        return odd("Provider id contains forbidden characters");
    }
    if RESERVED.contains(&provider) {
        return odd("Provider id collides with another account provider and cannot be used for SCIM");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_ways_in_are_not_given_to_directories() {
        assert!(check_provider("okta").is_ok() && check_provider("credentials").is_ok());
        for bad in ["credential", "okta:1", ":", "siwe"] {
            let error = check_provider(bad).unwrap_err();
            assert_eq!((error.status().as_u16(), error.code()), (400, None), "{bad}");
        }
    }
}
