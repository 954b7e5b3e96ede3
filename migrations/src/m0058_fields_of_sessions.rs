//! Fields that operators add to sessions.

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

// A JSON object, and nothing where there are none: the row is read by every request that carries a session.
const UP: &str = "ALTER TABLE sessions ADD COLUMN additional_fields TEXT";
