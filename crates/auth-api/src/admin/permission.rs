//! What the caller may do with people of the instance.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use auth_core::users::administration;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::JsonBody;
use crate::organization::PermittedOut;
use crate::reply;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(has_permission))]
pub struct Docs;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/admin/has-permission", web::post().to(has_permission));
}

/// Permissions to be looked for.
#[derive(ToSchema)]
#[schema(as = AdminHasPermission, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct HasPermissionIn {
    /// Resources, each with actions: all of them are needed.
    #[schema(value_type = Object, example = json!({"user": ["create", "ban"]}))]
    permissions: Value,
}

/// Ask what I may do with people
///
/// Whether the caller's role in the instance permits all that is asked for. There are the resources `user` (`create`, `list`,
/// `set-role`, `ban`, `impersonate`, `delete`, `set-password`, `set-email`, `get`, `update`) and `session` (`list`, `revoke`,
/// `delete`). It is always the caller who is asked about: `userId` and `role` are passed over. Who acts as somebody is answered
/// as that person.
#[utoipa::path(
    post, path = "/api/auth/admin/has-permission", tag = "Administration", operation_id = "adminHasPermission",
    request_body(content = HasPermissionIn, example = json!({"permissions": {"user": ["create"]}})),
    responses(
        (status = 200, description = "Yes or no", body = PermittedOut, example = json!({"error": null, "success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, or no permissions", body = ErrorOut,
            example = json!({"message": "invalid permission check. no permission(s) were passed."})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn has_permission(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let wanted = match input.take("permissions") {
        // Older clients say `permission`, which is looked at no more.
        None | Some(Value::Null) if input.has("permission") => {
            let none = "invalid permission check. no permission(s) were passed.";
            return Err(ApiError::without_code(StatusCode::BAD_REQUEST, none));
        }
        Some(Value::Object(wanted)) => wanted,
        _ => return Err(ApiError::validation("[body] Invalid input")),
    };
    input.finish()?;
    let success = permitted(&caller.user.role, &wanted).ok_or_else(|| ApiError::validation("[body] Invalid input"))?;
    Ok(reply::ok(&PermittedOut { error: (), success }))
}

/// Whether the role permits all of it. A resource without actions asks for something that nobody has. `None` for any
/// other shape.
fn permitted(role: &str, wanted: &Map<String, Value>) -> Option<bool> {
    let mut all = !wanted.is_empty();
    for (resource, actions) in wanted {
        let actions = actions.as_array()?;
        all &= !actions.is_empty();
        for action in actions {
            all &= administration::permits(role, resource, action.as_str()?);
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_of_it_is_needed() {
        let asked = |role: &str, wanted: Value| permitted(role, wanted.as_object().unwrap());
        assert_eq!(asked("admin", json!({"user": ["create", "ban"], "session": ["revoke"]})), Some(true));
        assert_eq!(asked("admin", json!({"user": ["create", "impersonate-admins"]})), Some(false));
        assert_eq!(asked("admin", json!({"user": []})), Some(false));
        assert_eq!(asked("admin", json!({})), Some(false));
        assert_eq!(asked("user", json!({"user": ["list"]})), Some(false));
        assert_eq!(asked("admin", json!({"user": "list"})), None);
        assert_eq!(asked("admin", json!({"user": [1]})), None);
    }
}
