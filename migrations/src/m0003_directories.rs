//! Directories: credentials, the users and groups they pushed, tombstones, receipts.

script!(UP);

const UP: &str = "
CREATE TABLE directories (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    last_request_at BIGINT,
    last_success_at BIGINT,
    deleted_at BIGINT,
    swept_through TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX directories_provider ON directories (owner_key, provider_id) WHERE deleted_at IS NULL;
CREATE INDEX directories_owner ON directories (owner_key, created_at, id);

CREATE TABLE directory_credentials (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    prefix TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    last_used_ip TEXT,
    last_used_user_agent TEXT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX directory_credentials_secret ON directory_credentials (secret_hash);
CREATE INDEX directory_credentials_directory ON directory_credentials (directory_id, created_at);
CREATE INDEX directory_credentials_owner ON directory_credentials (owner_key, created_at, id);

CREATE TABLE directory_users (
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
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    link TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX directory_users_user_name ON directory_users (directory_id, user_name_key);
CREATE INDEX directory_users_external_id ON directory_users (directory_id, external_id);
CREATE INDEX directory_users_display_name ON directory_users (directory_id, display_name_key);
CREATE INDEX directory_users_order ON directory_users (directory_id, id);
CREATE INDEX directory_users_user_id ON directory_users (user_id);

CREATE TABLE directory_user_emails (
    directory_user_id TEXT NOT NULL REFERENCES directory_users (id) ON DELETE CASCADE,
    directory_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    value_key TEXT NOT NULL,
    kind_key TEXT,
    PRIMARY KEY (directory_user_id, position)
);
CREATE INDEX directory_user_emails_value ON directory_user_emails (directory_id, value_key);

CREATE TABLE directory_groups (
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
CREATE INDEX directory_groups_display_name ON directory_groups (directory_id, display_name_key);
CREATE INDEX directory_groups_external_id ON directory_groups (directory_id, external_id);
CREATE INDEX directory_groups_order ON directory_groups (directory_id, id);

CREATE TABLE directory_group_members (
    group_id TEXT NOT NULL REFERENCES directory_groups (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL,
    member_kind TEXT NOT NULL,
    directory_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX directory_group_members_member ON directory_group_members (member_id);

CREATE TABLE directory_tombstones (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    external_id TEXT,
    user_name_key TEXT NOT NULL,
    email_key TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    link TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);
CREATE INDEX directory_tombstones_external_id ON directory_tombstones (directory_id, external_id);
CREATE INDEX directory_tombstones_user_name ON directory_tombstones (directory_id, user_name_key);
CREATE INDEX directory_tombstones_user_id ON directory_tombstones (user_id);

CREATE TABLE receipts (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL,
    organization_id TEXT,
    directory_user_id TEXT NOT NULL,
    user_id TEXT,
    request_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    payload TEXT NOT NULL,
    signature TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX receipts_person ON receipts (directory_user_id, created_at);
CREATE INDEX receipts_organization ON receipts (organization_id, created_at)
";
