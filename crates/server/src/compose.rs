//! Putting an instance together: database, schema, core, the features that attach to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auth_core::db::{self, Db};
use auth_core::features::directory::{DirectoryEraser, DirectoryGate};
use auth_core::features::webhooks::WebhookEraser;
use auth_core::secret::InstanceSecret;
use auth_core::settings::Settings;
use auth_core::{AuthCore, Builder};
use migrations::{Migrator, MigratorTrait as _};

use crate::config::Config;
use crate::dns::Dns;
use crate::redis::Redis;
use crate::secrets;

/// Why an instance could not be put together.
#[derive(Debug)]
pub enum Fault {
    /// A folder or a file.
    File(String, std::io::Error),
    /// The database, or the schema.
    Database(String, auth_core::Error),
    /// A migration.
    Migration(String),
    /// Redis.
    Redis(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(what, error) => write!(f, "{what}: {error}"),
            Self::Database(what, error) => match std::error::Error::source(error) {
                Some(source) => write!(f, "{what}: {source}"),
                None => write!(f, "{what}: {error}"),
            },
            Self::Migration(what) => f.write_str(what),
            Self::Redis(what) => write!(f, "Redis: {what}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Connects to the configured database. The folder of a SQLite file is made if it is not there.
///
/// # Errors
/// If the folder cannot be made or the database not be reached.
pub async fn connect(config: &Config) -> Result<Db, Fault> {
    let url = &config.database.url;
    if let Some(folder) = sqlite_folder(url) {
        secrets::private_folder(folder)
            .map_err(|error| Fault::File(format!("the folder {}", folder.display()), error))?;
    }
    db::connect(url).await.map_err(|error| Fault::Database(format!("the database {}", shown(url)), error))
}

/// The folder of the file of a SQLite URL.
fn sqlite_folder(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()?;
    Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty())
}

/// A database's URL without its password.
#[must_use]
pub fn shown(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => match parsed.set_password(Some("…")) {
            Ok(()) => parsed.into(),
            Err(()) => "(not shown)".to_owned(),
        },
        _ => url.to_owned(),
    }
}

/// Brings the schema up to date. Two processes that start at once are no matter: the migrations of one wait for
/// those of the other, or fail and are tried again.
///
/// # Errors
/// If a migration fails.
pub async fn migrate(db: &Db) -> Result<usize, Fault> {
    let mut attempt = 1;
    loop {
        match try_migrate(db).await {
            Err(fault) if attempt < 10 => {
                tracing::info!(%fault, attempt, "the migrations are tried again");
                tokio::time::sleep(Duration::from_millis(100 * attempt)).await;
                attempt += 1;
            }
            done => return done,
        }
    }
}

async fn try_migrate(db: &Db) -> Result<usize, Fault> {
    let pending = pending(db).await?.len();
    if pending > 0 {
        let done = Migrator::up(db.for_migrations(), None).await;
        done.map_err(|error| Fault::Migration(format!("the migrations failed: {error}")))?;
    }
    Ok(pending)
}

/// The migrations that have not run.
///
/// # Errors
/// If the database cannot say, or was migrated by a newer Portico.
pub async fn pending(db: &Db) -> Result<Vec<String>, Fault> {
    let pending = Migrator::get_pending_migrations(db.for_migrations()).await;
    let pending = pending.map_err(|error| Fault::Migration(format!("the state of the migrations: {error}")))?;
    Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
}

/// The core with all its features.
#[must_use]
pub fn builder(db: Db, settings: Settings) -> Builder {
    Builder::new(db, settings)
        .gate(Arc::new(DirectoryGate))
        .eraser(Arc::new(DirectoryEraser))
        .eraser(Arc::new(WebhookEraser))
}

/// The core of the configured instance, over a schema that is up to date: what every command but `migrate` needs.
///
/// # Errors
/// If a part cannot be had.
pub async fn core(config: &Config, migrates: bool) -> Result<AuthCore, Fault> {
    let secret: InstanceSecret = secrets::instance(config)?;
    let db = connect(config).await?;
    if migrates {
        let done = migrate(&db).await?;
        if done > 0 {
            tracing::info!(migrations = done, "the schema is up to date");
        }
    }
    let dns = Arc::new(Dns::new(config.name_servers.clone()));
    let mut builder = builder(db, config.settings(secret)).resolver(dns);
    // It is not asked before something is counted: an instance starts without it, too.
    if let Some(options) = &config.redis {
        builder = builder.counters(Arc::new(Redis::new(options).map_err(Fault::Redis)?));
    }
    Ok(builder.build())
}
