//! Directories as `/v1` writes them.

use auth_core::clock::Timestamp;
use auth_core::features::directory::connections::{Changes, Listed};
use auth_core::features::directory::{Directory, Settings, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::{Fields, NAME};
use crate::role;

/// A directory: an outside system that may push people and groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Directory, example = json!({
    "id": "dir_01h455vb4pex5vsknk084sn02q", "object": "directory", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "name": "Okta", "provider": "okta", "provider_id": "okta", "state": "active",
    "settings": {"default_role": "org:member", "restore_roles_on_reactivation": true, "restore_roles_after_delete": false,
        "keep_password": false},
    "counts": {"users": 120, "groups": 7}, "endpoint_url": "https://id.example/scim/v2/",
    "last_request_at": 1_714_723_000_000_i64, "last_success_at": null,
    "created_at": 1_714_723_000_000_i64, "updated_at": 1_714_723_000_000_i64
}))]
pub struct DirectoryOut {
    id: String,
    /// Always `directory`.
    object: &'static str,
    /// Into which organization it pushes; null for a directory of the instance.
    organization_id: Option<String>,
    name: String,
    /// Which product it is, as far as `provider_id` tells: `okta`, `entra`, …, else `generic`.
    provider: String,
    /// Unique among the directories of its owner.
    provider_id: String,
    /// `active`, or `paused`: its requests are answered with 503.
    state: &'static str,
    settings: SettingsOut,
    counts: CountsOut,
    /// Where its identity provider sends requests: the same for all, the credential says which directory it is.
    endpoint_url: String,
    /// The last request that authenticated, to the minute.
    last_request_at: Option<i64>,
    /// The last request that succeeded, to the minute.
    last_success_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

/// What an admin decided about a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectorySettings)]
pub struct SettingsOut {
    /// The role of everybody whom the directory makes a member: `org:member` or `org:admin`.
    default_role: String,
    /// Whether roles given by hand return with a reactivation.
    restore_roles_on_reactivation: bool,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    restore_roles_after_delete: bool,
    /// Whether passwords that the directory sends are kept, hashed, where it is authoritative.
    keep_password: bool,
}

/// What a directory holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryCounts)]
pub struct CountsOut {
    /// User resources, active or not.
    users: i64,
    /// Group resources.
    groups: i64,
}

impl From<&Settings> for SettingsOut {
    fn from(settings: &Settings) -> Self {
        Self {
            default_role: role::show(&settings.default_role),
            restore_roles_on_reactivation: settings.restore_roles_on_reactivation,
            restore_roles_after_delete: settings.restore_roles_after_delete,
            keep_password: settings.keep_password,
        }
    }
}

impl DirectoryOut {
    /// A directory of the instance at this address, with what it holds.
    pub fn new(listed: Listed, public_url: &str) -> Self {
        let Listed { directory, users, groups } = listed;
        let Directory { id, organization_id, name, provider, provider_id, state, settings, .. } = directory;
        Self {
            id: id.into(),
            object: "directory",
            organization_id: organization_id.map(String::from),
            name,
            provider,
            provider_id,
            state: state.as_str(),
            settings: (&settings).into(),
            counts: CountsOut { users, groups },
            endpoint_url: format!("{public_url}/scim/v2/"),
            last_request_at: directory.last_request_at.map(Timestamp::millis),
            last_success_at: directory.last_success_at.map(Timestamp::millis),
            created_at: directory.created_at.millis(),
            updated_at: directory.updated_at.millis(),
        }
    }
}

/// What may be decided about a directory: what is absent stays.
#[derive(Debug, Default, ToSchema)]
#[schema(as = DirectorySettingsChange)]
#[expect(dead_code, reason = "documentation: the core's changes are read field by field")]
pub struct SettingsIn {
    /// Not above the caller's own role, and never `org:owner`.
    #[schema(pattern = "^org:(admin|member)$")]
    default_role: Option<String>,
    restore_roles_on_reactivation: Option<bool>,
    restore_roles_after_delete: Option<bool>,
    keep_password: Option<bool>,
}

/// A directory to be made.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryCreate, example = json!({"name": "Okta", "provider_id": "okta-production"}))]
pub struct CreateDirectory {
    /// What people call it.
    #[schema(max_length = 255, pattern = r"\S")]
    pub name: String,
    /// Unique among the directories of its owner, without `:`; made from the name if it is left out. What it begins
    /// with tells the product (`okta`, `entra`, `onelogin`, `jumpcloud`, `ping`, `google`, `rippling`, `cyberark`).
    #[schema(max_length = 255, pattern = "^[^:]*[^:\\s][^:]*$")]
    pub provider_id: Option<String>,
    #[schema(value_type = Option<SettingsIn>)]
    pub settings: Option<Changes>,
}

impl CreateDirectory {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", NAME),
            provider_id: fields.present_text("provider_id", NAME),
            settings: fields.nested("settings", settings),
        }
    }
}

/// What to change of a directory: what is absent stays.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryUpdate, example = json!({"name": "Okta", "settings": {"default_role": "org:member"}}))]
#[expect(dead_code, reason = "documentation: the core's changes are read field by field")]
pub struct UpdateDirectory {
    #[schema(max_length = 255, pattern = r"\S")]
    name: Option<String>,
    /// `paused` makes its requests wait: they are answered with 503.
    #[schema(pattern = "^(active|paused)$")]
    state: Option<String>,
    settings: Option<SettingsIn>,
}

impl UpdateDirectory {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Changes {
        let name = fields.present_text("name", NAME);
        let state = fields.optional_choice("state", &["active", "paused"]);
        Changes {
            name,
            state: state.map(|word| if word == "paused" { State::Paused } else { State::Active }),
            ..fields.nested("settings", settings).unwrap_or_default()
        }
    }
}

fn settings(fields: &mut Fields) -> Changes {
    // Which roles there are is the core's to say, and which the caller may give.
    let role = fields.optional_role("default_role");
    Changes {
        default_role: role,
        restore_roles_on_reactivation: fields.optional_bool("restore_roles_on_reactivation"),
        restore_roles_after_delete: fields.optional_bool("restore_roles_after_delete"),
        keep_password: fields.optional_bool("keep_password"),
        ..Changes::default()
    }
}
