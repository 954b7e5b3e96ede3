//! What directories are watched for: breaker, pauses, what never came.

script!(UP);

// A breaker has a row of its own: whoever ends somebody's access waits for it, and nobody else does.
const UP: &str = "
CREATE TABLE directory_breakers (
    directory_id TEXT NOT NULL PRIMARY KEY REFERENCES directories (id) ON DELETE CASCADE,
    tripped_at BIGINT,
    tripped_by TEXT,
    departed BIGINT NOT NULL DEFAULT 0,
    active BIGINT NOT NULL DEFAULT 0,
    rejected_at BIGINT
);

CREATE TABLE directory_departures (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    directory_user_id TEXT NOT NULL,
    user_id TEXT,
    standing TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, directory_user_id)
);
CREATE INDEX directory_departures_window ON directory_departures (directory_id, standing, at)
";
