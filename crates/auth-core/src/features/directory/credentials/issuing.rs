//! How credentials come to be.

use super::{COLUMNS, Credential, Issued, Kind, NewCredential, Origin, PREFIX, client, event, read, scopes_text};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{authorize_one, is_text, owner_key};
use crate::ids::{DirectoryId, Id as _, OrgId};
use crate::outbox::EventKind;
use crate::secret;
use crate::sign_in::impersonation;

/// Issues a credential of a directory that the caller may manage. [`Origin::GenerateToken`] revokes
/// the earlier ones of that origin and leaves all others alone.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::InvalidName`], [`DirectoryFault::InvalidExpiry`],
/// [`DirectoryFault::InvalidRedirectUri`], [`DirectoryFault::InvalidKeys`], those of the authorization, and for who acts
/// as somebody [`impersonation::ImpersonationFault::NotYours`].
pub async fn issue(tx: &mut Tx, new: NewCredential) -> Result<Issued> {
    let row = db::one(
        tx,
        format!("SELECT organization_id FROM directories WHERE id = $1 AND deleted_at IS NULL{}", tx.lock()),
        [new.directory_id.as_str().into()],
    )
    .await?;
    let Some(row) = row else { return Err(DirectoryFault::NotFound.into()) };
    let owner = row.get::<Option<String>>(0)?.map(OrgId::from_text);
    authorize_one(tx, owner.as_ref(), &new.directory_id).await?;
    impersonation::refuse_making(tx, owner.as_ref(), "directory_credential")?;
    if !is_text(&new.name) {
        return Err(DirectoryFault::InvalidName.into());
    }
    if new.expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(DirectoryFault::InvalidExpiry.into());
    }
    client::check(new.kind, &new.redirect_uris, new.jwks.as_ref())?;
    if new.origin == Origin::GenerateToken {
        replace_generated(tx, &new.directory_id, owner.as_ref()).await?;
    }
    // Who proves itself with a key has no secret that could be lost.
    let made = new.jwks.is_none().then(|| secret::credential(tx.chance(), PREFIX));
    let (secret, prefix) = made.map_or((None, String::new()), |(secret, prefix)| (Some(secret), prefix));
    let credential = Credential {
        id: tx.new_id(),
        directory_id: new.directory_id,
        organization_id: owner,
        kind: new.kind,
        name: new.name,
        prefix,
        scopes: new.scopes,
        expires_at: new.expires_at,
        last_used_at: None,
        last_used_ip: None,
        last_used_user_agent: None,
        revoked_at: None,
        created_at: tx.now(),
        rotation: None,
        redirect_uris: new.redirect_uris,
        jwks: new.jwks,
    };
    let hash = match &secret {
        Some(secret) => secret::hash(secret.expose()),
        // The column is unique and wants something. No secret has a hash like this.
        None => format!("none:{}", credential.id),
    };
    insert(tx, &credential, new.origin, hash).await?;
    tx.record(event(EventKind::CredentialIssued, &credential));
    Ok(Issued { credential, secret })
}

pub(super) async fn insert(tx: &Tx, credential: &Credential, origin: Origin, hash: String) -> Result<()> {
    let uris =
        (credential.kind == Kind::OAuth2).then(|| serde_json::to_string(&credential.redirect_uris)).transpose()?;
    db::run(
        tx,
        "INSERT INTO directory_credentials
             (id, directory_id, owner_key, kind, name, origin, prefix, secret_hash, scopes, expires_at, created_at,
              redirect_uris, jwks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        [
            credential.id.as_str().into(),
            credential.directory_id.as_str().into(),
            owner_key(credential.organization_id.as_ref()).into(),
            credential.kind.as_str().into(),
            credential.name.clone().into(),
            origin.as_str().into(),
            credential.prefix.clone().into(),
            hash.into(),
            scopes_text(&credential.scopes).into(),
            credential.expires_at.map(Timestamp::millis).into(),
            credential.created_at.into(),
            uris.into(),
            credential.jwks.as_ref().map(ToString::to_string).into(),
        ],
    )
    .await?;
    Ok(())
}

async fn replace_generated(tx: &mut Tx, directory: &DirectoryId, owner: Option<&OrgId>) -> Result<()> {
    let sql = format!(
        "UPDATE directory_credentials AS c
         SET revoked_at = $1, rotation_hash = NULL, rotation_prefix = NULL, rotation_started_at = NULL
         WHERE c.owner_key = $2 AND c.directory_id = $3 AND c.origin = $4 AND c.revoked_at IS NULL RETURNING {}",
        COLUMNS.replace("c.", "")
    );
    let values =
        [tx.now().into(), owner_key(owner).into(), directory.as_str().into(), Origin::GenerateToken.as_str().into()];
    for row in db::all(tx, sql, values).await? {
        let replaced = read(&row)?;
        tx.record(event(EventKind::CredentialRevoked, &replaced));
    }
    Ok(())
}
