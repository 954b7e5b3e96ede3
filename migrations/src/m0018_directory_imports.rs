//! Imports: what an identity provider says while it is listened to and nothing is done.
//!
//! The staged tables are those of a directory's resources once more, column by column: the same statements run on them.

script!(UP);

const UP: &str = "
ALTER TABLE directories ADD COLUMN import_state TEXT;
ALTER TABLE directories ADD COLUMN import_started_at BIGINT;

CREATE TABLE staged_directory_users (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    display_name TEXT,
    display_name_key TEXT,
    active BOOLEAN NOT NULL,
    resource TEXT NOT NULL,
    version BIGINT NOT NULL,
    user_id TEXT,
    link TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX staged_directory_users_user_name ON staged_directory_users (directory_id, user_name_key);
CREATE INDEX staged_directory_users_external_id ON staged_directory_users (directory_id, external_id, id);
CREATE INDEX staged_directory_users_display_name ON staged_directory_users (directory_id, display_name_key, id);
CREATE INDEX staged_directory_users_order ON staged_directory_users (directory_id, id);

CREATE TABLE staged_directory_user_emails (
    directory_user_id TEXT NOT NULL REFERENCES staged_directory_users (id) ON DELETE CASCADE,
    directory_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    value_key TEXT NOT NULL,
    kind_key TEXT,
    PRIMARY KEY (directory_user_id, position)
);
CREATE INDEX staged_directory_user_emails_value ON staged_directory_user_emails (directory_id, value_key);

CREATE TABLE staged_directory_groups (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    display_name TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    external_id TEXT,
    resource TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX staged_directory_groups_display_name ON staged_directory_groups (directory_id, display_name_key, id);
CREATE INDEX staged_directory_groups_external_id ON staged_directory_groups (directory_id, external_id, id);
CREATE INDEX staged_directory_groups_order ON staged_directory_groups (directory_id, id);

CREATE TABLE staged_directory_group_members (
    group_id TEXT NOT NULL REFERENCES staged_directory_groups (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL,
    member_kind TEXT NOT NULL,
    directory_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX staged_directory_group_members_member ON staged_directory_group_members (member_id);
CREATE INDEX staged_directory_group_members_nested ON staged_directory_group_members (directory_id, member_id, group_id)
    WHERE member_kind = 'group';

CREATE VIEW staged_directory_counts AS
    SELECT directory_id, 'user' AS kind, COUNT(*) AS n FROM staged_directory_users GROUP BY directory_id
    UNION ALL
    SELECT directory_id, 'group' AS kind, COUNT(*) AS n FROM staged_directory_groups GROUP BY directory_id;

CREATE TABLE directory_import_entries (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT,
    detail TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, id)
);
CREATE INDEX directory_import_entries_outcome ON directory_import_entries (directory_id, kind, outcome, id)
";
