//! Groups in groups: which of a directory there are, without looking at people's memberships.

script!(UP);

const UP: &str = "
CREATE INDEX directory_group_members_nested ON directory_group_members (directory_id, member_id, group_id)
    WHERE member_kind = 'group'
";
