//! How many users and groups a directory has, kept by the database itself: nothing that adds or removes
//! rows, a cascade included, can pass the triggers. And indexes for the orders of a list.
//!
//! On PostgreSQL a directory has one counter for each of 64 shards, and a connection writes to its own, so
//! that writers do not queue for one row; the number is the sum, in the snapshot of whoever reads it. The
//! triggers fire once for a statement, because a row that one transaction updates a million times costs a
//! million squared. On SQLite there is one writer, and one counter.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run(manager, TABLE).await?;
        // A trigger keeps writers out until this transaction ends, so nothing comes between it and the counting.
        columns::run_each(manager, SQLITE, POSTGRES).await?;
        columns::run(manager, REST).await
    }

    /// On SQLite too: a process that is killed leaves all of it or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const TABLE: &str = "
CREATE TABLE directory_counts (
    directory_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    shard BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (directory_id, kind, shard)
)
";

const SQLITE: &[&str] = &[
    "CREATE TRIGGER directory_users_added AFTER INSERT ON directory_users BEGIN
        INSERT INTO directory_counts (directory_id, kind, shard, n) VALUES (NEW.directory_id, 'user', 0, 1)
        ON CONFLICT (directory_id, kind, shard) DO UPDATE SET n = n + 1;
    END",
    "CREATE TRIGGER directory_users_removed AFTER DELETE ON directory_users BEGIN
        UPDATE directory_counts SET n = n - 1 WHERE directory_id = OLD.directory_id AND kind = 'user' AND shard = 0;
    END",
    "CREATE TRIGGER directory_groups_added AFTER INSERT ON directory_groups BEGIN
        INSERT INTO directory_counts (directory_id, kind, shard, n) VALUES (NEW.directory_id, 'group', 0, 1)
        ON CONFLICT (directory_id, kind, shard) DO UPDATE SET n = n + 1;
    END",
    "CREATE TRIGGER directory_groups_removed AFTER DELETE ON directory_groups BEGIN
        UPDATE directory_counts SET n = n - 1 WHERE directory_id = OLD.directory_id AND kind = 'group' AND shard = 0;
    END",
    "CREATE TRIGGER directories_uncounted AFTER DELETE ON directories BEGIN
        DELETE FROM directory_counts WHERE directory_id = OLD.id;
    END",
];

// What goes with its directory is not counted: its counters went before it.
const POSTGRES: &[&str] = &[
    // Each change of a counter leaves room for the next on its page.
    "ALTER TABLE directory_counts SET (fillfactor = 50)",
    "CREATE FUNCTION directory_counts_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO directory_counts AS c (directory_id, kind, shard, n)
        SELECT directory_id, TG_ARGV[0], pg_backend_pid() % 64, CASE TG_OP WHEN 'INSERT' THEN COUNT(*) ELSE -COUNT(*) END
        FROM changed WHERE TG_OP = 'INSERT' OR EXISTS (SELECT 1 FROM directories d WHERE d.id = changed.directory_id)
        GROUP BY directory_id ORDER BY directory_id
        ON CONFLICT (directory_id, kind, shard) DO UPDATE SET n = c.n + EXCLUDED.n;
        RETURN NULL;
    END $$",
    "CREATE FUNCTION directory_counts_forget() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM directory_counts WHERE directory_id IN (SELECT id FROM changed);
        RETURN NULL;
    END $$",
    "CREATE TRIGGER directory_users_added AFTER INSERT ON directory_users REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION directory_counts_change('user')",
    "CREATE TRIGGER directory_users_removed AFTER DELETE ON directory_users REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION directory_counts_change('user')",
    "CREATE TRIGGER directory_groups_added AFTER INSERT ON directory_groups REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION directory_counts_change('group')",
    "CREATE TRIGGER directory_groups_removed AFTER DELETE ON directory_groups REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION directory_counts_change('group')",
    "CREATE TRIGGER directories_uncounted AFTER DELETE ON directories REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION directory_counts_forget()",
];

const REST: &str = "
INSERT INTO directory_counts (directory_id, kind, shard, n)
    SELECT directory_id, 'user', 0, COUNT(*) FROM directory_users GROUP BY directory_id;
INSERT INTO directory_counts (directory_id, kind, shard, n)
    SELECT directory_id, 'group', 0, COUNT(*) FROM directory_groups GROUP BY directory_id;
DROP INDEX directory_users_display_name;
CREATE INDEX directory_users_display_name ON directory_users (directory_id, display_name_key, id);
DROP INDEX directory_users_external_id;
CREATE INDEX directory_users_external_id ON directory_users (directory_id, external_id, id);
DROP INDEX directory_groups_external_id;
CREATE INDEX directory_groups_external_id ON directory_groups (directory_id, external_id, id);
DROP INDEX directory_groups_display_name;
CREATE INDEX directory_groups_display_name ON directory_groups (directory_id, display_name_key, id);
CREATE INDEX directory_group_members_inside ON directory_group_members (group_id, member_id) WHERE member_kind = 'group'
";
