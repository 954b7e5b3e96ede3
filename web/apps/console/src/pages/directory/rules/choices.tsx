/** The parts of a rule: its group, and what that gives. */
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId } from "react";
import { groupsQuery } from "../../../api/queries";
import type { Role, Team } from "../../../api/types";
import { useOrg, useParam } from "../../../components/hooks";
import { Badge, Field, Input, Select, Truncate } from "../../../components/kit";
import { plural, roleName } from "../../../lib/format";
import type { DraftRule } from "../../../lib/rules";

export function GroupChoice({ rule, onChange }: { rule: DraftRule; onChange: (rule: DraftRule) => void }) {
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

export function RoleChoice({
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

/** Teams are many, and few of them are chosen. */
export function TeamChoice({
  teams,
  names,
  chosen,
  group,
  onChange,
}: {
  teams: Team[];
  names: Map<string, string>;
  chosen: string[];
  group: string;
  onChange: (chosen: string[]) => void;
}) {
  const open = teams.filter((team) => !chosen.includes(team.id));
  return (
    <fieldset className="pc-role-choice pc-rule-teams">
      <legend className="pt-sr-only">Teams of the group {group}</legend>
      {chosen.map((id) => (
        <span key={id} className="pc-chosen">
          <Badge tone="info">Team {names.get(id) ?? id}</Badge>
          <button
            type="button"
            className="pc-chosen-out"
            aria-label={`Take out the team ${names.get(id) ?? id}`}
            onClick={() => onChange(chosen.filter((one) => one !== id))}
          >
            <X size={14} aria-hidden />
          </button>
        </span>
      ))}
      {open.length > 0 && (
        <Select
          aria-label={`Add a team for ${group || "the group"}`}
          value=""
          onChange={(e) => onChange([...chosen, e.target.value])}
        >
          <option value="">Add a team…</option>
          {open.map((team) => (
            <option key={team.id} value={team.id}>
              {team.name}
            </option>
          ))}
        </Select>
      )}
    </fieldset>
  );
}
