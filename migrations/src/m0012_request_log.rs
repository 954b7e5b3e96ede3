//! The log of SCIM requests.
//!
//! Ids ascend with time, so that the primary key is the order of the list, the range of a time, and what retention
//! deletes by. A request of a directory touches no more indexes than it must: the others hold only rows with a resource,
//! a user name that was sent, or a refusal. What is written on every request comes before the texts that may be long.

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

// No foreign key: rows of an organization that was deleted are swept in batches, as the expired ones are.
const UP: &str = "
CREATE TABLE directory_requests (
    directory_id TEXT NOT NULL,
    id TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    method TEXT NOT NULL,
    operation TEXT NOT NULL,
    path TEXT NOT NULL,
    target_id TEXT,
    user_id TEXT,
    user_name_key TEXT,
    ip TEXT,
    user_agent TEXT,
    replay_of TEXT,
    actor TEXT,
    body_bytes BIGINT NOT NULL,
    body_whole BOOLEAN NOT NULL,
    answer_bytes BIGINT,
    answer_whole BOOLEAN NOT NULL,
    notes TEXT,
    body TEXT,
    answer TEXT,
    PRIMARY KEY (directory_id, id)
);
CREATE INDEX directory_requests_target ON directory_requests (directory_id, target_id, id) WHERE target_id IS NOT NULL;
CREATE INDEX directory_requests_user_name ON directory_requests (directory_id, user_name_key, id) WHERE user_name_key IS NOT NULL;
CREATE INDEX directory_requests_failed ON directory_requests (directory_id, id) WHERE status >= 400
";

/// A row that fits on a page is left as it is: compressing it would cost more than the request.
const POSTGRES: &[&str] = &["ALTER TABLE directory_requests SET (toast_tuple_target = 8160)"];
