//! Looking at connections, and disconnecting them.

use actix_web::{HttpResponse, web};
use auth_core::features::directory::{Directory, connections};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::lookup::{self, Asked, MOST, Missing};
use super::told;
use crate::error::{ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{JsonBody, Query};
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(list, get, delete))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/scim/list-provider-connections", web::get().to(list))
        .route("/scim/get-provider-connection", web::get().to(get))
        .route("/scim/delete-provider-connection", web::post().to(delete));
}

/// A connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderConnection)]
struct ConnectionOut {
    /// The directory's id.
    id: String,
    /// What it is called here.
    #[schema(example = "okta")]
    provider_id: String,
    /// Into which organization it pushes people; null for a directory of the instance.
    organization_id: Option<String>,
}

impl From<Directory> for ConnectionOut {
    fn from(directory: Directory) -> Self {
        Self {
            id: directory.id.into(),
            provider_id: directory.provider_id,
            organization_id: directory.organization_id.map(String::from),
        }
    }
}

/// Connections.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderConnections)]
struct ConnectionsOut {
    /// Oldest first within an organization.
    providers: Vec<ConnectionOut>,
}

/// List directory connections
///
/// Those of the organizations in which the caller has the permission `org:sys_provisioning:manage`; for
/// platform admins those of the instance too.
#[utoipa::path(
    get, path = "/api/auth/scim/list-provider-connections", tag = "Directory connections",
    operation_id = "listSCIMProviderConnections",
    responses(
        (status = 200, description = "The connections", body = ConnectionsOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list(caller: Caller) -> Result<HttpResponse> {
    let providers = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            let mut all = Vec::new();
            for owner in lookup::owners(rx, &caller).await? {
                let (listed, _) = connections::list(rx, owner.as_ref(), MOST, 0).await?;
                all.extend(listed.into_iter().map(|listed| ConnectionOut::from(listed.directory)));
            }
            Ok(all)
        })
        .await
        .map_err(told)?;
    Ok(reply::ok(&ConnectionsOut { providers }))
}

/// Show a directory connection
///
/// In the organization that is named, else in the one in which the session works, else in whatever the
/// caller may manage. To strangers there is none.
#[utoipa::path(
    get, path = "/api/auth/scim/get-provider-connection", tag = "Directory connections",
    operation_id = "getSCIMProviderConnection",
    params(
        ("providerId" = String, Query, description = "What the directory is called here"),
        ("organizationId" = Option<String>, Query, description = "In which organization"),
    ),
    responses(
        (status = 200, description = "The connection", body = ConnectionOut),
        (status = 400, description = "Several connections have that provider id; or `VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "The caller's role in the organization is not enough", body = ErrorOut,
            example = json!({"message": "Insufficient role for this operation"})),
        (status = 404, description = "There is none, or none that the caller may know of", body = ErrorOut,
            example = json!({"message": "SCIM provider not found"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let asked = Asked { provider: input.string("providerId"), organization: input.optional("organizationId") };
    input.finish()?;
    let found = caller.core().read(&caller.ctx(), async |rx| lookup::find(rx, &caller, &asked).await).await?;
    Ok(reply::ok(&ConnectionOut::from(found)))
}

/// Which connection to end.
#[derive(ToSchema)]
#[schema(as = DeleteProviderConnection, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteIn {
    /// What the directory is called here.
    provider_id: String,
    /// In which organization.
    organization_id: Option<String>,
}

/// A connection was ended.
#[derive(Serialize, ToSchema)]
#[schema(as = Success)]
struct SuccessOut {
    /// Always true.
    success: bool,
}

/// End a directory connection
///
/// Its tokens are refused at once; the people whom it pushed are suspended shortly after. Which connection
/// is meant is found as by `/scim/get-provider-connection`.
#[utoipa::path(
    post, path = "/api/auth/scim/delete-provider-connection", tag = "Directory connections",
    operation_id = "deleteSCIMProviderConnection",
    request_body(content = DeleteIn, example = json!({"providerId": "okta"})),
    responses(
        (status = 200, description = "It is ended", body = SuccessOut),
        (status = 400, description = "Several connections have that provider id; or `VALIDATION_ERROR`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "The caller's role in the organization is not enough, or an origin that is not \
            trusted", body = ErrorOut),
        (status = 404, description = "There is none, or none that the caller may know of", body = ErrorOut,
            example = json!({"message": "SCIM provider not found"})),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let asked = Asked { provider: input.string("providerId"), organization: input.optional("organizationId") };
    input.finish()?;
    caller
        .core()
        .write(&caller.ctx(), async |tx| {
            let found = lookup::find(tx, &caller, &asked).await?;
            connections::disconnect(tx, found.organization_id.as_ref(), &found.id).await?;
            Ok::<_, Missing>(())
        })
        .await?;
    Ok(reply::ok(&SuccessOut { success: true }))
}
