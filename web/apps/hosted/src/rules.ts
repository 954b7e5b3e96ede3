import type { Group, RoleRule } from "./api";

/** The choice of no role. */
export const NONE = "none";

/** The rules with the choices for the listed groups; rules about anything else stay as they are, in their places. */
export function changedRules(
  rules: readonly RoleRule[],
  groups: readonly Group[],
  choices: Readonly<Record<string, string>>,
): { group_id?: string; group_name?: string; roles: string[] }[] {
  const listed = new Set(groups.map((group) => group.id));
  const changed = new Set(Object.keys(choices).filter((id) => listed.has(id)));
  const named = (rule: RoleRule) => (rule.group_id ? { group_id: rule.group_id } : { group_name: rule.group_name });
  const kept = rules
    .filter((rule) => !(rule.group_id && changed.has(rule.group_id)))
    .map((rule) => ({ ...named(rule), roles: rule.roles }));
  const added = groups.flatMap((group) => {
    const role = choices[group.id];
    return changed.has(group.id) && role && role !== NONE ? [{ group_id: group.id, roles: [role] }] : [];
  });
  return [...kept, ...added];
}
