import type { Group, RoleRule } from "./api";

/** The choice of no role. */
export const NONE = "none";

/** A rule as it is sent. */
export interface PutRule {
  group_id?: string;
  group_name?: string;
  roles: string[];
  teams?: string[];
}

/**
 * The rules with the choices for the listed groups; rules about anything else stay as they are, in their places. Into which
 * teams a group puts people is not asked here, and stays too.
 */
export function changedRules(
  rules: readonly RoleRule[],
  groups: readonly Group[],
  choices: Readonly<Record<string, string>>,
): PutRule[] {
  const listed = new Set(groups.map((group) => group.id));
  const changed = new Set(Object.keys(choices).filter((id) => listed.has(id)));
  const teamsOf = (rule: RoleRule | undefined) => (rule?.teams?.length ? { teams: rule.teams } : {});
  const named = (rule: RoleRule) => (rule.group_id ? { group_id: rule.group_id } : { group_name: rule.group_name });
  const kept = rules
    .filter((rule) => !(rule.group_id && changed.has(rule.group_id)))
    .map((rule) => ({ ...named(rule), roles: rule.roles, ...teamsOf(rule) }));
  const added = groups.flatMap((group) => {
    const role = choices[group.id];
    if (!changed.has(group.id) || !role) return [];
    const roles = role === NONE ? [] : [role];
    const teams = teamsOf(rules.find((rule) => rule.group_id === group.id));
    return roles.length > 0 || teams.teams ? [{ group_id: group.id, roles, ...teams }] : [];
  });
  return [...kept, ...added];
}
