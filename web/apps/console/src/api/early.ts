/**
 * What a page asks first, asked while its code is still on its way: whoever asks for it then takes the answer that is there.
 * Only addresses without search parameters, which are those that people follow links to.
 */
import { directoriesPath, directoryPath, INSTANCE, rolesPath, teamsPath } from "./paths";

const LIST = "limit=25&offset=0";
const rolesOf = (org: string) => `${rolesPath(org)}?limit=500`;
/** Stands for the roles in the table of directories. */
const ROLES = "roles";

/** By the name of a page of an organization. */
const OF_ORGANIZATION: Record<string, (org: string) => string[]> = {
  "": (org) => [`/v1/organizations/${org}`, `${directoriesPath(org)}?limit=5`],
  members: (org) => [rolesOf(org), `/v1/organizations/${org}/memberships?status=all&${LIST}`],
  invitations: (org) => [rolesOf(org), `/v1/organizations/${org}/invitations?${LIST}`],
  roles: (org) => [rolesOf(org), "/v1/permissions?limit=500"],
  domains: (org) => [`/v1/organizations/${org}/domains?${LIST}`],
  events: (org) => [`/v1/events?organization_id=${org}&limit=1`],
  audit: (org) => [`/v1/audit?organization_id=${org}&${LIST}`],
  webhooks: (org) => [`/v1/webhooks/endpoints?organization_id=${org}&${LIST}`],
  teams: (org) => [teamsPath(org)],
  settings: (org) => [`/v1/organizations/${org}`],
  directories: (org) => [`${directoriesPath(org)}?${LIST}`],
};

/** By the name of a page of a directory, besides the directory itself: what is there is below its path. */
const OF_DIRECTORY: Record<string, string[]> = {
  "": ["/health", "/activity?hours=24", `/drift?${LIST}`, ROLES],
  users: [`/users?${LIST}`, ROLES],
  groups: [`/groups?${LIST}`, ROLES],
  rules: ["/role-rules", ROLES],
  mapping: ["/attribute-mappings", "/attribute-paths?limit=200"],
  requests: [`/requests?${LIST}`],
  credentials: [`/credentials?${LIST}`],
  receipts: [`/receipts?${LIST}`],
  settings: [ROLES, `/setup-links?${LIST}`],
};

/** By the name of a page of the instance. */
const OF_INSTANCE: Record<string, string[]> = {
  users: [`/v1/users?${LIST}`],
  organizations: [`/v1/organizations?${LIST}`],
  directories: [`/v1/directories?${LIST}`],
  events: ["/v1/events?limit=1"],
  webhooks: [`/v1/webhooks/endpoints?${LIST}`],
  audit: [`/v1/audit?${LIST}`],
  keys: [`/v1/secret-keys?${LIST}`],
  roles: [rolesOf(INSTANCE), "/v1/permissions?limit=500"],
  health: ["/readyz"],
};

/** Addresses are typed by anybody: only what a table says itself counts. */
const at = <T>(table: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What the page at a path of the console asks first, besides who one is and what the instance is. */
export function readsOf(path: string): string[] {
  const [first, org = "", page = "", dir, tab = "", ...rest] = path.replace(/^\/|\/$/g, "").split("/");
  if (first === "instance") return (page ? undefined : at(OF_INSTANCE, org)) ?? [];
  if (first !== "o" || !org || rest.length > 0) return [];
  if (page === "directories" && dir && dir !== "new") {
    const base = directoryPath(org, dir);
    return [base, ...(at(OF_DIRECTORY, tab) ?? []).map((one) => (one === ROLES ? rolesOf(org) : base + one))];
  }
  return dir || org === INSTANCE ? [] : (at(OF_ORGANIZATION, page)?.(org) ?? []);
}

/** For how long an answer is as good as one that is asked for now, in milliseconds. */
const GOOD = 10_000;

const asked = new Map<string, { at: number; answer: Promise<Response> }>();

/** How all is asked. */
export const HOW = { credentials: "same-origin", headers: { accept: "application/json" } } as const;

/** Asks for what the page at a path of the console needs. */
export function hasten(path: string, search: string): void {
  for (const url of ["/v1/me", "/v1/instance", ...(search ? [] : readsOf(path))]) {
    const answer = fetch(url, HOW);
    // Whoever takes it says what went wrong.
    answer.catch(() => undefined);
    asked.set(url, { at: Date.now(), answer });
  }
}

/** The answer that was asked for already, once. */
export function early(url: string): Promise<Response> | undefined {
  const found = asked.get(url);
  asked.delete(url);
  return found && Date.now() - found.at < GOOD ? found.answer : undefined;
}
