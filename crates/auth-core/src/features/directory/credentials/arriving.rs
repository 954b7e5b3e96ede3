//! Credentials that come from another system: the identity provider goes on with the token that it has.

use super::issuing::insert;
use super::{Credential, CredentialScope, Kind, Known, Origin};
use crate::arrivals::{self, BAD_ID, Came};
use crate::clock::Timestamp;
use crate::db::{self, Scope as _, Tx};
use crate::fault::Result;
use crate::features::directory::Directory;
use crate::ids::{CredentialId, Id as _};

const KIND: &str = "directory_credential";

/// A credential as it is there.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// Its id.
    pub id: String,
    /// What admins call it.
    pub name: String,
    /// The part of it that may be shown.
    pub prefix: String,
    /// What is known of its token.
    pub known: Known,
    /// What it may be used for.
    pub scopes: Vec<CredentialScope>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Option<Timestamp>,
}

/// Takes a credential of a directory over that is here.
///
/// # Errors
/// Those of the database; [`arrivals::demand`].
pub async fn take_over(tx: &mut Tx, directory: &Directory, there: Arriving) -> Result<Came> {
    arrivals::demand(tx)?;
    let Some(id) = CredentialId::parse(&there.id) else { return Ok(BAD_ID) };
    if arrivals::has_row(tx, "directory_credentials", id.as_str()).await? {
        arrivals::note(tx, KIND, id.as_str());
        return Ok(Came::Present(Vec::new()));
    }
    if arrivals::was_taken(tx, KIND, id.as_str()).await? {
        return Ok(Came::Gone);
    }
    if there.expires_at.is_some_and(|end| end <= tx.now()) {
        return Ok(Came::refused("it has expired"));
    }
    let hash = there.known.stored();
    let sql = "SELECT 1 FROM directory_credentials WHERE secret_hash = $1";
    if db::one(tx, sql, [hash.as_str().into()]).await?.is_some() {
        return Ok(Came::refused("another credential here has its token"));
    }
    if there.scopes.is_empty() {
        return Ok(Came::refused("it may be used for nothing that there is here"));
    }
    let credential = Credential {
        id,
        directory_id: directory.id.clone(),
        organization_id: directory.organization_id.clone(),
        kind: Kind::Bearer,
        name: there.name,
        prefix: there.prefix,
        scopes: there.scopes,
        expires_at: there.expires_at,
        last_used_at: None,
        last_used_ip: None,
        last_used_user_agent: None,
        revoked_at: None,
        created_at: there.created_at.unwrap_or(tx.now()),
        rotation: None,
        redirect_uris: Vec::new(),
        jwks: None,
    };
    insert(tx, &credential, Origin::GenerateToken, hash).await?;
    arrivals::note(tx, KIND, credential.id.as_str());
    Ok(Came::whole())
}
