//! How often somebody has guessed, and how often somebody was written to.

script!(UP);

// A bucket is named by a keyed hash of what is counted, for whom and from where: no addresses are in here, neither people's
// nor networks'. Its window ends at `expires_at` and is not prolonged.
const UP: &str = "
CREATE TABLE throttles (
    bucket TEXT NOT NULL PRIMARY KEY,
    hits BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX throttles_expired ON throttles (expires_at)
";
