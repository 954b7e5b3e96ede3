/**
 * What the ids on a page are called, and where that has a page of its own. Asked for once a page, people all at once and
 * the rest one by one, as far as that makes sense; answers are kept for the next page.
 */
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { idOf, type Known, kindOf, known, type Mention } from "../lib/mentions";
import { calledOf } from "../lib/people";
import { fellows } from "./fellows";
import { get, withQuery } from "./http";
import { directoryPath, INSTANCE } from "./paths";
import { meQuery } from "./queries";
import type { Directory, DirectoryGroup, DirectoryUser, Me, Organization, SecretKey } from "./types";

export interface Named {
  name: string;
  /** Where that is in the console, if it has a page or stands in a list. */
  place?: string;
}

/** How many people are asked for at once: their ids stand in the address. */
const AT_ONCE = 50;
/** How many of the rest are asked for on one page. The others keep their ids. */
const MOST = 50;
/** For how long a name is as good as new, in milliseconds. */
const GOOD = 60_000;

interface Asking {
  me: Me;
  org: string;
  signal: AbortSignal;
}

/** Where a person is: an account for who runs the instance, the row of the members for the others. */
function placeOf(id: string, name: string, { me, org }: Asking): string {
  return me.instance_admin ? `/instance/users/${id}` : withQuery(`/o/${org}/members`, { q: name });
}

async function people(ids: string[], asking: Asking): Promise<Map<string, Named>> {
  const found = new Map<string, Named>();
  const add = (id: string, name?: string | null, address?: string | null) => {
    const called = calledOf({ name, address });
    found.set(id, { name: called, place: placeOf(id, called, asking) });
  };
  if (!asking.me.instance_admin) {
    if (asking.org !== INSTANCE) {
      for (const [id, { user }] of await fellows(asking.org, ids, asking.signal)) add(id, user?.name, user?.email);
    }
    return found;
  }
  const wanted = new URLSearchParams({ limit: String(ids.length), filterField: "id", filterOperator: "in" });
  for (const id of ids) wanted.append("filterValue", id);
  const path = `/api/auth/admin/list-users?${wanted}`;
  type Listed = { users: { id: string; name: string | null; email: string | null }[] };
  for (const { id, name, email } of (await get<Listed>(path, undefined, asking.signal)).users) add(id, name, email);
  return found;
}

/** What a directory pushed, by what it is called: a person has a page, a group is in the list. */
function pushed(id: string, name: string, { directory, gone }: Known, org: string): Named {
  if (!directory || gone || !/^scim[ug]_/.test(id)) return { name };
  const within = `/o/${org}/directories/${directory}`;
  const place = id.startsWith("scimu_") ? `${within}/users/${id}` : withQuery(`${within}/groups`, { q: name });
  return { name, place };
}

/** What one thing is called that is not a person; nothing of what the caller may not see, or nobody knows. */
async function thing(id: string, about: Known, { me, org, signal }: Asking): Promise<Named | null> {
  const ask = <T>(path: string) => get<T>(path, undefined, signal);
  const owner = about.organization ?? org;
  const within = about.directory && directoryPath(owner, about.directory);
  switch (kindOf(id)) {
    case "org": {
      const mine = me.memberships.find(({ organization }) => organization.id === id)?.organization;
      if (!mine && !me.instance_admin) return null;
      const { name } = mine ?? (await ask<Organization>(`/v1/organizations/${id}`));
      return { name, place: `/o/${id}` };
    }
    case "dir": {
      const found = await ask<Directory>(directoryPath(owner, id));
      return { name: found.name, place: `/o/${found.organization_id ?? INSTANCE}/directories/${id}` };
    }
    case "key": {
      if (!me.instance_admin) return null;
      return { name: (await ask<SecretKey>(`/v1/secret-keys/${id}`)).name, place: "/instance/keys" };
    }
    case "scimu": {
      if (!within) return null;
      const { display_name, user_name } = await ask<DirectoryUser>(`${within}/users/${id}`);
      return pushed(id, display_name ?? user_name, about, owner);
    }
    case "scimg": {
      if (!within) return null;
      return pushed(id, (await ask<DirectoryGroup>(`${within}/groups/${id}`)).display_name, about, owner);
    }
    default:
      return null;
  }
}

/** Whether it is worth a question: of what a directory pushed the facts mostly say enough. */
const isAsked = (id: string, { name }: Known = {}): boolean =>
  /^(org|dir|key)_/.test(id) || (/^scim[ug]_/.test(id) && !name);

/** Asks for what is not kept already. What fails is nameless, and asked for again later. */
async function look(client: QueryClient, about: Map<string, Known>, asking: Asking): Promise<Map<string, Named>> {
  const names = new Map<string, Named>();
  const keyOf = (id: string) => ["names", asking.me.user?.id, asking.org, id];
  const keep = (id: string, named: Named | null) => {
    client.setQueryData(keyOf(id), named);
    if (named) names.set(id, named);
  };
  const fresh = (id: string) => {
    const state = client.getQueryState<Named | null>(keyOf(id));
    if (state?.data) names.set(id, state.data);
    return state === undefined || Date.now() - state.dataUpdatedAt > GOOD;
  };
  const wanted = [...new Set([...about].flatMap(([id, { person }]) => [id, ...(person ? [person] : [])]))].filter(
    fresh,
  );
  const persons = wanted.filter((id) => id.startsWith("user_"));
  const parts = Array.from({ length: Math.ceil(persons.length / AT_ONCE) }, (_, n) =>
    persons.slice(n * AT_ONCE, (n + 1) * AT_ONCE),
  );
  const things = wanted.filter((id) => isAsked(id, about.get(id))).slice(0, MOST);
  await Promise.allSettled([
    ...parts.map(async (part) => {
      const found = await people(part, asking);
      for (const id of part) keep(id, found.get(id) ?? null);
    }),
    ...things.map((id) =>
      thing(id, about.get(id) ?? {}, asking).then(
        (named) => keep(id, named),
        () => keep(id, null),
      ),
    ),
  ]);
  return names;
}

/** What the ids on a page are called, as far as it is known by now. What is gone is called as its facts say. */
export function useNames(
  org: string,
  mentions: readonly Mention[],
): (written: string | null | undefined) => Named | null {
  const client = useQueryClient();
  const me = useQuery(meQuery).data;
  const about = known(mentions);
  const ids = [...about.keys()].filter(
    (id) => isAsked(id, about.get(id)) || id.startsWith("user_") || about.get(id)?.person,
  );
  const { data } = useQuery({
    queryKey: ["names", "of", me?.user?.id, org, ids.sort()],
    queryFn: ({ signal }) => look(client, about, { me: me as Me, org, signal }),
    enabled: me !== undefined && ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: GOOD,
    meta: { still: true },
  });
  return (written) => {
    const id = idOf(written);
    if (!id) return null;
    const what = about.get(id);
    const found = data?.get(id) ?? (what?.person ? data?.get(what.person) : undefined);
    return found ?? (what?.name ? pushed(id, what.name, what, what.organization ?? org) : null);
  };
}
