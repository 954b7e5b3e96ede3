//! What the request log is to forget of people who were erased, by directory; where the marks of their addresses are; and
//! who is a visitor.

script!(UP);

// An erasure stays until the log of its directory was gone through. No foreign key, as of the log.
const UP: &str = "
CREATE TABLE directory_erasures (
    directory_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    rows_through TEXT NOT NULL,
    segments_through TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, user_id)
);
CREATE INDEX directory_erasures_created_at ON directory_erasures (created_at, directory_id, user_id);
CREATE INDEX users_anonymous ON users (created_at) WHERE is_anonymous = TRUE;
CREATE INDEX directory_tombstones_nobodys ON directory_tombstones (email_key) WHERE user_id IS NULL
";
