//! Enrollment by invitation acts from here on. Whoever chose it before chose something that did nothing, and needed no permission to
//! invite; people may have left since without a mark. It is chosen anew.

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
UPDATE organization_domains SET enrollment_mode = 'manual_invitation' WHERE enrollment_mode = 'automatic_invitation'
";
