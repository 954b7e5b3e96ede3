//! Through which service somebody came in, and through which ones the members of an organization do.

script!(UP);

// `provider` is the service's id, also in sessions that come from another (`method` then says by which way). `require_sso` is a
// JSON list of such ids, null where any way will do.
const UP: &str = "
ALTER TABLE sessions ADD COLUMN provider TEXT;
UPDATE sessions SET provider = substr(method, 8) WHERE method LIKE 'social:%';
ALTER TABLE organizations ADD COLUMN require_sso TEXT
";
