//! Setup links and setup sessions as `/v1` writes them.

use auth_core::clock::Timestamp;
use auth_core::features::directory::setup::{NewLink, NewSession, SetupLink, SetupSession};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::Fields;

/// Longest origin, in characters: that of a host, with scheme and port.
const ORIGIN: usize = 300;
/// More origins than there may be, so that how many there may be is the core's to say.
const ORIGINS: usize = 100;
/// Longest token that is looked at.
const TOKEN: usize = 256;

/// A link by which somebody without an account sets up a directory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetupLink, example = json!({
    "id": "setl_01h455vb4pex5vsknk084sn02q", "object": "setup_link", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "organization_id": "org_01h455vb4pex5vsknk084sn02q", "created_by": "user_01h455vb4pex5vsknk084sn02q",
    "created_at": 1_714_723_000_000_i64, "expires_at": 1_715_327_800_000_i64, "used_at": null, "revoked_at": null
}))]
pub struct SetupLinkOut {
    id: String,
    /// Always `setup_link`.
    object: &'static str,
    directory_id: String,
    organization_id: String,
    /// The address to hand on, only in the answer to its creation: whoever opens it sets up the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
    /// The person or the secret key that made it, on whose right it stands; null for the instance itself.
    created_by: Option<String>,
    created_at: i64,
    /// Until when it can be used.
    expires_at: i64,
    /// When it was used, which it can be once.
    used_at: Option<i64>,
    /// Since when neither the link nor the session made of it is any good.
    revoked_at: Option<i64>,
}

impl From<SetupLink> for SetupLinkOut {
    fn from(link: SetupLink) -> Self {
        Self {
            id: link.id.into(),
            object: "setup_link",
            directory_id: link.directory_id.into(),
            organization_id: link.organization_id.into(),
            url: None,
            created_by: link.created_by,
            created_at: link.created_at.millis(),
            expires_at: link.expires_at.millis(),
            used_at: link.used_at.map(Timestamp::millis),
            revoked_at: link.revoked_at.map(Timestamp::millis),
        }
    }
}

impl SetupLinkOut {
    /// The same with its address: the one answer that has it.
    pub fn made(new: NewLink, public_url: &str) -> Self {
        let url = Some(format!("{public_url}/setup/{}", new.token.expose()));
        Self { url, ..new.link.into() }
    }
}

/// A session that reaches one directory. Its token is sent as `Authorization: Bearer`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SetupSession, example = json!({
    "id": "sets_01h455vb4pex5vsknk084sn02q", "object": "setup_session",
    "token": "setup_7hGq2LpXu3c9YtR0aZkV5mNbQwErTyUiOpAsDfGhJkLzXcVbNm1Qw2Er3T",
    "directory_id": "dir_01h455vb4pex5vsknk084sn02q", "provider": "okta",
    "organization_id": "org_01h455vb4pex5vsknk084sn02q", "organization_name": "Acme",
    "allowed_origins": ["https://app.example"], "expires_at": 1_714_726_600_000_i64
}))]
pub struct SetupSessionOut {
    id: String,
    /// Always `setup_session`.
    object: &'static str,
    /// What opens the directory, only in this answer.
    token: String,
    directory_id: String,
    /// The product that is to be connected.
    provider: String,
    organization_id: String,
    organization_name: String,
    /// From which origins' pages alone the token is good; empty for the session of a link.
    allowed_origins: Vec<String>,
    expires_at: i64,
}

impl From<NewSession> for SetupSessionOut {
    fn from(new: NewSession) -> Self {
        Self {
            id: new.id.into(),
            object: "setup_session",
            token: new.token.expose().to_owned(),
            directory_id: new.present.directory_id.into(),
            provider: new.present.provider,
            organization_id: new.present.organization_id.into(),
            organization_name: new.present.organization_name,
            allowed_origins: new.allowed_origins,
            expires_at: new.present.expires_at.millis(),
        }
    }
}

/// A session that reaches one directory, as those who manage the directory see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSetupSession, example = json!({
    "id": "sets_01h455vb4pex5vsknk084sn02q", "object": "setup_session", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "organization_id": "org_01h455vb4pex5vsknk084sn02q", "setup_link_id": null,
    "created_by": "user_01h455vb4pex5vsknk084sn02q", "allowed_origins": ["https://app.example"],
    "created_at": 1_714_723_000_000_i64, "expires_at": 1_714_726_600_000_i64, "revoked_at": null
}))]
pub struct ListedSetupSessionOut {
    id: String,
    /// Always `setup_session`.
    object: &'static str,
    directory_id: String,
    organization_id: String,
    /// The link that it was exchanged for; null if it was opened for pages of your own.
    setup_link_id: Option<String>,
    /// The person or the secret key on whose right it stands; null for the instance itself.
    created_by: Option<String>,
    /// From which origins' pages alone the token is good; empty for the session of a link.
    allowed_origins: Vec<String>,
    created_at: i64,
    expires_at: i64,
    /// Since when it is refused.
    revoked_at: Option<i64>,
}

impl From<SetupSession> for ListedSetupSessionOut {
    fn from(session: SetupSession) -> Self {
        Self {
            id: session.id.into(),
            object: "setup_session",
            directory_id: session.directory_id.into(),
            organization_id: session.organization_id.into(),
            setup_link_id: session.link_id.map(String::from),
            created_by: session.created_by,
            allowed_origins: session.allowed_origins,
            created_at: session.created_at.millis(),
            expires_at: session.expires_at.millis(),
            revoked_at: session.revoked_at.map(Timestamp::millis),
        }
    }
}

/// A link to be made.
#[derive(Debug, ToSchema)]
#[schema(as = SetupLinkCreate, example = json!({"expires_in_hours": 48}))]
pub struct CreateSetupLink {
    /// For how many hours it can be used; a week if it is left out.
    #[schema(minimum = 1, maximum = 720, default = 168)]
    pub expires_in_hours: Option<i64>,
}

impl CreateSetupLink {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self { expires_in_hours: fields.patch_number("expires_in_hours", 1, 720).flatten() }
    }
}

/// A session to be opened for pages of the product.
#[derive(Debug, ToSchema)]
#[schema(as = SetupSessionCreate, example = json!({"allowed_origins": ["https://app.example"]}))]
pub struct CreateSetupSession {
    /// The origins of the pages from which the token is to be good: `https`, or this machine; no wildcards.
    #[schema(min_items = 1, max_items = 10)]
    pub allowed_origins: Vec<String>,
}

impl CreateSetupSession {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        let given = fields.optional_texts("allowed_origins", ORIGINS, ORIGIN);
        Self { allowed_origins: given.unwrap_or_default() }
    }
}

/// A link to be used.
#[derive(Debug, ToSchema)]
#[schema(as = SetupLinkUse, example = json!({"token": "setup_7hGq2LpXu3c9YtR0aZkV5mNbQwErTyUiOpAsDfGhJkLzXcVbNm1Qw2Er3T"}))]
pub struct UseSetupLink {
    /// The last part of the link's address.
    #[schema(max_length = 256, pattern = r"\S")]
    pub token: String,
}

impl UseSetupLink {
    /// Reads a body.
    pub fn read(fields: &mut Fields) -> Self {
        Self { token: fields.text("token", TOKEN) }
    }
}
