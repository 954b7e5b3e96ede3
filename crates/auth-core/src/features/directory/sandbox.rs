//! Sandboxes: directories in which an instance tries itself. They provision nobody, and nothing of them remains.
//!
//! A sandbox is a directory like others to who holds its credential, but it belongs to no organization, no list
//! shows it, its resources are linked to nobody ([`linking`](super::linking) asks), and neither events nor the request log tell of it:
//! an event is the trace of a change, and here every change is undone.

use super::connections::{self, Directory, owner_key};
use super::credentials::{CredentialScope, PREFIX, scopes_text};
use super::{DirectoryFault, Settings};
use crate::AuthCore;
use crate::ctx::Ctx;
use crate::db::{self, Scope as _, Tx};
use crate::fault::{OrConflict as _, Result};
use crate::ids::{CredentialId, DirectoryId, Id as _, OrgId};
use crate::secret::{self, Secret};

/// The product that a sandbox names. No admin can give it: see [`PROVIDERS`](super::connections::PROVIDERS).
pub(super) const PROVIDER: &str = "sandbox";
/// How long a sandbox may stand, in milliseconds. One that stands longer was left by a crash, and is in nobody's way.
const LIFETIME: i64 = 5 * 60_000;

/// A sandbox that stands.
#[derive(Debug)]
pub struct Sandbox {
    /// Its id.
    pub id: DirectoryId,
    /// What opens it.
    pub token: Secret,
}

impl Directory {
    /// Whether it is a sandbox: nothing is told of it, and it provisions nobody.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.provider == PROVIDER
    }

    /// Whether its resources are linked to nobody, whatever they say.
    pub(super) fn provisions_nobody(&self) -> bool {
        self.staging || self.is_sandbox()
    }
}

/// Makes the sandbox of an owner of directories beside one of them, for a caller who may manage that. There is one at a
/// time.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::SelfTestRuns`], and those of the authorization.
pub async fn open(tx: &mut Tx, owner: Option<&OrgId>, beside: &DirectoryId) -> Result<Sandbox> {
    connections::get(tx, owner, beside).await?;
    let key = format!("{PROVIDER}:{}", owner_key(owner));
    let abandoned = tx.now().millis() - LIFETIME;
    db::run(
        tx,
        "DELETE FROM directories WHERE provider = $1 AND owner_key = $2 AND created_at < $3",
        [PROVIDER.into(), key.as_str().into(), abandoned.into()],
    )
    .await?;
    let sandbox: DirectoryId = tx.new_id();
    db::run(
        tx,
        "INSERT INTO directories (id, owner_key, name, provider, provider_id, state, settings, created_at, updated_at)
         VALUES ($1, $2, $3, $3, $3, 'active', $4, $5, $5)",
        [
            sandbox.as_str().into(),
            key.as_str().into(),
            PROVIDER.into(),
            Settings::default().to_json().to_string().into(),
            tx.now().into(),
        ],
    )
    .await
    .or_conflict(DirectoryFault::SelfTestRuns)?;
    let (token, prefix) = secret::credential(tx.chance(), PREFIX);
    let credential: CredentialId = tx.new_id();
    db::run(
        tx,
        "INSERT INTO directory_credentials
             (id, directory_id, owner_key, kind, name, origin, prefix, secret_hash, scopes, expires_at, created_at)
         VALUES ($1, $2, $3, 'bearer', $4, 'api', $5, $6, $7, $8, $9)",
        [
            credential.as_str().into(),
            sandbox.as_str().into(),
            key.into(),
            PROVIDER.into(),
            prefix.into(),
            secret::hash(token.expose()).into(),
            scopes_text(&CredentialScope::ALL).into(),
            (tx.now().millis() + LIFETIME).into(),
            tx.now().into(),
        ],
    )
    .await?;
    Ok(Sandbox { id: sandbox, token })
}

/// Takes a sandbox away with everything in it.
///
/// # Errors
/// Those of the database.
pub async fn close(tx: &Tx, id: &DirectoryId) -> Result<()> {
    db::run(tx, "DELETE FROM directories WHERE id = $1 AND provider = $2", [id.as_str().into(), PROVIDER.into()])
        .await?;
    Ok(())
}

/// Takes away the sandboxes that a crash has left, with everything in them. How many there were.
///
/// # Errors
/// Those of the database.
pub async fn sweep(core: &AuthCore) -> Result<u64> {
    // Records no event: nobody was told that they were made.
    core.write(&Ctx::system("sweep-sandboxes"), async |tx| {
        let sql = "DELETE FROM directories WHERE provider = $1 AND created_at < $2";
        db::run(tx, sql, [PROVIDER.into(), (tx.now().millis() - LIFETIME).into()]).await
    })
    .await
}
