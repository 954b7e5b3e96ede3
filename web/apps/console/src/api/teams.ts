/** Teams, which the authentication API keeps: `/v1` has none. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { fellows } from "./fellows";
import { ApiError, get, post } from "./http";
import { directoriesPath, directoryPath, INSTANCE, teamsPath } from "./paths";
import type { Directory, FellowMember, Page, RoleRule, RoleRules, Team, TeamPlace } from "./types";

const BASE = "/api/auth/organization";

/** The most that the server lists at once, and of how many teams an organization's are shown. */
export const MOST = 1000;

/** The teams of an organization, oldest first; null where the instance has none. */
export const teamsQuery = (org: string) =>
  queryOptions({
    queryKey: ["teams", org],
    queryFn: async ({ signal }) => {
      try {
        return await get<Team[]>(teamsPath(org), undefined, signal);
      } catch (error) {
        // What is switched off is an unknown path.
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    enabled: org !== INSTANCE && org !== "",
    staleTime: 30_000,
  });

const namesOf = (teams: Team[] | null) => new Map(teams?.map((team) => [team.id, team.name]));
const NONE = new Map<string, string>();

/** What the teams of an organization are called, by their ids. */
export function useTeamNames(org: string): Map<string, string> {
  return useQuery({ ...teamsQuery(org), select: namesOf }).data ?? NONE;
}

/** A group of a directory whose members a rule puts into teams. */
export interface Filler {
  directory: Pick<Directory, "id" | "name">;
  rule: RoleRule;
}

/** The groups that fill teams, of the organization's first directories. */
export const fillersQuery = (org: string, enabled: boolean) =>
  queryOptions({
    queryKey: ["directories", "fillers", org],
    queryFn: async ({ signal }) => {
      const directories = await get<Page<Directory>>(directoriesPath(org), { limit: 20 }, signal);
      const rules = directories.data.map(async (directory): Promise<Filler[]> => {
        const found = await get<RoleRules>(`${directoryPath(org, directory.id)}/role-rules`, undefined, signal);
        return found.rules.filter((rule) => rule.teams.length > 0).map((rule) => ({ directory, rule }));
      });
      return (await Promise.all(rules)).flat();
    },
    enabled,
  });

export interface Placed extends TeamPlace {
  /** Who it is, unless they have left meanwhile. */
  member: FellowMember | undefined;
}

/** A part of who is in a team, longest first. The list has no count: it is told as far as it was read. */
export const placesQuery = (org: string, team: string, limit: number, offset: number) =>
  queryOptions({
    queryKey: ["teams", org, team, limit, offset],
    queryFn: async ({ signal }): Promise<Page<Placed>> => {
      const start = Math.floor(offset / MOST) * MOST;
      const read = await get<TeamPlace[]>(
        `${BASE}/list-team-members`,
        { teamId: team, limit: MOST, offset: start },
        signal,
      );
      const shown = read.slice(offset - start, offset - start + limit);
      const members = await fellows(
        org,
        shown.map((place) => place.userId),
        signal,
      );
      // Where the part is full there may be more: the next page says.
      const total_count = start + read.length + (read.length === MOST ? 1 : 0);
      return { data: shown.map((place) => ({ ...place, member: members.get(place.userId) })), total_count };
    },
    placeholderData: keepPreviousData,
  });

/**
 * Whether a group of a directory gives a place, and nobody gave it by hand. Such a place is no row of its own; its id is
 * made of a digest in hexadecimal, while those of rows are numbered by their time, in letters that no such digit has.
 */
export const isByGroup = (place: Pick<TeamPlace, "id">): boolean => /^[a-z]+_0[0-9a-f]{25}$/.test(place.id);

export const createTeam = (organizationId: string, name: string) =>
  post<Team>(`${BASE}/create-team`, { organizationId, name });
export const renameTeam = (organizationId: string, teamId: string, name: string) =>
  post<Team>(`${BASE}/update-team`, { teamId, data: { organizationId, name } });
export const deleteTeam = (organizationId: string, teamId: string) =>
  post(`${BASE}/remove-team`, { organizationId, teamId });
export const addToTeam = (organizationId: string, teamId: string, userId: string) =>
  post(`${BASE}/add-team-member`, { organizationId, teamId, userId });
export const takeFromTeam = (organizationId: string, teamId: string, userId: string) =>
  post(`${BASE}/remove-team-member`, { organizationId, teamId, userId });
