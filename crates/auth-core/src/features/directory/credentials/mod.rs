//! What a directory authenticates with: issued, listed, revoked, and looked at on every request.
//!
//! The secret is shown once and stored hashed. When a credential was last used is written at most once
//! a minute, beside the request and never by it.

mod authentication;

use serde_json::json;

use super::DirectoryFault;
use super::connections::{self, authorize, bounded, owner_key};
use crate::clock::Timestamp;
use crate::db::{self, Row, Scope, Tx};
use crate::fault::Result;
use crate::ids::{CredentialId, DirectoryId, Id, OrgId};
use crate::outbox::{Event, EventKind};
use crate::secret::{self, Secret};

pub use authentication::{DirectoryActor, authenticate};

/// What stands before the underscore of a secret.
const PREFIX: &str = "scim";

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

/// A credential, without its secret.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id, which opens nothing.
    pub id: CredentialId,
    /// Of which directory.
    pub directory_id: DirectoryId,
    /// Of which organization; `None` for a directory of the instance.
    pub organization_id: Option<OrgId>,
    /// What admins call it.
    pub name: String,
    /// The part of the secret that may be shown.
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
}

/// A credential to be issued.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// For which directory.
    pub directory_id: DirectoryId,
    /// What admins will call it.
    pub name: String,
    /// How it comes to be.
    pub origin: Origin,
    /// What it may be used for.
    pub scopes: Vec<CredentialScope>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

/// A credential that was just issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The credential.
    pub credential: Credential,
    /// Its secret: here and never again.
    pub secret: Secret,
}

const COLUMNS: &str = "c.id, c.directory_id, c.owner_key, c.name, c.prefix, c.scopes, c.expires_at, c.last_used_at,
    c.last_used_ip, c.last_used_user_agent, c.revoked_at, c.created_at";

fn read(row: &Row) -> Result<Credential> {
    let owner: String = row.get(2)?;
    Ok(Credential {
        id: CredentialId::from_text(row.get(0)?),
        directory_id: DirectoryId::from_text(row.get(1)?),
        organization_id: (owner != owner_key(None)).then(|| OrgId::from_text(owner)),
        name: row.get(3)?,
        prefix: row.get(4)?,
        scopes: scopes(&row.get::<String>(5)?),
        expires_at: row.get::<Option<i64>>(6)?.map(Timestamp),
        last_used_at: row.get::<Option<i64>>(7)?.map(Timestamp),
        last_used_ip: row.get(8)?,
        last_used_user_agent: row.get(9)?,
        revoked_at: row.get::<Option<i64>>(10)?.map(Timestamp),
        created_at: Timestamp(row.get(11)?),
    })
}

fn scopes(stored: &str) -> Vec<CredentialScope> {
    stored.split_whitespace().filter_map(CredentialScope::parse).collect()
}

/// Issues a credential of a directory that the caller may manage. [`Origin::GenerateToken`] revokes
/// the earlier ones of that origin and leaves all others alone.
///
/// # Errors
/// [`DirectoryFault::NotFound`], [`DirectoryFault::InvalidName`], [`DirectoryFault::InvalidExpiry`], and
/// those of the authorization.
pub async fn issue(tx: &mut Tx, new: NewCredential) -> Result<Issued> {
    let row = db::one(
        tx,
        format!("SELECT organization_id FROM directories WHERE id = $1 AND deleted_at IS NULL{}", tx.lock()),
        [new.directory_id.as_str().into()],
    )
    .await?;
    let Some(row) = row else { return Err(DirectoryFault::NotFound.into()) };
    let owner = row.get::<Option<String>>(0)?.map(OrgId::from_text);
    authorize(tx, owner.as_ref()).await?;
    if !connections::is_text(&new.name) {
        return Err(DirectoryFault::InvalidName.into());
    }
    if new.expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(DirectoryFault::InvalidExpiry.into());
    }
    if new.origin == Origin::GenerateToken {
        replace_generated(tx, &new.directory_id, owner.as_ref()).await?;
    }
    let (secret, prefix) = secret::credential(tx.chance(), PREFIX);
    let credential = Credential {
        id: tx.new_id(),
        directory_id: new.directory_id,
        organization_id: owner,
        name: new.name,
        prefix,
        scopes: new.scopes,
        expires_at: new.expires_at,
        last_used_at: None,
        last_used_ip: None,
        last_used_user_agent: None,
        revoked_at: None,
        created_at: tx.now(),
    };
    let names: Vec<&str> = credential.scopes.iter().map(|scope| scope.as_str()).collect();
    db::run(
        tx,
        "INSERT INTO directory_credentials
             (id, directory_id, owner_key, kind, name, origin, prefix, secret_hash, scopes, expires_at, created_at)
         VALUES ($1, $2, $3, 'bearer', $4, $5, $6, $7, $8, $9, $10)",
        [
            credential.id.as_str().into(),
            credential.directory_id.as_str().into(),
            owner_key(credential.organization_id.as_ref()).into(),
            credential.name.clone().into(),
            new.origin.as_str().into(),
            credential.prefix.clone().into(),
            secret::hash(secret.expose()).into(),
            names.join(" ").into(),
            credential.expires_at.map(Timestamp::millis).into(),
            credential.created_at.into(),
        ],
    )
    .await?;
    tx.record(event(EventKind::CredentialIssued, &credential));
    Ok(Issued { credential, secret })
}

