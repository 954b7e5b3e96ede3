//! The roles of an organization's own. Where the operator switched them off, their paths are unknown ones.
//!
//! A role is what the core calls one, under the name that Better Auth gives its key. Statements are the permissions by
//! resource.

use actix_web::guard::{Guard, fn_guard};
use actix_web::{HttpResponse, web};
use auth_core::fields::{By, visible};
use auth_core::ids::{Id as _, RoleId};
use auth_core::roles::{self, CustomRole, NewRole, PERMISSIONS, RoleChanges, RolesFault, Which};
use auth_core::{AuthCore, Error, Settings};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use super::access::{self, meant, strangers};
use crate::error::{ApiError, ErrorOut, Result};
use crate::extract::Caller;
use crate::input::{Input, JsonBody, Query, additional, expected};
use crate::reply;
use crate::wire::Iso;

/// The documents of these endpoints.
#[derive(OpenApi)]
#[openapi(paths(create_role, update_role, delete_role, list_roles, get_role))]
pub struct Docs;

/// Most permissions that are read of a body.
const MOST: usize = 500;

/// Registers the endpoints.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/organization/create-role", web::post().guard(where_on()).to(create_role))
        .route("/organization/update-role", web::post().guard(where_on()).to(update_role))
        .route("/organization/delete-role", web::post().guard(where_on()).to(delete_role))
        .route("/organization/list-roles", web::get().guard(where_on()).to(list_roles))
        .route("/organization/get-role", web::get().guard(where_on()).to(get_role));
}

/// Lets a route be found only where organizations have roles of their own.
fn where_on() -> impl Guard {
    let on = |core: &web::Data<AuthCore>| core.settings().organization.dynamic_roles.enabled;
    fn_guard(move |ctx| ctx.app_data::<web::Data<AuthCore>>().is_some_and(on))
}

/// A role of an organization's own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrganizationRole, example = json!({
    "organizationId": "org_01h455vb4pex5vsknk084sn02q", "role": "billing", "permission": {"organization": ["update"]},
    "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": null, "id": "role_01h455vb4pex5vsknk084sn02q"
}))]
struct RoleOut {
    /// Of which organization.
    organization_id: String,
    /// What members who have it are said to be.
    role: String,
    /// Actions by resource.
    #[schema(value_type = Object)]
    permission: Value,
    /// When it was made.
    created_at: Iso,
    /// When it was last changed, if it was.
    updated_at: Option<Iso>,
    /// The id.
    id: String,
    /// Fields that the operator added.
    #[serde(flatten)]
    #[schema(ignore)]
    additional_fields: Map<String, Value>,
}

impl RoleOut {
    /// The role as people see it.
    fn of(role: CustomRole, settings: &Settings) -> Self {
        Self {
            additional_fields: visible(&settings.fields.role, &role.additional_fields, false),
            organization_id: role.organization_id.map(String::from).unwrap_or_default(),
            permission: by_resource(&role.permissions),
            role: role.key,
            created_at: Iso(role.created_at),
            updated_at: (role.updated_at != role.created_at).then_some(Iso(role.updated_at)),
            id: role.id.into(),
        }
    }
}

/// A role that was made or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrganizationRoleDone)]
struct DoneOut {
    /// Always true.
    success: bool,
    /// The role.
    role_data: RoleOut,
    /// What it permits, where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    statements: Option<Value>,
}

/// Done.
#[derive(Serialize, ToSchema)]
#[schema(as = Success)]
struct SuccessOut {
    /// Always true.
    success: bool,
}

/// A role to be made.
#[derive(ToSchema)]
#[schema(as = CreateRole, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct CreateRoleIn {
    /// Its name: a word; capitals become small letters.
    #[schema(max_length = 63)]
    role: String,
    /// Actions by resource.
    #[schema(value_type = Object)]
    permission: Value,
    /// Fields that the operator added (`additional_fields.organization_role`).
    #[schema(value_type = Option<Object>)]
    additional_fields: Option<Value>,
    /// In which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Make a role
