//! People and their ways in: users, accounts, sessions, single-use tokens.

script!(UP);

const UP: &str = "
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_verified BOOLEAN NOT NULL,
    image TEXT,
    external_id TEXT,
    role TEXT NOT NULL,
    banned BOOLEAN NOT NULL,
    ban_reason TEXT,
    ban_expires_at BIGINT,
    public_metadata TEXT NOT NULL,
    private_metadata TEXT NOT NULL,
    access_epoch BIGINT NOT NULL,
    created_by_directory_id TEXT,
    last_sign_in_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_created_at ON users (created_at, id);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    password_hash TEXT,
    scope TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_identity ON accounts (provider_id, account_id);
CREATE INDEX accounts_user_id ON accounts (user_id);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remember BOOLEAN NOT NULL,
    ip_address TEXT,
    user_agent TEXT,
    active_organization_id TEXT,
    impersonated_by TEXT,
    method TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sessions_token_hash ON sessions (token_hash);
CREATE INDEX sessions_user_id ON sessions (user_id, created_at);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE verifications (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX verifications_token ON verifications (purpose, token_hash);
CREATE INDEX verifications_user_id ON verifications (user_id);
CREATE INDEX verifications_expires_at ON verifications (expires_at)
";
