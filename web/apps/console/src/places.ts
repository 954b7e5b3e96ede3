/** Which pages are shown where. Says so without loading any: `pages.ts` does. */

/** The pages that several paths share, or whose files are called otherwise than their paths. */
const NAMED: Record<string, string> = {
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

/** The pages that are shown at a path of the console, of those that there are, by where they are in `pages/`. */
export function placesOf(path: string, there: (page: string) => boolean): string[] {
  const [first, org, page = "", dir, tab = "", item] = path.replace(/^\/|\/$/g, "").split("/");
  const named = (name: string): string[] => [NAMED[name] ?? name].filter(there);
  if (first === "instance") return org && !page ? named(`instance/${org}`) : [];
  if (first !== "o" || !org) return [];
  if (page === "teams" && dir) return tab ? [] : ["org/team"];
  if (page !== "directories" || !dir || dir === "new") return named(`org/${dir ? `${page}/${dir}` : page}`);
  const one: Record<string, string> = { users: "directory/person", requests: "directory/request" };
  return ["directory/layout", ...(item ? named(one[tab] ?? "") : named(`directory/${tab}`))];
}

/**
 * The paths of the pages that people follow links to; `~1`, `~2` and `~3` stand for ids. The first that fits counts: what
 * belongs to the instance stands before what looks like an organization of that name.
 */
export function paths(): string[] {
  const organization = (base: string) =>
    [
      ..."/ /members /teams /teams/~2 /invitations /roles /domains /api-keys".split(" "),
      ..."/events /webhooks /audit /settings /directories /directories/new".split(" "),
    ].map((page) => base + page.replace(/^\/$/, ""));
  const directory = (base: string) =>
    [
      ..."/ /users /groups /rules /mapping /requests /credentials /receipts /import /self-test /settings".split(" "),
      ..."/users/~3 /requests/~3".split(" "),
    ].map((tab) => base + tab.replace(/^\/$/, ""));
  return [
    // Leads on to one of the others; which, the answers say.
    "",
    ..."users organizations directories events webhooks audit keys roles health"
      .split(" ")
      .map((one) => `/instance/${one}`),
    ...["/o/instance", "/o/~1"].flatMap((base) => [...organization(base), ...directory(`${base}/directories/~2`)]),
  ];
}
