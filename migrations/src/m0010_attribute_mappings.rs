//! What becomes of a person's attributes: the mappings of directories with their history, what they set, and the
//! work on many people that goes on beside the requests.

script!(UP);

const UP: &str = "
ALTER TABLE directories ADD COLUMN mapping_version BIGINT NOT NULL DEFAULT 0;

CREATE TABLE directory_mappings (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    owner_key TEXT NOT NULL,
    mapping TEXT NOT NULL,
    user_schema TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (directory_id, version)
);

CREATE TABLE directory_user_mapped (
    directory_user_id TEXT NOT NULL PRIMARY KEY REFERENCES directory_users (id) ON DELETE CASCADE,
    directory_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sent_groups TEXT,
    metadata TEXT
);
CREATE INDEX directory_user_mapped_directory ON directory_user_mapped (directory_id);

CREATE TABLE directory_jobs (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    cursor TEXT,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease TEXT,
    leased_until BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX directory_jobs_open ON directory_jobs (updated_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX directory_jobs_directory ON directory_jobs (directory_id, created_at, id);
CREATE INDEX directory_jobs_ended_at ON directory_jobs (ended_at) WHERE ended_at IS NOT NULL
";
