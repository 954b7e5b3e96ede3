//! Invitations as `/v1` writes them.

use auth_core::Scope;
use auth_core::fields::{self, Given};
use auth_core::orgs::invitations::{Invitation, InvitationStatus};
use auth_core::roles::{self, Definitions};
use auth_core::settings::FieldSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::Fields;
use crate::role;

/// The most invitations of one request.
const MOST: usize = 100;

/// An invitation to an organization.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationInvitation, example = json!({
    "id": "inv_01h455vb4pex5vsknk084sn02q", "object": "organization_invitation", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "email_address": "bob@acme.example", "role": "org:member", "role_name": "Member", "roles": ["org:member"], "status": "pending",
    "inviter_id": null, "directory_id": null, "additional_fields": {}, "expires_at": 1_714_895_800_000_i64, "created_at": 1_714_723_000_000_i64,
    "updated_at": 1_714_723_000_000_i64
}))]
pub struct InvitationOut {
    id: String,
    /// Always `organization_invitation`.
    object: &'static str,
    organization_id: String,
    email_address: String,
    /// The highest of the roles.
    role: String,
    role_name: String,
    /// All roles that it offers, highest first.
    roles: Vec<String>,
    /// `pending`, `accepted`, `rejected`, `revoked` or `expired`.
    status: &'static str,
    /// The person who invited, if it was one.
    inviter_id: Option<String>,
    /// The directory that invited, if it was one.
    directory_id: Option<String>,
    /// What is in the fields that the operator added: all for secret keys and platform administrators, for others those that
    /// people are shown.
    #[schema(value_type = Object)]
    additional_fields: Map<String, Value>,
    expires_at: i64,
    created_at: i64,
    updated_at: i64,
}

impl InvitationOut {
    /// An invitation as it is at this instant, for the caller.
    pub fn new(invitation: Invitation, defined: &Definitions, db: &impl Scope) -> Self {
        let (declared, whole) = (&db.settings().fields.invitation, db.ctx().actor.is_platform());
        let role = roles::highest(&invitation.roles).unwrap_or(roles::MEMBER);
        let status = match invitation.status {
            InvitationStatus::Pending if !invitation.is_open(db.now()) => "expired",
            InvitationStatus::Canceled => "revoked",
            other => other.as_str(),
        };
        Self {
            object: "organization_invitation",
            role: role::show(role),
            role_name: defined.name(role).to_owned(),
            roles: invitation.roles.iter().map(|role| role::show(role)).collect(),
            status,
            id: invitation.id.into(),
            organization_id: invitation.organization_id.into(),
            email_address: invitation.email,
            inviter_id: invitation.inviter_id.map(String::from),
            directory_id: invitation.directory_id.map(String::from),
            additional_fields: fields::visible(declared, &invitation.additional_fields, whole),
            expires_at: invitation.expires_at.millis(),
            created_at: invitation.created_at.millis(),
            updated_at: invitation.updated_at.millis(),
        }
    }
}

/// The status by which a list is filtered, in the words of the core.
pub fn status(word: &str) -> Option<InvitationStatus> {
    InvitationStatus::from_stored(if word == "revoked" { "canceled" } else { word })
}

/// An invitation to be made.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationInvitationCreate, example = json!({"email_address": "bob@acme.example", "role": "org:member"}))]
pub struct CreateInvitation {
    #[schema(format = "email", max_length = 254)]
    pub email_address: String,
    /// Of those of `/v1/roles`; `organization.member_role` of the configuration if it is left out.
    #[schema(pattern = "^org:[a-z][a-z0-9_-]{0,62}$")]
    pub role: Option<String>,
    /// Whether a pending invitation is prolonged and mailed again instead of being refused.
    #[schema(default = false)]
    pub resend: Option<bool>,
    /// Fields that the operator added. What people may not give is for secret keys and platform administrators. Of a pending
    /// invitation that is prolonged they stay as they are.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub additional_fields: Given,
}

impl CreateInvitation {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self {
            email_address: fields.text("email_address", 254),
            role: fields.optional_role("role"),
            resend: fields.optional_bool("resend"),
            additional_fields: fields.additional(declared, true),
        }
    }
}

/// Invitations to be made together, each by itself.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationInvitationsCreate, example = json!({
    "invitations": [{"email_address": "bob@acme.example", "role": "org:member"}, {"email_address": "eve@acme.example"}]
}))]
pub struct CreateInvitations {
    #[schema(min_items = 1, max_items = 100)]
    pub invitations: Vec<CreateInvitation>,
}

impl CreateInvitations {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        Self { invitations: fields.objects("invitations", MOST, |inner| CreateInvitation::read(inner, declared)) }
    }
}

/// What became of one of the invitations of a request: one of the two is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationInvitationResult)]
pub struct InvitationResult {
    /// As it was sent.
    pub email_address: String,
    pub invitation: Option<InvitationOut>,
    /// Why nobody was invited.
    pub error: Option<InvitationRefusal>,
}

/// Why somebody was not invited.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationInvitationRefusal, example = json!({
    "code": "user_is_already_invited_to_this_organization", "message": "User is already invited to this organization"
}))]
pub struct InvitationRefusal {
    /// For programs: as in a problem.
    pub code: String,
    /// For people.
    pub message: String,
}
