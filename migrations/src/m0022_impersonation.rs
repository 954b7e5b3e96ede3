//! Sessions in which an administrator acts as somebody else end with that administrator's access.

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

/// The administrator's epoch when the session was opened.
const UP: &str = "ALTER TABLE sessions ADD COLUMN impersonator_epoch BIGINT";
