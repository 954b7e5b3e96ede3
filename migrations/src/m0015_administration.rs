//! What administrators need besides: roles of their own, locks, proofs of domains.
//!
//! A domain that was proven by a DNS record remembers when it was looked for last (`checked_at`), since when it is
//! missing (`missing_since`) and how often it was found missing since (`misses`).

script!(UP);

const UP: &str = "
CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    role_key TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX roles_role_key ON roles (role_key);
CREATE INDEX member_grants_of_role ON member_grants (role);

ALTER TABLE users ADD COLUMN locked_at BIGINT;
CREATE INDEX sessions_organization ON sessions (active_organization_id, created_at) WHERE active_organization_id IS NOT NULL;

ALTER TABLE organization_domains ADD COLUMN challenge TEXT;
ALTER TABLE organization_domains ADD COLUMN checked_at BIGINT;
ALTER TABLE organization_domains ADD COLUMN missing_since BIGINT;
ALTER TABLE organization_domains ADD COLUMN misses BIGINT NOT NULL DEFAULT 0;
CREATE INDEX organization_domains_checked_at ON organization_domains (checked_at) WHERE verified_how = 'dns_txt';
";
