//! Links by which somebody without an account sets up a directory, and the sessions made of them.

script!(UP);

const UP: &str = "
CREATE TABLE setup_links (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL,
    creator_kind TEXT NOT NULL,
    creator_id TEXT,
    creator_epoch BIGINT,
    creator_member_id TEXT,
    creator_member_epoch BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX setup_links_token ON setup_links (token_hash);
CREATE INDEX setup_links_directory ON setup_links (directory_id, created_at, id);
CREATE INDEX setup_links_organization ON setup_links (organization_id);
CREATE INDEX setup_links_expired ON setup_links (expires_at);

CREATE TABLE setup_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    link_id TEXT REFERENCES setup_links (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL,
    creator_kind TEXT NOT NULL,
    creator_id TEXT,
    creator_epoch BIGINT,
    creator_member_id TEXT,
    creator_member_epoch BIGINT,
    embedded BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX setup_sessions_token ON setup_sessions (token_hash);
CREATE INDEX setup_sessions_directory ON setup_sessions (directory_id);
CREATE INDEX setup_sessions_organization ON setup_sessions (organization_id);
CREATE INDEX setup_sessions_link ON setup_sessions (link_id);
CREATE INDEX setup_sessions_expired ON setup_sessions (expires_at);

CREATE TABLE setup_session_origins (
    origin TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES setup_sessions (id) ON DELETE CASCADE,
    PRIMARY KEY (origin, session_id)
);
CREATE INDEX setup_session_origins_session ON setup_session_origins (session_id)
";
