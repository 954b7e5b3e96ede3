//! `/v1/roles` and `/v1/permissions`: the roles that all organizations can give, and what there is to permit. An
//! organization's own are in [`organization_roles`](crate::organization_roles).

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use auth_core::db::Scope;
use auth_core::fields::{self, Given};
use auth_core::ids::{Id as _, RoleId};
use auth_core::roles::{self, CustomRole, MEMBER, NewRole, PERMISSIONS, Role, RoleChanges, RolesFault, SYSTEM, Which};
use auth_core::settings::FieldSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::body::{Fields, NAME};
use crate::error::ApiError;
use crate::extract::{Call, ok};
use crate::gate::Gate;
use crate::openapi::{BadRequest, Conflict, Forbidden, NotFound, TooLarge, Unauthenticated, UnsupportedMedia};
use crate::organizations::administered_ids;
use crate::page::{KeyOrder, Page, PagingParams, Search, cut};
use crate::params::{Idempotent, RolePath};
use crate::{resource, role};

/// What the ids of the seeded roles begin with; the key follows.
const SEEDED: &str = "role_";

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(resource("/roles", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource(
            "/roles/{role_id}",
            [(Method::GET, web::to(get)), (Method::PATCH, web::to(update)), (Method::DELETE, web::to(delete))],
        ))
        .service(resource("/roles/{role_id}/permissions", [(Method::PUT, web::to(set_permissions))]))
        .service(resource("/permissions", [(Method::GET, web::to(permissions))]));
}

/// A role: what somebody may do in an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationRole, example = json!({
    "id": "role_01h455vb4pex5vsknk084sn02q", "object": "role", "organization_id": null, "key": "org:billing", "name": "Billing",
    "description": "Sees invoices", "is_system": false, "is_default": false, "permissions": ["organization:update", "ac:read"],
    "additional_fields": {}, "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct RoleOut {
    id: String,
    /// Always `role`.
    object: &'static str,
    /// Whose role it is; null for those that every organization can give.
    organization_id: Option<String>,
    /// What memberships, invitations and rules call it.
    key: String,
    name: String,
    description: String,
    /// Whether it is one of the three that every instance has and nobody changes.
    is_system: bool,
    /// Whether it is what people are who were given nothing else.
    is_default: bool,
    permissions: Vec<String>,
    /// What is in the fields that the operator added to the roles of organizations' own, empty for others: all for secret keys and
    /// platform administrators, for others those that people are shown.
    #[schema(value_type = Object)]
    additional_fields: Map<String, Value>,
    /// Null for a seeded role.
    created_at: Option<i64>,
    /// Null for a seeded role.
    updated_at: Option<i64>,
}

impl RoleOut {
    /// What it is ordered and searched by.
    pub fn words(&self) -> [&str; 3] {
        [&self.key, &self.name, &self.description]
    }

    /// A role that was made, as the caller sees it.
    pub fn of(made: CustomRole, db: &impl Scope) -> Self {
        let declared = declared(db, made.organization_id.is_some());
        Self {
            additional_fields: fields::visible(declared, &made.additional_fields, db.ctx().actor.is_platform()),
            id: made.id.into(),
            object: "role",
            organization_id: made.organization_id.map(String::from),
            key: role::show(&made.key),
            name: made.name,
            description: made.description,
            is_system: false,
            is_default: false,
            permissions: made.permissions,
            created_at: Some(made.created_at.millis()),
            updated_at: Some(made.updated_at.millis()),
        }
    }
}

/// The fields that the operator added to such roles: to those of organizations.
fn declared(db: &impl Scope, of_organization: bool) -> &[FieldSettings] {
    if of_organization { &db.settings().fields.role } else { &[] }
}

impl From<&Role> for RoleOut {
    fn from(seeded: &Role) -> Self {
        Self {
            id: format!("{SEEDED}{}", seeded.key),
            object: "role",
            organization_id: None,
            key: role::show(seeded.key),
            name: seeded.name.to_owned(),
            description: seeded.description.to_owned(),
            is_system: true,
            is_default: seeded.key == MEMBER,
            permissions: seeded.permissions.iter().map(|key| (*key).to_owned()).collect(),
            additional_fields: Map::new(),
            created_at: None,
            updated_at: None,
        }
    }
}

/// Something that a role can permit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationPermission, example = json!({
    "object": "permission", "key": "org:sys_provisioning:manage", "name": "Manage directories",
    "description": "Connect directories, and manage their credentials, mappings and rules", "is_system": true
}))]
pub struct PermissionOut {
    /// The same as `key`.
    id: &'static str,
    /// Always `permission`.
    object: &'static str,
    key: &'static str,
    name: &'static str,
    description: &'static str,
    /// Always true: permissions are the instance's own.
    is_system: bool,
}

