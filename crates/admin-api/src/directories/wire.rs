//! Directories as `/v1` writes them.

use auth_core::clock::Timestamp;
use auth_core::features::directory::connections::{BreakerChanges, Changes, Listed, PROVIDERS};
use auth_core::features::directory::import::Import;
use auth_core::features::directory::{BreakerSettings, Directory, LinkPolicy, OnDeletion, Settings, State};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::body::{Fields, NAME};
use crate::role;

/// A directory: an outside system that may push people and groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Directory, example = json!({
    "id": "dir_01h455vb4pex5vsknk084sn02q", "object": "directory", "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "name": "Okta", "provider": "okta", "provider_id": "okta", "state": "active",
    "settings": {"default_role": "org:member", "restore_roles_on_reactivation": true, "restore_roles_after_delete": false,
        "keep_password": false, "link_policy": "invite", "on_deactivation": "suspend", "on_deletion": "suspend",
        "welcome_mail": false, "breaker": {"enabled": true, "people": 10, "percent": 20, "window_seconds": 600},
        "request_log_retention_days": 30, "mapping_roles": ["org:member", "org:admin"], "user_schema": {}},
    "counts": {"users": 120, "groups": 7}, "import": null, "endpoint_url": "https://id.example/scim/v2/",
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
    /// Which product it is: `okta`, `entra`, `onelogin`, `jumpcloud`, `ping`, `google`, `rippling`, `cyberark` or
    /// `generic`. What `provider_id` tells, unless somebody says otherwise.
    provider: String,
    /// Unique among the directories of its owner.
    provider_id: String,
    /// `setting_up` until its first request, then `active`; `paused`: its requests are answered with 503; `tripped`:
    /// those that end somebody's access are.
    state: &'static str,
    settings: SettingsOut,
    counts: CountsOut,
    /// Null unless it is in import mode.
    import: Option<ImportOut>,
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
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
pub struct SettingsOut {
    /// The role of everybody whom the directory makes a member: `org:member` or `org:admin`.
    default_role: String,
    /// Whether roles given by hand return with a reactivation.
    restore_roles_on_reactivation: bool,
    /// Whether roles given by hand return with a person who was deleted and is created again.
    restore_roles_after_delete: bool,
    /// Whether passwords that the directory sends are kept, hashed, where it is authoritative.
    keep_password: bool,
    /// What becomes of somebody who has an account already, outside of the domains that the organization holds:
    /// `invite`, or `strict`, where no mail goes out and the link stays pending until an admin invites them.
    link_policy: &'static str,
    /// What a deactivation does with the membership: always `suspend`.
    on_deactivation: &'static str,
    /// What a deletion does: `suspend`, or `remove_membership`, which takes all roles away for good.
    on_deletion: &'static str,
    /// Whether people whom the directory makes are mailed a link by which they set a password.
    welcome_mail: bool,
    breaker: BreakerOut,
    /// For how many days the requests of the directory are kept in its log.
    request_log_retention_days: i64,
    /// Which roles the directory's attribute mapping may give. For owners to decide.
    mapping_roles: Vec<String>,
    /// Which SCIM attributes are which fields of an account, for example `{"userName": "email", "displayName": "name"}`.
    #[schema(value_type = Object)]
    user_schema: Map<String, Value>,
}

/// The circuit breaker: beyond both limits within the window, nobody else loses access before an admin has looked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryBreaker)]
pub struct BreakerOut {
    enabled: bool,
    /// More people than this.
    people: i64,
    /// More than this many of a hundred who are active; never below 50 active people.
    percent: i64,
    /// Within so many seconds.
    window_seconds: i64,
}

impl From<BreakerSettings> for BreakerOut {
    fn from(breaker: BreakerSettings) -> Self {
        let BreakerSettings { enabled, people, percent, window_seconds } = breaker;
        Self { enabled, people, percent, window_seconds }
    }
}

/// An import mode that is on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryImportState)]
pub struct ImportOut {
    /// `collecting`: its identity provider is answered, and nothing is done; `applying`: what it said is being done, and its
    /// requests are answered with 503 until then.
    pub state: &'static str,
    /// Since when.
    pub started_at: i64,
    /// Which revision of the report there is: what the identity provider says raises it. Applying takes it.
    pub revision: i64,
}

impl From<Import> for ImportOut {
    fn from(import: Import) -> Self {
        Self { state: import.state.as_str(), started_at: import.started_at.millis(), revision: import.revision }
    }
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
            link_policy: settings.link_policy.as_str(),
            on_deactivation: "suspend",
            on_deletion: settings.on_deletion.as_str(),
            welcome_mail: settings.welcome_mail,
            breaker: settings.breaker.into(),
            request_log_retention_days: settings.request_log_retention_days,
            mapping_roles: settings.mapping_roles.iter().map(|key| role::show(key)).collect(),
            user_schema: settings.user_schema.clone(),
        }
    }
}

