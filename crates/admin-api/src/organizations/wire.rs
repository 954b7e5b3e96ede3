//! Organizations as `/v1` writes them.

#![expect(clippy::option_option, reason = "absent, null, a value: the core's changes say it the same way")]

use auth_core::Scope;
use auth_core::clock::Timestamp;
use auth_core::fields::{self, Given};
use auth_core::ids::UserId;
use auth_core::orgs::{Changes, Organization, Summary, texts};
use auth_core::settings::FieldSettings;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::{Fields, IMAGE, NAME};

/// What a slug is, for the documents; [`texts::is_strict_slug`] is what is asked.
const SLUG: &str = "Must have 1 to 64 small letters, digits and hyphens, and neither begin nor end with a hyphen";

/// An organization.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AdminOrganization, example = json!({
    "id": "org_01h455vb4pex5vsknk084sn02q", "object": "organization", "name": "Acme", "slug": "acme", "image_url": null,
    "has_image": false, "members_count": 12, "pending_invitations_count": 1, "max_allowed_memberships": null,
    "require_two_factor": false, "require_sso": [],
    "public_metadata": {}, "private_metadata": {}, "additional_fields": {}, "created_by": "user_01h455vb4pex5vsknk084sn02q", "ownerless_since": null,
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct OrganizationOut {
    id: String,
    /// Always `organization`.
    object: &'static str,
    name: String,
    /// Unique in the instance.
    slug: String,
    image_url: Option<String>,
    has_image: bool,
    /// How many active members it has.
    #[schema(minimum = 0)]
    members_count: i64,
    /// How many invitations can still be accepted.
    #[schema(minimum = 0)]
    pending_invitations_count: i64,
    /// How many active members it may have; null: as many as the instance's setting says.
    max_allowed_memberships: Option<i64>,
    /// Whether its members act in it only in a session in which a second factor was shown.
    require_two_factor: bool,
    /// The services (`[social]`, `[oidc]`) through one of which its members come in, by their ids; empty if any way will do.
    require_sso: Vec<String>,
    #[schema(value_type = Object)]
    public_metadata: Map<String, Value>,
    /// For secret keys and platform administrators; null for everybody else.
    #[schema(value_type = Option<Object>)]
    private_metadata: Option<Map<String, Value>>,
    /// What is in the fields that the operator added: all for secret keys and platform administrators, for others those that
    /// people are shown.
    #[schema(value_type = Object)]
    additional_fields: Map<String, Value>,
    /// The person who made it, if it was one.
    created_by: Option<String>,
    /// Since when it has no active owner.
    ownerless_since: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl OrganizationOut {
    /// An organization as the caller sees it, who stands above it or not.
    pub fn new(summary: Summary, db: &impl Scope) -> Self {
        let whole = db.ctx().actor.is_platform();
        let Summary { organization, members_count, pending_invitations_count } = summary;
        let Organization { public_metadata, private_metadata, additional_fields: values, .. } = organization;
        Self {
            additional_fields: fields::visible(&db.settings().fields.organization, &values, whole),
            id: organization.id.into(),
            object: "organization",
            name: organization.name,
            slug: organization.slug,
            has_image: organization.logo.is_some(),
            image_url: organization.logo,
            members_count,
            pending_invitations_count,
            max_allowed_memberships: organization.max_allowed_memberships,
            require_two_factor: organization.require_two_factor,
            require_sso: organization.require_sso,
            public_metadata: public_metadata.unwrap_or_default(),
            private_metadata: whole.then_some(private_metadata),
            created_by: organization.created_by.map(String::from),
            ownerless_since: organization.ownerless_since.map(Timestamp::millis),
            created_at: organization.created_at.millis(),
            updated_at: organization.updated_at.millis(),
        }
    }
}

/// An organization to be made.
#[derive(Debug, ToSchema)]
#[schema(as = AdminOrganizationCreate, example = json!({"name": "Acme", "slug": "acme", "max_allowed_memberships": 50}))]
pub struct CreateOrganization {
    #[schema(max_length = 255, pattern = r"\S")]
    pub name: String,
    /// Unique in the instance; made of the name if it is left out.
    #[schema(pattern = "^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
    pub slug: Option<String>,
    /// An http(s) address or a data image.
    pub image_url: Option<String>,
    /// The id of the person who becomes its first owner.
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub created_by: Option<UserId>,
    #[schema(minimum = 1)]
    pub max_allowed_memberships: Option<i64>,
    /// At most 16 KiB of JSON.
    #[schema(value_type = Option<Object>)]
    pub public_metadata: Option<Map<String, Value>>,
    /// At most 16 KiB of JSON; nobody but this API sees it.
    #[schema(value_type = Option<Object>)]
    pub private_metadata: Option<Map<String, Value>>,
    /// Fields that the operator added.
    #[schema(value_type = Option<Object>, nullable = false)]
    pub additional_fields: Given,
}

impl CreateOrganization {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        let this = Self {
            name: fields.text("name", NAME),
            slug: fields.optional_text("slug", NAME),
            image_url: fields.optional_text("image_url", IMAGE),
            created_by: fields.optional_id("created_by"),
            max_allowed_memberships: fields.patch_number("max_allowed_memberships", 1, i64::MAX).flatten(),
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
            additional_fields: fields.additional(declared, true),
        };
        check_slug(fields, this.slug.as_deref());
        this
    }
}

