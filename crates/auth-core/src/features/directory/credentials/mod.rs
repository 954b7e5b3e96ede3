//! What a directory authenticates with: issued, listed, rotated, revoked, and looked at on every request.
//!
//! Three kinds: a bearer token, a pair of id and secret (HTTP Basic), and an OAuth 2.0 client, whose
//! tokens are the business of [`oauth`](super::oauth). A directory may have several of each.
//!
//! A secret is shown once and stored hashed (SHA-256: it has 256 random bits). Nothing is cached: what is
//! revoked here is refused by the next request, on every replica. When a credential was last used is
//! written at most once a minute, beside the request and never by it.
//!
//! A rotation gives a second secret. Both are good until the rotation is completed, which ends the old one,
//! or canceled, which ends the new one. Tokens that an OAuth client holds go on across a rotation;
//! revoking the credential ends them.

mod arriving;
mod authentication;
mod better_auth;
mod client;
mod issuing;
mod notices;
mod rotation;

use serde_json::{Value as Json, json};

use super::DirectoryFault;
use super::connections::{self, authorize, authorize_one, owner_key};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{CredentialId, DirectoryId, Id, OrgId};
use crate::outbox::{Event, EventKind};
use crate::secret::Secret;

pub use arriving::{Arriving, take_over};
pub(super) use authentication::note_use;
pub use authentication::{DirectoryActor, Presented, Recognized, Refused, authenticate, recognize};
pub use better_auth::Known;
pub use issuing::issue;
pub use notices::{DAYS as NOTICE_DAYS, notify};
pub use rotation::{cancel_rotation, complete_rotation, start_rotation};

/// What stands before the underscore of a secret.
pub(super) const PREFIX: &str = "scim";

/// How a credential is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A token, as it is.
    Bearer,
    /// An id and a secret (RFC 7617).
    Basic,
    /// An OAuth 2.0 client, which fetches tokens (RFC 6749).
    OAuth2,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bearer, Self::Basic, Self::OAuth2];

    /// The stored name, which `/v1` shows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::OAuth2 => "oauth2",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a credential may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialScope {
    /// Reading user resources.
    UsersRead,
    /// Changing user resources.
    UsersWrite,
    /// Reading group resources.
    GroupsRead,
    /// Changing group resources.
    GroupsWrite,
}

impl CredentialScope {
    /// All of them, which is what a credential has unless somebody asks for fewer.
    pub const ALL: [Self; 4] = [Self::UsersRead, Self::UsersWrite, Self::GroupsRead, Self::GroupsWrite];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::GroupsRead => "groups:read",
            Self::GroupsWrite => "groups:write",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// How a credential came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Better Auth's `generate-token`, which replaces what it gave before.
    GenerateToken,
    /// The administration API or the console.
    Api,
    /// The command line.
    Bootstrap,
}

impl Origin {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GenerateToken => "generate_token",
            Self::Api => "api",
            Self::Bootstrap => "bootstrap",
        }
    }
}

/// A rotation that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The part of the new secret that may be shown.
    pub prefix: String,
    /// When it began.
    pub started_at: Timestamp,
}

/// A credential, without its secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id, which opens nothing.
    pub id: CredentialId,
    /// Of which directory.
    pub directory_id: DirectoryId,
    /// Of which organization; `None` for a directory of the instance.
    pub organization_id: Option<OrgId>,
    /// How it is presented.
    pub kind: Kind,
    /// What admins call it.
    pub name: String,
    /// The part of the secret that may be shown. Empty where the client proves itself with a key.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Vec<CredentialScope>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_ip: Option<String>,
    /// By what.
    pub last_used_user_agent: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// The rotation that is under way, if one is.
    pub rotation: Option<Rotation>,
    /// Where an OAuth 2.0 client may be sent back to, letter by letter.
    pub redirect_uris: Vec<String>,
    /// The public keys of an OAuth 2.0 client that proves itself by `private_key_jwt`, as a JWK set.
    pub jwks: Option<Json>,
}

impl Credential {
    /// What the other side sends as its id: nothing where the secret is all there is.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        (self.kind != Kind::Bearer).then(|| self.id.as_str())
    }

    /// Whether it opens anything still.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}

/// A credential to be issued.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// For which directory.
    pub directory_id: DirectoryId,
    /// What admins will call it.
    pub name: String,
    /// How it will be presented.
    pub kind: Kind,
    /// How it comes to be.
    pub origin: Origin,
    /// What it may be used for.
    pub scopes: Vec<CredentialScope>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// Where an OAuth 2.0 client may be sent back to. Without any it may not ask anybody for consent.
    pub redirect_uris: Vec<String>,
    /// The public keys (a JWK set) of an OAuth 2.0 client that proves itself by `private_key_jwt`. It then
    /// gets no secret.
    pub jwks: Option<Json>,
}

