//! What was taken over from another system, so that taking it over again brings nothing back that has ended here since.

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

// The ids say nothing about anybody: they stay when what they named is erased, or else it would come back.
const UP: &str = "
CREATE TABLE arrivals (
    kind TEXT NOT NULL,
    source_id TEXT NOT NULL,
    arrived_at BIGINT NOT NULL,
    PRIMARY KEY (kind, source_id)
)
";
