//! Memberships as `/v1` writes them.

use auth_core::Scope;
use auth_core::fields::{self, Given};
use auth_core::ids::UserId;
use auth_core::orgs::members::{Changes, Grant, Member};
use auth_core::roles::Definitions;
use auth_core::settings::FieldSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::Fields;
use crate::organizations::wire::OrganizationOut;
use crate::role;
use crate::users::wire::PublicUserData;

/// A person in an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationMembership, example = json!({
    "id": "mem_01h455vb4pex5vsknk084sn02q", "object": "organization_membership", "role": "org:admin", "role_name": "Admin",
    "roles": ["org:admin"], "permissions": ["organization:update", "org:sys_provisioning:manage"], "status": "active",
    "grants": [{"role": "org:admin", "source": "manual", "source_id": null, "directory_id": null, "group_id": null,
        "group_name": null, "created_at": 1_714_723_000_000_i64}],
    "public_metadata": {}, "private_metadata": {}, "additional_fields": {},
    "organization": {"id": "org_01h455vb4pex5vsknk084sn02q", "object": "organization", "name": "Acme", "slug": "acme",
        "image_url": null, "has_image": false, "members_count": 12, "pending_invitations_count": 1,
        "max_allowed_memberships": null, "public_metadata": {}, "private_metadata": {}, "additional_fields": {}, "created_by": null,
        "ownerless_since": null, "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64},
    "public_user_data": {"user_id": "user_01h455vb4pex5vsknk084sn02q", "identifier": "ann@acme.example", "first_name": "Ann",
        "last_name": "Ex", "image_url": null, "has_image": false},
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct MembershipOut {
    id: String,
    /// Always `organization_membership`.
    object: &'static str,
    /// The highest of the roles: `org:owner`, `org:admin`, one that was made, `org:member`.
    role: String,
    role_name: String,
    /// All roles, highest first.
    roles: Vec<String>,
    /// What the roles permit; nothing while the membership is not active.
    permissions: Vec<String>,
    /// `active`, `awaiting` acceptance, or `suspended` by a directory.
    status: &'static str,
    /// Where the roles came from.
    grants: Vec<GrantOut>,
    #[schema(value_type = Object)]
    public_metadata: Map<String, Value>,
    /// For secret keys and platform administrators; null for everybody else.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Map<String, Value>>,
    /// What is in the fields that the operator added: all for secret keys and platform administrators, for others those that
    /// people are shown.
    #[schema(value_type = Object)]
    additional_fields: Map<String, Value>,
    organization: OrganizationOut,
    public_user_data: PublicUserData,
    created_at: i64,
    updated_at: i64,
}

/// One role and where it came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembershipGrant)]
pub struct GrantOut {
    role: String,
    /// `manual`, `invitation`, `default` or `mapping` of a directory, `group`, `sso`.
    source: String,
    /// Which directory, provider or group; null where there is only one of the kind.
    source_id: Option<String>,
    /// The directory whose default, mapping or group it is.
    directory_id: Option<String>,
    /// The group of the rule that gives it (`source` is `group`): the person is in it, or in a group inside it.
    group_id: Option<String>,
    /// What that group is called.
    group_name: Option<String>,
    created_at: i64,
}

impl From<Grant> for GrantOut {
    fn from(grant: Grant) -> Self {
        Self {
            role: role::show(&grant.role),
            directory_id: grant.directory_id.map(String::from),
            group_id: grant.group_name.is_some().then(|| grant.source_id.clone()),
            group_name: grant.group_name,
            source: grant.source,
            source_id: Some(grant.source_id).filter(|id| !id.is_empty()),
            created_at: grant.created_at.millis(),
        }
    }
}

impl MembershipOut {
    /// A member as the caller sees them, who stands above the organization or not.
    pub fn new(
        member: Member,
        grants: Vec<GrantOut>,
        organization: OrganizationOut,
        person: PublicUserData,
        defined: &Definitions,
        db: &impl Scope,
    ) -> Self {
        let whole = db.ctx().actor.is_platform();
        let permissions = if member.is_active() { defined.union(&member.roles) } else { Vec::new() };
        Self {
            id: member.id.to_string(),
            object: "organization_membership",
            role: role::show(member.highest_role()),
            role_name: defined.name(member.highest_role()).to_owned(),
            roles: member.roles.iter().map(|role| role::show(role)).collect(),
            permissions,
            status: member.status.as_str(),
            grants,
            public_metadata: member.public_metadata,
            private_metadata: whole.then_some(member.private_metadata),
            additional_fields: fields::visible(&db.settings().fields.member, &member.additional_fields, whole),
            organization,
            public_user_data: person,
            created_at: member.created_at.millis(),
            updated_at: member.updated_at.millis(),
        }
    }
}

/// A member to be added.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationMembershipCreate, example = json!({"user_id": "user_01h455vb4pex5vsknk084sn02q", "role": "org:member"}))]
pub struct CreateMembership {
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub user_id: UserId,
    /// Of those of `/v1/roles`; `organization.member_role` of the configuration if it is left out.
    #[schema(pattern = "^org:[a-z][a-z0-9_-]{0,62}$")]
    pub role: Option<String>,
    /// Fields that the operator added.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub additional_fields: Given,
}

impl CreateMembership {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            user_id: fields.id("user_id"),
            role: fields.optional_role("role"),
            additional_fields: fields.additional(declared, true),
        }
    }
}

/// What to change of a membership: what is absent stays.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationMembershipUpdate, example = json!({"role": "org:admin"}))]
pub struct UpdateMembership {
    /// Replaces the roles that were given by hand or by invitation; what directories and SSO give remains.
    #[schema(pattern = "^org:[a-z][a-z0-9_-]{0,62}$")]
    pub role: Option<String>,
    /// `active` brings back who is suspended, as `restore` does: whom a directory suspended, by an owner's explicit override.
    #[schema(pattern = "^active$")]
    pub status: Option<String>,
    #[schema(value_type = Option<Object>)]
    public_metadata: Option<Map<String, Value>>,
    /// For secret keys and platform administrators.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Map<String, Value>>,
    /// Some of the fields that the operator added; null empties one. What people may not give is for secret keys and platform
    /// administrators.
    #[schema(value_type = Option<Object>, nullable = false)]
    additional_fields: Given,
}

impl UpdateMembership {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            role: fields.optional_role("role"),
            status: fields.optional_choice("status", &["active"]).map(str::to_owned),
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
            additional_fields: fields.additional(declared, false),
        }
    }

    /// Whether it changes what only those above the organization may.
    pub fn is_for_platform(&self, declared: &[FieldSettings]) -> bool {
        self.private_metadata.is_some() || self.additional_fields.holds_fixed(declared)
    }

    /// What it changes beside roles and standing.
    pub fn changes(&self) -> Changes {
        Changes {
            public_metadata: self.public_metadata.clone(),
            private_metadata: self.private_metadata.clone(),
            additional_fields: self.additional_fields.clone(),
        }
    }
}
