//! Events on SQLite are in the order of their sequence. The indexes over the position, which only PostgreSQL gives
//! them, were written with each event and helped nobody.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run_each(manager, SQLITE, &[]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const SQLITE: &[&str] = &[
    "DROP INDEX events_position",
    "DROP INDEX events_unpublished",
    "DROP INDEX events_organization",
    "DROP INDEX events_subject",
    "CREATE INDEX events_organization ON events (organization_id, sequence)",
    "CREATE INDEX events_subject ON events (subject, sequence)",
];