/// A role to be made.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationRoleCreate, example = json!({
    "key": "org:billing", "name": "Billing", "description": "Sees invoices", "permissions": ["organization:update", "ac:read"]
}))]
pub struct CreateRole {
    /// `org:` and a word of its own. It never changes.
    #[schema(pattern = "^org:[a-z][a-z0-9_-]{0,62}$")]
    key: String,
    #[schema(max_length = 100, pattern = r"\S")]
    name: String,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Of those of `/v1/permissions`, all but `organization:delete`.
    permissions: Option<Vec<String>>,
    /// Fields that the operator added to the roles of organizations' own. What people may not give is for secret keys and platform
    /// administrators.
    #[schema(value_type = Option<Object>, nullable = false)]
    additional_fields: Given,
}

impl CreateRole {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            key: fields.role("key"),
            name: fields.text("name", NAME),
            description: fields.optional_text("description", 500),
            permissions: fields.optional_texts("permissions", 100, 128),
            additional_fields: fields.additional(declared, true),
        }
    }

    pub fn command(&self) -> NewRole {
        NewRole {
            key: self.key.clone(),
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            permissions: self.permissions.clone().unwrap_or_default(),
            additional_fields: self.additional_fields.clone(),
        }
    }

    /// Whether it gives what only those above the organization may.
    pub fn is_for_platform(&self, declared: &[FieldSettings]) -> bool {
        self.additional_fields.holds_fixed(declared)
    }
}

/// What to change of a role: what is absent stays.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationRoleUpdate, example = json!({"name": "Accounting"}))]
pub struct UpdateRole {
    #[schema(max_length = 100, pattern = r"\S", nullable = false)]
    name: Option<String>,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// All of them.
    permissions: Option<Vec<String>>,
    /// Some of the fields that the operator added to the roles of organizations' own; null empties one. What people may not give is
    /// for secret keys and platform administrators.
    #[schema(value_type = Option<Object>, nullable = false)]
    additional_fields: Given,
}

impl UpdateRole {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            name: fields.present_text("name", NAME),
            description: fields.patch_text("description", 500).map(Option::unwrap_or_default),
            permissions: fields.optional_texts("permissions", 100, 128),
            additional_fields: fields.additional(declared, false),
        }
    }

    pub fn changes(&self) -> RoleChanges {
        RoleChanges {
            key: None,
            name: self.name.clone(),
            description: self.description.clone(),
            permissions: self.permissions.clone(),
            additional_fields: self.additional_fields.clone(),
        }
    }

    /// Whether it changes what only those above the organization may.
    pub fn is_for_platform(&self, declared: &[FieldSettings]) -> bool {
        self.additional_fields.holds_fixed(declared)
    }
}

/// All that a role permits from now on.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationRolePermissions, example = json!({"permissions": ["organization:update", "ac:read"]}))]
pub struct SetPermissions {
    permissions: Vec<String>,
}

impl SetPermissions {
    fn read(fields: &mut Fields) -> Self {
        let permissions = fields.optional_texts("permissions", 100, 128);
        if permissions.is_none() {
            fields.fault("permissions", "required", "Is required");
        }
        Self { permissions: permissions.unwrap_or_default() }
    }
}

/// Roles are the instance's. Whoever administers an organization may know of them, to give them.
async fn may_know(db: &impl Scope) -> Result<(), ApiError> {
    let actor = &db.ctx().actor;
    let administers = match actor.user_id() {
        Some(user) if !actor.is_platform() => !administered_ids(db, user).await?.is_empty(),
        _ => actor.is_platform(),
    };
    if administers { Ok(()) } else { Err(ApiError::forbidden("You administer no organization")) }
}

pub fn seeded(id: &RoleId) -> Option<&'static Role> {
    SYSTEM.iter().find(|role| id.as_str().strip_prefix(SEEDED) == Some(role.key))
}

/// The id of a role that can be changed.
pub fn changeable(call: &Call) -> Result<Which, ApiError> {
    let id: RoleId = call.id("role_id")?;
    if seeded(&id).is_some() { Err(auth_core::Error::from(RolesFault::System).into()) } else { Ok(Which::Id(id)) }
}

/// List roles
///
/// The seeded ones, highest first, then those that were made, oldest first. For the platform and whoever administers an
/// organization.
#[utoipa::path(
    get, path = "/v1/roles", tag = "Roles", operation_id = "listRoles", params(Search, KeyOrder, PagingParams),
    responses((status = 200, description = "A page of roles", body = Page<RoleOut>), BadRequest, Unauthenticated, Forbidden)
)]
pub async fn list(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let wanted = query.cut();
    query.finish()?;
    let page = call
        .core
        .read(&call.ctx, async |rx| {
            may_know(rx).await?;
            let mut all: Vec<RoleOut> = SYSTEM.iter().map(RoleOut::from).collect();
            all.extend(roles::list(rx).await?.into_iter().map(|role| RoleOut::of(role, rx)));
            Ok::<_, ApiError>(cut(all, &wanted, RoleOut::words))
        })
        .await?;
    Ok(ok(&page))
}

