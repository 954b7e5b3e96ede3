//! Roles that an organization makes for itself: a key is the instance's or one organization's.

script!(UP);

const UP: &str = "
ALTER TABLE roles ADD COLUMN organization_id TEXT REFERENCES organizations (id) ON DELETE CASCADE;
DROP INDEX roles_role_key;
CREATE UNIQUE INDEX roles_role_key ON roles (role_key) WHERE organization_id IS NULL;
CREATE UNIQUE INDEX roles_of_organization ON roles (organization_id, role_key) WHERE organization_id IS NOT NULL
";
