//! Fewer places in the index of names: reading one person is found by the id of the resource.
//!
//! Identity providers look at everybody in turn, so each place is on another page of the index, which is then written
//! as a whole. Names are still looked for among what was created, changed, or searched for.

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
DROP INDEX directory_requests_user_name;
CREATE INDEX directory_requests_user_name ON directory_requests (directory_id, user_name_key, id)
    WHERE user_name_key IS NOT NULL AND operation <> 'user.get'
";
