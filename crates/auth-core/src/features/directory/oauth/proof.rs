//! Whether a client is the one that it says it is.

use super::{OAuthFault, assertion};
use crate::AuthCore;
use crate::clock::Timestamp;
use crate::ctx::Ctx;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{self, Directory, State, owner_key};
use crate::features::directory::credentials::{self, CredentialScope, Kind, note_use};
use crate::ids::{CredentialId, Id as _};
use crate::secret;

/// How a client proves itself.
#[derive(Clone, Copy)]
pub enum ClientProof<'a> {
    /// With its secret, however that was sent.
    Secret {
        /// The client.
        id: &'a str,
        /// Its secret.
        secret: &'a str,
    },
    /// With a signed assertion (`private_key_jwt`).
    Assertion {
        /// The assertion.
        jwt: &'a str,
        /// For whom it may be: the token endpoint, the issuer.
        audience: &'a [String],
    },
    /// Not at all.
    None {
        /// The client.
        id: &'a str,
    },
}

/// With what a client has proven itself.
enum By {
    Secret { hash: String },
    Key,
}

/// A client that has proven itself, and what was known of it then.
pub(super) struct Client {
    pub id: CredentialId,
    pub directory: Directory,
    by: By,
}

/// The client as it is now, whose row nobody else changes until the transaction ends.
pub(super) struct Held {
    pub scopes: Vec<CredentialScope>,
    pub expires_at: Option<Timestamp>,
    pub redirects: bool,
}

/// A client of that id, whether or not somebody proved to be it.
pub(super) struct Registered {
    pub id: CredentialId,
    pub name: String,
    pub scopes: Vec<CredentialScope>,
    pub redirect_uris: Vec<String>,
    pub directory: Directory,
    pub jwks: Option<String>,
    hashes: (String, Option<String>),
    last_used_at: Option<i64>,
}

impl Registered {
    /// Whether it has a secret to prove itself with.
    pub fn has_secret(&self) -> bool {
        self.jwks.is_none()
    }
}

/// The live client of that id, of a live directory.
pub(super) async fn find(db: &impl Scope, id: &str) -> Result<Option<Registered>> {
    let Some(id) = CredentialId::parse(id) else { return Ok(None) };
    let sql = format!(
        "SELECT c.name, c.scopes, c.redirect_uris, c.jwks, c.secret_hash, c.rotation_hash, c.last_used_at, {}
         FROM directory_credentials c JOIN directories d ON d.id = c.directory_id AND d.owner_key = c.owner_key
         WHERE c.id = $1 AND c.kind = $2 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $3)
           AND d.deleted_at IS NULL",
        connections::COLUMNS
    );
    let values = [id.as_str().into(), Kind::OAuth2.as_str().into(), db.now().into()];
    let Some(row) = db::one(db, sql, values).await? else { return Ok(None) };
    Ok(Some(Registered {
        id,
        name: row.get(0)?,
        scopes: credentials::scopes(&row.get::<String>(1)?),
        redirect_uris: redirect_uris(&row, 2)?,
        jwks: row.get(3)?,
        hashes: (row.get(4)?, row.get(5)?),
        last_used_at: row.get(6)?,
        directory: connections::read(&row, 7)?,
    }))
}

fn redirect_uris(row: &Row, at: usize) -> Result<Vec<String>> {
    let stored: Option<String> = row.get(at)?;
    Ok(stored.map_or(Ok(Vec::new()), |uris| serde_json::from_str(&uris))?)
}

/// The client, once it has proven that it is the one. Takes no lock and changes nothing but for an
/// assertion, which is spent.
///
/// # Errors
/// [`OAuthFault::InvalidClient`] whatever is wrong.
pub(super) async fn prove(core: &AuthCore, ctx: &Ctx, proof: ClientProof<'_>) -> Result<Client> {
    let refused = || OAuthFault::InvalidClient.into();
    let (client, by) = match proof {
        ClientProof::Secret { id, secret } => {
            let hash = secret::hash(secret);
            let Some(client) = core.read(ctx, async |rx| find(rx, id).await).await? else { return Err(refused()) };
            let (present, rotated) = &client.hashes;
            let good = secret::same(&hash, present) | rotated.as_ref().is_some_and(|one| secret::same(&hash, one));
            if !good {
                return Err(refused());
            }
            (client, By::Secret { hash })
        }
        ClientProof::Assertion { jwt, audience } => {
            let id = assertion::client(jwt).ok_or_else(refused)?;
            let Some(client) = core.read(ctx, async |rx| find(rx, &id).await).await? else { return Err(refused()) };
            let Some(jwks) = &client.jwks else { return Err(refused()) };
            let now = core.clock().now();
            let seen = assertion::verify(jwt, &id, &serde_json::from_str(jwks)?, audience, now).ok_or_else(refused)?;
            let first = core.write(ctx, async |tx| assertion::spend(tx, &client.id, &seen).await).await?;
            if !first {
                return Err(refused());
            }
            (client, By::Key)
        }
        // Every client has a secret or a key, and uses it.
        ClientProof::None { .. } => return Err(refused()),
    };
    let now = core.clock().now().millis();
    note_use(core, ctx, client.last_used_at, now, (&client.id, &client.directory.id));
    Ok(Client { id: client.id, directory: client.directory, by })
}

impl Client {
    /// What stands for its owner in a row.
    pub fn owner_key(&self) -> &str {
        owner_key(self.directory.organization_id.as_ref())
    }

    /// The client as it is now: what it proved must be true still.
    ///
    /// # Errors
    /// [`OAuthFault::InvalidClient`], [`DirectoryFault::Paused`].
    pub async fn hold(&self, tx: &Tx) -> Result<Held> {
        let sql = format!(
            "SELECT scopes, expires_at, revoked_at, secret_hash, rotation_hash, redirect_uris FROM directory_credentials
             WHERE id = $1 AND owner_key = $2{}",
            tx.lock()
        );
        let row = db::one(tx, sql, [self.id.as_str().into(), self.owner_key().into()]).await?;
        let Some(row) = row else { return Err(OAuthFault::InvalidClient.into()) };
        let expires_at = row.get::<Option<i64>>(1)?.map(Timestamp);
        let live = row.get::<Option<i64>>(2)?.is_none() && expires_at.is_none_or(|at| at > tx.now());
        let proven = match &self.by {
            By::Key => true,
            By::Secret { hash } => {
                row.get::<String>(3)? == *hash || row.get::<Option<String>>(4)?.as_ref() == Some(hash)
            }
        };
        let sql = "SELECT state FROM directories WHERE id = $1 AND owner_key = $2 AND deleted_at IS NULL";
        let directory = db::one(tx, sql, [self.directory.id.as_str().into(), self.owner_key().into()]).await?;
        let Some(directory) = directory else { return Err(OAuthFault::InvalidClient.into()) };
        if !live || !proven {
            return Err(OAuthFault::InvalidClient.into());
        }
        if directory.get::<String>(0)? == State::Paused.as_str() {
            return Err(DirectoryFault::Paused.into());
        }
        Ok(Held {
            scopes: credentials::scopes(&row.get::<String>(0)?),
            expires_at,
            redirects: !redirect_uris(&row, 5)?.is_empty(),
        })
    }
}
