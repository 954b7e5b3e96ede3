/** The code of each page, which is loaded when it is opened. */
import { placesOf } from "./places";

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

/** Which pages are shown at a path of the console. The router has the last word; what it wants besides it loads. */
export const pagesOf = (path: string) => placesOf(path, (page) => Object.hasOwn(load, page)) as Page[];

/** Begins to load the code of the page at a path. */
export function preload(path: string): void {
  // Whoever renders it says what went wrong.
  for (const page of pagesOf(path)) load[page]().catch(() => undefined);
}
