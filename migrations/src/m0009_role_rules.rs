//! Rules that give the members of directory groups roles.
//!
//! `directory_rule_groups` holds for each group which roles its direct members have by which rule, groups in groups
//! followed: so whoever asks for a person's roles follows nothing. `directory_role_touches` are the people about whom a
//! job still has to say that their roles changed.

script!(UP);

const UP: &str = "
ALTER TABLE directories ADD COLUMN rules_version BIGINT NOT NULL DEFAULT 0;

CREATE TABLE directory_role_rules (
    id TEXT NOT NULL PRIMARY KEY,
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    owner_key TEXT NOT NULL,
    position BIGINT NOT NULL,
    group_id TEXT,
    group_name TEXT NOT NULL,
    group_name_key TEXT,
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX directory_role_rules_order ON directory_role_rules (directory_id, position);

CREATE TABLE directory_rule_groups (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    role TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    PRIMARY KEY (directory_id, group_id, rule_id, role)
);
CREATE INDEX directory_rule_groups_role ON directory_rule_groups (organization_id, role);

CREATE TABLE directory_role_touches (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    job_id TEXT NOT NULL,
    directory_user_id TEXT NOT NULL,
    came BOOLEAN NOT NULL,
    PRIMARY KEY (job_id, directory_user_id)
);
CREATE INDEX directory_role_touches_directory ON directory_role_touches (directory_id)
";