///
/// A role of the organization's own, for its members alone. Needs the permission `ac:create`, and everything that the role
/// permits. What there is to permit is what `has-permission` knows; `organization:delete` is the owners' alone.
#[utoipa::path(
    post, path = "/api/auth/organization/create-role", tag = "Organizations", operation_id = "createOrganizationRole",
    request_body(content = CreateRoleIn, example = json!({"role": "billing", "permission": {"organization": ["update"]}})),
    responses(
        (status = 200, description = "The role", body = DoneOut),
        (status = 400, description = "`VALIDATION_ERROR`, `YOU_MUST_BE_IN_AN_ORGANIZATION_TO_CREATE_A_ROLE`, `ROLE_NAME_IS_ALREADY_TAKEN`, \
            `INVALID_ROLE_NAME`, `INVALID_RESOURCE`, `PERMISSION_OF_ADMINS`, `TOO_MANY_ROLES`, \
            `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "That role name is already taken", "code": "ROLE_NAME_IS_ALREADY_TAKEN"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), `YOU_ARE_NOT_ALLOWED_TO_CREATE_A_ROLE`; \
            `missingPermissions` says what the caller lacks themselves", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn create_role(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let name = input.string("role").to_lowercase();
    let given = input.has("permission");
    let wanted = statements(&mut input, "permission");
    if !given {
        input.issue("permission", &expected("record", None));
    }
    let id = input.optional("organizationId");
    let given = input.object("additionalFields");
    input.finish()?;
    let settings = caller.edge.settings();
    let mut given = Input::new("body.additionalFields", given.unwrap_or_default());
    let additional_fields = additional::of_other(&settings.fields.role, &mut given, true, By::Member);
    given.finish()?;
    let none = || {
        let text = "You must be in an organization to create a role";
        ApiError::bad_request("YOU_MUST_BE_IN_AN_ORGANIZATION_TO_CREATE_A_ROLE", text)
    };
    let id = meant(&caller, id.as_deref(), none, access::not_yours)?;
    let permissions = wanted.unwrap_or_default();
    let ctx = caller.ctx();
    let made = caller.core().write(&ctx, async |tx| {
        let new = NewRole {
            key: name.clone(),
            name: name.clone(),
            description: String::new(),
            permissions: permissions.clone(),
            additional_fields: additional_fields.clone(),
        };
        roles::create(tx, Some(&id), new).await
    });
    let role = RoleOut::of(made.await.map_err(told(&RolesFault::MayNotCreate, &permissions))?, settings);
    let statements = Some(role.permission.clone());
    Ok(reply::ok(&DoneOut { success: true, role_data: role, statements }))
}

/// What to change of which role.
#[derive(ToSchema)]
#[schema(as = UpdateRole, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct UpdateRoleIn {
    /// Which, by name.
    role_name: Option<String>,
    /// Which, by id.
    role_id: Option<String>,
    /// `permission`: all that it permits from now on; `roleName`: another name, which members and invitations get
    /// too; fields that the operator added.
    #[schema(value_type = Object)]
    data: Value,
    /// Of which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Change a role
///
/// For everybody who has it, at once. Needs the permission `ac:update`, and everything that the role permits before and after.
#[utoipa::path(
    post, path = "/api/auth/organization/update-role", tag = "Organizations", operation_id = "updateOrganizationRole",
    request_body(content = UpdateRoleIn,
        example = json!({"roleName": "billing", "data": {"permission": {"organization": ["update"], "ac": ["read"]}}})),
    responses(
        (status = 200, description = "The role", body = DoneOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `ROLE_NOT_FOUND`, `ROLE_NAME_IS_ALREADY_TAKEN`, \
            `INVALID_ROLE_NAME`, `INVALID_RESOURCE`, `PERMISSION_OF_ADMINS`, `ADDITIONAL_FIELDS_TOO_LARGE`", body = ErrorOut,
            example = json!({"message": "Role not found", "code": "ROLE_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), `YOU_ARE_NOT_ALLOWED_TO_UPDATE_A_ROLE`; \
            `missingPermissions` says what the caller lacks themselves", body = ErrorOut),
        (status = 409, description = "`ROLE_IN_USE_BY_DIRECTORY`: it cannot be renamed", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn update_role(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let which = which(&mut input);
    let id = input.optional("organizationId");
    let given = input.has("data");
    let data = input.object("data");
    if !given {
        input.issue("data", &expected("object", None));
    }
    input.finish()?;
    let mut data = Input::new("body.data", data.unwrap_or_default());
    let permissions = statements(&mut data, "permission");
    let key = data.optional("roleName").filter(|name| !name.is_empty()).map(|name| name.to_lowercase());
    let settings = caller.edge.settings();
    let additional_fields = additional::of_other(&settings.fields.role, &mut data, false, By::Member);
    data.finish()?;
    let which = which?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::not_yours)?;
    let changes = RoleChanges { key, permissions: permissions.clone(), additional_fields, ..RoleChanges::default() };
    let done = caller
        .core()
        .write(&caller.ctx(), async |tx| roles::update(tx, Some(&id), &which, changes.clone()).await)
        .await;
    let role = done.map_err(told(&RolesFault::MayNotUpdate, &permissions.unwrap_or_default()))?;
    Ok(reply::ok(&DoneOut { success: true, role_data: RoleOut::of(role, settings), statements: None }))
}

/// Which role to delete.
#[derive(ToSchema)]
#[schema(as = DeleteRole, rename_all = "camelCase")]
#[expect(dead_code, reason = "read field by field, for the messages of the wire")]
struct DeleteRoleIn {
    /// Which, by name.
    role_name: Option<String>,
    /// Which, by id.
    role_id: Option<String>,
    /// Of which organization; otherwise the one in which the session works.
    organization_id: Option<String>,
}

/// Delete a role
///
/// One that nobody has and nobody is invited to. Needs the permission `ac:delete`, and everything that the role permits.
#[utoipa::path(
    post, path = "/api/auth/organization/delete-role", tag = "Organizations", operation_id = "deleteOrganizationRole",
    request_body(content = DeleteRoleIn, example = json!({"roleName": "billing"})),
    responses(
        (status = 200, description = "Deleted", body = SuccessOut, example = json!({"success": true})),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `ROLE_NOT_FOUND`, `CANNOT_DELETE_A_PRE_DEFINED_ROLE`, \
            `ROLE_IS_ASSIGNED_TO_MEMBERS`", body = ErrorOut, example = json!({"message": "Role not found", "code": "ROLE_NOT_FOUND"})),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), `YOU_ARE_NOT_ALLOWED_TO_DELETE_A_ROLE`",
            body = ErrorOut),
        (status = 409, description = "`ROLE_IN_USE_BY_DIRECTORY`", body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn delete_role(caller: Caller, body: JsonBody) -> Result<HttpResponse> {
    let mut input = body.object()?;
    let which = which(&mut input);
    let id = input.optional("organizationId");
    input.finish()?;
    let which = which?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::not_yours)?;
    let done = caller.core().write(&caller.ctx(), async |tx| roles::delete(tx, Some(&id), &which, None).await).await;
    done.map_err(told(&RolesFault::MayNotDelete, &[]))?;
    Ok(reply::ok(&SuccessOut { success: true }))
}

/// List roles
///
/// The roles of the organization's own, oldest first. Needs the permission `ac:read`.
#[utoipa::path(
    get, path = "/api/auth/organization/list-roles", tag = "Organizations", operation_id = "listOrganizationRoles",
    params(("organizationId" = Option<String>, Query, description = "Which organization; otherwise the one in which the session works")),
    responses(
        (status = 200, description = "The roles", body = Vec<RoleOut>),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), `YOU_ARE_NOT_ALLOWED_TO_LIST_A_ROLE`",
            body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn list_roles(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let id = input.optional("organizationId");
    input.finish()?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::not_yours)?;
    let found = caller.core().read(&caller.ctx(), async |rx| roles::list_own(rx, &id).await).await;
    let shown = |role| RoleOut::of(role, caller.edge.settings());
    let found: Vec<RoleOut> = found.map_err(strangers(access::not_yours))?.into_iter().map(shown).collect();
    Ok(reply::ok(&found))
}

/// Read a role
///
/// Needs the permission `ac:read`.
#[utoipa::path(
    get, path = "/api/auth/organization/get-role", tag = "Organizations", operation_id = "getOrganizationRole",
    params(
        ("roleName" = Option<String>, Query, description = "Which, by name"),
        ("roleId" = Option<String>, Query, description = "Which, by id"),
        ("organizationId" = Option<String>, Query, description = "Which organization; otherwise the one in which the session works"),
    ),
    responses(
        (status = 200, description = "The role", body = RoleOut),
        (status = 400, description = "`VALIDATION_ERROR`, `NO_ACTIVE_ORGANIZATION`, `ROLE_NOT_FOUND`", body = ErrorOut),
        (status = 401, description = "`UNAUTHORIZED`", body = ErrorOut),
        (status = 403, description = "`YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION` (also if there is none), `YOU_ARE_NOT_ALLOWED_TO_READ_A_ROLE`",
            body = ErrorOut),
    ),
    security(("cookieAuth" = []), ("bearerAuth" = []))
)]
async fn get_role(caller: Caller, query: Query) -> Result<HttpResponse> {
    let mut input = query.input();
    let which = which(&mut input);
    let id = input.optional("organizationId");
    input.finish()?;
    // Who names none means none that there is.
    let which = which.map_err(|_| ApiError::bad_request("ROLE_NOT_FOUND", "Role not found"))?;
    let id = meant(&caller, id.as_deref(), access::no_active, access::not_yours)?;
    let found = caller.core().read(&caller.ctx(), async |rx| roles::get_own(rx, &id, &which).await).await;
    let found = found.map_err(told(&RolesFault::MayNotRead, &[]))?;
    Ok(reply::ok(&RoleOut::of(found, caller.edge.settings())))
}

/// Which role is meant: by name, else by id.
fn which(input: &mut Input) -> Result<Which> {
    let (name, id) = (input.optional("roleName"), input.optional("roleId"));
    match (name.filter(|name| !name.is_empty()), id.filter(|id| !id.is_empty())) {
        (Some(name), _) => Ok(Which::Key(name)),
        // What can be no id is the id of no role.
        (None, Some(id)) => Ok(Which::Id(RoleId::parse(&id).unwrap_or_else(|| RoleId::from_text(String::new())))),
        (None, None) => Err(ApiError::validation("[body] Invalid input")),
    }
}

/// `{"member": ["create"]}` as `["member:create"]`; `None` if it was not sent or is something else, which is noted.
fn statements(input: &mut Input, key: &str) -> Option<Vec<String>> {
    let fields = match input.take(key)? {
        Value::Object(fields) => fields,
        other => {
            input.issue(key, &expected("record", Some(&other)));
            return None;
        }
    };
    let mut all = Vec::new();
    for (resource, actions) in &fields {
        let Value::Array(actions) = actions else {
            input.issue(&format!("{key}.{resource}"), &expected("array", Some(actions)));
            continue;
        };
        for (place, action) in actions.iter().enumerate() {
            match action {
                Value::String(action) => all.push(format!("{resource}:{action}")),
                other => input.issue(&format!("{key}.{resource}.{place}"), &expected("string", Some(other))),
            }
        }
        // A resource that there is not is refused even without actions.
        if actions.is_empty() && !is_resource(resource) {
            all.push(format!("{resource}:"));
        }
    }
    if all.len() > MOST {
        input.issue(key, &format!("Too big: expected at most {MOST} actions"));
    }
    Some(all)
}

fn is_resource(text: &str) -> bool {
    PERMISSIONS.iter().any(|known| known.key.rsplit_once(':').is_some_and(|(resource, _)| resource == text))
}

fn by_resource(permissions: &[String]) -> Value {
    let mut all = Map::new();
    for (resource, action) in permissions.iter().filter_map(|permission| permission.rsplit_once(':')) {
        let actions = all.entry(resource.to_owned()).or_insert_with(|| json!([]));
        if let Value::Array(actions) = actions {
            actions.push(action.into());
        }
    }
    Value::Object(all)
}

/// The failures of the core in the words of the model, for an endpoint whose refusal is `refusal` and that was to permit
/// `wanted`.
fn told(refusal: &RolesFault, wanted: &[String]) -> impl Fn(Error) -> ApiError {
    let (refusal, wanted) = (refusal.clone(), wanted.to_vec());
    let missing = move |missing: Vec<&str>| {
        ApiError::from(Error::from(refusal.clone())).with_extra("missingPermissions", json!(missing))
    };
    move |error| {
        let unknown = |one: &&String| !PERMISSIONS.iter().any(|known| known.key == one.as_str());
        if error.is(&RolesFault::AlreadyExists) {
            ApiError::bad_request("ROLE_NAME_IS_ALREADY_TAKEN", "That role name is already taken")
        } else if error.is(&RolesFault::BadKey) {
            let text = "The name of a role is 1 to 63 small letters, digits, hyphens and underscores, a letter first";
            ApiError::bad_request("INVALID_ROLE_NAME", text)
        } else if error.is(&RolesFault::Unknown) {
            ApiError::bad_request("ROLE_NOT_FOUND", "Role not found")
        } else if error.is(&RolesFault::System) {
            ApiError::bad_request("CANNOT_DELETE_A_PRE_DEFINED_ROLE", "Cannot delete a pre-defined role")
        } else if error.is(&RolesFault::InUse) {
            let text = "Cannot delete a role that is assigned to members. Please reassign the members to a different role first";
            ApiError::bad_request("ROLE_IS_ASSIGNED_TO_MEMBERS", text)
        } else if error.is(&RolesFault::OwnersOnly) {
            missing(vec!["organization:delete"])
        } else if let Some(lacking) = roles::lacking(&error) {
            missing(lacking)
        } else if error.is(&RolesFault::UnknownPermission(String::new())) {
            let odd = |one: &String| !one.rsplit_once(':').is_some_and(|(resource, _)| is_resource(resource));
            if wanted.iter().any(odd) {
                let text = "The provided permission includes an invalid resource";
                return ApiError::bad_request("INVALID_RESOURCE", text);
            }
            missing(wanted.iter().filter(unknown).map(String::as_str).collect())
        } else {
            strangers(access::not_yours)(error)
        }
    }
}
