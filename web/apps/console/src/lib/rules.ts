/** An ordered list that is edited: role rules before they are saved. */
import type { RoleRule, RoleRulePut } from "../api/types";

export interface DraftRule {
  /** Stays the same while the list is edited. */
  key: string;
  groupId: string | null;
  groupName: string;
  roles: string[];
  /** The ids of the teams. */
  teams: string[];
  groupExists: boolean;
  /** It gives nothing as it is saved, because the last of its teams was deleted. */
  idle?: boolean;
}

let next = 0;

export function draftOf(rule: RoleRule): DraftRule {
  return {
    key: rule.id,
    groupId: rule.group_id ?? null,
    groupName: rule.group_name,
    roles: rule.roles,
    teams: rule.teams,
    groupExists: rule.group_exists,
    idle: rule.roles.length === 0 && rule.teams.length === 0,
  };
}

export function newRule(group: { id: string | null; name: string }, roles: string[]): DraftRule {
  next += 1;
  return {
    key: `new-${next}`,
    groupId: group.id,
    groupName: group.name,
    roles,
    teams: [],
    groupExists: group.id !== null,
  };
}

/** The list with one entry at another place. What is out of range stays where it is. */
export function move<T>(list: readonly T[], from: number, to: number): T[] {
  const out = [...list];
  const target = Math.max(0, Math.min(list.length - 1, to));
  const [item] = out.splice(from, 1);
  if (item === undefined) return [...list];
  out.splice(target, 0, item);
  return out;
}

/** What the server is sent: the id of a group that is known, else the name that a group is waited for by. */
export function putOf(rules: readonly DraftRule[]): RoleRulePut[] {
  return rules.map(({ groupId, groupName, roles, teams }) => ({
    ...(groupId ? { group_id: groupId } : { group_name: groupName }),
    roles,
    ...(teams.length > 0 ? { teams } : {}),
  }));
}

/** Whether saving would change anything. */
export function isChanged(saved: readonly RoleRule[], draft: readonly DraftRule[]): boolean {
  return JSON.stringify(putOf(saved.map(draftOf))) !== JSON.stringify(putOf(draft));
}

/** What keeps a list from being saved, by the key of the rule. `teams` says whether there are teams to choose. */
export function faults(rules: readonly DraftRule[], teams = false): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  for (const rule of rules) {
    const name = rule.groupId ?? `name:${rule.groupName.trim().toLowerCase()}`;
    if (!rule.groupId && rule.groupName.trim() === "") found.set(rule.key, "Choose a group, or type the name of one.");
    else if (rule.roles.length === 0 && rule.teams.length === 0 && !rule.idle)
      found.set(rule.key, teams ? "Choose at least one role or team." : "Choose at least one role.");
    else if (seen.has(name)) found.set(rule.key, "There is a rule for this group already: add to that one.");
    seen.add(name);
  }
  return found;
}

/** Which roles, or teams, somebody gains and loses. */
export function gainsAndLosses(
  before: readonly string[],
  after: readonly string[],
): { gains: string[]; losses: string[] } {
  return {
    gains: after.filter((one) => !before.includes(one)),
    losses: before.filter((one) => !after.includes(one)),
  };
}
