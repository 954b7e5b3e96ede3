//! Extension schemas of a directory's own.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run(manager, UP).await
    }

    /// On SQLite too: a process that is killed leaves all of it or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
ALTER TABLE directories ADD COLUMN schemas_version BIGINT NOT NULL DEFAULT 0;
CREATE TABLE directory_schemas (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    urn_key TEXT NOT NULL,
    urn TEXT NOT NULL,
    kind TEXT NOT NULL,
    definition TEXT NOT NULL,
    required BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, urn_key)
)
";