impl NewCredential {
    /// A bearer token for everything and for ever.
    #[must_use]
    pub fn bearer(directory_id: DirectoryId, name: &str, origin: Origin) -> Self {
        Self {
            directory_id,
            name: name.to_owned(),
            kind: Kind::Bearer,
            origin,
            scopes: CredentialScope::ALL.to_vec(),
            expires_at: None,
            redirect_uris: Vec::new(),
            jwks: None,
        }
    }
}

/// A credential with a secret that was just made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The credential.
    pub credential: Credential,
    /// The secret: here and never again. `None` where the client proves itself with a key.
    pub secret: Option<Secret>,
}

impl Issued {
    /// The secret, where the kind of the credential says that there is one.
    ///
    /// # Errors
    /// Internal, if there is none after all.
    pub fn into_secret(self) -> Result<Secret> {
        self.secret.ok_or_else(|| crate::Error::internal("a credential without a secret"))
    }
}

const COLUMNS: &str = "c.id, c.directory_id, c.owner_key, c.name, c.prefix, c.scopes, c.expires_at, c.last_used_at,
    c.last_used_ip, c.last_used_user_agent, c.revoked_at, c.created_at, c.kind, c.rotation_prefix, c.rotation_started_at,
    c.redirect_uris, c.jwks";

fn read(row: &Row) -> Result<Credential> {
    let owner: String = row.get(2)?;
    let rotation = row.get::<Option<String>>(13)?.zip(row.get::<Option<i64>>(14)?);
    let uris: Option<String> = row.get(15)?;
    let keys: Option<String> = row.get(16)?;
    Ok(Credential {
        id: CredentialId::from_text(row.get(0)?),
        directory_id: DirectoryId::from_text(row.get(1)?),
        organization_id: (owner != owner_key(None)).then(|| OrgId::from_text(owner)),
        kind: kind(&row.get::<String>(12)?)?,
        name: row.get(3)?,
        prefix: row.get(4)?,
        scopes: scopes(&row.get::<String>(5)?),
        expires_at: row.get::<Option<i64>>(6)?.map(Timestamp),
        last_used_at: row.get::<Option<i64>>(7)?.map(Timestamp),
        last_used_ip: row.get(8)?,
        last_used_user_agent: row.get(9)?,
        revoked_at: row.get::<Option<i64>>(10)?.map(Timestamp),
        created_at: Timestamp(row.get(11)?),
        rotation: rotation.map(|(prefix, started)| Rotation { prefix, started_at: Timestamp(started) }),
        redirect_uris: uris.map_or(Ok(Vec::new()), |uris| serde_json::from_str(&uris))?,
        jwks: keys.map(|keys| serde_json::from_str(&keys)).transpose()?,
    })
}

fn kind(stored: &str) -> Result<Kind> {
    Kind::parse(stored).ok_or_else(|| crate::Error::internal("a credential of an unknown kind"))
}

/// The scopes of a stored text, in one order.
pub(super) fn scopes(stored: &str) -> Vec<CredentialScope> {
    stored.split_whitespace().filter_map(CredentialScope::parse).collect()
}

/// The text of scopes, as it is stored and as OAuth 2.0 writes it.
pub(super) fn scopes_text(scopes: &[CredentialScope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// The credential of that owner, for a caller who may manage its directory, whose row nobody else changes until the
/// transaction ends.
async fn lock(tx: &Tx, owner: Option<&OrgId>, id: &CredentialId) -> Result<Credential> {
    let sql =
        format!("SELECT {COLUMNS} FROM directory_credentials c WHERE c.owner_key = $1 AND c.id = $2{}", tx.lock());
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    let found = row.map(|row| read(&row)).transpose()?;
    match &found {
        Some(credential) => authorize_one(tx, owner, &credential.directory_id).await?,
        None => authorize(tx, owner).await?,
    }
    found.ok_or_else(|| DirectoryFault::CredentialNotFound.into())
}

/// Revokes a credential: the next request with it is refused, and so is the next with any token that was
/// fetched by it. Revoking again changes nothing.
///
/// # Errors
/// [`DirectoryFault::CredentialNotFound`], and those of the authorization.
pub async fn revoke<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &CredentialId) -> Result<Credential> {
    let owner = owner.into();
    let mut credential = lock(tx, owner, id).await?;
    if credential.revoked_at.is_some() {
        return Ok(credential);
    }
    db::run(
        tx,
        "UPDATE directory_credentials
         SET revoked_at = $1, rotation_hash = NULL, rotation_prefix = NULL, rotation_started_at = NULL
         WHERE id = $2 AND owner_key = $3",
        [tx.now().into(), id.as_str().into(), owner_key(owner).into()],
    )
    .await?;
    for table in ["directory_oauth_tokens", "directory_oauth_grants", "directory_oauth_codes"] {
        let sql = format!("DELETE FROM {table} WHERE credential_id = $1 AND owner_key = $2");
        db::run(tx, sql, [id.as_str().into(), owner_key(owner).into()]).await?;
    }
    credential.revoked_at = Some(tx.now());
    credential.rotation = None;
    tx.record(event(EventKind::CredentialRevoked, &credential));
    Ok(credential)
}

/// What credentials can be ordered and searched by.
pub const LISTED: db::Columns = db::Columns {
    orders: &[("created_at", "c.created_at"), ("name", "c.name")],
    unless_said: ("created_at", false),
    searched: &["c.name", "c.prefix", "c.id"],
    id: "c.id",
};

/// The owner's bearer tokens of live directories, and how many there are.
///
/// # Errors
/// Those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    part: &db::Part,
) -> Result<(Vec<Credential>, i64)> {
    let owner = owner.into();
    authorize(db, owner).await?;
    page(db, "d.id = c.directory_id AND c.kind = $2", owner, Kind::Bearer.as_str(), part).await
}

