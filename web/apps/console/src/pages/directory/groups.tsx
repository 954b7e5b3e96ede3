import { Link } from "@tanstack/react-router";
import { UsersRound } from "lucide-react";
import { directoryPath, useList, useRoleNames } from "../../api/queries";
import { useTeamNames } from "../../api/teams";
import type { DirectoryGroup } from "../../api/types";
import { TeamBadges } from "../../components/grants";
import { useListState, useOrg, useParam } from "../../components/hooks";
import { Badge, Empty, SearchBox, Time, Truncate } from "../../components/kit";
import { List } from "../../components/table";
import { count, roleName } from "../../lib/format";

export function GroupsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const names = useRoleNames(org);
  const teams = useTeamNames(org);
  const [search, setSearch] = useListState();
  const query = useList<DirectoryGroup>(["directories", dir, "groups"], `${directoryPath(org, dir)}/groups`, search);
  return (
    <List
      label="Groups"
      query={query}
      rowKey={(row) => row.id}
      search={search}
      onSearch={setSearch}
      toolbar={<SearchBox label="Search groups" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />}
      empty={
        <Empty icon={<UsersRound size={32} aria-hidden />} title="No group has been pushed yet">
          Push groups from the identity provider, then give them roles under Role rules.
        </Empty>
      }
      columns={[
        {
          head: "Group",
          grow: true,
          cell: (row) => (
            <div className="pc-two">
              <strong>
                <Truncate text={row.display_name} />
              </strong>
              {row.external_id && (
                <span className="pt-small pt-muted">
                  <Truncate text={row.external_id} mono />
                </span>
              )}
            </div>
          ),
        },
        { head: "Members", end: true, cell: (row) => count(row.members_count) },
        {
          head: "Gives",
          cell: (row) =>
            row.role_rules.length === 0 ? (
              <Link to="/o/$org/directories/$dir/rules" params={{ org, dir }} className="pt-small">
                Nothing: add a rule
              </Link>
            ) : (
              <div className="pc-badges">
                {row.role_rules.flatMap((rule) =>
                  rule.roles.map((role) => (
                    <span
                      key={`${rule.rule_id}-${role}`}
                      title={rule.inherited ? `By the group “${rule.group_name}” around it` : undefined}
                    >
                      <Badge tone={rule.inherited ? "neutral" : "accent"}>
                        {roleName(role, names)}
                        {rule.inherited && " (inherited)"}
                      </Badge>
                    </span>
                  )),
                )}
                {row.role_rules.some((rule) => rule.teams.length > 0) && (
                  <TeamBadges teams={[...new Set(row.role_rules.flatMap((rule) => rule.teams))]} names={teams} />
                )}
              </div>
            ),
        },
        { head: "Changed", cell: (row) => <Time ms={row.updated_at} /> },
      ]}
    />
  );
}
