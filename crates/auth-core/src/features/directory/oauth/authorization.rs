//! The code flow up to the code: what a client asks for in a browser, and an admin's consent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{CODE_EXPIRES_IN, CODE_PREFIX, OAuthFault, narrowed, proof};
use crate::ctx::Actor;
use crate::db::{self, Scope, Tx};
use crate::fault::{Kind, Result};
use crate::features::directory::connections::{Directory, authorize, owner_key};
use crate::features::directory::credentials::{CredentialScope, scopes_text};
use crate::ids::{CredentialId, Id as _, UserId};
use crate::orgs::requirements;
use crate::secret::{self, Secret};
use crate::{orgs, users};

/// What a client asks for, as it was sent. `state` is the caller's to carry.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationRequest {
    /// Must be `code`.
    pub response_type: Option<String>,
    /// Which client.
    pub client_id: Option<String>,
    /// Where to send the answer: one of the client's, letter by letter.
    pub redirect_uri: Option<String>,
    /// What for; everything that the client may have if it is left out.
    pub scope: Option<String>,
    /// What only the one who has the verifier can answer.
    pub code_challenge: Option<String>,
    /// Must be `S256` with a challenge.
    pub code_challenge_method: Option<String>,
}

/// What an admin is asked to consent to.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The client.
    pub credential_id: CredentialId,
    /// What the client is called.
    pub client_name: String,
    /// The directory that it would push into.
    pub directory: Directory,
    /// What its organization is called; `None` for a directory of the instance.
    pub organization_name: Option<String>,
    /// What the client would get.
    pub scopes: Vec<CredentialScope>,
    /// Where the answer goes.
    pub redirect_uri: String,
    user_id: UserId,
    code_challenge: Option<String>,
}

/// Looks at what a client asks for, and at who would consent. The caller sends failures back to the client
/// only where [`may_redirect`](super::may_redirect) says so.
///
/// # Errors
/// [`OAuthFault::InvalidClient`], [`OAuthFault::InvalidRedirectUri`], [`OAuthFault::UnsupportedResponseType`],
/// [`OAuthFault::InvalidRequest`], [`OAuthFault::InvalidScope`]; if the request is good,
/// [`OAuthFault::LoginRequired`] for nobody, [`OAuthFault::AccessDenied`] for somebody who may not consent.
pub async fn begin_authorization(db: &impl Scope, request: &AuthorizationRequest) -> Result<Consent> {
    let id = given(request.client_id.as_ref()).ok_or(OAuthFault::InvalidClient)?;
    let client = proof::find(db, id).await?.ok_or(OAuthFault::InvalidClient)?;
    let uri = given(request.redirect_uri.as_ref()).ok_or(OAuthFault::InvalidRedirectUri)?;
    if !client.redirect_uris.iter().any(|own| own == uri) {
        return Err(OAuthFault::InvalidRedirectUri.into());
    }
    match given(request.response_type.as_ref()) {
        Some("code") => {}
        Some(_) => return Err(OAuthFault::UnsupportedResponseType.into()),
        None => return Err(OAuthFault::InvalidRequest("response_type is missing").into()),
    }
    let code_challenge = challenge(request)?;
    if code_challenge.is_none() && !client.has_secret() {
        return Err(OAuthFault::InvalidRequest("code_challenge is missing").into());
    }
    let scopes = narrowed(request.scope.as_deref(), &client.scopes)?;
    let user_id = consenter(db, &client.directory).await?;
    let organization_name = match &client.directory.organization_id {
        Some(organization) => Some(orgs::get(db, organization).await?.name),
        None => None,
    };
    Ok(Consent {
        credential_id: client.id,
        client_name: client.name,
        directory: client.directory,
        organization_name,
        scopes,
        redirect_uri: uri.to_owned(),
        user_id,
        code_challenge,
    })
}

/// A parameter without a value is one that was left out (RFC 6749, section 3.1).
fn given(parameter: Option<&String>) -> Option<&str> {
    parameter.map(String::as_str).filter(|text| !text.is_empty())
}

fn challenge(request: &AuthorizationRequest) -> Result<Option<String>> {
    let method = given(request.code_challenge_method.as_ref());
    match given(request.code_challenge.as_ref()) {
        // SHA-256 in base64url.
        Some(challenge) if method == Some("S256") => match URL_SAFE_NO_PAD.decode(challenge) {
            Ok(bytes) if bytes.len() == 32 => Ok(Some(challenge.to_owned())),
            _ => Err(OAuthFault::InvalidRequest("code_challenge is no SHA-256 in base64url").into()),
        },
        Some(_) => Err(OAuthFault::InvalidRequest("code_challenge_method must be S256").into()),
        None if method.is_some() => Err(OAuthFault::InvalidRequest("code_challenge is missing").into()),
        None => Ok(None),
    }
}

/// The person who asks, if they may manage the directory. Keys and jobs consent to nothing.
async fn consenter(db: &impl Scope, directory: &Directory) -> Result<UserId> {
    let user_id = match &db.ctx().actor {
        // A consent would outlive the hour in which an administrator acts as the person.
        actor @ Actor::User { .. } if actor.impersonator().is_some() => return Err(OAuthFault::AccessDenied.into()),
        Actor::User { user_id, .. } => user_id.clone(),
        Actor::Anonymous => return Err(OAuthFault::LoginRequired.into()),
        _ => return Err(OAuthFault::AccessDenied.into()),
    };
    match authorize(db, directory.organization_id.as_ref()).await {
        Ok(()) => Ok(user_id),
        Err(error) if requirements::is_demand(&error) => Err(error),
        Err(error) if matches!(error.kind(), Kind::Forbidden | Kind::NotFound) => Err(OAuthFault::AccessDenied.into()),
        Err(error) => Err(error),
    }
}

/// Gives the client a code, in the name of the person who asks. Everything is looked at again.
///
/// # Errors
/// As [`begin_authorization`].
pub async fn grant_authorization(tx: &Tx, request: &AuthorizationRequest) -> Result<Secret> {
    if let Some(user_id) = tx.ctx().actor.user_id() {
        // Whose access ends meanwhile has consented before, and that ends too, or may not any more.
        users::lock(tx, user_id).await?;
    }
    let consent = begin_authorization(tx, request).await?;
    let (code, _) = secret::credential(tx.chance(), CODE_PREFIX);
    db::run(
        tx,
        "INSERT INTO directory_oauth_codes
             (code_hash, credential_id, owner_key, user_id, redirect_uri, scopes, code_challenge, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            secret::hash(code.expose()).into(),
            consent.credential_id.as_str().into(),
            owner_key(consent.directory.organization_id.as_ref()).into(),
            consent.user_id.as_str().into(),
            consent.redirect_uri.into(),
            scopes_text(&consent.scopes).into(),
            consent.code_challenge.into(),
            tx.now().plus_seconds(CODE_EXPIRES_IN).into(),
            tx.now().into(),
        ],
    )
    .await?;
    Ok(code)
}
