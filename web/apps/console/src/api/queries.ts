/** What pages ask the server, with the keys under which answers are kept. The first word of a key is what live updates name. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ListSearch, paging } from "../lib/search";
import { ApiError, get, type QueryValue } from "./http";
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
  queryFn: ({ signal }) => get<Me>("/v1/me", undefined, signal),
  staleTime: 30_000,
});

export const instanceQuery = queryOptions({
  queryKey: ["instance"],
  queryFn: ({ signal }) => get<Instance>("/v1/instance", undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const organizationQuery = (id: string) =>
  queryOptions({
    queryKey: ["organizations", id],
    queryFn: ({ signal }) => get<Organization>(`/v1/organizations/${id}`, undefined, signal),
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
    staleTime: 60_000,
  });

export const permissionsQuery = queryOptions({
  queryKey: ["roles", "permissions"],
  queryFn: ({ signal }) => get<Page<Permission>>("/v1/permissions", { limit: 500 }, signal),
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
    queryFn: ({ signal }) => get<Directory>(directoryPath(org, id), undefined, signal),
  });

export const healthQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: ["directories", id, "health"],
    queryFn: ({ signal }) => get<Health>(`${directoryPath(org, id)}/health`, undefined, signal),
  });

export const guideQuery = (org: string, id: string) =>
  queryOptions({
    queryKey: ["directories", id, "guide"],
    queryFn: ({ signal }) => get<SetupGuide>(`${directoryPath(org, id)}/setup-guide`, undefined, signal),
    staleTime: 60_000,
  });

export const groupsQuery = (org: string, id: string, query = "") =>
  queryOptions({
    queryKey: ["directories", id, "groups-to-choose", query],
    queryFn: ({ signal }) =>
      get<Page<DirectoryGroup>>(`${directoryPath(org, id)}/groups`, { limit: 50, query }, signal),
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
    queryFn: ({ signal }) => get<Page<T>>(path, query, signal),
    placeholderData: keepPreviousData,
    ...options,
  });
}
