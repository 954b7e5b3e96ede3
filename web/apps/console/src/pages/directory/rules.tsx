/** Who is in a group has a role: an ordered list, tried out before it is saved. */
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { post, put, reads } from "../../api/http";
import { directoryPath, rolesQuery, useRoleNames } from "../../api/queries";
import { teamsQuery } from "../../api/teams";
import type { Role, RoleRules, Simulation, Team } from "../../api/types";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { Button, cx, Empty, Failure, Spinner } from "../../components/kit";
import { type DraftRule, draftOf, faults, isChanged, move, newRule, putOf } from "../../lib/rules";
import { GroupChoice, RoleChoice, TeamChoice } from "./rules/choices";
import { useDrag } from "./rules/drag";
import { Simulated } from "./rules/simulation";

export function RulesPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/role-rules`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "rules"],
    ...reads<RoleRules>(path),
  });
  const roles = useQuery(rolesQuery(org));
  const teams = useQuery(teamsQuery(org));
  if (isPending || roles.isPending || teams.isLoading) return <Spinner label="Loading the rules" />;
  if (!data || !roles.data) return <Failure error={error ?? roles.error} retry={() => void refetch()} />;
  const choices = roles.data.data.filter((role) => role.key !== "org:owner");
  return <Editor path={path} saved={data} roles={choices} teams={teams.data ?? []} />;
}

function Editor({ path, saved, roles, teams }: { path: string; saved: RoleRules; roles: Role[]; teams: Team[] }) {
  const org = useOrg();
  const names = useRoleNames(org);
  const [draft, setDraft] = useState<DraftRule[]>(() => saved.rules.map(draftOf));
  const [simulated, setSimulated] = useState<{ of: string; result: Simulation } | null>(null);
  const [said, setSaid] = useState("");
  const changed = isChanged(saved.rules, draft);
  const before = useRef(saved);
  // Somebody else has saved: theirs is shown, unless something here is not saved yet.
  useEffect(() => {
    if (before.current === saved) return;
    const mine = isChanged(before.current.rules, draft);
    before.current = saved;
    if (!mine) setDraft(saved.rules.map(draftOf));
  }, [saved, draft]);

  const body = { rules: putOf(draft) };
  const key = JSON.stringify(body);
  const problems = faults(draft, teams.length > 0);
  const teamNames = new Map(teams.map((team) => [team.id, team.name]));
  // What is told of roles is told of teams where they matter.
  const given = [...draft, ...saved.rules].some((rule) => rule.teams.length > 0) ? "a role or a team" : "a role";
  const simulate = useChange(() => post<Simulation>(`${path}/simulate`, body), {
    quiet: true,
    after: (result) => setSimulated({ of: key, result }),
  });
  const save = useChange(() => put<RoleRules>(path, body), {
    stale: ["directories", "members", "teams"],
    quiet: true,
    done: "The rules are saved and in force",
    after: (result) => {
      before.current = result;
      setDraft(result.rules.map(draftOf));
      setSimulated(null);
    },
  });
  const current = simulated?.of === key ? simulated.result : null;
  const place = (from: number, to: number) => {
    const rule = draft[from];
    setDraft(move(draft, from, to));
    if (rule)
      setSaid(
        `${rule.groupName || "The rule"} is now number ${Math.max(0, Math.min(draft.length - 1, to)) + 1} of ${draft.length}`,
      );
  };
  const drag = useDrag(place);
  const change = (index: number, rule: DraftRule) => setDraft(draft.map((one, i) => (i === index ? rule : one)));

  return (
    <div className="pc-stack">
      <p className="pt-muted">
        Whoever is in a group has its roles, beside those given in other ways, from the moment they are in it. The order
        is the order in which rules are shown and explained; a person has the roles of every rule that holds.
        {teams.length > 0 && " A rule may put them into teams as well, or only into teams."}
      </p>
      {draft.length === 0 && !changed ? (
        <Empty
          title="No group gives a role yet"
          action={
            <Button
              kind="primary"
              icon={<Plus size={16} aria-hidden />}
              onClick={() => setDraft([newRule({ id: null, name: "" }, ["org:member"])])}
            >
              Add a rule
            </Button>
          }
        >
          Everybody whom the directory sends has its default role. A rule gives the members of a group more.
        </Empty>
      ) : (
        <ol className="pc-rules" ref={drag.list}>
          {draft.map((rule, i) => (
            <li
              key={rule.key}
              className={cx(
                "pc-rule",
                drag.from === i && "pc-rule-drag",
                drag.over === i && drag.from !== i && "pc-rule-over",
              )}
            >
              <span className="pc-grip" title="Drag to another place" onPointerDown={(e) => drag.start(e, i)}>
                <GripVertical size={16} aria-hidden />
              </span>
              <GroupChoice rule={rule} onChange={(next) => change(i, next)} />
              <RoleChoice
                roles={roles}
                chosen={rule.roles}
                group={rule.groupName}
                onChange={(chosen) => change(i, { ...rule, roles: chosen })}
              />
              <div className="pt-row">
                <Button
                  kind="ghost"
                  small
                  icon={<ArrowUp size={16} aria-hidden />}
                  aria-label={`Move ${rule.groupName || "the rule"} up`}
                  disabled={i === 0}
                  onClick={() => place(i, i - 1)}
                />
                <Button
                  kind="ghost"
                  small
                  icon={<ArrowDown size={16} aria-hidden />}
                  aria-label={`Move ${rule.groupName || "the rule"} down`}
                  disabled={i === draft.length - 1}
                  onClick={() => place(i, i + 1)}
                />
                <Button
                  kind="ghost"
                  small
                  icon={<Trash2 size={16} aria-hidden />}
                  aria-label={`Take out the rule for ${rule.groupName || "this group"}`}
                  onClick={() => setDraft(draft.filter((_, n) => n !== i))}
                />
              </div>
              {(teams.length > 0 || rule.teams.length > 0) && (
                <TeamChoice
                  teams={teams}
                  names={teamNames}
                  chosen={rule.teams}
                  group={rule.groupName}
                  onChange={(chosen) => change(i, { ...rule, teams: chosen })}
                />
              )}
              {problems.has(rule.key) && <p className="pc-field-error pc-rule-error">{problems.get(rule.key)}</p>}
            </li>
          ))}
        </ol>
      )}
      <div className="pt-sr-only" aria-live="polite">
        {said}
      </div>
      {(draft.length > 0 || changed) && (
        <div className="pt-row">
          <Button
            icon={<Plus size={16} aria-hidden />}
            onClick={() => setDraft([...draft, newRule({ id: null, name: "" }, ["org:member"])])}
          >
            Add a rule
          </Button>
          {changed && (
            <>
              <Button
                kind={current ? "secondary" : "primary"}
                busy={simulate.isPending}
                disabled={problems.size > 0}
                onClick={() => simulate.mutate(undefined)}
              >
                Simulate
              </Button>
              <Button
                kind={current ? "primary" : "secondary"}
                busy={save.isPending}
                disabled={problems.size > 0}
                onClick={() => save.mutate(undefined)}
              >
                {current ? "Save these rules" : "Save without simulating"}
              </Button>
              <Button kind="ghost" onClick={() => setDraft(saved.rules.map(draftOf))}>
                Discard
              </Button>
            </>
          )}
        </div>
      )}
      <Failure error={simulate.error ?? save.error} />
      {current && <Simulated result={current} given={given} names={names} teamNames={teamNames} />}
    </div>
  );
}
