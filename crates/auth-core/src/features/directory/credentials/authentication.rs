//! Which directory asks: looked at on every request, before anything else of it is read.
//!
//! One query, whatever is presented: a token by its hash, an id and a secret by the id. Nothing is
//! remembered between requests.

use std::sync::LazyLock;

use sea_orm::{ConnectionTrait as _, Statement};

use super::{CredentialScope, Kind, PREFIX, better_auth, kind, scopes};
use crate::AuthCore;
use crate::ctx::{Actor, Ctx};
use crate::db::{self, Row, Scope};
use crate::fault::{Error, Result};
use crate::features::directory::DirectoryFault;
use crate::features::directory::connections::{self, Directory, State};
use crate::features::directory::import::ImportState;
use crate::features::directory::oauth::{ACCESS, ACCESS_PREFIX};
use crate::ids::{CredentialId, DirectoryId, Id as _};
use crate::secret;
use crate::settings::DirectorySettings;

/// How long the last use may be unknown, in milliseconds.
const LAST_USE: i64 = 60_000;
/// Longest secret that is looked up; imported ones are of any shape.
const LONGEST: usize = 1024;

/// What came with a request.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// A bearer token: the directory's own, or one that an OAuth 2.0 client fetched.
    Bearer(&'a str),
    /// An id and a secret.
    Basic {
        /// The id of the credential.
        id: &'a str,
        /// Its secret.
        secret: &'a str,
    },
}

/// A directory that has authenticated. Only [`authenticate`] and [`recognize`] make one.
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

/// What all three statements begin with; two columns of their own and the directory's follow.
const FACTS: &str = "SELECT c.id, c.kind, c.scopes, c.expires_at, c.revoked_at, c.last_used_at, d.deleted_at";
const FROM: &str = "FROM directory_credentials c JOIN directories d ON d.id = c.directory_id";
/// Where the columns of their own begin, and where the directory's do.
const OWN: usize = 7;
const DIRECTORY: usize = 9;

/// The second half runs only if the first found nothing: a rotation is rare.
static BEARER: LazyLock<String> = LazyLock::new(|| {
    let half = |column: &str| {
        format!("{FACTS}, c.secret_hash, c.rotation_hash, {} {FROM} WHERE c.{column} = $1", connections::COLUMNS)
    };
    format!("{} UNION ALL {} LIMIT 1", half("secret_hash"), half("rotation_hash"))
});

static BASIC: LazyLock<String> = LazyLock::new(|| {
    format!("{FACTS}, c.secret_hash, c.rotation_hash, {} {FROM} WHERE c.id = $1", connections::COLUMNS)
});

static TOKEN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{FACTS}, t.scopes, t.expires_at, {} FROM directory_oauth_tokens t
         JOIN directory_credentials c ON c.id = t.credential_id AND c.owner_key = t.owner_key
         JOIN directories d ON d.id = c.directory_id WHERE t.token_hash = $1 AND t.kind = '{ACCESS}'",
        connections::COLUMNS
    )
});

/// What is looked up, and how.
enum Asked {
    Bearer { hash: String, of_better_auth: Option<String> },
    Basic { id: CredentialId, hash: String },
    Token { hash: String },
}

impl Asked {
    /// `None` for what cannot be a credential, so that no query is made for it. What begins like ours must
    /// have our shape and checksum; what does not is looked up as it is, since imported databases keep theirs.
    fn of(presented: Presented<'_>, settings: &DirectorySettings) -> Option<Self> {
        match presented {
            Presented::Bearer(token) if begins(token, ACCESS_PREFIX) => {
                let possible = secret::looks_like_credential(ACCESS_PREFIX, token);
                possible.then(|| Self::Token { hash: secret::hash(token) })
            }
            Presented::Bearer(token) => possible(token).then(|| {
                let managed = settings.better_auth_credential_secret.as_ref();
                let of_better_auth = if begins(token, PREFIX) { None } else { better_auth::lookup(token, managed) };
                Self::Bearer { hash: secret::hash(token), of_better_auth }
            }),
            Presented::Basic { id, secret } => {
                let id = CredentialId::parse(id)?;
                possible(secret).then(|| Self::Basic { id, hash: secret::hash(secret) })
            }
        }
    }

    fn statement(&self) -> (&'static str, &str) {
        match self {
            Self::Bearer { hash, .. } => (&BEARER, hash),
            Self::Basic { id, .. } => (&BASIC, id.as_str()),
            Self::Token { hash } => (&TOKEN, hash),
        }
    }

    /// What the row that was found gives to whoever presented this. `None`: nothing at all.
    fn given(&self, row: &Row) -> Result<Option<Vec<CredentialScope>>> {
        let all = scopes(&row.get::<String>(2)?);
        let kind = kind(&row.get::<String>(1)?)?;
        Ok(match self {
            Self::Bearer { .. } => (kind == Kind::Bearer).then_some(all),
            Self::Basic { hash, .. } => {
                let present: String = row.get(OWN)?;
                let rotated: Option<String> = row.get(OWN + 1)?;
                // Both are compared whatever the first says.
                let good = secret::same(hash, &present) | rotated.is_some_and(|rotated| secret::same(hash, &rotated));
                (kind == Kind::Basic && good).then_some(all)
            }
            Self::Token { .. } => {
                // Never more than the client may do now, whatever it was allowed when the token was made.
                let own = scopes(&row.get::<String>(OWN)?);
                (kind == Kind::OAuth2).then(|| own.into_iter().filter(|one| all.contains(one)).collect())
            }
        })
    }

