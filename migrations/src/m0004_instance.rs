//! What the instance itself keeps: events, mail to send, keys, answers to repeated requests.

script!(UP);

const UP: &str = "
CREATE TABLE events (
    sequence SEQUENCE,
    position BIGINT,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    organization_id TEXT,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT NOT NULL,
    transaction_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_id ON events (id);
CREATE UNIQUE INDEX events_position ON events (position);
CREATE INDEX events_unpublished ON events (sequence) WHERE position IS NULL;
CREATE INDEX events_organization ON events (organization_id, position);
CREATE INDEX events_subject ON events (subject, position);
CREATE INDEX events_created_at ON events (created_at);

CREATE TABLE mail_queue (
    id TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX mail_queue_due ON mail_queue (next_attempt_at);

CREATE TABLE secret_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_by TEXT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX secret_keys_secret ON secret_keys (secret_hash);
CREATE INDEX secret_keys_created_at ON secret_keys (created_at, id);

CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    sealed_private_key TEXT NOT NULL,
    retired_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX signing_keys_current ON signing_keys (algorithm) WHERE retired_at IS NULL;

CREATE TABLE idempotency_keys (
    key_hash TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status BIGINT,
    sealed_answer TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at)
";
