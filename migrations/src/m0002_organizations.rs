//! Organizations: members and where their roles come from, invitations, proven domains.

script!(UP);

const UP: &str = "
CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    logo TEXT,
    public_metadata TEXT,
    private_metadata TEXT NOT NULL,
    max_allowed_memberships BIGINT,
    created_by TEXT,
    ownerless_since BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organizations_slug ON organizations (slug);
CREATE INDEX organizations_created_at ON organizations (created_at, id);

CREATE TABLE members (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    suspended_by TEXT,
    suspended_at BIGINT,
    access_epoch BIGINT NOT NULL,
    public_metadata TEXT NOT NULL,
    private_metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX members_identity ON members (organization_id, user_id);
CREATE INDEX members_user_id ON members (user_id);
CREATE INDEX members_created_at ON members (organization_id, created_at, id);

CREATE TABLE member_grants (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX member_grants_identity ON member_grants (member_id, role, source, source_id);
CREATE INDEX member_grants_role ON member_grants (organization_id, role);

CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    inviter_id TEXT,
    directory_id TEXT,
    expires_at BIGINT NOT NULL,
    last_mailed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX invitations_email ON invitations (organization_id, email_key);
CREATE INDEX invitations_recipient ON invitations (email_key);
CREATE INDEX invitations_created_at ON invitations (organization_id, created_at, id);
CREATE UNIQUE INDEX invitations_pending ON invitations (organization_id, email_key) WHERE status = 'pending';

CREATE TABLE organization_domains (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    verified_at BIGINT,
    verified_how TEXT,
    enrollment_mode TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organization_domains_identity ON organization_domains (organization_id, name);
CREATE UNIQUE INDEX organization_domains_holder ON organization_domains (name) WHERE verified_at IS NOT NULL
";
