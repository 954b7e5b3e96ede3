//! Requests that only looked, many in one row: a row of its own costs more than looking.
//!
//! Ids ascend with time, and those of a segment lie between its first and its last one; segments may overlap. The
//! primary key answers what ends after an instant, the newest first, and which segments may hold an id; the index
//! what begins before one. What tells whether a segment is worth opening comes before what is inside.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run(manager, UP).await?;
        columns::run_each(manager, &[], POSTGRES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

// No foreign key, as of the rows.
const UP: &str = "
CREATE TABLE directory_request_segments (
    directory_id TEXT NOT NULL,
    last_id TEXT NOT NULL,
    first_id TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    requests BIGINT NOT NULL,
    summary BYTES NOT NULL,
    heads BYTES NOT NULL,
    texts BYTES NOT NULL,
    PRIMARY KEY (directory_id, last_id, first_id)
);
CREATE INDEX directory_request_segments_first ON directory_request_segments (directory_id, first_id)
";

/// They are packed already.
const POSTGRES: &[&str] = &["ALTER TABLE directory_request_segments
    ALTER COLUMN summary SET STORAGE EXTERNAL, ALTER COLUMN heads SET STORAGE EXTERNAL, ALTER COLUMN texts SET STORAGE EXTERNAL"];
