//! A second secret beside the first, until the other side uses it: started, then completed or canceled.

use serde_json::Value as Json;

use super::{Credential, Issued, PREFIX, Rotation, facts, lock};
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::owner_key;
use crate::ids::{CredentialId, Id as _, OrgId};
use crate::outbox::{Event, EventKind};
use crate::secret;
use crate::sign_in::impersonation;

/// Gives a credential a second secret. Both are good from now on.
///
/// # Errors
/// [`DirectoryFault::CredentialNotFound`], [`DirectoryFault::CredentialEnded`],
/// [`DirectoryFault::RotationInProgress`], [`DirectoryFault::NothingToRotate`], those of the authorization, and for who
/// acts as somebody [`impersonation::ImpersonationFault::NotYours`].
pub async fn start_rotation<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &CredentialId) -> Result<Issued> {
    let owner = owner.into();
    let mut credential = live(tx, owner, id).await?;
    impersonation::refuse_making(tx, owner, "directory_credential")?;
    if credential.rotation.is_some() {
        return Err(DirectoryFault::RotationInProgress.into());
    }
    if credential.jwks.is_some() {
        return Err(DirectoryFault::NothingToRotate.into());
    }
    let (secret, prefix) = secret::credential(tx.chance(), PREFIX);
    db::run(
        tx,
        "UPDATE directory_credentials SET rotation_hash = $1, rotation_prefix = $2, rotation_started_at = $3
         WHERE id = $4 AND owner_key = $5",
        [
            secret::hash(secret.expose()).into(),
            prefix.clone().into(),
            tx.now().into(),
            id.as_str().into(),
            owner_key(owner).into(),
        ],
    )
    .await?;
    credential.rotation = Some(Rotation { prefix, started_at: tx.now() });
    record(tx, &credential, "started");
    Ok(Issued { credential, secret: Some(secret) })
}

/// The new secret is the only one from the commit on.
///
/// # Errors
/// [`DirectoryFault::CredentialNotFound`], [`DirectoryFault::CredentialEnded`],
/// [`DirectoryFault::NoRotation`], and those of the authorization.
pub async fn complete_rotation<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    id: &CredentialId,
) -> Result<Credential> {
    let owner = owner.into();
    let mut credential = live(tx, owner, id).await?;
    let Some(rotation) = credential.rotation.take() else { return Err(DirectoryFault::NoRotation.into()) };
    db::run(
        tx,
        "UPDATE directory_credentials SET secret_hash = rotation_hash, prefix = rotation_prefix,
             rotation_hash = NULL, rotation_prefix = NULL, rotation_started_at = NULL
         WHERE id = $1 AND owner_key = $2",
        [id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    credential.prefix = rotation.prefix;
    record(tx, &credential, "completed");
    Ok(credential)
}

/// The old secret is the only one from the commit on.
///
/// # Errors
/// As [`complete_rotation`].
pub async fn cancel_rotation<'a>(
    tx: &mut Tx,
    owner: impl Into<Option<&'a OrgId>>,
    id: &CredentialId,
) -> Result<Credential> {
    let owner = owner.into();
    let mut credential = live(tx, owner, id).await?;
    if credential.rotation.take().is_none() {
        return Err(DirectoryFault::NoRotation.into());
    }
    db::run(
        tx,
        "UPDATE directory_credentials SET rotation_hash = NULL, rotation_prefix = NULL, rotation_started_at = NULL
         WHERE id = $1 AND owner_key = $2",
        [id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    record(tx, &credential, "canceled");
    Ok(credential)
}

async fn live(tx: &Tx, owner: Option<&OrgId>, id: &CredentialId) -> Result<Credential> {
    let credential = lock(tx, owner, id).await?;
    if credential.is_live(tx.now()) { Ok(credential) } else { Err(DirectoryFault::CredentialEnded.into()) }
}

fn record(tx: &mut Tx, credential: &Credential, step: &str) {
    let mut payload = facts(credential);
    if let Json::Object(payload) = &mut payload {
        payload.insert("rotation".to_owned(), step.into());
        payload.insert("rotation_prefix".to_owned(), credential.rotation.as_ref().map(|r| r.prefix.clone()).into());
    }
    let event = Event::new(EventKind::CredentialRotated, &credential.id, payload);
    tx.record(event.within(credential.organization_id.as_ref()));
}
