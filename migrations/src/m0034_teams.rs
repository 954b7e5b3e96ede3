//! Teams of an organization, who is in them, into which somebody is invited, and in which one a session works.

script!(UP);

// Who is in a team is a member: when the membership ends, so does that, and no session works in the team any more.
const UP: &str = "
CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX teams_organization ON teams (organization_id, created_at, id);
CREATE TABLE team_members (
    id TEXT NOT NULL PRIMARY KEY,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_members_once ON team_members (team_id, member_id);
CREATE INDEX team_members_member ON team_members (member_id);
CREATE TABLE invitation_teams (
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, team_id)
);
CREATE INDEX invitation_teams_team ON invitation_teams (team_id);
CREATE TABLE active_teams (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    team_member_id TEXT NOT NULL REFERENCES team_members (id) ON DELETE CASCADE
);
CREATE INDEX active_teams_team_member ON active_teams (team_member_id)
";
