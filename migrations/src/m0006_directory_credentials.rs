//! Credentials of directories: rotation, OAuth 2.0 clients and what they hold.

script!(UP);

const UP: &str = "
ALTER TABLE directory_credentials ADD COLUMN rotation_prefix TEXT;
ALTER TABLE directory_credentials ADD COLUMN rotation_hash TEXT;
ALTER TABLE directory_credentials ADD COLUMN rotation_started_at BIGINT;
ALTER TABLE directory_credentials ADD COLUMN redirect_uris TEXT;
ALTER TABLE directory_credentials ADD COLUMN jwks TEXT;
CREATE UNIQUE INDEX directory_credentials_rotation ON directory_credentials (rotation_hash) WHERE rotation_hash IS NOT NULL;

CREATE TABLE directory_oauth_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    credential_id TEXT NOT NULL REFERENCES directory_credentials (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    code_challenge TEXT,
    grant_id TEXT,
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX directory_oauth_codes_credential ON directory_oauth_codes (credential_id);
CREATE INDEX directory_oauth_codes_expires_at ON directory_oauth_codes (expires_at);

CREATE TABLE directory_oauth_grants (
    id TEXT NOT NULL PRIMARY KEY,
    credential_id TEXT NOT NULL REFERENCES directory_credentials (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX directory_oauth_grants_credential ON directory_oauth_grants (credential_id);
CREATE INDEX directory_oauth_grants_expires_at ON directory_oauth_grants (expires_at);

CREATE TABLE directory_oauth_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    credential_id TEXT NOT NULL REFERENCES directory_credentials (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    grant_id TEXT REFERENCES directory_oauth_grants (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX directory_oauth_tokens_credential ON directory_oauth_tokens (credential_id);
CREATE INDEX directory_oauth_tokens_grant ON directory_oauth_tokens (grant_id);
CREATE INDEX directory_oauth_tokens_expires_at ON directory_oauth_tokens (expires_at);

CREATE TABLE directory_oauth_assertions (
    credential_id TEXT NOT NULL REFERENCES directory_credentials (id) ON DELETE CASCADE,
    jti_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (credential_id, jti_hash)
);
CREATE INDEX directory_oauth_assertions_expires_at ON directory_oauth_assertions (expires_at)
";
