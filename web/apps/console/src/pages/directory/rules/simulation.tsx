/** What rules would mean for people, before they are saved. */
import { Link } from "@tanstack/react-router";
import type { Simulation } from "../../../api/types";
import { RoleBadges, TeamBadges } from "../../../components/grants";
import { useOrg, useParam } from "../../../components/hooks";
import { Badge, Card, Notice, Truncate } from "../../../components/kit";
import { plural } from "../../../lib/format";
import { gainsAndLosses } from "../../../lib/rules";

export function Simulated({
  result,
  given,
  names,
  teamNames,
}: {
  result: Simulation;
  /** What is gained or lost, in words. */
  given: string;
  names: Map<string, string>;
  teamNames: Map<string, string>;
}) {
  const org = useOrg();
  const dir = useParam("dir");
  return (
    <Card title="If these rules were saved now">
      {result.counts.gaining === 0 && result.counts.losing === 0 ? (
        <Notice title={`Nobody would gain or lose ${given}.`} />
      ) : (
        <>
          <div className="pt-row">
            <Badge tone="success">
              {plural(result.counts.gaining, "person gains", "people gain")} {given}
            </Badge>
            <Badge tone={result.counts.losing ? "danger" : "neutral"}>
              {plural(result.counts.losing, "person loses", "people lose")} {given}
            </Badge>
            {!result.complete && <span className="pt-muted pt-small">The first {result.people.length} are shown.</span>}
          </div>
          <div className="pc-table-wrap">
            <table className="pc-table">
              <thead>
                <tr>
                  <th scope="col">Person</th>
                  <th scope="col">Gains</th>
                  <th scope="col">Loses</th>
                  <th scope="col">Afterwards</th>
                </tr>
              </thead>
              <tbody>
                {result.people.map((person) => {
                  const roles = gainsAndLosses(person.before, person.after);
                  const places = gainsAndLosses(person.teams_before, person.teams_after);
                  return (
                    <tr key={person.directory_user_id}>
                      <td className="pc-grow" data-label="Person">
                        <Link
                          to="/o/$org/directories/$dir/users/$personId"
                          params={{ org, dir, personId: person.directory_user_id }}
                        >
                          <Truncate text={person.user_name} />
                        </Link>
                      </td>
                      <td data-label="Gains">
                        <Given roles={roles.gains} names={names} teams={places.gains} teamNames={teamNames} />
                      </td>
                      <td data-label="Loses">
                        <Given roles={roles.losses} names={names} teams={places.losses} teamNames={teamNames} />
                      </td>
                      <td data-label="Afterwards">
                        <Given roles={person.after} names={names} teams={person.teams_after} teamNames={teamNames} />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Card>
  );
}

/** Roles and teams of somebody. */
function Given({
  roles,
  names,
  teams,
  teamNames,
}: {
  roles: readonly string[];
  names: Map<string, string>;
  teams: readonly string[];
  teamNames: Map<string, string>;
}) {
  if (roles.length === 0 && teams.length === 0) return <>–</>;
  return (
    <div className="pc-stack pc-tight">
      {roles.length > 0 && <RoleBadges roles={roles} names={names} />}
      {teams.length > 0 && <TeamBadges teams={teams} names={teamNames} />}
    </div>
  );
}
