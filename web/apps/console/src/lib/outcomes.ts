import type { ImportOutcomes } from "../api/types";
import type { Tone } from "./states";

/** What would become of a person or a group, in the order in which an admin asks about it: first what takes access away. */
export const OUTCOMES: [keyof ImportOutcomes, string, Tone, string][] = [
  ["deactivated", "Deactivated", "danger", "Access would end."],
  ["deleted", "Deleted", "danger", "Deleted, and access would end."],
  ["refused", "Refused", "danger", "The directory would refuse it."],
  ["reactivated", "Reactivated", "warning", "Access would return."],
  ["created", "Created", "success", "A new account, or a new group."],
  ["linked", "Linked", "success", "Linked with an account that exists."],
  ["invited", "Invited", "info", "Of a domain that the organization does not hold: made, or asked first."],
  ["unlinked", "Unlinked", "warning", "There is no address by which anybody could be found."],
  ["changed", "Changed", "info", "Attributes or members would change."],
  ["unchanged", "Unchanged", "neutral", "As it is."],
  ["unseen", "Never spoken of", "neutral", "The identity provider has not spoken of them; they stay as they are."],
];

export const outcome = (key: string) => {
  const [, label, tone, means] = OUTCOMES.find(([one]) => one === key) ?? [key, key, "neutral" as Tone, ""];
  return { label, tone, means };
};

const sum = (counts: ImportOutcomes, keys: (keyof ImportOutcomes)[]) =>
  keys.reduce((total, key) => total + counts[key], 0);

/** What an admin decides about, in three numbers. */
export const summary = (counts: ImportOutcomes) => ({
  come: sum(counts, ["created", "linked", "invited", "unlinked", "reactivated"]),
  change: counts.changed,
  go: sum(counts, ["deactivated", "deleted"]),
});
