//! Rules that put the members of directory groups into teams.
//!
//! `directory_rule_teams` is to teams what `directory_rule_groups` is to roles: for each group the teams of its direct members
//! by which rule, groups in groups followed. Nothing of it is per person. `active_group_teams` are the teams in which sessions
//! work whose people are in them by a group alone.

script!(UP);

// With a team goes what rules say of it.
const UP: &str = "
CREATE TABLE directory_role_rule_teams (
    rule_id TEXT NOT NULL REFERENCES directory_role_rules (id) ON DELETE CASCADE,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    PRIMARY KEY (rule_id, team_id)
);
CREATE INDEX directory_role_rule_teams_team ON directory_role_rule_teams (team_id);

CREATE TABLE directory_rule_teams (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL,
    PRIMARY KEY (directory_id, group_id, rule_id, team_id)
);
CREATE INDEX directory_rule_teams_team ON directory_rule_teams (team_id);

CREATE TABLE active_group_teams (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE
);
CREATE INDEX active_group_teams_team ON active_group_teams (team_id)
";
