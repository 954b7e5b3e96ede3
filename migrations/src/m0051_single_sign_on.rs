//! Through which service somebody came in, and through which ones the members of an organization do.

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

// `provider` is the service's id, also in sessions that come from another (`method` then says by which way). `require_sso` is a
// JSON list of such ids, null where any way will do.
const UP: &str = "
ALTER TABLE sessions ADD COLUMN provider TEXT;
UPDATE sessions SET provider = substr(method, 8) WHERE method LIKE 'social:%';
ALTER TABLE organizations ADD COLUMN require_sso TEXT
";
