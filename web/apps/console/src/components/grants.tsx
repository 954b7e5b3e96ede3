import type { Grant } from "../api/types";
import { roleName } from "../lib/format";
import { SOURCES } from "../lib/states";
import { Badge } from "./kit";

/** Roles, each with where it comes from. `names` are those of `useRoleNames`, which a page asks once for all its rows. */
export function Grants({ grants, names }: { grants: readonly Grant[]; names: Map<string, string> }) {
  if (grants.length === 0) return <span className="pt-muted">No roles</span>;
  return (
    <ul className="pc-grants">
      {grants.map((grant) => (
        <li key={`${grant.role}-${grant.source}-${grant.source_id ?? ""}-${grant.group_id ?? ""}`}>
          <Badge tone={grant.role === "org:owner" ? "accent" : "neutral"}>{roleName(grant.role, names)}</Badge>{" "}
          <span className="pt-muted pt-small">
            {grant.source === "group" && grant.group_name
              ? `by the group “${grant.group_name}”`
              : (SOURCES[grant.source] ?? grant.source).toLowerCase()}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function RoleBadges({ roles, names }: { roles: readonly string[]; names: Map<string, string> }) {
  if (roles.length === 0) return <span className="pt-muted">None</span>;
  return (
    <div className="pc-badges">
      {roles.map((role) => (
        <Badge key={role} tone={role === "org:owner" ? "accent" : "neutral"}>
          {roleName(role, names)}
        </Badge>
      ))}
    </div>
  );
}

export function TeamBadges({ teams, names }: { teams: readonly string[]; names: Map<string, string> }) {
  return (
    <div className="pc-badges">
      {teams.map((team) => (
        <Badge key={team} tone="info">
          Team {names.get(team) ?? team}
        </Badge>
      ))}
    </div>
  );
}
