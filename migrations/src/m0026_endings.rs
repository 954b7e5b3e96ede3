//! Acting as somebody ends with the administrator's own session; what was told of who was erased is forgotten; and the
//! report of an import has a revision. A setup session can be revoked by itself.

script!(UP);

// The administrator's session is named, not referred to: it is looked for on every request. A session without it was
// opened before and is over: it had an hour at most. An erasure stays until the stream was gone through up to its event.
const UP: &str = "
ALTER TABLE sessions ADD COLUMN impersonator_session_id TEXT;
ALTER TABLE setup_sessions ADD COLUMN revoked_at BIGINT;
ALTER TABLE directories ADD COLUMN import_revision BIGINT NOT NULL DEFAULT 0;
CREATE TABLE user_erasures (
    user_id TEXT NOT NULL PRIMARY KEY,
    email TEXT,
    event_id TEXT NOT NULL,
    through BIGINT NOT NULL,
    created_at BIGINT NOT NULL
)
";
