//! A database for each test: a copy of a template that was migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file.
    Sqlite,
    /// A database of the PostgreSQL server that `PORTICO_TEST_POSTGRES_URL` names.
    Postgres,
}

/// A database of one test, gone when it is dropped after [`remove`](Self::remove).
pub struct Fresh {
    /// Its URL.
    pub url: String,
    /// A folder of this test's own.
    pub folder: tempfile::TempDir,
    name: Option<String>,
}

/// The advisory lock under which the template is made.
const LOCK: &str = "7226004999";

impl Fresh {
    /// A migrated, empty database. `None`: there is no PostgreSQL, and `ALLOW_NO_PG` says to go on without.
    pub async fn make(database: Database) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        match database {
            Database::Sqlite => {
                let file = folder.path().join("portico.db");
                std::fs::copy(sqlite_template().await, &file).expect("a copy of the template");
                Some(Self { url: format!("sqlite://{}?mode=rwc", file.display()), folder, name: None })
            }
            Database::Postgres => {
                let admin = admin_url()?;
                let name = format!("portico_test_{:016x}", random());
                postgres_copy(&admin, &name).await;
                Some(Self { url: sibling(&admin, &name), folder, name: Some(name) })
            }
        }
    }

    /// An empty database without tables, for the tests of what comes before the first migration.
    pub async fn bare(database: Database) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        match database {
            Database::Sqlite => {
                let file = folder.path().join("portico.db");
                Some(Self { url: format!("sqlite://{}?mode=rwc", file.display()), folder, name: None })
            }
            Database::Postgres => {
                let admin = admin_url()?;
                let name = format!("portico_test_{:016x}", random());
                say(&connect(&admin).await, &format!("CREATE DATABASE {name}")).await;
                Some(Self { url: sibling(&admin, &name), folder, name: Some(name) })
            }
        }
    }

    /// Removes the database of a test that passed. What a failed one leaves ends with the throwaway server.
    pub async fn remove(self) {
        if let (Some(name), Some(admin)) = (&self.name, admin_url()) {
            say(&connect(&admin).await, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

/// The URL of the server where databases may be made.
fn admin_url() -> Option<String> {
    let url = std::env::var("PORTICO_TEST_POSTGRES_URL").or_else(|_| std::env::var("TEST_DATABASE_URL")).ok();
    if url.is_none() && std::env::var("ALLOW_NO_PG").as_deref() == Ok("1") {
        eprintln!("SKIPPED: there is no PostgreSQL, and ALLOW_NO_PG=1");
        return None;
    }
    Some(url.expect(
        "PORTICO_TEST_POSTGRES_URL names no PostgreSQL server: run `just test`, or start a throwaway one with \
         eval \"$(tests/postgres.sh start)\", or set ALLOW_NO_PG=1 to test SQLite only",
    ))
}

fn sibling(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).expect("a PostgreSQL URL");
    url.set_path(name);
    url.into()
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap_or_else(|error| panic!("no connection to {url}: {error}"))
}

async fn say(db: &DatabaseConnection, sql: &str) {
    db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Which schema it is: that of the migrations compiled into this very program, so that one that was built anew makes
/// another template.
fn schema() -> String {
    let program = std::env::current_exe().expect("the path of this program");
    let built = std::fs::metadata(&program).and_then(|file| file.modified()).expect("when it was built");
    let mut hasher = DefaultHasher::new();
    (program, built).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// The file of the template, made by the first test that wants it. Two at once make it twice, and the
/// renaming lets either win.
async fn sqlite_template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("template-{}.db", schema()));
    if !file.exists() {
        let draft = folder.join(format!("draft-{:016x}.db", random()));
        let db = connect(&format!("sqlite://{}?mode=rwc", draft.display())).await;
        Migrator::up(&db, None).await.expect("the migrations run on SQLite");
        db.close().await.expect("closed");
        std::fs::rename(draft, &file).expect("the template");
    }
    file
}

/// Clones the template database, after making it if nobody has.
async fn postgres_copy(admin: &str, name: &str) {
    let template = format!("portico_template_{}", schema());
    let db = connect(admin).await;
    if clone(&db, &template, name).await {
        return;
    }
    say(&db, &format!("SELECT pg_advisory_lock({LOCK})")).await;
    if !clone(&db, &template, name).await {
        let draft = format!("{template}_draft");
        say(&db, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)")).await;
        say(&db, &format!("CREATE DATABASE {draft}")).await;
        let inner = connect(&sibling(admin, &draft)).await;
        Migrator::up(&inner, None).await.expect("the migrations run on PostgreSQL");
        inner.close().await.expect("closed");
        say(&db, &format!("ALTER DATABASE {draft} RENAME TO {template}")).await;
        assert!(clone(&db, &template, name).await, "the template cannot be cloned");
    }
    say(&db, &format!("SELECT pg_advisory_unlock({LOCK})")).await;
}

/// Whether there was a template to clone.
async fn clone(db: &DatabaseConnection, template: &str, name: &str) -> bool {
    let exists = sea_orm::Statement::from_string(
        sea_orm::DatabaseBackend::Postgres,
        format!("SELECT 1 FROM pg_database WHERE datname = '{template}'"),
    );
    if db.query_one_raw(exists).await.expect("the list of databases").is_none() {
        return false;
    }
    say(db, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    true
}
