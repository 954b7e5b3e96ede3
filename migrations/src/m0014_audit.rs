//! Audit: where events came from, and the seals over them.

script!(UP);

// A seal holds a digest, not the facts: those may be erased or forgotten, and the chain still holds. Only the sealer
// writes here, so that whoever records an event waits for nobody.
const UP: &str = "
ALTER TABLE events ADD COLUMN ip TEXT;
ALTER TABLE events ADD COLUMN user_agent TEXT;
ALTER TABLE events ADD COLUMN audited BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE events SET audited = FALSE WHERE kind IN ('session.created', 'session.ended', 'directory_user.updated',
    'directory_group.created', 'directory_group.updated', 'directory_group.deleted', 'directory_group.member_added',
    'directory_group.member_removed');
CREATE INDEX events_passing ON events (created_at) WHERE audited = FALSE;

CREATE TABLE audit_seals (
    sequence BIGINT NOT NULL PRIMARY KEY,
    owner_key TEXT NOT NULL,
    position BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    digest TEXT NOT NULL,
    hash TEXT NOT NULL,
    sealed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX audit_seals_chain ON audit_seals (owner_key, position);

CREATE TABLE audit_chains (
    owner_key TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE audit_sealer (
    id BIGINT NOT NULL PRIMARY KEY,
    through BIGINT NOT NULL
);
INSERT INTO audit_sealer (id, through) VALUES (1, 0)
";