    /// Whether what was presented has expired, or the credential behind it.
    fn is_expired(&self, row: &Row, now: i64) -> Result<bool> {
        let own = match self {
            Self::Token { .. } => row.get::<i64>(OWN + 1)? <= now,
            Self::Bearer { .. } | Self::Basic { .. } => false,
        };
        Ok(own || row.get::<Option<i64>>(3)?.is_some_and(|at| at <= now))
    }
}

fn begins(token: &str, prefix: &str) -> bool {
    token.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_'))
}

fn possible(secret: &str) -> bool {
    if begins(secret, PREFIX) {
        secret::looks_like_credential(PREFIX, secret)
    } else {
        (1..=LONGEST).contains(&secret.len())
    }
}

/// What a known credential comes to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every request is good, and none is to pay for an allocation")]
pub enum Recognized {
    /// Its directory asks.
    Good(DirectoryActor),
    /// It is known whose it is, and nothing is done for it.
    Refused(Box<Refused>),
}

/// A request that is refused although it is known who asks.
#[derive(Debug)]
pub struct Refused {
    /// Which directory would ask.
    pub directory: Directory,
    /// By which credential.
    pub credential_id: CredentialId,
    /// Why, for those who may know: `token_revoked`, `token_expired`, `directory_paused`, `import_applying`.
    pub why: &'static str,
    /// What is answered.
    pub error: Error,
}

/// Which directory asks.
///
/// # Errors
/// [`DirectoryFault::InvalidToken`] whatever is wrong with what was presented, [`DirectoryFault::Paused`],
/// [`DirectoryFault::ImportApplying`].
pub async fn authenticate(core: &AuthCore, ctx: &Ctx, presented: Presented<'_>) -> Result<DirectoryActor> {
    match recognize(core, ctx, presented).await? {
        Recognized::Good(actor) => Ok(actor),
        Recognized::Refused(refused) => Err(refused.error),
    }
}

/// The same, telling whose a refused credential is: for whoever writes that down.
///
/// # Errors
/// [`DirectoryFault::InvalidToken`] for what nobody has, or of a directory that is gone.
pub async fn recognize(core: &AuthCore, ctx: &Ctx, presented: Presented<'_>) -> Result<Recognized> {
    let settings = &core.settings().directory;
    let Some(asked) = Asked::of(presented, settings) else { return Err(DirectoryFault::InvalidToken.into()) };
    core.read(ctx, async |rx| {
        let (sql, key) = asked.statement();
        let row = match (db::one(rx, sql, [key.into()]).await?, &asked) {
            // What is not stored as it is may be known in the form in which Better Auth knew it.
            (None, Asked::Bearer { of_better_auth: Some(known), .. }) => {
                db::one(rx, sql, [known.as_str().into()]).await?
            }
            (row, _) => row,
        };
        let Some(row) = row else { return Err(DirectoryFault::InvalidToken.into()) };
        let now = rx.now().millis();
        let disconnected = row.get::<Option<i64>>(6)?.is_some();
        let Some(scopes) = asked.given(&row)?.filter(|_| !disconnected) else {
            return Err(DirectoryFault::InvalidToken.into());
        };
        let found = DirectoryActor {
            directory: connections::read(&row, DIRECTORY)?,
            credential_id: CredentialId::from_text(row.get(0)?),
            scopes,
        };
        let refused = |why: &'static str, fault: DirectoryFault| -> Result<Recognized> {
            let DirectoryActor { directory, credential_id, .. } = found.clone();
            Ok(Recognized::Refused(Box::new(Refused { directory, credential_id, why, error: fault.into() })))
        };
        if row.get::<Option<i64>>(4)?.is_some() {
            return refused("token_revoked", DirectoryFault::InvalidToken);
        }
        if asked.is_expired(&row, now)? {
            return refused("token_expired", DirectoryFault::InvalidToken);
        }
        if found.directory.state == State::SettingUp {
            // The first request of all is known when it is answered.
            let written = write_use(core, ctx, &found.credential_id, &found.directory.id).await;
            written.unwrap_or_else(|error| tracing::debug!(%error, "the first use of a directory was not written"));
        } else {
            note_use(core, ctx, row.get(5)?, now, (&found.credential_id, &found.directory.id));
        }
        if found.directory.state == State::Paused {
            return refused("directory_paused", DirectoryFault::Paused);
        }
        if found.directory.import.as_ref().is_some_and(|import| import.state == ImportState::Applying) {
            return refused("import_applying", DirectoryFault::ImportApplying);
        }
        Ok(Recognized::Good(found))
    })
    .await
}

/// Writes down the use of a credential, if the last one that is known is a minute old: beside the request.
/// It may be lost; the request may not wait. It is no change that anybody is told of, so it needs no
/// transaction.
pub(in crate::features::directory) fn note_use(
    core: &AuthCore,
    ctx: &Ctx,
    last: Option<i64>,
    now: i64,
    (credential, directory): (&CredentialId, &DirectoryId),
) {
    if last.is_some_and(|at| at > now - LAST_USE) {
        return;
    }
    let (core, ctx) = (core.clone(), ctx.clone());
    let (credential, directory) = (credential.clone(), directory.clone());
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