/// Make a role
///
/// Every organization can give it from then on. No role that is made permits what only owners may. Platform only.
#[utoipa::path(
    post, path = "/v1/roles", tag = "Roles", operation_id = "createRole", params(Idempotent), request_body = CreateRole,
    responses(
        (status = 201, description = "The role", body = RoleOut),
        BadRequest, Unauthenticated, Forbidden, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn create(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let new = CreateRole::read(&mut fields, &[]);
    fields.finish()?;
    call.once(&Gate::Platform, &bytes, StatusCode::CREATED, async |tx| {
        Ok(RoleOut::of(roles::create(tx, None, new.command()).await?, tx))
    })
    .await
}

/// Read a role
///
/// For the platform and whoever administers an organization.
#[utoipa::path(
    get, path = "/v1/roles/{role_id}", tag = "Roles", operation_id = "getRole", params(RolePath),
    responses((status = 200, description = "The role", body = RoleOut), Unauthenticated, Forbidden, NotFound)
)]
pub async fn get(call: Call) -> Result<HttpResponse, ApiError> {
    let id: RoleId = call.id("role_id")?;
    let found = call
        .core
        .read(&call.ctx, async |rx| {
            may_know(rx).await?;
            match seeded(&id) {
                Some(role) => Ok::<_, ApiError>(role.into()),
                None => Ok(RoleOut::of(roles::get(rx, &id).await?, rx)),
            }
        })
        .await?;
    Ok(ok(&found))
}

/// Change a role
///
/// For everybody who has it, at once. The seeded roles cannot be changed. Platform only.
#[utoipa::path(
    patch, path = "/v1/roles/{role_id}", tag = "Roles", operation_id = "updateRole", params(RolePath), request_body = UpdateRole,
    responses(
        (status = 200, description = "The role", body = RoleOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn update(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let changes = UpdateRole::read(&mut fields, &[]);
    fields.finish()?;
    call.change(&Gate::Platform, async |tx| {
        Ok(RoleOut::of(roles::update(tx, None, &changeable(&call)?, changes.changes()).await?, tx))
    })
    .await
}

/// Replace what a role permits
///
/// For everybody who has it, at once. The seeded roles cannot be changed. Platform only.
#[utoipa::path(
    put, path = "/v1/roles/{role_id}/permissions", tag = "Roles", operation_id = "setRolePermissions", params(RolePath),
    request_body = SetPermissions,
    responses(
        (status = 200, description = "The role", body = RoleOut),
        BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia
    )
)]
pub async fn set_permissions(call: Call) -> Result<HttpResponse, ApiError> {
    let bytes = call.bytes().await?;
    let mut fields = call.fields(&bytes)?;
    let wanted = SetPermissions::read(&mut fields);
    fields.finish()?;
    call.change(&Gate::Platform, async |tx| {
        let changes = RoleChanges { permissions: Some(wanted.permissions.clone()), ..RoleChanges::default() };
        Ok(RoleOut::of(roles::update(tx, None, &changeable(&call)?, changes).await?, tx))
    })
    .await
}

/// What becomes of those who have the role.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documentation: the parameters are read by name")]
pub struct Successor {
    /// The role that members and invitations get instead; never `org:owner`. Without it a role that is in use stays.
    #[param(pattern = "^org:[a-z][a-z0-9_-]{0,62}$", example = "org:member")]
    reassign_to: Option<String>,
}

/// Delete a role
///
/// One that members or invitations have is in the way (`role_in_use`) unless another is named for them, and so is one that a
/// directory gives (`role_in_use_by_directory`). Platform only.
#[utoipa::path(
    delete, path = "/v1/roles/{role_id}", tag = "Roles", operation_id = "deleteRole", params(RolePath, Successor),
    responses((status = 204, description = "Deleted"), BadRequest, Unauthenticated, Forbidden, NotFound, Conflict)
)]
pub async fn delete(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let successor = query.role("reassign_to");
    query.finish()?;
    call.remove(&Gate::Platform, async |tx| {
        roles::delete(tx, None, &changeable(&call)?, successor.as_deref()).await?;
        Ok(())
    })
    .await
}

/// List permissions
///
/// All that there is to permit. For the platform and whoever administers an organization.
#[utoipa::path(
    get, path = "/v1/permissions", tag = "Roles", operation_id = "listPermissions", params(Search, KeyOrder, PagingParams),
    responses(
        (status = 200, description = "A page of permissions", body = Page<PermissionOut>), BadRequest, Unauthenticated, Forbidden
    )
)]
pub async fn permissions(call: Call) -> Result<HttpResponse, ApiError> {
    let mut query = call.query()?;
    let wanted = query.cut();
    query.finish()?;
    call.core.read(&call.ctx, async |rx| may_know(rx).await).await?;
    let all: Vec<PermissionOut> = PERMISSIONS
        .iter()
        .map(|permission| PermissionOut {
            id: permission.key,
            object: "permission",
            key: permission.key,
            name: permission.name,
            description: permission.description,
            is_system: true,
        })
        .collect();
    Ok(ok(&cut(all, &wanted, |permission| [permission.key, permission.name, permission.description])))
}
