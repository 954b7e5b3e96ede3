/** The code of each page, which is loaded when it is opened. */

/** By where it is in `pages/`. */
export const load = {
  home: () => import("./pages/home"),
  "instance/users": () => import("./pages/instance/users"),
  "instance/user": () => import("./pages/instance/user"),
  "instance/organizations": () => import("./pages/instance/organizations"),
  "instance/directories": () => import("./pages/instance/directories"),
  "instance/events": () => import("./pages/instance/events"),
  "instance/webhooks": () => import("./pages/instance/webhooks"),
  "instance/webhook": () => import("./pages/instance/webhook"),
  "instance/audit": () => import("./pages/instance/audit"),
  "instance/keys": () => import("./pages/instance/keys"),
  "org/roles": () => import("./pages/org/roles"),
  "instance/health": () => import("./pages/instance/health"),
  "org/overview": () => import("./pages/org/overview"),
  "org/members": () => import("./pages/org/members"),
  "org/invitations": () => import("./pages/org/invitations"),
  "org/domains": () => import("./pages/org/domains"),
  "org/api-keys": () => import("./pages/org/api-keys"),
  "org/team": () => import("./pages/org/team"),
  "org/teams": () => import("./pages/org/teams"),
  "org/settings": () => import("./pages/org/settings"),
  "directory/list": () => import("./pages/directory/list"),
  "directory/wizard": () => import("./pages/directory/wizard"),
  "directory/layout": () => import("./pages/directory/layout"),
  "directory/overview": () => import("./pages/directory/overview"),
  "directory/people": () => import("./pages/directory/people"),
  "directory/person": () => import("./pages/directory/person"),
  "directory/groups": () => import("./pages/directory/groups"),
  "directory/rules": () => import("./pages/directory/rules"),
  "directory/mapping": () => import("./pages/directory/mapping"),
  "directory/requests": () => import("./pages/directory/requests"),
  "directory/request": () => import("./pages/directory/request"),
  "directory/credentials": () => import("./pages/directory/credentials"),
  "directory/receipts": () => import("./pages/directory/receipts"),
  "directory/import": () => import("./pages/directory/import"),
  "directory/self-test": () => import("./pages/directory/self-test"),
  "directory/settings": () => import("./pages/directory/settings"),
};

type Page = keyof typeof load;

/** The pages that several paths share, or whose files are called otherwise than their paths. */
const NAMED: Record<string, Page> = {
  "org/": "org/overview",
  "org/events": "instance/events",
  "org/audit": "instance/audit",
  "org/webhooks": "instance/webhooks",
  "org/directories": "directory/list",
  "org/directories/new": "directory/wizard",
  "instance/roles": "org/roles",
  "directory/": "directory/overview",
  "directory/users": "directory/people",
};

/** Which pages are shown at a path of the console. The router has the last word; what it wants besides it loads. */
export function pagesOf(path: string): Page[] {
  const [first, org, page = "", dir, tab = "", item] = path.replace(/^\/|\/$/g, "").split("/");
  const named = (name: string): Page[] => {
    const found = NAMED[name] ?? name;
    return found in load ? [found as Page] : [];
  };
  if (first === "instance") return org && !page ? named(`instance/${org}`) : [];
  if (first !== "o" || !org) return [];
  if (page === "teams" && dir) return tab ? [] : ["org/team"];
  if (page !== "directories" || !dir || dir === "new") return named(`org/${dir ? `${page}/${dir}` : page}`);
  const one: Partial<Record<string, Page>> = { users: "directory/person", requests: "directory/request" };
  return ["directory/layout", ...(item ? [one[tab]].filter((name) => name !== undefined) : named(`directory/${tab}`))];
}

/** Begins to load the code of the page at a path. */
export function preload(path: string): void {
  // Whoever renders it says what went wrong.
  for (const page of pagesOf(path)) load[page]().catch(() => undefined);
}