async fn replace_generated(tx: &mut Tx, directory: &DirectoryId, owner: Option<&OrgId>) -> Result<()> {
    let sql = format!(
        "UPDATE directory_credentials AS c SET revoked_at = $1
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

/// Revokes a credential: the next request with it is refused. Revoking again changes nothing.
///
/// # Errors
/// [`DirectoryFault::CredentialNotFound`], and those of the authorization.
pub async fn revoke<'a>(tx: &mut Tx, owner: impl Into<Option<&'a OrgId>>, id: &CredentialId) -> Result<Credential> {
    let owner = owner.into();
    authorize(tx, owner).await?;
    let sql =
        format!("SELECT {COLUMNS} FROM directory_credentials c WHERE c.owner_key = $1 AND c.id = $2{}", tx.lock());
    let row = db::one(tx, sql, [owner_key(owner).into(), id.as_str().into()]).await?;
    let Some(row) = row else { return Err(DirectoryFault::CredentialNotFound.into()) };
    let mut credential = read(&row)?;
    if credential.revoked_at.is_none() {
        db::run(
            tx,
            "UPDATE directory_credentials SET revoked_at = $1 WHERE id = $2 AND owner_key = $3",
            [tx.now().into(), id.as_str().into(), owner_key(owner).into()],
        )
        .await?;
        credential.revoked_at = Some(tx.now());
        tx.record(event(EventKind::CredentialRevoked, &credential));
    }
    Ok(credential)
}

/// The owner's credentials of live directories, newest first, and how many there are.
///
/// # Errors
/// Those of the authorization.
pub async fn list<'a>(
    db: &impl Scope,
    owner: impl Into<Option<&'a OrgId>>,
    limit: u64,
    offset: u64,
) -> Result<(Vec<Credential>, i64)> {
    const FROM: &str = "FROM directory_credentials c JOIN directories d ON d.id = c.directory_id
         WHERE c.owner_key = $1 AND d.deleted_at IS NULL";
    let owner = owner.into();
    authorize(db, owner).await?;
    let total = db::one(db, format!("SELECT COUNT(*) {FROM}"), [owner_key(owner).into()])
        .await?
        .map_or(Ok(0), |row| row.get(0))?;
    let rows = db::all(
        db,
        format!("SELECT {COLUMNS} {FROM} ORDER BY c.created_at DESC, c.id DESC LIMIT $2 OFFSET $3"),
        [owner_key(owner).into(), bounded(limit).into(), bounded(offset).into()],
    )
    .await?;
    Ok((rows.iter().map(read).collect::<Result<_>>()?, total))
}

fn event(kind: EventKind, credential: &Credential) -> Event {
    let payload = json!({
        "v": 1,
        "directory_id": credential.directory_id.as_str(),
        "name": credential.name,
        "prefix": credential.prefix,
        "scopes": credential.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "created_at": credential.created_at.millis(),
        "expires_at": credential.expires_at.map(Timestamp::millis),
        "revoked_at": credential.revoked_at.map(Timestamp::millis),
    });
    Event::new(kind, &credential.id, payload).within(credential.organization_id.as_ref())
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
    }
}
