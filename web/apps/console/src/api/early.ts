/**
 * What a page asks first, asked while its code is still on its way: whoever asks for it then takes the answer that is there.
 * Only addresses without search parameters, which are those that people follow links to.
 */
import { newestFirst } from "../lib/newest";
import { directoriesPath, directoryPath, INSTANCE, rolesPath, teamsPath } from "./paths";

/** How many rows a list shows at first. */
const SIZE = 25;
const LIST = `limit=${SIZE}&offset=0`;
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

/** The same of the page of one of its people, or requests. */
const OF_ONE: Record<string, string[]> = { users: ["", `/timeline?${LIST}`, ROLES], requests: [""] };

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
  const [first, org = "", page = "", dir, tab = "", one, ...rest] = path.replace(/^\/|\/$/g, "").split("/");
  if (first === "instance") return (page ? undefined : at(OF_INSTANCE, org)) ?? [];
  if (first !== "o" || !org || rest.length > 0) return [];
  if (page === "directories" && dir && dir !== "new") {
    const base = directoryPath(org, dir);
    const within = one ? `${base}/${tab}/${one}` : base;
    const asks = at(one ? OF_ONE : OF_DIRECTORY, tab) ?? [];
    return [base, ...asks.map((part) => (part === ROLES ? rolesOf(org) : within + part))];
  }
  return dir || org === INSTANCE ? [] : (at(OF_ORGANIZATION, page)?.(org) ?? []);
}

/** For how long an answer is as good as one that is asked for now, in milliseconds. */
const GOOD = 10_000;

/** What the server said. */
export interface Answer {
  status: number;
  text: string;
  traceId: string | null;
}

interface Asked {
  at: number;
  answer: Promise<Answer>;
  /** What it said, once it is there, if it is a success, and when it came. */
  there?: Come<unknown>;
}

/** What the server said, and when that came, in milliseconds. */
export interface Come<T> {
  said: T;
  came: number;
}

const asked = new Map<string, Asked>();

/** What the server said, once all of it is there. */
export async function answered(response: Response): Promise<Answer> {
  return { status: response.status, text: await response.text(), traceId: response.headers.get("x-request-id") };
}

/** How all is asked: in the mode of the links of a page's head, whose answers are taken up so (`scripts/hints.ts`). */
export const HOW = { mode: "cors", credentials: "include", headers: { accept: "application/json" } } as const;

/** What every page asks. */
export const ALWAYS = ["/v1/me", "/v1/instance"];

/** Asks for what the page at a path of the console needs. */
export function hasten(path: string, search: string): void {
  for (const url of [...ALWAYS, ...(search ? [] : readsOf(path))]) ask(url);
}

function ask(url: string): void {
  const one: Asked = { at: Date.now(), answer: fetch(url, HOW).then(answered) };
  asked.set(url, one);
  one.answer
    .then(({ status, text }) => {
      if (status !== 200) return;
      const said = JSON.parse(text);
      one.there = { said, came: Date.now() };
      const next = asked.get(url) === one ? nextOf(url, said) : null;
      if (next) ask(next);
    })
    // Whoever takes it says what went wrong.
    .catch(() => undefined);
}

/** What is asked when an answer has come: events are read from their end, and how many there are is asked first. */
function nextOf(url: string, said: unknown): string | null {
  const count = (said as { total_count?: number } | null)?.total_count;
  if (!/^\/v1\/events\?(?:.*&)?limit=1$/.test(url) || !count) return null;
  const { offset, limit } = newestFirst(count, 0, SIZE);
  return url.replace(/limit=1$/, `offset=${offset}&limit=${limit}`);
}

function take(url: string): Asked | undefined {
  const found = asked.get(url);
  asked.delete(url);
  return found && Date.now() - found.at < GOOD ? found : undefined;
}

/** The answer that was asked for already, once. */
export function early(url: string): Promise<Answer> | undefined {
  return take(url)?.answer;
}

/** What an answer says that has come already, once: who takes it shows it at once, and nothing that waits. */
export function there<T>(url: string): Come<T> | undefined {
  return asked.get(url)?.there && (take(url)?.there as Come<T> | undefined);
}

/** Something happened: who asks from now on is not answered with what was so before. */
export const forget = (): void => asked.clear();