/// The credentials of a live directory, and how many there are.
///
/// # Errors
/// [`DirectoryFault::NotFound`], and those of the authorization.
pub async fn list_of<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    part: &db::Part,
) -> Result<(Vec<Credential>, i64)> {
    let owner = owner.into();
    connections::get(db, owner, directory).await?;
    page(db, "d.id = c.directory_id AND d.id = $2", owner, directory.as_str(), part).await
}

async fn page(
    db: &impl Scope,
    of: &str,
    owner: Option<&OrgId>,
    second: &str,
    part: &db::Part,
) -> Result<(Vec<Credential>, i64)> {
    let from = format!("directory_credentials c JOIN directories d ON {of}");
    let whose = [owner_key(owner).into(), second.into()];
    let list = db::List::new(&from, "c.owner_key = $1 AND d.deleted_at IS NULL", whose);
    let listed = list.part(db, COLUMNS, &LISTED, part, read).await?;
    Ok((listed.entries, listed.total))
}

/// A credential of a live directory.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::CredentialNotFound`], and those of the authorization.
pub async fn get<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    directory: &DirectoryId,
    id: &CredentialId,
) -> Result<Credential> {
    let owner = owner.into();
    connections::get(db, owner, directory).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM directory_credentials c WHERE c.owner_key = $1 AND c.directory_id = $2 AND c.id = $3"
    );
    let row = db::one(db, sql, [owner_key(owner).into(), directory.as_str().into(), id.as_str().into()]).await?;
    row.map_or(Err(DirectoryFault::CredentialNotFound.into()), |row| read(&row))
}

fn facts(credential: &Credential) -> Json {
    json!({
        "v": 1,
        "directory_id": credential.directory_id.as_str(),
        "type": credential.kind.as_str(),
        "name": credential.name,
        "prefix": credential.prefix,
        "scopes": credential.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "created_at": credential.created_at.millis(),
        "expires_at": credential.expires_at.map(Timestamp::millis),
        "revoked_at": credential.revoked_at.map(Timestamp::millis),
    })
}

fn event(kind: EventKind, credential: &Credential) -> Event {
    Event::new(kind, &credential.id, facts(credential)).within(credential.organization_id.as_ref())
}

/// A credential of a directory as it is now.
pub(in crate::features::directory) struct Present {
    /// What it may be used for.
    pub scopes: Vec<CredentialScope>,
    /// Whether it was revoked, or has expired.
    pub ended: bool,
}

/// What is left of a credential of a directory; `None` if there is none.
pub(in crate::features::directory) async fn present(
    db: &impl Scope,
    directory: &DirectoryId,
    id: &CredentialId,
) -> Result<Option<Present>> {
    let sql = "SELECT scopes, revoked_at, expires_at FROM directory_credentials WHERE directory_id = $1 AND id = $2";
    let Some(row) = db::one(db, sql, [directory.as_str().into(), id.as_str().into()]).await? else { return Ok(None) };
    let revoked = row.get::<Option<i64>>(1)?.is_some();
    let expired = row.get::<Option<i64>>(2)?.is_some_and(|at| at <= db.now().millis());
    Ok(Some(Present { scopes: scopes(&row.get::<String>(0)?), ended: revoked || expired }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_names_and_unknown_ones_give_nothing() {
        assert!(CredentialScope::ALL.iter().all(|scope| CredentialScope::parse(scope.as_str()) == Some(*scope)));
        assert_eq!(
            scopes("users:read users:nonsense groups:write"),
            [CredentialScope::UsersRead, CredentialScope::GroupsWrite]
        );
        assert_eq!(scopes_text(&CredentialScope::ALL), "users:read users:write groups:read groups:write");
    }

    #[test]
    fn kinds_have_names() {
        assert!(Kind::ALL.iter().all(|kind| Kind::parse(kind.as_str()) == Some(*kind)));
        assert!(Kind::parse("saml").is_none());
    }
}
