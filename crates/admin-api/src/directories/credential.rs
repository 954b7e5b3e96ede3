//! Credentials of directories as `/v1` writes them.

use auth_core::clock::Timestamp;
use auth_core::features::directory::CredentialScope;
use auth_core::features::directory::credentials::{Credential, Issued, Kind, NewCredential, Origin, Rotation};
use auth_core::ids::DirectoryId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::{Fields, NAME};

/// All that a credential may be used for.
pub const SCOPES: &[&str] = &["users:read", "users:write", "groups:read", "groups:write"];
const TYPES: &[&str] = &["bearer", "basic", "oauth2"];
/// The most addresses that a client may be sent back to. Which are good is the core's to say.
const REDIRECTS: usize = 10;
/// Longest such address.
const ADDRESS: usize = 2048;

/// What a directory authenticates with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DirectoryCredential, example = json!({
    "id": "scimt_01h455vb4pex5vsknk084sn02q", "object": "directory_credential",
    "organization_id": "org_01h455vb4pex5vsknk084sn02q", "directory_id": "dir_01h455vb4pex5vsknk084sn02q",
    "type": "oauth2", "name": "Okta", "prefix": "scim_7hGq2LpX", "client_id": "scimt_01h455vb4pex5vsknk084sn02q",
    "token_url": "https://id.example/scim/oauth2/token", "authorization_url": "https://id.example/scim/oauth2/authorize",
    "redirect_uris": ["https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback"], "jwks": null,
    "scopes": ["users:read", "users:write", "groups:read", "groups:write"], "rotation": null,
    "expires_at": null, "last_used_at": null, "last_used_ip": null, "last_used_user_agent": null, "revoked_at": null, "created_at": 1_714_723_000_000_i64
}))]
pub struct CredentialOut {
    id: String,
    /// Always `directory_credential`.
    object: &'static str,
    /// Null for a directory of the instance.
    organization_id: Option<String>,
    directory_id: String,
    /// `bearer`, `basic` or `oauth2`.
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    /// The part of the secret that may be shown; empty for a client that proves itself with a key.
    prefix: String,
    /// What is sent as user name (`basic`) or client id (`oauth2`).
    client_id: Option<String>,
    /// The token in plain (`bearer`), only in the answer to its creation and to the start of a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token: Option<String>,
    /// The secret in plain (`basic`, `oauth2`), only in the answer to its creation and to the start of a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    client_secret: Option<String>,
    /// Where access tokens are fetched (`oauth2`).
    token_url: Option<String>,
    /// Where an administrator consents (`oauth2`).
    authorization_url: Option<String>,
    /// Where consent may lead back to (`oauth2`).
    redirect_uris: Vec<String>,
    /// The keys of a client that proves itself by `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    scopes: Vec<&'static str>,
    /// The rotation that is under way: both secrets are good until it is completed or canceled.
    rotation: Option<RotationOut>,
    expires_at: Option<i64>,
    /// To the minute.
    last_used_at: Option<i64>,
    /// From which address that was.
    last_used_ip: Option<String>,
    /// By which program, if it said so.
    last_used_user_agent: Option<String>,
    revoked_at: Option<i64>,
    created_at: i64,
}

/// A second secret beside the first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialRotation)]
pub struct RotationOut {
    /// The part of the new secret that may be shown.
    prefix: String,
    started_at: i64,
}

impl From<Rotation> for RotationOut {
    fn from(rotation: Rotation) -> Self {
        Self { prefix: rotation.prefix, started_at: rotation.started_at.millis() }
    }
}

impl CredentialOut {
    /// A credential of the instance at this address, without its secret.
    pub fn new(credential: Credential, public_url: &str) -> Self {
        let oauth = |path: &str| (credential.kind == Kind::OAuth2).then(|| format!("{public_url}/scim/oauth2/{path}"));
        Self {
            object: "directory_credential",
            kind: credential.kind.as_str(),
            client_id: credential.client_id().map(str::to_owned),
            token: None,
            client_secret: None,
            token_url: oauth("token"),
            authorization_url: oauth("authorize"),
            scopes: credential.scopes.iter().map(|scope| scope.as_str()).collect(),
            rotation: credential.rotation.map(RotationOut::from),
            expires_at: credential.expires_at.map(Timestamp::millis),
            last_used_at: credential.last_used_at.map(Timestamp::millis),
            last_used_ip: credential.last_used_ip,
            last_used_user_agent: credential.last_used_user_agent,
            revoked_at: credential.revoked_at.map(Timestamp::millis),
            created_at: credential.created_at.millis(),
            id: credential.id.into(),
            organization_id: credential.organization_id.map(String::from),
            directory_id: credential.directory_id.into(),
            name: credential.name,
            prefix: credential.prefix,
            redirect_uris: credential.redirect_uris,
            jwks: credential.jwks,
        }
    }

    /// The same with the secret that was just made: the one answer that has it.
    pub fn issued(issued: Issued, public_url: &str) -> Self {
        let secret = issued.secret.map(|secret| secret.expose().to_owned());
        let bearer = issued.credential.kind == Kind::Bearer;
        let (token, client_secret) = if bearer { (secret, None) } else { (None, secret) };
        Self { token, client_secret, ..Self::new(issued.credential, public_url) }
    }
}

/// A credential to be made.
#[derive(Debug, ToSchema)]
#[schema(as = DirectoryCredentialCreate, example = json!({"name": "Okta", "type": "oauth2",
    "redirect_uris": ["https://system-admin.okta.com/admin/app/cpc/acme/oauth/callback"]}))]
pub struct CreateCredential {
    /// What people call it.
    #[schema(max_length = 255, pattern = r"\S")]
    name: String,
    /// How it is presented: `bearer` if it is left out.
    #[schema(rename = "type", value_type = Option<String>, pattern = "^(bearer|basic|oauth2)$")]
    kind: Kind,
    /// What it may be used for; everything if it is left out.
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Vec<CredentialScope>,
    /// Until when, in Unix milliseconds; for ever if it is left out.
    #[schema(value_type = Option<i64>)]
    expires_at: Option<Timestamp>,
    /// Where consent may lead back to (`oauth2` only); compared letter by letter.
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    redirect_uris: Vec<String>,
    /// The public keys (RFC 7517) of a client that proves itself by `private_key_jwt` (`oauth2` only). It gets no secret.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
}

impl CreateCredential {
    /// Reads a body.
    pub fn read(fields: &mut Fields, now: Timestamp) -> Self {
        let scopes = fields.optional_choices("scopes", SCOPES);
        Self {
            name: fields.text("name", NAME),
            kind: fields.optional_choice("type", TYPES).and_then(Kind::parse).unwrap_or(Kind::Bearer),
            scopes: match scopes {
                Some(names) => names.iter().filter_map(|name| CredentialScope::parse(name)).collect(),
                None => CredentialScope::ALL.to_vec(),
            },
            expires_at: fields.optional_future("expires_at", now),
            redirect_uris: fields.optional_texts("redirect_uris", REDIRECTS, ADDRESS).unwrap_or_default(),
            jwks: fields.patch_object("jwks").filter(|keys| !keys.is_empty()).map(Value::Object),
        }
    }

    /// As the core wants it.
    pub fn of(&self, directory: DirectoryId) -> NewCredential {
        NewCredential {
            directory_id: directory,
            name: self.name.clone(),
            kind: self.kind,
            origin: Origin::Api,
            scopes: self.scopes.clone(),
            expires_at: self.expires_at,
            redirect_uris: self.redirect_uris.clone(),
            jwks: self.jwks.clone(),
        }
    }
}
