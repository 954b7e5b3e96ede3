//! Roles that an organization makes for itself: a key is the instance's or one organization's.

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

const UP: &str = "
ALTER TABLE roles ADD COLUMN organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE;
DROP INDEX roles_role_key;
CREATE UNIQUE INDEX roles_role_key ON roles (role_key) WHERE organization_id IS NULL;
CREATE UNIQUE INDEX roles_of_organization ON roles (organization_id, role_key) WHERE organization_id IS NOT NULL
";