fn check_slug(fields: &mut Fields, slug: Option<&str>) {
    if slug.is_some_and(|slug| !texts::is_strict_slug(slug)) {
        fields.fault("slug", "invalid_slug", SLUG);
    }
}

/// What to change of an organization: what is absent stays, what is null is cleared.
#[derive(Debug, ToSchema)]
#[schema(as = AdminOrganizationUpdate, example = json!({"name": "Acme Inc.", "image_url": null}))]
pub struct UpdateOrganization {
    #[schema(max_length = 255, pattern = r"\S", nullable = false)]
    name: Option<String>,
    #[schema(pattern = "^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$", nullable = false)]
    slug: Option<String>,
    /// An http(s) address or a data image.
    #[schema(value_type = Option<String>)]
    image_url: Option<Option<String>>,
    /// For secret keys and platform administrators.
    #[schema(value_type = Option<i64>, minimum = 1)]
    max_allowed_memberships: Option<Option<i64>>,
    /// Whether its members act in it only in a session in which a second factor was shown. Whoever turns it on has shown
    /// one, unless they stand above the organization.
    #[schema(nullable = false)]
    require_two_factor: Option<bool>,
    /// The services (`[social]`, `[oidc]`) through one of which its members come in, by their ids: in sessions that were opened
    /// otherwise they do nothing in it. Empty: any way will do. Whoever sets it has come in so, unless they stand above the
    /// organization.
    #[schema(nullable = false, max_items = 16)]
    require_sso: Option<Vec<String>>,
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

impl UpdateOrganization {
    /// Reads a body.
    pub fn read(fields: &mut Fields, declared: &[FieldSettings]) -> Self {
        let this = Self {
            name: fields.present_text("name", NAME),
            slug: fields.present_text("slug", NAME),
            image_url: fields.patch_text("image_url", IMAGE),
            max_allowed_memberships: fields.patch_number("max_allowed_memberships", 1, i64::MAX),
            require_two_factor: fields.optional_bool("require_two_factor"),
            require_sso: fields.optional_texts("require_sso", 16, 64),
            public_metadata: fields.patch_object("public_metadata"),
            private_metadata: fields.patch_object("private_metadata"),
            additional_fields: fields.additional(declared, false),
        };
        check_slug(fields, this.slug.as_deref());
        this
    }

    /// Whether it changes what only those above the organization may.
    pub fn is_for_platform(&self, declared: &[FieldSettings]) -> bool {
        self.max_allowed_memberships.is_some()
            || self.private_metadata.is_some()
            || self.additional_fields.holds_fixed(declared)
    }

    /// The command.
    pub fn changes(&self) -> Changes {
        Changes {
            name: self.name.clone(),
            slug: self.slug.clone(),
            logo: self.image_url.clone(),
            public_metadata: self.public_metadata.clone().map(Some),
            private_metadata: self.private_metadata.clone(),
            max_allowed_memberships: self.max_allowed_memberships,
            require_two_factor: self.require_two_factor,
            require_sso: self.require_sso.clone(),
            additional_fields: self.additional_fields.clone(),
        }
    }
}
