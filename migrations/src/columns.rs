//! The words in which the two databases differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

/// Runs a script of statements after replacing:
///
/// * `TEXT` by `TEXT COLLATE "C"` on PostgreSQL, so that keys sort and compare by bytes as on SQLite;
/// * `BYTES` by the type of binary data of the database;
/// * `SEQUENCE` by the ascending integer primary key of the database.
///
/// The statements are told apart by their semicolons: one that has some inside is for [`run_each`].
pub async fn run(manager: &SchemaManager<'_>, script: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let script = match connection.get_database_backend() {
        DatabaseBackend::Postgres => script
            .replace(" TEXT", " TEXT COLLATE \"C\"")
            .replace(" BYTES", " BYTEA")
            .replace(" SEQUENCE", " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        _ => script.replace(" BYTES", " BLOB").replace(" SEQUENCE", " INTEGER PRIMARY KEY AUTOINCREMENT"),
    };
    for statement in script.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// The migration that [runs](run) a script and nothing else, named after the file in which it stands. In one transaction on SQLite
/// too: a process that is killed leaves all of it or nothing.
macro_rules! script {
    ($up:expr) => {
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl sea_orm_migration::MigrationTrait for Migration {
            async fn up(
                &self,
                manager: &sea_orm_migration::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::columns::run(manager, $up).await
            }

            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
        }
    };
}

/// Runs the statements of the database, as they are: for triggers, of which each has a language of its own.
pub async fn run_each(manager: &SchemaManager<'_>, sqlite: &[&str], postgres: &[&str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let statements = match connection.get_database_backend() {
        DatabaseBackend::Postgres => postgres,
        _ => sqlite,
    };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
