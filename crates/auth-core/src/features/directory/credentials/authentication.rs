//! Which directory asks: looked at on every request, before anything else of it is read.

use sea_orm::{ConnectionTrait as _, Statement};

use super::{CredentialScope, PREFIX, scopes};
use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Scope};
use crate::fault::Result;
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{self, Directory, State};
use crate::ids::{CredentialId, DirectoryId, Id as _};
use crate::secret;

/// How long the last use may be unknown, in milliseconds.
const LAST_USE: i64 = 60_000;
/// Longest token that is looked up; imported ones are of any shape.
const LONGEST_TOKEN: usize = 1024;

/// A directory that has authenticated. Only [`authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct DirectoryActor {
    /// Which directory.
    pub directory: Directory,
    /// By which credential.
    pub credential_id: CredentialId,
    /// What the credential may be used for.
    pub scopes: Vec<CredentialScope>,
}

impl DirectoryActor {
    /// Who asks, for the [`Ctx`] of everything the directory does.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Directory {
            directory_id: self.directory.id.clone(),
            organization_id: self.directory.organization_id.clone(),
            credential_id: self.credential_id.clone(),
        }
    }

    /// Refuses what the credential may not be used for, and any context that is not this directory's:
    /// the first line of each service of users and groups.
    pub(in crate::features::directory) fn demand(&self, db: &impl Scope, scope: CredentialScope) -> Result<()> {
        let own =
            matches!(&db.ctx().actor, Actor::Directory { directory_id, .. } if *directory_id == self.directory.id);
        if own && self.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(DirectoryFault::MissingScope(scope.as_str()).into())
        }
    }
}

/// Which directory a token is of. Its shape and checksum are looked at before any query; a token that
/// does not begin like ours is looked up as it is, since imported databases keep theirs.
///
/// # Errors
/// [`DirectoryFault::InvalidToken`] whatever is wrong with the token, [`DirectoryFault::Paused`].
pub async fn authenticate(core: &AuthCore, ctx: &Ctx, token: &str) -> Result<DirectoryActor> {
    let ours = token.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with('_'));
    let possible =
        if ours { secret::looks_like_credential(PREFIX, token) } else { (1..=LONGEST_TOKEN).contains(&token.len()) };
    if !possible {
        return Err(DirectoryFault::InvalidToken.into());
    }
    let hash = secret::hash(token);
    core.read(ctx, async |rx| {
        let sql = format!(
            "SELECT c.id, c.scopes, c.expires_at, c.revoked_at, c.last_used_at, d.deleted_at, {}
             FROM directory_credentials c JOIN directories d ON d.id = c.directory_id WHERE c.secret_hash = $1",
            connections::COLUMNS
        );
        let row = db::one(rx, sql, [hash.as_str().into()]).await?;
        let Some(row) = row else { return Err(DirectoryFault::InvalidToken.into()) };
        let expired = row.get::<Option<i64>>(2)?.is_some_and(|at| at <= rx.now().millis());
        let revoked = row.get::<Option<i64>>(3)?.is_some();
        let disconnected = row.get::<Option<i64>>(5)?.is_some();
        if expired || revoked || disconnected {
            return Err(DirectoryFault::InvalidToken.into());
        }
        let found = DirectoryActor {
            directory: connections::read(&row, 6)?,
            credential_id: CredentialId::from_text(row.get(0)?),
            scopes: scopes(&row.get::<String>(1)?),
        };
        let due = row.get::<Option<i64>>(4)?.is_none_or(|at| at <= rx.now().millis() - LAST_USE);
        if due {
            note_use(core, ctx, &found);
        }
        if found.directory.state == State::Paused {
            return Err(DirectoryFault::Paused.into());
        }
        Ok(found)
    })
    .await
}

/// Writes down the use of a credential, beside the request. It may be lost; the request may not wait.
/// It is no change that anybody is told of, so it needs no transaction.
fn note_use(core: &AuthCore, ctx: &Ctx, used: &DirectoryActor) {
    let (core, ctx) = (core.clone(), ctx.clone());
    let (credential, directory) = (used.credential_id.clone(), used.directory.id.clone());
    tokio::spawn(async move {
        if let Err(error) = write_use(&core, &ctx, &credential, &directory).await {
            tracing::debug!(%error, "the last use of a credential was not written");
        }
    });
}

async fn write_use(core: &AuthCore, ctx: &Ctx, credential: &CredentialId, directory: &DirectoryId) -> Result<()> {
    let now = core.clock().now();
    let writer = &core.db().writer;
    let run = |sql: &str, values: Vec<sea_orm::Value>| {
        writer.execute_raw(Statement::from_sql_and_values(writer.get_database_backend(), sql, values))
    };
    let first = run(
        "UPDATE directory_credentials SET last_used_at = $1, last_used_ip = $2, last_used_user_agent = $3
         WHERE id = $4 AND (last_used_at IS NULL OR last_used_at <= $5)",
        vec![
            now.into(),
            ctx.ip.clone().into(),
            ctx.user_agent.clone().into(),
            credential.as_str().into(),
            (now.millis() - LAST_USE).into(),
        ],
    )
    .await?;
    if first.rows_affected() > 0 {
        let values = vec![now.into(), directory.as_str().into()];
        run("UPDATE directories SET last_request_at = $1 WHERE id = $2", values).await?;
    }
    Ok(())
}
