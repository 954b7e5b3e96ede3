//! Fields that operators add to invitations, teams and roles of organizations.

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

// JSON objects. Nearly all are empty.
const UP: &str = "
ALTER TABLE invitations ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE teams ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE roles ADD COLUMN additional_fields TEXT NOT NULL DEFAULT '{}'
";
