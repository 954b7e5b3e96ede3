//! How often somebody has guessed, and how often somebody was written to.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run(manager, UP).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// A bucket is named by a keyed hash of what is counted, for whom and from where: no addresses are in here, neither people's
// nor networks'. Its window ends at `expires_at` and is not prolonged.
const UP: &str = "
CREATE TABLE throttles (
    bucket TEXT NOT NULL PRIMARY KEY,
    hits BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX throttles_expired ON throttles (expires_at)
";