impl DirectoryOut {
    /// A directory of the instance at this address, with what it holds.
    pub fn new(listed: Listed, public_url: &str) -> Self {
        let Listed { directory, users, groups } = listed;
        let Directory { id, organization_id, name, provider, provider_id, state, settings, import, .. } = directory;
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
            import: import.map(ImportOut::from),
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
    #[schema(pattern = "^(invite|strict)$")]
    link_policy: Option<String>,
    #[schema(pattern = "^suspend$")]
    on_deactivation: Option<String>,
    #[schema(pattern = "^(suspend|remove_membership)$")]
    on_deletion: Option<String>,
    welcome_mail: Option<bool>,
    breaker: Option<BreakerIn>,
    #[schema(minimum = 1, maximum = 365)]
    request_log_retention_days: Option<i64>,
    /// Never `org:owner`. Only owners and the platform decide on it.
    mapping_roles: Option<Vec<String>>,
    /// Paths of SCIM attributes, and `email`, `name`, `firstName`, `lastName`, `image` or `externalId`.
    #[schema(value_type = Option<Object>)]
    user_schema: Option<Map<String, Value>>,
}

/// What may be decided about a circuit breaker: what is absent stays. Turning it off lets go whoever waits.
#[derive(Debug, Default, ToSchema)]
#[schema(as = DirectoryBreakerChange)]
#[expect(dead_code, reason = "documentation: the core's changes are read field by field")]
pub struct BreakerIn {
    enabled: Option<bool>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    people: Option<i64>,
    #[schema(minimum = 1, maximum = 100)]
    percent: Option<i64>,
    #[schema(minimum = 60, maximum = 86_400)]
    window_seconds: Option<i64>,
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
    /// Which product it is, if `provider_id` does not tell.
    #[schema(pattern = "^(okta|entra|onelogin|jumpcloud|ping|google|rippling|cyberark|generic)$")]
    pub provider: Option<String>,
    #[schema(value_type = Option<SettingsIn>)]
    pub settings: Option<Changes>,
}

impl CreateDirectory {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", NAME),
            provider_id: fields.present_text("provider_id", NAME),
            provider: fields.optional_choice("provider", PROVIDERS).map(str::to_owned),
            settings: fields.nested("settings", settings),
        }
    }

    /// What is to be changed of a directory that was just made.
    pub fn changes(&self) -> Option<Changes> {
        let settings = self.settings.clone();
        match &self.provider {
            Some(_) => Some(Changes { provider: self.provider.clone(), ..settings.unwrap_or_default() }),
            None => settings,
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
    #[schema(pattern = "^(okta|entra|onelogin|jumpcloud|ping|google|rippling|cyberark|generic)$")]
    provider: Option<String>,
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
            provider: fields.optional_choice("provider", PROVIDERS).map(str::to_owned),
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
        link_policy: link_policy(fields),
        on_deletion: on_deletion(fields),
        welcome_mail: fields.optional_bool("welcome_mail"),
        breaker: fields.nested("breaker", breaker).unwrap_or_default(),
        request_log_retention_days: fields.patch_number("request_log_retention_days", 1, 365).flatten(),
        mapping_roles: fields.optional_roles("mapping_roles", 50),
        user_schema: fields.patch_object("user_schema"),
        ..Changes::default()
    }
}

fn link_policy(fields: &mut Fields) -> Option<LinkPolicy> {
    let word = fields.optional_choice("link_policy", &["invite", "strict"])?;
    Some(if word == "strict" { LinkPolicy::Strict } else { LinkPolicy::Invite })
}

fn on_deletion(fields: &mut Fields) -> Option<OnDeletion> {
    // The other one has one value, which is looked at all the same.
    fields.optional_choice("on_deactivation", &["suspend"]);
    let word = fields.optional_choice("on_deletion", &["suspend", "remove_membership"])?;
    Some(if word == "suspend" { OnDeletion::Suspend } else { OnDeletion::RemoveMembership })
}

fn breaker(fields: &mut Fields) -> BreakerChanges {
    BreakerChanges {
        enabled: fields.optional_bool("enabled"),
        people: fields.patch_number("people", 1, 1_000_000).flatten(),
        percent: fields.patch_number("percent", 1, 100).flatten(),
        window_seconds: fields.patch_number("window_seconds", 60, 86_400).flatten(),
    }
}
