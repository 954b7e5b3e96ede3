//! What the caller may do.

use actix_web::{HttpResponse, web};
use auth_core::orgs::members;
use auth_core::roles::Definitions;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use super::access::{self, meant};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(has_permission))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/has-permission", web::post().to(has_permission));
}

/// Permissions to be looked for: one of the two keys.
#[derive(ToSchema)]
#[schema(as = HasPermission, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct HasPermissionIn {
    /// Resources, each with actions: all of them are needed, by one role.
    #[schema(value_type = Option<Object>, example = json!({"member": ["create", "update"]}))]
    permissions: Option<Value>,
    /// The same under its older name.
    #[schema(value_type = Option<Object>)]
    permission: Option<Value>,
    /// In which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Whether it is permitted.
#[derive(Serialize, ToSchema)]
#[schema(as = Permitted)]
pub(crate) struct PermittedOut {
    /// Always null.
    #[schema(value_type = Option<String>)]
    pub error: (),
    /// Whether one of the caller's roles permits all of it.
    pub success: bool,
}

/// Ask what I may do
///
/// Whether one of the caller's roles permits all that is asked for. What there is to permit is the
/// catalog of Better Auth (`organization`, `member`, `invitation`, `team`, `ac`), and
/// `org:sys_provisioning` with the action `manage`.
#[utoipa::path(
    post, path = "/api/auth/organization/has-permission", tag = "Organizations",
    operation_id = "hasOrganizationPermission",
    request_body(content = HasPermissionIn, example = json!({"permissions": {"member": ["create"]}})),
    responses(
        (status = 200, description = "Yes or no", body = PermittedOut, example = json!({"error": null, "success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`", body = ErrorOut,
            example = json!({"message": "[body] Invalid input", "code": "VALIDATION_ERROR"})),
        (status = 401, description = "`UNAUTHORIZED`, `USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION` (also if there is \
            none)", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn has_permission(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let odd = || ApiError::validation("[body] Invalid input");
    let (first, second) = (input.take("permissions"), input.take("permission"));
    let ((Some(Value::Object(wanted)), None) | (None, Some(Value::Object(wanted)))) = (first, second) else {
        return Err(odd());
    };
    let wanted = flat(&wanted).ok_or_else(odd)?;
    let id = input.optional("organizationId");
    input.finish()?;
    let refusal = access::stranger_unauthorized;
    let id = meant(&caller, id.as_deref(), access::no_active, refusal)?;
    let found = caller
        .core()
        .read(&caller.ctx(), async |rx| {
            let Some(member) = members::present(rx, &id).await? else { return Ok(None) };
            let defined = Definitions::of(rx, &id, member.roles.iter().map(String::as_str)).await?;
            Ok::<_, auth_core::Error>(Some((member.roles, defined)))
        })
        .await?;
    let (roles, defined) = found.ok_or_else(refusal)?;
    let one_permits_all = |role: &String| wanted.iter().all(|permission| defined.permits(role, permission));
    let success = !wanted.is_empty() && roles.iter().any(one_permits_all);
    Ok(reply::ok(&PermittedOut { error: (), success }))
}

/// `{"member": ["create"]}` as `["member:create"]`. A resource without actions asks for something that
/// nobody has. `None` for any other shape.
fn flat(wanted: &Map<String, Value>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for (resource, actions) in wanted {
        let actions = actions.as_array()?;
        if actions.is_empty() {
            all.push(format!("{resource}:"));
        }
        for action in actions {
            all.push(format!("{resource}:{}", action.as_str()?));
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_sentences() {
        let flat = |value: Value| flat(value.as_object().unwrap());
        assert_eq!(
            flat(serde_json::json!({"member": ["create", "update"], "org:sys_provisioning": ["manage"]})).unwrap(),
            ["member:create", "member:update", auth_core::roles::MANAGE_DIRECTORIES]
        );
        assert_eq!(flat(serde_json::json!({"member": []})).unwrap(), ["member:"]);
        assert_eq!(flat(serde_json::json!({"member": "create"})), None);
        assert_eq!(flat(serde_json::json!({"member": [1]})), None);
    }
}
