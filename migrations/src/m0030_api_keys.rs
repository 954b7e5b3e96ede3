//! API keys: what programs of people and of organizations present to the application.

script!(UP);

// A key belongs to a person or to an organization. It remembers the epochs that it was issued under: the person's, or, if
// a member made it for the organization, the membership's. Intervals are milliseconds, as the wire has them.
const UP: &str = "
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    key_hash TEXT NOT NULL,
    start TEXT NOT NULL,
    prefix TEXT,
    name TEXT,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT NOT NULL,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    member_id TEXT,
    member_epoch BIGINT NOT NULL,
    created_by TEXT,
    enabled BOOLEAN NOT NULL,
    remaining BIGINT,
    refill_amount BIGINT,
    refill_interval BIGINT,
    last_refill_at BIGINT,
    rate_limit_enabled BOOLEAN NOT NULL,
    rate_limit_window BIGINT NOT NULL,
    rate_limit_max BIGINT NOT NULL,
    request_count BIGINT NOT NULL,
    window_started_at BIGINT,
    last_request_at BIGINT,
    permissions TEXT,
    metadata TEXT,
    expires_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((user_id IS NULL) <> (organization_id IS NULL))
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (key_hash);
CREATE INDEX api_keys_user ON api_keys (user_id, created_at, id);
CREATE INDEX api_keys_organization ON api_keys (organization_id, created_at, id);
CREATE INDEX api_keys_created_by ON api_keys (created_by);
CREATE INDEX api_keys_created ON api_keys (created_at, id);
CREATE INDEX api_keys_expires ON api_keys (expires_at)
";
