/** What pages ask the server, with the keys under which answers are kept. The first word of a key is what live updates name. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ListSearch, paging } from "../lib/search";
import { ApiError, begins, get, type QueryValue, reads, withQuery } from "./http";
import { directoryPath, INSTANCE, rolesPath } from "./paths";
import type {
  Directory,
  DirectoryGroup,
  Health,
  Instance,
  Me,
  Organization,
  Page,
  Permission,
  Role,
  SetupGuide,
} from "./types";

export { directoriesPath, directoryPath, INSTANCE, rolesPath } from "./paths";

export const meQuery = queryOptions({
  queryKey: ["me"],
  ...reads<Me>("/v1/me"),
  staleTime: 30_000,
});

export const instanceQuery = queryOptions({
  queryKey: ["instance"],
  ...reads<Instance>("/v1/instance"),
  staleTime: Number.POSITIVE_INFINITY,
});

export const organizationQuery = (id: string) =>
  queryOptions({
    queryKey: ["organizations", id],
    ...reads<Organization>(`/v1/organizations/${id}`),
  });

/** Everything that there is to give in an organization, or in the instance: at most a few hundred. */
export const rolesQuery = (org: string) =>
  queryOptions({
    queryKey: ["roles", "all", org],
    queryFn: async ({ signal }) => {
      try {
        return await get<Page<Role>>(rolesPath(org), { limit: 500 }, signal);
      } catch (error) {
        // Whose role does not let them see the organization's own sees those of every organization.
        if (error instanceof ApiError && error.status === 403 && org !== INSTANCE) {
          return get<Page<Role>>(rolesPath(INSTANCE), { limit: 500 }, signal);
        }
        throw error;
      }
    },
    ...begins<Page<Role>>(withQuery(rolesPath(org), { limit: 500 })),
    staleTime: 60_000,
  });

export const permissionsQuery = queryOptions({
  queryKey: ["roles", "permissions"],
  ...reads<Page<Permission>>("/v1/permissions", { limit: 500 }),
  staleTime: Number.POSITIVE_INFINITY,
});

const namesOf = (roles: Page<Role>) => new Map(roles.data.map((role) => [role.key, role.name]));
const NONE = new Map<string, string>();

/** Asked for once a page, not by each row. */
export function useRoleNames(org: string): Map<string, string> {
  return useQuery({ ...rolesQuery(org), select: namesOf }).data ?? NONE;
}

export const directoryQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: ["directories", id, "self"],
    ...reads<Directory>(directoryPath(org, id)),
  });

export const healthQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: ["directories", id, "health"],
    ...reads<Health>(`${directoryPath(org, id)}/health`),
  });

export const guideQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: ["directories", id, "guide"],
    ...reads<SetupGuide>(`${directoryPath(org, id)}/setup-guide`),
    staleTime: 60_000,
  });

export const groupsQuery = (org: string, id: string, query = "") =>
  queryOptions({
    queryKey: ["directories", id, "groups-to-choose", query],
    ...reads<Page<DirectoryGroup>>(`${directoryPath(org, id)}/groups`, { limit: 50, query }),
    placeholderData: keepPreviousData,
  });

/** A page of a list. What was there stays until the next page has come. */
export function useList<T>(
  key: unknown[],
  path: string,
  search: ListSearch,
  filters: Record<string, QueryValue> = {},
  options: { refetchInterval?: number | false; enabled?: boolean } = {},
) {
  const { limit, offset } = paging(search);
  const query = { query: search.q, ...filters, limit, offset };
  return useQuery({
    queryKey: [...key, query],
    ...reads<Page<T>>(path, query),
    placeholderData: keepPreviousData,
    ...options,
  });
}
