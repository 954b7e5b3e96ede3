/** Who is in a group has a role: an ordered list, tried out before it is saved. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from "lucide-react";
import { type PointerEvent, useEffect, useId, useRef, useState } from "react";
import { get, post, put } from "../../api/http";
import { directoryPath, groupsQuery, rolesQuery, useRoleNames } from "../../api/queries";
import type { Role, RoleRules, Simulation } from "../../api/types";
import { RoleBadges } from "../../components/grants";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { Badge, Button, Card, cx, Empty, Failure, Field, Input, Notice, Spinner, Truncate } from "../../components/kit";
import { plural, roleName } from "../../lib/format";
import { type DraftRule, draftOf, faults, gainsAndLosses, isChanged, move, newRule, putOf } from "../../lib/rules";

export function RulesPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/role-rules`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "rules"],
    queryFn: ({ signal }) => get<RoleRules>(path, undefined, signal),
  });
  const roles = useQuery(rolesQuery);
  if (isPending || roles.isPending) return <Spinner label="Loading the rules" />;
  if (!data || !roles.data) return <Failure error={error ?? roles.error} retry={() => void refetch()} />;
  const choices = roles.data.data.filter((role) => role.key !== "org:owner");
  return <Editor path={path} saved={data} roles={choices} />;
}

function Editor({ path, saved, roles }: { path: string; saved: RoleRules; roles: Role[] }) {
  const names = useRoleNames();
  const org = useOrg();
  const dir = useParam("dir");
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
  const problems = faults(draft);
  const simulate = useChange(() => post<Simulation>(`${path}/simulate`, body), {
    quiet: true,
    after: (result) => setSimulated({ of: key, result }),
  });
  const save = useChange(() => put<RoleRules>(path, body), {
    stale: ["directories", "members"],
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
      {current && (
        <Card title="If these rules were saved now">
          {current.counts.gaining === 0 && current.counts.losing === 0 ? (
            <Notice title="Nobody would gain or lose a role." />
          ) : (
            <>
              <div className="pt-row">
                <Badge tone="success">{plural(current.counts.gaining, "person gains", "people gain")} a role</Badge>
                <Badge tone={current.counts.losing ? "danger" : "neutral"}>
                  {plural(current.counts.losing, "person loses", "people lose")} a role
                </Badge>
                {!current.complete && (
                  <span className="pt-muted pt-small">The first {current.people.length} are shown.</span>
                )}
              </div>
              <div className="pc-table-wrap">
                <table className="pc-table">
                  <thead>
                    <tr>
                      <th scope="col">Person</th>
                      <th scope="col">Gains</th>
                      <th scope="col">Loses</th>
                      <th scope="col">Roles afterwards</th>
                    </tr>
                  </thead>
                  <tbody>
                    {current.people.map((person) => {
                      const { gains, losses } = gainsAndLosses(person.before, person.after);
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
                          <td data-label="Gains">{gains.length ? <RoleBadges roles={gains} names={names} /> : "–"}</td>
                          <td data-label="Loses">
                            {losses.length ? <RoleBadges roles={losses} names={names} /> : "–"}
                          </td>
                          <td data-label="Afterwards">
                            <RoleBadges roles={person.after} names={names} />
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
      )}
    </div>
  );
}

/** Drags by pointer, finger included: the list under the pointer says where. */
function useDrag(place: (from: number, to: number) => void) {
  const list = useRef<HTMLOListElement>(null);
  const [from, setFrom] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const start = (event: PointerEvent, index: number) => {
    if (event.button !== 0) return;
    event.preventDefault();
    setFrom(index);
    setOver(index);
    let target = index;
    const at = (y: number) => {
      const items = [...(list.current?.children ?? [])];
      const found = items.findIndex((item) => y < item.getBoundingClientRect().bottom);
      return found < 0 ? items.length - 1 : found;
    };
    const moveOver = (e: globalThis.PointerEvent) => {
      target = at(e.clientY);
      setOver(target);
    };
    const end = (dropped: boolean) => () => {
      window.removeEventListener("pointermove", moveOver);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", cancel);
      setFrom(null);
      setOver(null);
      if (dropped && target !== index) place(index, target);
    };
    const drop = end(true);
    const cancel = end(false);
    window.addEventListener("pointermove", moveOver);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", cancel);
  };
  return { list, from, over, start };
}

function GroupChoice({ rule, onChange }: { rule: DraftRule; onChange: (rule: DraftRule) => void }) {
  const org = useOrg();
  const dir = useParam("dir");
  const id = useId();
  // A group that was just typed stays open to typing: another name may begin the same.
  const fixed = rule.groupId !== null && !rule.key.startsWith("new-");
  const { data } = useQuery({ ...groupsQuery(org, dir, fixed ? "" : rule.groupName), enabled: !fixed });
  if (fixed) {
    return (
      <div className="pc-two">
        <strong>
          <Truncate text={rule.groupName} />
        </strong>
        {!rule.groupExists && (
          <span className="pc-field-error">The group was deleted: this rule gives nothing. Take it out.</span>
        )}
      </div>
    );
  }
  const type = (name: string) => {
    const found = data?.data.filter((group) => group.display_name === name) ?? [];
    const one = found.length === 1 ? found[0] : undefined;
    onChange({ ...rule, groupName: name, groupId: one?.id ?? null, groupExists: one !== undefined });
  };
  return (
    <Field
      label={<span className="pt-sr-only">Group</span>}
      hint={rule.groupName && !rule.groupId && "No single group has this name: the rule waits for one."}
    >
      {(ids) => (
        <>
          <Input
            {...ids}
            list={`${id}-groups`}
            value={rule.groupName}
            placeholder="Name of a group"
            autoComplete="off"
            onChange={(e) => type(e.target.value)}
          />
          <datalist id={`${id}-groups`}>
            {data?.data.map((group) => (
              <option key={group.id} value={group.display_name}>
                {plural(group.members_count, "member")}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function RoleChoice({
  roles,
  chosen,
  group,
  onChange,
}: {
  roles: Role[];
  chosen: string[];
  group: string;
  onChange: (chosen: string[]) => void;
}) {
  // A role that is given and no longer exists stays visible, so that it can be taken out.
  const keys = [...new Set([...roles.map((role) => role.key), ...chosen])];
  return (
    <fieldset className="pc-role-choice pc-rule-roles">
      <legend className="pt-sr-only">Roles of the group {group}</legend>
      {keys.map((key) => (
        <label key={key} className="pc-check" title={roles.find((role) => role.key === key)?.description}>
          <input
            type="checkbox"
            checked={chosen.includes(key)}
            onChange={(e) => onChange(e.target.checked ? [...chosen, key] : chosen.filter((one) => one !== key))}
          />
          {roles.find((role) => role.key === key)?.name ?? roleName(key)}
        </label>
      ))}
    </fieldset>
  );
}
