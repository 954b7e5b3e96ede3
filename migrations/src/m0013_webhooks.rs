//! Webhooks: endpoints and what was sent to them.

script!(UP);

const UP: &str = "
CREATE TABLE webhook_endpoints (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    url TEXT NOT NULL,
    sealed_secret TEXT NOT NULL,
    secret_prefix TEXT NOT NULL,
    previous_sealed_secret TEXT,
    rotation_window_expires_at BIGINT,
    enabled_event_types TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    disabled_at BIGINT,
    disabled_reason TEXT,
    last_position BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    rests_until BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_owner ON webhook_endpoints (owner_key, created_at, id);
CREATE INDEX webhook_endpoints_organization ON webhook_endpoints (organization_id);

CREATE TABLE webhook_deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_position BIGINT NOT NULL,
    event_type TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 0,
    next_retry_at BIGINT,
    response_status BIGINT,
    response_body TEXT,
    error TEXT,
    duration BIGINT,
    attempted_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_retry_at) WHERE next_retry_at IS NOT NULL;
CREATE INDEX webhook_deliveries_subject ON webhook_deliveries (endpoint_id, subject, event_position)
    WHERE next_retry_at IS NOT NULL;
CREATE INDEX webhook_deliveries_owner ON webhook_deliveries (owner_key, created_at, id);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (created_at, id)
";
