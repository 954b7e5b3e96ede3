//! Jobs of several owners take turns, and a seal covers the instant of its entry.

script!(UP);

// Seals that were made before say that they cover less: another version has another hash, so none passes for the other.
const UP: &str = "
CREATE TABLE directory_job_turns (
    owner_key TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX directory_jobs_waiting ON directory_jobs (directory_id, kind) WHERE state IN ('queued', 'running');

ALTER TABLE audit_seals ADD COLUMN version BIGINT NOT NULL DEFAULT 1
";
