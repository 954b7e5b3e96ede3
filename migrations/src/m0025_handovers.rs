//! One-time codes by which a session here becomes one of a page on another site.

script!(UP);

// A session that a code opened is named, not referred to: it may be gone long before the code is forgotten.
const UP: &str = "
CREATE TABLE handover_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    client_origin TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    opened_session_id TEXT,
    used_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX handover_codes_user ON handover_codes (user_id);
CREATE INDEX handover_codes_expired ON handover_codes (expires_at)
";
